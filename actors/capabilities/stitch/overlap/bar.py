"""How many columns at the right edge a scroll bar takes; for child processes only.

Owns: what a scroll bar looks like between two shots whose offset is known.
Never: finds an offset.

While the page moves up by many rows, the bar's thumb moves down by few. Where both shots show the
same rows, its columns therefore differ over a long stretch, and the columns beside them agree. If
the thumb is not among those rows, its columns still differ between the shots at its old place and
its new one, over two stretches of one length, and nowhere else.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from PIL import Image, ImageChops

from actors.capabilities.stitch.overlap.look import Look
from actors.capabilities.stitch.overlap.order import Joint

_SEEN: Final = [0] * 17 + [255] * 239
"""A table that makes white what differs by more levels than a JPEG's noise."""
_MOSTLY: Final = [0] * 128 + [255] * 128
_STEPS: Final = 200
"""Parts of a shot's height in which stretches are counted."""
_SHORTEST: Final = 4
"""Steps that a thumb takes at least: 48 of 2400 rows."""
_CLEAR: Final = 4
"""Columns at the left that must agree, else it is the page that differs."""
_GAP: Final = 3
"""Columns of a thumb that may look like the page behind it."""
_WIDEST: Final = 0.6
"""Of the columns that are looked at: 24 of a width of 1080."""


def bar(above: Look, below: Look, joint: Joint) -> int:
    """Columns at the right edge; 0 when no bar is seen. The joint has an offset."""
    if not joint.offset:
        return 0
    first, last = joint.header, joint.header + joint.overlap
    moved = _difference(above, below, joint.offset, first, last)
    bottom = min(above.rows, below.rows) - joint.footer
    stayed = _difference(above, below, 0, joint.header, bottom)
    step = max(1, below.rows // _STEPS)
    differing = [any(run >= _SHORTEST for run in runs) for runs in _runs(moved, step)]
    travelling = [_two_alike(runs) for runs in _runs(stayed, step)]
    return max(_columns(differing), _columns(travelling))


def _difference(above: Look, below: Look, offset: int, first: int, last: int) -> Image.Image:
    width = min(above.edge.width, below.edge.width)
    return ImageChops.difference(
        above.edge.crop((0, first + offset, width, last + offset)),
        below.edge.crop((0, first, width, last)),
    ).point(_SEEN)


def _runs(difference: Image.Image, step: int) -> Iterator[list[int]]:
    """For each column, how many steps each stretch of it takes in which most rows differ."""
    if not difference.width or difference.height < step:
        return
    steps = difference.reduce((1, step)).point(_MOSTLY)
    columns = steps.transpose(Image.Transpose.TRANSPOSE)
    data = columns.tobytes()
    for start in range(0, len(data), columns.width):
        column = data[start : start + columns.width]
        yield [len(list(run)) for differs, run in groupby(column) if differs]


def _two_alike(runs: list[int]) -> bool:
    """Whether they are the thumb's old place and its new one."""
    match runs:
        case [before, after]:
            return min(runs) >= _SHORTEST and abs(before - after) <= 1
        case _:
            return False


def _columns(seen: list[bool]) -> int:
    """From the first of the rightmost columns that belong together to the right edge.

    0 where none do, where they begin too far from the edge, or where the page itself differs.
    """
    if True not in seen or any(seen[:_CLEAR]):
        return 0
    first = len(seen) - 1 - seen[::-1].index(True)
    while any(seen[first - _GAP : first]):
        first -= 1
    found = len(seen) - first
    return found if found <= len(seen) * _WIDEST else 0
