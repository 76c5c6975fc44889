"""Names: shown as they are meant, harmless in pages, headers and logs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.names import MOST_CHARACTERS, clean_name


@given(st.text())
def test_a_clean_name_is_one_short_printable_line_without_a_path(name: str) -> None:
    clean = clean_name(name)

    assert 1 <= len(clean) <= MOST_CHARACTERS
    assert not set(clean) & set("/\\\r\n\0\u202e\u2028")
    clean.encode("utf-8")


@given(st.text())
def test_cleaning_twice_is_cleaning_once(name: str) -> None:
    assert clean_name(clean_name(name)) == clean_name(name)


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
        ("👨\u200d👩\u200d👧.png", "👨\u200d👩\u200d👧.png"),
    ],
)
def test_examples(name: str, clean: str) -> None:
    assert clean_name(name) == clean
