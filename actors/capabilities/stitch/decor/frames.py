"""Rounds the corners of pictures and draws frames around them; for child processes only.

Owns: the shape of a rounded corner, smooth at its edge.
Never: touches more of a picture than its corners, or asks for more memory than theirs.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

from actors.capabilities.stitch.decor.stamping import common, masked, stamp
from actors.capabilities.stitch.geometry import Box, Size


def corner_mask(size: Size, radius: int) -> Image.Image:
    """A rectangle with rounded corners, mode L: 255 inside, 0 outside, smooth between.

    A radius of more than half of the shorter side is taken for that half: a pill, or a circle.
    """
    whole = Box(0, 0, size.width, size.height)
    radius = _within(whole, radius)
    mask = Image.new("L", (size.width, size.height), 255)
    for corner, tile in _corners(whole, _quarter(radius)):
        mask.paste(tile, (corner.left, corner.top))
    return mask


@contextmanager
def rounding(strip: Image.Image, box: Box, radius: int) -> Iterator[None]:
    """What is painted into the box inside of this comes out with rounded corners.

    What lay in the corners before is kept there, mixed with the new at their edge. So a picture may
    be decoded straight into the strip, and what is drawn on it is rounded with it. On an RGBA strip
    the colours at the edge stay true, only their alpha falls.

    Args:
        strip: mode RGB or RGBA.
        box: may reach beyond the strip.
        radius: in pixels; see `corner_mask`. 0 leaves the corners square.
    """
    kept = [
        (corner, tile, _cut(strip, corner))
        for corner, tile in _corners(box, _quarter(_within(box, radius)))
        if common(corner, Box(0, 0, strip.width, strip.height))
    ]
    yield
    for corner, tile, before in kept:
        piece = masked(_cut(strip, corner).convert("RGBA"), tile)
        strip.paste(before, (corner.left, corner.top))
        stamp(strip, piece, corner.left, corner.top)


def border(strip: Image.Image, box: Box, width: int, colour: str, radius: int = 0) -> None:
    """Draws a frame around a box; to be called before the picture is painted into it.

    Args:
        strip: mode RGB or RGBA.
        box: the picture's. The frame lies outside of it, `width` pixels all around, and under
            its rounded corners, so that no background shines through between the two.
        width: in pixels; 0 draws nothing.
        colour: `#rrggbb`.
        radius: of the picture's corners; the frame's outer ones have `width` more, so that it is
            equally thick everywhere. 0 leaves both of them square.
    """
    if width < 1:
        return
    outer = Box(box.left - width, box.top - width, box.width + 2 * width, box.height + 2 * width)
    bend = _bend(_within(box, radius), width)
    for side in _sides(outer, width, bend.width):
        # a box without pixels is not empty to Pillow but turned around
        if side.width > 0 and side.height > 0:
            strip.paste(colour, (side.left, side.top, side.right, side.bottom))
    for corner, tile in _corners(outer, bend):
        piece = Image.new("RGBA", tile.size, colour)
        piece.putalpha(tile)
        stamp(strip, piece, corner.left, corner.top)


def _bend(radius: int, width: int) -> Image.Image:
    """A frame's upper left corner: all that a picture's rounded corner does not wholly cover."""
    if not radius:
        return Image.new("L", (width, width), 255)
    bend = _quarter(radius + width)
    covered = _quarter(radius).point(lambda level: 255 * (level == 255))  # noqa: PLR2004 - opaque
    bend.paste(0, (width, width), covered)
    return bend


def _sides(outer: Box, width: int, corner: int) -> list[Box]:
    """The four straight parts of a frame, between corners of this length."""
    across, down = outer.width - 2 * corner, outer.height - 2 * corner
    left, top = outer.left + corner, outer.top + corner
    return [
        Box(left, outer.top, across, width),
        Box(left, outer.bottom - width, across, width),
        Box(outer.left, top, width, down),
        Box(outer.right - width, top, width, down),
    ]


def _within(box: Box, radius: int) -> int:
    return max(0, min(radius, box.width // 2, box.height // 2))


def _corners(box: Box, tile: Image.Image) -> list[tuple[Box, Image.Image]]:
    """The four corners of a box, each with the upper left one's tile turned to suit it."""
    length = tile.width
    right, bottom = box.right - length, box.bottom - length
    turn = Image.Transpose
    return [
        (Box(box.left, box.top, length, length), tile),
        (Box(right, box.top, length, length), tile.transpose(turn.FLIP_LEFT_RIGHT)),
        (Box(box.left, bottom, length, length), tile.transpose(turn.FLIP_TOP_BOTTOM)),
        (Box(right, bottom, length, length), tile.transpose(turn.ROTATE_180)),
    ]


def _cut(strip: Image.Image, box: Box) -> Image.Image:
    return strip.crop((box.left, box.top, box.right, box.bottom))


def _quarter(radius: int) -> Image.Image:
    """The upper left quarter of a disc, mode L, `radius` pixels wide and high."""
    rows = b"".join(_row(radius, radius - row - 0.5) for row in range(radius))
    return Image.frombytes("L", (radius, radius), rows)


def _row(radius: int, height: float) -> bytes:
    """A row of the quarter, so many pixels above the disc's middle.

    How much of a pixel is covered is told by how far its middle is from the edge. That is less than
    an eighth off what counting finer pixels gives, and only pixels on the edge need the sum.
    """
    middle = radius - 0.5
    outside = math.ceil(middle - _reach(radius + 0.5, height))
    inside = math.ceil(middle - _reach(radius - 0.5, height))
    edge = (radius + 0.5 - math.hypot(middle - column, height) for column in range(outside, inside))
    levels = bytes(round(255 * min(max(0, share), 1)) for share in edge)
    return bytes(outside) + levels + b"\xff" * (radius - inside)


def _reach(radius: float, height: float) -> float:
    """Half of a disc's width at this height; 0 above it."""
    return math.sqrt(max(0, radius * radius - height * height))
