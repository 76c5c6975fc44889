"""How pictures are turned, and where a part of a turned one lies in what is stored.

Owns: EXIF's turns and ours, and the way of a box back through them.
Never: reads a file or decodes.
"""

from typing import Final

from PIL import Image

Edges = tuple[int, int, int, int]
"""Left, top, right, bottom, in pixels."""

# EXIF 2.3, tag 0x0112: what brings a picture upright, for each value but 1 (already is).
BY_EXIF: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Ours go clockwise, Pillow's counterclockwise.
CLOCKWISE: Final = {
    90: Image.Transpose.ROTATE_270,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}

_LYING: Final = frozenset(
    {
        Image.Transpose.TRANSPOSE,
        Image.Transpose.ROTATE_270,
        Image.Transpose.TRANSVERSE,
        Image.Transpose.ROTATE_90,
    }
)


def turns(orientation: int, turn: int) -> tuple[Image.Transpose, ...]:
    """What is done to a stored picture, one after the other.

    Args:
        orientation: EXIF's, 1 to 8.
        turn: degrees clockwise beyond that.
    """
    found = (BY_EXIF.get(orientation), CLOCKWISE.get(turn))
    return tuple(one for one in found if one is not None)


def swapped(size: tuple[int, int], done: tuple[Image.Transpose, ...]) -> tuple[int, int]:
    """A size after the turns; before them, given the one after: they swap sides or do not."""
    lying = sum(one in _LYING for one in done) % 2
    return (size[1], size[0]) if lying else size


def stored(part: Edges, size: tuple[int, int], done: tuple[Image.Transpose, ...]) -> Edges:
    """Where a part of a turned picture of this size lies before the turns."""
    for one in reversed(done):
        part = _before(part, size, one)
        size = swapped(size, (one,))
    return part


def _before(part: Edges, size: tuple[int, int], turn: Image.Transpose) -> Edges:
    left, top, right, bottom = part
    width, height = size
    return {
        Image.Transpose.FLIP_LEFT_RIGHT: (width - right, top, width - left, bottom),
        Image.Transpose.FLIP_TOP_BOTTOM: (left, height - bottom, right, height - top),
        Image.Transpose.ROTATE_180: (width - right, height - bottom, width - left, height - top),
        Image.Transpose.ROTATE_270: (top, width - right, bottom, width - left),
        Image.Transpose.ROTATE_90: (height - bottom, left, height - top, right),
        Image.Transpose.TRANSPOSE: (top, left, bottom, right),
        Image.Transpose.TRANSVERSE: (height - bottom, width - right, height - top, width - left),
    }[turn]
