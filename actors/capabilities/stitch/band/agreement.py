"""From the strokes in each row of several stills to the band that holds their captions.

Owns: the decision, and the words for why there is none.
Never: sees a pixel. Pure: levels of rows in, a band out.

Captions lie in the same rows of most stills, one or two lines, in the middle, with calm rows above
and below; what else has strokes (a meadow, windows at night) has them from side to side, in rows
that differ from still to still, or all over. So the strokes at the sides are taken from those in
the middle; the line is sought where most stills agree; then further lines beside it are taken in,
also where one still alone has them, if nothing else in that still looks like writing.

The numbers were chosen on 270 generated films (`tests/films.py`) and tried on others; each may be
moved by a fifth without a change that matters.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

ROWS: Final = 480
"""Rows that a whole still is scaled to: writing then has strokes of one to four pixels."""

FIRST: Final = 192
"""The first row that is looked at; captions lie below."""

_LOWER: Final = 298
"""The middle of a caption's main line is never above this row, 62 % of the height."""

_MOST: Final = 0.5
"""The share of the stills that have to agree: some have no caption, or a hardly legible one."""

_FEW: Final = 2
"""Fewer stills than this can agree with nobody."""

_SIDES: Final = 1.5
_SIDES_REACH: Final = 20
"""How much the strokes at the sides count against the middle's, averaged over so many rows."""

_SMOOTH: Final = 2
"""Rows to either side that a row is averaged with: a line of writing has gaps in its rows."""

_WRITING: Final = 0.05
_WRITING_ALONE: Final = 0.035
"""The share of pixels that are strokes, from which on a row may hold writing: where most stills
agree, and beside that in one still."""

_STRONG: Final = 0.4
_FAINT: Final = 0.12
"""Of the strongest row, or of the line's: what belongs to a line, and to the faint ends of its
letters."""

_TRACE: Final = 0.1
"""Of the main line's strokes: a still with less has no caption there, so none beside it either."""

_LEAST_LINE: Final = 9
_MOST_LINE: Final = 75
_USUAL_LINE: Final = 45
"""Rows of a line; over a bright ground two lines may look like one, which counts as the usual."""

_MOST_BAND: Final = 130
"""Rows of a band; no line is added to a higher one."""

_GAP: Final = 0.9
_HEIGHTS: Final = (0.25, 1.9)
_AWAY: Final = (2.2, 6.0)
"""Of a line: the most that lies between two, what a second may add, and from where to where rows
are too far from the band to be of it, and tell how restless a still is."""

_LONELY: Final = 0.5
"""Rows that most stills share but that lie elsewhere have less strokes than this, of the band's."""

_CALM: Final = 0.3
_BUSY: Final = 0.4
"""Of a line's strokes: what rows beside it may have in one still, and where stills agree."""

_PAD: Final = 0.25
"""Of a line, what is added above and below: for the letters that only one still has."""


@dataclass(frozen=True, slots=True)
class Strokes:
    """How much of each row of one still is strokes, from row `FIRST` down; levels of 0 to 255.

    `middle` is of its middle columns, where each caption is; `sides` of those at both edges.
    """

    middle: Sequence[int]
    sides: Sequence[int]


@dataclass(frozen=True, slots=True)
class Agreed:
    """A band as shares of the height, and how sure it is, 0 to 1."""

    top: float
    bottom: float
    confidence: float


class NoAgreement(Exception):
    """No band is sure; its text says why, in words for people."""


_Levels = Sequence[float]
_Run = tuple[int, int]


def agreed(stills: Sequence[Strokes]) -> Agreed:
    """The band that holds the captions of these stills.

    Raises:
        NoAgreement: there are none, they lie at different heights, or too much else looks alike.
    """
    if len(stills) < _FEW:
        raise NoAgreement("one picture alone does not show where captions are")
    levels = [_written(still) for still in stills]
    common = _common(levels)
    runs = _runs(common, max(_WRITING, _STRONG * max(common)))
    main = _main(common, runs)
    line = _grown(common, main, _mean(common, main), (main[1] - main[0]) / 2)
    height = line[1] - line[0]
    if not _LEAST_LINE <= height <= _MOST_LINE:
        raise NoAgreement("what the pictures share is no line of writing")
    height = min(height, _USUAL_LINE)
    strength = _mean(common, main)
    band = _with_neighbours(line, height, strength, common, levels)
    unrest = _unrest(common, runs, band, height) / strength
    confidence = _agreeing(levels, main, strength) * (1 - min(1.0, unrest))
    pad = _PAD * height
    return Agreed(
        top=max(0.0, (FIRST + band[0] - pad) / ROWS),
        bottom=min(1.0, (FIRST + band[1] + pad) / ROWS),
        confidence=round(confidence, 3),
    )


def _written(still: Strokes) -> list[float]:
    """How much each row looks like writing in the middle, 0 to 1."""
    sides = _smooth(still.sides, _SIDES_REACH)
    levels = [
        max(0.0, middle - _SIDES * side) / 255
        for middle, side in zip(still.middle, sides, strict=True)
    ]
    return _smooth(levels, _SMOOTH)


