"""Draws a text with the shipped font; for child processes only.

Owns: the font, its true measures, and the choice of a size at which a text is within its room.
Never: fails because of a character, or draws the crossed box of those that the font lacks.

The simple layout is used even where Pillow has the other (`raqm`), which needs a library of the
machine: a result looks the same everywhere. It draws from left to right only.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from actors.capabilities.stitch.decor import words
from actors.capabilities.stitch.decor.room import line_height

FONT: Final = files("actors.capabilities.stitch.decor").joinpath("fonts/stitchery-sans.otf")

SLIGHTLY: Final = (1, 0.95, 0.9, 0.85, 0.8)
"""How a text is shrunk that would else lose a word: so little that it looks like the others."""

# Ems from the middle of a line down to its baseline: that of ideographs' square (0.88 above, 0.12
# below), and very nearly that of digits and capitals.
_BASELINE: Final = 0.38


@dataclass(frozen=True, slots=True)
class Setting:
    """A text that is broken into lines at a size; all lengths in pixels.

    `whole` says whether all of it is there: else its end is left out.
    """

    lines: tuple[str, ...]
    font: ImageFont.FreeTypeFont
    size: int
    whole: bool

    @property
    def width(self) -> int:
        """Of its widest line, and a pixel on both of its sides for strokes that hang over."""
        return max((math.ceil(self.font.getlength(line)) + 2 for line in self.lines), default=1)

    @property
    def height(self) -> int:
        """Of all lines."""
        return max(1, len(self.lines) * line_height(self.size))


def text_image(
    text: str,
    *,
    size: int,
    colour: str,
    width: int,
    lines: int,
    shares: Sequence[float] = SLIGHTLY,
) -> Image.Image:
    """The text in lines that are centred among themselves, mode RGBA, transparent around.

    As wide as its widest line and no wider than `width`. A text that does not fit is shrunk as far
    as `shares` go; if that does not help it keeps its size, and ends in dots. A text without
    anything to show gives one transparent pixel.

    Args:
        text: as a stranger gave it; see `words.shown` for what of it is drawn.
        size: of the font in pixels, at least 1.
        colour: `#rrggbb`.
        width: of the room in pixels, at least 1.
        lines: that there is room for at this size, at least 1; of smaller ones there may be more.
        shares: of the size, from 1 down: the first at which the text is within its room is taken.
    """
    return drawn(settled(text, size=size, width=width, lines=lines, shares=shares), colour, width)


def drawn(setting: Setting, colour: str, width: int) -> Image.Image:
    """The picture of a setting, no wider than `width`; see `text_image`."""
    image = Image.new("RGBA", (min(setting.width, width), setting.height), colour)
    image.putalpha(ink(setting, image.size))
    return image


def settled(
    text: str,
    *,
    size: int,
    width: int,
    lines: int,
    shares: Sequence[float] = SLIGHTLY,
    cut: float = 1,
) -> Setting:
    """The text as it fits into the room; see `text_image`.

    Args:
        cut: the share of the size at which a text is shortened that fits with none of `shares`.
    """
    clean = words.shown(text)
    for share in (*shares, cut):
        smaller = max(1, round(size * share))
        font = _opened(smaller)
        measure = _measuring(font)
        broken = words.wrapped(clean, width, measure)
        count = lines * line_height(size) // line_height(smaller)
        if len(broken) <= count and all(measure(line) <= width for line in broken):
            return Setting(tuple(words.levelled(clean, width, measure)), font, smaller, whole=True)
    lines_left = words.shortened(broken, count, width, measure)
    return Setting(tuple(lines_left), font, smaller, whole=False)


def ink(setting: Setting, size: tuple[int, int], *, stroke: float = 0) -> Image.Image:
    """Where the text is, mode L: centred in `size`, its letters thickened by `stroke` pixels."""
    mask = Image.new("L", size)
    draw = ImageDraw.Draw(mask)
    pitch = line_height(setting.size)
    first = (size[1] - len(setting.lines) * pitch + pitch) / 2 + _BASELINE * setting.size
    for place, line in enumerate(setting.lines):
        left = (size[0] - setting.font.getlength(line)) / 2
        # whole pixels: the same letter looks the same wherever it stands
        at = (round(left), round(first + place * pitch))
        draw.text(at, line, fill=255, font=setting.font, anchor="ls", stroke_width=stroke)
    return mask


def _opened(size: int) -> ImageFont.FreeTypeFont:
    # Opened anew for each text, which takes less than a millisecond: FreeType's fonts may not be
    # shared by threads.
    with as_file(FONT) as path:
        return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def _measuring(font: ImageFont.FreeTypeFont) -> words.Measure:
    """Sums the widths of characters; the font has no kerning, so that this is a line's width."""
    known: dict[str, float] = {}

    def measure(text: str) -> float:
        for character in text:
            if character not in known:
                known[character] = font.getlength(character)
        return sum(known[character] for character in text)

    return measure
