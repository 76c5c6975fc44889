"""A journal fails each of its writes in turn, done or not done: each job has one effect.

"Done, but the caller sees an error" is the fault that Temporal's suite calls ExecuteAndTimeout.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
import trio
import trio.testing

from actors.capability import AnswerT, Capability, Context, Forecast, OrderT, ProgressSink, Request
from actors.errors import Fault, JobEnded, NotReady, StitcheryError, StorageFull, WorkFailed
from actors.journal.memory import MemoryJournal
from actors.journal.port import JournalClosedError
from actors.lifecycle import State, has_ended
from actors.messages import FileRecord, Idempotency, JobRecord, JobResult, Media, Options
from actors.part import Part
from actors.session import Session
from actors.simulation.work import EmptyDisk
from actors.tree import Stitchery, open_stitchery
from actors.workers.call import Call
from actors.workspace import Workspace
from conf.settings import CapabilitySettings, Concurrency, Settings, Storage
from tests.capabilities import IdleWorkers

Clock = trio.testing.MockClock

ERRORS = (Fault, StorageFull, NotReady, JournalClosedError)


@dataclass(frozen=True, slots=True)
class Failure:
    """Which write fails (from 1), with what, and whether it is done all the same."""

    write: int
    error: type[StitcheryError]
    done: bool


class FailingJournal(MemoryJournal):
    """Fails one write about jobs; sees that no end is ever changed."""

    def __init__(self, failure: Failure | None = None) -> None:
        super().__init__()
        self.writes = 0
        self.failure = failure
        self.ends: dict[str, JobRecord] = {}

    def _fails(self, *, done: bool) -> None:
        failure = self.failure
        if failure is not None and (failure.write, failure.done) == (self.writes, done):
            raise failure.error("The disk is slow to say so.")

    def _look(self, job: JobRecord) -> None:
        before = self.ends.get(job.id)
        assert before is None or before == job, f"{job.id} had ended as {before}, now {job}"
        if has_ended(job.state):
            self.ends[job.id] = job

    async def add_job(self, job: JobRecord, idempotency: Idempotency | None = None) -> None:
        self.writes += 1
        self._fails(done=False)
        await super().add_job(job, idempotency)
        self._fails(done=True)

    async def save_job(self, job: JobRecord, files: Sequence[FileRecord] = ()) -> None:
        self.writes += 1
        self._fails(done=False)
        await super().save_job(job, files)
        self._look(job)
        self._fails(done=True)

    def note_job(self, job: JobRecord) -> None:
        self.writes += 1
        self._fails(done=False)
        super().note_job(job)
        self._look(job)
        self._fails(done=True)


class Task(Request):
    """How often it stumbles before it makes its file."""

    stumbles: int = 0
    seconds: float = 1.0


class Stumbled(WorkFailed):
    passing = True


class Making(Capability[Task, CapabilitySettings]):
    """Makes one file, after it has stumbled as often as told."""

    name = "make"
    summary = "Makes."
    request_type = Task
    settings_type = CapabilitySettings
    forecast_type = Forecast

    def __init__(self) -> None:
        self.stumbled = 0

    def inputs(self, request: Task) -> Mapping[str, str]:
        return {}

    def forecast(
        self, request: Task, files: Mapping[str, FileRecord], settings: CapabilitySettings
    ) -> Forecast:
        return Forecast(memory_bytes=0)

    async def run(self, request: Task, settings: CapabilitySettings, context: Context) -> JobResult:
        part = await context.new_part()
        await part.write(b"a picture")
        file = await context.keep(part, "picture.png")
        await trio.sleep(request.seconds)
        if self.stumbled < request.stumbles:
            self.stumbled += 1
            raise Stumbled("It stumbled.")
        return JobResult(files=(file,))


class LookingWorkers(IdleWorkers):
    """Workers that find a picture in anything."""

    async def call(
        self,
        call: Call[OrderT, AnswerT],
        order: OrderT,
        *,
        on_progress: ProgressSink,
        on_killed: Callable[[int], None],
    ) -> AnswerT:
        return cast(AnswerT, Media(media_type="image/png", width=1, height=1))


@asynccontextmanager
async def tree(
    data: Path, journal: MemoryJournal, workspace: Workspace | None = None
) -> AsyncIterator[Stitchery]:
    if workspace is None:
        workspace = Workspace(data)
        workspace._disk = EmptyDisk()  # virtual time jumps on while another thread works
    settings = Settings(
        concurrency=Concurrency(max_jobs_per_user=2),
        storage=Storage(data=data),
        capabilities={"make": CapabilitySettings(retry_after=1, run_timeout=36_000)},
    )
    async with open_stitchery(
        settings,
        capabilities={"make": Making()},
        journal=journal,
        workers=LookingWorkers(),
        workspace=workspace,
    ) as stitchery:
        yield stitchery


async def story(data: Path, journal: FailingJournal) -> None:
    """One job stumbles and then succeeds, one is cancelled, both under keys that are sent twice."""
    async with tree(data, journal) as stitchery:
        session = await stitchery.sessions.create()
        made = await insist(session, "one", Task(stumbles=1))
        cancelled = await insist(session, "two", Task(seconds=1000))
        await end_of(session, made)
        assert (await session.cancel(cancelled)).record.state is State.CANCELLED
        record = await end_of(session, made)
        await look(stitchery, session, data, journal, record)


async def insist(session: Session, key: str, task: Task) -> str:
    """Submits under a key, and once more when it is refused, as clients do; the job's id."""
    promise = Idempotency(key=key, digest=task.model_dump_json())
    try:
        first = (await session.submit("make", task, Options(), promise)).record.id
    except StitcheryError:
        assert await unfinished(session, but=()) <= {"one"}, "refused, and there all the same"
        return (await session.submit("make", task, Options(), promise)).record.id
    assert (await session.submit("make", task, Options(), promise)).record.id == first
    return first


