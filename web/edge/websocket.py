"""One websocket: what Hypercorn does of it, and where it is made to end well.

Owns: the bounds of what a client may send (size, pace), the pings and the wait for their pongs,
the code with which a websocket ends.
Never: touches a socket, knows Quart or a route. The handshake and the frames are Hypercorn's and
wsproto's.

A websocket ends with a code, whoever ends it: 1001 at shutdown, 1002 and 1007 for what is no
frame, 1008 for a flood, 1009 for a message beyond the limit, 1011 for a handler that failed, 1013
for a client that stopped reading. Plain Hypercorn gave 1009 alone, and read on after it. RFC 6455
7.4.1 and the IANA registry of its codes list them.
"""

import http
from typing import Any, cast

import structlog
import trio
from hypercorn.protocol.events import Data, Event, StreamClosed
from hypercorn.protocol.ws_stream import ASGIWebsocketState, FrameTooLargeError, WSStream
from wsproto.connection import ConnectionState
from wsproto.events import CloseConnection, Message, Ping, Pong
from wsproto.events import Event as WebsocketEvent
from wsproto.utilities import LocalProtocolError

from web.edge.engine import answer
from web.edge.request import Group
from web.edge.rules import MESSAGE_LIMIT, Pace

log = structlog.get_logger("edge")

GOING_AWAY, POLICY, TOO_BIG, INTERNAL_ERROR, TRY_AGAIN_LATER = 1001, 1008, 1009, 1011, 1013

INTERNAL = http.HTTPStatus.INTERNAL_SERVER_ERROR

FAREWELL = 0.5  # seconds for the last bytes of a run that was cancelled


class Socket(WSStream):
    """One websocket. `_pong_due` is the scope of its pings, moved on by each pong."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._pace = Pace(trio.current_time())
        self._pong_due = trio.CancelScope()

    async def handle(self, event: Event) -> None:
        """Take what the client's side brings; frames before our answer are refused."""
        if isinstance(event, Data) and not self.closed and not self.handshake.accepted:
            self.closed = True  # frames came before our answer: what the application says is late
            await self._send_error_response(400)
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
            await self._end()

    def goodbye_frame(self, code: int) -> bytes:
        """The bytes that close this websocket; none where it is not open, or said it before."""
        if self.state is not ASGIWebsocketState.CONNECTED:
            return b""
        try:
            return self.connection.send(CloseConnection(code=code))
        except LocalProtocolError:
            return b""

    async def _end(self) -> None:
        """The application came to its end, or was cancelled, without closing."""
        if self.state is ASGIWebsocketState.HANDSHAKE:
            await self._send_error_response(503 if self.context.terminated.is_set() else 500)
        elif self.state is ASGIWebsocketState.CONNECTED:
            code = cast("Group", self.task_group).goodbye
            await self._send_wsproto_event(CloseConnection(code=code))
        await self._part()

    async def _send_error_response(self, status_code: int) -> None:
        """Refuse the handshake."""
        group = cast("Group", self.task_group)
        incident = group.incident() if status_code == INTERNAL else ""
        await answer(self.send, status_code, "", incident=incident)

    async def _part(self) -> None:
        await self.send(StreamClosed(stream_id=self.stream_id))

    async def _handle_events(self) -> None:
        for event in self.connection.events():
            if isinstance(event, CloseConnection):
                await self._on_close(event)
                return
            if not self._keeps_pace(event):
                await self._fail(POLICY, "too many messages")
                return
            if isinstance(event, Ping):
                await self._send_wsproto_event(event.response())
            elif isinstance(event, Pong):
                self._pong_due.deadline = trio.current_time() + self._silence
            elif isinstance(event, Message) and not await self._on_message(event):
                return

    def _keeps_pace(self, event: WebsocketEvent) -> bool:
        if isinstance(event, Message) and not event.frame_finished:
            return True  # as much of a frame as one packet had
        return self._pace.keeps(trio.current_time())

    async def _on_message(self, event: Message[Any]) -> bool:
        try:
            self.buffer.extend(event)
        except FrameTooLargeError:
            await self._fail(TOO_BIG, f"messages have up to {MESSAGE_LIMIT} bytes")
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
        with trio.move_on_after(FAREWELL):
            await self._send_wsproto_event(CloseConnection(code=TRY_AGAIN_LATER))
        await self._part()
