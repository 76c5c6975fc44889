"""Retries in the tree, on virtual time: what an attempt that failed leaves, and what comes next."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
import trio.testing

from actors.capability import Capability, Context, Forecast, Request
from actors.commands import Place
from actors.errors import (
    StitcheryError,
    StorageFull,
    WorkerCrashed,
    WorkersGone,
    WorkFailed,
)
from actors.journal.memory import MemoryJournal
from actors.lifecycle import State, has_ended
from actors.messages import (
    FileRecord,
    Hold,
    JobChanged,
    JobRecord,
    JobResult,
    JobView,
    Options,
    Progress,
)
from actors.session import Session
from actors.simulation.work import EmptyDisk
from actors.tree import Stitchery, open_stitchery
from actors.workspace import Workspace
from conf.settings import CapabilitySettings, Concurrency, Settings, Storage
from tests.capabilities import IdleWorkers

Clock = trio.testing.MockClock


class Trial(Request):
    """A task without wishes of its own."""


class Trying(Capability[Trial, CapabilitySettings]):
    """Raises what it is told, attempt by attempt; then it succeeds.

    Each attempt takes ten seconds, opens a part, and tells that it is half done.
    """

    name = "trial"
    summary = "Tries."
    request_type = Trial
    settings_type = CapabilitySettings
    forecast_type = Forecast

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.began: list[float] = []
        self.parts: list[Path] = []

    def inputs(self, request: Trial) -> Mapping[str, str]:
        return {}

    def forecast(
        self, request: Trial, files: Mapping[str, FileRecord], settings: CapabilitySettings
    ) -> Forecast:
        return Forecast(memory_bytes=0)

    async def run(
        self, request: Trial, settings: CapabilitySettings, context: Context
    ) -> JobResult:
        self.began.append(trio.current_time())
        self.parts.append((await context.new_part()).path)
        context.progress(Progress(fraction=0.5, step="trying"))
        await trio.sleep(10)
        if self.errors:
            raise self.errors.pop(0)
        return JobResult()


def workspace(root: Path) -> Workspace:
    """A workspace whose calls stay in Trio's thread: virtual time jumps on while another works."""
    found = Workspace(root)
    found._disk = EmptyDisk()
    return found


@asynccontextmanager
async def tree(
    data: Path,
    trying: Trying,
    *,
    journal: MemoryJournal | None = None,
    total: int = 1,
    queue: int = 100,
    **settings: float,
) -> AsyncIterator[Stitchery]:
    section = CapabilitySettings.model_validate(
        {"max_attempts": 3, "retry_after": 100, "retry_cap": 1000, **settings}
    )
    async with open_stitchery(
        Settings.model_validate(
            {
                "concurrency": Concurrency(max_global_jobs=total, max_jobs_per_user=total),
                "limits": {"max_queue_size": queue},
                "storage": Storage(data=data),
            }
        ).model_copy(update={"capabilities": {"trial": section}}),
        capabilities={"trial": trying},
        journal=journal or MemoryJournal(),
        workers=IdleWorkers(),
        workspace=workspace(data),
    ) as stitchery:
        yield stitchery


async def submit(session: Session, **wishes: float) -> str:
    return (await session.submit("trial", Trial(), Options(**wishes))).record.id  # type: ignore[arg-type]  # numbers, all of them


async def end_of(session: Session, job: str) -> JobRecord:
    while not has_ended((view := await session.job(job)).record.state):  # noqa: ASYNC110 -- virtual
        await trio.sleep(1)
    return view.record


async def backing_off(session: Session, job: str, attempt: int = 2) -> JobView:
    """The job as it waits for that attempt."""
    while (view := await session.job(job)).record.attempt < attempt:  # noqa: ASYNC110 -- virtual
        await trio.sleep(1)
    return view


def slots(stitchery: Stitchery) -> tuple[int, int]:
    return stitchery.admission.running, stitchery.admission.waiting


