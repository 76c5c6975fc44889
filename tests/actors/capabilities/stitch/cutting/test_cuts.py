"""Where a canvas is cut: what holds for every canvas, and some by hand."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.stitch.cutting.cuts import FLAT, cuts

levels = st.sampled_from([0.0, 2.0, FLAT, 9.0, 40.0, 250.0])
stretches = st.lists(st.tuples(levels, st.integers(1, 40)), min_size=1, max_size=40)
canvases = stretches.map(
    lambda found: [level for level, rows in found for _ in range(rows)],
)
heights = st.integers(1, 200)


def pieces(height: int, rows: tuple[int, ...]) -> list[int]:
    return [below - above for above, below in itertools.pairwise((0, *rows, height))]


@given(canvases, heights)
def test_the_pieces_are_the_canvas_and_none_is_too_high(activity: list[float], most: int) -> None:
    made = pieces(len(activity), cuts(activity, most))

    assert sum(made) == len(activity)
    assert all(0 < piece <= most for piece in made)


@given(canvases, heights)
def test_no_piece_is_lower_than_a_third_of_what_it_may_be(activity: list[float], most: int) -> None:
    made = pieces(len(activity), cuts(activity, most))

    assert len(made) == 1 or min(made) > most // 3


@given(canvases, heights)
def test_there_is_at_most_one_piece_more_for_every_ten(activity: list[float], most: int) -> None:
    fewest = -(-len(activity) // most)

    assert fewest <= len(cuts(activity, most)) + 1 <= fewest + -(-fewest // 10)


@given(st.integers(2, 9), st.integers(60, 200), st.data())
def test_a_cut_is_flat_where_anything_flat_is_in_reach(
    count: int, most: int, data: st.DataObject
) -> None:
    """Lively rows with a flat stretch in the last sixth of each even piece."""
    even = most * 9 // 10
    activity = [99.0] * (even * count)
    for end in range(even, even * count, even):
        begin = data.draw(st.integers(end, end + most // 12))
        activity[begin : begin + 3] = [0.0] * 3

    rows = cuts(activity, most)

    assert len(rows) == count - 1
    assert all(activity[row] == 0 for row in rows)


@given(canvases, heights)
def test_a_cut_is_as_quiet_as_any_row_that_it_could_have_been_at(
    activity: list[float], most: int
) -> None:
    """Held against the rows between the cut's even place and the last that its piece may have."""
    rows = cuts(activity, most)
    height, count = len(activity), len(rows) + 1
    for number, (above, row) in enumerate(itertools.pairwise((0, *rows)), 1):
        first = max(above + most // 3 + 1, -(-number * height // count))
        end = min(above + most, height - most // 3 - 1)

        assert activity[row] <= min(activity[first : end + 1], default=activity[row]) + FLAT


def test_what_fits_is_left_whole() -> None:
    assert cuts([50.0] * 100, 100) == ()


def test_a_cut_goes_into_the_middle_of_the_longest_quiet_run() -> None:
    activity = [99.0] * 180
    activity[92:94] = [0.0] * 2
    activity[96:99] = [1.0] * 3

    assert cuts(activity, 100) == (97,)


def test_the_lowest_of_equal_runs_is_taken() -> None:
    activity = [99.0] * 180
    for begin in (91, 95):
        activity[begin : begin + 3] = [0.0] * 3

    assert cuts(activity, 100) == (96,)


def test_nothing_to_choose_from_gives_few_pieces_of_about_one_height() -> None:
    assert cuts([70.0] * 250, 100) == (84, 167)


def test_another_piece_is_made_where_it_spares_what_would_be_cut_through() -> None:
    """Two pieces of a hundred rows leave no choice, three do."""
    activity = [99.0] * 200
    for begin in (70, 135):
        activity[begin : begin + 5] = [0.0] * 5

    assert cuts(activity, 100) == (72, 137)


def test_no_other_piece_is_made_where_it_spares_nothing() -> None:
    assert cuts([99.0] * 200, 100) == (100,)
