"""The rules of the edge: which request heads are refused, how long a slow peer is borne with.

Owns: the reading of a request head's raw bytes before any parser sees them (what parsers smooth
over, two parsers smooth differently: that is request smuggling), the credit that bounds a slow
peer, the pace of a websocket, the words of a refusal and of a log line.
Never: touches a socket or a clock, imports Trio, Hypercorn or h11: bytes and seconds come in as
arguments, and its tests are plain calls.
"""

import dataclasses
import http
import json
import re
import traceback
from collections.abc import Iterator

HEAD_LIMIT = 16 * 1024  # bytes of a request head; h11's own default, Apache and nginx are near
TARGET_LIMIT = 8 * 1024  # bytes of a request target; RFC 9110 4.1 asks for at least 8000

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
_ORIGIN = re.compile(rb"https?://[^/?#]*", re.IGNORECASE)

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
    """Framing that is said twice, and bytes that Hypercorn's handshake could not read."""
    lengths, codings = [], []
    for field in fields:
        name, _, value = field.partition(b":")
        name = name.lower()
        if name == b"content-length":
            lengths += value.split(b",")
        elif name == b"transfer-encoding":
            codings.append(value)
        elif name in _ASCII_ONLY and not value.isascii():
            return Objection(400, f"the header {name.decode()} has a byte beyond ASCII")
    if lengths and codings:
        return Objection(400, "Content-Length and Transfer-Encoding contradict each other")
    if len(lengths) > 1:
        return Objection(400, "Content-Length is said more than once")
    if codings and line.endswith(b"HTTP/1.0"):
        return Objection(400, "HTTP/1.0 knows no Transfer-Encoding")
    return None


def path_of(target: bytes) -> bytes:
    """The origin form of a request target: `http://host/a?b` becomes `/a?b` (RFC 9112 3.2.2)."""
    origin = _ORIGIN.match(target)
    path = target[origin.end() :] if origin else target
    return path if path.startswith((b"/", b"*")) else b"/" + path


class Patience:
    """Seconds that a slow peer may still keep us waiting: waiting spends them, bytes earn them.

    A peer that stalls is given up after `full` seconds, one that drips below `LEAST_RATE` soon
    after, for its bytes earn less than they cost; a steady one never.
    """

    def __init__(self, full: float) -> None:
        self.full = full
        self.left = full  # written by `waited` alone; from 0 to `full`

    def waited(self, seconds: float, moved: int) -> None:
        """Account for one wait of `seconds`, after which `moved` bytes passed."""
        self.left = max(0.0, min(self.full, self.left - seconds + moved / LEAST_RATE))


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


# What the edge itself refuses; everything else is refused by the application.
_CODES = {414: "too_large", 431: "too_large", 500: "internal_error", 503: "not_ready"}
RETRY_AFTER = 5  # seconds until a full or stopping server is worth another try

# The same as the application's answers carry (answers.py): a browser is to make nothing of it.
_INERT = [
    (b"cache-control", b"private, no-store"),
    (b"content-security-policy", b"default-src 'none'; sandbox; frame-ancestors 'none'"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
]


def problem(status: int, why: str) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Headers and body of an answer of the edge: a problem as of RFC 9457."""
    title = http.HTTPStatus(status).phrase
    code = _CODES.get(status, "malformed_request")
    facts: dict[str, object] = {
        "type": f"/api/docs#{code}",
        "title": title,
        "status": status,
        "detail": why or title,
        "code": code,
    }
    headers = [(b"content-type", b"application/problem+json"), *_INERT, (b"connection", b"close")]
    if status == http.HTTPStatus.SERVICE_UNAVAILABLE:
        facts["retry_after"] = RETRY_AFTER
        headers.append((b"retry-after", b"%d" % RETRY_AFTER))
    body = json.dumps(facts).encode()
    headers.append((b"content-length", b"%d" % len(body)))
    return headers, body


def plain(text: str) -> str:
    """`text` as one line of printable ASCII: what a client sent cannot forge a log line."""
    return text.encode("unicode_escape").decode("ascii")


def leaves_of(error: BaseException) -> Iterator[BaseException]:
    """The single errors of a group, however deep, in order; of a single error, itself."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from leaves_of(inner)
    else:
        yield error


def one_line(error: BaseException) -> str:
    """Each error in `error` and the place where it was raised, fit for a log line."""
    return plain("; ".join(_told(leaf) for leaf in leaves_of(error)))


def _told(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{error!r}{place}"
