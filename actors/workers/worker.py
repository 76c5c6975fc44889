"""One worker, with its guard, as the server sees it.

Owns: the outer guard's process, the three channels to it and its, and how it is ended: ask, wait,
kill, and at last the guards themselves.
Never: decides when, or who may use it (pool.py does); never unpickles.

The guard is started by `trio.lowlevel.open_process`, from a thread that Trio ends after 10 idle
seconds. Nothing here may therefore ask the kernel to kill the guard with its parent: the lifeline
does that, since the kernel closes it for a server that is gone.
"""

import os
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

import trio

from actors.errors import Fault
from actors.logs import Log
from actors.messages import Progress
from actors.workers import guard, wire
from actors.workers.lifeline import ASK, DISPLACE, KILL, Report
from actors.workers.lines import Lines

log = Log("workers")

START_PATIENCE: Final = 30.0
"""Seconds for a new worker to say that it is ready; 0.1 is usual, a busy machine takes longer."""

KILL_PATIENCE: Final = 10.0
"""Seconds for the guard to kill all. Milliseconds are usual; the kernel needs about 0.1 s to take
back a gigabyte, and cannot end a process at all that waits for a broken disk."""

LAST_WORDS: Final = 1.0
"""Seconds to read what is left of standard error after the end."""

_CHUNK: Final = 65536


class CannotStart(Fault):
    code = "worker_cannot_start"
    title = "A worker process cannot be started"


class Unheard(Exception):
    """The worker is gone, and had not read the order: another one may take it."""


class Lost(Exception):
    """The channel ended after the order was read."""


