"""PNGs with all filters, which Pillow's writer would not make of small pictures.

Owns: the filters' arithmetic in its plainest form (PNG specification, section 9).
Never: reads what it made.
"""

import random
import zlib
from itertools import pairwise

from PIL import Image

from tests.hostile import containers as box

COLOURS = {"L": 0, "RGB": 2, "LA": 4, "RGBA": 6}
"""Colour types of Pillow's modes."""


def filtered(image: Image.Image, dice: random.Random, *further: tuple[bytes, bytes]) -> bytes:
    """The picture as a PNG whose rows have filters by chance, the first one's included.

    Args:
        further: chunks before its rows.
    """
    width, height = image.size
    step = len(image.getbands())
    rows = [image.crop((0, row, width, row + 1)).tobytes() for row in range(height)]
    above, data = bytes(len(rows[0])), bytearray()
    for row in rows:
        kind = dice.randrange(5)
        data.append(kind)
        for place, value in enumerate(row):
            left = row[place - step] if place >= step else 0
            corner = above[place - step] if place >= step else 0
            data.append(value - predicted(kind, left, above[place], corner) & 0xFF)
        above = row
    stream = zlib.compress(bytes(data), dice.randrange(10))
    cuts = sorted(dice.randrange(len(stream) + 1) for _ in range(dice.randrange(3)))
    parts = [(b"IDAT", stream[begin:end]) for begin, end in pairwise([0, *cuts, len(stream)])]
    return box.png(box.header(width, height, 8, COLOURS[image.mode]), *further, *parts)


def predicted(kind: int, left: int, above: int, corner: int) -> int:
    """What a filter takes from a byte."""
    if kind == 4:
        guess = left + above - corner
        near = [
            (abs(guess - value), place, value) for place, value in enumerate((left, above, corner))
        ]
        return min(near)[2]
    return (0, left, above, (left + above) // 2)[kind]
