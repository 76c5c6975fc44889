"""From the strokes in each row of several stills to the band that holds their captions.

Owns: the decision, and the words for why there is none.
Never: sees a pixel. Pure: levels of rows in, a band out.

Captions lie in the same rows of most stills, one or two lines, in the middle, with calm rows above
and below; what else has strokes (a meadow, windows at night) has them from side to side, in rows
that differ from still to still, or all over. So the strokes at the sides are taken from those in
the middle; the line is sought where half the stills agree; then further lines beside it are taken
in, also where one still alone has them, if nothing else in that still looks like writing.

The numbers were chosen on some hundred generated films and tried on others (`tests/films.py`,
`tests/benchmarks/bands.py`).
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from actors.capabilities.stitch.band.runs import (
    Levels,
    Run,
    flipped,
    grown,
    mean,
    runs,
    smooth,
    summed,
)

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

_WRITING: Final = 0.075
_WRITING_ALONE: Final = 0.035
"""The share of pixels that are strokes, from which on a row may hold writing: where stills
agree, and beside those in one still."""

_STRONG: Final = 0.4
_FAINT: Final = 0.12
"""Of the strongest row, or of the line's: what belongs to a line, and to the faint ends of its
letters."""

_TRACE: Final = 0.1
"""Of the main line's strokes: a still with less has no caption there, so none beside it either; and
one that has less in all lines has none at all."""

_LEAST_LINE: Final = 9
_MOST_LINE: Final = 75
_USUAL_LINE: Final = 45
"""Rows of a line; over a bright ground two lines may look like one, which counts as the usual."""

_MOST_BAND: Final = 105
"""Rows of a band; no line is added to a higher one."""

_GAP: Final = 0.9
_HEIGHTS: Final = (0.25, 2.3)
_AWAY: Final = (2.2, 6.0)
"""Of a line: the most that lies between two, what a second may add, and from where to where rows
are too far from the band to be of it, and tell how restless a still is."""

_LONELY: Final = 0.5
"""Rows that the stills share but that lie elsewhere have less strokes than this, of the band's."""

_CALM: Final = 0.3
_BUSY: Final = 0.4
"""Of a line's strokes: what rows beside it may have in one still, and where stills agree."""

_PAD: Final = 0.3
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
    """A band as shares of the height, how sure it is, 0 to 1, and which stills have nothing there.

    `wordless` are places among the stills.
    """

    top: float
    bottom: float
    confidence: float
    wordless: tuple[int, ...] = ()


class NoAgreement(Exception):
    """No band is sure; its text says why, in words for people."""


