"""What the server asks of a child that looks where a result can be cut, and the answer.

Owns: the values on both ends of the pipe, and the call that names the work.
Never: imports the work itself: the server must not load a decoder.
"""

from dataclasses import dataclass
from typing import Final

from actors.capabilities.stitch.geometry import Size
from actors.capabilities.stitch.order import Page, Placed
from actors.workers.call import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOrder:
    """A canvas with its pictures, none of which lies beyond it.

    `most` is how many rows a piece may have; `kept` are rows that are written on beside the
    pictures, through which no cut should go; `threads` how many processors may be used.
    """

    sources: tuple[Placed, ...]
    canvas: Size
    most: int
    kept: tuple[Page, ...] = ()
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
