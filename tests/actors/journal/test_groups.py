"""Group commit, with a commit that the test holds up."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import Any

import pytest
import trio
import trio.testing

from actors.journal.groups import Groups
from actors.journal.port import JournalClosedError
from actors.journal.store import Write


class HeldUp:
    """Stands for the disk: remembers its groups; each waits until the test lets it through."""

    def __init__(self) -> None:
        self.groups: list[list[Any]] = []
        self.failure: Exception | None = None
        self._turns = threading.Semaphore(0)

    @property
    def written(self) -> list[Any]:
        return list(chain.from_iterable(self.groups))

    def let_through(self, groups: int = 1) -> None:
        self._turns.release(groups)

    def commit(self, group: Sequence[Write[Any]]) -> None:
        self._turns.acquire()
        if self.failure is not None:
            raise self.failure
        self.groups.append([carry_out(write) for write in group])


def carry_out(write: Write[Any]) -> Any:
    try:
        write.result = write.work(None)  # type: ignore[arg-type]  # these works need no database
    except ValueError as error:
        write.error = error
    return write.result


def giving(value: Any) -> Callable[[Any], Any]:
    return lambda _connection: value


def refusing(_connection: Any) -> None:
    raise ValueError("refused")


async def test_what_comes_while_a_group_is_written_makes_the_next_group(
    nursery: trio.Nursery,
) -> None:
    disk = HeldUp()
    groups = Groups(disk.commit)
    nursery.start_soon(groups.run)
    async with trio.open_nursery() as writers:
        writers.start_soon(groups.write, giving(0))
        await trio.testing.wait_all_tasks_blocked()
        for number in range(1, 100):
            writers.start_soon(groups.write, giving(number))
        await trio.testing.wait_all_tasks_blocked()
        disk.let_through(3)
    assert sorted(disk.written) == list(range(100))
    # The thread may fetch late and find all 100, but it never needs a third group.
    assert len(disk.groups) <= 2
    statistics = groups.statistics()
    assert (statistics.writes, statistics.commits) == (100, len(disk.groups))
    assert statistics.largest == max(map(len, disk.groups))


async def test_each_writer_gets_its_own_outcome(nursery: trio.Nursery) -> None:
    disk = HeldUp()
    disk.let_through(10)
    groups = Groups(disk.commit)
    nursery.start_soon(groups.run)
    outcomes: dict[int, Any] = {}

    async def writer(number: int) -> None:
        try:
            outcomes[number] = await groups.write(refusing if number % 2 else giving(number))
        except ValueError as error:
            outcomes[number] = str(error)

    async with trio.open_nursery() as writers:
        for number in range(10):
            writers.start_soon(writer, number)
    assert outcomes == {n: "refused" if n % 2 else n for n in range(10)}


async def test_a_full_backlog_makes_writers_wait_but_not_notes(nursery: trio.Nursery) -> None:
    disk = HeldUp()
    groups = Groups(disk.commit, backlog=2)
    nursery.start_soon(groups.run)
    async with trio.open_nursery() as writers:
        for number in range(5):
            writers.start_soon(groups.write, giving(number))
        await trio.testing.wait_all_tasks_blocked()
        assert groups.statistics().waiting == 3
        groups.note(giving("note"))
        disk.let_through(10)
    assert sorted(map(str, disk.written)) == ["0", "1", "2", "3", "4", "note"]
    assert groups.statistics().waiting == 0


async def test_a_cancelled_writer_gives_its_place_back_and_harms_nobody(
    nursery: trio.Nursery,
) -> None:
    """Both the one whose write was taken in, which counts, and the one that waited for room."""
    disk = HeldUp()
    groups = Groups(disk.commit, backlog=1)
    nursery.start_soon(groups.run)
    for value in ("taken in", "waiting for room"):
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as writers:
                writers.start_soon(groups.write, giving(value))
                await trio.testing.wait_all_tasks_blocked()
                scope.cancel()
    assert groups.statistics().waiting == 0
    disk.let_through(2)
    assert await groups.write(giving("next")) == "next"
    assert disk.written == ["taken in", "next"]


async def test_closing_writes_what_was_taken_in_and_refuses_the_rest() -> None:
    disk = HeldUp()
    groups = Groups(disk.commit, backlog=3)
    outcomes: list[object] = []

    async def writer(number: int) -> None:
        try:
            outcomes.append(await groups.write(giving(number)))
        except JournalClosedError:
            outcomes.append("closed")

    async with trio.open_nursery() as writers, trio.open_nursery() as nursery:
        nursery.start_soon(groups.run)
        for number in range(5):
            writers.start_soon(writer, number)
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
        disk.let_through(5)
    assert len(disk.written) == 3
    assert sorted(map(str, outcomes)) == [*sorted(map(str, disk.written)), "closed", "closed"]
    with pytest.raises(JournalClosedError):
        await groups.write(giving(9))
    with pytest.raises(JournalClosedError):
        groups.note(giving(9))


async def test_closing_at_once_still_writes_what_was_taken_in() -> None:
    disk = HeldUp()
    disk.let_through(5)
    groups = Groups(disk.commit)
    groups.note(giving("early"))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(groups.run)
        nursery.cancel_scope.cancel()
    assert disk.groups == [["early"]]


async def test_a_failed_note_is_counted(nursery: trio.Nursery) -> None:
    disk = HeldUp()
    disk.let_through(5)
    groups = Groups(disk.commit)
    nursery.start_soon(groups.run)
    groups.note(refusing)
    await groups.write(giving(1))
    assert groups.statistics().lost == 1


async def test_a_breakdown_of_the_writer_answers_everyone_and_ends_the_actor() -> None:
    disk = HeldUp()
    disk.failure = RuntimeError("a mistake of ours")
    groups = Groups(disk.commit, backlog=2)
    closed: list[int] = []

    async def writer(number: int) -> None:
        with pytest.raises(JournalClosedError):
            await groups.write(giving(number))
        closed.append(number)

    async with trio.open_nursery() as writers:
        for number in range(4):
            writers.start_soon(writer, number)
        await trio.testing.wait_all_tasks_blocked()
        disk.let_through(4)
        with pytest.RaisesGroup(pytest.RaisesExc(RuntimeError, match="a mistake of ours")):
            await groups.run()
    assert sorted(closed) == [0, 1, 2, 3]


async def test_the_writer_does_not_take_a_thread_that_others_need() -> None:
    """Trio's own limiter is untouched by a journal at rest."""
    limiter = trio.to_thread.current_default_thread_limiter()
    groups = Groups(HeldUp().commit)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(groups.run)
        await trio.testing.wait_all_tasks_blocked()
        assert limiter.borrowed_tokens == 0
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("writers", [1, 50])
async def test_writes_of_one_task_keep_their_order(nursery: trio.Nursery, writers: int) -> None:
    disk = HeldUp()
    disk.let_through(10_000)
    groups = Groups(disk.commit, backlog=7)
    nursery.start_soon(groups.run)

    async def writer(name: int) -> None:
        for step in range(10):
            groups.note(giving((name, 2 * step)))
            await groups.write(giving((name, 2 * step + 1)))

    async with trio.open_nursery() as tasks:
        for name in range(writers):
            tasks.start_soon(partial(writer, name))
    for name in range(writers):
        assert [step for who, step in disk.written if who == name] == list(range(20))