def agreed(stills: Sequence[Strokes]) -> Agreed:
    """The band that holds the captions of these stills.

    Raises:
        NoAgreement: there are none, they lie at different heights, or too much else looks alike.
    """
    if len(stills) < _FEW:
        raise NoAgreement("one picture alone does not show where captions are")
    levels = [_written(still) for still in stills]
    common = _common(levels)
    found = runs(common, max(_WRITING, _STRONG * max(common)))
    main = _main(common, found)
    strength = mean(common, main)
    line = grown(common, main, _FAINT * strength, (main[1] - main[0]) / 2)
    height = line[1] - line[0]
    if not _LEAST_LINE <= height <= _MOST_LINE:
        raise NoAgreement("what the pictures share is no line of writing")
    height = min(height, _USUAL_LINE)
    band = _with_neighbours(line, height, strength, common, levels)
    unrest = _unrest(common, found, band, height) / strength
    confidence = _agreeing(levels, main, strength) * (1 - min(1.0, unrest))
    pad = _PAD * height
    return Agreed(
        top=max(0.0, (FIRST + band[0] - pad) / ROWS),
        bottom=min(1.0, (FIRST + band[1] + pad) / ROWS),
        confidence=round(confidence, 3),
        wordless=tuple(
            place
            for place, still in enumerate(levels)
            if max(smooth(still, height // 2)[slice(*band)]) < _TRACE * strength
        ),
    )


def _written(still: Strokes) -> list[float]:
    """How much each row looks like writing in the middle, 0 to 1."""
    sides = smooth(still.sides, _SIDES_REACH)
    levels = [
        max(0.0, middle - _SIDES * side) / 255
        for middle, side in zip(still.middle, sides, strict=True)
    ]
    return smooth(levels, _SMOOTH)


def _common(levels: Sequence[Levels]) -> list[float]:
    """For each row the level that as many stills reach as have to agree."""
    least = max(_FEW, math.ceil(_MOST * len(levels)))
    return [sorted(row, reverse=True)[least - 1] for row in zip(*levels, strict=True)]


def _main(common: Levels, found: Iterable[Run]) -> Run:
    """The run of rows with the most strokes in the lower part."""
    lower = [run for run in found if FIRST + (run[0] + run[1]) / 2 >= _LOWER]
    if not lower:
        raise NoAgreement(
            "no rows in the lower part hold writing in half of the pictures: there are no "
            "captions, or they lie at different heights"
        )
    return max(lower, key=lambda run: sum(common[slice(*run)]))


def _with_neighbours(
    line: Run, height: int, strength: float, common: Levels, levels: Sequence[Levels]
) -> Run:
    """The line with those above and below it, in many stills or in one; at most two each way."""
    band = line
    for _ in range(2):
        wider = [band, *_beside(common, band, height, 0.0)]
        for still in levels:
            if mean(still, band) >= _TRACE * strength:
                wider += _beside(still, band, height, _restlessness(still, band, height))
        top, bottom = min(top for top, _ in wider), max(bottom for _, bottom in wider)
        if (top, bottom) == band or bottom - top > _MOST_BAND:
            break
        band = top, bottom
    return band


def _beside(still: Levels, band: Run, height: int, unrest: float) -> Iterator[Run]:
    """The band grown to each line of writing next to it that is far stronger than the unrest."""
    own = mean(still, band)
    for run in runs(still, max(_WRITING_ALONE, _STRONG * own)):
        if unrest > _CALM * mean(still, run):
            continue
        top, bottom = grown(still, run, _FAINT * own, _CALM * height)
        if _lies_above(still, run, band, height):
            yield top, band[1]
        if _lies_above(still[::-1], flipped(run, still), flipped(band, still), height):
            yield band[0], bottom


def _lies_above(still: Levels, run: Run, band: Run, height: int) -> bool:
    """Whether a run is, or begins with, a line of writing next above the band, and calm above."""
    least, most = (share * height for share in _HEIGHTS)
    calm = int(run[0] - 0.8 * height), int(run[0] - 0.2 * height)
    return (
        1 < run[0] < band[0]
        and band[0] - run[1] <= _GAP * height
        and least <= band[0] - run[0] <= most
        and mean(still, calm) <= _CALM * mean(still, run)
    )


def _restlessness(still: Levels, band: Run, height: int) -> float:
    """The level that few rows reach of those further from the band than a second line."""
    away, far = (int(share * height) for share in _AWAY)
    above, below = band[0] - away, band[1] + away
    rest = sorted((*still[max(0, band[0] - far) : max(0, above)], *still[below : band[1] + far]))
    return rest[int(0.85 * (len(rest) - 1))] if rest else 0.0


def _unrest(common: Levels, found: Sequence[Run], band: Run, height: int) -> float:
    """The level of the rows above or below the band, the greater one.

    Raises:
        NoAgreement: the band is no different from what is around it, or not the only one.
    """
    if band[1] >= len(common) - 1:
        raise NoAgreement("what the pictures share reaches their lower edge, as no caption does")
    near, far = int(0.2 * height), int(1.4 * height)
    unrest = max(
        mean(common, (band[0] - far, band[0] - near)),
        mean(common, (band[1] + near, band[1] + far)),
    )
    inside = [run for run in found if band[0] < run[1] and run[0] < band[1]]
    outside = [run for run in found if run not in inside]
    if unrest > _BUSY * mean(common, band) or summed(common, outside) > _LONELY * summed(
        common, inside
    ):
        raise NoAgreement("too much in the lower part of the pictures looks like writing")
    return unrest


def _agreeing(levels: Sequence[Levels], main: Run, strength: float) -> float:
    """The share of the stills that have strokes in the main line."""
    agreeing = sum(mean(still, main) >= _CALM * strength for still in levels)
    return agreeing / len(levels)
