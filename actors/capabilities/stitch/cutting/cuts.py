"""At which rows a canvas is cut, so that no piece is too high and nothing is cut through.

Owns: the rule.
Never: sees a pixel. Pure: numbers in, rows out.

The rule. A cut at a row parts it from the row above. The first cut is looked for in a window of
rows, the next in a window below it, and so on:

- No piece is higher than `most`, and none is lower than a third of it: so the window of a cut is
  from a third of `most` to `most` below the last cut, and ends a third above the canvas's end.
- No cut lies above its even place, which is where it would be if all pieces were alike: so a
  window is never empty, and there are never more pieces than were meant.
- In its window a cut goes to the quiet rows, those that are no livelier than the quietest but for
  what no eye sees (`FLAT`): into the middle of the longest run of them, the lowest of equals. A run
  may begin above the window; then its middle is taken if that lies within, else the first row.

First this is done with as few pieces as can be. Where the cuts come out flat, that is the answer.
Else it is done again with one piece more for every ten, begun or full, which leaves wider windows;
this is the answer where its cuts together are at most half as lively.
"""

from collections.abc import Iterator, Sequence
from typing import Final

FLAT: Final = 6.0
"""What a row's activity may be without anything being there: what JPEG leaves around letters."""

_TEN: Final = 10


def cuts(activity: Sequence[float], most: int) -> tuple[int, ...]:
    """The rows at which to cut, from top to bottom; none where the canvas is one piece.

    Args:
        activity: of each row of the canvas, 0 where nothing begins, ends or stands; see `FLAT`.
        most: rows that a piece may have, at least 1.

    The cuts of a canvas are always the same. Each piece has at least a third of `most`, rounded
    down, plus one, unless the canvas itself is lower.
    """
    fewest = -(-len(activity) // most)
    few = tuple(_cuts(activity, most, fewest))
    if all(activity[row] <= FLAT for row in few):
        return few
    more = tuple(_cuts(activity, most, _more(fewest)))
    quieter = 2 * _liveliness(activity, more) <= _liveliness(activity, few)
    return more if quieter else few


def pieces(height: int, most: int) -> tuple[int, int]:
    """The fewest and the most pieces into which so many rows are cut, whatever is on them."""
    fewest = -(-height // most)
    return fewest, fewest if fewest == 1 else _more(fewest)


def _more(fewest: int) -> int:
    return fewest + -(-fewest // _TEN)


def _liveliness(activity: Sequence[float], rows: Sequence[int]) -> float:
    return sum(activity[row] for row in rows)


def _cuts(activity: Sequence[float], most: int, pieces: int) -> Iterator[int]:
    """Cuts into so many pieces, or fewer where quiet rows lie low in their windows."""
    height, last, made = len(activity), 0, 0
    least = most // 3 + 1
    while height - last > most:
        made += 1
        even = -(-made * height // pieces)
        end = min(last + most, height - least)
        last = _quietest(activity, last, min(max(last + least, even), end), end)
        yield last


def _quietest(activity: Sequence[float], last: int, first: int, end: int) -> int:
    """The middle of the longest quiet run that reaches into the rows `first` to `end`.

    Runs are seen from the last cut on; where the middle lies above `first`, that row is taken.
    """
    level = min(activity[first : end + 1]) + FLAT
    longest, middle, begin = 0, end, None
    for row in range(last, end + 2):
        quiet = row <= end and activity[row] <= level
        if quiet and begin is None:
            begin = row
        elif not quiet and begin is not None:
            if row > first and row - begin >= longest:
                longest, middle = row - begin, max(first, (begin + row - 1) // 2)
            begin = None
    return middle
