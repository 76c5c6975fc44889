"""Bars are what is black in all stills above and below, and what a caption leaves of the lower."""

from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.stitch.band.bars import Black, Framed, framed

ROWS = 100
BAND = (80, 86)


def still(*bright: tuple[int, int], sides: bool = True) -> Black:
    """Rows that are not black; at the sides neither, or only between the bars."""
    whole = bytearray(ROWS)
    for top, bottom in bright:
        whole[top:bottom] = b"\1" * (bottom - top)
    edges = bytes(whole) if sides else bytes(12) + bytes(whole[12:88]) + bytes(12)
    return Black(bytes(whole), edges)


def test_both_bars_are_told_with_the_row_in_which_they_end() -> None:
    assert framed([still((12, 88))] * 2, BAND) == Framed(13, 13, BAND)


def test_a_row_that_one_still_has_light_in_is_no_bar() -> None:
    assert framed([still((12, 88)), still((11, 89))], BAND) == Framed(12, 12, BAND)


def test_of_a_band_that_reaches_into_an_empty_bar_that_part_is_dropped() -> None:
    assert framed([still((12, 88))] * 2, (82, 92)).band == (82, 87)


def test_a_caption_in_the_bar_or_over_its_edge_is_kept_whole() -> None:
    inside = [still((12, 88), (91, 95), sides=False)] * 2
    across = [still((12, 88), (88, 91), sides=False)] * 2

    assert framed(inside, (90, 96)) == Framed(13, 13, (90, 96))
    assert framed(across, (84, 92)) == Framed(13, 13, (84, 92))


def test_what_is_black_at_one_edge_alone_or_nearly_everywhere_is_the_scene() -> None:
    for bright in ((12, 100), (0, 88), (12, 80), (1, 99), (40, 60), (0, 0)):
        assert framed([still(bright)], BAND) == Framed(0, 0, BAND), bright


@given(
    st.lists(
        st.tuples(st.binary(min_size=ROWS, max_size=ROWS), st.binary(min_size=ROWS, max_size=ROWS)),
        min_size=1,
        max_size=3,
    ),
    st.integers(0, ROWS - 1),
    st.integers(1, ROWS),
)
def test_a_band_stays_one(stills: list[tuple[bytes, bytes]], top: int, rows: int) -> None:
    band = (top, min(ROWS, top + rows))

    made = framed([Black(*each) for each in stills], band)

    assert made.band[0] == band[0] < made.band[1] <= band[1]
