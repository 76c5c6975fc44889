"""Looks at the stills of a film for the band of their captions; runs in a child process.

Owns: the way from the files to the decision, and how far it is.
Never: decides (`agreement` does), or holds more than one decoded still a thread.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from PIL import Image

from actors.capabilities.stitch.band.agreement import (
    FIRST,
    ROWS,
    NoAgreement,
    agreed,
)
from actors.capabilities.stitch.band.order import BandOrder, FoundBand, Still
from actors.capabilities.stitch.band.strokes import cells, strokes
from actors.capabilities.stitch.painting import blaming
from actors.messages import Progress
from actors.pictures import open_picture, rendered
from actors.workers.call import Report

_WIDTHS: Final = (64, 1280)
"""Pixels that a still is scaled to, whatever its shape: enough to see strokes, and no more."""


def find(order: BandOrder, report: Report) -> FoundBand:
    """The band that holds the captions of all stills, or why there is none.

    Raises:
        UnreadableMedia, UnsupportedMedia, TooLarge: a still is to blame, named by `field`.
    """
    total = len(order.stills)

    def looked(place: int) -> Image.Image:
        with blaming(place, total):
            return _look(order.stills[place])

    seen = []
    pool = ThreadPoolExecutor(order.threads, thread_name_prefix="band")
    try:
        for found in pool.map(looked, range(total)):
            seen.append(found)
            done = len(seen)
            report(
                Progress(
                    fraction=done / total,
                    step="looking for captions",
                    done=done,
                    total=total,
                    unit="pictures",
                )
            )
    finally:
        pool.shutdown(cancel_futures=True)
    try:
        band = agreed(strokes(seen))
    except NoAgreement as reason:
        return FoundBand(why=str(reason))
    return FoundBand(top=band.top, bottom=band.bottom, confidence=band.confidence)


def _look(still: Still) -> Image.Image:
    """Decodes the lower part of a still, and keeps of it what the decision needs."""
    part, size = still.part, still.size
    top = part.top + part.height * FIRST // ROWS
    least, most = _WIDTHS
    width = min(max(least, part.width * ROWS // part.height), most)
    with open_picture(still.path, max_pixels=size.pixels, max_side=size.side) as picture:
        lower = rendered(
            picture,
            (width, ROWS - FIRST),
            turn=still.turn,
            part=(part.left, top, part.right, part.bottom),
        )
    return cells(lower.convert("L"))
