import signal

import pytest

from actors.errors import WorkerCrashed, WorkerDismissed
from actors.workers import deaths


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (signal.SIGSEGV, "SIGSEGV (Segmentation fault)"),
        (signal.SIGABRT, "SIGABRT"),
        (signal.SIGKILL, "SIGKILL, as happens when the machine runs out of memory"),
        (signal.SIGSEGV | 0x80, "SIGSEGV"),  # with a core dump
        (0, "exit status 0 before it had an answer"),
        (3 << 8, "exit status 3"),
        (signal.SIGRTMIN + 3, "signal "),
    ],
)
def test_a_death_is_told_with_its_cause(status: int, words: str) -> None:
    error = deaths.of_worker(status, cpu_seconds=5)
    assert type(error) is WorkerCrashed
    assert words in error.detail


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_who_was_asked_to_end_by_anybody_was_dismissed(number: signal.Signals) -> None:
    error = deaths.of_worker(number, cpu_seconds=5)
    assert isinstance(error, WorkerDismissed)
    assert number.name in error.detail


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (signal.SIGXCPU, "ended by SIGXCPU"),
        (3 << 8, "left with exit status 3"),
        (None, "with its guard"),
    ],
)
def test_the_end_of_a_worker_without_work_is_told_in_words(status: int | None, words: str) -> None:
    assert deaths.manner(status) == words


def test_the_limit_on_processor_time_is_no_crash_but_a_limit() -> None:
    error = deaths.of_worker(signal.SIGXCPU, cpu_seconds=2.5)
    assert not isinstance(error, WorkerCrashed)
    assert error.limit == "cpu_seconds"
    assert "more than 2.5 seconds of processor time" in error.detail
