"""One request: how it is read, what its application is given, how it ends without an answer.

Owns: what is looked up in a request's headers, the application's inbox, the stream of one request.
Never: touches a socket, or keeps a body: the inbox holds one message.
"""

import contextlib
import http
from typing import Any, Protocol, cast

import h11
import trio
from hypercorn.protocol.http_stream import ASGIHTTPState, HTTPStream

from web.edge.engine import answer


class Group(Protocol):
    """Who runs our application, as Hypercorn's task group does."""

    @property
    def goodbye(self) -> int:
        """The code for a websocket whose handler comes to an end without one."""

    def incident(self) -> str:
        """The number under which the log knows why there is no answer."""

    async def invite(self) -> None:
        """Ask the client for the body, if it waits to be asked."""


def value_of(request: h11.Request, name: bytes) -> bytes | None:
    """What a request's headers of this name say, as one; None: there is none."""
    values = [value for key, value in request.headers if key == name]
    return b",".join(values) if values else None


def wants_websocket(request: h11.Request) -> bool:
    """Whether it asks for a websocket (RFC 6455, 4.1), well or badly."""
    upgrade, tokens = b"", b""
    for name, value in request.headers:
        if name == b"upgrade":
            upgrade = value.lower()
        elif name == b"connection":
            tokens = value.lower()
    listed = (token.strip() for token in tokens.split(b","))
    return request.method == b"GET" and upgrade == b"websocket" and b"upgrade" in listed


def but_extensions(request: h11.Request) -> list[tuple[bytes, bytes]]:
    """The headers less the one by which a client asks for permessage-deflate.

    Hypercorn would always grant it; 64 KiB of it on the wire took 237 MB.
    """
    return [pair for pair in request.headers if pair[0] != b"sec-websocket-extensions"]


class Inbox:
    """What a client sends to one run of the application: a little, until the disconnect."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._put, self._take = trio.open_memory_channel[Any](1)
        self._parting: Any = None  # written by `put` once, the last message

    async def put(self, message: Any) -> None:
        """Wait until there is room; the disconnect never waits and lets a waiting one go."""
        if message["type"] in ("http.disconnect", "websocket.disconnect"):
            self._parting = message
            self._put.close()
            return
        with contextlib.suppress(trio.ClosedResourceError, trio.BrokenResourceError):
            await self._put.send(message)

    async def take(self) -> Any:
        """The next message; after the last one the disconnect, however often it is asked."""
        await self._group.invite()
        try:
            return await self._take.receive()
        except trio.EndOfChannel:
            return self._parting


class Http(HTTPStream):
    """One request."""

    async def take(self, body: bytes, *, more: bool) -> None:
        """Pass on a part of the body; waits while the application does not read."""
        if not self.closed:
            await self.app_put({"type": "http.request", "body": body, "more_body": more})

    async def _send_error_response(self, status_code: int) -> None:
        """The application ended without an answer; at a shutdown that is not its fault."""
        incident = ""
        if self.context.terminated.is_set():
            status_code = http.HTTPStatus.SERVICE_UNAVAILABLE
        else:
            incident = cast("Group", self.task_group).incident()
        head_only = self.scope["method"] == "HEAD"
        await answer(self.send, status_code, "", head_only=head_only, incident=incident)
        self.state = ASGIHTTPState.CLOSED
