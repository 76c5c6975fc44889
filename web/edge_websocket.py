"""One websocket: what Hypercorn does of it, and where it is made to end well.

Owns: the bounds of what a client may send (size, pace), the pings and the wait for their pongs,
the code with which a websocket ends.
Never: touches a socket, knows Quart or a route. The handshake and the frames are Hypercorn's and
wsproto's.

A websocket ends with a code, whoever ends it: 1001 at shutdown, 1002 and 1007 for what is no
frame, 1008 for a flood, 1009 for a message beyond the limit, 1011 for a handler that failed.
Hypercorn gave none of these but the fourth, and read on after that. RFC 6455 7.4.1 lists them.
"""

from typing import Any, cast

import structlog
import trio
from hypercorn.protocol.events import Data, Event, StreamClosed
from hypercorn.protocol.ws_stream import ASGIWebsocketState, FrameTooLargeError, WSStream
from wsproto.connection import ConnectionState
from wsproto.events import CloseConnection, Message, Ping, Pong

from web.edge_rules import Pace

log = structlog.get_logger("edge")

MESSAGE_LIMIT = 64 * 1024  # bytes of a message; OWASP's advice, ours are far smaller


class Socket(WSStream):
    """One websocket. `_pong_due` is the scope of its pings, moved on by each pong."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._pace = Pace(trio.current_time())
        self._pong_due = trio.CancelScope()

    async def handle(self, event: Event) -> None:
        """Take what the client's side brings; frames before our answer are refused."""
        if isinstance(event, Data) and not self.closed and not self.handshake.accepted:
            await self._send_error_response(400)  # frames before the handshake is answered
            await self._part()
        else:
            await super().handle(event)

    async def app_send(self, message: Any) -> None:
        """Take what the application says; None: it has ended."""
        if self.closed:  # the application only winds up, but must not spin
            await trio.lowlevel.checkpoint()
        elif message is not None:
            await super().app_send(message)
        else:
            await self._end(stopping=self.context.terminated.is_set())

    async def _end(self, *, stopping: bool) -> None:
        """The application came to its end, or was cancelled, without closing."""
        if self.state is ASGIWebsocketState.HANDSHAKE:
            await self._send_error_response(503 if stopping else 500)
        elif self.state is ASGIWebsocketState.CONNECTED:
            await self._send_wsproto_event(CloseConnection(code=1001 if stopping else 1011))
        await self._part()

    async def _part(self) -> None:
        await self.send(StreamClosed(stream_id=self.stream_id))

    async def _handle_events(self) -> None:
        for event in self.connection.events():
            if isinstance(event, CloseConnection):
                await self._on_close(event)
                return
            if not self._pace.keeps(trio.current_time()):
                await self._fail(1008, "too many messages")
                return
            if isinstance(event, Ping):
                await self._send_wsproto_event(event.response())
            elif isinstance(event, Pong):
                self._pong_due.deadline = trio.current_time() + self._silence
            elif isinstance(event, Message) and not await self._on_message(event):
                return

    async def _on_message(self, event: Message[Any]) -> bool:
        try:
            self.buffer.extend(event)
        except FrameTooLargeError:
            await self._fail(1009, f"messages have up to {MESSAGE_LIMIT} bytes")
            return False
        if event.message_finished and self.app_put is not None:
            await self.app_put(self.buffer.to_message())
            self.buffer.clear()
        return True

    async def _on_close(self, event: CloseConnection) -> None:
        if self.connection.state is ConnectionState.OPEN:  # no frame came: these were no frames
            await self._fail(event.code, "not a websocket frame")
            return
        if self.connection.state is ConnectionState.REMOTE_CLOSING:
            await self._send_wsproto_event(event.response())
        await self._part()

    async def _fail(self, code: int, why: str) -> None:
        log.info("websocket_failed", code=int(code), why=why, client=self.client)
        await self._send_wsproto_event(CloseConnection(code=code, reason=why))
        await self._part()

    @property
    def _silence(self) -> float:
        return 2 * cast(float, self.config.websocket_ping_interval)

    async def _send_pings(self) -> None:
        with trio.CancelScope(deadline=trio.current_time() + self._silence) as self._pong_due:
            while True:
                await trio.sleep(cast(float, self.config.websocket_ping_interval))
                await self._send_wsproto_event(Ping())
        log.debug("no_pong", client=self.client)
        await self._part()
