"""Decodes a picture straight into its place in a larger one; for child processes only.

Owns: how Pillow's reader is given another picture's memory and place for its own, and the test at
first use that it still takes them.
Never: reads a head (Pillow's own plugins do), converts colours, or turns pictures.

A picture decoded into its place is touched once; by the plain interface it is decoded, copied and
thrown away.
"""

import io
from functools import cache
from typing import Final

from PIL import Image, ImageFile

from actors.capabilities.stitch.geometry import Size
from actors.pictures import allowing

_CODECS: Final = {"jpeg": ("JPEG", ("RGB",)), "zip": ("PNG", ("RGB", "RGBA"))}
"""Pillow's decoders that can do it: the format of each, and the modes of the strips."""

_TRIED: Final = Size(80, 48)
"""Of the strip on which windows are tried."""


def fits(image: Image.Image, strip: Image.Image) -> bool:
    """Whether the picture's pixels are those of such a strip as they are decoded.

    They are when it has the strip's mode, no colour stands for none, and its rows come one after
    the other: of an interlaced PNG they do not, and an animated one may fill a part of its size.
    What is told behind the rows comes too late, as the PNG specification has it.
    """
    if not isinstance(image, ImageFile.ImageFile) or image.mode != strip.mode:
        return False
    if len(image.tile) != 1 or image.info.get("interlace") or "transparency" in image.info:
        return False
    (tile,) = image.tile
    _, modes = _CODECS.get(tile.codec_name, ("", ()))
    return tile.extents == (0, 0, *image.size) and image.mode in modes and work(tile.codec_name)


def decode_into(image: Image.Image, strip: Image.Image, left: int, top: int) -> None:
    """Decodes an opened picture that `fits` to its place; all of it must lie in the strip.

    On failure part of it may be there.

    Raises:
        ValueError: it is of another kind or mode, or reaches beyond the strip.
        Whatever Pillow raises for data that is broken or cut short.
    """
    right, bottom = left + image.width, top + image.height
    inside = left >= 0 and top >= 0 and right <= strip.width and bottom <= strip.height
    if not isinstance(image, ImageFile.ImageFile) or image.mode != strip.mode or not inside:
        raise ValueError("the picture does not fit the strip")
    (tile,) = image.tile
    image.im = strip.im
    image.tile = [tile._replace(extents=(left, top, right, bottom))]
    image.load()


@cache
def work(codec: str) -> bool:
    """Whether this decoder does there what Pillow's plain interface does; tried once a process.

    Raises:
        MemoryError: there is too little of it now; the next call tries again.
    """
    try:
        # the first use may come while nothing but tiny pictures may be read
        with allowing(_TRIED.width * _TRIED.height):
            format, modes = _CODECS[codec]
            return all(_tried(format, mode) for mode in modes)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- whatever has become of it: the plain way is there
        return False


def _tried(format: str, mode: str) -> bool:
    tile = Image.linear_gradient("L").resize((48, 32))
    bands = [tile, tile.transpose(Image.Transpose.ROTATE_180), tile, tile][: len(mode)]
    file = io.BytesIO()
    Image.merge(mode, bands).save(file, format)
    strip, expected = (Image.new(mode, (_TRIED.width, _TRIED.height)) for _ in range(2))
    with Image.open(file, formats=[format]) as opened:
        decode_into(opened, strip, 32, 16)
    expected.paste(Image.open(file, formats=[format]), (32, 16))
    return strip.tobytes() == expected.tobytes()
