"""Reduces a picture to few colours, for an indexed PNG.

Owns: which colours, and which of them each pixel gets.
Never: writes.
"""

from dataclasses import dataclass
from typing import Final

from PIL import Image

_DEPTHS: Final = (1, 2, 4, 8)

_OPAQUE: Final = 255


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
    known = picture.getcolors(most)
    if picture.mode == "RGBA":
        places = picture.quantize(most, Image.Quantize.FASTOCTREE)
    elif known is not None:
        places = picture.quantize(most, Image.Quantize.MEDIANCUT)
    else:
        palette = picture.quantize(most, Image.Quantize.MEDIANCUT)
        places = picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    return _trimmed(places)


def _trimmed(places: Image.Image) -> Reduced:
    """Without the palette's places that no pixel has, at its end."""
    _, greatest = places.getextrema()
    count = int(greatest) + 1  # type: ignore[arg-type]  # one band
    palette = bytes(places.getpalette("RGBA") or ())
    alpha = palette[3 : 4 * count : 4].rstrip(bytes([_OPAQUE]))
    colours = bytes(places.getpalette("RGB") or ())[: 3 * count]
    depth = next(depth for depth in _DEPTHS if count <= 1 << depth)
    return Reduced(places, colours, alpha, depth)
