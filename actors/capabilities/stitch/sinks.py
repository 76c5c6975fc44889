"""Writes bands of a canvas into a file, as one picture of a format; for child processes only.

Owns: the contract that all formats' writers fulfil, and which writer a format has.
Never: paints, chooses a format, checks a limit (geometry has done so).

`encoded` may run in several threads at once, each with a strip of its own; what it makes is given
to `write` in order, by one thread.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, Final, Protocol

from PIL import Image

from actors.capabilities.stitch.geometry import Format, Size
from actors.capabilities.stitch.jpeg import windows
from actors.capabilities.stitch.jpeg.strips import Scans
from actors.capabilities.stitch.png import pixels
from actors.capabilities.stitch.png.file import Piece, PngFile


class Sink(Protocol):
    """One file on its way.

    Attributes:
        step: a band's rows are written in multiples of so many; those left over go with the next
            band, but for the last one, which may have any number.
    """

    step: int

    def encoded(self, strip: Image.Image, rows: int) -> Any:
        """The first rows of a strip, ready to be written."""

    def write(self, piece: Any) -> None:
        """Appends what `encoded` made of the next rows. Raises OSError."""

    def finish(self) -> None:
        """The last rows are written. Raises OSError when the file is not whole."""


class JpegSink:
    """Baseline with halved colour resolution, in strips that are joined at restart markers."""

    step = 16

    def __init__(self, file: IO[bytes], size: Size, _mode: str, quality: int) -> None:
        self._scans = Scans(file, size.height)
        self._config = windows.config(quality)

    def encoded(self, strip: Image.Image, rows: int) -> bytearray:
        """See `Sink`."""
        return windows.encoded(strip, (0, 0, strip.width, rows), self._config)

    def write(self, piece: bytearray) -> None:
        """See `Sink`."""
        self._scans.add(piece)

    def finish(self) -> None:
        """See `Sink`."""
        self._scans.finish()


class PngSink:
    """Lossless; rows filtered and deflated by ISA-L."""

    step = 1

    def __init__(self, file: IO[bytes], size: Size, mode: str, _quality: int) -> None:
        self._file = PngFile(file, size.width, size.height, colour=pixels.COLOURS[mode])

    def encoded(self, strip: Image.Image, rows: int) -> Piece:
        """See `Sink`."""
        return pixels.compressed(strip, rows)

    def write(self, piece: Piece) -> None:
        """See `Sink`."""
        self._file.add(piece)

    def finish(self) -> None:
        """See `Sink`."""
        self._file.finish()


class WebpSink:
    """Lossy, alpha lossless; method 2 takes 0.6 of the time of the usual 4 for 4 % more bytes.

    The library holds the canvas and the encoded picture in memory, so there is one band.
    """

    step = 1

    def __init__(self, file: IO[bytes], _size: Size, _mode: str, quality: int) -> None:
        # without this, Pillow would import its forty plugins to find the one
        importlib.import_module("PIL.WebPImagePlugin")
        self._file = file
        self._quality = quality

    def encoded(self, strip: Image.Image, rows: int) -> Image.Image:
        """The canvas as it is: the encoder writes to the file by itself."""
        return strip if strip.height == rows else strip.crop((0, 0, strip.width, rows))

    def write(self, piece: Image.Image) -> None:
        """See `Sink`."""
        piece.save(self._file, "WEBP", quality=self._quality, method=2)

    def finish(self) -> None:
        """The encoder has written all."""


@dataclass(frozen=True, slots=True)
class Way:
    """How one format is written.

    Attributes:
        sink: makes its writer, from file, size, mode (RGB or RGBA) and quality (1 to 100).
        effort: time to write a pixel, when reading one takes 1. Only progress depends on it.
    """

    sink: Callable[[IO[bytes], Size, str, int], Sink]
    effort: float


# Efforts measured beside reading JPEG photographs and PNG screenshots; they differ by half.
WAYS: Final[dict[Format, Way]] = {
    "jpeg": Way(JpegSink, effort=0.5),
    "png": Way(PngSink, effort=1.0),
    "webp": Way(WebpSink, effort=20.0),
}
