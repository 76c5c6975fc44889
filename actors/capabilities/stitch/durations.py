"""About how many seconds a join takes on an idle machine, told before any work.

Owns: the numbers that were measured, and what they come to.
Never: refuses anything; nobody relies on an estimate. Pure.

All constants are processor seconds of one core of a common server (`tests.benchmarks.forecasts`,
some 2,000 joins of two pictures): fitted together, they tell 95 of 100 within a factor of two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from actors.capabilities.stitch import estimates
from actors.capabilities.stitch.estimates import Share
from actors.capabilities.stitch.formats import Encoding
from actors.capabilities.stitch.geometry import Size

_START: Final = 0.03
"""Until a child has begun, and after it has ended."""

# Of a million pixels: to be read, ...
_READ: Final = {
    "image/jpeg": 0.005,
    "image/png": 0.01,
    "image/webp": 0.013,
    "image/avif": 0.02,
    "image/heic": 0.05,
    "image/tiff": 0.003,
    "image/bmp": 0.003,
}
_READ_OTHER: Final = 0.01
_INFLATE: Final = 0.0012
"""Of a million bits of a PNG: deep ones, and those with alpha, have ten times as many as others."""

# ... to be scaled, where the decoder of a JPEG does a part of it, ...
_SCALE_JPEG: Final = 0.004
_SCALE: Final = 0.016

# ... and to be looked at, beside being read.
_LOOK_JPEG: Final = 0.005
_LOOK: Final = 0.01

_COPY: Final = {"png": 0.01, "jpeg": 0.001}
"""Of a million pixels that are joined as they are stored."""


@dataclass(frozen=True, slots=True)
class _Writing:
    """What it takes to write a million pixels, and a million bits beside; and whatever there is."""

    pixels: float
    bits: float = 0.0
    once: float = 0.0


_WRITE: Final = {
    "jpeg": _Writing(0.0075),
    "progressive": _Writing(0.013, 0.008),
    "pdf": _Writing(0.0075),
    "png": _Writing(0.003, 0.0018),
    "indexed": _Writing(0.04, 0.0, 0.05),
    "tiff": _Writing(0.0055, 0.0016),
    "webp": _Writing(0.038, 0.017),
    "lossless": _Writing(0.032, 0.027),
    "avif": _Writing(0.064, 0.04),
}


def seconds(
    shares: Sequence[Share],
    canvas: Size,
    encoding: Encoding,
    files: int,
    *,
    threads: int,
    looks: int = 0,
    copied: bool = False,
) -> float:
    """Of work, while nothing else is done.

    Args:
        files: that the result is cut into; all pages of a PDF are one.
        looks: how often all pictures are looked at before they are joined.
        copied: whether they are likely to be joined as they are stored.
    """
    looking = looks * sum(_looking(share) for share in shares) / threads
    if copied:
        millions = sum(share.stored.pixels for share in shares) / 1e6
        return _START * (looks + 1) + looking + millions * _COPY[encoding.format]
    reading = sum(_reading(share) for share in shares) / threads
    # what is written from top to bottom is written by several
    hands = threads if encoding.banded else 1
    work = sum(
        reading + _writing(shares, canvas, tried) / hands
        for tried in estimates.searched(shares, encoding, files)
    )
    return _START * (looks + 1) + looking + work


def _reading(share: Share) -> float:
    """Processor seconds to read a picture, and to scale it where that is to be."""
    each = _decoding(share)
    if share.shrunk != 1:
        scale = _SCALE_JPEG if share.media_type == "image/jpeg" else _SCALE
        each += share.stored.pixels * scale / 1e6
    return each * share.readings


def _looking(share: Share) -> float:
    """Processor seconds to look at a picture."""
    look = _LOOK_JPEG if share.media_type == "image/jpeg" else _LOOK
    return _decoding(share) + share.stored.pixels * look / 1e6


def _decoding(share: Share) -> float:
    inflating = _INFLATE * 8 * share.file_size if share.media_type == "image/png" else 0.0
    return (share.stored.pixels * _READ.get(share.media_type, _READ_OTHER) + inflating) / 1e6


def _writing(shares: Sequence[Share], canvas: Size, encoding: Encoding) -> float:
    """Processor seconds to write the canvas once."""
    row = _WRITE[_way(encoding)]
    made = sum(share.painted.pixels * estimates.bits(share, encoding) for share in shares)
    return row.once + (canvas.pixels * row.pixels + made * row.bits) / 1e6


def _way(encoding: Encoding) -> str:
    if encoding.format == "jpeg" and encoding.progressive:
        return "progressive"
    if encoding.format == "png" and encoding.colours is not None:
        return "indexed"
    if encoding.format == "webp" and encoding.lossless:
        return "lossless"
    return encoding.format
