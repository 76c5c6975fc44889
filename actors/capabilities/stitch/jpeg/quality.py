"""How coarsely the numbers of a JPEG are rounded, beside what a quality asks for.

Owns: the Independent JPEG Group's way from a quality to a table (libjpeg 6b, jcparam.c, which all
of Pillow's JPEGs go by), the way back, and when pictures are so much finer that copying them would
not be what was asked for. Pure: numbers in, numbers out.
Never: reads a file.
"""

from functools import cache
from typing import Final

from actors.capabilities.stitch.jpeg import tables
from actors.capabilities.stitch.jpeg.segments import Form

# ITU T.81, table K.1: steps for brightness. The order does not matter here: only sums are compared.
_USUAL: Final = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip

_QUALITIES: Final = range(1, 101)
_MIDDLE: Final = 50
_COARSEST: Final = 255

_FINER: Final = 2
"""Steps so many times finer than the asked ones are too fine. Photographs of 12 megapixels at
qualities 85, 92 and 96 took up to 1.2 times the bytes of painting within that, 1.8 times and more
beyond it."""


@cache
def steps(quality: int) -> int:
    """The sum of the table for brightness at a quality, 1 to 100: the more, the coarser."""
    scale = 5000 // quality if quality < _MIDDLE else 200 - 2 * quality
    return sum(min(_COARSEST, max(1, (usual * scale + 50) // 100)) for usual in _USUAL)


def estimated(form: Form) -> int:
    """The quality, 1 to 100, whose table for brightness is nearest to the pictures' own."""
    found = _steps_of(form)
    return min(_QUALITIES, key=lambda quality: (abs(steps(quality) - found), -quality))


def is_much_finer(form: Form, quality: int) -> bool:
    """Whether pictures copied as they are would be much larger than this quality asks for.

    Pictures that are coarser are not: no writing makes them better, or smaller at that quality.
    """
    return _FINER * _steps_of(form) < steps(quality)


def _steps_of(form: Form) -> int:
    """By the first component's table: brightness, in all forms that are known here."""
    return sum(dict(form.tables)[tables.steps(form.components[0].table)])
