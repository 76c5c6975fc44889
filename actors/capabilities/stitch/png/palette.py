"""Reduces a picture to few colours, for an indexed PNG.

Owns: which colours, and which of them each pixel gets.
Never: writes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from PIL import Image

_DEPTHS: Final = (1, 2, 4, 8)

_OPAQUE: Final = 255

_SAMPLED: Final = 512
"""Pixels of each side that are enough to choose colours by."""

_FLAT: Final = 100
"""A colour that has one pixel of so many is a surface, such as paper: it is kept to the level."""

_ALIKE: Final = 8
"""Levels: one colour that is nearer to another than that, Pillow may take for it, to be quick."""


@dataclass(frozen=True, slots=True)
class Reduced:
    """A picture as places in a palette.

    Attributes:
        places: the picture, mode P.
        colours: red, green and blue of each place.
        alpha: of the first places; those behind are opaque.
        depth: bits that a place takes.
    """

    places: Image.Image
    colours: bytes
    alpha: bytes
    depth: int


def reduced(picture: Image.Image, most: int) -> Reduced:
    """An RGB or RGBA picture in at most so many colours, 2 to 256.

    What few colours cannot show is scattered (Floyd and Steinberg), so that the sky gets no steps;
    a picture that has no more colours than that stays as it is. With transparency the palette comes
    of an octree, which alone knows alpha, and nothing is scattered.
    """
    if picture.mode == "RGBA":
        return _trimmed(picture.quantize(most, Image.Quantize.FASTOCTREE))
    if picture.getcolors(most) is not None:
        return _trimmed(picture.quantize(most, Image.Quantize.MEDIANCUT))
    return _trimmed(picture.quantize(palette=_palette(picture, most)))


def _palette(picture: Image.Image, most: int) -> Image.Image:
    """The colours of the picture's surfaces as they are, and middles of all others."""
    wide, high = (min(side, _SAMPLED) for side in picture.size)
    sample = picture.resize((wide, high), Image.Resampling.NEAREST)
    counted = sample.getcolors(wide * high) or []
    flat = sorted((found for found in counted if found[0] * _FLAT >= wide * high), reverse=True)
    exact = [bytes(colour) for _, colour in flat[: most // 4]]  # type: ignore[arg-type]  # three levels each
    middles = sample.quantize(most - len(exact), Image.Quantize.MEDIANCUT).getpalette("RGB") or []
    others = [
        other
        for other in zip(*[iter(middles)] * 3, strict=True)
        if not any(_alike(other, colour) for colour in exact)
    ]
    palette = Image.new("P", (1, 1))
    palette.putpalette(b"".join([*exact, *map(bytes, others)]))
    return palette


def _alike(one: Iterable[int], other: Iterable[int]) -> bool:
    return all(abs(a - b) < _ALIKE for a, b in zip(one, other, strict=True))


def _trimmed(places: Image.Image) -> Reduced:
    """Without the palette's places that no pixel has, at its end."""
    _, greatest = places.getextrema()
    count = int(greatest) + 1  # type: ignore[arg-type]  # one band
    palette = bytes(places.getpalette("RGBA") or ())
    alpha = palette[3 : 4 * count : 4].rstrip(bytes([_OPAQUE]))
    colours = bytes(places.getpalette("RGB") or ())[: 3 * count]
    depth = next(depth for depth in _DEPTHS if count <= 1 << depth)
    return Reduced(places, colours, alpha, depth)
