"""The rules of the edge: which request heads are refused, how long a slow peer is borne with.

Owns: the reading of a request head's raw bytes before any parser sees them (what parsers smooth
over, two parsers smooth differently: that is request smuggling), the credit that bounds a slow
peer, the pace of a websocket, the names by which we may be called, the words of a refusal and of
an error.
Never: touches a socket or a clock, imports Trio, Hypercorn or h11: bytes and seconds come in as
arguments, and its tests are plain calls. Escapes nothing for the log: logs.py does, in all lines.
"""

import dataclasses
import http
import ipaddress
import json
import re
import traceback
from collections.abc import Iterable, Iterator

from web.headers import CONTENT_POLICY, PRIVATE, SECURITY

HEAD_LIMIT = 16 * 1024  # bytes of a request head; h11's own default, Apache and nginx are near
MESSAGE_LIMIT = 64 * 1024  # bytes of a websocket's message; OWASP's advice, ours are far smaller
TARGET_LIMIT = 8 * 1024  # bytes of a request target; RFC 9110 4.1 asks for at least 8000

MOST_FIELDS = 100  # headers of a request; Apache's LimitRequestFields

LEAST_RATE = 500.0  # bytes a second that are not "slow"; MinRate of Apache's mod_reqtimeout

PACE = 50.0  # websocket frames a second that a client may keep up; people and pages send a few
BURST = 200.0  # frames it may send at once


@dataclasses.dataclass(frozen=True, slots=True)
class Objection:
    """Why a request is refused before the application hears of it: HTTP status and a sentence."""

    status: int
    why: str


_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FOLD = re.compile(rb"\r\n[ \t]")
_ORIGIN = re.compile(rb"https?://([^/?#]*)", re.IGNORECASE)

# What the websocket handshake reads as text; RFC 6455 and 9110 know only ASCII here.
_ASCII_ONLY = frozenset(
    (
        b"connection",
        b"upgrade",
        b"sec-websocket-extensions",
        b"sec-websocket-key",
        b"sec-websocket-protocol",
        b"sec-websocket-version",
    )
)


def objection_to(received: bytes) -> Objection | None:
    """What is wrong with a request head, of which `received` has come so far.

    `received` starts at the request line and may run on into the body. None means that nothing
    is wrong yet; a parser may still find fault with what is left to it (tokens, Host, codings).
    Sources: RFC 9112 sections 2.2 (line ends), 3 (request line), 5.2 (obs-fold), 6.1 and 6.3
    (framing).
    """
    end = received.find(b"\r\n\r\n")
    # One CR at the end of an unfinished head may be half a line end.
    head = received.removesuffix(b"\r") if end < 0 else received[: end + 2]
    objection = _too_long(head) or _mangled(head)
    if objection is None and end >= 0:
        line, *fields = received[:end].split(b"\r\n")
        objection = _odd_line(line) or _contradiction(line, fields)
    return objection


def _too_long(head: bytes) -> Objection | None:
    line, _, _ = head.partition(b"\r\n")
    target = line.split(b" ", 2)[1:2]
    if target and len(target[0]) > TARGET_LIMIT:
        return Objection(414, f"the request target is longer than {TARGET_LIMIT} bytes")
    if len(head) > HEAD_LIMIT:
        return Objection(431, f"the request head is longer than {HEAD_LIMIT} bytes")
    if head.count(b"\n") > MOST_FIELDS + 1:  # and the request line
        return Objection(431, f"the request has more than {MOST_FIELDS} headers")
    return None


def _mangled(head: bytes) -> Objection | None:
    ends = head.count(b"\r\n")
    if head.count(b"\n") != ends or head.count(b"\r") != ends:
        return Objection(400, "lines of a request head end with CR LF, never with one of them")
    if _FOLD.search(head):
        return Objection(400, "a header is continued on a second line (obs-fold)")
    if _CONTROL.search(head):
        return Objection(400, "a control character stands in the request head")
    return None


def _odd_line(line: bytes) -> Objection | None:
    method, _, rest = line.partition(b" ")
    target, _, version = rest.partition(b" ")
    if version not in (b"HTTP/1.1", b"HTTP/1.0"):
        return Objection(400, "only HTTP/1.1 and HTTP/1.0 are spoken here")
    # CONNECT's form is refused with this, and `*` is for OPTIONS alone (RFC 9112 3.2).
    everything = target == b"*" and method == b"OPTIONS"
    if not (target.startswith(b"/") or _ORIGIN.match(target) or everything):
        return Objection(400, "the request target is neither a path nor an address")
    return None


def _contradiction(line: bytes, fields: list[bytes]) -> Objection | None:
    """What is said twice, and bytes that Hypercorn's handshake could not read."""
    lengths, codings, hosts = [], [], 0
    for field in fields:
        name, _, value = field.partition(b":")
        name = name.lower()
        if name == b"content-length":
            lengths += value.split(b",")
        elif name == b"transfer-encoding":
            codings.append(value)
        elif name == b"host":
            hosts += 1
        elif name in _ASCII_ONLY and not value.isascii():
            return Objection(400, f"the header {name.decode()} has a byte beyond ASCII")
    if lengths and codings:
        return Objection(400, "Content-Length and Transfer-Encoding contradict each other")
    if len(lengths) > 1:
        return Objection(400, "Content-Length is said more than once")
    if codings and line.endswith(b"HTTP/1.0"):
        return Objection(400, "HTTP/1.0 knows no Transfer-Encoding")
    if hosts > 1:
        return Objection(400, "Host is said more than once")
    return None


