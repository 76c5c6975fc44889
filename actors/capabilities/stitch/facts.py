"""What a picture says of itself beside its pixels, and what of that is kept on request.

Owns: which fields of EXIF are kept, and how they are read from hostile bytes and written anew.
Never: opens a file, or copies a byte that it has not understood. Pure.

Kept of the first picture: when it was taken. Kept where all pictures say the same: with which
camera and lens and how it was exposed, who made it, whose it is, and what it shows. Dropped: where
it was taken, which nobody passes on unknowingly; what tells of the file it came from and no longer
holds (turn, size, colour space, thumbnail, software); and what nobody but the maker can read
(maker's notes, comments in own codes).

EXIF 2.32 (CIPA DC-008), sections 4.6.4 to 4.6.6: a TIFF whose first directory names another.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from actors.capabilities.stitch.tiff import directory
from actors.capabilities.stitch.tiff.directory import (
    ASCII,
    LONG,
    NARROW,
    RATIONAL,
    SHORT,
    SIGNED_RATIONAL,
    UNDEFINED,
    Bytes,
    Field,
)
from actors.capabilities.stitch.tiff.file import EXIF

Facts = Mapping[int, Mapping[int, Field]]
"""The picture's own fields under 0, and those of the directory `EXIF` under its number."""

DESCRIPTION, ARTIST, COPYRIGHT = 270, 315, 33_432

_MOST_TEXT: Final = 2_000
"""Bytes of one text; a longer one is no longer a caption."""

_TEXT: Final = ((ASCII,), _MOST_TEXT)
_WORD: Final = ((ASCII,), 32)
_NUMBER: Final = ((SHORT, LONG), 1)
_FRACTION: Final = ((RATIONAL,), 1)

_Wanted = dict[int, tuple[tuple[int, ...], int]]

_TIMES: Final[dict[int, _Wanted]] = {
    # of change by its name, but the only one that many pictures have
    0: {306: _WORD},
    EXIF: {
        36_867: _WORD,  # when it was taken
        36_868: _WORD,  # when it became numbers
        36_880: _WORD,  # in which zone each of the three is
        36_881: _WORD,
        36_882: _WORD,
        37_520: _WORD,  # parts of their seconds
        37_521: _WORD,
        37_522: _WORD,
    },
}
"""Of the first picture."""

_SHARED: Final[dict[int, _Wanted]] = {
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
        37_380: ((SIGNED_RATIONAL,), 1),  # exposure bias
        37_383: _NUMBER,  # metering
        37_385: _NUMBER,  # flash
        37_386: _FRACTION,  # focal length
        41_987: _NUMBER,  # white balance
        41_989: _NUMBER,  # focal length as on 35 mm film
        42_034: ((RATIONAL,), 4),  # the lens's range
        42_035: _TEXT,  # its make
        42_036: _TEXT,  # its model
    },
}
"""Of all pictures, where they agree."""

_KEPT: Final = {place: _TIMES[place] | _SHARED[place] for place in (0, EXIF)}

_POINTER: Final[_Wanted] = {EXIF: ((LONG,), 1)}

_HEAD: Final = b"Exif\0\0"


def read(exif: Bytes) -> Facts:
    """What is kept of EXIF bytes, or of a whole TIFF's; hostile ones may have nothing."""
    tiff = exif if exif[0:6] != _HEAD else exif[6 : len(exif)]
    order = directory.order_of(tiff)
    if order is None:
        return {}
    found = directory.read(tiff, directory.first(tiff, order), order, _KEPT[0] | _POINTER)
    pointer = found.pop(EXIF, None)
    facts = {0: found}
    if pointer is not None:
        facts[EXIF] = directory.read(tiff, directory.number(pointer), order, _KEPT[EXIF])
    return _told(facts)


def shared(pictures: Iterable[Facts]) -> Facts:
    """What is said of several as of one: the first one's time, and what all say alike.

    No more pictures are asked for than it takes to know that they agree in nothing.
    """
    asked = iter(pictures)
    first = next(asked, {})
    times = _told(_those(first, _TIMES))
    alike = _told(_those(first, _SHARED))
    while alike and (other := next(asked, None)) is not None:
        alike = _told(
            {
                place: {
                    tag: field
                    for tag, field in fields.items()
                    if other.get(place, {}).get(tag) == field
                }
                for place, fields in alike.items()
            }
        )
    return _told({place: {**alike.get(place, {}), **times.get(place, {})} for place in _KEPT})


def written(facts: Facts) -> bytes:
    """Facts as EXIF bytes, as a JPEG's segment holds them; none for none."""
    if not facts:
        return b""
    main, tiff = dict(facts.get(0, {})), bytearray(NARROW.head + bytes(4))
    if further := facts.get(EXIF):
        main[EXIF] = NARROW.place(len(tiff))
        tiff += directory.written(further, len(tiff))
    tiff[4:8] = NARROW.offset.pack(len(tiff))
    return bytes(_HEAD + tiff + directory.written(main, len(tiff)))


def text(facts: Facts, tag: int) -> str:
    """A text of the picture's own; empty where there is none."""
    field = facts.get(0, {}).get(tag)
    return field.data.split(b"\0")[0].decode(errors="replace").strip() if field else ""


def _those(facts: Facts, wanted: Mapping[int, _Wanted]) -> Facts:
    return {
        place: {tag: field for tag, field in fields.items() if tag in wanted[place]}
        for place, fields in facts.items()
    }


def _told(facts: Facts) -> Facts:
    """Without directories that tell nothing."""
    return {place: fields for place, fields in facts.items() if fields}
