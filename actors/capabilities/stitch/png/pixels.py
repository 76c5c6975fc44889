"""Filters and compresses rows of pixels, several times faster than Pillow's own writer.

Owns: which filter rows get, and how they get it without a loop over bytes in Python.
Never: writes a file, or looks at more than a slice of rows at once.

Pillow tries all five filters on every row, at seven nanoseconds a byte. Of all of them one does
nearly as well for all rows of a picture: Up for photographs, None for drawn ones; which of them, a
few rows tell.
"""

from collections.abc import Iterator
from typing import Final

from PIL import Image, ImageChops

from actors.capabilities.stitch.png.deflate import Piece, deflated
from actors.capabilities.stitch.png.rows import NONE, UP

COLOURS: Final = {"L": 0, "RGB": 2, "RGBA": 6}
"""PNG's colour types of Pillow's modes."""

INDEXED: Final = 3
"""PNG's colour type of places in a palette."""

_PACKINGS: Final = {1: "P;1", 2: "P;2", 4: "P;4", 8: "P"}
"""Pillow's names of rows of places, by the bits of each."""

_SLICE: Final = 1 << 18
"""Bytes of pixels that are filtered at once: what several copies of stay in a processor's cache."""

_SAMPLED: Final = 64
"""One row of so many tells which filter does better."""


def compressed(strip: Image.Image, top: int, bottom: int) -> Piece:
    """The rows of a strip from `top` up to `bottom`; its first row looks back at none above it.

    May run in any thread, several at once.
    """
    filtering = _better(strip, top, bottom)
    return deflated(
        _filtered(strip, first, last, filtering)
        for first, last in _slices(top, bottom, _row_bytes(strip))
    )


def compressed_places(picture: Image.Image, rows: int, depth: int) -> Piece:
    """The first rows of a picture of palette places, of `depth` bits each.

    They are not filtered: places are names, of which the difference says nothing.
    """
    row = (picture.width * depth + 7) // 8
    packing = _PACKINGS[depth]
    return deflated(
        _with_filter(
            picture.crop((0, top, picture.width, bottom)).tobytes("raw", packing, row + 1),
            row + 1,
            NONE,
        )
        for top, bottom in _slices(0, rows, row)
    )


def _slices(top: int, bottom: int, row_bytes: int) -> Iterator[tuple[int, int]]:
    """The rows that are looked at together, from one up to the other."""
    step = max(1, _SLICE // row_bytes)
    return ((first, min(first + step, bottom)) for first in range(top, bottom, step))


def _row_bytes(strip: Image.Image) -> int:
    return strip.width * len(strip.getbands())


def _better(strip: Image.Image, top: int, bottom: int) -> int:
    """The filter under which some rows of the middle become smaller."""
    count = -(-(bottom - top) // _SAMPLED)
    first = max(1, (top + bottom - count) // 2)
    last = min(bottom, first + count)
    if first >= last:
        return NONE
    return min((NONE, UP), key=lambda one: deflated([_filtered(strip, first, last, one)]).size)


def _filtered(strip: Image.Image, top: int, bottom: int, filtering: int) -> bytearray:
    """Rows with their filter's byte before each; the strip's first row has None in any case."""
    stride = _row_bytes(strip) + 1
    if filtering == NONE:
        return _with_filter(_packed(strip, top, bottom, stride), stride, NONE)
    # above the strip's first row there are zeros: what is taken from it then is nothing
    zeros = b"" if top else bytes(stride)
    rows = memoryview(zeros + _packed(strip, max(0, top - 1), bottom, stride))
    size = (stride, bottom - top)
    # as gray pixels: the strip itself has a fourth byte to each of true colour
    here, above = (
        Image.frombuffer("L", size, part, "raw", "L", 0, 1)  # type: ignore[arg-type]  # a view is one
        for part in (rows[stride:], rows[:-stride])
    )
    data = _with_filter(ImageChops.subtract_modulo(here, above).tobytes(), stride, UP)
    if top == 0:
        data[0] = NONE
    return data


def _packed(strip: Image.Image, top: int, bottom: int, stride: int) -> bytes:
    """The bytes of some rows, so many each, of which the last are zeros that are not the row's."""
    part = strip.crop((0, top, strip.width, bottom))
    return part.tobytes("raw", part.mode, stride)


def _with_filter(packed: bytes, stride: int, filtering: int) -> bytearray:
    """Rows, after each of which the packer has left a byte: it is the next one's filter here."""
    data = bytearray(1)
    data += packed
    del data[-1:]
    data[::stride] = bytes([filtering]) * (len(packed) // stride)
    return data
