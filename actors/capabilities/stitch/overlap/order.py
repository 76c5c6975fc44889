"""What the server asks of a child that compares screenshots of a scrolled page, and the answer.

Owns: the values on both ends of the pipe, and the call that names the work.
Never: imports the work itself: the server must not load a decoder.
"""

from dataclasses import dataclass
from typing import Final

from actors.capabilities.stitch.order import View
from actors.workers.call import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrollOrder:
    """Screenshots in the order of scrolling, from the page's top down; at least one.

    `threads` is how many processors may be used.
    """

    shots: tuple[View, ...]
    threads: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """How one shot follows the one before it. Lengths are rows of the shots' parts.

    Attributes:
        offset: how far the page moved up from the first to the second; None where it is not sure.
        confidence: 0 to 1, how much better this offset fits than any other; 0 without an offset.
        header: rows at the top of both that stay where they are while the page moves.
        footer: rows at the bottom of both that stay where they are.
        overlap: rows of the page that both show, the ones under header and footer left out.
        why: in plain words why there is no offset; empty when there is one.
    """

    offset: int | None
    confidence: float = 0.0
    header: int = 0
    footer: int = 0
    overlap: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scroll:
    """What was found: a joint for each shot but the first.

    `bar` is how many columns at the right edge a scroll bar takes; 0 when none was seen.
    """

    joints: tuple[Joint, ...]
    bar: int = 0


FIND_OVERLAPS: Final = Call(
    "actors.capabilities.stitch.overlap.find:find", ScrollOrder, Scroll, output_bytes=0
)
"""Compares screenshots; memory and processor time are set from the forecast of each job.

Raises (seen by the caller as `Reported`): `UnreadableMedia`, `UnsupportedMedia` or `TooLarge`, with
the field of the picture that is to blame.
"""
