"""Quart-Trio with bounds: how a request's body, a websocket and their errors reach our handlers.

Owns: `Application`, the Quart-Trio class that the web layer instantiates, and what it is wired
with: a request whose body is pulled by whoever reads it, a websocket that cannot spin or lie
about its end, error groups out of which nothing is lost.
Never: opens a socket (edge/door.py does), holds a route, turns an error into JSON.

The body is *pulled*: nothing is received for a handler that does not read, so the client waits
(and is not even told `100 Continue`). A handler is cancelled when its client leaves; the edge
does that from outside, whether or not the body was read.

What is replaced in Quart, and why: its body buffer has no bound and its size limit and time limit
miss `async for`; its `RESPONSE_TIMEOUT` cuts long downloads; `Websocket.send` has no checkpoint,
so that a loop over it hangs the process once the client is gone; a failed websocket handler
closes as if all were well (1000); of several errors in one group all but the first vanish.
"""

import http
import math
from collections.abc import Awaitable, Callable, Generator, Iterable
from typing import Any, cast

import structlog
import trio
from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, WebsocketScope
from quart import Response as QuartResponse
from quart import ResponseReturnValue
from quart import Websocket as QuartWebsocket
from quart.wrappers.base import BaseRequestWebsocket
from quart.wrappers.request import Body as QuartBody
from quart_trio import QuartTrio
from quart_trio.asgi import TrioASGIHTTPConnection, TrioASGIWebsocketConnection
from quart_trio.wrappers import TrioRequest, TrioResponse, TrioWebsocket
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter
from werkzeug.wrappers import Response as WerkzeugResponse

from actors.errors import Refusal, StitcheryError, TooLarge
from conf.settings import Server
from web.edge.rules import Patience, leaves_of

log = structlog.get_logger("edge")


class BodyStalled(Refusal):
    """The client stopped sending in the middle of its request's body."""

    code = "body_stalled"
    title = "The request body stopped arriving"
    status = 408


class Body(QuartBody):
    """A request's body: read it whole with `await`, or in chunks with `async for`.

    Both raise `TooLarge` as soon as more than `limit` bytes are declared or have come (None: no
    limit), and `BodyStalled` when the client keeps the reader waiting beyond its patience. Being
    cancelled loses nothing but the chunk under way. At most one chunk (64 KiB behind our edge)
    is held, unless the whole is asked for.
    """

    def __init__(self, declared: int | None, limit: int | None) -> None:  # not super's: no events
        self.limit = limit
        self.limit_name = "request_body"
        self.patience = Patience(math.inf)
        self.source: Callable[[], Awaitable[dict[str, Any]]] | None = None
        self._declared = declared or 0
        self._taken = 0
        self._data = bytearray()  # what is whole, or was put here by `append`
        self._ended = False

    async def __anext__(self) -> bytes:
        if not self._data and not await self._more():
            raise StopAsyncIteration
        chunk = bytes(self._data)
        self._data.clear()
        return chunk

    def __await__(self) -> Generator[Any, None, bytes]:
        return self._whole().__await__()

    async def _whole(self) -> bytes:
        while await self._more():
            pass
        return bytes(self._data)

    async def _more(self) -> bool:
        """Add a chunk to what is held; false at the end."""
        self._check()
        while not self._ended and self.source is not None:
            chunk = await self._pull(self.source)
            if chunk:
                return True
        return False

    async def _pull(self, source: Callable[[], Awaitable[dict[str, Any]]]) -> bytes:
        since = trio.current_time()
        with trio.move_on_after(self.patience.left) as waiting:
            message = await source()
        if waiting.cancelled_caught:
            raise BodyStalled(
                f"{self._taken} bytes of the body came, then too little for "
                f"{self.patience.full:g} seconds; send the request again"
            )
        chunk: bytes = message.get("body", b"")
        self.patience.waited(trio.current_time() - since, len(chunk))
        self._ended = not message.get("more_body", False)
        self._taken += len(chunk)
        self._check()
        self._data += chunk
        return chunk

    def _check(self) -> None:
        size = max(self._declared, self._taken)
        if self.limit is not None and size > self.limit:
            raise TooLarge(
                f"the request body has {size} bytes or more; {self.limit} are accepted here",
                limit=self.limit_name,
                more={"max_bytes": self.limit},
            )

    def append(self, data: bytes) -> None:
        """Put bytes here by hand, as Quart's test requests do."""
        self._data += data

    def set_complete(self) -> None:
        """Say that no more is to come."""
        self._ended = True

    def clear(self) -> None:
        """Forget what was read; Quart calls it after `get_data(cache=False)`."""
        self._data.clear()


class Request(TrioRequest):
    """A request whose `max_content_length` (bytes) may be set by the route before it reads."""

    body: Body
    body_class = Body  # type: ignore[assignment]  # not a TrioBody: that one is made of events

    def __init__(self, *facts: Any, body_timeout: float | None = None, **more: Any) -> None:
        # Quart's timeout would span the whole body; ours spans each wait for a chunk.
        super().__init__(*facts, body_timeout=None, **more)
        self.body.patience = Patience(math.inf if body_timeout is None else body_timeout)

    @property
    def max_content_length(self) -> int | None:
        """The most bytes that this request's body may have; None: any number."""
        return self.body.limit

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        self.body.limit = value

    def allow(self, most: int, limit: str) -> None:
        """Lets the body have up to `most` bytes; more are refused under the name `limit`."""
        self.body.limit, self.body.limit_name = most, limit


