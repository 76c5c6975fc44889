"""Rows with levels, and the stretches of them that stand out.

Owns: the arithmetic that `agreement` decides with.
Never: knows what the levels are of. Pure.
"""

from collections.abc import Iterable, Iterator, Sequence

Levels = Sequence[float]
"""One for each row."""

Run = tuple[int, int]
"""A stretch of rows: its first, and the one after its last."""


def smooth(levels: Levels, reach: int) -> list[float]:
    """Each row averaged with so many to either side."""
    sums = [0.0]
    for level in levels:
        sums.append(sums[-1] + level)
    count = len(levels)
    return [
        (sums[min(count, row + reach + 1)] - sums[max(0, row - reach)])
        / (min(count, row + reach + 1) - max(0, row - reach))
        for row in range(count)
    ]


def runs(levels: Levels, least: float) -> list[Run]:
    """The stretches of rows that reach a level, each with its first row and the one after."""

    def found() -> Iterator[Run]:
        begin = None
        for row, level in enumerate((*levels, -1.0)):
            if level >= least and begin is None:
                begin = row
            elif level < least and begin is not None:
                yield begin, row
                begin = None

    return list(found())


def grown(levels: Levels, run: Run, least: float, most: float) -> Run:
    """The run with the faint rows at its ends, at most so many at each."""
    top, bottom = run
    while top > 0 and run[0] - top < most and levels[top - 1] >= least:
        top -= 1
    while bottom < len(levels) and bottom - run[1] < most and levels[bottom] >= least:
        bottom += 1
    return top, bottom


def flipped(run: Run, levels: Levels) -> Run:
    """The same rows, counted from below."""
    return len(levels) - run[1], len(levels) - run[0]


def mean(levels: Levels, run: Run) -> float:
    """Of these rows; 0 for none, rows beyond the ends are not counted."""
    rows = levels[max(0, run[0]) : max(0, run[1])]
    return sum(rows) / len(rows) if rows else 0.0


def summed(levels: Levels, runs: Iterable[Run]) -> float:
    """All levels of all of these rows."""
    return sum(sum(levels[slice(*run)]) for run in runs)
