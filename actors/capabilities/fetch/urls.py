r"""Reads an address once and strictly, into parts that nobody reads a second time.

Two programs that read one text differently are how checks are passed by (`http://a\@b/`,
`http://127.1/`, `http://0x7f.1/`). So what this file returns is what is checked, resolved,
connected to and sent; a text that could be read in two ways is refused, not repaired.

Owns: the syntax (RFC 3986, with IDNA 2008 for hosts), how a redirect's target is joined, which
names never lead outside, and how a file from an address is called.
Never: resolves a name; never quotes a refused text as a whole: it may hold a password.
"""

import re
import unicodedata
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final
from urllib.parse import quote, unquote, urljoin

import idna

from actors.capabilities.fetch.addresses import Address, Rules, is_allowed, not_public
from actors.capabilities.fetch.errors import AddressNotAllowed, BadUrl, RedirectRefused

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_LONGEST_HOST: Final = 253  # RFC 1035 2.3.4, written without the root's dot

# RFC 3986 appendix B, but with the two slashes required.
_PARTS: Final = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<target>[^#]*)(?:#.*)?"
)
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_AUTHORITY: Final = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]{0,5}))?")
# RFC 1123 2.1, with the underscore that real image hosts use.
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# What an IPv4 reader would take for a number, in any base: the WHATWG's "ends in a number".
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
# Everything that RFC 3986 3.3 and 3.4 let stand; the rest is sent percent-encoded.
_STANDS: Final = "/?:@!$&'()*+,;=-._~%"
_UNREADABLE: Final = frozenset({"Cc", "Cs", "Zs", "Zl", "Zp"})  # control, half a pair, any space

# Names that by definition lead nowhere public. The check of what a name resolved to holds without
# them; they let the refusal come before a job.
_INNER_NAMES: Final = (
    "localhost",  # RFC 6761 6.3
    "local",  # multicast DNS, RFC 6762
    "internal",  # reserved for private use by ICANN, 2024
    "home.arpa",  # RFC 8375
    "onion",  # RFC 7686
    "invalid",  # RFC 6761 6.4
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Url:
    """An address in its normal form, all ASCII, without a fragment.

    `host` is a lower-case name or an IP address without brackets; in the latter case `address` is
    that. `target` is what the request line holds: path and query.
    """

    scheme: str
    host: str
    address: Address | None
    port: int
    target: str

    @property
    def authority(self) -> str:
        """As the Host header wants it (RFC 9110 7.2)."""
        host = f"[{self.host}]" if isinstance(self.address, IPv6Address) else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def parse(text: str) -> Url:
    """Reads an absolute http or https address, as a user or a redirect gave it.

    Raises:
        BadUrl: it is none, or could be read in more than one way.
    """
    _check_characters(text)
    parts = _PARTS.fullmatch(text)
    if parts is None or parts["scheme"].lower() not in _DEFAULT_PORTS:
        raise BadUrl("An address begins with http:// or https:// and a host")
    if "@" in parts["authority"]:
        raise BadUrl("An address holds no user name or password; leave them out")
    authority = _AUTHORITY.fullmatch(parts["authority"])
    if authority is None:
        raise BadUrl("After the host of an address comes nothing, or a colon and a port")
    scheme = parts["scheme"].lower()
    host, address = _host(authority["host"])
    return Url(
        scheme=scheme,
        host=host,
        address=address,
        port=_port(authority["port"] or "", scheme),
        target=_target(parts["target"]),
    )


def admit(url: Url, rules: Rules) -> None:
    """Refuses what can be refused without asking a name server.

    Raises:
        AddressNotAllowed: a forbidden IP address, a name that never leads outside, or a port.
    """
    if url.address is not None:
        if not is_allowed(url.address, url.port, rules):
            raise not_public(url.host) if url.port in rules.ports else _bad_port(url, rules)
    elif not rules.open_networks:
        if _is_inner(url.host):
            raise not_public(url.host)
        if url.port not in rules.ports:
            raise _bad_port(url, rules)


def follow(url: Url, location: str) -> Url:
    """Where a redirect from `url` leads (RFC 3986 5.2); to be admitted like any other.

    Raises:
        RedirectRefused: it leads from https to http, or is no address at all.
    """
    try:
        _check_characters(location)  # before urljoin, which quietly drops tabs and newlines
        absolute = location if _SCHEME.match(location) else urljoin(str(url), location)
        target = parse(absolute)
    except (ValueError, BadUrl):  # urljoin raises ValueError on what it cannot read
        raise RedirectRefused(f"{url.host} redirects to what is no http or https address") from None
    if url.scheme == "https" and target.scheme != "https":
        raise RedirectRefused(f"{url.host} redirects from https to http, which is not followed")
    return target


def name_of(url: Url) -> str:
    """How a file from this address is called: the path's last part, or else the host.

    As strange as the address's author liked; whoever puts it on record cleans it for showing.
    """
    path = url.target.partition("?")[0]
    return unquote(path.rstrip("/").rpartition("/")[2], errors="replace") or url.host


def _check_characters(text: str) -> None:
    if "\\" in text or any(unicodedata.category(character) in _UNREADABLE for character in text):
        raise BadUrl(
            "An address holds no space, backslash or control character; write them percent-encoded"
        )


def _host(text: str) -> tuple[str, Address | None]:
    """The host in its normal form, and the address where it is one."""
    try:
        if text.startswith("["):
            return _literal(IPv6Address(text[1:-1]))
        host = _ascii(text).removesuffix(".")
        if _NUMBER.fullmatch(host.rpartition(".")[2]):
            return _literal(IPv4Address(host))
    except (AddressValueError, idna.IDNAError) as error:
        raise BadUrl(
            "The host of an address is a name, four decimal numbers joined by dots, or an IPv6 "
            "address in brackets"
        ) from error
    if len(host) > _LONGEST_HOST or not all(map(_LABEL.fullmatch, host.split("."))):
        raise BadUrl(
            "The host's name in an address consists of labels of at most 63 letters, digits and "
            "hyphens, joined by dots, 253 characters in all"
        )
    return host, None


def _literal(address: Address) -> tuple[str, Address]:
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        raise AddressValueError("a scope means something on one machine only")
    return str(address), address


def _ascii(host: str) -> str:
    """Lower case, and IDNA 2008 (RFC 5891) with the mapping of UTS 46 where it is needed.

    Plain names pass by the codec, since it refuses hosts that exist (`r3---x.example`).
    """
    host = host.lower() if host.isascii() else host
    if host.isascii() and "xn--" not in host:
        return host
    return idna.encode(host, uts46=True, std3_rules=True).decode("ascii")


def _port(text: str, scheme: str) -> int:
    port = int(text) if text else _DEFAULT_PORTS[scheme]
    if not 1 <= port <= 65535:  # noqa: PLR2004 the range of TCP's ports
        raise BadUrl(f"The port of an address lies in 1..65535, not {port}")
    return port


def _target(text: str) -> str:
    return quote(text if text.startswith("/") else f"/{text}", safe=_STANDS)


def _is_inner(host: str) -> bool:
    return any(host == name or host.endswith(f".{name}") for name in _INNER_NAMES)


def _bad_port(url: Url, rules: Rules) -> AddressNotAllowed:
    allowed = ", ".join(map(str, sorted(rules.ports)))
    return AddressNotAllowed(f"Port {url.port} is not fetched from; allowed are {allowed}")