def path_of(target: bytes) -> bytes:
    """The origin form of a request target: `http://host/a?b` becomes `/a?b` (RFC 9112 3.2.2)."""
    origin = _ORIGIN.match(target)
    path = target[origin.end() :] if origin else target
    return path if path.startswith((b"/", b"*")) else b"/" + path


class Names:
    """By which names clients may call us: `hosts` (empty: by any), and those of this machine.

    Another site's name that leads here is how its pages get past a browser's walls (DNS
    rebinding), and how its links get into ours. `bound` is what we listen on; it and the loopback
    names are always known, for no other site can have them, and whoever looks whether we are
    well from beside us uses them.
    """

    def __init__(self, hosts: Iterable[str], bound: str) -> None:
        known = frozenset(map(_host_of, hosts))
        self._known = known | {_host_of(bound), "localhost"} if known else known

    def know(self, target: bytes, host: bytes | None) -> bool:
        """Whether a request names us rightly, in its target and in its Host (None: it has none)."""
        origin = _ORIGIN.match(target)
        told = [name for name in (origin and origin[1], host) if name is not None]
        return not self._known or all(self._knows(name.decode("latin-1")) for name in told)

    def _knows(self, authority: str) -> bool:
        host = _host_of(authority)
        return host in self._known or _is_loopback(host)


def _host_of(authority: str) -> str:
    """The host of `host:port`, in one form: `[::1]:80` is `::1`, and `Here.:80` is `here`."""
    if authority.startswith("["):
        return authority[1:].partition("]")[0].lower()
    if authority.count(":") > 1:  # an IPv6 address that stands alone, as in `server.host`
        return authority.lower()
    return authority.partition(":")[0].removesuffix(".").lower()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Patience:
    """Seconds that a slow peer may still keep us waiting: waiting spends them, bytes earn them.

    A peer that stalls is given up after `full` seconds, one that drips below `LEAST_RATE` soon
    after, for its bytes earn less than they cost; a steady one never.
    """

    def __init__(self, full: float) -> None:
        self.full = full
        self.left = full  # written by the next two alone; from 0 to `full`

    def waited(self, seconds: float, moved: int) -> None:
        """Account for one wait of `seconds`, after which `moved` bytes passed."""
        self.left = max(0.0, min(self.full, self.left - seconds + moved / LEAST_RATE))

    def shrink(self, full: float) -> None:
        """Bear with the peer for at most `full` seconds from now on."""
        self.full = min(self.full, full)
        self.left = min(self.left, full)


class Pace:
    """Tells whether a websocket's client sends more frames than a page in use would."""

    def __init__(self, now: float) -> None:
        self._at = now
        self._left = BURST

    def keeps(self, now: float) -> bool:
        """Account for one frame at `now` (seconds, any steady clock); false: too many."""
        self._left = min(BURST, self._left + (now - self._at) * PACE) - 1
        self._at = now
        return self._left >= 0


# By status, what the edge itself refuses; everything else is refused by the application.
CODES = {
    414: "too_large",
    421: "unknown_host",
    429: "too_many_connections",
    431: "too_large",
    500: "internal_error",
    503: "not_ready",
}
RETRY_AFTER = 5  # seconds until a full or stopping server is worth another try
_PASSING = frozenset((http.HTTPStatus.TOO_MANY_REQUESTS, http.HTTPStatus.SERVICE_UNAVAILABLE))


def problem(status: int, why: str, **more: str) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Headers and body of an answer of the edge: a problem as of RFC 9457.

    `more` are further members: the `limit` that refused, the `incident` under which the log knows.
    """
    title = http.HTTPStatus(status).phrase
    code = CODES.get(status, "malformed_request")
    facts: dict[str, object] = {
        "type": f"/api/docs#{code}",
        "title": title,
        "status": status,
        "detail": why or title,
        "code": code,
        **more,
    }
    headers = {
        "Content-Type": "application/problem+json",
        "Content-Security-Policy": CONTENT_POLICY,
        "Cache-Control": PRIVATE,
        **SECURITY,
        "Connection": "close",
    }
    if status in _PASSING:
        facts["retry_after"] = RETRY_AFTER
        headers["Retry-After"] = str(RETRY_AFTER)
    body = json.dumps(facts).encode()
    headers["Content-Length"] = str(len(body))
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()], body


def whole_answer(status: int, why: str, **more: str) -> bytes:
    """The same with its status line, for who is refused before a conversation begins."""
    headers, body = problem(status, why, **more)
    line = f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}".encode()
    return b"\r\n".join([line, *(b"%b: %b" % pair for pair in headers), b"", body])


def leaves_of(error: BaseException) -> Iterator[BaseException]:
    """The single errors of a group, however deep, in order; of a single error, itself."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from leaves_of(inner)
    else:
        yield error


def one_line(error: BaseException) -> str:
    """Each error in `error` and the place where it was raised."""
    return "; ".join(_told(leaf) for leaf in leaves_of(error))


def _told(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{error!r}{place}"
