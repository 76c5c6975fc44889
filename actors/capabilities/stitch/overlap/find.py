"""Compares consecutive screenshots of a scrolled page; for child processes only.

Owns: the way from files to joints, and how far it is.
Never: joins, or holds more than one decoded picture for each thread.
"""

from contextlib import closing
from itertools import pairwise
from typing import Final

from actors.capabilities.stitch.overlap.bar import bar
from actors.capabilities.stitch.overlap.facing import Facing, Measured
from actors.capabilities.stitch.overlap.look import Look, look
from actors.capabilities.stitch.overlap.order import Joint, Scroll, ScrollOrder
from actors.capabilities.stitch.overlap.votes import candidates, verdict
from actors.capabilities.stitch.survey import survey
from actors.workers.call import Report

_LEAST_ROWS: Final = 8
_LEAST_PART: Final = 120
"""An overlap needs so many rows with something on them, or this part of a shot, 20 rows of 2400: a
line of small writing is enough, and a border or a hairline is not."""


def find(order: ScrollOrder, report: Report) -> Scroll:
    """Finds how each shot follows the one before it, and the scroll bar.

    Raises:
        UnreadableMedia, UnsupportedMedia, TooLarge: a shot is to blame, named by `field`.
    """
    looks = survey(
        order.shots, look, threads=order.threads, step="looking for overlaps", report=report
    )
    joints, bars = list[Joint](), [0]
    with closing(looks):
        # while the next ones are read, in threads
        for above, below in pairwise(looks):
            found = joint(above, below)
            joints.append(found)
            bars.append(bar(above, below, found))
    return Scroll(joints=tuple(joints), bar=max(bars))


def joint(above: Look, below: Look) -> Joint:
    """How the second shot follows the first."""
    if above.width != below.width:
        return Joint(
            offset=None,
            why=f"They are not equally wide: {above.width} and {below.width} pixels. "
            "Take both from one screen, unscaled.",
        )
    facing = Facing(above, below)
    if facing.identical():
        return Joint(offset=0, confidence=1.0, overlap=below.rows)
    measured = facing.measured(candidates(above.signatures, below.signatures))
    judged = verdict(
        (each.finding for each in measured), max(_LEAST_ROWS, below.rows // _LEAST_PART)
    )
    for each in measured:
        if each.finding is judged.best:
            best = _finest(facing, each)
            return Joint(
                offset=best.finding.offset,
                confidence=judged.confidence,
                header=best.header,
                footer=best.footer,
                overlap=best.overlap,
            )
    return Joint(offset=None, why=judged.why)


def _finest(facing: Facing, found: Measured) -> Measured:
    """The best of an offset and the two beside it: scaling blurs which of them it is."""
    if not found.finding.distance:
        return found
    offset = found.finding.offset
    first, last = found.header, found.header + found.overlap - 1
    near = [each for each in (offset, offset - 1, offset + 1) if each > 0]
    best = min(near, key=lambda each: facing.distance(each, first, last))
    return found if best == offset else facing.measured([best])[0]
