"""Resolves, checks, connects: the only file of the capability that opens a connection.

A name is resolved once; its answers are checked as a whole, and a connection goes to an address
that was checked, never to the name again. So a name server that answers differently the second
time (rebinding) is not asked a second time. Host and server name of TLS stay the name's.

Owns: sockets, TLS, the threads in which the system's resolver blocks.
Never: reads the environment's proxies, speaks HTTP, follows anything, opens a unix socket.
"""

import functools
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import certifi
import trio

from actors.capabilities.fetch.addresses import Address, Rules, check_answers, not_public, plain
from actors.capabilities.fetch.errors import (
    SourceLost,
    SourceTimedOut,
    SourceUnreachable,
    SourceUntrusted,
)
from actors.capabilities.fetch.urls import Url, admit

_MOST_ATTEMPTS: Final = 3  # addresses of one host that are tried, each with its share of the time
_RESOLVING_AT_ONCE: Final = 32

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
Connect = Callable[[Url], Awaitable[trio.abc.Stream]]

_resolvers: "trio.lowlevel.RunVar[trio.CapacityLimiter]" = trio.lowlevel.RunVar("_resolvers")


async def resolve_name(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, as the system finds them, in the order it prefers.

    The system's resolver cannot be stopped: cancelling leaves its thread behind until it gives
    up. Therefore these threads have a limiter of their own, and a name server that is silent
    never takes the threads by which others write their files.

    Raises:
        OSError: there is no answer, or no such name.
    """
    look_up = functools.partial(
        socket.getaddrinfo, host.encode("ascii"), port, type=socket.SOCK_STREAM
    )
    found = await trio.to_thread.run_sync(
        look_up, abandon_on_cancel=True, limiter=_resolver_threads()
    )
    return [str(address[0]) for *_, address in found]


def _resolver_threads() -> trio.CapacityLimiter:
    try:
        return _resolvers.get()
    except LookupError:
        limiter = trio.CapacityLimiter(_RESOLVING_AT_ONCE)
        _resolvers.set(limiter)
        return limiter


@functools.cache
def usual_trust() -> ssl.SSLContext:
    """Whom to believe: the system's authorities, and certifi's where the system has none."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialer:
    """Makes connections under the rules.

    Attributes:
        rules: where we may go.
        connect_timeout: seconds for finding a host, reaching it and agreeing on keys.
        resolve: how the addresses of a name are found.
        trust: whom to believe over TLS.
    """

    rules: Rules
    connect_timeout: float
    resolve: Resolve = resolve_name
    trust: Callable[[], ssl.SSLContext] = usual_trust

    async def connect(self, url: Url) -> trio.abc.Stream:
        """A connection to the source of `url`; who gets it drops it. Cancelling leaves none open.

        Raises:
            AddressNotAllowed: the rules do not let us go there; nothing was sent.
            SourceUnreachable, SourceUntrusted, SourceLost, SourceTimedOut: it did not come about.
        """
        with trio.move_on_after(self.connect_timeout):
            return await self._open(url)
        raise SourceTimedOut(
            f"{url.host} could not be found and reached within {self.connect_timeout:g} s"
        )

    async def _open(self, url: Url) -> trio.abc.Stream:
        admit(url, self.rules)
        stream = await self._dial(url, await self._addresses(url))
        return await self._secure(stream, url) if url.scheme == "https" else stream

    async def _addresses(self, url: Url) -> Sequence[Address]:
        if url.address is not None:
            return (plain(url.address),)
        try:
            answers = await self.resolve(url.host, url.port)
        except OSError as error:
            raise not_public(url.host) from error
        return check_answers(answers, url.host, url.port, self.rules)

    async def _dial(self, url: Url, addresses: Sequence[Address]) -> trio.SocketStream:
        attempts = addresses[:_MOST_ATTEMPTS]
        for address in attempts:
            with trio.move_on_after(self.connect_timeout / len(attempts)):
                try:
                    return await trio.open_tcp_stream(str(address), url.port)
                except OSError:
                    continue
        raise SourceUnreachable(f"{url.host} cannot be reached on port {url.port}")

    async def _secure(self, stream: trio.SocketStream, url: Url) -> trio.abc.Stream:
        # Not https_compatible: there a body that ends with the connection might be cut by anyone
        # on the way, and be taken for whole (RFC 9112 9.8).
        secured = trio.SSLStream(stream, self.trust(), server_hostname=url.host)
        try:
            await secured.do_handshake()
        except BaseException as error:  # cancelled, too: the socket is nobody's otherwise
            await trio.aclose_forcefully(stream)
            if isinstance(error, trio.BrokenResourceError):
                raise _handshake_error(error, url.host) from error
            raise
        return secured


def _handshake_error(error: trio.BrokenResourceError, host: str) -> SourceLost | SourceUntrusted:
    match error.__cause__:
        case ssl.SSLCertVerificationError() as cause:
            return SourceUntrusted(
                f"{host} has no certificate to be believed: {cause.verify_message}"
            )
        case ssl.SSLError() as cause if not isinstance(cause, ssl.SSLEOFError):
            return SourceUntrusted(f"{host} does not speak TLS as it should")
        case _:
            return SourceLost(f"{host} broke off while keys were agreed upon")
