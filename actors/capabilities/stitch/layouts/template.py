"""Named cells of any sizes, filled with a picture each.

Owns: how a template is read, and which picture lies in which cell.
Never: knows what a picture shows. Pure.

A template is written as CSS writes `grid-template-areas` (CSS Grid Layout Level 1, 7.3): a text for
each row, with a name for each column; the places of one name form a rectangle, `.` stays empty.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from types import MappingProxyType
from typing import Final

from actors.capabilities.stitch.geometry import Box, Size, covering, within
from actors.capabilities.stitch.layouts.arrangement import (
    WIDTH,
    Arrangement,
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
    shared,
)

_EMPTY: Final = "."
_MOST_LISTED: Final = 10

Cell = tuple[int, int, int, int]
"""First row and column, and those behind the last."""


def template(items: Sequence[Item], arrangement: Arrangement) -> Plan:
    """Lays out at least one picture.

    Raises:
        LayoutMistake: the template cannot be read, or the pictures do not fit into it.
    """
    width, cells = _cells(arrangement.areas)
    columns = _weights("column_weights", arrangement.column_weights, width)
    rows = _weights("row_weights", arrangement.row_weights, len(arrangement.areas))
    canvas = _canvas(arrangement, columns, rows)
    chosen = _chosen(items, cells)
    boxes = _boxes(canvas, columns, rows, cells, arrangement.gap)
    size = letters([boxes[name].size for name in chosen], canvas.width, arrangement)
    contents = [
        _content(item, boxes[name], arrangement, size)
        for item, name in zip(items, chosen, strict=True)
    ]
    taken = [boxes[name] for name in chosen]
    return placed(canvas, taken, contents, arrangement, caption_size=size)


# One that does not fit is laid out at several scales.
@lru_cache(8)
def _cells(areas: tuple[str, ...]) -> tuple[int, Mapping[str, Cell]]:
    """How many columns there are, and the cells by name in the order they are first named."""
    names = [text.split() for text in areas]
    if not names or not names[0] or {len(row) for row in names} != {len(names[0])}:
        raise LayoutMistake(
            "areas",
            "Each row of a template names as many columns as the others, at least one, such as "
            '["a a b", "a a c"].',
        )
    found: dict[str, Cell] = {}
    for row, texts in enumerate(names):
        for column, name in enumerate(texts):
            top, left, bottom, right = found.get(name, (row, column, row, column))
            found[name] = (
                top, min(left, column), max(bottom, row + 1), max(right, column + 1),
            )  # fmt: skip
    found.pop(_EMPTY, None)
    for name, (top, left, bottom, right) in found.items():
        if any(name != other for row in names[top:bottom] for other in row[left:right]):
            raise LayoutMistake("areas", f"The places of the cell {name!r} form no rectangle.")
    if not found:
        raise LayoutMistake("areas", "A template has at least one cell that is not '.'.")
    return len(names[0]), MappingProxyType(found)


def _weights(field: str, weights: Sequence[float], count: int) -> Sequence[float]:
    if weights and len(weights) != count:
        raise LayoutMistake(
            field, f"The areas have {count} of these, and {len(weights)} weights are given."
        )
    return weights or [1.0] * count


def _canvas(arrangement: Arrangement, columns: Sequence[float], rows: Sequence[float]) -> Size:
    """The room within the margin."""
    across, along = arrangement.gap * (len(columns) - 1), arrangement.gap * (len(rows) - 1)
    margin = 2 * arrangement.margin
    width = (arrangement.width or WIDTH) - margin
    unit = max(0, width - across) / sum(columns)
    height = arrangement.height - margin if arrangement.height else along + round(unit * sum(rows))
    if width - across < len(columns):
        raise LayoutMistake("width", "Margin and gaps leave no room to the columns: ask for more.")
    if height - along < len(rows):
        raise LayoutMistake("height", "Margin and gaps leave no room to the rows: ask for more.")
    return Size(width, height)


def _boxes(
    canvas: Size,
    columns: Sequence[float],
    rows: Sequence[float],
    cells: Mapping[str, Cell],
    gap: int,
) -> dict[str, Box]:
    widths = shared(canvas.width - gap * (len(columns) - 1), columns)
    heights = shared(canvas.height - gap * (len(rows) - 1), rows)
    lefts, tops = offsets(widths, gap), offsets(heights, gap)
    return {
        name: Box(
            lefts[left],
            tops[top],
            lefts[right - 1] + widths[right - 1] - lefts[left],
            tops[bottom - 1] + heights[bottom - 1] - tops[top],
        )
        for name, (top, left, bottom, right) in cells.items()
    }


def _chosen(items: Sequence[Item], cells: Mapping[str, Cell]) -> list[str]:
    """The cell of each picture: those who ask for one first, then the others in order."""
    if len(items) > len(cells):
        raise LayoutMistake(
            "areas",
            f"The template has {len(cells)} cells, and these are {len(items)} pictures: add cells, "
            "or take pictures out.",
        )
    free = dict.fromkeys(cells)
    for item in items:
        if item.cell is None:
            continue
        if item.cell not in free:
            raise LayoutMistake(
                f"inputs/{item.number}/cell",
                f"The cell {item.cell!r} is taken or not there; the template has: "
                f"{_listed(cells)}.",
            )
        del free[item.cell]
    names = iter(free)
    return [item.cell or next(names) for item in items]


def _listed(cells: Collection[str]) -> str:
    """The first names, and how many more there are."""
    more = len(cells) - _MOST_LISTED
    return ", ".join(islice(cells, _MOST_LISTED)) + (f" and {more} more" if more > 0 else "")


def _content(item: Item, cell: Box, arrangement: Arrangement, letter: int) -> Content:
    width, high = cell.width - 2 * arrangement.border, cell.height - 2 * arrangement.border
    caption = caption_room(item, width, letter) if width > 0 else 0
    if width < 1 or high - caption < 1:
        raise LayoutMistake(
            "areas",
            f"A cell of {cell.width} x {cell.height} pixels leaves no room for a picture beside "
            "its border and caption: ask for a larger width or height.",
        )
    size = Size(width, high - caption)
    if arrangement.scaling == "cover":
        return Content(covering(item.part, size, arrangement.gravity), size, caption)
    size = within(item.part.size, width, high - caption)
    # a caption is as wide as its picture: of one that is narrower than its cell it is higher
    while caption < (needed := caption_room(item, size.width, letter)) <= high // 2:
        caption = needed
        size = within(item.part.size, width, high - caption)
    return Content(item.part, size, caption)
