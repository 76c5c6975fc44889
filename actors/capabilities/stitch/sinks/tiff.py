"""Writes TIFFs, compressed without loss.

Owns: the strips' heights, and what of the facts becomes fields.
Never: compresses (`tiff.strips` does).
"""

from typing import IO

from PIL import Image

from actors.capabilities.stitch import facts
from actors.capabilities.stitch.formats import Encoding
from actors.capabilities.stitch.sinks.sheet import Sheet, Sink
from actors.capabilities.stitch.tiff import strips
from actors.capabilities.stitch.tiff.file import TiffFile


class TiffSink:
    """Rows in strips of one height, each deflated on its own by ISA-L."""

    def __init__(self, file: IO[bytes], sheet: Sheet) -> None:
        size, extras = sheet.size, sheet.extras
        self.step = strips.rows_of(size.width, size.height, len(sheet.mode))
        self._file = TiffFile(
            file,
            size.width,
            size.height,
            bands=len(sheet.mode),
            rows=self.step,
            dpi=sheet.encoding.dpi,
            profile=extras.profile,
            facts=facts.read(extras.exif or b""),
        )

    def encoded(self, strip: Image.Image, top: int, bottom: int) -> list[bytes]:
        """See `Sink`."""
        return strips.compressed(strip, top, bottom, self.step)

    def write(self, piece: list[bytes]) -> None:
        """See `Sink`."""
        for strip in piece:
            self._file.add(strip)

    def finish(self) -> None:
        """See `Sink`."""
        self._file.finish()


def sink(file: IO[bytes], sheet: Sheet) -> Sink:
    """The writer."""
    return TiffSink(file, sheet)


def effort(_encoding: Encoding) -> float:
    """See `sinks.effort`."""
    return 1.4
