"""How much room decorations take, and where a mark lies: what a plan has to know beforehand.

Owns: the sizes of captions, estimated without a font, and the nine places of a watermark.
Never: draws, or knows Pillow or the font. Pure: numbers and texts in, numbers out.

An estimate may be a little off: who draws shrinks a text until it is within the room that it got.
"""

import math
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice
from typing import Final, get_args

from actors.capabilities.stitch.decor import words
from actors.capabilities.stitch.geometry import Box, Gravity, Size

CAPTION_LINES: Final = 3
"""Lines that a caption has at most."""

_SMALLEST: Final = 12
_LARGEST: Final = 160
# So that about 30 ideographs or 60 letters go into a line, as in a printed book.
_LINE_LENGTH: Final = 30
# Ems. At most, where the letters are small for the picture; it bounds a drawn text's memory, too.
_LONGEST_LINE: Final = 60
# Ems. Letters that suit a canvas of many small pictures are no larger than this for them...
_SHORT_LINE: Final = 14
# ...and into a picture that is much narrower than the others they are made to fit.
_SHORTEST_LINE: Final = 6

# Shares of a picture's shorter side, and pixels between which a badge's height remains.
_BADGE_SHARE: Final = 0.1
_SMALLEST_BADGE: Final = 22
_LARGEST_BADGE: Final = 160

# Ems. The shipped font's characters are this wide in plain English, digits and capitals included.
_NARROW: Final = 0.55
_SPACE: Final = 0.23


def typical(lengths: Iterable[int]) -> int:
    """The middle one of at least one length, the longer of two: what is on a canvas suits it."""
    ordered = sorted(lengths)
    return ordered[len(ordered) // 2]


def badge_height(side: int) -> int:
    """Of the badges on a canvas, in pixels, where a picture's shorter side is typically this."""
    return min(max(_SMALLEST_BADGE, round(side * _BADGE_SHARE)), _LARGEST_BADGE)


def caption_size(width: int, across: int) -> int:
    """The font size in pixels that suits pictures on a canvas.

    Letters are read where all of the canvas is seen, too: smaller pictures have larger ones for
    their width.

    Args:
        width: that pictures typically have.
        across: of what is seen of the canvas at once; see `seen`.
    """
    suiting = math.sqrt(width * max(width, across)) / _LINE_LENGTH
    return min(max(_SMALLEST, round(min(suiting, width / _SHORT_LINE))), _LARGEST)


def seen(width: int, height: int) -> int:
    """How much of a canvas's width is seen at once: all of it, but of a long strip a part."""
    return min(width, 2 * height)


def letters(size: int, width: int) -> int:
    """The font size with which a picture of this width is written on where others have `size`."""
    return min(size, max(1, width // _SHORTEST_LINE))


def caption_height(text: str, width: int, size: int) -> int:
    """Pixels that a caption takes below a picture of this width; 0 where there is nothing to show.

    Args:
        text: as a stranger gave it.
        width: of the picture, at least 1.
        size: of the font in pixels, at least 1; see `letters`.
    """
    size = letters(size, width)
    return room_of(_lines(text, text_width(width, size) / size), size)


def _lines(text: str, width: float) -> int:
    """How many lines of so many ems a text takes, at most `CAPTION_LINES`."""
    ends = (end for paragraph in _measured(text) for end in paragraph.ends(width))
    return sum(1 for _ in islice(ends, CAPTION_LINES))


# As many as a request has pictures: it is planned at several sizes, and later once more.
@lru_cache(512)
def _measured(text: str) -> tuple[words.Paragraph, ...]:
    return words.measured(words.shown(text), ems)


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


def ems(character: str) -> float:
    """About how wide it is, in font sizes."""
    if character == " ":
        return _SPACE
    kind = words.kind(character)
    return 0 if kind.mark else 1 if kind.wide else _NARROW


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
