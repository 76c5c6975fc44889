"""Writes a TIFF from strips that were compressed each on its own.

Owns: where strips lie, the fields that tell it, and whether places need more than four bytes.
Never: compresses, or seeks but once: when all is there, the head is told where the directory lies.
A file that was left half written has no directory, and no reader takes it for a picture.
"""

from collections.abc import Mapping
from typing import IO, Final

from actors.capabilities.stitch.tiff import directory
from actors.capabilities.stitch.tiff.directory import (
    LONG,
    NARROW,
    SHORT,
    UNDEFINED,
    WIDE,
    Field,
    Width,
    numbers,
    rational,
)

_DEFLATED, _RGB, _INCHES, _DIFFERENCES, _UNASSOCIATED = 8, 2, 2, 2, 2

EXIF = 34_665
"""The fields that tell where further directories lie."""

_OFFSETS, _LENGTHS = 273, 279

_MOST: Final = 1 << 32
"""Bytes; no place beyond can be told in four."""

_STORED: Final = 64
"""Bytes that a strip that cannot be compressed may take above its pixels, and its two numbers in
the directory: deflate's stored blocks of up to 64 KiB have 5 each, zlib's frame 6."""

_REST: Final = 1 << 20
"""Bytes that the other fields may take, the profile aside."""


class TiffFile:
    """A file that grows strip by strip.

    Args:
        file: where to, from its beginning.
        width, height: in pixels.
        bands: 3 for RGB, 4 where alpha follows.
        rows: of each strip but the last.
        dpi: pixels an inch.
        profile: of the colours, ICC's.
        facts: what else is told: fields of the picture itself (under 0) and of the directory
            `EXIF`.
    """

    def __init__(
        self,
        file: IO[bytes],
        width: int,
        height: int,
        *,
        bands: int,
        rows: int,
        dpi: int,
        profile: bytes | None = None,
        facts: Mapping[int, Mapping[int, Field]] | None = None,
    ) -> None:
        self._file = file
        self._facts = facts or {}
        self._fields = {
            **self._facts.get(0, {}),
            **_fields(width, height, bands=bands, rows=rows, dpi=dpi, profile=profile),
        }
        strips = -(-height // rows)
        bound = width * height * bands + strips * _STORED + len(profile or b"") + _REST
        self._width: Width = NARROW if bound < _MOST else WIDE
        self._offsets: list[int] = []
        self._lengths: list[int] = []
        file.write(self._width.head + self._width.offset.pack(0))

    def add(self, strip: bytes) -> None:
        """The next strip."""
        self._offsets.append(self._file.tell())
        self._lengths.append(len(strip))
        self._file.write(strip)

    def finish(self) -> None:
        """The strips are all there."""
        fields = dict(self._fields)
        fields[_OFFSETS] = self._width.place(*self._offsets)
        fields[_LENGTHS] = numbers(LONG, *self._lengths)
        if further := self._facts.get(EXIF):
            fields[EXIF] = self._width.place(self._directory(further))
        place = self._directory(fields)
        self._file.seek(len(self._width.head))
        self._file.write(self._width.offset.pack(place))
        self._file.seek(0, 2)

    def _directory(self, fields: Mapping[int, Field]) -> int:
        """Writes a directory; where it lies."""
        place = self._file.tell()
        place += self._file.write(bytes(-place % 8))
        self._file.write(directory.written(fields, place, self._width))
        return place


def _fields(
    width: int, height: int, *, bands: int, rows: int, dpi: int, profile: bytes | None
) -> dict[int, Field]:
    """What tells how the pixels lie (TIFF 6.0, sections 6, 8, 14 and 18), by number."""
    fields = {
        256: numbers(LONG, width),
        257: numbers(LONG, height),
        258: numbers(SHORT, *[8] * bands),
        259: numbers(SHORT, _DEFLATED),
        262: numbers(SHORT, _RGB),
        277: numbers(SHORT, bands),
        278: numbers(LONG, rows),
        282: rational(dpi),
        283: rational(dpi),
        284: numbers(SHORT, 1),
        296: numbers(SHORT, _INCHES),
        317: numbers(SHORT, _DIFFERENCES),
    }
    if bands == 4:  # noqa: PLR2004 -- RGB and alpha
        fields[338] = numbers(SHORT, _UNASSOCIATED)
    if profile is not None:
        fields[34_675] = Field(UNDEFINED, profile)
    return fields
