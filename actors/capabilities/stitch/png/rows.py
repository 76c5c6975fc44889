"""What makes the filtered rows of one PNG good rows in the middle of another.

Owns: the meaning of filters (PNG specification, section 9), and how a row is freed of what is above
it. Pure: bytes in, bytes out.
Never: sees a file, or what the bytes of a pixel say.

A filtered row depends on the row above it, and of all rows of a picture only the first is told what
that is: zeros. Put below another picture a row must be written so that it depends on none.
"""

import zlib
from typing import Final

from PIL import Image

NONE, SUB, UP, AVERAGE, PAETH = range(5)

_MODES: Final = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
"""Filters know of a pixel how many bytes it has: of a mode with as many, by those."""


class NotFiltered(Exception):
    """A row begins with a byte that names no filter."""


def check_filters(data: bytes, before: int, row_bytes: int) -> None:
    """Passes a stretch of rows, of which all begin with a filter's byte.

    Args:
        before: bytes of the stretch before the first row that begins in it.

    Raises:
        NotFiltered: one does not.
    """
    worst = max(data[before :: row_bytes + 1], default=NONE)
    if worst > PAETH:
        raise NotFiltered(worst)


def last_free(filters: bytes | bytearray) -> int:
    """The last of some rows that depends on none above it, by their filters; the first if none."""
    return max(0, filters.rfind(NONE), filters.rfind(SUB))


def unfiltered(rows: bytes, above: bytes, pixel_bytes: int) -> bytes:
    """The last of some whole rows, without its filter.

    Args:
        rows: with good filters; all are needed, since each may depend on the one above.
        above: the row above them, unfiltered; zeros above the first of a picture.
        pixel_bytes: 1 to 4.
    """
    mode, width = _MODES[pixel_bytes], len(above) // pixel_bytes
    count = len(rows) // (len(above) + 1)
    # Pillow's decoder undoes filters as quickly as anything; what is not compressed it takes too
    stored = zlib.compress(bytes([NONE]) + above + rows, 0)
    image = Image.frombytes(mode, (width, count + 1), stored, "zip", mode)
    return image.crop((0, count, width, count + 1)).tobytes()


def plain(pixel: bytes, width: int, count: int) -> bytes:
    """`count` rows of one pixel, filtered: the first stands below any row, the others repeat it."""
    if not count:
        return b""
    row = bytes([NONE]) + pixel * width
    return row + (bytes([UP]) + bytes(len(row) - 1)) * (count - 1)
