"""The verdict on a failed attempt, and the wait before the next: plain calls."""

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.errors import (
    ActorGone,
    Poison,
    QuotaExceeded,
    StitcheryError,
    StorageFull,
    UnreadableMedia,
    WorkerCrashed,
    WorkerDismissed,
    WorkersGone,
    WorkFailed,
)
from actors.messages import JobRecord
from actors.retries import Backoff, Retry, backoff, is_crash, judge
from conf.settings import CapabilitySettings

SETTINGS = CapabilitySettings(max_attempts=3, max_crashes=2, retry_after=2, retry_cap=120)


def record(*, attempt: int = 1, crashes: int = 0) -> JobRecord:
    return JobRecord(
        id="j",
        session="s",
        capability="nap",
        request="{}",
        inputs=(),
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        attempt=attempt,
        crashes=crashes,
    )


def verdict(
    error: StitcheryError, job: JobRecord, *, left: float = math.inf
) -> Retry | StitcheryError:
    return judge(job, error, SETTINGS, left=left)


@pytest.mark.parametrize("error", [StorageFull("full"), ActorGone("gone"), WorkerCrashed("died")])
def test_what_may_pass_is_tried_again_while_attempts_are_left(error: StitcheryError) -> None:
    assert isinstance(verdict(error, record(attempt=2)), Retry)
    assert verdict(error, record(attempt=3)) is error


@pytest.mark.parametrize("error", [WorkFailed("no"), QuotaExceeded("no"), UnreadableMedia("no")])
def test_what_lasts_is_told_at_once(error: StitcheryError) -> None:
    assert verdict(error, record()) is error


def test_a_retry_that_could_not_begin_before_the_deadline_is_none() -> None:
    error = StorageFull("full")
    assert verdict(error, record(), left=0.5) is error
    assert isinstance(verdict(error, record(), left=2.1), Retry)


def test_the_last_crash_that_may_be_is_poison_and_says_how_often_and_how() -> None:
    found = verdict(WorkerCrashed("It was ended by SIGSEGV"), record(attempt=2, crashes=2))

    assert isinstance(found, Poison)
    assert found.code == "poison"
    assert "2 times in 2 attempt(s)" in found.detail
    assert "SIGSEGV" in found.detail
    assert found.more == {"crashes": 2}


def test_crashes_of_before_do_not_poison_an_attempt_that_fails_otherwise() -> None:
    assert isinstance(verdict(StorageFull("full"), record(crashes=2)), Retry)


def test_a_crash_is_what_the_work_may_have_done_and_not_what_others_did() -> None:
    assert is_crash(WorkerCrashed("died"))
    for error in (WorkerDismissed("asked"), WorkersGone("early"), StorageFull("full")):
        assert not is_crash(error)


@given(
    st.text(max_size=40),
    st.integers(1, 100),
    st.floats(0, 3600),
    st.floats(0, 86_400),
    st.none() | st.floats(0, 1e6),
)
def test_a_wait_is_never_beyond_its_cap_nor_shorter_than_told_below_it(
    job: str, attempt: int, base: float, cap: float, told: float | None
) -> None:
    wait = backoff(job, attempt, base=base, cap=cap, told=told)

    assert 0 <= wait <= cap
    assert wait >= min(cap, told or 0)
    assert wait == backoff(job, attempt, base=base, cap=cap, told=told)


def test_waits_double_and_are_spread_over_half_of_each() -> None:
    for attempt, longest in ((1, 2), (2, 4), (3, 8)):
        waits = [backoff(str(job), attempt, base=2, cap=120) for job in range(1000)]
        assert longest / 2 <= min(waits) < longest * 0.51
        assert longest * 0.99 < max(waits) <= longest


def test_a_hold_counts_whole_seconds_up_to_all_of_them() -> None:
    rest = Backoff(100.0, 103.4)

    assert [(rest.hold(now).used, rest.hold(now).max) for now in (100, 101.9, 103.4, 110)] == [
        (0, 4),
        (1, 4),
        (3, 4),
        (3, 4),
    ]
