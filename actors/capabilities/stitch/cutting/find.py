"""Looks where a canvas can be cut without painting it; runs in a child process.

Owns: the way from the files to each row's activity, and how far it is.
Never: decides (`cuts` does), or holds more than one decoded picture a thread.
"""

from array import array
from typing import Final

from PIL import Image

from actors.capabilities.stitch.cutting.activity import COLUMNS, activity
from actors.capabilities.stitch.cutting.cuts import cuts
from actors.capabilities.stitch.cutting.order import CutOrder, FoundCuts
from actors.capabilities.stitch.order import Placed
from actors.capabilities.stitch.painting import opened
from actors.capabilities.stitch.survey import survey
from actors.pictures import rendered
from actors.workers.call import Report

_WRITTEN: Final = 1e6
"""Livelier than any picture."""


def find(order: CutOrder, report: Report) -> FoundCuts:
    """The rows at which to cut, by the rule that `cuts` tells.

    Raises:
        UnreadableMedia, UnsupportedMedia, TooLarge: a picture is to blame, named by `field`.
    """
    return FoundCuts(rows=cuts(_activity(order, report), order.most))


def _activity(order: CutOrder, report: Report) -> "array[float]":
    """Of each row of the canvas: that of the liveliest picture in it; 0 where none is."""
    rows = array("d", bytes(8 * order.canvas.height))
    found = survey(
        order.sources,
        _look,
        threads=order.threads,
        step="looking for quiet rows",
        report=report,
        largest=COLUMNS * order.canvas.height,
    )
    for source, lively in zip(order.sources, found, strict=True):
        top = source.box.top
        bottom = top + len(lively)
        rows[top:bottom] = array("d", map(max, rows[top:bottom], lively))
    for page in order.kept:
        rows[page.top : page.bottom] = array("d", [_WRITTEN]) * page.height
    return rows


def _look(placed: Placed) -> "array[float]":
    """Decodes what a picture shows, narrow and as high as it lies on the canvas."""
    part, box = placed.part, placed.box
    with opened(placed) as picture:
        narrow = rendered(
            picture,
            (min(box.width, COLUMNS), box.height),
            turn=placed.turn,
            part=part.edges,
        )
    if narrow.mode != "RGBA":
        return activity(narrow.convert("L"))
    # what is written in a colour on nothing shows in the alpha, whatever the canvas's colour is
    paper = Image.new("RGB", narrow.size, "white")
    alpha = narrow.getchannel("A")
    paper.paste(narrow, mask=alpha)
    return array("d", map(max, activity(paper.convert("L")), activity(alpha)))
