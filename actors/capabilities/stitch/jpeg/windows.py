"""Encodes a window of a picture in memory as a JPEG.

Owns: the use of Pillow's encoder below its plain interface (`Image._getencoder`), and the test at
first use that it still does there what the plain interface does.
Never: joins what it encodes (`jpeg.strips` does).

What is encoded in its place is not copied before. An encoder that is given a file's descriptor lets
go of the interpreter meanwhile, which one that returns bytes does not.
"""

import io
import os
from functools import cache
from typing import Final

from PIL import Image

from actors.capabilities.stitch.geometry import Size
from actors.pictures import allowing

_BUFFER: Final = 1 << 16

Box = tuple[int, int, int, int]
"""Left, top, right, bottom, in pixels."""

_HALVED: Final = 2

_TRIED: Final = Size(80, 48)
"""Of the strip on which windows are tried."""


def encode_window(
    strip: Image.Image, box: Box, descriptor: int, config: tuple[object, ...]
) -> None:
    """Appends a JPEG of the window to the file."""
    encoder = Image._getencoder(strip.mode, "jpeg", (strip.mode,), config)  # noqa: SLF001 -- see above
    try:
        encoder.setimage(strip.im, box)
        error = encoder.encode_to_file(descriptor, _BUFFER)
        if error < 0:
            raise OSError("the JPEG encoder failed")
    finally:
        encoder.cleanup()


def config(quality: int, dpi: int = 0) -> tuple[object, ...]:
    """What the encoder is to do, in the order of Pillow 13's `JpegImagePlugin._save`.

    Colours halved both ways (4:2:0), a restart marker after each row of MCUs, no tables but the
    standard's. `dpi` are the pixels an inch that JFIF's segment tells; 0: it tells none.
    """
    progressive = smooth = optimize = keep_rgb = streamtype = blocks = 0
    how = (progressive, smooth, optimize, keep_rgb, streamtype, (dpi, dpi), _HALVED, blocks, 1)
    tables, comment, extra, exif = None, None, b"", b""
    return (quality, *how, tables, comment, extra, exif)


@cache
def work() -> bool:
    """Whether windows do in this Pillow what its plain interface does; tried once a process.

    One is encoded both ways, and compared to the byte.

    Raises:
        MemoryError: there is too little of it now; the next call tries again.
    """
    try:
        # the first use may come while nothing but tiny pictures may be read
        with allowing(_TRIED.width * _TRIED.height):
            return _tried()
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- whatever has become of them: the plain way is there
        return False


def _tried() -> bool:
    tile = Image.linear_gradient("L").resize((_TRIED.width, _TRIED.height))
    strip = Image.merge("RGB", (tile, tile.transpose(Image.Transpose.ROTATE_180), tile))
    box = (0, 8, _TRIED.width, _TRIED.height)
    return encoded(strip, box, config(90)) == encoded_plainly(strip, box, 90, 0)


def encoded(strip: Image.Image, box: Box, config: tuple[object, ...]) -> bytearray:
    """A window as a JPEG of its own. May run in any thread, several at once."""
    with _in_memory() as file:
        encode_window(strip, box, file.fileno(), config)
        return _all_of(file)


def encoded_plainly(strip: Image.Image, box: Box, quality: int, dpi: int) -> bytearray:
    """What `encoded` makes, by Pillow's plain interface: the window is copied first."""
    with _in_memory() as file:
        strip.crop(box).save(
            file,
            "JPEG",
            quality=quality,
            subsampling=_HALVED,
            dpi=(dpi, dpi),
            restart_marker_rows=1,
        )
        return _all_of(file)


def _in_memory() -> io.BufferedRandom:
    """A file with a descriptor, but on no disk."""
    return open(os.memfd_create("strip", os.MFD_CLOEXEC), "w+b")  # noqa: PTH123 -- it has no path; who asked closes it


def _all_of(file: io.BufferedRandom) -> bytearray:
    data = bytearray(os.fstat(file.fileno()).st_size)
    file.seek(0)
    file.readinto(data)
    return data
