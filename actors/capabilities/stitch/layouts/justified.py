"""Rows of pictures that fill a width, each as high as it then has to be: a collage.

Owns: which pictures share a row.
Never: knows borders or margins beyond the room they take. Pure.

The rows are broken where their heights differ least from the wanted one, as paragraphs are broken
into lines (Knuth and Plass, 1981): found for each beginning of the sequence from those of shorter
ones. The last row counts like the others, so that it is filled too wherever that looks well, and
what is large stands above what is small.
"""

import math
from collections.abc import Sequence
from itertools import chain, pairwise
from typing import Final

from actors.capabilities.stitch.geometry import Box, Size
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
    shift,
    stretch,
)

_LEAST: Final = 8
"""Pixels of width in which something can still be seen."""

_LOWEST: Final = 4
"""A row is broken before it becomes lower than the wanted height by this."""

_HIGHEST: Final = 1.5
"""The last row fills the width unless that makes it higher than the wanted height by this."""

_LEAN: Final = 0.1
"""By this share of the wanted height less is aimed at below than above: of two ways that are alike
the one is taken that begins with its larger pictures."""


def justified(items: Sequence[Item], arrangement: Arrangement) -> Plan:
    """Lays out at least one picture; the canvas has the width asked for.

    Every row fills it, but for a last one that would be blown up: that has the mean height of the
    others, and lies as `align` says.

    Raises:
        LayoutMistake: the margin, the gaps or the borders leave no room.
    """
    width = (arrangement.width or WIDTH) - 2 * arrangement.margin
    if width < _LEAST + 2 * arrangement.border:
        raise LayoutMistake(
            "width",
            f"A width of {arrangement.width or WIDTH} pixels with a margin of "
            f"{arrangement.margin} and a border of {arrangement.border} leaves no room for "
            "pictures: ask for more width, or less of the others.",
        )
    shapes = [item.part.width / item.part.height for item in items]
    wanted = arrangement.row_height or max(1, round(width / math.sqrt(sum(shapes))))
    breaks = _breaks(shapes, width, wanted, arrangement)
    heights = _heights(shapes, breaks, width, wanted, arrangement)
    sizes = [
        _row(shapes[first:end], width, high, arrangement)
        for (first, end), high in zip(breaks, heights, strict=True)
    ]
    letter = letters([size for row in sizes for size in row], width, arrangement)
    contents = [
        Content(item.part, size, caption_room(item, size.width, letter))
        for item, size in zip(items, chain.from_iterable(sizes), strict=True)
    ]
    cells, grounds, top = list[Box](), list[Box](), 0
    for first, end in breaks:
        row = _cells(contents[first:end], width, top, arrangement)
        cells += row
        grounds += _to_the_edges(row, width)
        top = row[0].bottom + arrangement.gap
    inner = Size(width, top - arrangement.gap)
    return placed(inner, cells, contents, arrangement, caption_size=letter, grounds=grounds)


def _cells(row: Sequence[Content], width: int, top: int, arrangement: Arrangement) -> list[Box]:
    """Of one row, as high as its highest picture, from `top` down."""
    outers = [content.outer(arrangement.border) for content in row]
    height = max(outer.height for outer in outers)
    widths = [outer.width for outer in outers]
    spare = shift(width - stretch(widths, arrangement.gap), arrangement.align)
    lefts = offsets(widths, arrangement.gap)
    return [
        Box(left + spare, top, length, height) for left, length in zip(lefts, widths, strict=True)
    ]


def _to_the_edges(row: Sequence[Box], width: int) -> list[Box]:
    """The cells of a row that may not be filled, the outer ones as wide as if it were."""
    wide = list(row)
    wide[0] = wide[0].grown(wide[0].left, 0, 0, 0)
    wide[-1] = wide[-1].grown(0, 0, width - wide[-1].right, 0)
    return wide


def _room(count: int, width: int, arrangement: Arrangement) -> int:
    """What of a row's width is left to so many pictures."""
    return width - arrangement.gap * (count - 1) - 2 * arrangement.border * count


def _breaks(
    shapes: Sequence[float], width: int, wanted: int, arrangement: Arrangement
) -> list[tuple[int, int]]:
    """First and end of each row."""
    count = len(shapes)
    rooms = [_room(length, width, arrangement) for length in range(count + 1)]
    # a row of one is always possible; of several each has a pixel of width at least
    longest = max(1, sum(room >= length for length, room in enumerate(rooms)) - 1)
    rooms = [max(1, room) for room in rooms]
    best, begins = [0.0], [0]
    for end in range(1, count + 1):
        least, begin, breadth = math.inf, end - 1, 0.0
        aim = _aim(wanted, end / count)
        for first in range(end - 1, max(0, end - longest) - 1, -1):
            breadth += shapes[first]
            ratio = rooms[end - first] / breadth / aim
            # as bad when it is twice as high as when it is half as high
            cost = ratio + 1 / ratio - 2
            if ratio > _HIGHEST and end == count:
                cost = 1 - 1 / ratio  # it is not filled: its empty share
            # one more makes the row lower still, and what is too low ever worse by itself
            if ratio < 1 and (cost >= least or (ratio * _LOWEST < 1 and first < end - 1)):
                break
            if best[first] + cost < least:
                least, begin = best[first] + cost, first
        best.append(least)
        begins.append(begin)
    edges = [count]
    while edges[-1]:
        edges.append(begins[edges[-1]])
    return list(pairwise(reversed(edges)))


def _aim(wanted: int, down: float) -> float:
    """The height that suits a row which ends after this share of the pictures."""
    return wanted * (1 + _LEAN * (0.5 - down))


def _heights(
    shapes: Sequence[float],
    breaks: Sequence[tuple[int, int]],
    width: int,
    wanted: int,
    arrangement: Arrangement,
) -> list[float]:
    """Of the rows: as they fill the width, but the last one's where that would blow it up."""
    filled = [
        max(end - first, _room(end - first, width, arrangement)) / sum(shapes[first:end])
        for first, end in breaks
    ]
    *others, last = filled
    if last > _HIGHEST * _aim(wanted, 1):
        last = min(last, sum(others) / len(others) if others else wanted)
    return [*others, last]


def _row(shapes: Sequence[float], width: int, high: float, arrangement: Arrangement) -> list[Size]:
    """The pictures of one row, all of one height: they fill the width if they are so high then."""
    room = max(len(shapes), _room(len(shapes), width, arrangement))
    height, breadth = max(1, round(high)), sum(shapes)
    filled = room / breadth <= high
    taken = room if filled else max(len(shapes), round(height * breadth))
    return [Size(length, height) for length in shared(min(taken, room), shapes)]
