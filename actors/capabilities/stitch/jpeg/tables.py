"""Reads the tables of a baseline JPEG: by what its numbers are divided, and how they are coded.

Owns: the form of both kinds of tables (ITU T.81, B.2.4.1 and B.2.4.2), and which no decoder takes.
Never: decodes with them. Pure: bytes in, bytes out.
"""

from typing import Final

PLACES: Final = 4
"""Tables of a kind that there can be at once."""

_ENTRIES: Final = 64
_LENGTHS: Final = 16
"""Of codes, in bits: a table begins with how many there are of each."""

_MOST_CODES: Final = 256
"""Of a table: a code stands for a byte."""

_MOST_DIFFERENCE: Final = 15
"""Bits that a difference between neighbours can have; baseline has 11 at most."""

_CODING: Final = 0x100
_FREQUENCIES: Final = 0x10
_PLACE_BITS: Final = 0x13


class NoTable(Exception):
    """These bytes are no table that is known here; the words say of which kind."""


def steps(place: int) -> int:
    """The key of the quantisation table at a place."""
    return place


def codes(place: int) -> int:
    """The key of a Huffman table: 0 to 3 for differences, 16 more for frequencies."""
    return _CODING | place


def is_coding(key: int) -> bool:
    """Whether a key is a Huffman table's."""
    return bool(key & _CODING)


def read_steps(body: bytes) -> dict[int, bytes]:
    """The quantisation tables of a segment, 8 bits a number as baseline demands, by key.

    Raises:
        NoTable: one is of another form.
    """
    found: dict[int, bytes] = {}
    for begin in range(0, len(body), 1 + _ENTRIES):
        place, table = body[begin], body[begin + 1 : begin + 1 + _ENTRIES]
        if place >= PLACES or len(table) < _ENTRIES:
            raise NoTable("a quantisation table is of no known form")
        found[steps(place)] = table
    return found


def read_codes(body: bytes) -> dict[int, bytes]:
    """The Huffman tables of a segment, by key.

    Raises:
        NoTable: one is of another form, or is no code.
    """
    found: dict[int, bytes] = {}
    begin = 0
    while begin < len(body):
        place, counts = body[begin], body[begin + 1 : begin + 1 + _LENGTHS]
        end = begin + 1 + _LENGTHS + sum(counts)
        table = body[begin + 1 : end]
        if place & ~_PLACE_BITS or len(body) < end or not _is_code(place, table):
            raise NoTable("a Huffman table is of no known form")
        found[codes(place)] = table
        begin = end
    return found


def _is_code(place: int, table: bytes) -> bool:
    """Whether no code begins another, and each stands for what there is (ITU T.81, annex C)."""
    if not _LENGTHS <= len(table) <= _LENGTHS + _MOST_CODES:
        return False
    left = 1
    for count in table[:_LENGTHS]:
        left = 2 * left - count
        # the code of ones alone stands for nothing
        if left < 1:
            return False
    return bool(place & _FREQUENCIES) or max(table[_LENGTHS:], default=0) <= _MOST_DIFFERENCE
