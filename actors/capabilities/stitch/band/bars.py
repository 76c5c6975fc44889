"""From the rows that are black to the bars above and below a film's picture.

Owns: the decision, and what of a band of captions is nothing but bar.
Never: sees a pixel. Pure.

A picture that is wider than the frame comes with two bars of one height, black in every still, but
for captions in the lower one. What is black in all stills at one edge alone is the scene.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from actors.capabilities.stitch.band.runs import Run

_LEAST: Final = 0.02
_MOST: Final = 0.3
"""Shares of the rows that a bar has."""

_ALIKE: Final = 0.02
"""Of all rows, by how many the two may differ: scaling, or a still that was cut by hand."""


@dataclass(frozen=True, slots=True)
class Black:
    """Which rows of one still are black: 0 where they are, from the top down.

    `whole` is of all columns, `sides` of those at both edges, which no caption reaches.
    """

    whole: bytes
    sides: bytes


@dataclass(frozen=True, slots=True)
class Framed:
    """How many rows the upper and the lower bar take, 0 where there are none, and the band.

    A row in which a bar ends is counted as the bar's: half of it may be black.
    """

    above: int
    below: int
    band: Run


def framed(stills: Sequence[Black], band: Run) -> Framed:
    """The bars of these stills, at least one, and of the band what is no empty bar."""
    rows = len(stills[0].whole)
    black = [not any(row) for row in zip(*(still.whole for still in stills), strict=True)]
    sides = [not any(row) for row in zip(*(still.sides for still in stills), strict=True)]
    inside = range(*band)
    above = _leading(black)
    below = _leading([black[row] or (row in inside and sides[row]) for row in range(rows)][::-1])
    if min(above, below) < _LEAST * rows or max(above, below) > _MOST * rows:
        return Framed(0, 0, band)
    if abs(above - below) > _ALIKE * rows:
        return Framed(0, 0, band)
    first = rows - below - 1
    empty = band[0] < first < band[1] and all(black[first + 1 :])
    return Framed(above + 1, below + 1, (band[0], first) if empty else band)


def _leading(black: Sequence[bool]) -> int:
    """How many rows are black until the first that is not."""
    return black.index(False) if False in black else len(black)
