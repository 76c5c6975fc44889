"""Looks: a turn is waited for, held for the block, and given back however it ends."""

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from actors.errors import NotReady
from actors.look_turns import Share
from actors.looks import PATIENCE, Looks

ONE = Share(all=1, per_user=1, spared=0)


async def test_who_comes_second_waits_for_the_first(autojump_clock: MockClock) -> None:
    looks, order = Looks(ONE), list[str]()

    async def look(user: str) -> None:
        async with looks.turn(user):
            order.append(f"{user} begins")
            await trio.sleep(1)
            order.append(f"{user} ends")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(look, "a")
        await wait_all_tasks_blocked()
        nursery.start_soon(look, "b")

    assert order == ["a begins", "a ends", "b begins", "b ends"]


@pytest.mark.parametrize("held", [True, False], ids=["with the turn", "in the line"])
async def test_who_is_cancelled_gives_the_turn_to_the_next(
    autojump_clock: MockClock, *, held: bool
) -> None:
    looks = Looks(ONE)
    async with trio.open_nursery() as nursery:
        scopes = []
        for user in "ab":
            scopes.append(await nursery.start(_look_for_ever, looks, user))
            await wait_all_tasks_blocked()
        scopes[0 if held else 1].cancel()
        scopes[1 if held else 0].deadline = trio.current_time() + 1

    async with looks.turn("c"):
        pass


async def _look_for_ever(
    looks: Looks, user: str, task_status: trio.TaskStatus[trio.CancelScope]
) -> None:
    with trio.CancelScope() as scope:
        task_status.started(scope)
        async with looks.turn(user):
            await trio.sleep_forever()


async def test_a_look_that_never_ends_is_given_up(autojump_clock: MockClock) -> None:
    with pytest.raises(NotReady, match="Try again"):
        async with Looks(ONE).turn("a"):
            await trio.sleep_forever()

    assert trio.current_time() >= PATIENCE
