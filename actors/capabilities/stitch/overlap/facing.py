"""Lays two screenshots over each other at an offset and measures how well they agree.

For child processes only. Owns: what counts as drawn, and as different. Never: decides.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Final

from PIL import Image, ImageChops, ImageFilter

from actors.capabilities.stitch.overlap.edges import header_and_footer
from actors.capabilities.stitch.overlap.look import Look
from actors.capabilities.stitch.overlap.votes import Finding

_BEYOND: Final = 8
"""Levels outside of what the other shot shows within a row: more than noise or scaling do."""

_SAME: Final = [255 * (level <= _BEYOND) for level in range(256)]
"""A table that makes white what differs by no more than noise and scaling do."""

_STRONG: Final = 24
"""Levels that nobody takes for the same."""

_MOVING: Final = 16
"""Of a row's mean, made louder: four levels of gray, or a tenth of the row by forty."""

_BLOCKS: Final = 80
"""A floating button holds one of so many parts of a screen's height; hardly a letter does."""

_CLOCK: Final = 40
"""The part of a screen's height that a clock, and the shadow that a header throws, may take."""

_EXPLICABLE: Final = (0.004, 0.6)
"""Shares of differing cells between which it is worth to look for a button."""

_FAR: Final = 4
_FAR_LEVELS: Final = 2
"""What differs so many times as much as the best, and so many levels more, is not looked at."""

_LOUD: Final = 4
_LOUDER: Final = [min(255, _LOUD * level) for level in range(256)]

_IDENTICAL: Final = 0.002
"""Share of what is drawn that may differ between two shots of the same: a clock's digit."""


