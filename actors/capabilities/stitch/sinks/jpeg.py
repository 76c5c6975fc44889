"""Writes JPEGs with halved colour resolution: from strips, or progressive.

Owns: the segments beside the pixels.
Never: joins strips (`jpeg.strips` does).
"""

import struct
from typing import IO, Final

from PIL import Image

from actors.capabilities.stitch.extras import Extras
from actors.capabilities.stitch.formats import Encoding
from actors.capabilities.stitch.jpeg import windows
from actors.capabilities.stitch.jpeg.segments import APP1, APP2
from actors.capabilities.stitch.jpeg.strips import Scans
from actors.capabilities.stitch.sinks.sheet import Sheet, Sink
from actors.capabilities.stitch.sinks.whole import WholeSink

_PROFILE: Final = b"ICC_PROFILE\0"
_MOST: Final = 65_533 - len(_PROFILE) - 2
"""Bytes of a profile in one segment, beside its name, its number and how many there are."""


class JpegSink:
    """Baseline, in strips that are joined at restart markers."""

    step = 16

    def __init__(self, file: IO[bytes], sheet: Sheet) -> None:
        self._scans = Scans(file, sheet.size.height, segments(sheet.extras))
        self._quality, self._dpi = sheet.encoding.quality, sheet.encoding.dpi

    def encoded(self, strip: Image.Image, top: int, bottom: int) -> bytearray:
        """See `Sink`."""
        box = (0, top, strip.width, bottom)
        if windows.work():
            return windows.encoded(strip, box, windows.config(self._quality, self._dpi))
        return windows.encoded_plainly(strip, box, self._quality, self._dpi)

    def write(self, piece: bytearray) -> None:
        """See `Sink`."""
        self._scans.add(piece)

    def finish(self) -> None:
        """See `Sink`."""
        self._scans.finish()


def sink(file: IO[bytes], sheet: Sheet) -> Sink:
    """The writer that the encoding asks for.

    A progressive one holds the coefficients of the whole picture, so it is given all of it; and the
    file, which must be a real one: into memory it would be written with the interpreter held.
    """
    if not sheet.encoding.progressive:
        return JpegSink(file, sheet)
    dpi = sheet.encoding.dpi
    return WholeSink(
        file,
        "Jpeg",
        sheet.extras,
        quality=sheet.encoding.quality,
        subsampling="4:2:0",
        progressive=True,
        dpi=(dpi, dpi),
    )


def effort(encoding: Encoding) -> float:
    """See `sinks.effort`."""
    return 3.0 if encoding.progressive else 0.7


def segments(extras: Extras) -> bytes:
    """What stands in a JPEG's head beside what its decoder needs (EXIF 2.32, 4.7; ICC.1, B.4)."""
    found = [_segment(APP1, extras.exif)] if extras.exif else []
    profile = extras.profile or b""
    parts = [profile[at : at + _MOST] for at in range(0, len(profile), _MOST)]
    for number, part in enumerate(parts, 1):
        found.append(_segment(APP2, _PROFILE + bytes([number, len(parts)]) + part))
    return b"".join(found)


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
