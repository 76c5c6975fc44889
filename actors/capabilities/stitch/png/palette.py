"""Reduces a picture to few colours, for an indexed PNG.

Owns: which colours, and which of them each pixel gets.
Never: writes.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageChops

_DEPTHS: Final = (1, 2, 4, 8)

_OPAQUE: Final = 255

_SAMPLED: Final = 256
"""Pixels of each side that are enough to choose colours by."""

_FLAT: Final = 100
"""A colour that has one pixel of so many is a surface, such as paper: it is kept to the level."""

_LEAST_VEILED: Final = 8
"""One place of so many is for what is seen through a little, where there is such, or more."""

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
    a picture that has no more colours than that stays as it is.
    """
    if picture.mode == "RGB":
        return _trimmed(_scattered(picture, most))
    if picture.getchannel("A").getextrema() == (_OPAQUE, _OPAQUE):
        return _trimmed(_scattered(picture.convert("RGB"), most))
    return _trimmed(_veiled(picture, most))


def _scattered(picture: Image.Image, most: int) -> Image.Image:
    if picture.getcolors(most) is not None:
        return picture.quantize(most, Image.Quantize.MEDIANCUT)
    return picture.quantize(palette=_palette(picture, most))


def _veiled(picture: Image.Image, most: int) -> Image.Image:
    """A picture that can be seen through, in places.

    The first place is of nothing at all, some are of what is seen through a little, such as round
    corners, and the others as those of an opaque picture. (Of Pillow's ways to choose colours only
    an octree knows alpha, but it makes the least of them, and takes what it has no place for as the
    first.)
    """
    alpha = picture.getchannel("A")
    clear, *between, _ = alpha.histogram()
    veils = _veils(most, sum(between) / max(1, picture.width * picture.height - clear))
    # without places for what is veiled, one half of it is nothing and the other solid
    nothing = alpha.point([_OPAQUE * (level < (1 if veils else 128)) for level in range(256)])
    solid = alpha.point([_OPAQUE * (level >= (_OPAQUE if veils else 128)) for level in range(256)])
    colours = _scattered(_filled(picture, solid), most - veils - 1)
    places = colours.point([(place + veils + 1) % 256 for place in range(256)])
    palette = bytes(4)
    if veils:
        thin, tints = _thin(picture, alpha, ImageChops.invert(nothing), veils)
        places.paste(thin, mask=ImageChops.invert(ImageChops.lighter(nothing, solid)))
        palette += tints
    places.paste(0, mask=nothing)
    places.putpalette(palette + bytes(colours.getpalette("RGBA") or ()), "RGBA")
    return places


def _thin(
    picture: Image.Image, alpha: Image.Image, seen: Image.Image, veils: int
) -> tuple[Image.Image, bytes]:
    """Places from 1 on for what is veiled, and their palette: some colours, each of some alphas.

    The colours are those of all that is seen: the veiled pixels of an edge are too few to choose.
    """
    levels = math.isqrt(veils)
    count = veils // levels
    colours = _scattered(_filled(picture, seen), count)
    steps = alpha.point([1 + level * levels // 256 * count for level in range(256)])
    indices = Image.frombytes("L", colours.size, colours.tobytes())
    palette = bytes(colours.getpalette("RGB") or ())[: 3 * count].ljust(3 * count, b"\0")
    tints = bytearray()
    for level in range(levels):
        middle = (2 * level + 1) * 128 // levels
        for at in range(0, 3 * count, 3):
            tints += palette[at : at + 3] + bytes([middle])
    return ImageChops.add(indices, steps), bytes(tints.ljust(4 * veils, b"\0"))


def _veils(most: int, share: float) -> int:
    """Places for what is seen through a little, by its share of what is seen at all."""
    if not share or most < _LEAST_VEILED:
        return 0
    # one is for nothing, and one at least for what is solid
    return min(most - 2, max(most // _LEAST_VEILED, int(most * share)))


def _filled(picture: Image.Image, part: Image.Image) -> Image.Image:
    """A part of a picture; elsewhere lies the part's commonest colour, so that none is new."""
    sampled = _sampled(picture)
    sample, inside = (
        image.resize(sampled, Image.Resampling.NEAREST) for image in (picture.convert("RGB"), part)
    )
    sample.putalpha(inside)
    counted = [
        (count, colour)
        for count, colour in sample.getcolors(sampled[0] * sampled[1]) or []
        if isinstance(colour, tuple) and colour[3] == _OPAQUE
    ]
    _, commonest = max(counted, default=(0, (0, 0, 0, 0)))
    filled = Image.new("RGB", picture.size, commonest[:3])
    filled.paste(picture.convert("RGB"), mask=part)
    return filled


def _sampled(picture: Image.Image) -> tuple[int, int]:
    return min(picture.width, _SAMPLED), min(picture.height, _SAMPLED)


def _palette(picture: Image.Image, most: int) -> Image.Image:
    """The colours of the picture's surfaces as they are, and middles of all others."""
    wide, high = _sampled(picture)
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
