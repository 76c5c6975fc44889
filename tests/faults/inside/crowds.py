"""No room between actors (hostile.md 8, F19): buffers at their least, slow and absent readers.

Owns: how small each buffer can be made, and what is told to hold all the same.
Never: judges.

What buffers there are: `Inbox` has no bound of its own, since who asks waits for the answer; so it
is measured that it never holds more than asked and lived (`fullest`). The journal's backlog is
given (`SqliteJournal(backlog=1)`), the readers', disk's and looks' turns, the replayable past and
the unread news of a watcher are constants of their modules.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

import trio

from actors import disk, looks, progress
from actors.look_turns import Share
from actors.mailbox import Inbox
from actors.messages import Event
from actors.progress import LaggedError
from actors.tree import Stitchery
from tests.faults.inside.stage import Drama, Scene


@contextmanager
def least_room() -> Iterator[None]:
    """Every buffer inside the tree is as small as it can be, for trees opened in the block."""
    with ExitStack() as stack:
        for module, name, value in (
            (disk, "DISK_THREADS", 1),
            (progress, "REPLAYABLE", 0),
            (progress, "MOST_UNREAD", 0),
        ):
            stack.enter_context(patch.object(module, name, value))
        one = (Share(all=1, per_user=1, spared=0),)
        stack.enter_context(patch.object(looks.Looks.__init__, "__defaults__", one))
        yield


class Fullest:
    """How many messages the fullest inbox held, and how many might ask."""

    def __init__(self) -> None:
        self.messages = 0


@contextmanager
def slow(seconds: float, fullest: Fullest) -> Iterator[None]:
    """Every actor takes so long over each message, before it takes it."""
    receive = Inbox.receive

    async def take(inbox: Inbox[Any]) -> Any:
        await trio.sleep(seconds)
        fullest.messages = max(fullest.messages, len(inbox))
        return await receive(inbox)

    with patch.object(Inbox, "receive", take):
        yield


@asynccontextmanager
async def readers(scene: Scene, tree: Stitchery, *, slow: float) -> AsyncIterator[None]:
    """Everybody's sessions are watched by one who reads slowly and one who never reads."""

    async def read(id: str) -> None:
        seen: list[Event] = []
        while (session := await tree.sessions.find(id)) is not None:
            with session.watch() as watcher, session.watch() as _never_read:
                try:
                    while True:
                        seen.append(await watcher.next())
                        await trio.sleep(slow)
                except LaggedError:
                    continue  # and comes again
                except EOFError:
                    return

    async def follow() -> None:
        known: set[str] = set()
        while True:
            for id in [id for id in scene.story.sessions if id not in known]:
                known.add(id)
                nursery.start_soon(read, id)
            await trio.sleep(0.5)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(follow)
        yield
        nursery.cancel_scope.cancel()


async def without_room(scene: Scene) -> None:
    """The story, with every buffer at its least and readers who do not keep up."""
    with least_room():
        async with scene.rig.open() as tree:
            async with readers(scene, tree, slow=7.0):
                await scene.story.tell(tree)
            await scene.see_out(tree)
        await scene.live_again()
    scene.points.reached = True


async def slow_actors(scene: Scene, *, crowd: int) -> None:
    """Many tell their stories at once to actors that take a second over each message."""
    fullest = Fullest()
    stories = [scene.story, *(type(scene.story)() for _ in range(crowd - 1))]
    with least_room(), slow(1.0, fullest):
        async with scene.rig.open() as tree:
            async with trio.open_nursery() as nursery:
                for story in stories:
                    nursery.start_soon(story.tell, tree)
            for story in stories[1:]:
                scene.story.accepted |= story.accepted
                scene.story.ended |= story.ended
                scene.breaches += story.breaches
            await scene.see_out(tree)
    most = 3 * crowd  # each asks for one thing, and has two jobs that may leave
    if fullest.messages > most:
        scene.breaches.append(f"an inbox held {fullest.messages} messages, {most} may wait")
    scene.points.reached = True


ROWS: dict[str, Drama] = {
    "F19 no room, slow and absent readers": without_room,
    "F19 no room, slow actors, 5 at once": partial(slow_actors, crowd=5),
    "F19 no room, slow actors, 20 at once": partial(slow_actors, crowd=20),
}
