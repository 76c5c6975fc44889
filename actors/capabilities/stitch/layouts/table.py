"""Pictures below each other, beside each other, and in a grid.

Owns: the one rule of these three.
Never: knows borders or margins beyond the size they give a picture (`frames` does). Pure.

The pictures fill a table: one column for `vertical`, one row for `horizontal`. Each is first
scaled, in proportion, to the bound that `fit` gives; then a column is as wide as its widest
picture, a row as high as its highest, and `gap` lies between.
"""

import math
from collections.abc import Iterable, Sequence

from actors.capabilities.stitch.geometry import Box, Size, covering, within
from actors.capabilities.stitch.layouts.arrangement import (
    Arrangement,
    Fit,
    Item,
    LayoutMistake,
    Plan,
)
from actors.capabilities.stitch.layouts.frames import (
    Content,
    caption_room,
    letters,
    offsets,
    placed,
    stretch,
)


def table(items: Sequence[Item], arrangement: Arrangement) -> Plan:
    """Lays out at least one picture.

    Without margin, the extents touch all four sides of the canvas. A smaller `fit` in pixels never
    gives a larger canvas.

    Raises:
        LayoutMistake: the grid has too few cells.
    """
    shown, spots = _shown(items, arrangement), _spots(len(items), arrangement)
    widths = [0] * (1 + max(column for _, column in spots))
    for (_, column), (_, size) in zip(spots, shown, strict=True):
        widths[column] = max(widths[column], size.width + 2 * arrangement.border)
    width = stretch(widths, arrangement.gap)
    letter = letters([size for _, size in shown], width, arrangement)
    contents = [
        Content(part, size, caption_room(item, size.width, letter))
        for item, (part, size) in zip(items, shown, strict=True)
    ]
    heights = [0] * (1 + max(row for row, _ in spots))
    for (row, _), content in zip(spots, contents, strict=True):
        heights[row] = max(heights[row], content.outer(arrangement.border).height)
    lefts, tops = offsets(widths, arrangement.gap), offsets(heights, arrangement.gap)
    cells = [Box(lefts[column], tops[row], widths[column], heights[row]) for row, column in spots]
    inner = Size(width, stretch(heights, arrangement.gap))
    # the last picture has the room of those that are missing behind it
    grounds = [
        *cells[:-1],
        cells[-1].grown(0, 0, 0, inner.height - cells[-1].bottom)
        if arrangement.flow == "column"
        else cells[-1].grown(0, 0, inner.width - cells[-1].right, 0),
    ]
    return placed(inner, cells, contents, arrangement, caption_size=letter, grounds=grounds)


def _shown(items: Sequence[Item], arrangement: Arrangement) -> list[tuple[Box, Size]]:
    """What of each picture is shown, and at which size."""
    natural = [item.part.size.times(arrangement.scale, 100) for item in items]
    width, height = _bound(natural, arrangement)
    found = []
    for item, size in zip(items, natural, strict=True):
        if arrangement.scaling == "cover" and width and height:
            scaled = Size(width, height)
            part = covering(item.part, scaled, arrangement.gravity)
        else:
            # from the part itself: a size in scale is rounded, and has lost some of its shape
            part, bound = item.part, width is not None or height is not None
            scaled = within(part.size, width, height) if bound else size
        found.append((part, scaled))
    return found


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


def _spots(count: int, arrangement: Arrangement) -> list[tuple[int, int]]:
    """Row and column of the first picture, the second, and so on."""
    if arrangement.layout == "vertical":
        return [(place, 0) for place in range(count)]
    if arrangement.layout == "horizontal":
        return [(0, place) for place in range(count)]
    columns, rows = _shape(count, arrangement)
    if arrangement.flow == "row":
        return [divmod(place, columns) for place in range(count)]
    return [(place % rows, place // rows) for place in range(count)]


def _shape(count: int, arrangement: Arrangement) -> tuple[int, int]:
    """Columns and rows of a grid, none of which is empty."""
    columns, rows = arrangement.columns, arrangement.rows
    if columns and rows and columns * rows < count:
        raise LayoutMistake(
            "rows",
            f"{columns} columns and {rows} rows have {columns * rows} cells, and these are "
            f"{count} pictures. Leave rows or columns out, or ask for more of them.",
        )
    if not columns:
        columns = math.ceil(count / rows) if rows else math.isqrt(count - 1) + 1
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    # filled column by column, the last columns may stay empty: nothing would lie there
    return (math.ceil(count / rows) if arrangement.flow == "column" else columns), rows
