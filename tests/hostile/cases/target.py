# ruff: noqa: E501 -- a case a row reads better than broken rows
"""The program under attack, as one case sees it.

Owns: the ways to it (raw sockets, HTTP clients, users), and the eye that sees every answer on its
way: no case can overlook a traceback.
Never: knows a case.
"""

import re
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import trio

from tests.service import UNUSED_TLS, Program, Section, Service, User, open_program, told
from tests.web.rawclient import Answer, Client

_LEAKS = re.compile(
    rb"Traceback|File \"|site-packages|\.py\b|(?i:hypercorn|quart|werkzeug|python/|pillow|\bh11\b)"
    rb"|/tmp/|/proc/"
)
"""What an answer must never tell: our insides, our versions, where files lie."""

PATIENCE = 20.0
"""Seconds after which what was waited for is said to hang."""


@dataclass
class Target:
    """What a case attacks.

    Attributes:
        service: the program seen from outside; of a foreign one (`--url`) pid is 0.
        program: to signal it; None for a foreign one.
        errors: statuses from 500 up that the case expects.
        seen: answers that no case may get, found by the eye.
    """

    service: Service
    program: Program | None
    errors: frozenset[int] = frozenset()
    seen: list[str] = field(default_factory=list)
    clients: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def origin(self) -> str:
        """Scheme, host and port, as a browser's Origin."""
        return self.service.address

    @property
    def host(self) -> str:
        """Host and port, as a Host header."""
        return self.origin.partition("://")[2]

    @property
    def port(self) -> int:
        """The port."""
        return int(self.origin.rpartition(":")[2])

    # --- ways in ----------------------------------------------------------------------------------

    async def connect(self, receive_buffer: int | None = None) -> Client:
        """A raw connection; closed with the case."""
        sock = trio.socket.socket()
        if receive_buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client = Client(trio.SocketStream(sock))
        self.clients.callback(client.close)
        await sock.connect(("127.0.0.1", self.port))
        return client

    async def ask(self, request: bytes, method: str = "GET") -> Answer:
        """Sends bytes over a connection of their own and reads one answer."""
        client = await self.connect()
        with hanging("an answer"):
            await self.pour(client, request)
            answer = await client.answer(method)
        self.witness(answer.status, str(answer.headers).encode() + answer.body)
        client.close()
        return answer

    async def talk(self, request: bytes) -> bytes:
        """Sends bytes and says no more; everything that comes, until the server closes or is done.

        A client that closes its half at once has left, for this server: it may not be answered.
        """
        client = await self.connect()
        await self.pour(client, request)
        rest, quiet = b"", 2.0
        with hanging("the end of the connection"):
            while True:
                more = b""
                with trio.move_on_after(quiet) as scope:
                    more = await client.more()
                if not more and not scope.cancelled_caught:
                    break
                if not more:
                    await self.finish(client)
                    rest += await client.rest()
                    break
                rest, quiet = rest + more, 0.25
        for status in statuses(rest):
            self.witness(status, rest)
        client.close()
        return rest

    async def pour(self, client: Client, data: bytes) -> None:
        """Sends, but takes a server that closes meanwhile for an answer, which is read next."""
        try:
            await client.send(data)
        except trio.BrokenResourceError:
            return

    async def finish(self, client: Client) -> None:
        """Says that no more will be sent; a server that has closed already knows."""
        try:
            await client.stream.send_eof()
        except (trio.BrokenResourceError, OSError):
            return

    def http(self, **options: Any) -> httpx.AsyncClient:
        """An HTTP client without credentials; closed with the case."""
        client = httpx.AsyncClient(
            base_url=self.origin,
            timeout=PATIENCE,
            verify=UNUSED_TLS,
            event_hooks={"response": [self._look]},
            **options,
        )
        self.clients.push_async_callback(client.aclose)
        return client

    async def user(self, token: str | None = None) -> User:
        """A new user, or the one whose token this is, under the eye."""
        http = self.http()
        token = token or told(await http.post("/api/v1/sessions"), 201)["token"]
        http.cookies.clear()
        http.headers["Authorization"] = f"Bearer {token}"
        return User(http, token)

    async def browser(self) -> tuple[httpx.AsyncClient, str]:
        """A client with the cookie of a new session, and the cookie's `name=value`."""
        http = self.http(headers={"Origin": self.origin})
        told(await http.post("/api/v1/sessions"), 201)
        cookie = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
        return http, cookie

    # --- other servers ------------------------------------------------------------------------------

    @asynccontextmanager
    async def elsewhere(self, **sections: Section) -> AsyncIterator["Target"]:
        """A server of the case's own, with these settings."""
        with scratch() as folder, open_program(folder / "data", **sections) as program:
            async with program.visit() as service:
                yield Target(service, program, self.errors, self.seen, self.clients)
                await self.clients.aclose()

    # --- the eye --------------------------------------------------------------------------------------

    def witness(self, status: int, whole: bytes) -> None:
        """Keeps what no answer may be: an error of ours, or one that tells our insides."""
        if status >= 500 and status not in self.errors:
            self.seen.append(f"status {status}: {whole[:300]!r}")
        leak = _LEAKS.search(whole) if status >= 400 else None
        if leak:
            self.seen.append(f"status {status} tells {leak[0]!r}: {whole[:300]!r}")

    async def _look(self, answer: httpx.Response) -> None:
        if answer.status_code >= 400:
            head = b"\n".join(name + b": " + value for name, value in answer.headers.raw)
            self.witness(answer.status_code, head + b"\n\n" + await answer.aread())


@contextmanager
def hanging(what: str) -> Iterator[None]:
    """Fails when the block takes longer than anything may."""
    with trio.move_on_after(PATIENCE) as scope:
        yield
    if scope.cancelled_caught:
        raise AssertionError(f"waited {PATIENCE:g} s for {what}")


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for the data of one server."""
    with tempfile.TemporaryDirectory(prefix="hostile-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def statuses(rest: bytes) -> list[int]:
    """The statuses of the answers that came over one connection."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", rest)]


def plain_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers with names in lower case."""
    return {name.lower(): value for name, value in headers.items()}
