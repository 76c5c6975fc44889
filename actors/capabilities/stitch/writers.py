"""Encodes a canvas into a file; for child processes only.

Owns: one writer a format, with its settings, and how long it takes beside reading.
Never: chooses a format, checks a limit (geometry has done so), keeps the encoded bytes in memory
where the encoder can do without.
"""

import errno
import importlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Final

from PIL import Image

from actors.capabilities.stitch.geometry import Format

_END_OF_IMAGE: Final = b"\xff\xd9"


@dataclass(frozen=True, slots=True)
class Writer:
    """How one format is written.

    Attributes:
        save: writes the canvas, of mode RGB or RGBA, to a file opened for writing and reading; the
            number is the quality, 1 to 100. Raises OSError when the file cannot be written whole.
        effort: time to write a pixel, when reading one takes 1. Only progress depends on it.
    """

    save: Callable[[Image.Image, IO[bytes], int], None]
    effort: float


def save_jpeg(canvas: Image.Image, file: IO[bytes], quality: int) -> None:
    """Baseline with halved colour resolution; written straight to the file, slice by slice."""
    canvas.save(file, "JPEG", quality=quality)
    # On a disk that fills up, Pillow takes a short write of the last slice for a whole one.
    file.seek(-len(_END_OF_IMAGE), os.SEEK_END)
    if file.read() != _END_OF_IMAGE:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def save_png(canvas: Image.Image, file: IO[bytes], _quality: int) -> None:
    """Lossless, so there is no quality. Level 1 takes half the time of level 6 for 10 % more."""
    canvas.save(file, "PNG", compress_level=1)


def save_webp(canvas: Image.Image, file: IO[bytes], quality: int) -> None:
    """Lossy, alpha lossless; method 2 takes 0.6 of the time of the usual 4 for 4 % more bytes.

    The library holds the encoded picture in memory.
    """
    # without this, Pillow would import its forty plugins to find the one
    importlib.import_module("PIL.WebPImagePlugin")
    canvas.save(file, "WEBP", quality=quality, method=2)


# Efforts measured beside reading JPEG photographs and PNG screenshots; they differ by half.
WRITERS: Final[dict[Format, Writer]] = {
    "jpeg": Writer(save_jpeg, effort=0.5),
    "png": Writer(save_png, effort=5.0),
    "webp": Writer(save_webp, effort=20.0),
}
