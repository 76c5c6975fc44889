"""What makes the filtered rows of one PNG good rows in the middle of another.

Owns: the arithmetic of filters (PNG specification, section 9). Pure: bytes in, bytes out.
Never: sees a file, or a row but the first of a picture as pixels.

A filtered row depends on the row above it, and of all rows of a picture only the first is told what
that is: zeros. Put below another picture it must be written so that it depends on nothing above.
"""

from typing import Final

NONE, SUB, UP, AVERAGE, PAETH = range(5)

_FREE: Final = {NONE: NONE, SUB: SUB, UP: NONE, PAETH: SUB}
"""The filter that says of the same bytes, without the row above, what this one says below zeros.

Up adds 0. Paeth predicts from left, above and the one between: with the last two 0 it is left."""


class NotFiltered(Exception):
    """A row begins with a byte that names no filter."""


def freed(row: bytes, pixel_bytes: int) -> bytes:
    """A picture's first row, filter byte and all, as it can stand below any other row.

    Raises:
        NotFiltered: the first byte names no filter.
    """
    if row[0] == AVERAGE:
        return bytes([NONE]) + _without_average(row[1:], pixel_bytes)
    try:
        return bytes([_FREE[row[0]]]) + row[1:]
    except KeyError:
        raise NotFiltered(row[0]) from None


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


def plain(pixel: bytes, width: int, count: int) -> bytes:
    """`count` rows of one pixel, filtered: the first stands below any row, the others repeat it."""
    if not count:
        return b""
    row = bytes([NONE]) + pixel * width
    return row + (bytes([UP]) + bytes(len(row) - 1)) * (count - 1)


def _without_average(filtered: bytes, pixel_bytes: int) -> bytes:
    """The bytes of a row whose filter was Average, below zeros: half of what is left was taken."""
    raw = bytearray(filtered)
    for place in range(pixel_bytes, len(raw)):
        raw[place] = (raw[place] + raw[place - pixel_bytes] // 2) & 0xFF
    return bytes(raw)
