"""What the server asks of a child that joins pictures, and what comes back.

Owns: the values on both ends of the pipe, and the call that names the work.
Never: imports the work itself: the server must not load a decoder.
"""

from dataclasses import dataclass
from typing import Final

from actors.capabilities.stitch.geometry import Box, Format, Size
from actors.workers.call import Call

TRANSPARENT: Final = "transparent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One picture: where its bytes lie, and its place on the canvas.

    `size` is what the file was found to be when it came in; the child decodes no more than that.
    """

    path: str
    size: Size
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinOrder:
    """Everything a child needs to join pictures; nothing is left for it to decide.

    Attributes:
        sources: in the request's order, so that the third is blamed as `/inputs/2`.
        background: `#rrggbb` or `transparent`, which `jpeg` does not know.
        quality: 1 to 100; without meaning for `png`.
        output: an existing file of the job's own, to be overwritten.
        threads: processors that it may use.
    """

    sources: tuple[Source, ...]
    canvas: Size
    background: str
    format: Format
    quality: int
    output: str
    threads: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The picture lies whole in the order's `output`; `size` is its bytes.

    `way` is how it was made: "painted", "rows copied" or "scans copied"; `why` tells why it was
    painted.
    """

    size: int
    way: str
    why: str


JOIN: Final = Call("actors.capabilities.stitch.work:join", JoinOrder, Joined)
"""Joins pictures. Memory, processor time and output are set from the forecast of each job.

Raises (seen by the caller as `Reported`): `UnreadableMedia`, `UnsupportedMedia` or `TooLarge`, with
the field of the picture that is to blame.
"""
