"""What the shipped font has, told without opening it; and what stands for the rest."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.stitch.decor import coverage, words
from actors.capabilities.stitch.decor.text import FONT

NOTDEF = 0


def font_characters() -> set[int]:
    """Of the font's own table: `cmap` of OpenType 1.9, format 4, platform 3, encoding 1."""
    font = FONT.read_bytes()
    (tables,) = struct.unpack_from(">H", font, 4)
    entries = (struct.unpack_from(">4s4xI4x", font, 12 + 16 * rank) for rank in range(tables))
    cmap = dict(entries)[b"cmap"]
    (count,) = struct.unpack_from(">H", font, cmap + 2)
    subtables = (struct.unpack_from(">HHI", font, cmap + 4 + 8 * rank) for rank in range(count))
    begin = cmap + next(
        at for platform, encoding, at in subtables if (platform, encoding) == (3, 1)
    )
    form, _, _, doubled = struct.unpack_from(">4H", font, begin)
    assert form == 4
    segments = doubled // 2

    def column(rank: int) -> tuple[int, ...]:
        at = begin + 14 + rank * doubled + (2 if rank else 0)
        return struct.unpack_from(f">{segments}H", font, at)

    found = set[int]()
    for place, (end, start, delta, offset) in enumerate(zip(*map(column, range(4)), strict=True)):
        for number in range(start, end + 1):
            glyph = number + delta
            if offset:
                at = begin + 16 + 3 * doubled + 2 * place + offset + 2 * (number - start)
                (glyph,) = struct.unpack_from(">H", font, at)
            if glyph % 0x10000 != NOTDEF:
                found.add(number)
    return found - {0xFFFF}


def test_the_table_is_that_of_the_font() -> None:
    told = {number for number in range(0x11_0000) if coverage.has.__wrapped__(chr(number))}
    blank = {number for number in told if chr(number).isspace()}

    assert told - blank == font_characters() - blank


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Beach day 🏖️😀 with friends", "Beach day with friends"),
        ("Beach day with مرحبا بالعالم and more", "Beach day with ... and more"),
        ("שלום world", "... world"),
        ("Łódź, Plzeň, İstanbul, Wałęsa", "Lódz, Plzeň, Istanbul, Walesa"),
        ("\U0001d401\U0001d428\U0001d425\U0001d41d \ufb01ne", "Bold fine"),
        ("สวัสดี", ""),
        ("👩‍👩‍👧", ""),
        ("one\n😀\ntwo", "one\ntwo"),
        ("西湖 West Lake, 2026", "西湖 West Lake, 2026"),
    ],
)
def test_what_the_font_lacks_is_replaced_or_left_out(text: str, shown: str) -> None:
    assert words.shown(text) == shown


def test_what_is_lacking_is_told_once_each_and_in_order() -> None:
    assert words.lacking("a😀b م 😀\n\u200d\ufe0fع") == "😀مع"
    assert words.lacking("西湖 West Lake, Plzeň") == ""


@given(st.text(max_size=60))
def test_only_what_the_font_has_is_shown(text: str) -> None:
    assert all(map(coverage.has, words.shown(text)))
