"""How lively each row of a picture is; for child processes only.

Owns: what counts as something that a cut would go through.
Never: opens a file, decides where to cut (`cuts` does).

A row is lively by what begins or ends with it (the greatest difference to the row above) and by
what stands in it (the greatest difference of neighbours along the row); both are the greatest
rather than a mean, so that one short word in a wide row counts as much as a full line. Lengthwise
nothing is shrunk; across, columns are averaged, which spares noise and loses no letter.
"""

from array import array
from typing import Final

from PIL import Image, ImageChops

COLUMNS: Final = 128
"""To which a picture is narrowed, a power of two; a letter of a page is as wide as one of them."""


def activity(gray: Image.Image) -> "array[float]":
    """Of each row, 0 to 510, for a narrow picture of mode L, `COLUMNS` wide or less.

    The first row differs from none: a cut at a picture's edge goes through nothing of it.
    """
    width, height = gray.size
    along = _differences(gray, (0, 0, width - 1, height), (1, 0, width, height))
    down = bytes(1) + _differences(gray, (0, 0, width, height - 1), (0, 1, width, height))
    # what stands in both rows that a cut parts is cut through; what begins at it is not
    stands = (0, *map(min, along, along[1:]))
    return array("d", map(sum, zip(down, stands, strict=True)))


def _differences(
    gray: Image.Image, one: tuple[int, int, int, int], other: tuple[int, int, int, int]
) -> bytes:
    """The greatest of each row of the difference between two parts; black where they are empty."""
    if one[2] <= one[0] or one[3] <= one[1]:
        return bytes(one[3] - one[1])
    found = ImageChops.difference(gray.crop(one), gray.crop(other))
    while found.width > 1:
        half = (found.width + 1) // 2
        left = found.crop((0, 0, half, found.height))
        found = ImageChops.lighter(
            left, found.crop((found.width - half, 0, found.width, found.height))
        )
    return found.tobytes()
