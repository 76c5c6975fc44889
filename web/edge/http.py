"""HTTP/1.1 of one connection: what Hypercorn 0.18 does of it, with our refusals and bounds.

Owns: what is made of a client's bytes and of the application's messages; the application's runs,
and what waits for each of them.
Never: touches a socket or closes a connection (connection.py, the `Wire`, does), knows Quart
or a route. Offers neither HTTP/2 nor h2c nor permessage-deflate.

Hypercorn's insides are known here, in engine.py and in websocket.py, and nowhere else.
It keeps what it does well: the state machines over h11 and wsproto, the ASGI messages. Replaced
is what would let one packet end the process, or a client hold memory. The names that we replace
or rely on are listed in tests/web/edge/test_http.py, which fails when one of them moves.
"""

import http
import math
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Protocol, cast

import h11
import structlog
import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.protocol.events import Body, Data, EndBody, Request, Response, StreamClosed
from hypercorn.protocol.events import Event as StreamEvent
from hypercorn.protocol.h11 import STREAM_ID, H11Protocol, H11WSConnection

from web.clients import UNKNOWN
from web.edge.chunks import Chunks
from web.edge.engine import Engine, answer
from web.edge.request import Http, Inbox, but_extensions, value_of, wants_websocket
from web.edge.rules import Objection, objection_to, one_line, path_of
from web.edge.visit import Visit
from web.edge.websocket import (
    FAREWELL,
    GOING_AWAY,
    INTERNAL_ERROR,
    TRY_AGAIN_LATER,
    Socket,
)

log = structlog.get_logger("edge")

Put = Callable[[Any], Awaitable[None]]

_LAST = (b"connection", b"close")  # what `last` has Hypercorn say
_BODILESS = ((None, None), (None, b"0"))  # codings and length of a request without a body


class Wire(Protocol):
    """The socket's side of a connection, as far as it is needed here."""

    client: tuple[str, int] | None
    server: tuple[str, int] | None
    over: bool  # nothing more is read or written
    stalled: bool  # given up, because the client did not read

    async def write(self, data: bytes) -> None:
        """Send all of `data`; waits while the client does not read."""

    def finish(self) -> None:
        """Close after what was written; returns at once."""

    def rest(self, seconds: float) -> None:
        """Close unless a whole request head arrives within `seconds` from now."""

    def spawn(self, task: Callable[..., Awaitable[None]], *arguments: Any) -> None:
        """Run a task as long as the connection lives at most."""


