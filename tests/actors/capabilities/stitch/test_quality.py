"""A quality is found in few tries that makes files small enough, whatever sizes are told."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.stitch.quality import LEAST, MOST_TRIES, Search

QUALITIES = st.integers(1, 100)


def searched(search: Search, size: Callable[[int], int]) -> list[int]:
    """The qualities that were tried."""
    tried = []
    while search.quality is not None:
        tried.append(search.quality)
        search.tell(size(search.quality))
    return tried


@given(
    QUALITIES, st.integers(1, 10**9), st.lists(st.integers(0, 10**9), min_size=101, max_size=101)
)
def test_it_ends_whatever_it_is_told(asked: int, limit: int, sizes: list[int]) -> None:
    """Even of sizes that go up and down; and what it finds was written last, and holds."""
    search = Search(asked, limit)
    tried = searched(search, sizes.__getitem__)
    assert 1 <= len(tried) <= MOST_TRIES
    assert all(min(LEAST, asked) <= quality <= asked for quality in tried)
    assert tried[0] == asked
    if search.found is not None:
        assert tried[-1] == search.found
        assert sizes[search.found] <= limit
    else:
        assert all(sizes[quality] > limit for quality in tried)


@given(
    QUALITIES, st.integers(1, 10**6), st.lists(st.integers(0, 10**4), min_size=101, max_size=101)
)
def test_something_is_found_where_the_lowest_would_do(
    asked: int, limit: int, steps: list[int]
) -> None:
    sizes = [sum(steps[: quality + 1]) for quality in range(101)]
    search = Search(asked, limit)
    tried = searched(search, sizes.__getitem__)
    lowest = min(LEAST, asked)
    assert (search.found is not None) == (sizes[lowest] <= limit)
    if search.found is None:
        assert tried[-1] == lowest


@given(
    st.integers(60, 100),
    st.floats(0.3, 2.0),
    st.floats(10_000, 10**8),
    st.floats(0.02, 1.0),
)
def test_what_is_found_is_near_the_best(
    asked: int, steepness: float, bytes_at_90: float, share: float
) -> None:
    """For sizes that grow with quality as encoders' do, steeper or flatter."""

    def size(quality: int) -> int:
        rise = math.log(101 / (101 - quality)) + quality / 50
        return int(bytes_at_90 * math.exp(steepness * (rise - 4.2)))

    limit = int(size(asked) * share)
    search = Search(asked, limit)
    searched(search, size)
    best = max((one for one in range(LEAST, asked + 1) if size(one) <= limit), default=None)
    if best is None:
        assert search.found is None
        return
    assert search.found is not None
    assert best - search.found <= 8 or size(search.found) > 0.9 * limit


def test_who_asks_for_what_fits_gets_it_at_once() -> None:
    search = Search(90, 1_000)
    assert searched(search, lambda quality: 10 * quality) == [90]
    assert search.found == 90


def test_nothing_is_tried_below_what_can_be_made_out() -> None:
    search = Search(90, 10)
    assert searched(search, lambda quality: 10 * quality)[-1] == LEAST
    assert search.found is None


def test_when_it_is_over_nothing_more_is_heard() -> None:
    search = Search(50, 100)
    search.tell(7)
    with pytest.raises(ValueError, match="over"):
        search.tell(7)
