"""What the journal in memory offers to simulations."""

from dataclasses import replace

import pytest
import trio
import trio.testing
from trio.testing import MockClock

from actors.errors import StorageFull
from actors.journal.memory import MemoryJournal
from actors.journal.port import JournalClosedError
from actors.lifecycle import State
from tests.actors.journal.makers import a_file, a_job, a_session, opened


async def test_a_delay_costs_virtual_time_only(autojump_clock: MockClock) -> None:
    assert autojump_clock.current_time() == 0

    async def slow(_write: str) -> None:
        await trio.sleep(3600)

    async with opened(MemoryJournal(before_write=slow)) as journal:
        session = a_session()
        await journal.add_session(session)
        assert trio.current_time() == 3600
        assert await journal.session(session.id) == session
        assert trio.current_time() == 3600


async def test_a_write_that_the_hook_fails_leaves_nothing() -> None:
    asked: list[str] = []

    async def full(write: str) -> None:
        asked.append(write)
        if write == "save_job":
            raise StorageFull("no room")
        await trio.lowlevel.checkpoint()

    async with opened(MemoryJournal(before_write=full)) as journal:
        session = a_session()
        job = a_job(session.id)
        await journal.add_session(session)
        await journal.add_job(job)
        with pytest.raises(StorageFull):
            await journal.save_job(replace(job, state=State.SUCCEEDED), [a_file(session.id)])
        assert await journal.job(session.id, job.id) == job
        assert (await journal.usage(session.id)).files == 0
    assert asked == ["add_session", "add_job", "save_job"]


async def test_a_cancel_in_the_hook_finds_nothing_written_and_one_after_it_finds_all() -> None:
    scope = trio.CancelScope()

    async def cancelled(_write: str) -> None:
        await trio.lowlevel.checkpoint()

    async def cancelling(_write: str) -> None:
        scope.cancel()

    for hook, written in ((cancelled, False), (cancelling, True)):
        async with opened(MemoryJournal(before_write=hook)) as journal:
            session = a_session()
            with trio.CancelScope() as scope:
                if hook is cancelled:
                    scope.cancel()
                await journal.add_session(session)
            assert scope.cancelled_caught
            assert (await journal.session(session.id) == session) is written


async def test_a_write_under_way_when_it_closes_is_refused() -> None:
    closed = trio.Event()

    async def slow(_write: str) -> None:
        await closed.wait()

    async def writer() -> None:
        with pytest.raises(JournalClosedError):
            await journal.add_session(a_session())

    journal = MemoryJournal(before_write=slow)
    async with trio.open_nursery() as nursery:
        async with opened(journal):
            nursery.start_soon(writer)
            await trio.testing.wait_all_tasks_blocked()
        closed.set()


async def test_what_was_written_shares_nothing_with_the_writer() -> None:
    async with opened(MemoryJournal()) as journal:
        session = a_session()
        await journal.add_session(session)
        first = await journal.session(session.id)
        assert first == session
        assert first is not session
