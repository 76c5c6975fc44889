"""Which part of each screenshot is kept, so that below each other they are the page. Pure.

Owns: the place of each seam.
Never: sees a picture, or judges an offset.
"""

from collections.abc import Sequence

from actors.capabilities.stitch.geometry import Box
from actors.capabilities.stitch.overlap.order import Joint, Scroll


def parts(boxes: Sequence[Box], scroll: Scroll) -> tuple[Box, ...]:
    """What to keep of each shot: the page once, the first header, the last footer, no scroll bar.

    Args:
        boxes: the shots' parts that were looked at, as in the order.
        scroll: what was found; a joint for each box but the first.

    The parts lie in their boxes and are at least a pixel high and wide. A seam lies in the middle
    of what both shots show, as far as can be from shadows of headers and from buttons that float
    above footers. Where a joint has no offset both shots are kept whole at that side: what is
    missing between them should be seen to be missing.
    """
    tops, bottoms = [0], list[int]()
    for box, below, joint in zip(boxes[:-1], boxes[1:], scroll.joints, strict=True):
        if joint.offset is None:
            bottoms.append(box.height)
            tops.append(0)
            continue
        # a row of each remains, however often the same is shown
        bottom = min(max(_seam(joint, joint.offset), tops[-1] + 1), box.height)
        bottoms.append(bottom)
        tops.append(min(max(0, bottom - joint.offset), below.height - 1))
    bottoms.append(boxes[-1].height)
    return tuple(
        Box(box.left, box.top + top, max(1, box.width - scroll.bar), bottom - top)
        for box, top, bottom in zip(boxes, tops, bottoms, strict=True)
    )


def _seam(joint: Joint, offset: int) -> int:
    """The row of the upper shot at which the lower one takes over."""
    return offset + joint.header + joint.overlap // 2
