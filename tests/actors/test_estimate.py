"""Estimates: grow with the line, shrink with the slots, are silent without a run to learn from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.estimate import (
    RunTimes,
    quantile,
    until_end_by_progress,
    until_end_queued,
    until_end_running,
    wait_for_turn,
)

runs = st.lists(st.floats(0.01, 1000), min_size=1, max_size=50)


def test_without_a_run_there_is_no_estimate() -> None:
    assert wait_for_turn([], 3, 1) is None
    assert until_end_queued([], 1, 1) is None
    assert until_end_running([], 5) is None
    assert RunTimes().mean() is None


def test_ten_minute_jobs_one_slot_the_third_in_line_ends_after_forty_minutes() -> None:
    eta = until_end_queued([600.0] * 5, position=3, slots=1)

    assert eta is not None
    assert (eta.p50, eta.p90) == (2400, 2400)


def test_a_job_that_outlasted_all_others_has_no_estimate() -> None:
    assert until_end_running([1.0, 2.0], elapsed=3.0) is None


@given(runs, st.integers(1, 100), st.integers(1, 10))
def test_more_ahead_is_never_sooner_and_more_slots_are_never_later(
    seconds: list[float], position: int, slots: int
) -> None:
    here = until_end_queued(seconds, position, slots)
    behind = until_end_queued(seconds, position + 1, slots)
    helped = until_end_queued(seconds, position, slots + 1)

    assert here is not None
    assert behind is not None
    assert helped is not None
    assert helped.p50 <= here.p50 <= behind.p50
    assert here.p50 <= here.p90


@given(runs, st.floats(0, 1))
def test_a_quantile_lies_among_the_values(seconds: list[float], share: float) -> None:
    assert min(seconds) <= quantile(seconds, share) * (1 + 1e-9)
    assert quantile(seconds, share) <= max(seconds) * (1 + 1e-9)


def test_a_quantile_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="needs values"):
        quantile([], 0.5)


def test_only_the_latest_runs_are_remembered() -> None:
    times = RunTimes()
    for second in range(1000):
        times.add(second)

    assert times.recent() == tuple(range(800, 1000))


def test_what_a_job_tells_of_itself_counts_once_it_is_some_way_in() -> None:
    eta = until_end_by_progress(elapsed=10, fraction=0.25)

    assert eta is not None
    assert eta.p50 == pytest.approx(30)
    assert until_end_by_progress(elapsed=10, fraction=0.01) is None