def _common(levels: Sequence[_Levels]) -> list[float]:
    """For each row the level that most of the stills reach."""
    least = max(_FEW, math.ceil(_MOST * len(levels)))
    return [sorted(row, reverse=True)[least - 1] for row in zip(*levels, strict=True)]


def _main(common: _Levels, runs: Iterable[_Run]) -> _Run:
    """The run of rows with the most strokes in the lower part."""
    lower = [run for run in runs if FIRST + (run[0] + run[1]) / 2 >= _LOWER]
    if not lower:
        raise NoAgreement(
            "no rows in the lower part hold writing in most of the pictures: there are no "
            "captions, or they lie at different heights"
        )
    return max(lower, key=lambda run: sum(common[slice(*run)]))


def _with_neighbours(
    line: _Run, height: int, strength: float, common: _Levels, levels: Sequence[_Levels]
) -> _Run:
    """The line with those above and below it, in most stills or in one; at most two each way."""
    band = line
    for _ in range(2):
        tops, bottoms = [band[0]], [band[1]]
        for still in (common, *levels):
            own = _mean(still, band)
            if own < _TRACE * strength:
                continue
            unrest = 0.0 if still is common else _unrest_of(still, band, height)
            for run in _runs(still, max(_WRITING_ALONE, _STRONG * own)):
                if unrest > _CALM * _mean(still, run):
                    continue
                top, bottom = _grown(still, run, own, _CALM * height)
                if _lies_above(still, run, band, height):
                    tops.append(top)
                if _lies_above(still[::-1], _flipped(run, still), _flipped(band, still), height):
                    bottoms.append(bottom)
        wider = min(tops), max(bottoms)
        if wider == band or wider[1] - wider[0] > _MOST_BAND:
            break
        band = wider
    return band


def _lies_above(still: _Levels, run: _Run, band: _Run, height: int) -> bool:
    """Whether a run is, or begins with, a line of writing next above the band, and calm above."""
    least, most = (share * height for share in _HEIGHTS)
    calm = int(run[0] - 0.8 * height), int(run[0] - 0.2 * height)
    return (
        1 < run[0] < band[0]
        and band[0] - run[1] <= _GAP * height
        and least <= band[0] - run[0] <= most
        and _mean(still, calm) <= _CALM * _mean(still, run)
    )


def _unrest_of(still: _Levels, band: _Run, height: int) -> float:
    """The level that few rows reach of those further from the band than a second line."""
    away, far = (int(share * height) for share in _AWAY)
    above, below = band[0] - away, band[1] + away
    rest = sorted((*still[max(0, band[0] - far) : max(0, above)], *still[below : band[1] + far]))
    return rest[int(0.85 * (len(rest) - 1))] if rest else 0.0


def _unrest(common: _Levels, runs: Sequence[_Run], band: _Run, height: int) -> float:
    """The level of the rows above or below the band, the greater one.

    Raises:
        NoAgreement: the band is no different from what is around it, or not the only one.
    """
    if band[1] >= len(common) - 1:
        raise NoAgreement("what the pictures share reaches their lower edge, as no caption does")
    near, far = int(0.2 * height), int(1.4 * height)
    unrest = max(
        _mean(common, (band[0] - far, band[0] - near)),
        _mean(common, (band[1] + near, band[1] + far)),
    )
    inside = [run for run in runs if band[0] < run[1] and run[0] < band[1]]
    outside = [run for run in runs if run not in inside]
    if unrest > _BUSY * _mean(common, band) or _sum(common, outside) > _LONELY * _sum(
        common, inside
    ):
        raise NoAgreement("too much in the lower part of the pictures looks like writing")
    return unrest


def _agreeing(levels: Sequence[_Levels], main: _Run, strength: float) -> float:
    """The share of the stills that have strokes in the main line."""
    found = sum(_mean(still, main) >= _CALM * strength for still in levels)
    return found / len(levels)


# --- rows and runs ------------------------------------------------------------------------------


def _smooth(levels: _Levels, reach: int) -> list[float]:
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


def _runs(levels: _Levels, least: float) -> list[_Run]:
    """The stretches of rows that reach a level, each with its first row and the one after."""

    def found() -> Iterator[_Run]:
        begin = None
        for row, level in enumerate((*levels, -1.0)):
            if level >= least and begin is None:
                begin = row
            elif level < least and begin is not None:
                yield begin, row
                begin = None

    return list(found())


def _grown(levels: _Levels, run: _Run, strength: float, most: float) -> _Run:
    """The run with the faint rows at its ends, at most so many at each."""
    top, bottom = run
    while top > 0 and run[0] - top < most and levels[top - 1] >= _FAINT * strength:
        top -= 1
    while bottom < len(levels) and bottom - run[1] < most and levels[bottom] >= _FAINT * strength:
        bottom += 1
    return top, bottom


def _flipped(run: _Run, levels: _Levels) -> _Run:
    """The same rows, counted from below."""
    return len(levels) - run[1], len(levels) - run[0]


def _mean(levels: _Levels, run: _Run) -> float:
    """0 for no rows."""
    rows = levels[max(0, run[0]) : max(0, run[1])]
    return sum(rows) / len(rows) if rows else 0.0


def _sum(levels: _Levels, runs: Iterable[_Run]) -> float:
    return sum(sum(levels[slice(*run)]) for run in runs)
