"""Draws what marks a picture or the whole canvas: numbers and watermarks; child processes only.

Owns: the looks of a number's badge and of a watermark, readable on light and on dark alike.
Never: decides where a watermark lies (see `room.watermark_box`); `stamping.stamp` lays it.
"""

from typing import Final

from PIL import Image

from actors.capabilities.stitch.decor import text as texts
from actors.capabilities.stitch.decor.frames import corner_mask
from actors.capabilities.stitch.decor.room import line_height, seen
from actors.capabilities.stitch.decor.stamping import common, masked, stamp
from actors.capabilities.stitch.geometry import Box, Size

_WHITE: Final = "#ffffff"
_BADGE: Final = "#1c1c1ee0"
_RING: Final = "#ffffffe0"

_NUMBERS: Final = (1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
"""How a number is shrunk: one that is cut is another number."""

# A mark takes a quarter of the canvas' width at most, of its height a quarter too (long strips).
_MARK_SHARE: Final = 4
_SMALLEST_MARK: Final = 12
_LARGEST_MARK: Final = 160
_MARK_LINES: Final = 4
_MARK_SHARES: Final = (1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
# Letters of less than this share of what is seen of the canvas could not be read there.
_LEGIBLE: Final = 48


def number(strip: Image.Image, box: Box, text: str, height: int) -> None:
    """Draws a badge with a number in the upper left of a picture; longer ones widen it.

    Args:
        strip: mode RGB or RGBA.
        box: the picture's; the badge stays inside, and takes half of its shorter side at most.
        text: a number, or what else is short.
        height: of the badge in pixels; see `room.badge_height`.
    """
    if common(Box(0, 0, strip.width, strip.height), box) is None:
        return
    side = min(box.width, box.height)
    height = max(1, min(height, side // 2))
    margin = min(height // 3, side // 4)
    stamp(strip, _badge(text, height, box.width - 2 * margin), box.left + margin, box.top + margin)


def text_mark(text: str, canvas: Size, opacity: float) -> Image.Image:
    """A watermark of a text, sized by the canvas: white letters with a dark edge, mode RGBA.

    Args:
        text: as a stranger gave it.
        canvas: that it will lie on; it takes half of the width at most, and of the height.
        opacity: from 0, unseen, to 1.
    """
    size = min(max(_SMALLEST_MARK, canvas.width // 24), _LARGEST_MARK, max(1, canvas.height // 6))
    stroke = max(1, size // 18)
    room = max(1, canvas.width // 2 - 2 * stroke)
    lines = min(_MARK_LINES, max(1, canvas.height // 2 // line_height(size)))
    least = min(size, max(_SMALLEST_MARK, seen(canvas.width, canvas.height) // _LEGIBLE))
    shares = [share for share in _MARK_SHARES if size * share >= least]
    setting = texts.settled(text, size=size, width=room, lines=lines, shares=shares, cut=shares[-1])
    whole = (min(setting.width, room) + 2 * stroke, setting.height)
    mark = Image.new("RGBA", whole, "#000000")
    mark.putalpha(texts.ink(setting, whole, stroke=stroke).point(lambda level: level * 0.75))
    letters = Image.new("RGBA", whole, _WHITE)
    letters.putalpha(texts.ink(setting, whole))
    return _faded(Image.alpha_composite(mark, letters), opacity)


def picture_mark(image: Image.Image, canvas: Size, opacity: float) -> Image.Image:
    """A watermark of a picture, mode RGBA: no wider than a quarter of the canvas, nor higher.

    Args:
        image: mode RGB or RGBA, as `actors.pictures.rendered` gives it; it is never enlarged.
        canvas: that it will lie on.
        opacity: from 0, unseen, to 1.
    """
    share = min(
        1,
        canvas.width / _MARK_SHARE / image.width,
        canvas.height / _MARK_SHARE / image.height,
    )
    size = (max(1, int(image.width * share)), max(1, int(image.height * share)))
    # Pillow multiplies colours with their alpha meanwhile
    mark = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return _faded(mark.convert("RGBA"), opacity)


def _badge(text: str, height: int, widest: int) -> Image.Image:
    label = texts.text_image(
        text,
        size=max(1, round(height * 0.55)),
        colour=_WHITE,
        width=max(1, widest - height // 3),
        lines=1,
        shares=_NUMBERS,
    )
    width = min(max(height, label.width + height // 3), widest)
    ring = max(1, height // 16)
    badge = Image.new("RGBA", (width, height), _RING)
    inside = Size(max(1, width - 2 * ring), max(1, height - 2 * ring))
    badge.paste(
        Image.new("RGBA", (inside.width, inside.height), _BADGE),
        (ring, ring),
        corner_mask(inside, height),
    )
    stamp(badge, label, (width - label.width) // 2, (height - label.height) // 2)
    return masked(badge, corner_mask(Size(width, height), height))


def _faded(mark: Image.Image, opacity: float) -> Image.Image:
    mark.putalpha(mark.getchannel("A").point(lambda level: level * opacity))
    return mark
