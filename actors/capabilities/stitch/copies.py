"""Whether pictures are likely to be joined as they are compressed, told before any is opened.

Owns: what of `shortcuts`' conditions shows in a design; that the files' own forms agree is hoped.
Never: decides: the child does, which sees the files. Pure.
"""

from itertools import pairwise
from typing import Final

from actors.capabilities.stitch.design import Design
from actors.capabilities.stitch.formats import FORMATS
from actors.capabilities.stitch.geometry import Box
from actors.capabilities.stitch.request import BLURRED

_BLOCK: Final = 16
"""Rows that a JPEG of halved colours stores together."""


def likely(made: Design) -> bool:
    """Whether rows or scans of these pictures can be copied, as far as is known."""
    form = made.request.format
    kinds = {pick.record.media.media_type for pick in made.picks}
    if form not in {"jpeg", "png"} or kinds != {FORMATS[form].media_type}:
        return False
    if not _plain(made) or not _stacked(made):
        return False
    heights = [pick.size.height for pick in made.picks]
    whole_blocks = all(height % _BLOCK == 0 for height in heights[:-1])
    return form == "png" or (whole_blocks and not made.request.gap)


def _plain(made: Design) -> bool:
    """Whether nothing is drawn, and nothing asked of the bytes but their format."""
    asked, encoding = made.request, made.encoding
    drawn = (
        asked.border or asked.radius or asked.numbering or asked.watermark or asked.watermark_text
    )
    other = encoding.progressive or encoding.colours or encoding.max_bytes or encoding.metadata
    return not (
        drawn
        or other
        or asked.background == BLURRED
        or any(pick.wish.caption or pick.wish.turn for pick in made.picks)
        or made.page_height(asked.format) < made.plan.canvas.height
    )


def _stacked(made: Design) -> bool:
    """Whether all lie below each other as they are, from edge to edge."""
    places, canvas = made.plan.places, made.plan.canvas
    boxes = [place.box for place in places]
    gaps = {below.top - above.bottom for above, below in pairwise(boxes)}
    return (
        len(gaps) <= 1
        and (boxes[0].top, boxes[-1].bottom) == (0, canvas.height)
        and all(
            box.width == canvas.width and box.size == pick.size and place.part == _all(box)
            for pick, place, box in zip(made.picks, places, boxes, strict=True)
        )
    )


def _all(box: Box) -> Box:
    return Box(0, 0, box.width, box.height)
