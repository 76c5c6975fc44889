"""A band of rows that is the same share of each picture, and what is shown of the pictures then.

Owns: how a band is written, and which rows it means in a picture of any height.
Never: looks at a picture. Pure.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from actors.capabilities.stitch.geometry import Box

PERCENT: Final = r"(?:100|[0-9]{1,2}(?:\.[0-9]{1,3})?)%"
WRITTEN: Final = rf"{PERCENT}-{PERCENT}"
"""Regular expressions, of a length and of a band, in words that JSON Schema knows as well."""


@dataclass(frozen=True, slots=True)
class CaptionBand:
    """Rows from `top` up to `bottom`, as shares of a picture's height: 0 is its top, 1 its end.

    Raises:
        ValueError: they do not follow each other within a picture.
    """

    top: float
    bottom: float

    def __post_init__(self) -> None:
        if not 0 <= self.top < self.bottom <= 1:
            raise ValueError(
                f"A band from {100 * self.top:g}% to {100 * self.bottom:g}% holds no rows of a "
                "picture: both lie from 0% to 100%, and the second is the greater one."
            )

    def __str__(self) -> str:
        """As it is written."""
        return f"{100 * self.top:.1f}%-{100 * self.bottom:.1f}%"

    def rows(self, height: int) -> tuple[int, int]:
        """The first row and the one after the last, of so many: at least one, whole rows."""
        top = min(int(self.top * height), height - 1)
        return top, max(top + 1, min(height, math.ceil(self.bottom * height)))


def parsed(text: str) -> CaptionBand:
    """A band written as two percentages of the height, such as "72%-96%".

    Raises:
        ValueError: it is written otherwise, or holds no rows; the sentence tells what is accepted.
    """
    if re.fullmatch(WRITTEN, text) is None:
        raise ValueError(
            f"{text[:40]!r} is not a band: write where it begins and ends in percent of the "
            'height, such as "72%-96%".'
        )
    top, bottom = (float(edge.removesuffix("%")) / 100 for edge in text.split("-"))
    return CaptionBand(top, bottom)


WHOLE: Final = CaptionBand(0.0, 1.0)


def parts(boxes: Sequence[Box], band: CaptionBand, first: CaptionBand = WHOLE) -> tuple[Box, ...]:
    """What is shown of each picture: of the first these rows, of the others those of the band.

    `boxes` are what could be shown of each. They may differ in height: the band is the same share.
    """
    return tuple(_cut(box, band if place else first) for place, box in enumerate(boxes))


def _cut(box: Box, band: CaptionBand) -> Box:
    top, bottom = band.rows(box.height)
    return Box(box.left, box.top + top, box.width, bottom - top)
