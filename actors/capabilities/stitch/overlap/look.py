"""Reads a screenshot into the little that comparing needs; for child processes only.

Owns: how a shot becomes a narrow gray picture of all its rows, and the strip at its right edge.
Never: compares, or keeps the picture that it decoded.

Offsets are counted in rows, so that every row stays; of the columns about 45 means remain, in which
a letter's edge still shows, and which neither noise nor a JPEG's coarse squares change much.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from PIL import Image, ImageChops

from actors.capabilities.stitch.order import View
from actors.capabilities.stitch.overlap.votes import Signatures
from actors.capabilities.stitch.painting import opened
from actors.colours import plain
from actors.pictures import Picture, reading
from actors.turning import turns

_COLUMNS: Final = 45
_EDGE: Final = 27
"""Part of the width at the right edge where a scroll bar may lie: 40 of 1080 columns."""

_SEGMENT: Final = 8
_COARSE: Final = [level // 8 + 1 for level in range(256)]

_INK: Final = 10
"""Levels by which a cell differs from a neighbour when something is drawn there."""

_INKED: Final = [127 * (level > _INK) for level in range(256)]
"""A table that makes such cells gray, so that those of two shots can be added."""


@dataclass(frozen=True)
class Look:
    """What is kept of a shot, and what is derived from it: once for both that it is compared with.

    Attributes:
        gray: all rows, few columns, without the right edge; mode L.
        edge: all rows of the right edge, every column; mode L.
        width: of the shot in columns.
    """

    gray: Image.Image
    edge: Image.Image
    width: int

    @property
    def rows(self) -> int:
        """How many the shot has."""
        return self.gray.height

    @cached_property
    def signatures(self) -> Signatures:
        """Of every row, for eight columns each; the last eight may overlap those before them.

        Eight bytes make one number. Eight neighbouring grays count as one, since what a JPEG does
        to a mean of pixels is mostly less.
        """
        coarse = self.gray.point(_COARSE)
        last = coarse.width - _SEGMENT
        lefts = [*range(0, last, _SEGMENT), last] if last >= 0 else []
        return [_numbers(coarse.crop((left, 0, left + _SEGMENT, self.rows))) for left in lefts]

    @cached_property
    def ink(self) -> Image.Image:
        """Not 0 where a cell differs from the one at its left or two rows above."""
        gray = self.gray
        beside, above = ImageChops.offset(gray, 1, 0), ImageChops.offset(gray, 0, 2)
        # what `offset` brings round from the far side is no neighbour
        beside.paste(gray.crop((0, 0, 1, gray.height)), (0, 0))
        above.paste(gray.crop((0, 0, gray.width, 2)), (0, 0))
        return ImageChops.lighter(
            ImageChops.difference(gray, beside), ImageChops.difference(gray, above)
        ).point(_INKED)

    @cached_property
    def middle(self) -> Image.Image:
        """Between the darkest and the lightest of each cell and the ones above and below it."""
        return ImageChops.add(*self._extremes, 2)

    @cached_property
    def reach(self) -> Image.Image:
        """How far the lightest of them is from the middle."""
        return ImageChops.subtract_modulo(self._extremes[1], self.middle)

    @cached_property
    def _extremes(self) -> tuple[Image.Image, Image.Image]:
        """The darkest, and the lightest."""
        gray, darker, lighter = self.gray, ImageChops.darker, ImageChops.lighter
        up, down = ImageChops.offset(gray, 0, 1), ImageChops.offset(gray, 0, -1)
        return darker(gray, darker(up, down)), lighter(gray, lighter(up, down))


def look(shot: View) -> Look:
    """Reads a shot. May run in any thread, several at once.

    Raises:
        UnreadableMedia, UnsupportedMedia, TooLarge: the file is to blame.
    """
    with opened(shot) as picture:
        image = _gray(picture)
        for turn in turns(picture.orientation, shot.turn):
            image = image.transpose(turn)
    if shot.part.edges != (0, 0, *image.size):
        image = image.crop(shot.part.edges)
    width, height = image.size
    body = width - width // _EDGE
    return Look(
        gray=image.reduce((max(1, body // _COLUMNS), 1), (0, 0, body, height)),
        edge=image.crop((body, 0, width, height)),
        width=width,
    )


def _gray(picture: Picture) -> Image.Image:
    """The whole picture as it is stored, in gray, transparent pixels on white.

    A JPEG's decoder leaves the colours out, and colour profiles are ignored: they do not tell one
    row from another, and cost more than all else.
    """
    with reading(picture.media_type, picture.max_pixels):
        picture.image.draft("L", picture.image.size)
        picture.image.load()
        image = plain(picture.image)
        if image.mode not in {"LA", "RGBA"}:
            return image.convert("L")
        paper = Image.new("L", image.size, "white")
        paper.paste(image.convert("L"), None, image.getchannel("A"))
        return paper


def _numbers(segment: Image.Image) -> list[int]:
    return memoryview(segment.tobytes()).cast("Q").tolist()
