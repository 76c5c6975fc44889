"""httpx, and what lies under it: its own kind of transport, over `dialer` and `exchange`.

Why not httpx's usual transport: it hides what this work must see. That bytes follow a body's
declared end (it cuts them off in silence), how much head has come, whether an interim answer is
the hundredth. And it resolves a name by itself, where no check reaches.

Owns: the fixed request (no field of it comes from a user but target and host), and everything
that httpx would do unasked, switched off: the environment's proxies, redirects, cookies, pools,
deadlines, a second reading of addresses.
Never: opens a connection, reads a byte, decides about a status. Wraps no error: what `dialer` and
`exchange` raise passes through httpx as it is.
"""

from collections.abc import AsyncIterator, Sequence

import httpx

from actors.capabilities.fetch.answers import FIELDS
from actors.capabilities.fetch.dialer import Connect
from actors.capabilities.fetch.exchange import Exchange
from actors.capabilities.fetch.urls import Url


def open_client(connect: Connect) -> httpx.AsyncClient:
    """A client to `send` what `request_for` makes; each request has a connection of its own.

    Its other methods (`get`, `stream`) would make requests themselves, with fields and cookies
    of theirs and with an address that httpx read.
    """
    return httpx.AsyncClient(
        transport=Transport(connect),
        trust_env=False,
        follow_redirects=False,
        timeout=None,  # noqa: S113 one deadline lies around all of an address, in `work`
    )


def request_for(url: Url, user_agent: str) -> httpx.Request:
    """The request for `url`, with these fields and no other.

    `url` itself travels along, and by it alone is connected and sent. httpx is told no more than
    the origin, which it cannot read in another way; of a target it would take `/../` out, and
    refuse the very long.
    """
    return httpx.Request(
        "GET",
        httpx.URL(scheme=url.scheme, host=url.host, port=url.port, path="/"),
        headers=[
            ("Host", url.authority),
            ("User-Agent", user_agent),
            ("Accept", "image/*"),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
        ],
        extensions={"url": url},
    )


class Transport(httpx.AsyncBaseTransport):
    """One connection a request. The answer has to be closed, which drops it."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Connects and asks. Cancelling drops the connection at once.

        Raises:
            StitcheryError: of `Connect` and `Exchange.ask`.
        """
        url: Url = request.extensions["url"]
        exchange = Exchange(await self._connect(url), url.host)
        try:
            head = await exchange.ask(request.method, url.target, request.headers.raw)
        except BaseException:  # cancelling too must drop the connection, which nobody else holds
            await exchange.aclose()
            raise
        # A head may have twelve thousand fields, and httpx looks at each for cookies.
        fields = [(name, value) for name, value in head.headers if name in FIELDS]
        return Answer(head.status_code, fields, exchange)


class Answer(httpx.Response):
    """An answer without two habits of httpx's own."""

    def __init__(
        self, status: int, fields: Sequence[tuple[bytes, bytes]], body: httpx.AsyncByteStream
    ) -> None:
        super().__init__(status, headers=fields, stream=body)
        self._body = body

    @property
    def has_redirect_location(self) -> bool:
        """No. Else the client, told to follow none, would still read the location to prepare it.

        It reads it in its own way, and raises errors of its own at what it cannot read.
        """
        return False

    def aiter_raw(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:  # noqa: ARG002 httpx's
        """The body as it comes, in chunks of no chosen size.

        httpx's is a generator around a generator. A reader that leaves early can close the outer
        one only; the inner is left to the garbage collector, of which Trio warns.
        """
        return aiter(self._body)
