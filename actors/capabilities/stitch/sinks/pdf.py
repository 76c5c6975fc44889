"""Writes the pages of a PDF, each of which is one JPEG.

Owns: how a JPEG's writer becomes a page's.
Never: knows a PDF's objects (`pdf` does) or a JPEG's.
"""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import IO

from PIL import Image

from actors.capabilities.stitch import facts
from actors.capabilities.stitch.pdf import PdfFile
from actors.capabilities.stitch.sinks.jpeg import JpegSink
from actors.capabilities.stitch.sinks.sheet import Sheet, Sink


class PageSink:
    """One page. The JPEG is embedded as it is, baseline."""

    step = JpegSink.step

    def __init__(self, file: IO[bytes], document: PdfFile, sheet: Sheet) -> None:
        self._document = document
        self._jpeg = JpegSink(file, sheet)
        document.begin(sheet.size)

    def encoded(self, strip: Image.Image, top: int, bottom: int) -> bytearray:
        """See `Sink`."""
        return self._jpeg.encoded(strip, top, bottom)

    def write(self, piece: bytearray) -> None:
        """See `Sink`."""
        self._jpeg.write(piece)

    def finish(self) -> None:
        """See `Sink`."""
        self._jpeg.finish()
        self._document.end()


class LonePageSink(PageSink):
    """The one page of a document, which ends with it."""

    def finish(self) -> None:
        """See `Sink`."""
        super().finish()
        self._document.finish()


def sink(file: IO[bytes], sheet: Sheet) -> Sink:
    """A document of one page."""
    return LonePageSink(file, _document(file, sheet), sheet)


def pages(outputs: Sequence[str], sheets: Sequence[Sheet]) -> Generator[Sink, None, None]:
    """The writers of all pages, which lie in one file; it is whole when no more is asked for."""
    (output,) = outputs
    with Path(output).open("w+b") as file:
        document = _document(file, sheets[0])
        for sheet in sheets:
            yield PageSink(file, document, sheet)
        document.finish()


def _document(file: IO[bytes], sheet: Sheet) -> PdfFile:
    told = facts.read(sheet.extras.exif or b"")
    return PdfFile(
        file,
        dpi=sheet.encoding.dpi,
        profile=sheet.extras.profile,
        title=facts.text(told, facts.DESCRIPTION),
        author=facts.text(told, facts.ARTIST),
    )
