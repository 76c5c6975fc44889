"""About how many bytes a result has, told before anybody has looked at a picture.

Owns: the numbers that were measured, and what they come to.
Never: refuses anything; nobody relies on an estimate. Pure.

What is known of a picture are its bytes, its pixels and its kind. From these follows its content:
bits of a pixel that it would have as a JPEG of quality 90. What is written without loss of what was
stored without loss follows from the stored bits themselves. All constants were fitted to some 2,000
joins of photographs and screenshots, stored in 40 ways, by `tests.benchmarks.forecasts`: 89 of 100
results have between half and twice the bytes that are told.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from actors.capabilities.stitch.formats import MOST_COLOURS, Encoding
from actors.capabilities.stitch.geometry import Size
from actors.capabilities.stitch.quality import Search


@dataclass(frozen=True, slots=True)
class _Power:
    """`factor` x bits ^ `power` x shrinking ^ `shrinking`: bits of a pixel, out of other bits."""

    factor: float
    power: float
    shrinking: float = 0.0

    def of(self, bits: float, shrunk: float) -> float:
        return float(self.factor * bits**self.power * shrunk**self.shrinking)


_LOSSY_PICTURES: Final = {
    "image/jpeg": _Power(1.0, 0.45),
    "image/webp": _Power(1.22, 0.4),
    "image/avif": _Power(1.22, 0.4),
    "image/heic": _Power(1.22, 0.4),
}
"""Content, out of the stored bits. Of the same scene a coarser file has fewer, a finer one more, so
it grows by half as much."""

_LOSSLESS_PICTURE: Final = _Power(1.85, -0.2)
"""Content, as above. Text stores well without loss and badly with loss, noise the other way round;
both nearly even each other out."""

_MOST_LOST: Final = 3.0
"""Stored bits of a WebP above which it is one without loss."""

_MOST_STORED: Final = 8.0
"""Stored bits that say something of the content; beyond are noise, depth, or no compression."""

_FINER: Final = 0.42
"""What remains of a picture that is shrunk has more in each pixel: bits grow so with the shrinking
of its sides."""

_QUALITIES: Final = (5, 20, 40, 60, 75, 90, 97, 99, 100)
_CURVES: Final = {
    "jpeg": (0.13, 0.29, 0.42, 0.52, 0.68, 1.0, 1.7, 2.2, 2.7),
    "pdf": (0.13, 0.29, 0.42, 0.52, 0.68, 1.0, 1.7, 2.2, 2.7),
    "webp": (0.15, 0.2, 0.31, 0.4, 0.49, 0.77, 1.3, 1.5, 2.2),
    "avif": (0.055, 0.1, 0.23, 0.44, 0.68, 1.07, 1.45, 1.8, 2.65),
}
"""Bits that each quality makes of a content of one bit."""

_FINE: Final = 0.7
"""Where JPEGs would have no more than this share of their bytes when painted, they are too fine to
be copied: by `jpeg.quality`'s rule, of 72 pairs it was so for 62."""

_BLOCKS: Final = 0.126
"""Bits of a pixel that a JPEG has in any case; see `least`."""

# Bits without loss, by how they are written: of pictures whose content is known; of pictures stored
# without loss that lie on the canvas as they are; and of those that are scaled, whose edges blur.
_PNG: Final = (_Power(6.3, 0.75, 0.46), _Power(1.45, 0.86), _Power(3.4, 0.2, 0.65))
_TIFF: Final = (_Power(6.5, 0.6, 0.45), _Power(1.66, 0.84), _Power(4.3, 0.18, 0.5))
_WEBP: Final = (_Power(4.2, 0.6, 0.3), _Power(1.17, 0.78), _Power(2.9, 0.31))
_INDEXED: Final = (_Power(3.0, 0.66, 0.16), _Power(0.8, 0.82), _Power(1.25, 0.4, 0.4))

_MOST_KEPT: Final = 11.0
"""Stored bits that remain where no sample has more than eight, at most."""

_FEWER: Final = 1.4
"""How bits fall with those of a palette's places: half of eight makes 0.4 of them."""

_HEAD: Final = 640
"""Bytes of a file beside its pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one picture brings: its kind, its bytes, and how much of it is read and painted.

    Attributes:
        stored: all of it.
        shown: the part of it that is painted, in its own pixels.
        painted: that part, in pixels of the canvas.
        readings: how often it is read: once for each page that it reaches, about.
    """

    media_type: str
    file_size: int
    stored: Size
    shown: Size
    painted: Size
    readings: float = 1.0

    @property
    def shrunk(self) -> float:
        """How many times longer its sides were; 1 where it is as it was, turned or not."""
        return math.sqrt(self.shown.pixels / self.painted.pixels)


