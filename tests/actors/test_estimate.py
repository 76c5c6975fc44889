"""Estimates: follow size, grow with the wait, promise less of few runs, and are silent of none."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.estimate import (
    OVERDUE,
    REMEMBERED_RUNS,
    Account,
    Runs,
    RunTimes,
    Spread,
    Typical,
    quantile,
    until_end,
    until_end_queued,
)
from actors.messages import Eta

runs = st.lists(st.floats(0.01, 1000), min_size=1, max_size=50)


def test_without_a_run_there_is_no_estimate() -> None:
    assert RunTimes().like(3) is None
    assert RunTimes().all() is None
    assert RunTimes().mean() is None
    assert until_end(None, 5, Account()) is None


def test_a_job_that_outlasted_all_others_may_end_any_moment_however_late_it_is() -> None:
    for elapsed in (3.0, 300.0):
        told = until_end(Runs([1.0, 2.0]), elapsed, Account())
        assert told == Eta(p50=2 * OVERDUE[0], p90=2 * OVERDUE[1])


def test_a_request_is_compared_with_those_of_its_size() -> None:
    chance = random.Random(1)
    times = RunTimes()
    for _ in range(REMEMBERED_RUNS):
        size = chance.choice([1.0, 10.0, 100.0])
        times.add(size * chance.uniform(0.9, 1.1), size)

    for size in (1.0, 10.0, 100.0):
        told = times.like(size)
        assert told is not None
        assert 0.9 * size <= told.p50 <= 1.1 * size


def test_of_one_size_all_runs_speak() -> None:
    times = RunTimes()
    for second in range(1000):
        times.add(second)
    found = times.like(1.0)

    assert found is not None
    assert found.ordered == list(range(800, 1000))


def test_few_runs_promise_less_than_many() -> None:
    assert Runs([10.0] * 2).p90 > Runs([10.0] * 20).p90 > 10


@given(runs, st.floats(0, 1000))
def test_what_is_left_is_what_the_longer_runs_still_took(
    seconds: list[float], elapsed: float
) -> None:
    told = Runs(seconds).left(elapsed)
    longer = [run - elapsed for run in seconds if run > elapsed]

    assert (told is None) == (not longer)
    if told is not None:
        assert told.p50 == pytest.approx(Runs(longer).p50, abs=1e-6)
        assert told.p90 == pytest.approx(Runs(longer).p90, abs=1e-6)


def test_far_beyond_the_known_sizes_time_is_taken_in_proportion_and_known_to_be_a_guess() -> None:
    times = RunTimes()
    for _ in range(10):
        times.add(0.5, size=0.0)
    told = times.like(127.0)

    assert told is not None
    assert told.guessed
    assert (told.p50, told.ordered[0], told.ordered[-1]) == (64, 32, 128)


def test_one_run_of_about_the_size_says_more_than_many_of_others() -> None:
    times = RunTimes()
    for _ in range(10):
        times.add(0.5, size=0.01)
    times.add(21.0, size=72.0)
    told = times.like(80.0)

    assert told is not None
    assert (told.guessed, told.ordered) == (False, [21.0])


@given(runs, st.floats(0, 1e6), st.floats(0, 1e6))
def test_who_waits_longer_ends_later_and_p90_is_not_before_p50(
    seconds: list[float], wait: float, variance: float
) -> None:
    here = until_end_queued(Spread(wait, variance), Runs(seconds))
    behind = until_end_queued(Spread(wait + 1, variance), Runs(seconds))

    assert here.p50 < behind.p50
    assert here.p50 <= here.p90


@given(runs, st.floats(0, 1))
def test_a_quantile_lies_among_the_values(seconds: list[float], share: float) -> None:
    assert min(seconds) <= quantile(seconds, share) * (1 + 1e-9)
    assert quantile(seconds, share) <= max(seconds) * (1 + 1e-9)


def test_a_quantile_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="needs values"):
        quantile([], 0.5)


def test_what_a_job_tells_of_itself_counts_once_it_is_some_way_in() -> None:
    assert until_end(None, 10, Account(0.25, 10)) == Eta(p50=30, p90=45)
    assert until_end(None, 10, Account(0.01, 10)) is None


def test_what_a_job_tells_of_itself_counts_the_more_the_further_it_is() -> None:
    others = Runs([100.0] * 50)
    told = [until_end(others, 10.0, Account(fraction, 10)) for fraction in (0.01, 0.1, 0.5)]

    assert [eta and eta.p50 for eta in told] == [90, pytest.approx(90), pytest.approx(50)]


def test_beside_what_a_job_tells_of_itself_guesses_do_not_count() -> None:
    guesses = Runs([100.0] * 5, guessed=True)

    assert until_end(guesses, 4, Account(1 / 6, 3.6)) == until_end(None, 4, Account(1 / 6, 3.6))


@given(st.floats(0.05, 1), st.floats(0.01, 1000), st.lists(st.floats(0, 5000), min_size=2))
def test_a_fraction_that_stands_still_never_lets_the_time_left_grow(
    fraction: float, at: float, later: list[float]
) -> None:
    """By its own account alone, until all that it led to expect has passed."""
    account = Account(fraction, at)
    told = [account.left(at + since) for since in sorted(later)]
    left = [eta for eta in told if eta is not None]

    for earlier, now in pairwise(left):
        assert now.p50 <= earlier.p50
        assert now.p90 <= earlier.p90


known_runs = st.builds(lambda seconds, guessed: Runs(seconds, guessed=guessed), runs, st.booleans())


@given(st.none() | known_runs, st.floats(0, 1), st.floats(0.01, 1000), st.floats(0, 1e6))
def test_what_is_told_of_a_running_job_is_in_order_and_bounded(
    known: Runs | None, fraction: float, at: float, since: float
) -> None:
    """By the longest run on record and the time that its own account came to."""
    account = Account(fraction, at)
    told = until_end(known, at + since, account)

    if told is not None:
        rest = account.rest
        longest = (2 * known.ordered[-1] if known else 0) + (0 if rest is None else at + rest.p90)
        assert 0 <= told.p50 <= told.p90 <= longest + 1e-6


def test_a_short_job_costs_no_further_turn_and_longer_ones_in_proportion() -> None:
    typical = Typical()
    assert typical.further_turns(1e9) == 0
    for seconds in [1.0] * 20 + [10.0] * 180:
        typical.add(seconds)

    assert typical.further_turns(0.5) == 0
    assert typical.further_turns(1.0) == 0
    assert typical.further_turns(10.0) == pytest.approx(9)