class Conversation(H11Protocol):
    """HTTP/1.1 of one connection."""

    stream: Http | Socket | None

    def __init__(self, engine: Engine, wire: Wire) -> None:
        super().__init__(
            engine.app,
            engine.config,
            engine.context,
            cast("Any", self),  # of Hypercorn's task group the streams use what stands below
            engine.state,
            False,
            wire.client,
            wire.server,
            self._to_wire,
        )
        self._wire = wire
        self._rest = engine.rest
        self._head = b""  # of an answer, kept back to go out with the first bytes of its body
        self._refused = False  # written by `_refuse` once
        self._incident = ""  # written by `_fail` once
        self._clients, self._names = engine.clients, engine.names
        self._chunks: Chunks | None = None  # of the request under way, if its body has some
        self._visit: Visit | None = None  # the request under way, until it is told of

    # --- towards the wire -------------------------------------------------------------------

    @property
    def idle(self) -> bool:
        """Whether no request is under way, or only half a head of one."""
        return self.stream is None

    @property
    def answered(self) -> bool:
        """Whether no request waits for its answer: the application may wind up in peace."""
        silent = (h11.IDLE, h11.DONE, h11.MUST_CLOSE, h11.CLOSED)
        return self.connection.our_state in silent and not self._refused

    @property
    def heard_out(self) -> bool:
        """Whether the client has nothing more to say that we know of."""
        quiet = (h11.IDLE, h11.DONE, h11.MUST_CLOSE, h11.CLOSED)
        return self.connection.their_state in quiet and not self._refused

    @property
    def is_websocket(self) -> bool:
        """Whether a websocket is open, or its handshake under way."""
        return isinstance(self.stream, Socket)

    @property
    def goodbye(self) -> int:
        """The code for a websocket whose handler comes to an end without one."""
        if self.context.terminated.is_set():
            return GOING_AWAY
        return TRY_AGAIN_LATER if self._wire.stalled else INTERNAL_ERROR

    def goodbye_frame(self) -> bytes:
        """What closes an open websocket at once; its sender must say no more."""
        return self.stream.goodbye_frame(GOING_AWAY) if isinstance(self.stream, Socket) else b""

    async def receive(self, data: bytes) -> None:
        """Take bytes of the client; waits while the application does not take what they say."""
        objection = None if self._chunks is None else self._chunks.feed(data)
        if objection:
            await self._refuse(objection.status, objection.why)
        else:
            await self.handle(RawData(data))

    async def leave(self) -> None:
        """The client is gone."""
        await self.handle(Closed())

    def last(self) -> None:
        """Say `Connection: close` with the answer under way, if that has not begun."""
        self.keep_alive_requests = self.config.keep_alive_max_requests

    async def _to_wire(self, event: Event) -> None:
        if isinstance(event, RawData):
            await self._wire.write(event.data)
        elif isinstance(event, Closed):
            self._wire.finish()
        elif isinstance(event, Updated):
            self._wire.rest(self._rest if event.idle else math.inf)

    # --- towards the application ------------------------------------------------------------

    async def spawn_app(self, app: ASGIWrapper, _config: Config, scope: Any, send: Put) -> Put:
        """Run the application for one request or websocket; answers where its messages go."""
        inbox = Inbox(self)
        self._wire.spawn(self._run_app, app, scope, inbox, send, self._visit)
        return inbox.put

    def spawn(self, task: Callable[..., Awaitable[None]], *arguments: Any) -> None:
        """Run a helper of a stream: the pings."""
        self._wire.spawn(task, *arguments)

    async def _run_app(
        self, app: ASGIWrapper, scope: Any, inbox: Inbox, send: Put, visit: Visit | None
    ) -> None:
        try:
            await app(scope, inbox.take, send, trio.to_thread.run_sync, trio.from_thread.run)
        except* Exception as errors:  # noqa: BLE001  # any; `send(None)` answers with 500
            self._fail(one_line(errors))
        finally:
            with trio.move_on_after(FAREWELL, shield=True):
                await send(None)
            # Not before: the news that the client left may come between the moment in which the
            # socket took the end of the answer and the one in which the sender learns of it.
            self._tell(visit)

    def _fail(self, error: str) -> None:
        self._incident = secrets.token_hex(8)
        log.error("application_failed", incident=self._incident, client=self.client, error=error)

    def incident(self) -> str:
        """The number under which the log knows why the application gave no answer."""
        if not self._incident:
            self._fail("it ended without an answer")
        return self._incident

    async def invite(self) -> None:
        """Send `100 Continue` where a client waits for it: the application wants the body."""
        if self.connection.they_are_waiting_for_100_continue:
            await self._send_h11_event(h11.InformationalResponse(status_code=100, headers=[]))

    # --- replaced in Hypercorn --------------------------------------------------------------

    async def stream_send(self, event: StreamEvent) -> None:
        """Send what a stream says; an answer before the end of its request is the last one.

        So is one that refuses a handshake. Hypercorn closes the connection behind both but does
        not say so, and whoever sends another request there gets no answer. Who says it already
        has it said once.
        """
        unheard = self.connection.their_state is h11.SEND_BODY
        if isinstance(event, Response):
            said = _LAST in event.headers
            if said or unheard or self.is_websocket:
                self.last()
            if said:
                event = replace(event, headers=[pair for pair in event.headers if pair != _LAST])
        if isinstance(event, StreamClosed):
            self._tell(self._visit)
        await super().stream_send(event)
        self._note(event)

    def _note(self, event: StreamEvent) -> None:
        visit = self._visit
        if visit is None:
            return
        if isinstance(event, Response):
            visit.answers(event.status_code, event.headers)
            if event.status_code == http.HTTPStatus.SWITCHING_PROTOCOLS:
                self._tell(visit)  # a websocket's line is that of its handshake; it may live long
        elif self._wire.over:  # and the socket took nothing of it
            return
        elif isinstance(event, Body):
            visit.sent(len(event.data))
        elif isinstance(event, EndBody):
            visit.whole = True

    def _tell(self, visit: Visit | None) -> None:
        """Write the line of a visit, unless that is done."""
        if visit is not None and visit is self._visit:
            self._visit = None
            log.info("request", **visit.facts())

    async def _handle_events(self) -> None:
        """Pass on what was received; chunks that came together travel together."""
        body = bytearray()
        while not self._wire.over:
            try:
                event = self._next_event()
            except h11.RemoteProtocolError as error:
                await self._refuse(error.error_status_hint, str(error))
                return
            if isinstance(event, h11.Request):
                await self._open(event)
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                await self._pass_on(body, more=False)
                body.clear()
            elif isinstance(event, Data) and self.stream is not None:
                await self.stream.handle(event)
            elif event is h11.PAUSED:  # the next request, while this one is not answered
                await self.can_read.clear()
                await self.can_read.wait()
            else:
                break
        if body:
            await self._pass_on(body, more=True)

    def _next_event(self) -> Any:
        connection = self.connection
        if isinstance(connection, h11.Connection) and connection.their_state is h11.IDLE:
            objection = objection_to(connection.trailing_data[0])
            if objection is not None:
                raise h11.RemoteProtocolError(objection.why, objection.status)
        return connection.next_event()

    async def _pass_on(self, body: bytearray, *, more: bool) -> None:
        if isinstance(self.stream, Http):
            await self.stream.take(bytes(body), more=more)

    async def _open(self, request: h11.Request) -> None:
        fault = self._fault_of(request)
        if fault:
            await self._refuse(fault.status, fault.why, head_only=request.method == b"HEAD")
            return
        await self.send(Updated(idle=False))
        kind: type[Http | Socket] = Http
        if wants_websocket(request):
            kind = Socket
            self.connection = H11WSConnection(cast("h11.Connection", self.connection))
        stream = self.stream = kind(
            self.app,
            self.config,
            self.context,
            self.task_group,
            False,
            self.client,
            self.server,
            self.stream_send,
            STREAM_ID,
        )
        self.keep_alive_requests += 1
        self._visit = self._visit_of(request)
        await stream.handle(
            Request(
                stream_id=STREAM_ID,
                headers=but_extensions(request),
                http_version=request.http_version.decode(),
                method=request.method.decode("ascii").upper(),
                raw_path=path_of(request.target),
                state=self.connection_state,
            )
        )
        if stream.closed:  # a handshake that Hypercorn refuses, and then forgets to close
            self._tell(self._visit)
            await self.send(Closed())

    def _fault_of(self, request: h11.Request) -> Objection | None:
        """What is wrong with a request beyond its head's form, and with what came of its body."""
        if not self._names.know(request.target, value_of(request, b"host")):
            return Objection(421, "the service is not known by this name (server.hosts)")
        coding, length = (value_of(request, n) for n in (b"transfer-encoding", b"content-length"))
        if wants_websocket(request) and (coding, length) not in _BODILESS:
            return Objection(400, "a websocket handshake has no body")
        self._chunks = None if coding is None else Chunks()
        came, _ = self.connection.trailing_data
        return None if self._chunks is None else self._chunks.feed(came)

    def _visit_of(self, request: h11.Request) -> Visit:
        peer = UNKNOWN if self.client is None else self.client[0]
        forwarded = value_of(request, b"x-forwarded-for")
        told = None if forwarded is None else forwarded.decode("latin-1")
        origin = self._clients.origin(peer, told)
        path, _, _ = path_of(request.target).partition(b"?")  # queries may hold secrets
        method = "WEBSOCKET" if self.is_websocket else request.method.decode()
        return Visit(method, path.decode(), origin, peer, trio.current_time())

    async def _refuse(self, status: int, why: str, *, head_only: bool = False) -> None:
        log.info("refused", status=status, why=why, client=self.client)
        self._refused = True
        if self.connection.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            await answer(self.stream_send, status, why, head_only=head_only)
        await self.send(Closed())

    async def _send_h11_event(self, event: Any) -> None:
        try:
            data = self.connection.send(event)
        except h11.LocalProtocolError:
            if self.connection.their_state is not h11.ERROR:
                raise
            return
        if isinstance(event, h11.Response):
            self._head = data
        elif self._head or data:
            data, self._head = self._head + data, b""
            await self.send(RawData(data))
