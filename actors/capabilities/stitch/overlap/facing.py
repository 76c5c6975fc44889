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

_INK: Final = 10
"""Levels by which a cell differs from a neighbour when something is drawn there."""

_BEYOND: Final = 8
"""Levels outside of what the other shot shows within a row: more than noise or scaling do."""

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
        self._above, self._below = _Side(above.gray), _Side(below.gray)
        self._columns = above.gray.width
        shared = min(above.rows, below.rows)
        self._even = above.rows == below.rows
        self._still = ImageChops.difference(
            self._above.rows(0, shared), self._below.rows(0, shared)
        )
        self._top = _means(self._still)
        self._bottom = self._top if self._even else _means(self._ends(shared))

    def identical(self) -> bool:
        """Whether the page did not move at all."""
        ink = ImageChops.lighter(self._above.ink, self._below.ink).histogram()[255]
        return self._even and _many(self._still) <= _IDENTICAL * ink

    def measured(self, offsets: Iterable[int]) -> list[Measured]:
        """What these offsets, at least 1 each, leave; without those that are far from the best."""
        laid = [self._laid(offset) for offset in offsets]
        laid = [one for one in laid if one.last > one.first]
        bound = min((one.roughly for one in laid), default=0.0) * _FAR + _FAR_LEVELS
        return [self._measured(one) for one in laid if one.roughly <= bound]

    def _laid(self, offset: int) -> "_Laid":
        shared = min(self._above.height - offset, self._below.height)
        difference = ImageChops.difference(
            self._above.rows(offset, offset + shared), self._below.rows(0, shared)
        )
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
        ink = ImageChops.lighter(
            _crop(self._above.ink, first + offset, last + offset),
            _crop(self._below.ink, first, last),
        )
        beyond = self._beyond(offset, first, last)
        cells = max(1, ink.histogram()[255])
        if _EXPLICABLE[0] < _many(beyond) / cells < _EXPLICABLE[1]:
            floating = self._floating(difference, offset, first, last)
            if floating is not None:
                for picture in (difference, beyond, ink):
                    picture.paste(0, None, floating)
                cells = max(1, ink.histogram()[255])
        levels = enumerate(difference.histogram(ink))
        return Finding(
            offset=offset,
            rows=difference.height - _rows(ink).count(0),
            misfit=_many(beyond) / cells,
            distance=sum(level * count for level, count in levels) / cells,
        )

    def _loose(self, header: int, footer: int) -> int:
        """How many rows of header and footer do not stay either, but for a clock's and shadow's."""
        fixed = self._top[:header] + self._bottom[len(self._bottom) - footer :]
        moving = sum(level > _MOVING for level in fixed)
        return max(0, moving - self._below.height // _CLOCK)

    def _beyond(self, offset: int, first: int, last: int) -> Image.Image:
        """How far each shot leaves what the other shows within a row, and so does the row below.

        Blur is forgiven so, and a hairline that a scaling swallowed.
        """
        above, below = self._above, self._below
        start, end = first + offset, last + offset
        upper, lower = above.rows(start, end), below.rows(first, last)
        subtract, lighter = ImageChops.subtract, ImageChops.lighter
        outside = lighter(
            lighter(
                subtract(lower, _crop(above.high, start, end)),
                subtract(_crop(above.low, start, end), lower),
            ),
            lighter(
                subtract(upper, _crop(below.high, first, last)),
                subtract(_crop(below.low, first, last), upper),
            ),
        )
        return ImageChops.darker(outside, ImageChops.offset(outside, 0, -1))

    def _floating(
        self, difference: Image.Image, offset: int, first: int, last: int
    ) -> Image.Image | None:
        """White where a button floats over the page in either shot; None where none does.

        It is what differs strongly though it is the same at its own place in both shots, over more
        rows without a gap than any writing takes. Much of that is no button.
        """
        if not self._even or difference.height < self._below.height // _BLOCKS:
            return None
        still = ImageChops.darker(
            _crop(self._still, first, last), _crop(self._still, first + offset, last + offset)
        )
        fixed = ImageChops.darker(
            difference.point(_over(_STRONG)),
            ImageChops.invert(still).point(_over(255 - _BEYOND - 1)),
        )
        step = max(4, self._below.height // _BLOCKS)
        blocks = fixed.reduce((1, step)).point(_over(254))
        if not 0 < blocks.histogram()[255] * step <= self._columns * self._below.height // 16:
            return None
        # one block around, since the button's rim fills none
        return blocks.filter(ImageFilter.MaxFilter(3)).resize(
            difference.size,
            Image.Resampling.NEAREST,
            (0, 0, difference.width, difference.height / step),
        )

    def _ends(self, shared: int) -> Image.Image:
        above, below = self._above, self._below
        return ImageChops.difference(
            above.rows(above.height - shared, above.height),
            below.rows(below.height - shared, below.height),
        )


class _Side:
    """One shot with what is derived from it."""

    def __init__(self, gray: Image.Image) -> None:
        self._gray = gray
        self.height = gray.height

    def rows(self, first: int, last: int) -> Image.Image:
        return _crop(self._gray, first, last)

    @cached_property
    def ink(self) -> Image.Image:
        """White where a cell differs from the one at its left or two rows above."""
        gray = self._gray
        beside, above = ImageChops.offset(gray, 1, 0), ImageChops.offset(gray, 0, 2)
        # what `offset` brings round from the far side is no neighbour
        beside.paste(gray.crop((0, 0, 1, gray.height)), (0, 0))
        above.paste(gray.crop((0, 0, gray.width, 2)), (0, 0))
        return ImageChops.lighter(
            ImageChops.difference(gray, beside), ImageChops.difference(gray, above)
        ).point(_over(_INK))

    @cached_property
    def low(self) -> Image.Image:
        """The darkest of each cell and the ones above and below it."""
        up, down = self._neighbours
        return ImageChops.darker(self._gray, ImageChops.darker(up, down))

    @cached_property
    def high(self) -> Image.Image:
        """The lightest of each cell and the ones above and below it."""
        up, down = self._neighbours
        return ImageChops.lighter(self._gray, ImageChops.lighter(up, down))

    @cached_property
    def _neighbours(self) -> tuple[Image.Image, Image.Image]:
        return ImageChops.offset(self._gray, 0, 1), ImageChops.offset(self._gray, 0, -1)


def _crop(image: Image.Image, first: int, last: int) -> Image.Image:
    return image.crop((0, first, image.width, last))


def _many(beyond: Image.Image) -> int:
    """How many cells differ by more than what is let pass."""
    return sum(beyond.histogram()[_BEYOND + 1 :])


def _means(difference: Image.Image) -> bytes:
    """The mean of each row, made louder: one column among many is still heard."""
    return _rows(ImageChops.add(difference, difference, 2 / _LOUD))


def _rows(image: Image.Image) -> bytes:
    """The mean of each row."""
    return image.reduce((image.width, 1)).tobytes()
