from hypothesis import given
from hypothesis import strategies as st

from actors.workers.lines import LONGEST, MOST, Lines, printable


def test_lines_are_cut_wherever_the_bytes_are() -> None:
    lines = Lines()
    assert lines.feed(b"on") == []
    assert lines.feed(b"e\ntwo\nth") == ["one", "two"]
    assert lines.close() == ["th"]


def test_control_characters_are_shown_and_not_obeyed() -> None:
    assert printable(b"\x1b[31mred\r\x00\xff\xc2\x85") == r"\x1b[31mred\r\x00\xff\x85"


def test_letters_of_any_alphabet_stay() -> None:
    assert printable("größer, 大".encode()) == "größer, 大"


def test_a_line_without_end_is_cut_and_its_rest_thrown_away() -> None:
    lines = Lines()
    assert lines.feed(b"x" * 10 * LONGEST) == []
    assert lines.feed(b"y\nnext\n") == ["x" * LONGEST + "...", "next"]


def test_a_flood_is_dropped_and_counted() -> None:
    lines = Lines()
    assert len(lines.feed(b"again\n" * (MOST + 7))) == MOST
    assert lines.renew() == ["(7 more lines were dropped)"]
    assert lines.feed(b"anew\n") == ["anew"]
    assert lines.close() == []


@given(st.lists(st.binary(max_size=30)))
def test_nothing_but_printable_text_comes_out(parts: list[bytes]) -> None:
    lines = Lines()
    found = [line for part in parts for line in lines.feed(part)] + lines.close()
    assert all(line.isprintable() for line in found)
    assert len(found) <= b"".join(parts).count(b"\n") + 1