def size(shares: Sequence[Share], encoding: Encoding, files: int, *, copied: bool) -> int:
    """Bytes of all files of the result together.

    Args:
        files: as many as hold `max_bytes`, each.
        copied: whether the pictures are likely to be joined as they are stored.
    """
    total = _unbounded(shares, encoding)
    if copied and encoding.format == "jpeg":
        # what is coarser than asked for stays as small as it is
        total = min(total, sum(share.file_size for share in shares))
    if encoding.max_bytes is not None:
        total = min(total, files * encoding.max_bytes)
    return round(total) + (0 if encoding.max_bytes else files * _HEAD)


def searched(shares: Sequence[Share], encoding: Encoding, files: int) -> tuple[Encoding, ...]:
    """What is likely to be tried until `max_bytes` is met; all but the last are written in vain."""
    if encoding.max_bytes is None:
        return (encoding,)
    search, tried = Search(encoding.quality, encoding.max_bytes), []
    while search.quality is not None:
        tried.append(replace(encoding, quality=search.quality, max_bytes=None))
        search.tell(size(shares, tried[-1], files, copied=False) // files)
    return tuple(tried)


def none_is_finer(shares: Sequence[Share], encoding: Encoding) -> bool:
    """Whether JPEGs are likely to be stored no finer than they are asked for, or hardly."""
    return _unbounded(shares, encoding) >= _FINE * sum(share.file_size for share in shares)


def least(page: Size, encoding: Encoding) -> int:
    """Bytes that a file has at least, whatever is on it, as far as that is sure.

    A JPEG stores blocks of 16 x 16 pixels. Our tables (ITU T.81, annex K.3) have none of less than
    32 bits, of one colour throughout, and each row of them ends with a marker of two bytes.
    """
    if encoding.format not in {"jpeg", "pdf"} or encoding.progressive:
        return 0
    across, down = -(-page.width // 16), -(-page.height // 16)
    return 4 * across * down + 2 * down


def _unbounded(shares: Iterable[Share], encoding: Encoding) -> float:
    return sum(share.painted.pixels * bits(share, encoding) for share in shares) / 8


def bits(share: Share, encoding: Encoding) -> float:
    """Of a pixel in the result."""
    rows = _without_loss(encoding)
    if rows is None:
        found = _content(share) * share.shrunk**_FINER * _curve(encoding)
        return float(max(_BLOCKS, found) if encoding.format in {"jpeg", "pdf"} else found)
    of_content, as_it_is, scaled = rows
    if _lossy(share):
        found = of_content.of(_content(share), share.shrunk)
    else:
        row = as_it_is if share.shrunk == 1 else scaled
        found = row.of(min(_MOST_KEPT, _stored(share)), share.shrunk)
    return found * _palette(encoding)


def _stored(share: Share) -> float:
    """Bits of a pixel in the file."""
    return 8 * share.file_size / share.stored.pixels


def _lossy(share: Share) -> _Power | None:
    """The row of its kind, if it was stored with loss."""
    if share.media_type == "image/webp" and _stored(share) > _MOST_LOST:
        return None
    return _LOSSY_PICTURES.get(share.media_type)


def _content(share: Share) -> float:
    """Bits of a pixel as a JPEG of quality 90, as large as it is stored."""
    power, stored = _lossy(share), _stored(share)
    return power.of(stored, 1) if power else _LOSSLESS_PICTURE.of(min(_MOST_STORED, stored), 1)


def _without_loss(encoding: Encoding) -> tuple[_Power, _Power, _Power] | None:
    """The rows of the way that it is written, if that is one without loss."""
    if encoding.format == "png":
        return _PNG if encoding.colours is None else _INDEXED
    if encoding.format == "tiff":
        return _TIFF
    return _WEBP if encoding.format == "webp" and encoding.lossless else None


def _palette(encoding: Encoding) -> float:
    """What is left of the bits by how many colours there are."""
    if encoding.format != "png" or encoding.colours is None:
        return 1.0
    return float((math.log2(encoding.colours) / math.log2(MOST_COLOURS)) ** _FEWER)


def _curve(encoding: Encoding) -> float:
    """Between two measured qualities sizes grow evenly, in proportion."""
    quality = max(_QUALITIES[0], encoding.quality)
    points = zip(_QUALITIES, _CURVES[encoding.format], strict=True)
    for (low, small), (high, large) in pairwise(points):
        if quality <= high:
            return float(small * (large / small) ** ((quality - low) / (high - low)))
    return _CURVES[encoding.format][-1]
