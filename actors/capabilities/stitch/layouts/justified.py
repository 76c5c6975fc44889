"""Rows of pictures that fill a width, each as high as it then has to be: a collage.

Owns: which pictures share a row.
Never: knows borders or margins beyond the room they take. Pure.

The rows are broken where the sum of squared differences between their heights and the wanted one
is least, as paragraphs are broken into lines (Knuth and Plass, 1981): found for each beginning of
the sequence from those of shorter ones.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
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


def justified(items: Sequence[Item], arrangement: Arrangement) -> Plan:
    """Lays out at least one picture; the canvas has the width asked for.

    Every row but the last fills it; that one is never higher than wanted.

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
    contents, cells, top = list[Content](), list[Box](), 0
    for first, end in _breaks(shapes, width, wanted, arrangement):
        most = wanted if end == len(items) else math.inf
        row = _row(items[first:end], shapes[first:end], width, most, arrangement)
        outers = [content.outer(arrangement.border) for content in row]
        height = max(outer.height for outer in outers)
        widths = [outer.width for outer in outers]
        spare = shift(width - stretch(widths, arrangement.gap), arrangement.align)
        lefts = offsets(widths, arrangement.gap)
        cells += [
            Box(left + spare, top, length, height)
            for left, length in zip(lefts, widths, strict=True)
        ]
        contents += row
        top += height + arrangement.gap
    return placed(Size(width, top - arrangement.gap), cells, contents, arrangement)


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
    best, begins, lowest = [0.0], [0], 1 / _LOWEST - 1
    for end in range(1, count + 1):
        least, begin, breadth = math.inf, end - 1, 0.0
        for first in range(end - 1, max(0, end - longest) - 1, -1):
            breadth += shapes[first]
            off = rooms[end - first] / breadth / wanted - 1
            # one more makes the row lower still, and what is too low ever worse by itself
            if off < 0 and (off * off >= least or (off < lowest and first < end - 1)):
                break
            cost = best[first] + (0.0 if end == count and off > 0 else off * off)
            if cost < least:
                least, begin = cost, first
        best.append(least)
        begins.append(begin)
    edges = [count]
    while edges[-1]:
        edges.append(begins[edges[-1]])
    return list(pairwise(reversed(edges)))


def _row(
    items: Sequence[Item],
    shapes: Sequence[float],
    width: int,
    most: float,
    arrangement: Arrangement,
) -> list[Content]:
    """The pictures of one row, all of one height: they fill the width, unless `most` is less."""
    room = max(len(items), _room(len(items), width, arrangement))
    height = max(1, round(min(most, room / sum(shapes))))
    filled = room / sum(shapes) <= most
    taken = room if filled else max(len(items), round(height * sum(shapes)))
    widths = shared(taken, shapes)
    return [
        Content(item.part, Size(length, height), caption_room(item, length, arrangement))
        for item, length in zip(items, widths, strict=True)
    ]
