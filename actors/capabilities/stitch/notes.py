"""What people might not expect of a result, told as soon as it is known.

Owns: the sentences about a design's captions and sizes, for the forecast and for the result, and
about what a result has not: the fineness of colours, the end of a caption.
Never: refuses anything. Pure.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from actors.capabilities.stitch.decor import words
from actors.capabilities.stitch.decor.room import typical
from actors.capabilities.stitch.design import Design
from actors.capabilities.stitch.order import Joined

_MOST_LISTED: Final = 12
_MOST_NAMED: Final = 3

_MUCH: Final = 2
"""Times that most pictures are scaled down from which on somebody will ask why."""

_FEW: Final = 4
"""One in so many pictures is small, or a single one; of more it is no surprise."""

_SIDES: Final = {"vertical": ("wide",), "horizontal": ("high",), "grid": ("wide", "high")}
"""Which sides `fit` is about."""


def notes(made: Design) -> tuple[str, ...]:
    """Sentences for people; none where all comes out as anybody would think."""
    return (*_undrawable(made), *_scaled_down(made))


def narrowed(made: Design, joined: Joined) -> Iterator[str]:
    """Which pictures lost some of the fineness of their colours."""
    if joined.narrowed:
        told = _named(made, joined.narrowed)
        yield f"The result has 8 bits a colour, and some pictures have 16: {told}"


def shortened(made: Design, joined: Joined) -> Iterator[str]:
    """Whose captions were not drawn to their end."""
    if joined.shortened:
        told = _named(made, joined.shortened)
        yield f"There was no room for all of a caption, which ends in dots: {told}"


def _named(made: Design, numbers: Sequence[int]) -> str:
    names = [made.names[number] for number in numbers[:_MOST_NAMED]]
    more = len(numbers) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def _undrawable(made: Design) -> Iterator[str]:
    """What is written and cannot be, since the font lacks it."""
    captions = "\n".join(pick.wish.caption for pick in made.picks)
    for what, text in (("captions have", captions), ("watermark has", made.request.watermark_text)):
        if signs := words.lacking(text):
            yield (
                f"The {what} characters that the font lacks, which are left out or replaced: "
                f"{_listed(signs)}"
            )


def _listed(signs: str) -> str:
    more = len(signs) - _MOST_LISTED
    return " ".join(islice(signs, _MOST_LISTED)) + (f" and {more} more" if more > 0 else "")


def _scaled_down(made: Design) -> Iterator[str]:
    """One small picture to which the fit `smallest` scales all others."""
    if made.request.fit != "smallest":
        return
    for side in _SIDES.get(made.request.layout, ()):
        lengths = [item.part.width if side == "wide" else item.part.height for item in made.items]
        least, most = min(lengths), typical(lengths)
        small = sum(_MUCH * length <= most for length in lengths)
        if 0 < small <= max(1, len(lengths) // _FEW):
            pick = made.picks[lengths.index(least)]
            yield (
                f"Picture {pick.number + 1} ({made.names[pick.number]}) is {least} pixels {side}, "
                "and all others are scaled down to it: ask for the fit 'largest', or for a number "
                "of pixels."
            )
            return