async def test_a_passing_error_is_tried_again_after_a_backoff(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    trying = Trying(StorageFull("full"), WorkFailed("not reached"))
    trying.errors.pop()
    async with tree(tmp_path, trying) as stitchery:
        session = await stitchery.sessions.create()
        record = await end_of(session, await submit(session))

    assert (record.state, record.attempt, record.error) == (State.SUCCEEDED, 2, None)
    first, second = trying.began
    assert 60 <= second - first <= 110


async def test_a_lasting_error_is_tried_once(tmp_path: Path, autojump_clock: Clock) -> None:
    trying = Trying(WorkFailed("Bad dreams."))
    async with tree(tmp_path, trying) as stitchery:
        session = await stitchery.sessions.create()
        record = await end_of(session, await submit(session))

    assert (record.state, record.attempt, len(trying.began)) == (State.FAILED, 1, 1)


async def test_with_no_attempt_left_the_last_error_is_told(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    trying = Trying(*(StorageFull(f"full {number}") for number in range(5)))
    async with tree(tmp_path, trying) as stitchery:
        session = await stitchery.sessions.create()
        record = await end_of(session, await submit(session))

    assert (record.state, record.attempt, len(trying.began)) == (State.FAILED, 3, 3)
    assert record.error is not None
    assert (record.error.code, record.error.detail) == ("storage_full", "full 2")


async def test_a_job_that_backs_off_holds_nothing_and_says_what_holds_it(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    trying = Trying(StorageFull("full"))
    async with tree(tmp_path, trying) as stitchery:
        session = await stitchery.sessions.create()
        job = await submit(session)
        view = await backing_off(session, job)

        assert (view.record.state, view.record.started_at) == (State.QUEUED, None)
        assert (view.outlook.position, view.progress) == (None, None)
        [hold] = view.outlook.waiting_for
        assert (hold.limit, hold.used) == ("retry_backoff", 1)
        assert 50 <= hold.max <= 100
        assert slots(stitchery) == (0, 0)
        assert not any(path.exists() for path in trying.parts)
        await trio.sleep(5)
        assert (await session.job(job)).outlook.waiting_for == (
            Hold(limit="retry_backoff", used=6, max=hold.max),
        )


async def test_another_job_runs_in_the_slot_of_one_that_backs_off(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    trying = Trying(StorageFull("full"))
    async with tree(tmp_path, trying) as stitchery:
        session = await stitchery.sessions.create()
        first, second = await submit(session), await submit(session)
        assert (await end_of(session, second)).state is State.SUCCEEDED
        assert (await session.job(first)).record.state is State.QUEUED
        assert (await end_of(session, first)).state is State.SUCCEEDED


async def test_a_full_queue_refuses_no_job_that_was_accepted_before(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    trying = Trying(StorageFull("full"))
    async with tree(tmp_path, trying, queue=1, retry_after=8) as stitchery:
        session = await stitchery.sessions.create()
        first, second = await submit(session), await submit(session)
        await backing_off(session, first)
        third = await submit(session)

        ends = [await end_of(session, job) for job in (first, second, third)]

    assert [end.state for end in ends] == [State.SUCCEEDED] * 3


async def test_watchers_are_told_of_the_way_back_with_the_new_attempt(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(tmp_path, Trying(StorageFull("full"))) as stitchery:
        session = await stitchery.sessions.create()
        told: list[tuple[State, int]] = []
        with session.watch() as watcher:
            await submit(session)
            while not told or told[-1][0] is not State.SUCCEEDED:
                event = await watcher.next()
                if isinstance(event, JobChanged):
                    told.append((event.view.record.state, event.view.record.attempt))

    assert told == [
        (State.QUEUED, 1),
        (State.RUNNING, 1),
        (State.QUEUED, 2),
        (State.RUNNING, 2),
        (State.SUCCEEDED, 2),
    ]


async def test_what_the_error_tells_lengthens_the_backoff_up_to_the_cap(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    trying = Trying(StorageFull("full", retry_after=300), StorageFull("full", retry_after=5000))
    async with tree(tmp_path, trying) as stitchery:
        session = await stitchery.sessions.create()
        await end_of(session, await submit(session))

    first, second, third = trying.began
    assert 360 <= second - first <= 410
    assert third - second == pytest.approx(1010)


async def test_the_queue_timeout_runs_anew_and_the_deadline_does_not(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    trying = Trying(StorageFull("full"), StorageFull("again"))
    async with tree(tmp_path, trying, retry_after=50) as stitchery:
        session = await stitchery.sessions.create()
        patient = await end_of(session, await submit(session, queue_timeout=1))
        trying.errors = [StorageFull("full"), StorageFull("the last word")]
        began = trio.current_time()
        # two attempts and the least of two backoffs take 95 s
        hasty = await end_of(session, await submit(session, deadline=90))

    assert patient.state is State.SUCCEEDED
    assert (hasty.state, hasty.attempt) == (State.FAILED, 2)
    assert hasty.error is not None
    assert hasty.error.detail == "the last word"
    assert trio.current_time() - began < 90


async def test_a_cancel_during_the_backoff_ends_the_job_at_once(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    trying = Trying(StorageFull("full"))
    async with tree(tmp_path, trying) as stitchery:
        session = await stitchery.sessions.create()
        job = await submit(session)
        await backing_off(session, job)
        asked = trio.current_time()
        view = await session.cancel(job)

        assert view.record.state is State.CANCELLED
        assert view.record.receipt is not None
        assert (view.record.receipt.processes_ended, view.record.receipt.seconds) == (0, 0)
        assert trio.current_time() == asked
        await trio.sleep(2000)
        assert (await session.job(job)).record.state is State.CANCELLED
        assert (len(trying.began), slots(stitchery)) == (1, (0, 0))


async def test_a_stopping_service_does_not_wait_for_a_job_that_backs_off(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    """And the next life makes the attempt that was due, neither lost nor counted twice."""
    journal, trying = MemoryJournal(), Trying(StorageFull("full"))
    async with tree(tmp_path, trying, journal=journal) as stitchery:
        session = await stitchery.sessions.create()
        job = await submit(session)
        await trio.sleep(5)
        began = trio.current_time()
        await stitchery.drain()
        assert trio.current_time() - began == 5  # as long as the attempt still took
        assert stitchery.sessions.unfinished() == 1
    async with tree(tmp_path, trying, journal=journal) as stitchery:
        again = await stitchery.sessions.find(session.record.id)
        assert again is not None
        record = await end_of(again, job)

    assert (record.state, record.attempt, len(trying.began)) == (State.SUCCEEDED, 2, 2)


async def test_a_service_that_dies_during_the_backoff_neither_loses_nor_doubles_an_attempt(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    journal, trying = MemoryJournal(), Trying(*[StorageFull("full")] * 2)
    async with tree(tmp_path, trying, journal=journal) as stitchery:
        session = await stitchery.sessions.create()
        job = await submit(session)
        await backing_off(session, job)
        [record] = await journal.unfinished_jobs()
        assert (record.state, record.attempt) == (State.QUEUED, 2)
    async with tree(tmp_path, trying, journal=journal) as stitchery:
        again = await stitchery.sessions.find(session.record.id)
        assert again is not None
        assert (await end_of(again, job)).attempt == 3

    assert len(trying.began) == 3


async def test_a_job_that_ends_its_worker_again_and_again_is_poison(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    trying = Trying(*(WorkerCrashed(f"Ended by SIGSEGV, {number}.") for number in range(9)))
    async with tree(tmp_path, trying, max_attempts=9, max_crashes=3) as stitchery:
        session = await stitchery.sessions.create()
        record = await end_of(session, await submit(session))

    assert (record.state, record.attempt, record.crashes) == (State.FAILED, 3, 3)
    assert record.error is not None
    assert record.error.code == "poison"
    assert "3 times in 3 attempt(s)" in record.error.detail
    assert "Ended by SIGSEGV, 2." in record.error.detail


async def test_crashes_count_over_lives(tmp_path: Path, autojump_clock: Clock) -> None:
    journal, trying = MemoryJournal(), Trying(WorkerCrashed("one"), WorkerCrashed("two"))
    async with tree(tmp_path, trying, journal=journal) as stitchery:
        session = await stitchery.sessions.create()
        job = await submit(session)
        await backing_off(session, job)
    async with tree(tmp_path, trying, journal=journal) as stitchery:
        again = await stitchery.sessions.find(session.record.id)
        assert again is not None
        record = await end_of(again, job)

    assert record.error is not None
    assert (record.error.code, record.crashes, record.attempt) == ("poison", 2, 2)


async def test_workers_that_were_gone_before_they_began_are_no_crash_of_the_job(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    trying = Trying(*[WorkersGone("three of them")] * 2)
    async with tree(tmp_path, trying, max_crashes=1) as stitchery:
        session = await stitchery.sessions.create()
        record = await end_of(session, await submit(session))

    assert (record.state, record.attempt, record.crashes) == (State.SUCCEEDED, 3, 0)


async def test_work_that_breaks_when_its_time_is_up_has_run_too_long(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    """And is not tried again, whatever it says."""

    class Sore(Trying):
        async def run(
            self, request: Trial, settings: CapabilitySettings, context: Context
        ) -> JobResult:
            self.began.append(trio.current_time())
            try:
                await trio.sleep(100)
            finally:
                raise StorageFull("no room to clean up")

    sore = Sore()
    async with tree(tmp_path, sore, run_timeout=20) as stitchery:
        session = await stitchery.sessions.create()
        record = await end_of(session, await submit(session))

    assert (record.state, record.attempt) == (State.TIMED_OUT, 1)
    assert record.error is not None
    assert record.error.limit == "trial.run_timeout"


async def test_a_limiter_that_falls_under_the_question_is_asked_again(
    tmp_path: Path, autojump_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    trying = Trying(StorageFull("full"))
    async with tree(tmp_path, trying) as stitchery:
        session = await stitchery.sessions.create()
        job = await submit(session)
        view = await backing_off(session, job)
        enter, falls = stitchery.floor.enter, [ZeroDivisionError()] * 2

        def fall(place: Place, *, resumed: bool) -> None:
            if falls:
                raise falls.pop()
            enter(place, resumed=resumed)

        monkeypatch.setattr(stitchery.floor, "enter", fall)
        record = await end_of(session, job)

    assert (view.record.attempt, record.state, record.attempt) == (2, State.SUCCEEDED, 2)


@pytest.mark.parametrize("error", [ValueError("ours"), ExceptionGroup("", [ValueError("ours")])])
async def test_a_mistake_of_ours_is_not_tried_again(
    tmp_path: Path, autojump_clock: Clock, error: Exception
) -> None:
    trying = Trying(error)
    async with tree(tmp_path, trying) as stitchery:
        session = await stitchery.sessions.create()
        record = await end_of(session, await submit(session))

    assert record.error is not None
    assert (record.error.code, len(trying.began)) == ("internal_error", 1)


@pytest.mark.parametrize(
    ("errors", "attempts"),
    [
        ([StorageFull("full"), StorageFull("full")], 2),
        ([StorageFull("full"), WorkFailed("bad")], 1),
    ],
)
async def test_of_several_errors_at_once_all_must_be_passing(
    tmp_path: Path, autojump_clock: Clock, errors: list[StitcheryError], attempts: int
) -> None:
    trying = Trying(ExceptionGroup("several", errors))
    async with tree(tmp_path, trying) as stitchery:
        session = await stitchery.sessions.create()
        await end_of(session, await submit(session))

    assert len(trying.began) == attempts
