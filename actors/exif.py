"""Reads the two facts of EXIF that are used here: how a picture lies, and when it was taken.

Owns: the walk over EXIF's directories (Exif 2.32, 4.6; TIFF 6.0, section 2), bounded by the bytes.
Never: keeps anything else, or raises: of bytes that make no sense nothing is known.

Read here rather than by Pillow, whose EXIF reader raises on many real files and would decode a
whole PNG in search of a late chunk.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from mmap import mmap
from typing import Final, Literal

Bytes = bytes | mmap

_ORIENTATION: Final = 0x0112
_ORIENTATIONS: Final = range(1, 9)

_DETAILS: Final = 0x8769
"""Where the directory of the camera's own facts lies (the Exif IFD)."""

_ORIGINAL, _DIGITISED, _CHANGED = 0x9003, 0x9004, 0x0132
"""When the shutter opened, when it became a file, when that was changed last."""

_FRACTIONS: Final = {_ORIGINAL: 0x9291, _DIGITISED: 0x9292, _CHANGED: 0x9290}
"""Where the digits behind the seconds are. All lie among the camera's facts."""

_SHORT, _LONG = 3, 4
_TEXT: Final = 2
_MOST_TEXT: Final = 64
_ENTRY: Final = 12

# Exif says "2026:11:22 10:20:30"; some programs write other signs between the numbers.
_STAMP: Final = re.compile(
    rb"(\d{4})[:/.-](\d\d)[:/.-](\d\d)[ T](\d\d)[:.](\d\d)[:.](\d\d)(?:[^\d]|$)"
)
_DIGITS: Final = re.compile(rb" *(\d{1,9})")


def orientation_in(exif: bytes) -> int:
    """The orientation, 1 to 8, in EXIF bytes; 1 where there is none or the bytes make no sense."""
    tiff = _Tiff(exif.removeprefix(b"Exif\x00\x00"))
    kind, place = tiff.directory(tiff.first).get(_ORIENTATION, (_SHORT, None))
    if place is None:
        return 1
    value = tiff.number(place, 4 if kind == _LONG else 2)
    return value if value in _ORIENTATIONS else 1


def taken_in(exif: Bytes) -> str | None:
    """When the picture was taken, as `2026-11-22T10:20:30`, with `.25` where that is known.

    The camera's clock, whose zone nobody knows. Of original, digitised and changed the first that
    is a real date; None where there is none. Takes EXIF bytes, or a whole TIFF.
    """
    tiff = _Tiff(exif.removeprefix(b"Exif\x00\x00") if isinstance(exif, bytes) else exif)
    main = tiff.directory(tiff.first)
    _, place = main.get(_DETAILS, (_LONG, None))
    details = {} if place is None else tiff.directory(tiff.number(place, 4))
    for tag, directory in ((_ORIGINAL, details), (_DIGITISED, details), (_CHANGED, main)):
        stamp = _date(tiff.text(directory.get(tag)))
        if stamp:
            digits = _DIGITS.match(tiff.text(details.get(_FRACTIONS[tag])))
            return f"{stamp}.{digits[1].decode()}" if digits else stamp
    return None


def _date(text: bytes) -> str | None:
    """A stamp in the form of ISO 8601; None where no such day or hour ever was."""
    found = _STAMP.match(text)
    if found is None:
        return None
    try:
        return datetime(*map(int, found.groups())).isoformat()  # type: ignore[arg-type]  # noqa: DTZ001 -- six numbers; no zone is told
    except ValueError:
        return None


class _Tiff:
    """A TIFF header and what it leads to: places in the bytes, which may all be lies."""

    def __init__(self, data: Bytes) -> None:
        self._data = data
        self._order: Literal["little", "big"] = "little" if data[:2] == b"II" else "big"

    @property
    def first(self) -> int:
        """Where the main directory is said to begin."""
        return self.number(4, 4)

    def number(self, place: int, length: int) -> int:
        """A number; of bytes behind the end there are none, and they count as nothing."""
        return int.from_bytes(self._data[place : place + length], self._order)

    def directory(self, place: int) -> dict[int, tuple[int, int]]:
        """By tag, the first entry's type and where its value or its offset lies."""
        found: dict[int, tuple[int, int]] = {}
        for entry in self._entries(place):
            found.setdefault(self.number(entry, 2), (self.number(entry + 2, 2), entry + 8))
        return found

    def text(self, entry: tuple[int, int] | None) -> bytes:
        """The beginning of a text; none of what is no text."""
        if entry is None or entry[0] != _TEXT:
            return b""
        _, place = entry
        count = self.number(place - 4, 4)
        begin = place if count <= _LONG else self.number(place, 4)
        return bytes(self._data[begin : begin + min(count, _MOST_TEXT)])

    def _entries(self, place: int) -> Iterator[int]:
        end = min(place + 2 + _ENTRY * self.number(place, 2), len(self._data))
        return iter(range(place + 2, end, _ENTRY))
