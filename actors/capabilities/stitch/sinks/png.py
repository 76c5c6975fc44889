"""Writes PNGs: of true colours from bands, or indexed.

Owns: the chunks beside the pixels.
Never: filters or compresses (`png.pixels` does).
"""

import struct
import zlib
from typing import IO, Final

from PIL import Image

from actors.capabilities.stitch.extras import Extras
from actors.capabilities.stitch.formats import Encoding
from actors.capabilities.stitch.png import pixels
from actors.capabilities.stitch.png.deflate import Piece
from actors.capabilities.stitch.png.file import PngFile
from actors.capabilities.stitch.png.palette import Reduced, reduced
from actors.capabilities.stitch.sinks.sheet import ALL, Sheet, Sink

_INCHES: Final = 10_000 / 254
"""In a metre."""


class PngSink:
    """Lossless; rows filtered and deflated by ISA-L."""

    step = 1

    def __init__(self, file: IO[bytes], sheet: Sheet) -> None:
        self._file = PngFile(
            file,
            sheet.size.width,
            sheet.size.height,
            colour=pixels.COLOURS[sheet.mode],
            meaning=chunks(sheet.extras, sheet.encoding.dpi),
        )

    def encoded(self, strip: Image.Image, top: int, bottom: int) -> Piece:
        """See `Sink`."""
        return pixels.compressed(strip, top, bottom)

    def write(self, piece: Piece) -> None:
        """See `Sink`."""
        self._file.add(piece)

    def finish(self) -> None:
        """See `Sink`."""
        self._file.finish()


class IndexedSink:
    """Few colours, which are chosen for the whole picture."""

    step = ALL

    def __init__(self, file: IO[bytes], sheet: Sheet, colours: int) -> None:
        self._file = file
        self._colours = colours
        self._chunks = chunks(sheet.extras, sheet.encoding.dpi)

    def encoded(self, strip: Image.Image, _top: int, bottom: int) -> tuple[Reduced, Piece]:
        """All of the strip; see `Sink`."""
        picture = reduced(strip, self._colours)
        return picture, pixels.compressed_places(picture.places, bottom, picture.depth)

    def write(self, piece: tuple[Reduced, Piece]) -> None:
        """See `Sink`."""
        picture, rows = piece
        palette = [(b"PLTE", picture.colours)]
        if picture.alpha:
            palette.append((b"tRNS", picture.alpha))
        file = PngFile(
            self._file,
            *picture.places.size,
            depth=picture.depth,
            colour=pixels.INDEXED,
            meaning=[*self._chunks, *palette],
        )
        file.add(rows)
        file.finish()

    def finish(self) -> None:
        """All is written with the one band."""


def sink(file: IO[bytes], sheet: Sheet) -> Sink:
    """The writer that the encoding asks for."""
    colours = sheet.encoding.colours
    return PngSink(file, sheet) if colours is None else IndexedSink(file, sheet, colours)


def effort(encoding: Encoding) -> float:
    """See `sinks.effort`."""
    return 1.3 if encoding.colours is None else 6.0


def chunks(extras: Extras, dpi: int) -> list[tuple[bytes, bytes]]:
    """What stands between head and pixels, or palette, by name (PNG specification, 11.3)."""
    metre = round(dpi * _INCHES)
    found = [(b"pHYs", struct.pack(">LLB", metre, metre, 1))]
    if extras.profile:
        found.append((b"iCCP", b"ICC profile\0\0" + zlib.compress(extras.profile)))
    if extras.exif:
        found.append((b"eXIf", extras.exif.removeprefix(b"Exif\0\0")))
    return found
