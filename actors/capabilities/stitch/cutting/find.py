"""Looks where a canvas can be cut without painting it; runs in a child process.

Owns: the way from the files to each row's activity, and how far it is.
Never: decides (`cuts` does), or holds more than one decoded picture a thread.
"""

from array import array
from concurrent.futures import ThreadPoolExecutor

from PIL import Image

from actors.capabilities.stitch.cutting.activity import COLUMNS, activity
from actors.capabilities.stitch.cutting.cuts import cuts
from actors.capabilities.stitch.cutting.order import CutOrder, FoundCuts, Placed
from actors.capabilities.stitch.painting import blaming
from actors.messages import Progress
from actors.pictures import open_picture, rendered
from actors.workers.call import Report


def find(order: CutOrder, report: Report) -> FoundCuts:
    """The rows at which to cut, by the rule that `cuts` tells.

    Raises:
        UnreadableMedia, UnsupportedMedia, TooLarge: a picture is to blame, named by `field`.
    """
    return FoundCuts(rows=cuts(_activity(order, report), order.most))


def _activity(order: CutOrder, report: Report) -> "array[float]":
    """Of each row of the canvas: that of the liveliest picture in it; 0 where none is."""
    total = len(order.sources)

    def looked(place: int) -> "array[float]":
        with blaming(place, total):
            return _look(order.sources[place])

    rows = array("d", bytes(8 * order.canvas.height))
    pool = ThreadPoolExecutor(order.threads, thread_name_prefix="cutting")
    try:
        for place, found in enumerate(pool.map(looked, range(total))):
            top = order.sources[place].box.top
            bottom = top + len(found)
            rows[top:bottom] = array("d", map(max, rows[top:bottom], found))
            done = place + 1
            report(
                Progress(
                    fraction=done / total,
                    step="looking for quiet rows",
                    done=done,
                    total=total,
                    unit="pictures",
                )
            )
    finally:
        pool.shutdown(cancel_futures=True)
    return rows


def _look(placed: Placed) -> "array[float]":
    """Decodes what a picture shows, narrow and as high as it lies on the canvas."""
    part, box, size = placed.part, placed.box, placed.size
    with open_picture(placed.path, max_pixels=size.pixels, max_side=size.side) as picture:
        narrow = rendered(
            picture,
            (min(box.width, COLUMNS), box.height),
            turn=placed.turn,
            part=(part.left, part.top, part.right, part.bottom),
        )
    if narrow.mode != "RGBA":
        return activity(narrow.convert("L"))
    # what is written in a colour on nothing shows in the alpha, whatever the canvas's colour is
    paper = Image.new("RGB", narrow.size, "white")
    alpha = narrow.getchannel("A")
    paper.paste(narrow, mask=alpha)
    return array("d", map(max, activity(paper.convert("L")), activity(alpha)))
