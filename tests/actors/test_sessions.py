"""Who has which session, and who makes room for whom, under the virtual clock."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest
import trio
import trio.testing
from structlog.testing import capture_logs

from actors.errors import NotFound, NotReady
from actors.journal.memory import MemoryJournal
from actors.lifecycle import State
from actors.messages import Options
from actors.session import Session
from actors.simulation.work import EmptyWorkspace
from actors.tree import Stitchery, open_stitchery
from conf.settings import Limits
from tests.capabilities import IdleWorkers, Nap, NapRequest, nap_settings

Clock = trio.testing.MockClock
MOST = 3


@asynccontextmanager
async def tree(data: Path, journal: MemoryJournal | None = None) -> AsyncIterator[Stitchery]:
    """A tree with room for three sessions.

    Without a disk: the virtual clock runs on while a thread works, and who is idle would leave.
    """
    async with open_stitchery(
        nap_settings(data, limits=Limits(max_sessions=MOST)),
        capabilities={"nap": Nap()},
        journal=journal or MemoryJournal(),
        workers=IdleWorkers(),
        workspace=EmptyWorkspace(),
    ) as stitchery:
        yield stitchery


async def submit(session: Session) -> str:
    request = NapRequest.model_validate({"seconds": 1000.0})
    return (await session.submit("nap", request, Options())).record.id


# --- a principal's session ------------------------------------------------------------------------


async def test_a_hundred_first_requests_of_a_principal_begin_one_session(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    journal = MemoryJournal()
    found: list[Session] = []

    async def ask(stitchery: Stitchery) -> None:
        found.append(await stitchery.sessions.of("key:robot"))

    async with tree(tmp_path, journal) as stitchery:
        async with trio.open_nursery() as nursery:
            for _ in range(100):
                nursery.start_soon(ask, stitchery)
        assert len({id(session) for session in found}) == 1
        assert len(journal._shelves) == 1
        assert found[0].record.owner == "key:robot"


async def test_principals_have_sessions_of_their_own_which_outlast_a_restart(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    journal = MemoryJournal()
    owners = ["key:ann", "user:ann", "key:ben"]
    async with tree(tmp_path, journal) as stitchery:
        before = [(await stitchery.sessions.of(owner)).record.id for owner in owners]
    assert len(set(before)) == len(owners)
    async with tree(tmp_path, journal) as stitchery:
        after = [(await stitchery.sessions.of(owner)).record.id for owner in owners]
    assert after == before


async def test_the_owners_of_sessions_are_told_wherever_these_are(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    journal = MemoryJournal()
    async with tree(tmp_path, journal) as stitchery:
        away = (await stitchery.sessions.of("key:ann")).record.id
    async with tree(tmp_path, journal) as stitchery:
        here = (await stitchery.sessions.of("user:ben")).record.id
        nobodys = (await stitchery.sessions.create()).record.id
        found = await stitchery.sessions.owners(frozenset({away, here, nobodys}))
    assert found == {away: "key:ann", here: "user:ben"}


async def test_the_log_tells_a_first_life_from_one_that_takes_up_another(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    journal = MemoryJournal()
    told = []
    for _ in range(2):
        with capture_logs() as logs:
            async with tree(tmp_path, journal):
                pass
        told += [line["event"] for line in logs if line["log_level"] == "info"][:1]
    assert told == ["nothing to take up: this data folder is new",
                    "took up where the last life ended"]  # fmt: skip


async def test_after_its_end_a_principal_begins_a_fresh_session(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(tmp_path) as stitchery:
        old = await stitchery.sessions.of("key:robot")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(old.end)
            await trio.testing.wait_all_tasks_blocked()
            new = await stitchery.sessions.of("key:robot")
        assert new.record.id != old.record.id
        assert await stitchery.sessions.of("key:robot") is new


async def test_a_principal_whose_session_broke_finds_it_again(
    tmp_path: Path, autojump_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tree(tmp_path) as stitchery:
        old = await stitchery.sessions.of("key:robot")
        with monkeypatch.context() as broken:
            broken.setattr(Session, "idle", property(lambda _: 1 / 0))
            with pytest.raises(ZeroDivisionError):
                _ = old.idle
            await old.gone.wait()
        new = await stitchery.sessions.of("key:robot")
        assert new is not old
        assert new.record == old.record


# --- room -----------------------------------------------------------------------------------------


async def test_the_longest_unasked_idle_session_makes_room_at_once(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(tmp_path) as stitchery:
        first, second, third = [await stitchery.sessions.create() for _ in range(MOST)]
        await stitchery.sessions.find(first.record.id)
        began = trio.current_time()
        await stitchery.sessions.create()
        assert trio.current_time() == began
        assert [session.gone.is_set() for session in (first, second, third)] == [False, True, False]
        again = await stitchery.sessions.find(second.record.id)
        assert again is not None
        assert again.record == second.record
        assert len(stitchery.sessions) == MOST


async def test_who_works_is_watched_or_visited_is_not_sent_away(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(tmp_path) as stitchery:
        sessions = [await stitchery.sessions.create() for _ in range(MOST)]
        await submit(sessions[0])
        with ExitStack() as busy:
            busy.enter_context(sessions[1].watch())
            busy.enter_context(sessions[2].visit())
            with pytest.raises(NotReady) as caught:
                await stitchery.sessions.create()
            assert caught.value.limit == "sessions"
        await stitchery.sessions.create()
        assert not sessions[0].gone.is_set()


@pytest.mark.parametrize("leave", [Session.end, Session.retire])
async def test_who_begins_to_watch_what_has_just_left_is_told_its_end(
    tmp_path: Path, leave: Callable[[Session], Awaitable[object]]
) -> None:
    async with tree(tmp_path) as stitchery:
        session = await stitchery.sessions.create()
        await leave(session)
        with session.watch() as watcher, pytest.raises(EOFError):
            await watcher.next()


async def test_many_newcomers_at_once_never_make_more_than_there_is_room_for(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    most = 0

    async def begin(stitchery: Stitchery) -> None:
        nonlocal most
        await stitchery.sessions.create()
        most = max(most, len(stitchery.sessions))

    async with tree(tmp_path) as stitchery, trio.open_nursery() as nursery:
        for _ in range(50):
            nursery.start_soon(begin, stitchery)
    assert most == MOST


async def test_a_command_that_is_on_its_way_is_not_lost_to_one_who_wants_room(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(tmp_path) as stitchery:
        session = await stitchery.sessions.create()
        jobs: list[str] = []

        async def work() -> None:
            jobs.append(await submit(session))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(work)
            nursery.start_soon(session.retire)
        assert (await session.job(jobs[0])).record.state is State.RUNNING


# --- everybody's jobs -----------------------------------------------------------------------------


async def test_everybodys_jobs_are_told_as_they_stand(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(tmp_path) as stitchery:
        users = [await stitchery.sessions.create() for _ in range(MOST)]
        jobs = [await submit(user) for user in users for _ in range(2)]
        await trio.sleep(1)
        everything = {"state": None, "capability": None, "limit": 50, "cursor": None}
        page = await stitchery.sessions.jobs(**everything)  # type: ignore[arg-type]  # one value a key
        assert [view.record.id for view in page.items] == sorted(jobs, reverse=True)
        running = [view for view in page.items if view.record.state is State.RUNNING]
        assert len(running) == len(users)
        assert all(view.progress is not None for view in running)
        by_state = [
            await stitchery.sessions.jobs(state=state, capability="nap", limit=2, cursor=None)
            for state in (State.RUNNING, State.QUEUED)
        ]
        assert [len(page.items) for page in by_state] == [2, 2]
        assert all(page.next is not None for page in by_state)


async def test_the_session_of_a_job_is_found_whosever_it_is(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(tmp_path) as stitchery:
        session = await stitchery.sessions.create()
        assert await stitchery.sessions.session_of_job(await submit(session)) is session
        with pytest.raises(NotFound):
            await stitchery.sessions.session_of_job("0" * 34)


async def test_who_watches_at_any_moment_while_a_session_falls_breaks_nothing(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(tmp_path) as stitchery:
        session = await stitchery.sessions.create()
        await submit(session)
        await trio.testing.wait_all_tasks_blocked()
        nursery = stitchery.sessions._nursery
        assert nursery is not None
        nursery.cancel_scope.cancel()
        with trio.fail_after(10):
            while not session.gone.is_set():
                with session.watch():
                    await trio.lowlevel.checkpoint()
