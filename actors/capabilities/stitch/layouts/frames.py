"""From cells with something in them to places on a canvas.

Owns: what lies around a picture (border, caption, margin, its share of the gaps), for every layout.
Never: decides where a cell lies. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from actors.capabilities.stitch.decor.room import caption_height, caption_size, seen, typical
from actors.capabilities.stitch.geometry import Box, Size
from actors.capabilities.stitch.layouts.arrangement import (
    Align,
    Arrangement,
    Item,
    Place,
    Plan,
)


@dataclass(frozen=True, slots=True)
class Content:
    """What lies in a cell: a part of a picture at a size, and room for its caption below."""

    part: Box
    size: Size
    caption: int = 0

    def outer(self, border: int) -> Size:
        """With its border and its caption."""
        return Size(self.size.width + 2 * border, self.size.height + 2 * border + self.caption)


def letters(sizes: Sequence[Size], width: int, arrangement: Arrangement) -> int:
    """The size of all captions' letters, on a canvas of this width.

    Args:
        sizes: of the pictures, or of their cells.
    """
    # captions add to it, but not much
    height = sum(size.pixels for size in sizes) // width
    typically = typical(size.width for size in sizes)
    return arrangement.caption_size or caption_size(typically, seen(width, height))


def caption_room(item: Item, width: int, size: int) -> int:
    """Rows that a picture's caption takes below it; 0 where it has none."""
    return caption_height(item.caption, width, size) if item.caption else 0


def placed(
    inner: Size,
    cells: Sequence[Box],
    contents: Sequence[Content],
    arrangement: Arrangement,
    *,
    caption_size: int,
    grounds: Sequence[Box] = (),
) -> Plan:
    """Puts each content into its cell, and a margin around all.

    Args:
        inner: the canvas without its margin, in which the cells lie.
        cells: at least as large as their contents.
        contents: as many, in the pictures' order.
        arrangement: its align, gap, margin and border count.
        caption_size: for which the contents have room.
        grounds: the cells with the empty ones beside them, for backgrounds; none: the cells.
    """
    margin, lines = arrangement.margin, _lines(cells, contents, arrangement.border)
    tiles = [_tile(inner, ground, arrangement) for ground in grounds or cells]
    places = tuple(
        _place(cell, content, arrangement, lines[cell.top, cell.bottom], tile=tile)
        for cell, content, tile in zip(cells, contents, tiles, strict=True)
    )
    canvas = Size(inner.width + 2 * margin, inner.height + 2 * margin)
    return Plan(canvas, places, caption_size)


def _lines(
    cells: Sequence[Box], contents: Sequence[Content], border: int
) -> dict[tuple[int, int], int]:
    """Of each row of cells, by its top and bottom: what captions have below the highest picture.

    There pictures without captions leave room too, so that they lie in line with the others.
    """
    highest, captions = dict[tuple[int, int], int](), dict[tuple[int, int], int]()
    for cell, content in zip(cells, contents, strict=True):
        row = (cell.top, cell.bottom)
        highest[row] = max(highest.get(row, 0), content.size.height + 2 * border)
        captions[row] = max(captions.get(row, 0), content.caption)
    return {
        (top, bottom): min(captions[top, bottom], bottom - top - high)
        for (top, bottom), high in highest.items()
    }


def _place(
    cell: Box, content: Content, arrangement: Arrangement, lines: int, *, tile: Box
) -> Place:
    margin, border = arrangement.margin, arrangement.border
    outer = content.outer(border)
    left = margin + cell.left + shift(cell.width - outer.width, arrangement.align)
    spare = cell.height - outer.height + content.caption - max(content.caption, lines)
    top = margin + cell.top + shift(spare, arrangement.align)
    extent = Box(left, top, outer.width, outer.height)
    box = Box(extent.left + border, extent.top + border, content.size.width, content.size.height)
    caption = content.caption and Box(left, box.bottom + border, outer.width, content.caption)
    return Place(
        part=content.part,
        box=box,
        extent=extent,
        tile=tile,
        caption=caption or None,
    )


def _tile(inner: Size, cell: Box, arrangement: Arrangement) -> Box:
    """A cell with half of the gaps beside it, and with the margin where it lies at an edge."""
    before, margin = arrangement.gap // 2, arrangement.margin
    after = arrangement.gap - before
    return cell.moved(margin, margin).grown(
        before if cell.left else margin,
        before if cell.top else margin,
        after if cell.right < inner.width else margin,
        after if cell.bottom < inner.height else margin,
    )


def offsets(lengths: Sequence[int], gap: int) -> list[int]:
    """Where each stretch begins when they follow each other with gaps between."""
    return list(accumulate((length + gap for length in lengths[:-1]), initial=0))


def stretch(lengths: Sequence[int], gap: int) -> int:
    """How long they are together."""
    return sum(lengths) + gap * (len(lengths) - 1)


def shared(length: int, weights: Sequence[float]) -> list[int]:
    """A length, at least as many pixels as weights, cut in proportion to these.

    The parts' sum is the length; each is at least 1.
    """
    sums = list(accumulate(weights, initial=0.0))
    edges = [round(length * part / sums[-1]) for part in sums]
    # each edge lies behind the one before, and leaves a pixel for each that follows
    spare = accumulate((edge - rank for rank, edge in enumerate(edges)), max)
    most = length - len(weights)
    return [end - begin for begin, end in pairwise(min(x, most) + n for n, x in enumerate(spare))]


def shift(spare: int, align: Align) -> int:
    """What of spare room lies before."""
    return {"start": 0, "center": spare // 2, "end": spare}[align]
