"""What a life left waiting stands in line again as it stood, before whatever is new."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import pytest
import trio
import trio.testing
from structlog.testing import capture_logs

from actors import sessions
from actors.commands import Command, Resume
from actors.errors import NotReady, StorageFull
from actors.journal.memory import MemoryJournal
from actors.journal.port import Page
from actors.lifecycle import State, has_ended
from actors.messages import FileRecord, JobRecord, Options
from actors.session import Session
from actors.simulation.work import EmptyWorkspace
from actors.tree import Stitchery, open_stitchery
from conf.settings import Concurrency, Limits
from tests.capabilities import IdleWorkers, Nap, NapRequest, nap_settings

Clock = trio.testing.MockClock


class SlowJournal(MemoryJournal):
    """One that is slow to bring sessions back, a second each."""

    slow = False

    async def files(
        self, session: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[FileRecord]:
        if self.slow:
            await trio.sleep(1)
        return await super().files(session, limit=limit, cursor=cursor)


@asynccontextmanager
async def tree(
    data: Path, journal: MemoryJournal, nap: Nap | None = None, *, most: int = 10
) -> AsyncIterator[Stitchery]:
    """One job runs at once."""
    one = Concurrency(max_global_jobs=1, max_jobs_per_user=1)
    async with open_stitchery(
        nap_settings(data, concurrency=one, limits=Limits(max_sessions=most)),
        capabilities={"nap": nap or Nap()},
        journal=journal,
        workers=IdleWorkers(),
        workspace=EmptyWorkspace(),
    ) as stitchery:
        yield stitchery


async def submit(session: Session) -> str:
    return (await session.submit("nap", NapRequest(seconds=10), Options())).record.id


async def left_behind(data: Path, journal: MemoryJournal, users: int, each: int) -> list[str]:
    """Jobs of a life that began none of them, oldest first: one of each user, and again."""
    async with tree(data, journal) as stitchery:
        stitchery.floor.close()
        them = [await stitchery.sessions.create() for _ in range(users)]
        return [await submit(user) for _ in range(each) for user in them]


async def test_users_take_turns_in_the_old_order(tmp_path: Path, autojump_clock: Clock) -> None:
    journal, nap = MemoryJournal(), Nap()
    jobs = await left_behind(tmp_path, journal, users=7, each=3)

    async with tree(tmp_path, journal, nap):
        await trio.sleep(10 * len(jobs) + 1)

    assert nap.begun == jobs


async def test_a_long_line_holds_up_no_start_and_what_is_new_stands_behind_it(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    journal, nap = SlowJournal(), Nap()
    jobs = await left_behind(tmp_path, journal, users=5, each=2)
    journal.slow = True

    async with tree(tmp_path, journal, nap) as stitchery:
        assert trio.current_time() == pytest.approx(sessions.TAKEN_UP)
        assert not stitchery.services.taken_up.is_set()
        newcomer = await stitchery.sessions.create()
        new = await submit(newcomer)
        assert stitchery.services.taken_up.is_set()
        await trio.sleep(10 * len(jobs) + 20)

    assert nap.begun == [*jobs[:5], new, *jobs[5:]]


async def test_all_who_left_jobs_are_taken_up_where_fewer_may_be_in_memory_now(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    journal, nap = MemoryJournal(), Nap()
    jobs = await left_behind(tmp_path, journal, users=5, each=1)

    async with tree(tmp_path, journal, nap, most=2) as stitchery:
        assert len(stitchery.sessions) == 5
        with pytest.raises(NotReady):
            await stitchery.sessions.create()
        await trio.sleep(10 * len(jobs) + 1)

    assert nap.begun == jobs


async def test_a_stop_amid_the_taking_up_begins_nothing(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    journal, nap = SlowJournal(), Nap()
    await left_behind(tmp_path, journal, users=3, each=1)
    journal.slow = True

    async with tree(tmp_path, journal, nap) as stitchery:
        await stitchery.drain()
        await stitchery.services.taken_up.wait()
        await trio.sleep(50)

    assert nap.begun == []


async def test_who_ends_a_session_amid_the_taking_up_holds_up_nobody(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    journal, nap = SlowJournal(), Nap()
    jobs = await left_behind(tmp_path, journal, users=5, each=15)
    journal.slow = True

    with capture_logs() as lines:
        async with tree(tmp_path, journal, nap) as stitchery:
            ended = set(jobs[0::5])
            session = await stitchery.sessions.session_of_job(jobs[0])
            await session.end()
            before = stitchery.services.taken_up
            await stitchery.services.taken_up.wait()
            assert stitchery.services.taken_up is before
            await trio.sleep(10 * len(jobs))

    assert not [line for line in lines if line["event"] == "an actor fell"]
    assert set(nap.begun) - ended == set(jobs) - ended
    assert nap.most_running == 1


async def test_a_session_that_breaks_amid_the_taking_up_runs_each_of_its_jobs_once(
    tmp_path: Path, autojump_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, nap = MemoryJournal(), Nap()
    jobs = await left_behind(tmp_path, journal, users=3, each=8)
    resumed, breaks_at = count(1), 11
    answer = Session._answer

    async def sometimes(
        self: Session, command: Command, act: Callable[[], Awaitable[None]]
    ) -> None:
        if isinstance(command, Resume) and next(resumed) == breaks_at:
            raise RuntimeError("what no command answers for breaks the actor")
        await answer(self, command, act)

    monkeypatch.setattr(Session, "_answer", sometimes)
    async with tree(tmp_path, journal, nap):
        await trio.sleep(10 * len(jobs) + 1)

    assert sorted(nap.begun) == jobs


class FullJournal(MemoryJournal):
    """Has room for no more records of jobs while it is full."""

    full = False

    async def save_job(self, job: JobRecord, files: Sequence[FileRecord] = ()) -> None:
        if self.full:
            raise StorageFull("full")
        await super().save_job(job, files)


async def test_a_job_beyond_help_ends_in_this_life_though_the_disk_is_full_at_its_start(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    journal = FullJournal()
    async with tree(tmp_path, journal) as stitchery:
        job = await submit(await stitchery.sessions.create())
        await trio.sleep(1)
    for _ in range(2):  # with the first, as many attempts as it has
        async with tree(tmp_path, journal):
            await trio.sleep(1)
    journal.full = True
    async with tree(tmp_path, journal) as stitchery:
        session = await stitchery.sessions.session_of_job(job)
        await trio.sleep(1000)
        assert not has_ended((await session.job(job)).record.state)
        journal.full = False
        await trio.sleep(1)
        assert (await session.job(job)).record.state is State.FAILED
