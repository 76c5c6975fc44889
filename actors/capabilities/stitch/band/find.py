"""Looks at the stills of a film for the band of their captions; runs in a child process.

Owns: the way from the files to the decision, and how far it is.
Never: decides (`agreement` does), or holds more than one decoded still a thread.
"""

import math
from dataclasses import dataclass
from typing import Final

from PIL import Image

from actors.capabilities.stitch.band.agreement import (
    FIRST,
    ROWS,
    NoAgreement,
    agreed,
)
from actors.capabilities.stitch.band.bars import Black, framed
from actors.capabilities.stitch.band.order import BandOrder, FoundBand
from actors.capabilities.stitch.band.strokes import black, cells, strokes
from actors.capabilities.stitch.order import View
from actors.capabilities.stitch.painting import opened
from actors.capabilities.stitch.survey import survey
from actors.pictures import rendered
from actors.workers.call import Report

_WIDTHS: Final = (64, 1280)
"""Pixels that a still is scaled to, whatever its shape: enough to see strokes, and no more."""


def find(order: BandOrder, report: Report) -> FoundBand:
    """The band that holds the captions of all stills, or why there is none.

    Raises:
        UnreadableMedia, UnsupportedMedia, TooLarge: a still is to blame, named by `field`.
    """
    seen = list(
        survey(
            order.stills,
            _look,
            threads=order.threads,
            step="looking for captions",
            report=report,
            largest=_WIDTHS[1] * ROWS,
        )
    )
    try:
        found = agreed(strokes([look.lower for look in seen]))
    except NoAgreement as reason:
        return FoundBand(why=str(reason))
    within = framed(
        [look.black for look in seen], (int(found.top * ROWS), math.ceil(found.bottom * ROWS))
    )
    return FoundBand(
        top=found.top,
        bottom=min(found.bottom, within.band[1] / ROWS),
        confidence=found.confidence,
        above=within.above / ROWS,
        below=within.below / ROWS,
        wordless=found.wordless,
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """What is kept of a still: the strokes of its lower part, and which rows are black."""

    lower: Image.Image
    black: Black


def _look(still: View) -> _Look:
    """Decodes a still, and keeps of it what the decisions need."""
    part = still.part
    least, most = _WIDTHS
    width = min(max(least, part.width * ROWS // part.height), most)
    with opened(still) as picture:
        shown = rendered(picture, (width, ROWS), turn=still.turn, part=part.edges)
    gray = shown.convert("L")
    return _Look(lower=cells(gray.crop((0, FIRST, width, ROWS))), black=black(gray))
