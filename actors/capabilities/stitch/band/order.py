"""What the server asks of a child that looks for captions in film stills, and the answer.

Owns: the values on both ends of the pipe, and the call that names the work.
Never: imports the work itself: the server must not load a decoder.
"""

from dataclasses import dataclass
from typing import Final

from actors.capabilities.stitch.order import View
from actors.workers.call import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class BandOrder:
    """Stills of one film, at least one; `threads` is how many processors may be used."""

    stills: tuple[View, ...]
    threads: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundBand:
    """Where the captions are: shares of the height of each still's part.

    Attributes:
        top: where the band begins; None where no band is sure.
        bottom: where it ends; None as `top`.
        confidence: 0 to 1, how many stills agree and how calm it is around; 0 without a band.
        above: share of the height of a black bar above the picture, which all stills have; 0 for
            none.
        below: of the one below it, which may have captions in it.
        wordless: stills without a caption, by their place in the order.
        why: in plain words why there is no band; empty when there is one.
    """

    top: float | None = None
    bottom: float | None = None
    confidence: float = 0.0
    above: float = 0.0
    below: float = 0.0
    wordless: tuple[int, ...] = ()
    why: str = ""


FIND_BAND: Final = Call(
    "actors.capabilities.stitch.band.find:find", BandOrder, FoundBand, output_bytes=0
)
"""Looks for captions; memory and processor time are set from the forecast of each job.

Raises (seen by the caller as `Reported`): `UnreadableMedia`, `UnsupportedMedia` or `TooLarge`, with
the field of the picture that is to blame.
"""