class Response(TrioResponse):
    """An answer. Files go out by `web/content.py`, never by Quart's `send_file`."""


class HttpConnection(TrioASGIHTTPConnection):
    """One request: the handler runs, its answer is sent; both end when the client leaves.

    The sending is bounded by the edge, piece by piece, not by a time over the whole.
    """

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve the request; returns early when the client is said to be gone."""
        request = cast("Request", self._create_request_from_scope(send))
        with trio.CancelScope() as client:

            async def pull() -> dict[str, Any]:
                message = cast("dict[str, Any]", await receive())
                if message["type"] == "http.disconnect":
                    client.cancel()
                    await trio.sleep_forever()
                return message

            request.body.source = pull
            response = await self.app.handle_request(request)
            await self._send_response(send, response)


class Websocket(TrioWebsocket):
    """A websocket whose `send` lets others run, and which knows how far its life has come."""

    accepted = False  # written by `accept`
    closed = False  # written by `close`

    async def send(self, data: str | bytes) -> None:
        """Send one message; waits while the client does not read, is cancelled when it leaves."""
        # The edge answers at once when the client is gone: without a checkpoint here a loop
        # over `send` would neither be cancelled nor let anybody else run.
        await trio.lowlevel.checkpoint()
        await self.accept()
        await self._send(data)

    async def accept(
        self, headers: dict[str, str] | Headers | None = None, subprotocol: str | None = None
    ) -> None:
        """Answer the handshake, if that is not done."""
        self.accepted = True
        await super().accept(headers, subprotocol)

    async def close(self, code: int, reason: str = "") -> None:
        """Say goodbye with `code` (RFC 6455 7.4); before `accept` it refuses the handshake."""
        self.closed = True
        await super().close(code, reason)


class WebsocketConnection(TrioASGIWebsocketConnection):
    """One websocket: a message that no handler takes keeps the next ones at the client."""

    def __init__(self, app: QuartTrio, scope: WebsocketScope) -> None:
        super().__init__(app, scope)
        self.send_channel, self.receive_channel = trio.open_memory_channel[bytes | str](1)

    async def handle_messages(  # type: ignore[override]  # quart-trio's signature, not quart's
        self, nursery: trio.Nursery, receive: ASGIReceiveCallable
    ) -> None:
        """Hand on what the client says, empty messages too; then cancel the handler."""
        while (event := cast("dict[str, Any]", await receive()))["type"] != "websocket.disconnect":
            if event["type"] == "websocket.receive":
                text = event.get("text")
                await self.send_channel.send(event["bytes"] if text is None else text)
        nursery.cancel_scope.cancel()


class Application(QuartTrio):
    """Quart-Trio behind our edge.

    `options` gives the default limit of a body (`max_json_kb`; a route that takes more says
    `request.max_content_length = ...` before it reads) and the patience with a slow one
    (`body_timeout`). All other arguments are Quart's.
    """

    asgi_http_class = HttpConnection
    asgi_websocket_class = WebsocketConnection
    request_class = Request
    response_class = Response
    websocket_class = Websocket

    def __init__(self, import_name: str, *, options: Server | None = None, **more: Any) -> None:
        super().__init__(import_name, **more)
        options = Server() if options is None else options
        self.config["MAX_CONTENT_LENGTH"] = options.max_json_kb * 1024
        self.config["BODY_TIMEOUT"] = options.body_timeout

    def create_url_adapter(self, request: BaseRequestWebsocket | None) -> MapAdapter | None:
        """Find routes by path alone: the name that a client has for us decides nothing.

        Quart's own would fail (500) on a Host that is no name of IDNA.
        """
        if request is None:
            return None
        return self.url_map.bind(
            "",
            path_info=request.path,
            default_method=request.method,
            url_scheme=request.scheme,
        )

    async def handle_user_exception(
        self, error: Exception | BaseExceptionGroup[BaseException]
    ) -> HTTPException | ResponseReturnValue:
        """Answer one error; of a group the gravest, while the others are logged.

        What is cancelled stays cancelled: of a group with `Cancelled` in it the real errors are
        logged and the rest goes on its way.
        """
        if not isinstance(error, BaseExceptionGroup):
            return await super().handle_user_exception(error)
        errors, rest = error.split(Exception)
        found = leaves_of(errors) if errors is not None else ()
        leaves = sorted(cast("Iterable[Exception]", found), key=_expected)
        if rest is not None:
            _log_lost(leaves)
            raise rest
        gravest, *others = leaves
        _log_lost(others)
        return await super().handle_user_exception(gravest)

    async def handle_websocket(
        self, websocket: QuartWebsocket
    ) -> QuartResponse | WerkzeugResponse | None:
        """Run a websocket's handler; one that fails after accepting closes with 1011 or 1008."""
        response = await super().handle_websocket(websocket)
        socket = cast("Websocket", websocket)
        if response is not None and socket.accepted and not socket.closed:
            ours = response.status_code >= http.HTTPStatus.INTERNAL_SERVER_ERROR
            await socket.close(1011 if ours else 1008)
        return response


def _expected(error: Exception) -> bool:
    """Whether the asker caused it: such an error never hides one of ours."""
    return isinstance(error, HTTPException) or (
        isinstance(error, StitcheryError) and not error.report
    )


def _log_lost(errors: list[Exception]) -> None:
    for error in errors:
        log.error("error_beside_another", error=repr(error), exc_info=error)
