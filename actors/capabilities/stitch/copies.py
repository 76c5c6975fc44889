"""Whether pictures are likely to be joined as they are compressed, told before any is opened.

Owns: what of `shortcuts`' conditions shows in a design; that the files' own forms agree is hoped.
Never: decides: the child does, which sees the files. Pure.
"""

from itertools import pairwise
from typing import Final

from actors.capabilities.stitch.design import Design
from actors.capabilities.stitch.formats import FORMATS
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
    # of JPEGs nothing may be cut off, as it is where something is looked for in them
    return form == "png" or (_whole_blocks(made) and not made.looks and not made.request.gap)


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
    """Whether all lie below each other from edge to edge, as they are but for rows cut off."""
    places, canvas = made.plan.places, made.plan.canvas
    boxes = [place.box for place in places]
    gaps = {below.top - above.bottom for above, below in pairwise(boxes)}
    return (
        len(gaps) <= 1
        and (boxes[0].top, boxes[-1].bottom) == (0, canvas.height)
        and all(
            box.width == canvas.width == pick.size.width and box.size == place.part.size
            for pick, place, box in zip(made.picks, places, boxes, strict=True)
        )
    )


def _whole_blocks(made: Design) -> bool:
    """Whether nothing is cut off, and all but the last end with a row of blocks."""
    heights = [pick.size.height for pick in made.picks]
    shown = [place.part.height for place in made.plan.places]
    return heights == shown and all(height % _BLOCK == 0 for height in heights[:-1])
