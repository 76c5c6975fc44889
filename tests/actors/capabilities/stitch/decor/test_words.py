"""How a stranger's text is cleaned and broken into lines: the claims that hold for every text."""

# ruff: noqa: RUF001 - Chinese punctuation is meant where it stands

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.stitch.decor import words

texts = st.text(max_size=80) | st.text(alphabet="ab  \n西湖，。（）“”e\u0301!?.", max_size=80)
widths = st.integers(1, 30)


def cells(text: str) -> float:
    """As a terminal measures: two for a wide character, one for a narrow one, none for a mark."""
    return sum(0 if words.is_mark(sign) else 2 if words.is_wide(sign) else 1 for sign in text)


def wrapped(text: str, width: int) -> list[str]:
    return words.wrapped(words.shown(text), width, cells)


# --- what is shown -------------------------------------------------------------------------------


@given(texts)
def test_nothing_invisible_remains_but_single_spaces_and_line_ends(text: str) -> None:
    clean = words.shown(text)

    assert all(
        unicodedata.category(sign) not in {"Cc", "Cf", "Cs"} for sign in clean if sign > "\n"
    )
    assert "  " not in clean
    assert all(line and line == line.strip() for line in clean.split("\n") if clean)


@given(texts)
def test_what_is_shown_stays_as_it_is_when_shown_again(text: str) -> None:
    assert words.shown(words.shown(text)) == words.shown(text)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("photo\u202egnp.exe", "photognp.exe"),
        ("zero\u200bwidth\u2066\u2069", "zerowidth"),
        ("half\ud83d of a pair", "half of a pair"),
        ("tab\there\u3000there", "tab here there"),
        ("one\r\n\n two \u2028three", "one\ntwo\nthree"),
        ("e\u0301", "\xe9"),
        ("star\u2605\ufe0f", "star\u2605"),
        ("bell\x07\x1b[31m", "bell[31m"),
        ("\x00", ""),
    ],
)
def test_strange_characters_are_removed_or_made_plain(text: str, clean: str) -> None:
    assert words.shown(text) == clean


def test_no_more_than_the_longest_text_is_looked_at() -> None:
    assert words.shown("西" * 100_000) == "西" * words.LONGEST


# --- lines ---------------------------------------------------------------------------------------


@given(texts, widths)
def test_no_character_is_lost_or_moved(text: str, width: int) -> None:
    assert "".join(wrapped(text, width)).replace(" ", "") == "".join(words.shown(text).split())


@given(texts, widths)
def test_no_line_is_wider_than_allowed_unless_it_has_one_character(text: str, width: int) -> None:
    for line in wrapped(text, width):
        assert (
            cells(line) <= width
            or sum(not words.is_mark(sign) for sign in line) == 1
            or (words.is_mark(line[0]))
        )


@given(st.lists(st.text(alphabet="ab西湖，", max_size=6), max_size=20), st.data())
def test_a_wider_line_makes_no_more_lines_where_no_word_is_divided(
    parts: list[str], data: st.DataObject
) -> None:
    text = " ".join(parts)
    narrow = data.draw(st.integers(14, 40))
    wide = data.draw(st.integers(narrow, 80))

    assert len(wrapped(text, wide)) <= len(wrapped(text, narrow))


@given(texts, widths)
def test_levelled_lines_are_as_many_hold_the_same_and_are_no_wider(text: str, width: int) -> None:
    clean = words.shown(text)
    plain, levelled = words.wrapped(clean, width, cells), words.levelled(clean, width, cells)

    assert len(levelled) == len(plain)
    assert "".join(levelled).replace(" ", "") == "".join(plain).replace(" ", "")
    assert max(map(cells, levelled), default=0) <= max(map(cells, plain), default=0)


@given(texts, widths, st.integers(1, 4))
def test_shortened_lines_are_no_more_than_asked_for(text: str, width: int, count: int) -> None:
    lines = wrapped(text, width)
    kept = words.shortened(lines, count, width, cells)

    assert len(kept) == min(len(lines), count)
    if len(lines) > count:
        assert kept[:-1] == lines[: count - 1]
        assert kept[-1].endswith(("…", "..."))
    else:
        assert kept == lines


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("the quick brown fox", 10, ["the quick", "brown fox"]),
        ("春天的西湖", 6, ["春天的", "西湖"]),
        # the comma takes its neighbour along rather than begin a line
        ("春天的，西湖", 6, ["春天", "的，西", "湖"]),
        ("春天（西湖）", 6, ["春天", "（西", "湖）"]),
        ("你好world再见", 9, ["你好world", "再见"]),
        ("a bcdefghijkl", 5, ["a bcd", "efghi", "jkl"]),
        ("one\ntwo three", 20, ["one", "two three"]),
        ("Bonjour !", 8, ["Bonjour", "!"]),
        # more of it than a line holds has to go on somewhere
        ("ab!!!!!", 3, ["ab!", "!!!", "!"]),
        ("", 5, []),
    ],
)
def test_lines_break_where_readers_expect_it(text: str, width: int, lines: list[str]) -> None:
    assert wrapped(text, width) == lines


@given(
    st.lists(st.sampled_from(["西", "湖", "西，", "湖。", "（西", "湖）", "a", "b!"]), max_size=40)
)
def test_closing_punctuation_begins_no_line_and_opening_ends_none(parts: list[str]) -> None:
    for line in wrapped("".join(parts), 12):
        assert line[0] not in "，。）!"
        assert line[-1] != "（"


def test_a_chinese_text_is_cut_with_chinese_dots_and_a_latin_one_with_full_stops() -> None:
    assert words.shortened(["春天的西，", "湖"], 1, 10, cells) == ["春天的西…"]
    assert words.shortened(["the quick,", "fox"], 1, 10, cells) == ["the qui..."]
    assert words.shortened(["the", "fox"], 1, 10, cells) == ["the..."]


def test_levelling_moves_words_down_rather_than_leave_one_alone() -> None:
    assert words.levelled("春天的西湖很美", 12, cells) == ["春天的西", "湖很美"]
