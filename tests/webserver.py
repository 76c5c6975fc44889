"""An HTTP source on the loopback that misbehaves on purpose: real sockets, one behaviour a path.

Owns: what hostile sources do on the wire, as bytes and pauses; what was asked of it, on record.
Never: parses more of a request than its path, helps a client to be correct, or has a deadline: a
client that trusts it hangs, and the test with it.
"""

import errno
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from socket import SO_LINGER, SOL_SOCKET

import trio

Behaviour = Callable[[trio.abc.Stream], Awaitable[None]]
"""What a source does with a connection on which a request has arrived."""


@dataclass
class Source:
    """One listening source. `asked` holds the heads of all requests, as they came."""

    host: str
    port: int
    scheme: str
    asked: list[str] = field(default_factory=list)
    connections: int = 0
    gone: trio.Event = field(default_factory=trio.Event)
    """Set when a client has dropped a connection under a behaviour."""

    def url(self, path: str = "/", *, host: str | None = None) -> str:
        return f"{self.scheme}://{host or self.host}:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        return [head.split(" ")[1] for head in self.asked]


async def listen_alike(*hosts: str) -> list[trio.SocketListener]:
    """A listener on each host, all on one port: a free one here may be a neighbour's there."""
    while True:
        listeners = await trio.open_tcp_listeners(0, host=hosts[0])
        port = listeners[0].socket.getsockname()[1]
        try:
            for host in hosts[1:]:
                listeners += await trio.open_tcp_listeners(port, host=host)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            for listener in listeners:
                await listener.aclose()
        else:
            return listeners


@asynccontextmanager
async def open_source(
    behaviours: Mapping[str, Behaviour],
    *,
    host: str = "127.0.0.1",
    listener: trio.SocketListener | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Source]:
    """Listens until the block ends. A path that has no behaviour is answered with 404."""
    if listener is None:
        (listener,) = await trio.open_tcp_listeners(0, host=host)
    source = Source(host, listener.socket.getsockname()[1], "https" if tls else "http")

    async def handle(stream: trio.abc.Stream) -> None:
        secured = trio.SSLStream(stream, tls, server_side=True) if tls else stream
        await converse(secured, behaviours, source)

    async with trio.open_nursery() as nursery:
        await nursery.start(trio.serve_listeners, handle, [listener])
        yield source
        nursery.cancel_scope.cancel()


async def converse(
    stream: trio.abc.Stream, behaviours: Mapping[str, Behaviour], source: Source
) -> None:
    """One connection, from its request to its end; also over a stream that is no socket."""
    source.connections += 1
    try:
        head = await _head(stream)
        source.asked.append(head)
        await behaviours.get(head.split(" ")[1], say(answer(status=404)))(stream)
        await stream.aclose()
    except (trio.BrokenResourceError, trio.ClosedResourceError, IndexError):
        source.gone.set()  # it left, or never asked: some tests are about just that
    finally:
        await trio.aclose_forcefully(stream)


async def _head(stream: trio.abc.Stream) -> str:
    head = bytearray()
    while b"\r\n\r\n" not in head:
        data = await stream.receive_some()
        if not data:
            break
        head += data
    return head.decode("latin-1")


# --- bytes ----------------------------------------------------------------------------------------


def answer(
    body: bytes = b"",
    *,
    status: int = 200,
    length: int | str | None = -1,
    fields: Iterable[tuple[str, str]] = (),
) -> bytes:
    """A whole answer. `length` -1 declares the true one, None declares none, others are lies."""
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in fields)]
    if length is not None:
        lines.append(f"Content-Length: {len(body) if length == -1 else length}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def redirect(location: str, status: int = 302) -> bytes:
    return answer(status=status, fields=[("Location", location)])


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    head = answer(length=None, fields=[("Transfer-Encoding", "chunked")])
    return head + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + end


# --- behaviours -----------------------------------------------------------------------------------


def say(*pieces: bytes) -> Behaviour:
    """Sends the pieces, then closes."""

    async def behave(stream: trio.abc.Stream) -> None:
        for piece in pieces:
            await stream.send_all(piece)

    return behave


def drip(data: bytes, *, every: float, first: bytes = b"") -> Behaviour:
    """Sends `first` at once, then a byte, then a pause of `every` seconds, a byte, ..."""

    async def behave(stream: trio.abc.Stream) -> None:
        await stream.send_all(first)
        for byte in data:
            await stream.send_all(bytes([byte]))
            await trio.sleep(every)

    return behave


def forever(piece: bytes, *, first: bytes = b"") -> Behaviour:
    """Sends `first`, then `piece` as often as the client takes it."""

    async def behave(stream: trio.abc.Stream) -> None:
        await stream.send_all(first)
        while True:
            await stream.send_all(piece)

    return behave


def hang(first: bytes = b"") -> Behaviour:
    """Sends `first` and nothing more, until the client leaves."""

    async def behave(stream: trio.abc.Stream) -> None:
        await stream.send_all(first)
        while await stream.receive_some():
            pass
        raise trio.BrokenResourceError

    return behave


def reset(first: bytes = b"") -> Behaviour:
    """Sends `first`, then breaks the connection (RST) instead of closing it."""

    async def behave(stream: trio.abc.Stream) -> None:
        await stream.send_all(first)
        assert isinstance(stream, trio.SocketStream)
        stream.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        stream.socket.close()

    return behave


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """The first for the first connection, the next for the next; the last stays."""
    left = list(behaviours)

    async def behave(stream: trio.abc.Stream) -> None:
        await (left.pop(0) if len(left) > 1 else left[0])(stream)

    return behave
