"""Looks at the stills of a film for the band of their captions; runs in a child process.

Owns: the way from the files to the decision, and how far it is.
Never: decides (`agreement` does), or holds more than one decoded still a thread.
"""

from typing import Final

from PIL import Image

from actors.capabilities.stitch.band.agreement import (
    FIRST,
    ROWS,
    NoAgreement,
    agreed,
)
from actors.capabilities.stitch.band.order import BandOrder, FoundBand
from actors.capabilities.stitch.band.strokes import cells, strokes
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
    seen = survey(
        order.stills, _look, threads=order.threads, step="looking for captions", report=report
    )
    try:
        band = agreed(strokes(list(seen)))
    except NoAgreement as reason:
        return FoundBand(why=str(reason))
    return FoundBand(top=band.top, bottom=band.bottom, confidence=band.confidence)


def _look(still: View) -> Image.Image:
    """Decodes the lower part of a still, and keeps of it what the decision needs."""
    part = still.part
    top = part.top + part.height * FIRST // ROWS
    least, most = _WIDTHS
    width = min(max(least, part.width * ROWS // part.height), most)
    with opened(still) as picture:
        lower = rendered(
            picture,
            (width, ROWS - FIRST),
            turn=still.turn,
            part=(part.left, top, part.right, part.bottom),
        )
    return cells(lower.convert("L"))
