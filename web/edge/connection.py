"""One client's socket: its deadlines, its reader, its end.

Owns: reading from and writing to one socket, every deadline on it, closing it.
Never: parses a byte (http.py and websocket.py do), knows a route; lets the trouble of
one connection leave that connection.

Who does what on a connection: its *reader*, the task that `run` is, receives, passes on, and
alone closes the socket. The application runs in a task of the connection's nursery; it writes,
but an end it can only announce (`finish`). Were it the application that closed, as in plain
Hypercorn, the news of the end would cancel it in the middle of closing, and the socket would stay
open. When the client goes away the nursery is cancelled, and with it a handler in whatever it
waits for, whether or not it reads.
"""

import contextlib
import math
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
import trio

from conf.settings import Server
from web.edge.engine import Engine
from web.edge.http import Conversation
from web.edge.rules import Patience

log = structlog.get_logger("edge")

READ = 64 * 1024  # bytes taken from a socket at once; with one chunk queued, all a client holds
LINGER = 1.0  # seconds for a client to read our last words before the socket is closed under it
KERNEL_HOLDS = 1 << 20  # bytes the kernel may take for a client that we give up
GONE = (trio.BrokenResourceError, trio.ClosedResourceError, OSError)


class Connection:
    """One client's socket: the `Wire` of its conversation.

    `over` is written by `finish` alone and never taken back: from then on nothing is read, what
    is left unsent stays so, and the reader is on its way to close the socket.
    """

    def __init__(self, engine: Engine, options: Server, stream: trio.SocketStream) -> None:
        self.client = name_of(stream.socket.getpeername)
        self.server = name_of(stream.socket.getsockname)
        self.over = False
        self.stalled = False  # written by `_stall` once
        self._stream = stream
        self._tasks: trio.Nursery | None = None  # written by `run` once
        self._reading = trio.CancelScope()  # around the reader's present wait for bytes
        self._writing = trio.CancelScope()  # around the sender's present wait for room
        self._deadline = trio.current_time() + options.header_timeout  # of the reader's wait
        self._turn = trio.Lock()  # whose holder may write the next two
        self._unsent = memoryview(b"")  # of one message at most; a cancelled sender leaves a rest
        self._patience = Patience(options.send_timeout)
        self._conversation = Conversation(engine, self)

    async def run(self) -> None:
        """Converse until one side is done; the socket is closed on the way out, however."""
        try:
            async with trio.open_nursery() as self._tasks:
                await self._converse()
            await self._linger()
        finally:
            self._close()

    def stop(self, patience: float = math.inf) -> None:
        """Begin the end: idle ends now, a websocket says 1001, a request is the last.

        A reader that stalls is given up after `patience` seconds; a steady one may go on. Returns
        at once, with the goodbye of a websocket sent: thousands must hear it before the first of
        their handlers is done with winding up.
        """
        if self._conversation.idle:
            self.finish()
        elif self._conversation.is_websocket:
            self._say_goodbye()
        else:
            self._conversation.last()
            self._patience.shrink(patience)
            latest = trio.current_time() + self._patience.left
            self._writing.deadline = min(self._writing.deadline, latest)

    def cancel_if_parting(self) -> None:
        """End a websocket's handler; after `stop`."""
        if self._conversation.is_websocket:
            self._cancel()

    def _say_goodbye(self) -> None:
        if self._unsent or self._turn.locked():  # the one who writes is cancelled, and says it then
            self._loosen()
            return
        goodbye, place = self._conversation.goodbye_frame(), self._stream.socket.fileno()
        try:
            os.write(place, goodbye)
        except BlockingIOError:
            self._loosen()
            with contextlib.suppress(OSError):
                os.write(place, goodbye)
        except OSError:  # it is gone, which the reader finds out
            pass

    async def _converse(self) -> None:
        while not self.over:
            data = await self._receive()
            if not data:
                break
            await self._conversation.receive(data)
        if self._conversation.answered:
            await self._linger()
            self._close()  # while the application may still be winding up
        else:
            await self._conversation.leave()
            self._cancel()  # nobody waits for what the application does

    async def _receive(self) -> bytes:
        """Bytes; none when the client left, broke or was too slow, or when we are over."""
        data = b""
        with trio.CancelScope(deadline=self._deadline) as self._reading, contextlib.suppress(*GONE):
            data = bytes(await self._stream.receive_some(READ))
        return data

    async def _linger(self) -> None:
        """Give a client that still sends the time to read our answer.

        To close with unread bytes resets the connection and may take the answer with it
        (RFC 9112 9.6).
        """
        if self._unsent or self._conversation.heard_out:
            return
        with trio.move_on_after(LINGER), contextlib.suppress(*GONE):
            await self._stream.send_eof()
            while await self._stream.receive_some(READ):
                pass

    def _close(self) -> None:
        if self._unsent:  # a cut answer must not look like a whole one: reset
            with contextlib.suppress(OSError):
                at_once = struct.pack("ii", 1, 0)
                self._stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        self._stream.socket.close()

    def _cancel(self) -> None:
        if self._tasks is not None:
            self._tasks.cancel_scope.cancel()

    # --- the Wire ---------------------------------------------------------------------------

    def finish(self) -> None:
        """Let the reader close the socket; returns at once."""
        self.over = True
        self._reading.cancel()

    def rest(self, seconds: float) -> None:
        """Close unless a whole request head arrives within `seconds` from now."""
        self._deadline = self._reading.deadline = trio.current_time() + seconds

    def spawn(self, task: Callable[..., Awaitable[None]], *arguments: Any) -> None:
        """Run a task as long as the connection lives at most."""
        if self._tasks is None:
            raise RuntimeError("the connection does not run yet")
        self._tasks.start_soon(task, *arguments)

    async def write(self, data: bytes) -> None:
        """Send `data` whole, after what a cancelled sender left; cancelled, leave the rest.

        A client that takes too little for too long is given up: the connection is cancelled.
        """
        try:
            self._turn.acquire_nowait()
        except trio.WouldBlock:
            await self._turn.acquire()
        # No checkpoint until here, so that thousands of goodbyes leave before any of their
        # deadlines passes, however long a turn of the scheduler takes.
        try:
            await self._flush()
            if self.over:
                await trio.lowlevel.checkpoint()
            else:
                self._unsent = memoryview(data)
                await self._flush()
        finally:
            self._turn.release()

    async def _flush(self) -> None:
        while self._unsent and not self.over:
            since, sent = trio.current_time(), 0
            try:
                with trio.move_on_after(self._patience.left) as self._writing:
                    sent = await self._stream.socket.send(self._unsent)
            except GONE:
                self.finish()
                await self._give_up("client_gone")
            else:
                if self._writing.cancelled_caught:
                    await self._stall()
            self._unsent = self._unsent[sent:]
            self._patience.waited(trio.current_time() - since, sent)

    async def _stall(self) -> None:
        """Give up a client that does not read; one goodbye may still be tried, not two."""
        if self.stalled:
            self.finish()
        self.stalled = True
        self._patience = Patience(LINGER)
        self._loosen()
        await self._give_up("client_does_not_read")

    def _loosen(self) -> None:
        """Let the kernel take what it can hold, so that a goodbye may wait there behind the rest.

        A client that reads again, after we are gone, then learns why. Until now Trio kept the
        kernel from taking more than 16 KiB that it could not send.
        """
        with contextlib.suppress(OSError):
            level, option = trio.socket.IPPROTO_TCP, trio.socket.TCP_NOTSENT_LOWAT
            self._stream.setsockopt(level, option, KERNEL_HOLDS)

    async def _give_up(self, why: str) -> None:
        log.debug(why, client=self.client)
        self._cancel()
        await trio.lowlevel.checkpoint()  # where the sender, unless it is shielded, is cancelled


def name_of(ask: Callable[[], Any]) -> tuple[str, int] | None:
    """Host and port of one end; None when the client left before we could ask."""
    try:
        host, port, *_ = ask()
    except OSError:
        return None
    return host, port
