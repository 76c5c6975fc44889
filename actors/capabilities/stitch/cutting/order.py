"""What the server asks of a child that looks where a result can be cut, and the answer.

Owns: the values on both ends of the pipe, and the call that names the work.
Never: imports the work itself: the server must not load a decoder.
"""

from dataclasses import dataclass
from typing import Final

from actors.capabilities.stitch.geometry import Box, Size
from actors.workers.call import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A picture and its place on the canvas.

    Attributes:
        path: of its file.
        size: as displayed, before it is turned; the child decodes no more than that.
        turn: clockwise degrees, 0, 90, 180 or 270, by which it is turned first.
        part: what is shown of the turned picture.
        box: where that lies on the canvas, at another size maybe.
    """

    path: str
    size: Size
    turn: int
    part: Box
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOrder:
    """A canvas with its pictures, none of which lies beyond it.

    `most` is how many rows a piece may have; `threads` how many processors may be used.
    """

    sources: tuple[Placed, ...]
    canvas: Size
    most: int
    threads: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCuts:
    """The rows of the canvas at which a new piece begins, from top to bottom, 0 not among them."""

    rows: tuple[int, ...]


FIND_CUTS: Final = Call(
    "actors.capabilities.stitch.cutting.find:find", CutOrder, FoundCuts, output_bytes=0
)
"""Looks where to cut; memory and processor time are set from the forecast of each job.

Raises (seen by the caller as `Reported`): `UnreadableMedia`, `UnsupportedMedia` or `TooLarge`, with
the field of the picture that is to blame.
"""
