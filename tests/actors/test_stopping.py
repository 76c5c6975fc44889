"""A tree that stops, on virtual time: no job is the worse for how its end reaches the work."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
import trio.testing
from structlog.testing import capture_logs

from actors.capability import Context
from actors.errors import StitcheryError, WorkerCrashed, WorkerDismissed, WorkersGone
from actors.journal.memory import MemoryJournal
from actors.lifecycle import State, has_ended
from actors.messages import JobRecord, JobResult, Options
from actors.session import Session
from actors.simulation.work import EmptyDisk
from actors.tree import Stitchery, open_stitchery
from actors.workspace import Workspace
from tests.capabilities import IdleWorkers, Nap, NapRequest, NapSettings, nap_settings

Clock = trio.testing.MockClock
Work = Callable[[], Awaitable[None]]

LAST = 3
"""The last attempt that a job may have."""


class Doing(Nap):
    """Does one thing in each attempt, and then naps."""

    def __init__(self, *work: Work) -> None:
        super().__init__()
        self.work = list(work)

    async def run(self, request: NapRequest, settings: NapSettings, context: Context) -> JobResult:
        if self.work:
            await self.work.pop(0)()
        return await super().run(request, settings, context)


def dies(error: StitcheryError) -> Work:
    """The worker is lost after five seconds."""

    async def work() -> None:
        await trio.sleep(5)
        raise error

    return work


async def breaks() -> None:
    """Cancelled, a task of the work breaks while it cleans up."""

    async def child() -> None:
        try:
            await trio.sleep_forever()
        finally:
            raise ValueError("the clean-up broke")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(child)
        await trio.sleep_forever()


async def divides() -> None:
    """Cancelled, all tasks of the work end in good order."""
    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(trio.sleep_forever)


async def forgets() -> None:
    """Cancelled, the work breaks and tells nothing of having been cancelled."""
    try:
        await trio.sleep_forever()
    finally:
        raise ValueError("the clean-up broke")


@asynccontextmanager
async def tree(data: Path, journal: MemoryJournal, doing: Doing) -> AsyncIterator[Stitchery]:
    workspace = Workspace(data)
    workspace._disk = EmptyDisk()  # no threads: virtual time would jump on while they work
    async with open_stitchery(
        nap_settings(data),
        capabilities={"nap": doing},
        journal=journal,
        workers=IdleWorkers(),
        workspace=workspace,
    ) as stitchery:
        yield stitchery


async def begin(stitchery: Stitchery) -> tuple[Session, str]:
    """A job that has just begun."""
    session = await stitchery.sessions.create()
    job = (await session.submit("nap", NapRequest(), Options())).record.id
    await trio.sleep(1)
    return session, job


async def end_of(session: Session, job: str) -> JobRecord:
    while not has_ended((view := await session.job(job)).record.state):  # noqa: ASYNC110 -- virtual
        await trio.sleep(1)
    return view.record


async def next_life(data: Path, journal: MemoryJournal, job: str) -> JobRecord:
    """How the job ends in a life in which nothing stops it."""
    async with tree(data, journal, Doing()) as stitchery:
        return await end_of(await stitchery.sessions.session_of_job(job), job)


@pytest.mark.parametrize("kind", [WorkerCrashed, WorkerDismissed, WorkersGone])
async def test_a_worker_lost_while_the_service_stops_costs_no_attempt_and_is_no_crash(
    tmp_path: Path, autojump_clock: Clock, kind: type[WorkerCrashed]
) -> None:
    """However often that happens: more often than it may be tried, or may crash."""
    journal = MemoryJournal()
    async with tree(tmp_path, journal, Doing(dies(kind("lost")))) as stitchery:
        _, job = await begin(stitchery)
        await stitchery.drain()
    for _ in range(LAST):
        async with tree(tmp_path, journal, Doing(dies(kind("lost")))) as stitchery:
            await trio.sleep(1)
            await stitchery.drain()

    record = await next_life(tmp_path, journal, job)

    assert (record.state, record.attempt, record.crashes) == (State.SUCCEEDED, 1, 0)


async def test_who_hears_of_the_stop_a_moment_after_its_workers_did_loses_no_attempt(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    journal, doing = MemoryJournal(), Doing(dies(WorkerDismissed("by SIGTERM")))
    async with tree(tmp_path, journal, doing) as stitchery:
        _, job = await begin(stitchery)
        await trio.sleep(4.5)
        await stitchery.drain()

    record = await next_life(tmp_path, journal, job)

    assert (record.state, record.attempt, record.crashes) == (State.SUCCEEDED, 1, 0)


async def test_a_worker_that_was_dismissed_costs_an_attempt_where_nothing_stops_but_is_no_crash(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    """Else work that dismisses itself would be begun for ever."""
    doing = Doing(*[dies(WorkerDismissed("by SIGTERM"))] * LAST)
    async with tree(tmp_path, MemoryJournal(), doing) as stitchery:
        record = await end_of(*await begin(stitchery))

    assert record.error is not None
    assert (record.error.code, record.attempt, record.crashes) == ("worker_crashed", LAST, 0)


@pytest.mark.parametrize("work", [breaks, divides, forgets])
async def test_work_that_ends_in_pieces_when_the_tree_stops_costs_no_attempt(
    tmp_path: Path, autojump_clock: Clock, work: Work
) -> None:
    journal = MemoryJournal()
    async with tree(tmp_path, journal, Doing(work)) as stitchery:
        _, job = await begin(stitchery)
        with trio.move_on_after(1):
            await stitchery.drain()

    record = await next_life(tmp_path, journal, job)

    assert (record.state, record.attempt) == (State.SUCCEEDED, 1)


@pytest.mark.parametrize("work", [breaks, divides, forgets])
async def test_a_session_whose_work_ends_in_pieces_ends(
    tmp_path: Path, autojump_clock: Clock, work: Work
) -> None:
    journal = MemoryJournal()
    async with tree(tmp_path, journal, doing := Doing(work)) as stitchery:
        session, _ = await begin(stitchery)
        await session.end()
        await trio.sleep(100)
        assert await stitchery.sessions.find(session.record.id) is None
        assert (await journal.unfinished_jobs(), doing.begun) == ((), [])


@pytest.mark.parametrize("work", [breaks, forgets])
async def test_what_broke_in_cancelled_work_is_in_the_log(
    tmp_path: Path, autojump_clock: Clock, work: Work
) -> None:
    async with tree(tmp_path, MemoryJournal(), Doing(work, work)) as stitchery:
        session, _ = await begin(stitchery)
        with capture_logs() as logs:
            await session.end()
        broke = [line for line in logs if line["event"].startswith("cancelled work broke")]
        assert [line["log_level"] for line in broke] == ["error"]

        session, job = await begin(stitchery)
        assert (await session.cancel(job)).record.state is State.CANCELLED
