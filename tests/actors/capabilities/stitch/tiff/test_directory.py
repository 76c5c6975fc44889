"""Directories are read as they were written; strangers' bytes cost little and say little."""

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    Field,
    numbers,
    rational,
)

SIZES = {BYTE: 1, ASCII: 1, SHORT: 2, LONG: 4, RATIONAL: 8, UNDEFINED: 1, SIGNED_RATIONAL: 8}

FIELDS = st.sampled_from(sorted(SIZES)).flatmap(
    lambda kind: st.binary(min_size=1, max_size=9).map(lambda data: Field(kind, data * SIZES[kind]))
)

ANY: dict[int, tuple[tuple[int, ...], int]] = dict.fromkeys(range(1 << 16), (tuple(SIZES), 100))


def tiff(fields: dict[int, Field]) -> bytes:
    return NARROW.head + NARROW.offset.pack(8) + directory.written(fields, 8)


@given(st.dictionaries(st.integers(0, 0xFFFF), FIELDS, max_size=6))
def test_what_is_written_is_read(fields: dict[int, Field]) -> None:
    content = tiff(fields)
    assert directory.order_of(content) == "little"
    assert directory.read(content, directory.first(content, "little"), "little", ANY) == fields


def test_the_other_order_of_bytes_means_the_same() -> None:
    entries = struct.pack(">HHLHxx", 1, SHORT, 1, 0x1234)
    entries += struct.pack(">HHLL", 2, RATIONAL, 1, 46)
    entries += struct.pack(">HHL4s", 3, ASCII, 3, b"ab")
    content = b"MM\0*" + struct.pack(">LH", 8, 3) + entries
    content += struct.pack(">LL", 7, 9)
    assert directory.order_of(content) == "big"
    assert directory.read(content, 8, "big", ANY) == {
        1: numbers(SHORT, 0x1234),
        2: rational(7, 9),
        3: Field(ASCII, b"ab\0"),
    }


@given(st.binary(max_size=300), st.integers(0, 400))
def test_hostile_bytes_raise_nothing(content: bytes, at: int) -> None:
    for head in (b"", b"II*\0", b"MM\0*"):
        directory.order_of(head + content)
        for order in ("little", "big"):
            found = directory.read(head + content, at, order, ANY)
            assert all(len(field.data) <= 800 for field in found.values())


@pytest.mark.parametrize(
    "entry",
    [
        (1, 99, 1, 0),  # of a kind that nobody knows
        (1, LONG, 0, 0),  # without a value
        (1, LONG, 101, 0),  # of more values than are wanted
        (1, LONG, 2, 1_000),  # beyond the end
        (2, LONG, 1, 0),  # not wanted
    ],
)
def test_what_is_not_good_is_left_out(entry: tuple[int, ...]) -> None:
    content = b"II*\0" + struct.pack("<LHHHLL", 8, 1, *entry) + bytes(50)
    assert directory.read(content, 8, "little", {1: ((LONG,), 100)}) == {}


def test_a_directory_that_says_a_field_twice_means_the_first() -> None:
    entries = b"".join(struct.pack("<HHLL", 1, LONG, 1, value) for value in (5, 6))
    content = b"II*\0" + struct.pack("<LH", 8, 2) + entries
    assert directory.read(content, 8, "little", ANY) == {1: numbers(LONG, 5)}


class Counting:
    """Bytes that count how much is taken of them."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.taken = 0

    def __getitem__(self, where: Any) -> bytes:
        part: bytes = self._content[where]
        self.taken += len(part)
        return part

    def __len__(self) -> int:
        return len(self._content)


def test_many_large_fields_are_not_even_read() -> None:
    """Each entry may name the same bytes: read all, a small file would take gigabytes."""
    entries = b"".join(
        struct.pack("<HHLL", tag % 0x10000, UNDEFINED, 60_000, 0) for tag in range(65_000)
    )
    content = Counting(b"II*\0" + struct.pack("<LH", 8, 65_000) + entries)
    assert directory.read(content, 8, "little", ANY) == {}
    assert content.taken < 2 * len(content)
