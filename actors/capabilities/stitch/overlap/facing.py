"""Lays two screenshots over each other at an offset and measures how well they agree.

For child processes only. Owns: what counts as drawn, and as different. Never: decides.
"""

from dataclasses import dataclass
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

_BLOCKS: Final = 40
"""A floating button is at least two of so many parts of a screen high; no letter is one."""

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
        differing = sum(self._still.histogram()[_BEYOND + 1 :])
        return self._even and differing <= _IDENTICAL * ink

    def at(self, offset: int) -> Measured:
        """Measures the overlap that this offset, at least 1, leaves."""
        shared = min(self._above.height - offset, self._below.height)
        difference = ImageChops.difference(
            self._above.rows(offset, offset + shared), self._below.rows(0, shared)
        )
        # rows of the first that nothing of the second reaches have their place at its bottom
        header, footer = header_and_footer(_means(difference), self._top, self._bottom)
        first, last = header, shared - footer
        if first >= last:
            return Measured(Finding(offset=offset, rows=0, misfit=1, distance=255), 0, 0, 0)
        body = difference.crop((0, first, self._columns, last))
        ink = ImageChops.lighter(
            _crop(self._above.ink, first + offset, last + offset),
            _crop(self._below.ink, first, last),
        )
        beyond = self._beyond(offset, first, last)
        floating = self._floating(body, offset, first, last)
        if floating is not None:
            for picture in (body, beyond, ink):
                picture.paste(0, None, floating)
        cells = max(1, ink.histogram()[255])
        finding = Finding(
            offset=offset,
            rows=sum(ink.getprojection()[1]),
            misfit=sum(beyond.histogram()[_BEYOND + 1 :]) / cells,
            distance=sum(level * count for level, count in enumerate(body.histogram())) / cells,
        )
        return Measured(finding, header, footer, last - first)

    def _beyond(self, offset: int, first: int, last: int) -> Image.Image:
        """How far each shot leaves what the other shows within a row; blur is forgiven so."""
        above, below = self._above, self._below
        start, end = first + offset, last + offset
        upper, lower = above.rows(start, end), below.rows(first, last)
        subtract, lighter = ImageChops.subtract, ImageChops.lighter
        return lighter(
            lighter(
                subtract(lower, _crop(above.high, start, end)),
                subtract(_crop(above.low, start, end), lower),
            ),
            lighter(
                subtract(upper, _crop(below.high, first, last)),
                subtract(_crop(below.low, first, last), upper),
            ),
        )

    def _floating(
        self, body: Image.Image, offset: int, first: int, last: int
    ) -> Image.Image | None:
        """White where a button floats over the page in either shot; None where none does.

        It is what differs strongly though it is the same at its own place in both shots, over more
        rows without a gap than any writing takes. Much of that is no button.
        """
        if not self._even:
            return None
        still = ImageChops.darker(
            _crop(self._still, first, last), _crop(self._still, first + offset, last + offset)
        )
        fixed = ImageChops.darker(
            body.point(_over(_STRONG)), ImageChops.invert(still).point(_over(255 - _BEYOND - 1))
        )
        step = max(4, self._below.height // _BLOCKS)
        blocks = fixed.reduce((1, step)).point(_over(254))
        if not 0 < blocks.histogram()[255] * step <= self._columns * self._below.height // 16:
            return None
        # one block around, since the button's rim fills none
        return blocks.filter(ImageFilter.MaxFilter(3)).resize(
            body.size, Image.Resampling.NEAREST, (0, 0, body.width, body.height / step)
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


def _means(difference: Image.Image) -> bytes:
    """The mean of each row, four times as loud: one column among many is still heard."""
    loud = ImageChops.add(difference, difference, 0.5)
    return loud.reduce((difference.width, 1)).tobytes()
