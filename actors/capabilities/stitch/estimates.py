"""About how many bytes and seconds a join takes, told before any work.

Owns: the numbers that were measured, and what they come to.
Never: refuses anything; nobody relies on an estimate. Pure.

Measured with `python -m tests.benchmarks.stitching` on two cores of a common server; good to about
a factor of two, since nobody has looked at the pictures yet.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from actors.capabilities.stitch.formats import Encoding, Format
from actors.capabilities.stitch.geometry import Size

_LOSSY: Final = frozenset({"image/jpeg", "image/webp", "image/avif", "image/heic"})

# Seconds that a million pixels take on one core: to be read, ...
_READ: Final = {"image/jpeg": 0.006, "image/png": 0.014, "image/webp": 0.02, "image/avif": 0.03}
_READ_OTHER: Final = 0.01

# ... to be scaled, and to be written.
_SCALE: Final = 0.006
_WRITE: Final[dict[Format, float]] = {
    "jpeg": 0.004,
    "png": 0.013,
    "webp": 0.12,
    "avif": 0.25,
    "tiff": 0.013,
    "pdf": 0.004,
}

_PROGRESSIVE: Final = 5.0
_CHOOSING: Final = 6.0
"""Times as long: colours of a palette are chosen, and dithered."""

_TRIES: Final = 4
"""Qualities that are tried until a size holds."""

_START: Final = 0.03
"""Seconds until a child has begun."""

# Bytes of a pixel in the result, beside those that a pixel took in a lossy picture of quality 90,
# or in a lossless one.
_FROM_LOSSY: Final[dict[Format, float]] = {
    "jpeg": 1.0,
    "pdf": 1.0,
    "webp": 0.7,
    "avif": 0.5,
    "png": 5.5,
    "tiff": 6.0,
}
_FROM_LOSSLESS: Final[dict[Format, float]] = {
    "jpeg": 0.5,
    "pdf": 0.5,
    "webp": 0.3,
    "avif": 0.2,
    "png": 1.1,
    "tiff": 1.5,
}
_MOST_BYTES: Final = 3.2
"""Of a pixel without loss: noise."""

_INDEXED: Final = 0.4
_LOSSLESS_WEBP: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one picture brings: its kind, its bytes a pixel, how much of it is read and painted.

    `readings` is how often it is read: once for each page that it reaches.
    """

    media_type: str
    bytes_per_pixel: float
    stored: Size
    painted: Size
    readings: int = 1


def seconds(shares: Iterable[Share], canvas: Size, encoding: Encoding, *, threads: int) -> float:
    """Of work on an idle machine."""
    millions = 1e-6
    work = canvas.pixels * millions * _WRITE[encoding.format] * _patience(encoding)
    for share in shares:
        read = share.stored.pixels * share.readings * millions
        work += read * _READ.get(share.media_type, _READ_OTHER)
        if share.painted != share.stored:
            work += read * _SCALE
    # only what is written from top to bottom is written by several
    tries = 1 if encoding.max_bytes is None else _TRIES
    return _START + tries * work / (threads if encoding.banded else 1)


def _patience(encoding: Encoding) -> float:
    """How much longer writing takes for what is wished besides."""
    if encoding.format == "jpeg" and encoding.progressive:
        return _PROGRESSIVE
    if encoding.format == "png" and encoding.colours is not None:
        return _CHOOSING
    return 1.0


def size(shares: Iterable[Share], encoding: Encoding, parts: int) -> int:
    """Bytes of all files of the result together, which is cut into so many parts."""
    form = encoding.format
    total = 0.0
    for share in shares:
        table = _FROM_LOSSY if share.media_type in _LOSSY else _FROM_LOSSLESS
        total += share.painted.pixels * min(_MOST_BYTES, share.bytes_per_pixel * table[form])
    total *= _factor(encoding)
    # each file is as small as wished; all pages of a pdf are one
    files = 1 if form == "pdf" else parts
    return round(min(total, files * encoding.max_bytes if encoding.max_bytes else total))


def _factor(encoding: Encoding) -> float:
    if encoding.colours is not None:
        return _INDEXED
    if encoding.lossless:
        return _LOSSLESS_WEBP
    if encoding.format in {"png", "tiff"}:
        return 1.0
    # JPEG's bytes over its quality: half at 75, twice at 97, measured on photographs
    return math.exp2((encoding.quality - 90) / (15 if encoding.quality < 90 else 7))  # noqa: PLR2004 -- see above
