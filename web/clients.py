"""Where a request comes from, and whom that makes of many: pure rules about addresses.

Owns: which peers are believed when they speak for others (`server.proxies`), which are many people
at once (`server.uncounted`), and how many addresses count as one.
Never: sees a socket or a request; addresses and header values come in as text.
"""

import ipaddress
from collections.abc import Iterable

from conf.settings import Server

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

UNKNOWN = "unknown"
"""Stands for a peer that left before it could be asked for its address."""

_ONE_SITE = 64
"""Bits of an IPv6 address that its holder does not choose at will (RFC 6177: a site has a /64 at
the least), so that one machine is not taken for as many clients as it has addresses."""


class Clients:
    """What the settings say of addresses."""

    def __init__(self, options: Server) -> None:
        self._proxies = tuple(map(ipaddress.ip_network, options.proxies))
        self._uncounted = tuple(map(ipaddress.ip_network, options.uncounted))

    def is_proxy(self, peer: str) -> bool:
        """Whether this peer is believed when it tells for whom it speaks."""
        return _within(_parse(peer), self._proxies)

    def origin(self, peer: str, forwarded_for: str | None) -> str:
        """The address of who asked: the peer's own or, through our proxies, the last told by one.

        X-Forwarded-For grows to the right, so it is read from there; what stands left of the first
        address that is no proxy of ours was written by whoever asked, and is not believed. An
        entry that is no address ends the search at the proxy that wrote it.
        """
        origin = peer
        told = [] if forwarded_for is None else forwarded_for.split(",")
        while told and self.is_proxy(origin):
            address = _parse(told.pop().strip())
            if address is None:
                break
            origin = str(address)
        return origin

    def site(self, address: str) -> str | None:
        """Under what name limits per address count this one; None: they do not count it."""
        parsed = _parse(address)
        if _within(parsed, self._uncounted):
            return None
        if isinstance(parsed, ipaddress.IPv6Address):
            return str(ipaddress.ip_network((parsed, _ONE_SITE), strict=False))
        return UNKNOWN if parsed is None else str(parsed)


def _parse(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _within(
    address: Address | None, networks: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]
) -> bool:
    return address is not None and any(address in network for network in networks)