class Worker:
    """One life: `live` owns it, between its start and its end `ask` may be called, one at a time.

    Attributes:
        pid: of the worker; 0 until it is ready.
        since: when it last became idle, on Trio's clock; the pool's.
        report: the guard's last words; None before the end, and when both guards were lost.
        fit: whether it can be given the next order: it is ready, or has answered in full.
        died: whether it ended before anybody here wanted it to.
        gone: set when nothing is left of it.
    """

    def __init__(self, preload: Sequence[str]) -> None:
        self.pid = 0
        self.since = 0.0
        self.report: Report | None = None
        self.fit = False
        self.died = False
        self.gone = trio.Event()
        self._told = False
        self._preload = preload
        self._inbox: wire.Inbox[wire.FromWorker] = wire.Inbox(wire.FromWorker)
        self._lines = Lines()
        self._enough = trio.Event()

    def __repr__(self) -> str:
        state = "gone" if self.gone.is_set() else "fit" if self.fit else "busy or starting"
        return f"<Worker {self.pid} {state}>"

    async def live(self, on_ready: Callable[[], None]) -> None:
        """Starts it, says when it is ready, and returns when nothing of it is left.

        Cancelling kills it, and returns when that is done.

        Raises:
            CannotStart: it never was ready, and nothing is left of it.
        """
        await self._open()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._watch)
            try:
                failure = await self._greet()
                if failure is None:
                    on_ready()
                    await self._enough.wait()
            finally:
                with trio.CancelScope(shield=True):
                    await self.end(0)
        if failure is not None:  # here, and not within: the nursery would wrap it into a group
            raise failure

    async def ask(
        self, frame: bytes, on_progress: Callable[[Progress], None]
    ) -> wire.Answered | wire.Raised:
        """Gives it an order (`wire.Order`, packed) and waits for the end of it.

        Cancelling, or any error, leaves the worker at work: it must be ended.

        Raises:
            Unheard, Lost: the worker is gone.
            wire.Nonsense: it wrote something that is no answer.
        """
        self.fit = False
        self._say(self._lines.renew())
        await self._send(frame)
        while isinstance(message := await self._receive(), wire.Progressed):
            on_progress(message.progress)
        if isinstance(message, wire.Ready):
            raise wire.Nonsense("said once more that it is ready")
        self.fit = not message.worn
        return message

    def retire(self) -> None:
        """Lets `live` end it, soon; nobody waits."""
        self.fit = False
        self._enough.set()

    async def end(self, grace: float) -> int:
        """Ends it and all that it started: asks, waits `grace` seconds, kills.

        Returns when nothing is left, or when the kernel cannot end what is left (that is logged).
        Not to be cancelled: call it in a shield; it is bounded by grace and KILL_PATIENCE.

        Returns:
            how many processes were alive and had to end, the worker among them.
        """
        self.fit = False
        for command, patience in ((ASK, grace), (KILL, KILL_PATIENCE)):
            if patience and not self.gone.is_set():
                self._tell(command)
                with trio.move_on_after(patience):
                    await self.gone.wait()
        if not self.gone.is_set():
            log.error("worker cannot be ended; its guard is killed", worker=self.pid)
            self._process.send_signal(
                DISPLACE
            )  # has the outer guard kill the guard, and do its duty
            with trio.move_on_after(KILL_PATIENCE):
                await self.gone.wait()
        if not self.gone.is_set():
            log.error("worker cannot be ended; its outer guard is killed", worker=self.pid)
            self._process.kill()
            await self.gone.wait()
        return self.report.ended if self.report else 1

    # --- inside ---------------------------------------------------------------------------------

    async def _open(self) -> None:
        await trio.lowlevel.checkpoint_if_cancelled()
        with ExitStack() as far, ExitStack() as near:
            try:
                self._channel, stdin = _socket_pair(near, far)
                self._lifeline, stdout = _socket_pair(near, far)
                errors, stderr = _pipe(near, far)
                # not to be cancelled between the process's start and our knowing of it
                with trio.CancelScope(shield=True):
                    self._process = await trio.lowlevel.open_process(
                        guard.command_line(self._preload),
                        stdin=stdin.fileno(),
                        stdout=stdout.fileno(),
                        stderr=stderr,
                        start_new_session=True,
                        env=_environment(),
                    )
            # RuntimeError: no thread to start it from
            except (OSError, RuntimeError) as error:
                raise CannotStart(f"the guard cannot be started: {error}") from error
            near.pop_all()
        self._errors = trio.lowlevel.FdStream(errors)

    async def _greet(self) -> CannotStart | None:
        try:
            with trio.fail_after(START_PATIENCE):
                first = await self._receive()
        except (trio.TooSlowError, Unheard, Lost, wire.Nonsense) as error:
            return CannotStart(f"the worker did not come up: {error!r}")
        if not isinstance(first, wire.Ready):
            return CannotStart(f"the worker began with {type(first).__name__}")
        self.pid = first.pid
        self.fit = True
        return None

    async def _receive(self) -> wire.FromWorker:
        while (message := self._inbox.take()) is None:
            try:
                data = await _receive(self._channel, _CHUNK)
            except trio.ClosedResourceError:
                raise Lost from None
            # The kernel tells of a reset, and not of an end, where the far side left bytes unread.
            except ConnectionResetError:
                raise Unheard from None
            if not data:
                raise Lost
            self._inbox.feed(data)
        return message

    async def _send(self, frame: bytes) -> None:
        rest = memoryview(frame)
        while rest:
            if self.gone.is_set():
                raise Unheard
            try:
                rest = rest[self._channel.send(rest) :]
            except BlockingIOError:
                with suppress(trio.ClosedResourceError):
                    await trio.lowlevel.wait_writable(self._channel)
            except ConnectionError:
                raise Unheard from None

    async def _watch(self) -> None:
        """Listens to the guard until it is reaped; cancelling is `end`'s to do."""
        with trio.CancelScope(shield=True):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._drain)
                self.report = await self._hear()
                await self._process.wait()
                nursery.cancel_scope.deadline = trio.current_time() + LAST_WORDS
            self.died = not self._told
            self._say(self._lines.close())
            self._close()
            self.gone.set()
            self._enough.set()

    async def _hear(self) -> Report | None:
        data = b""
        with suppress(ConnectionResetError):  # the guard was killed with a command unread
            while part := await _receive(self._lifeline, _CHUNK):
                data += part
        return Report.parse(data)

    def _close(self) -> None:
        for channel in (self._channel, self._lifeline):
            trio.lowlevel.notify_closing(channel)
            channel.close()
        self._errors.close()

    def _tell(self, command: bytes) -> None:
        self._told = True
        try:
            self._lifeline.send(command)
        except OSError:  # the guard is gone: _watch finds out
            log.debug("guard is gone already", worker=self.pid)

    async def _drain(self) -> None:
        """Reads standard error always: a worker must not wait for somebody to read its log."""
        async for data in self._errors:
            self._say(self._lines.feed(bytes(data)))

    def _say(self, lines: list[str]) -> None:
        for line in lines:
            log.warning("worker said", worker=self.pid, line=line)


def _socket_pair(near: ExitStack, far: ExitStack) -> tuple[socket.socket, socket.socket]:
    ours, theirs = socket.socketpair()
    near.enter_context(ours)
    far.enter_context(theirs)
    ours.setblocking(False)
    return ours, theirs


def _pipe(near: ExitStack, far: ExitStack) -> tuple[int, int]:
    reading, writing = os.pipe()
    near.callback(os.close, reading)
    far.callback(os.close, writing)
    return reading, writing


async def _receive(channel: socket.socket, size: int) -> bytes:
    """What is there, or empty at the end.

    Trio's streams pass through the scheduler three times a call where one time is enough: the
    server's share of a call took 0.2 ms with them and takes 0.1 ms.
    """
    while True:
        await trio.lowlevel.wait_readable(channel)
        with suppress(BlockingIOError):  # woken for nothing
            return channel.recv(size)


def _environment() -> dict[str, str]:
    """Ours, with our module path: the child finds its modules where we found ours.

    Its threads share two of glibc's arenas: with one each, their leavings would lie there idle, and
    each takes 64 MiB of the addresses that a call may have.
    """
    path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    return {**os.environ, "MALLOC_ARENA_MAX": "2", "PYTHONPATH": path}