@cache
def _over(limit: int) -> list[int]:
    """A table that makes levels above the limit white, all others black."""
    return [255 * (level > limit) for level in range(256)]


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found at an offset; header, footer and overlap as in `Joint`."""

    finding: Finding
    header: int
    footer: int
    overlap: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Laid:
    """Two shots over each other, and the rows where both show the page: `first` up to `last`.

    `roughly` is by how many levels these differ in the mean.
    """

    offset: int
    first: int
    last: int
    footer: int
    difference: Image.Image
    roughly: float


class Facing:
    """Two shots of one width, for one thread.

    Rows are counted in the second shot, whose row r is the first's row r + offset.
    """

    def __init__(self, above: Look, below: Look) -> None:
        self._above, self._below = above, below
        self._columns = above.gray.width
        self._even = above.rows == below.rows
        # of pictures that differ in size, what both have is compared
        self._still = ImageChops.difference(above.gray, below.gray)
        self._top = _means(self._still)
        self._bottom = self._top if self._even else _means(self._ends())

    def identical(self) -> bool:
        """Whether the page did not move at all."""
        differing = sum(self._still.histogram()[_BEYOND + 1 :])
        cells = self._columns * self._below.rows
        if not self._even or differing > _IDENTICAL * cells:
            return False
        ink = ImageChops.add_modulo(self._above.ink, self._below.ink)
        return differing <= _IDENTICAL * (cells - ink.histogram()[0])

    def measured(self, offsets: Iterable[int]) -> list[Measured]:
        """What these offsets, at least 1 each, leave; without those that are far from the best."""
        laid = [self._laid(offset) for offset in offsets]
        laid = [one for one in laid if one.last > one.first]
        bound = min((one.roughly for one in laid), default=0.0) * _FAR + _FAR_LEVELS
        return [self._measured(one) for one in laid if one.roughly <= bound]

    def distance(self, offset: int, first: int, last: int) -> float:
        """Of these rows only: mean difference of what is drawn, in levels, with all that floats."""
        difference = ImageChops.difference(
            _crop(self._above.gray, first + offset, last + offset),
            _crop(self._below.gray, first, last),
        )
        return _mean(difference.histogram(self._ink(offset, first, last)))

    def _laid(self, offset: int) -> "_Laid":
        difference = ImageChops.difference(
            _crop(self._above.gray, offset, self._above.rows), self._below.gray
        )
        shared = difference.height
        means = _means(difference)
        header, footer = header_and_footer(means, self._top, self._bottom)
        last = shared - footer
        return _Laid(
            offset=offset,
            first=header,
            last=last,
            footer=footer,
            difference=difference,
            roughly=sum(means[header:last]) / _LOUD / max(1, last - header),
        )

    def _measured(self, laid: "_Laid") -> Measured:
        first, last = laid.first, laid.last
        finding = self._finding(laid.offset, first, last, _crop(laid.difference, first, last))
        loose = self._loose(first, laid.footer) / max(1, finding.rows)
        return Measured(
            replace(finding, misfit=finding.misfit + loose), first, laid.footer, last - first
        )

    def _finding(self, offset: int, first: int, last: int, difference: Image.Image) -> Finding:
        """Of these rows, which differ so much."""
        ink = self._ink(offset, first, last)
        beyond = self._beyond(offset, first, last)
        levels, differing = difference.histogram(ink), _whites(beyond)
        if _EXPLICABLE[0] < differing / max(1, sum(levels)) < _EXPLICABLE[1]:
            floating = self._floating(difference, offset, first, last)
            if floating is not None:
                beyond.paste(0, None, floating)
                ink.paste(0, None, floating)
                levels, differing = difference.histogram(ink), _whites(beyond)
        return Finding(
            offset=offset,
            rows=difference.height - _rows(ink).count(0),
            misfit=differing / max(1, sum(levels)),
            distance=_mean(levels),
        )

    def _ink(self, offset: int, first: int, last: int) -> Image.Image:
        """Not 0 where something is drawn in these rows of either shot."""
        return ImageChops.add_modulo(
            _crop(self._above.ink, first + offset, last + offset),
            _crop(self._below.ink, first, last),
        )

    def _loose(self, header: int, footer: int) -> int:
        """How many rows of header and footer do not stay either, but for a clock's and shadow's."""
        fixed = self._top[:header] + self._bottom[len(self._bottom) - footer :]
        moving = sum(level > _MOVING for level in fixed)
        return max(0, moving - self._below.rows // _CLOCK)

    def _beyond(self, offset: int, first: int, last: int) -> Image.Image:
        """White where a shot leaves what the other shows within a row, and one does a row below.

        Blur is forgiven so, and a hairline that a scaling swallowed.
        """
        above, below = self._above, self._below
        start, end = first + offset, last + offset
        outside = ImageChops.add_modulo(
            _outside(_crop(below.gray, first, last), above, start, end),
            _outside(_crop(above.gray, start, end), below, first, last),
        )
        return ImageChops.darker(outside, ImageChops.offset(outside, 0, -1))

    def _floating(
        self, difference: Image.Image, offset: int, first: int, last: int
    ) -> Image.Image | None:
        """White where a button floats over the page in either shot; None where none does.

        It is what differs strongly though it is the same at its own place in both shots, over more
        rows without a gap than any writing takes. Much of that is no button.
        """
        if not self._even or difference.height < self._below.rows // _BLOCKS:
            return None
        steady = ImageChops.add_modulo(
            _crop(self._steady, first, last), _crop(self._steady, first + offset, last + offset)
        )
        fixed = ImageChops.darker(difference.point(_over(_STRONG)), steady)
        step = max(4, self._below.rows // _BLOCKS)
        blocks = fixed.reduce((1, step)).point(_over(253))
        if not 0 < blocks.histogram()[255] * step <= self._columns * self._below.rows // 16:
            return None
        # one block around, since the button's rim fills none
        return blocks.filter(ImageFilter.MaxFilter(3)).resize(
            difference.size,
            Image.Resampling.NEAREST,
            (0, 0, difference.width, difference.height / step),
        )

    @cached_property
    def _steady(self) -> Image.Image:
        """White where both shots are the same at the same place."""
        return self._still.point(_SAME)

    def _ends(self) -> Image.Image:
        above, below = self._above, self._below
        shared = min(above.rows, below.rows)
        return ImageChops.difference(
            _crop(above.gray, above.rows - shared, above.rows),
            _crop(below.gray, below.rows - shared, below.rows),
        )


def _outside(gray: Image.Image, look: Look, first: int, last: int) -> Image.Image:
    """White where a shot leaves what these rows of the other show within a row."""
    away = ImageChops.difference(gray, _crop(look.middle, first, last))
    return ImageChops.subtract(away, _crop(look.reach, first, last), 1 / 255, -255 * _BEYOND)


def _crop(image: Image.Image, first: int, last: int) -> Image.Image:
    return image.crop((0, first, image.width, last))


def _mean(levels: list[int]) -> float:
    """Of a histogram."""
    return sum(level * count for level, count in enumerate(levels)) / max(1, sum(levels))


def _whites(cells: Image.Image) -> int:
    """How many are white, or nearly, all others being black: as many as the rows' means tell."""
    return sum(_rows(cells).translate(_counts(cells.width)))


@cache
def _counts(width: int) -> bytes:
    """A table of how many of so many cells, fewer than a hundred, are white by their mean."""
    return bytes(round(mean * width / 255) for mean in range(256))


def _means(difference: Image.Image) -> bytes:
    """The mean of each row, made louder: one column among many is still heard."""
    return _rows(difference.point(_LOUDER))


def _rows(image: Image.Image) -> bytes:
    """The mean of each row."""
    return image.reduce((image.width, 1)).tobytes()
