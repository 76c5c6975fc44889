"""Makes a blurred, darkened backdrop of a picture; for child processes only.

Owns: the looks of the backdrop, and how it meets those of its neighbours: each fades into the same
shade there, since a picture is painted without knowing the next one's colours.
Never: holds more than a tile beside what it paints: a backdrop is kept as its seed, which is tiny,
and enlarged where it is seen.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from PIL import Image, ImageFilter

from actors.capabilities.stitch.decor.stamping import common, stamp
from actors.capabilities.stitch.geometry import Box, Size

# Pixels of a seed's longer side. All that is finer is blurred away in any case.
_SEED_SIDE: Final = 48
_BLUR: Final = 2.5
_BRIGHTNESS: Final = 0.72

_FULL: Final = 255

# What all backdrops fade into where they meet: a shadow between them, not a line.
_SHADE: Final = (32, 32, 34)
# Of a box's shorter side: over no more pixels than this a backdrop fades, however much is free.
_LONGEST_FADE: Final = 12
# Over this many it does where nothing is free: it is seen in the margin only.
_SHORTEST_FADE: Final = 24

# A seed is enlarged by this many pixels at a time, counted from the box's corner and not from the
# strip's: the same pixels come out whichever rows of the canvas a strip holds.
_TILE: Final = 512


@dataclass(frozen=True, slots=True)
class Seed:
    """The blurred picture, very small: its bands in mode F, so that no step rounds but the last.

    A resize of 8-bit pixels rounds between its two passes, which shows as stripes.

    Attributes:
        mode: RGB, or RGBa: colours multiplied by their alpha, or transparent pixels would bleed.
        bands: of that mode, as levels to be cut to whole ones.
    """

    mode: str
    bands: tuple[Image.Image, ...]


def seed(image: Image.Image, size: Size) -> Seed:
    """What `cover` needs to fill a box of this size.

    Args:
        image: mode RGB or RGBA.
        size: of the box; only its proportions matter.
    """
    scale = min(1, _SEED_SIDE / size.side)
    small = (max(1, round(size.width * scale)), max(1, round(size.height * scale)))
    shrunk = image.resize(small, Image.Resampling.BOX, _middle(image, size), reducing_gap=2.0)
    if shrunk.mode == "RGBA":
        shrunk = shrunk.convert("RGBa")
    soft = shrunk.filter(ImageFilter.GaussianBlur(_BLUR))
    red, green, blue, *alpha = (band.convert("F") for band in soft.split())
    # the half is what makes cutting a rounding
    darkened = [band.point(lambda level: level * _BRIGHTNESS + 0.5) for band in (red, green, blue)]
    return Seed(soft.mode, (*darkened, *(band.point(lambda level: level + 0.5) for band in alpha)))


class Fading(NamedTuple):
    """Over how many pixels from each side a backdrop fades in; 0: there it begins at once."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0


AT_ONCE: Final = Fading()


def fading(box: Box, kept: Box, canvas: Size) -> Fading:
    """How a backdrop meets its neighbours, which are on all sides but the canvas's own.

    Args:
        box: the backdrop's, on the canvas.
        kept: what lies on it.
    """
    side = min(box.width, box.height)

    def over(free: int, edge: int, end: int) -> int:
        return 0 if edge == end else min(free or side // _SHORTEST_FADE, side // _LONGEST_FADE)

    return Fading(
        over(kept.left - box.left, box.left, 0),
        over(kept.top - box.top, box.top, 0),
        over(box.right - kept.right, box.right, canvas.width),
        over(box.bottom - kept.bottom, box.bottom, canvas.height),
    )


def cover(strip: Image.Image, box: Box, seed: Seed, fading: Fading = AT_ONCE) -> None:
    """Fills a box of the strip with the backdrop; what lay there shows where it is transparent.

    Args:
        strip: mode RGB or RGBA.
        box: may reach beyond the strip.
        seed: made for a box of this size.
        fading: at the sides where it meets another one.
    """
    whole = Box(0, 0, strip.width, strip.height)
    for top in range(0, box.height, _TILE):
        for left in range(0, box.width, _TILE):
            tile = Box(left, top, min(_TILE, box.width - left), min(_TILE, box.height - top))
            place = Box(box.left + left, box.top + top, tile.width, tile.height)
            if common(place, whole):
                _lay(_faded(_enlarged(seed, box, tile), box.size, tile, fading), strip, place)


def _lay(piece: Image.Image, strip: Image.Image, place: Box) -> None:
    if piece.mode == "RGBA":
        stamp(strip, piece, place.left, place.top)
    else:
        strip.paste(piece, (place.left, place.top))


def _faded(piece: Image.Image, size: Size, tile: Box, fading: Fading) -> Image.Image:
    """A tile of a backdrop of this size, darker towards the sides where it fades."""
    lefts = range(tile.left, min(tile.right, fading.left))
    rights = range(max(tile.left, size.width - fading.right), tile.right)
    tops = range(tile.top, min(tile.bottom, fading.top))
    bottoms = range(max(tile.top, size.height - fading.bottom), tile.bottom)
    for columns, over, edge in ((lefts, fading.left, 0), (rights, fading.right, size.width)):
        if levels := _levels(columns, over, edge):
            place = (columns[0] - tile.left, 0, columns[-1] + 1 - tile.left, tile.height)
            _shade(piece, place, Image.frombytes("L", (len(levels), 1), levels))
    for rows, over, edge in ((tops, fading.top, 0), (bottoms, fading.bottom, size.height)):
        if levels := _levels(rows, over, edge):
            place = (0, rows[0] - tile.top, tile.width, rows[-1] + 1 - tile.top)
            _shade(piece, place, Image.frombytes("L", (1, len(levels)), levels))
    return piece


def _levels(line: range, over: int, edge: int) -> bytes:
    """How much is seen of each pixel, which fade in over so many from an edge."""
    return bytes(round(_FULL * _eased(abs(edge - at - 0.5) / over)) for at in line)


def _shade(piece: Image.Image, place: tuple[int, int, int, int], levels: Image.Image) -> None:
    """Darkens a part of the piece as far as the levels, which are drawn over it, leave it."""
    part = piece.crop(place)
    shade = Image.new("RGB", part.size, _SHADE)
    shade.paste(part.convert("RGB"), mask=levels.resize(part.size))
    if piece.mode == "RGBA":
        shade.putalpha(part.getchannel("A"))
    piece.paste(shade, place)


def _eased(share: float) -> float:
    """From 0 to 1, slower and slower."""
    return share * (2 - share)


def _middle(image: Image.Image, size: Size) -> tuple[float, float, float, float]:
    """The largest part in the middle of the picture that has these proportions."""
    share = min(image.width / size.width, image.height / size.height)
    width, height = size.width * share, size.height * share
    # what is divided and multiplied again may be larger than it was by the last bit
    left, top = max(0.0, image.width - width) / 2, max(0.0, image.height - height) / 2
    return (left, top, min(left + width, image.width), min(top + height, image.height))


def _enlarged(seed: Seed, box: Box, tile: Box) -> Image.Image:
    """A tile of the backdrop, whose place is told from the box's corner; mode RGB or RGBA."""
    width, height = seed.bands[0].size
    across, down = width / box.width, height / box.height
    part = (
        tile.left * across,
        tile.top * down,
        min(tile.right * across, width),
        min(tile.bottom * down, height),
    )
    size = (tile.width, tile.height)
    bands = [band.resize(size, Image.Resampling.BICUBIC, part).convert("L") for band in seed.bands]
    image = Image.merge(seed.mode, bands)
    return image.convert("RGBA") if seed.mode == "RGBa" else image
