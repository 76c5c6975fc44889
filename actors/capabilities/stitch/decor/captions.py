"""Draws captions below pictures and on them; for child processes only.

Owns: where in its box a caption stands, and the dark bar that makes it readable on any picture.
Never: reserves room (see `room`), or draws outside of the box that it got.
"""

from typing import Final

from PIL import Image

from actors.capabilities.stitch.decor import room
from actors.capabilities.stitch.decor.stamping import common, stamp
from actors.capabilities.stitch.decor.text import drawn, settled
from actors.capabilities.stitch.geometry import Box

# Of 255: dark enough for white letters on snow, light enough to guess what is behind.
_BAR_ALPHA: Final = 150
# A long bar is laid in pieces, so that its memory is theirs.
_PIECE: Final = 1024


def under(strip: Image.Image, box: Box, text: str, size: int, colour: str) -> bool:
    """Draws a caption in the middle of its box, ending in dots where it is too long for it.

    Args:
        strip: mode RGB or RGBA.
        box: the caption's own, such as `room.caption_height` has reserved.
        text: as a stranger gave it; nothing is drawn where there is nothing to show.
        size: of the font in pixels, at least 1; less where the box is too small for it.
        colour: `#rrggbb`.

    Returns:
        whether all of the text was drawn, as far as the box lies on the strip.
    """
    if not _touches(strip, box):
        return True
    size = room.letters(min(size, _highest(box.height)), box.width)
    width, lines = room.text_width(box.width, size), room.lines_in(box.height, size)
    setting = settled(text, size=size, width=width, lines=lines)
    image = drawn(setting, colour, width)
    left = box.left + (box.width - image.width) // 2
    stamp(strip, image, left, box.top + (box.height - image.height) // 2, within=box)
    return setting.whole


def on(strip: Image.Image, box: Box, text: str, size: int, colour: str, *, inset: int = 0) -> bool:
    """Draws a caption on the lower edge of a picture, on a dark bar that fades in from above.

    The text takes the lower half at most, and stays `inset` pixels further from the edges, so that
    no rounded corner cuts it. `box` is the picture's; see `under` for the rest.
    """
    if not _touches(strip, box):
        return True
    inset = min(inset, box.width // 4, box.height // 8)
    wide = box.width - 2 * inset
    size = room.letters(min(size, _highest(box.height // 3)), wide)
    width, lines = room.text_width(wide, size), room.lines_in(box.height // 2 - inset, size)
    setting = settled(text, size=size, width=width, lines=lines)
    image = drawn(setting, colour, width)
    if image.getchannel("A").getbbox() is None:
        return setting.whole
    top = box.bottom - inset - room.padding(size) - image.height
    _darken(strip, box, top, room.line_height(size))
    stamp(strip, image, box.left + (box.width - image.width) // 2, top, within=box)
    return setting.whole


def _touches(strip: Image.Image, box: Box) -> bool:
    return common(Box(0, 0, strip.width, strip.height), box) is not None


def _highest(height: int) -> int:
    """The largest font size of which a line is within the height."""
    size = max(1, int(height / 1.4))
    return size if room.line_height(size) <= height else max(1, size - 1)


def _darken(strip: Image.Image, box: Box, text_top: int, fade: int) -> None:
    """Darkens the box: ever more over `fade` rows down to the text's first, evenly from there."""
    height = min(box.bottom - text_top + fade, box.height)
    top = box.bottom - height
    shades = (_eased((row - text_top + fade + 1) / fade) for row in range(top, box.bottom))
    column = bytes(round(_BAR_ALPHA * shade) for shade in shades)
    bar = Image.new("RGBA", (min(_PIECE, box.width), height), "#000000")
    bar.putalpha(Image.frombytes("L", (1, height), column).resize(bar.size))
    for left in range(box.left, box.right, _PIECE):
        stamp(strip, bar, left, top, within=box)


def _eased(share: float) -> float:
    """From 0 to 1 without a visible edge at either end."""
    share = min(max(0, share), 1)
    return share * share * (3 - 2 * share)
