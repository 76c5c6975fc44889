"""The supervisor: in order, within the budget, in reverse, and never hanging."""

from collections.abc import Awaitable, Callable

import pytest
import trio
import trio.testing

from actors.supervisor import Budget, BudgetSpentError, Supervisor

Note = Callable[[str], None]


class Child:
    """A child whose life the test writes."""

    def __init__(self, name: str, notes: list[str], *, breaks: int = 0) -> None:
        self.name = name
        self.notes = notes
        self.breaks = breaks
        self.poked = trio.Event()

    async def run(self, *, task_status: trio.TaskStatus[None]) -> None:
        self.notes.append(f"{self.name} starts")
        task_status.started()
        try:
            if self.breaks:
                self.breaks -= 1
                await self.poked.wait()
                raise ValueError(self.name)
            await trio.sleep_forever()
        finally:
            self.notes.append(f"{self.name} ends")


class NeverReady:
    async def run(self, *, task_status: trio.TaskStatus[None]) -> None:
        await trio.sleep_forever()


class BrokenAtStart:
    async def run(self, *, task_status: trio.TaskStatus[None]) -> None:
        await trio.lowlevel.checkpoint()
        raise OSError("no such folder")


async def run_until(supervisor: Supervisor, story: Callable[[], Awaitable[None]]) -> None:
    async with trio.open_nursery() as nursery:
        await nursery.start(supervisor.run)
        await story()
        nursery.cancel_scope.cancel()


async def test_children_start_in_order_and_stop_in_reverse() -> None:
    notes: list[str] = []
    children = [(name, Child(name, notes)) for name in ("one", "two", "three")]

    await run_until(Supervisor(children), trio.lowlevel.checkpoint)

    assert notes == [
        "one starts", "two starts", "three starts",
        "three ends", "two ends", "one ends",
    ]  # fmt: skip


async def test_a_fallen_child_is_started_again_and_the_others_do_not_notice() -> None:
    notes: list[str] = []
    falls = Child("falls", notes, breaks=2)
    falls.poked.set()

    await run_until(
        Supervisor([("stands", Child("stands", notes)), ("falls", falls)]),
        trio.testing.wait_all_tasks_blocked,
    )

    assert notes.count("falls starts") == 3
    assert notes.count("stands starts") == 1


async def test_falling_too_often_ends_the_whole_with_the_last_error_as_cause() -> None:
    notes: list[str] = []
    falls = Child("falls", notes, breaks=100)
    falls.poked.set()
    supervisor = Supervisor([("stands", Child("stands", notes)), ("falls", falls)], Budget(3, 60))

    with pytest.raises(ExceptionGroup) as caught:
        await run_until(supervisor, trio.sleep_forever)

    assert caught.group_contains(BudgetSpentError, match="falls fell")
    assert notes.count("falls starts") == 4
    assert notes[-1] == "stands ends"


async def test_a_child_that_never_worked_ends_the_start() -> None:
    notes: list[str] = []
    supervisor = Supervisor([("good", Child("good", notes)), ("broken", BrokenAtStart())])

    with pytest.raises(ExceptionGroup) as caught:
        await run_until(supervisor, trio.sleep_forever)

    assert caught.group_contains(OSError, match="no such folder")
    assert notes == ["good starts", "good ends"]


async def test_stopping_while_a_child_is_starting_does_not_hang(
    autojump_clock: trio.testing.MockClock,
) -> None:
    notes: list[str] = []
    supervisor = Supervisor([("good", Child("good", notes)), ("slow", NeverReady())])

    with trio.move_on_after(5) as scope:
        async with trio.open_nursery() as nursery:
            await nursery.start(supervisor.run)

    assert scope.cancelled_caught
    assert notes == ["good starts", "good ends"]


async def test_a_start_that_is_cancelled_as_a_child_reports_started_does_not_hang() -> None:
    notes: list[str] = []
    with trio.CancelScope() as scope:

        class Cancelling(Child):
            async def run(self, *, task_status: trio.TaskStatus[None]) -> None:
                scope.cancel()
                await super().run(task_status=task_status)

        supervisor = Supervisor(
            [("good", Child("good", notes)), ("last", Cancelling("last", notes))]
        )
        async with trio.open_nursery() as nursery:
            await nursery.start(supervisor.run)

    assert scope.cancelled_caught
    assert notes == ["good starts", "last starts", "last ends", "good ends"]


def test_the_budget_forgets_what_is_long_past() -> None:
    budget = Budget(intensity=2, period=10)

    assert [budget.spend(now) for now in (0, 1, 2, 3, 20)] == [True, True, False, False, True]
