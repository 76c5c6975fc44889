"""Where the page ends and what lies fixed over it begins: header and footer. Pure.

Owns: the split of rows into those that moved and those that stayed.
Never: sees a picture: how much rows differ comes as one byte for each.

Once an offset is supposed, each row of the overlap differs by so much from its like `offset` rows
away, and by so much from the row at its own place in the other shot. A header's rows agree with the
latter. The header ends where the sum of (moved - stayed) over the rows above is greatest: a clock
that ticks or a shadow that falls on the page costs a little, and moves that place not at all.
"""

from collections.abc import Iterable
from itertools import accumulate
from operator import sub

Rows = bytes
"""How much each row of a shot differs from another row, 0 to 255, from the top down."""


def header_and_footer(moved: Rows, top: Rows, bottom: Rows) -> tuple[int, int]:
    """How many rows at the top and at the bottom stayed; together no more than `moved` has.

    Args:
        moved: the rows where both shots lie over each other after the second moved down.
        top: the first rows of both, each at its own place, counted from the top.
        bottom: the last rows of both, each at its own place, ending at the bottom.

    Neither is more than a third of a shot.
    """
    most = min(len(moved), len(top) // 3)
    gains = _gains(moved[:most], top)
    losses = _gains(moved[::-1][:most], bottom[::-1])
    header, footer = _summit(gains), _summit(losses)
    if header + footer <= len(moved):
        return header, footer
    # A small overlap: the rows under one are among those of the other. What both together win
    # decides, for which the summit of each shorter stretch from the bottom is needed.
    summits = [0]
    for rows in range(1, most + 1):
        summits.append(rows if losses[rows] > losses[summits[-1]] else summits[-1])
    fitting = [summits[min(most, len(moved) - rows)] for rows in range(most + 1)]
    header = max(range(most + 1), key=lambda rows: gains[rows] + losses[fitting[rows]])
    return header, fitting[header]


def _gains(moved: Iterable[int], stayed: Iterable[int]) -> list[int]:
    return list(accumulate(map(sub, moved, stayed), initial=0))


def _summit(gains: list[int]) -> int:
    """The first place of the greatest."""
    return gains.index(max(gains))
