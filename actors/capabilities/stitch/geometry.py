"""Where each picture lies on the canvas, and what would fit where it does not.

Owns: the one rule of all layouts, the limits of the formats, the search for a size that fits.
Never: opens a file, decodes, knows pydantic or Pillow. Pure: numbers in, numbers out.

One rule makes every layout. The pictures fill a table row by row: one column for `vertical`, one
row for `horizontal`. Each is first scaled, in proportion, to the bound that `fit` gives; then a
column is as wide as its widest picture, a row as high as its highest, and `gap` lies between.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

Layout = Literal["vertical", "horizontal", "grid"]
Fit = Literal["none", "smallest", "largest"] | int
Align = Literal["start", "center", "end"]
Format = Literal["jpeg", "png", "webp"]

SIDE_LIMITS: Final[dict[Format, int]] = {
    # libjpeg's JPEG_MAX_DIMENSION; the format's own 65535 is read by hardly anything
    "jpeg": 65_500,
    # the format allows 2^31 - 1; libpng's readers refuse more than this unless told otherwise
    "png": 1_000_000,
    # 14 bits, both lossy and lossless
    "webp": 16_383,
}


BANDED: Final[frozenset[Format]] = frozenset({"jpeg", "png"})
"""Formats that are written from top to bottom, so that nobody needs the whole canvas at once."""


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in pixels, both at least 1."""

    width: int
    height: int

    @property
    def pixels(self) -> int:
        """How many there are."""
        return self.width * self.height

    @property
    def side(self) -> int:
        """The longer side."""
        return max(self.width, self.height)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the canvas, in pixels from its upper left corner."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column that is no longer inside."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row that is no longer inside."""
        return self.top + self.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """How pictures are to lie together.

    Attributes:
        columns: of a grid; None: as many as make it about square.
        fit: `none` keeps every size; `smallest` and `largest` scale to the least or greatest width
            (vertical), height (horizontal) or both (grid) among the pictures; a number is that
            length in pixels.
        align: where a picture lies in a column or row that is larger than itself.
        gap: pixels between neighbours.
    """

    layout: Layout
    columns: int | None = None
    fit: Fit = "none"
    align: Align = "center"
    gap: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """The canvas, and the place of each picture in the order they were given."""

    canvas: Size
    boxes: tuple[Box, ...]


def plan(sizes: Sequence[Size], arrangement: Arrangement) -> Plan:
    """Lays out pictures of these sizes, at least one.

    Boxes never overlap, lie inside the canvas, touch all four of its sides, and follow the order
    of `sizes` row by row. A smaller `fit` in pixels never gives a larger canvas.
    """
    width, height = _bound(sizes, arrangement)
    scaled = [_scaled(size, width, height) for size in sizes]
    columns = _columns(len(sizes), arrangement)
    widths = [max(size.width for size in scaled[column::columns]) for column in range(columns)]
    rows = range(0, len(scaled), columns)
    heights = [max(size.height for size in scaled[row : row + columns]) for row in rows]
    lefts, tops = _offsets(widths, arrangement.gap), _offsets(heights, arrangement.gap)
    boxes = (
        Box(
            lefts[column] + _shift(widths[column] - size.width, arrangement.align),
            tops[row] + _shift(heights[row] - size.height, arrangement.align),
            size.width,
            size.height,
        )
        for size, (row, column) in zip(scaled, _cells(columns), strict=False)
    )
    return Plan(Size(lefts[-1] + widths[-1], tops[-1] + heights[-1]), tuple(boxes))


def largest_fit(
    sizes: Sequence[Size], arrangement: Arrangement, most: int, holds: Callable[[Plan], bool]
) -> tuple[int, Plan] | None:
    """The greatest `fit` in pixels, up to `most`, whose plan is held, and that plan.

    Args:
        sizes: of the pictures, as for `plan`.
        arrangement: everything but the fit.
        most: where the search begins.
        holds: whether a plan is acceptable; where it holds a larger one, it holds a smaller.

    None when not even one pixel would do: there are too many pictures, or too wide gaps.
    """

    def at(fit: int) -> Plan:
        return plan(sizes, replace(arrangement, fit=fit))

    # greatest known to be held, least known not to be; neither end is ever tried
    held, refused = 0, most + 1
    while refused - held > 1:
        middle = (held + refused) // 2
        held, refused = (middle, refused) if holds(at(middle)) else (held, middle)
    return (held, at(held)) if held else None


def _bound(sizes: Sequence[Size], arrangement: Arrangement) -> tuple[int | None, int | None]:
    """The width and the height into which each picture is scaled; None leaves a side free."""
    if arrangement.fit == "none":
        return None, None
    width = _length((size.width for size in sizes), arrangement.fit)
    height = _length((size.height for size in sizes), arrangement.fit)
    return (
        None if arrangement.layout == "horizontal" else width,
        None if arrangement.layout == "vertical" else height,
    )


def _length(lengths: Iterable[int], fit: Fit) -> int:
    if isinstance(fit, int):
        return fit
    return min(lengths) if fit == "smallest" else max(lengths)


def _scaled(size: Size, width: int | None, height: int | None) -> Size:
    """The largest size in proportion that is within the bound; a side is never less than 1."""
    fitting = []
    if width is not None:
        fitting.append(Size(width, _proportion(size.height, width, size.width)))
    if height is not None:
        fitting.append(Size(_proportion(size.width, height, size.height), height))
    # where both sides are bound, the smaller one is within both
    return min(fitting, key=lambda scaled: scaled.pixels, default=size)


def _proportion(length: int, numerator: int, denominator: int) -> int:
    """`length * numerator / denominator`, rounded half up, at least 1."""
    return max(1, (2 * length * numerator + denominator) // (2 * denominator))


def _columns(count: int, arrangement: Arrangement) -> int:
    if arrangement.layout == "vertical":
        return 1
    if arrangement.layout == "horizontal":
        return count
    return min(count, arrangement.columns or math.isqrt(count - 1) + 1)


def _cells(columns: int) -> Iterable[tuple[int, int]]:
    """Row and column of the first picture, the second, and so on."""
    return (divmod(place, columns) for place in itertools.count())


def _offsets(lengths: Sequence[int], gap: int) -> list[int]:
    """Where each stretch begins when they follow each other with gaps between."""
    return list(itertools.accumulate((length + gap for length in lengths[:-1]), initial=0))


def _shift(spare: int, align: Align) -> int:
    return {"start": 0, "center": spare // 2, "end": spare}[align]
