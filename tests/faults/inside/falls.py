"""Actors that fall (hostile.md 8, F18): each at every message, and at every step of the story.

Owns: how an actor is made to fall, and how often.
Never: judges.

Who takes messages falls with a message in its hands, or before it takes it. The others fall at
their Nth call, or while something else takes a step.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

import trio

from actors import tree as trees
from actors.mailbox import Inbox
from actors.supervisor import Actor, Supervisor
from actors.tree import Stitchery
from tests.faults.inside.record import Fault
from tests.faults.inside.stage import Drama, Points, Scene


class FallError(Exception):
    """An actor falls."""


# --- with a message -------------------------------------------------------------------------------


@contextmanager
def falls_over(actor: str, points: Points, *, in_hand: bool) -> Iterator[None]:
    """The actor falls when it takes the message at the point; without it in hand: just before."""
    receive = Inbox.receive

    async def take(inbox: Inbox[Any]) -> Any:
        if inbox._actor != actor:
            return await receive(inbox)
        if not in_hand and points.pass_one():
            raise FallError
        message = await receive(inbox)
        if in_hand and points.pass_one():
            raise FallError
        return message

    with patch.object(Inbox, "receive", take):
        yield


async def at_a_message(scene: Scene, *, actor: str, in_hand: bool) -> None:
    """An actor with an inbox falls over its Nth message."""
    with falls_over(actor, scene.points, in_hand=in_hand):
        async with scene.rig.open() as tree:
            scene.points.begin(lambda: None, steps=False)
            await scene.story.tell(tree)
            await scene.see_out(tree)
    await scene.live_again()


# --- at a call ------------------------------------------------------------------------------------


async def the_journal(scene: Scene) -> None:
    """The journal's actor falls at its Nth call, which is carried out."""

    def choose(_number: int, _name: str) -> Fault | None:
        return Fault.FALLS if scene.points.pass_one() else None

    scene.rig.record.choose = choose
    async with scene.rig.open() as tree:
        scene.points.begin(lambda: None, steps=False)
        await scene.story.tell(tree)
        await scene.see_out(tree)
    await scene.live_again()


async def the_workers(scene: Scene) -> None:
    """The pool falls at its Nth call, and all calls with it."""
    scene.rig.processes.passes = scene.points.pass_one
    async with scene.rig.open() as tree:
        scene.points.begin(lambda: None, steps=False)
        await scene.story.tell(tree)
        await scene.see_out(tree)
    await scene.live_again()


# --- at a step ------------------------------------------------------------------------------------


class _Fallible:
    """An actor that falls when it is told to, in the middle of whatever it does."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._told = trio.Event()

    def fall(self) -> None:
        """Does so with its next step."""
        self._told.set()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        self._told = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._wait)
            await self._actor.run(task_status=task_status)
            nursery.cancel_scope.cancel()

    async def _wait(self) -> None:
        await self._told.wait()
        raise FallError


@contextmanager
def fallible() -> Iterator[dict[str, Callable[[], None]]]:
    """Actors of trees that are opened in the block can be made to fall, by name."""
    falls: dict[str, Callable[[], None]] = {}

    def supervisor(children: list[tuple[str, Actor]]) -> Supervisor:
        made = [(name, _Fallible(actor)) for name, actor in children]
        falls.update({name: actor.fall for name, actor in made})
        return Supervisor(made)

    with patch.object(trees, "Supervisor", supervisor):
        yield falls


async def at_a_step(scene: Scene, *, actor: str) -> None:
    """An actor of the supervisor falls while some task takes its Nth step."""
    with fallible() as falls:
        async with scene.rig.open() as tree:
            name = next(name for name in reversed(falls) if actor in (name, "the last"))
            scene.points.begin(falls[name])
            await scene.story.tell(tree)
            await scene.see_out(tree)
    await scene.live_again()


async def a_session(scene: Scene) -> None:
    """The session that was asked last falls while some task takes its Nth step."""
    async with scene.rig.open() as tree:
        scene.points.begin(partial(_fell_session, tree))
        await scene.story.tell(tree)
        await scene.see_out(tree)
    await scene.live_again()


def _fell_session(tree: Stitchery) -> None:
    for session in tree.sessions._register.values():
        if session._nursery is not None and not session.leaving:
            session._nursery.start_soon(_fall)
            break


async def _fall() -> None:
    raise FallError


ROWS: dict[str, Drama] = {
    **{
        f"F18 the {actor} falls {'over' if in_hand else 'before'} a message": partial(
            at_a_message, actor=actor, in_hand=in_hand
        )
        for actor in ("limiter of copy", "limiter of nap", "session")
        for in_hand in (True, False)
    },
    "F18 the journal falls at a call": the_journal,
    "F18 the workers fall at a call": the_workers,
    "F18 a session falls at a step": a_session,
    **{
        f"F18 {actor} fall(s) at a step": partial(at_a_step, actor=actor)
        for actor in ("journal", "workers", "limiter of copy", "sessions", "the last")
    },
}
