"""Estimates: follow size, grow with the wait, promise less of few runs, and are silent of none."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.estimate import (
    LEAST_BAND,
    REMEMBERED_RUNS,
    Coverage,
    Runs,
    RunTimes,
    Spread,
    Typical,
    band,
    quantile,
    until_end,
    until_end_by_progress,
    until_end_queued,
    until_end_running,
)
from actors.messages import Eta

runs = st.lists(st.floats(0.01, 1000), min_size=1, max_size=50)


def test_without_a_run_there_is_no_estimate() -> None:
    assert RunTimes().like(3) is None
    assert RunTimes().all() is None
    assert RunTimes().mean() is None
    assert until_end_running(None, 5) is None


def test_a_job_that_outlasted_all_others_has_no_estimate() -> None:
    assert until_end_running(Runs([1.0, 2.0]), elapsed=3.0) is None


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
def test_what_is_left_quickly_told_is_what_is_left(seconds: list[float], elapsed: float) -> None:
    found = Runs(seconds)
    quick, slow = found.left(elapsed), found.after(elapsed)

    assert (quick is None) == (slow is None)
    if quick is not None and slow is not None:
        assert quick.mean == pytest.approx(slow.spread.mean, abs=1e-6)
        assert quick.variance == pytest.approx(slow.spread.variance, abs=1e-3)


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
    eta = until_end_by_progress(elapsed=10, fraction=0.25)

    assert eta is not None
    assert eta.p50 == pytest.approx(30)
    assert until_end_by_progress(elapsed=10, fraction=0.01) is None


def test_what_a_job_tells_of_itself_counts_the_more_the_further_it_is() -> None:
    others = Runs([100.0] * 50)
    told = [until_end(others, 10.0, fraction) for fraction in (0.01, 0.1, 0.5)]

    assert [eta and eta.p50 for eta in told] == [90, pytest.approx(90), pytest.approx(50)]
    assert until_end(None, 10.0, 0.01) is None


def test_the_band_lies_as_far_below_the_middle_as_above_and_is_never_nothing() -> None:
    assert band(Eta(p50=10, p90=14)) == (6, 14)
    assert band(Eta(p50=100, p90=100)) == (100 - 100 * LEAST_BAND, 100 + 100 * LEAST_BAND)


def test_coverage_is_the_share_of_ends_inside_their_bands() -> None:
    coverage = Coverage()
    assert (coverage.jobs, coverage.inside) == (0, None)
    for actual in (5, 7, 13, 15):
        coverage.add(Eta(p50=10, p90=14), actual)

    assert (coverage.jobs, coverage.inside) == (4, 0.5)


def test_a_short_job_costs_no_further_turn_and_longer_ones_in_proportion() -> None:
    typical = Typical()
    assert typical.further_turns(1e9) == 0
    for seconds in [1.0] * 20 + [10.0] * 180:
        typical.add(seconds)

    assert typical.further_turns(0.5) == 0
    assert typical.further_turns(1.0) == 0
    assert typical.further_turns(10.0) == pytest.approx(9)
