"""Names: shown as they are meant, harmless in pages, headers and logs."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.names import MOST_CHARACTERS, clean_name

ODD = (
    "a. e\u200d\u0301\u0300\u0327\u3164\u1100\u1161\u11a8\ud800"
    "\u202e\u00a0/\u034f\ufe0f\u2028\0\r\n👨"
)
NAMES = (
    st.text() | st.text(ODD, max_size=40) | st.text(ODD, min_size=1).map(lambda text: text * 999)
)


@given(NAMES)
def test_a_clean_name_is_one_short_printable_line_without_a_path(name: str) -> None:
    clean = clean_name(name)

    assert 1 <= len(clean) <= MOST_CHARACTERS
    assert not set(clean) & set("/\\\r\n\0\u202e\u2028\u3164\u034f")
    assert clean.replace("\u200d", "").isprintable()
    clean.encode("utf-8")


@given(NAMES)
def test_cleaning_twice_is_cleaning_once(name: str) -> None:
    assert clean_name(clean_name(name)) == clean_name(name)


@given(NAMES)
def test_no_letter_carries_a_tower_of_marks(name: str) -> None:
    marks = "".join(
        "M" if unicodedata.category(c) in ("Mn", "Me") else " " for c in clean_name(name)
    )
    assert max(map(len, marks.split()), default=0) <= 8


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("holiday.jpg", "holiday.jpg"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\x.png", "x.png"),
        ("a\r\nSet-Cookie: x=1.png", "a Set-Cookie: x=1.png"),
        ("照片 1.png", "照片 1.png"),
        ("cafe\u0301.png", "café.png"),
        ("gpj.\u202eexe", "gpj. exe"),
        ("", "file"),
        ("..", "file"),
        ("\ud800.png", "png"),
        ("\u200d", "file"),
        ("\u3164\u2800", "file"),
        ("a\u200d\u200d b\u200d.png", "a b.png"),
        ("e\u200d\u200d\u0301", "é"),
        ("x" + "\u0335" * 500 + ".png", "x" + "\u0335" * 8 + ".png"),
        ("👨\u200d👩\u200d👧.png", "👨\u200d👩\u200d👧.png"),
    ],
)
def test_examples(name: str, clean: str) -> None:
    assert clean_name(name) == clean
