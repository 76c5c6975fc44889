"""Header and footer are the rows that stayed, whatever happens on them and beside them."""

from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.stitch.overlap.edges import header_and_footer

STILL, MOVED = 0, 90


def rows(*stretches: tuple[int, int]) -> bytes:
    return bytes(level for count, level in stretches for _ in range(count))


def test_header_and_footer_end_where_the_page_begins() -> None:
    moved = rows((8, MOVED), (40, STILL), (5, MOVED))
    own = rows((8, STILL), (82, MOVED))

    assert header_and_footer(moved, own, rows((85, MOVED), (5, STILL))) == (8, 5)


def test_a_clock_in_the_header_does_not_end_it() -> None:
    moved = rows((8, MOVED), (40, STILL))
    own = rows((3, STILL), (2, 60), (3, STILL), (82, MOVED))

    assert header_and_footer(moved, own, rows((90, MOVED))) == (8, 0)


def test_where_header_and_footer_meet_in_a_small_overlap_both_keep_their_rows() -> None:
    moved = rows((8, MOVED), (4, STILL), (5, MOVED))
    own, ends = rows((8, STILL), (52, 20)), rows((55, 20), (5, STILL))

    assert header_and_footer(moved, own, ends) == (8, 5)


@given(
    st.binary(max_size=60), st.binary(min_size=60, max_size=60), st.binary(min_size=60, max_size=60)
)
def test_together_they_are_no_more_than_the_rows_that_there_are(
    moved: bytes, top: bytes, bottom: bytes
) -> None:
    header, footer = header_and_footer(moved, top, bottom)

    assert 0 <= header <= 20
    assert 0 <= footer <= 20
    assert header + footer <= len(moved)