async def unfinished(session: Session, but: Sequence[str]) -> set[str]:
    """The jobs that have not ended, told by how often they stumble: "one" does."""
    page = await session.jobs()
    return {
        "one" if '"stumbles":1' in view.record.request else "two"
        for view in page.items
        if view.record.id not in but and not has_ended(view.record.state)
    }


async def end_of(session: Session, job: str) -> JobRecord:
    while not has_ended((view := await session.job(job)).record.state):  # noqa: ASYNC110 -- virtual
        await trio.sleep(1)
    return view.record


async def look(
    stitchery: Stitchery, session: Session, data: Path, journal: FailingJournal, made: JobRecord
) -> None:
    """One end for each job, one file, told, on record and in its place; nothing else anywhere."""
    assert (made.state, made.attempt) == (State.SUCCEEDED, 2)
    assert made.result is not None
    [file] = made.result.files
    page = await journal.jobs(session.record.id)
    assert {job.state for job in page.items} == {State.SUCCEEDED, State.CANCELLED}
    assert len(page.items) == len(journal.ends) == 2
    recorded = await journal.files(session.record.id)
    assert [one.id for one in recorded.items] == [file.id] == list(session.shelf.files)
    assert [path.name for path in (data / "files").rglob("*") if path.is_file()] == [file.id]
    assert not list((data / "parts").iterdir())
    assert (stitchery.admission.running, stitchery.admission.waiting) == (0, 0)
    assert not session.unfinished()


async def test_the_story_without_a_fault_has_as_many_writes_as_are_failed_below(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    journal = FailingJournal()
    await story(tmp_path, journal)
    assert journal.writes == WRITES


WRITES = 8
"""Two jobs added, three starts noted, one way back and two ends saved."""


@pytest.mark.parametrize("done", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("write", range(1, WRITES + 1))
async def test_whichever_write_fails_each_job_ends_once_and_its_file_is_there_once(
    tmp_path: Path,
    autojump_clock: Clock,
    write: int,
    error: type[StitcheryError],
    done: bool,  # noqa: FBT001 -- pytest passes it by name
) -> None:
    await story(tmp_path, FailingJournal(Failure(write, error, done=done)))


async def test_an_end_that_may_be_on_record_is_not_put_back_when_the_service_stops(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    """The write of the end was done and denied, and the next try waits when all is stopped."""

    class Denying(FailingJournal):
        async def save_job(self, job: JobRecord, files: Sequence[FileRecord] = ()) -> None:
            await super().save_job(job, files)
            if has_ended(job.state):
                raise StorageFull("The log is full.")

    journal: Any = Denying()
    async with tree(tmp_path, journal) as stitchery:
        session = await stitchery.sessions.create()
        job = (await session.submit("make", Task(), Options())).record.id
        await trio.sleep(1.5)
        await stitchery.drain()
        assert (await session.job(job)).record.state is State.RUNNING

    assert journal.ends[job].state is State.SUCCEEDED


class SlowWorkspace(Workspace):
    """Takes ten seconds to put files in their place."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._disk = EmptyDisk()

    async def adopt(self, *parts: Part) -> None:
        await trio.sleep(10)
        await super().adopt(*parts)


@pytest.mark.parametrize("asked_at", [2.0, 10.9, 11.5, 14.9], ids=["", "at its end", "", ""])
async def test_a_job_whose_files_are_being_put_in_place_or_on_record_keeps_its_end(
    tmp_path: Path, autojump_clock: Clock, asked_at: float
) -> None:
    """Publishing takes until 11, recording until 15: a cancel comes too late, and is told so."""

    async def slow(write: str) -> None:
        await trio.sleep(4 if write == "save_job" else 0)

    journal = FailingJournal()
    journal._before_write = slow
    async with tree(tmp_path, journal, SlowWorkspace(tmp_path)) as stitchery:
        session = await stitchery.sessions.create()
        job = (await session.submit("make", Task(seconds=1), Options())).record.id
        await trio.sleep(asked_at)
        with pytest.raises(JobEnded):
            await session.cancel(job)
        assert trio.current_time() == pytest.approx(15)
        record = await end_of(session, job)

    assert record.state is State.SUCCEEDED
    assert record.receipt is None
    assert record.result is not None
    assert [path.name for path in (tmp_path / "files").rglob("*") if path.is_file()] == [
        file.id for file in record.result.files
    ]


async def test_a_stop_while_files_are_put_in_place_ends_the_job_all_the_same(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    """What is shielded ends first: the next life finds a job that has succeeded."""
    journal = FailingJournal()
    async with tree(tmp_path, journal, SlowWorkspace(tmp_path)) as stitchery:
        session = await stitchery.sessions.create()
        job = (await session.submit("make", Task(seconds=1), Options())).record.id
        await trio.sleep(5)

    assert journal.ends[job].state is State.SUCCEEDED
