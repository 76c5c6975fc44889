"""Which network addresses may be connected to. This file is the whole of our network policy.

The attack that it exists to stop: a stranger hands us an address, and our server, which stands
inside, asks the router, the metadata service of the cloud or a neighbour's database in their
place. So an address is asked about only when everybody on the internet could ask it too.

Owns: the table of what is not public, one standard a row, and the reading of IPv4 inside IPv6.
Never: resolves or connects; never trusts `ipaddress.is_global`, whose answers changed between
Python 3.11, 3.12 and 3.13.

The registries behind the table: iana.org/assignments/iana-ipv4-special-registry and
iana.org/assignments/iana-ipv6-special-registry. Where they call a range reachable, but nobody
keeps pictures there (anycast for AS112 or AMT), we leave it open: it is public, and harmless.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from actors.capabilities.fetch.errors import AddressNotAllowed

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NOT_PUBLIC_4: Final = tuple(
    IPv4Network(row)
    for row in (
        "0.0.0.0/8",  # "this network", RFC 791; 0.0.0.0 reaches the own machine
        "10.0.0.0/8",  # private, RFC 1918
        "100.64.0.0/10",  # shared behind a carrier's NAT, RFC 6598; also a cloud's metadata
        "127.0.0.0/8",  # loopback, RFC 1122 3.2.1.3
        "168.63.129.16/32",  # the host of a virtual machine in Azure, public in form only
        "169.254.0.0/16",  # link-local, RFC 3927; metadata services at .169.254
        "172.16.0.0/12",  # private, RFC 1918
        "192.0.0.0/24",  # protocol assignments, RFC 6890; also a cloud's metadata
        "192.0.2.0/24",  # documentation, RFC 5737
        "192.88.99.0/24",  # relays of 6to4, withdrawn by RFC 7526
        "192.168.0.0/16",  # private, RFC 1918
        "198.18.0.0/15",  # benchmarks, RFC 2544
        "198.51.100.0/24",  # documentation, RFC 5737
        "203.0.113.0/24",  # documentation, RFC 5737
        "224.0.0.0/4",  # multicast, RFC 5771
        "240.0.0.0/4",  # reserved, RFC 1112 4; its last is the limited broadcast, RFC 919
    )
)

# Of IPv6 only this eighth is assigned to be reached by all (RFC 4291 2.4, RFC 3587). What lies
# outside is thereby refused without a row: unspecified, loopback and IPv4-compatible (::/96, RFC
# 4291 2.5.5.1), IPv4-translated (::ffff:0:0:0/96, RFC 2765), local NAT64 (64:ff9b:1::/48, RFC
# 8215), discard-only (100::/64, RFC 6666), segment routing (5f00::/16, RFC 9602), unique local
# (fc00::/7, RFC 4193), link-local (fe80::/10) and site-local (fec0::/10, RFC 3879), multicast.
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")

_NOT_PUBLIC_6: Final = tuple(
    IPv6Network(row)
    for row in (
        "2001::/23",  # protocol assignments, RFC 2928; Teredo (carries IPv4), RFC 4380; ORCHID
        "2001:db8::/32",  # documentation, RFC 3849
        "2002::/16",  # 6to4 (carries IPv4), RFC 3056, withdrawn by RFC 7526
        "3ffe::/16",  # 6bone, returned by RFC 3701
        "3fff::/20",  # documentation, RFC 9637
    )
)

_NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052 2.1; what DNS64 makes of public IPv4
_ISATAP: Final = frozenset({0x0000_5EFE, 0x0200_5EFE})  # RFC 5214 6.1, in any prefix


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Where the configuration lets us go.

    `ports` holds for public addresses; `open_networks` are reached although not public, on
    `open_ports` (None: on all); `closed_networks` are never reached.
    """

    ports: frozenset[int] = frozenset({80, 443})
    open_networks: tuple[Network, ...] = ()
    open_ports: frozenset[int] | None = None
    closed_networks: tuple[Network, ...] = ()


def plain(address: Address) -> Address:
    """Where a connection really goes: ::ffff:1.2.3.4 is 1.2.3.4 (RFC 4291 2.5.5.2)."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def carried(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a gateway would take out of this one; None when it carries none.

    Only for forms that can lie among the public ones; those that never do are refused whole.
    """
    low = int(address) & 0xFFFF_FFFF
    if address in _NAT64 or (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP:
        return IPv4Address(low)
    return None


def is_public(address: Address) -> bool:
    """Whether everybody on the internet could connect to it too."""
    address = plain(address)
    if isinstance(address, IPv4Address):
        return not _within(address, _NOT_PUBLIC_4)
    if address.scope_id is not None:  # means something on this machine only, RFC 4007
        return False
    inner = carried(address)
    if inner is not None and not is_public(inner):
        return False
    if address in _NAT64:
        return True
    return address in _GLOBAL_UNICAST and not _within(address, _NOT_PUBLIC_6)


def is_allowed(address: Address, port: int, rules: Rules) -> bool:
    """Whether the rules let us connect to this address and port."""
    address = plain(address)
    if _within(address, rules.closed_networks):
        return False
    if _within(address, rules.open_networks):
        return rules.open_ports is None or port in rules.open_ports
    return port in rules.ports and is_public(address)


def check_answers(
    answers: Iterable[str], host: str, port: int, rules: Rules
) -> tuple[Address, ...]:
    """The addresses that a name resolved to, each once, in the given order.

    One that is not allowed refuses the whole name: a host with a public and an internal address
    is somebody's attempt to have the second chosen after the first was checked (rebinding).

    Raises:
        AddressNotAllowed: an answer is not allowed, or there is none.
    """
    addresses = tuple(dict.fromkeys(plain(ip_address(answer)) for answer in answers))
    if not addresses or not all(is_allowed(address, port, rules) for address in addresses):
        raise not_public(host)
    return addresses


def not_public(host: str) -> AddressNotAllowed:
    """One sentence for a name that is unknown, internal, or resolved to something internal."""
    return AddressNotAllowed(
        f"{host} does not lead to a public address; check the spelling, and name a host that "
        "everybody on the internet can reach"
    )


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)
