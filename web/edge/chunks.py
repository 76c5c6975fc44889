"""The strict reading of a chunked body's framing: pure rules over its raw bytes.

Owns: what is a chunk's size, an extension, a trailer and the end of a line (RFC 9112, 7.1).
Never: keeps a body's bytes; h11 takes them apart. It is laxer: it lets a lone CR or NUL into an
extension, a space behind a size, a lone LF end the trailers, and folds them. Where a proxy in
front reads one of these in another way, the two see different requests (smuggling), so they are
refused before h11 has them.
"""

import re
from enum import Enum, auto

from web.edge.rules import HEAD_LIMIT, Objection

LINE_LIMIT = 1024  # bytes of a size with its extensions, which nobody sends
MOST = 1 << 53  # bytes of a chunk beyond which a parser somewhere may count wrongly

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?")
_TRAILER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*")


class _Part(Enum):
    SIZE = auto()
    END = auto()  # the line end behind a chunk's bytes
    TRAILER = auto()
    NOTHING = auto()  # the body is over


class Chunks:
    """Follows one chunked body as it arrives, in pieces of any size."""

    def __init__(self) -> None:
        self._part = _Part.SIZE
        self._skip = 0  # bytes of the present chunk that are still to come
        self._line = b""  # the beginning of a line that is not whole
        self._trailers = 0  # bytes of them so far

    def feed(self, data: bytes) -> Objection | None:
        """What is wrong with the framing as of `data`; what comes after the body is passed over."""
        place = 0
        while place < len(data) and self._part is not _Part.NOTHING:
            if self._skip:
                step = min(self._skip, len(data) - place)
                self._skip -= step
                place += step
                continue
            end = data.find(b"\n", place) + 1
            self._line += data[place : end or len(data)]
            if len(self._line) > (HEAD_LIMIT if self._part is _Part.TRAILER else LINE_LIMIT):
                return Objection(431, "a line of the chunked body's framing is too long")
            if not end:
                return None
            place = end
            line, self._line = self._line, b""
            if not line.endswith(b"\r\n") or not self._take(line[:-2]):
                return Objection(400, "the chunked body is not framed as RFC 9112, 7.1, says")
        return None

    def _take(self, line: bytes) -> bool:
        """Goes on to the next part; false: this line has no place here."""
        if self._part is _Part.END:
            self._part = _Part.SIZE
            return not line
        if self._part is _Part.TRAILER:
            if not line:
                self._part = _Part.NOTHING
            self._trailers += len(line) + 2
            fits = self._trailers <= HEAD_LIMIT
            return not line or (fits and _TRAILER.fullmatch(line) is not None)
        size = _SIZE.fullmatch(line)
        if size is None or int(size[1], 16) > MOST:
            return False
        self._skip = int(size[1], 16)
        self._part = _Part.END if self._skip else _Part.TRAILER
        return True
