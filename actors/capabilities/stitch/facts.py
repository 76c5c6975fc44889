"""What a picture says of itself beside its pixels, and what of that is kept on request.

Owns: which fields of EXIF are kept, and how they are read from hostile bytes and written anew.
Never: opens a file, or copies a byte that it has not understood. Pure.

Kept: when and where it was taken (the place, too: who asks for metadata asks for it), with which
camera and lens and how it was exposed, who made it, whose it is, and what it shows. Dropped: what
tells of the file it came from and no longer holds (turn, size, colour space, thumbnail, software,
time of change), and what nobody but the maker can read (maker's notes, comments in own codes).

EXIF 2.32 (CIPA DC-008), sections 4.6.4 to 4.6.6: a TIFF whose first directory names two further.
"""

from collections.abc import Mapping
from typing import Final

from actors.capabilities.stitch.tiff import directory
from actors.capabilities.stitch.tiff.directory import (
    ASCII,
    BYTE,
    LONG,
    NARROW,
    RATIONAL,
    SHORT,
    SIGNED_RATIONAL,
    UNDEFINED,
    Bytes,
    Field,
)
from actors.capabilities.stitch.tiff.file import EXIF, GPS

Facts = Mapping[int, Mapping[int, Field]]
"""The picture's own fields under 0, and those of the directories `EXIF` and `GPS`."""

DESCRIPTION, ARTIST, COPYRIGHT = 270, 315, 33_432

_MOST_TEXT: Final = 2_000
"""Bytes of one text; a longer one is no longer a caption."""

_TEXT: Final = ((ASCII,), _MOST_TEXT)
_WORD: Final = ((ASCII,), 32)
_NUMBER: Final = ((SHORT, LONG), 1)
_FRACTION: Final = ((RATIONAL,), 1)

_Wanted = dict[int, tuple[tuple[int, ...], int]]

_POINTERS: Final[_Wanted] = dict.fromkeys((EXIF, GPS), ((LONG,), 1))

_KEPT: Final[dict[int, _Wanted]] = {
    0: {
        DESCRIPTION: _TEXT,
        271: _TEXT,  # make
        272: _TEXT,  # model
        ARTIST: _TEXT,
        COPYRIGHT: _TEXT,
    },
    EXIF: {
        33_434: _FRACTION,  # exposure time
        33_437: _FRACTION,  # f-number
        34_850: _NUMBER,  # exposure program
        34_855: ((SHORT,), 3),  # sensitivity
        36_864: ((UNDEFINED,), 4),  # version of EXIF
        36_867: _WORD,  # when it was taken
        36_881: _WORD,  # in which zone of time
        37_380: ((SIGNED_RATIONAL,), 1),  # exposure bias
        37_383: _NUMBER,  # metering
        37_385: _NUMBER,  # flash
        37_386: _FRACTION,  # focal length
        37_521: _WORD,  # parts of the second
        41_987: _NUMBER,  # white balance
        41_989: _NUMBER,  # focal length as on 35 mm film
        42_034: ((RATIONAL,), 4),  # the lens's range
        42_035: _TEXT,  # its make
        42_036: _TEXT,  # its model
    },
    GPS: {
        0: ((BYTE,), 4),  # version
        1: _WORD,  # north or south
        2: ((RATIONAL,), 3),  # latitude
        3: _WORD,  # east or west
        4: ((RATIONAL,), 3),  # longitude
        5: ((BYTE,), 1),  # above or below the sea
        6: _FRACTION,  # altitude
        7: ((RATIONAL,), 3),  # time
        16: _WORD,  # which north
        17: _FRACTION,  # direction
        29: _WORD,  # day
    },
}

_HEAD: Final = b"Exif\0\0"


def read(exif: Bytes) -> Facts:
    """What is kept of EXIF bytes, or of a whole TIFF's; hostile ones may have nothing."""
    tiff = exif if exif[0:6] != _HEAD else exif[6 : len(exif)]
    order = directory.order_of(tiff)
    if order is None:
        return {}
    found = directory.read(tiff, directory.first(tiff, order), order, _KEPT[0] | _POINTERS)
    facts = {0: {tag: field for tag, field in found.items() if tag not in _POINTERS}}
    for pointer in _POINTERS:
        if pointer in found:
            at = directory.number(found[pointer])
            facts[pointer] = directory.read(tiff, at, order, _KEPT[pointer])
    return {place: fields for place, fields in facts.items() if fields}


def written(facts: Facts) -> bytes:
    """Facts as EXIF bytes, as a JPEG's segment holds them; none for none."""
    if not facts:
        return b""
    main, tiff = dict(facts.get(0, {})), bytearray(NARROW.head + bytes(4))
    for pointer in (EXIF, GPS):
        if further := facts.get(pointer):
            main[pointer] = NARROW.place(len(tiff))
            tiff += directory.written(further, len(tiff))
    tiff[4:8] = NARROW.offset.pack(len(tiff))
    return bytes(_HEAD + tiff + directory.written(main, len(tiff)))


def text(facts: Facts, tag: int) -> str:
    """A text of the picture's own; empty where there is none."""
    field = facts.get(0, {}).get(tag)
    return field.data.split(b"\0")[0].decode(errors="replace").strip() if field else ""
