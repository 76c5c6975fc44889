"""How much room decorations take, and where a mark lies: what a plan has to know beforehand.

Owns: the sizes of captions, estimated without a font, and the nine places of a watermark.
Never: draws, or knows Pillow or the font. Pure: numbers and texts in, numbers out.

An estimate may be a little off: who draws shrinks a text until it is within the room that it got.
"""

import math
from functools import lru_cache
from typing import Final, Literal, get_args

from actors.capabilities.stitch.decor import words
from actors.capabilities.stitch.geometry import Box, Size

Gravity = Literal[
    "north_west", "north", "north_east",
    "west", "center", "east",
    "south_west", "south", "south_east",
]  # fmt: skip

CAPTION_LINES: Final = 3
"""Lines that a caption has at most."""

_SMALLEST: Final = 12
_LARGEST: Final = 160
# So that about 30 ideographs or 60 letters go into a line, as in a printed book.
_LINE_LENGTH: Final = 30
# Ems. At most, where the letters are small for the picture; it bounds a drawn text's memory, too.
_LONGEST_LINE: Final = 60

# Ems. The shipped font's characters are this wide in plain English, digits and capitals included.
_NARROW: Final = 0.55
_SPACE: Final = 0.23


def caption_size(width: int) -> int:
    """The font size in pixels that suits a picture of this width."""
    return min(max(_SMALLEST, round(width / _LINE_LENGTH)), _LARGEST)


def caption_height(text: str, width: int, size: int) -> int:
    """Pixels that a caption takes below a picture of this width; 0 where there is nothing to show.

    Args:
        text: as a stranger gave it.
        width: of the picture, at least 1.
        size: of the font in pixels, at least 1.
    """
    shown = words.shown(text)
    return room_of(_lines(shown, text_width(width, size), size), size)


def _lines(text: str, width: int, size: int) -> int:
    """How many lines a text takes, at most `CAPTION_LINES`.

    Breaking it is left out where it makes no difference: a request may have hundreds of long
    captions, which are measured at several scales.
    """

    def measure(part: str) -> float:
        return estimate(part, size)

    if measure(text) > CAPTION_LINES * width:
        return min(len(text), CAPTION_LINES)
    return min(len(words.wrapped(text, width, measure)), CAPTION_LINES)


def room_of(lines: int, size: int) -> int:
    """The height of this many lines with the space above and below them; 0 of none."""
    return lines * line_height(size) + 2 * padding(size) if lines else 0


def lines_in(height: int, size: int) -> int:
    """How many lines there is room for, at least 1 and at most `CAPTION_LINES`."""
    lines = (height - 2 * padding(size)) // line_height(size)
    return min(max(1, lines), CAPTION_LINES)


def text_width(width: int, size: int) -> int:
    """What of a picture's width is the text's: not its edges, and no more than eyes can follow."""
    return min(max(1, width - 2 * (width // 32)), size * _LONGEST_LINE)


def line_height(size: int) -> int:
    """From line to line in pixels: room for accents above capitals, and for descenders."""
    return math.ceil(size * 1.4)


def padding(size: int) -> int:
    """Pixels above the first line, and below the last."""
    return math.ceil(size * 0.4)


def estimate(text: str, size: int) -> float:
    """About how wide the text is in pixels."""
    return sum(map(_ems, text)) * size


def watermark_box(canvas: Size, mark: Size, gravity: Gravity, margin: int) -> Box:
    """Where a mark lies on the canvas.

    At least `margin` pixels from the edges that it is drawn to, less where there is no room for
    these. Where the mark itself is larger than the canvas, it reaches beyond the right or lower
    edge.
    """
    row, column = divmod(get_args(Gravity).index(gravity), 3)
    return Box(
        _offset(canvas.width - mark.width, column, margin),
        _offset(canvas.height - mark.height, row, margin),
        mark.width,
        mark.height,
    )


def _offset(spare: int, third: int, margin: int) -> int:
    wanted = (margin, spare // 2, spare - margin)[third]
    return max(0, min(wanted, spare))


@lru_cache(4096)
def _ems(character: str) -> float:
    if character == " ":
        return _SPACE
    if words.is_mark(character):
        return 0
    return 1 if words.is_wide(character) else _NARROW
