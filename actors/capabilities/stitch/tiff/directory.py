"""A TIFF's directories: fields by number, each of some kind (TIFF 6.0, section 2; BigTIFF).

Owns: how a directory becomes bytes, and how one is read that a stranger wrote.
Never: knows what a field means, or believes a count that the bytes do not hold. Pure.

What is written is little-endian. EXIF is a TIFF without a picture, so its bytes are made here, too.
"""

import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, SIGNED_RATIONAL, LONG8 = 1, 2, 3, 4, 5, 7, 10, 16

_BYTES: Final = {
    BYTE: 1, ASCII: 1, SHORT: 2, LONG: 4, RATIONAL: 8, UNDEFINED: 1, SIGNED_RATIONAL: 8, LONG8: 8,
}  # fmt: skip
"""Of one value of each kind."""

_NUMBERS: Final = {SHORT: "H", LONG: "L", LONG8: "Q"}

_WORDS: Final = {SHORT: 2, LONG: 4, RATIONAL: 4, SIGNED_RATIONAL: 4}
"""Bytes whose order depends on the machine that wrote them; of the others, one."""

_CLASSIC: Final = 42

Order = Literal["little", "big"]


class Bytes(Protocol):
    """What can be cut into bytes: bytes themselves, or a file that is mapped."""

    def __getitem__(self, where: slice, /) -> bytes:
        """A stretch of it."""

    def __len__(self) -> int:
        """How long it is."""


@dataclass(frozen=True, slots=True)
class Field:
    """Values of one kind, as little-endian bytes."""

    kind: int
    data: bytes

    @property
    def count(self) -> int:
        """How many values."""
        return len(self.data) // _BYTES[self.kind]


@dataclass(frozen=True, slots=True)
class Width:
    """How wide numbers are written: those of TIFF, or of BigTIFF, which may exceed 4 GB.

    Attributes:
        head: of the file, up to where the first directory lies.
        offset: a place in the file, as `struct` knows it.
        count: how many fields a directory has.
        entry: of a directory, but for its value.
        pointer: the kind of a field that holds a place.
    """

    head: bytes
    offset: struct.Struct
    count: struct.Struct
    entry: struct.Struct
    pointer: int

    def place(self, *offsets: int) -> Field:
        """A field that holds places in the file, or lengths."""
        return numbers(self.pointer, *offsets)


NARROW: Final = Width(
    b"II*\0", struct.Struct("<L"), struct.Struct("<H"), struct.Struct("<HHL"), LONG
)
WIDE: Final = Width(
    b"II+\0\x08\0\0\0", struct.Struct("<Q"), struct.Struct("<Q"), struct.Struct("<HHQ"), LONG8
)


def numbers(kind: int, *values: int) -> Field:
    """A field of whole numbers."""
    return Field(kind, struct.pack(f"<{len(values)}{_NUMBERS[kind]}", *values))


def rational(numerator: int, denominator: int = 1) -> Field:
    """A field of one fraction."""
    return Field(RATIONAL, struct.pack("<LL", numerator, denominator))


def written(fields: Mapping[int, Field], at: int, width: Width = NARROW) -> bytes:
    """A directory that is to lie at the even place `at`, and after it what does not fit into it."""
    head = width.count.pack(len(fields))
    room = width.offset.size
    beyond = at + len(head) + len(fields) * (width.entry.size + room) + room
    entries, values = bytearray(), bytearray()
    for tag, field in sorted(fields.items()):
        entries += width.entry.pack(tag, field.kind, field.count)
        if len(field.data) <= room:
            entries += field.data.ljust(room, b"\0")
            continue
        entries += width.offset.pack(beyond + len(values))
        # values begin at even places
        values += field.data + bytes(len(field.data) % 2)
    # no directory follows
    return head + bytes(entries) + width.offset.pack(0) + bytes(values)


def order_of(tiff: Bytes) -> Order | None:
    """The order of bytes that the head of a classic TIFF tells; None where it is none."""
    head = tiff[0:4]
    order: Order = "little" if head[:2] == b"II" else "big"
    known = head[:2] in {b"II", b"MM"} and int.from_bytes(head[2:4], order) == _CLASSIC
    return order if known else None


def first(tiff: Bytes, order: Order) -> int:
    """Where the first directory lies, or seems to."""
    return int.from_bytes(tiff[4:8], order)


def read(
    tiff: Bytes, at: int, order: Order, wanted: Mapping[int, tuple[Collection[int], int]]
) -> dict[int, Field]:
    """The fields of a directory that are wanted and good; there may be none.

    Args:
        tiff: may be hostile.
        at: where the directory lies, or seems to.
        order: of bytes.
        wanted: by number, the kinds that a field may have and the most values.

    Time is bounded by the 65,535 entries that a directory can have; memory by what is wanted.
    """
    found: dict[int, Field] = {}
    entries = int.from_bytes(tiff[at : at + 2], order)
    for place in range(at + 2, min(at + 2 + 12 * entries, len(tiff) - 11), 12):
        entry = tiff[place : place + 12]
        tag, kind = int.from_bytes(entry[:2], order), int.from_bytes(entry[2:4], order)
        kinds, most = wanted.get(tag, ((), 0))
        count = int.from_bytes(entry[4:8], order)
        if tag in found or kind not in kinds or not 0 < count <= most:
            continue
        length = count * _BYTES[kind]
        start = place + 8 if length <= 4 else int.from_bytes(entry[8:12], order)  # noqa: PLR2004 -- an entry's room
        data = tiff[start : start + length]
        if len(data) == length:
            found[tag] = Field(kind, _little(data, order, _WORDS.get(kind, 1)))
    return found


def number(field: Field) -> int:
    """The first value of a field of whole numbers."""
    return int.from_bytes(field.data[: _BYTES[field.kind]], "little")


def _little(data: bytes, order: Order, word: int) -> bytes:
    if order == "little" or word == 1:
        return data
    return b"".join(data[at : at + word][::-1] for at in range(0, len(data), word))
