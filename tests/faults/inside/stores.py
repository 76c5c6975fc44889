"""Stores that fail: the record's three faults (hostile.md 7, Temporal), the disk's errors.

Owns: which call fails and how: one of all, or some of all by chance.
Never: judges. A start that fails is a start refused: it is tried again without faults.
"""

import errno
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from random import Random

from actors.errors import StitcheryError
from actors.tree import Stitchery
from tests.faults.inside.record import READS, Fault, no_fault
from tests.faults.inside.stage import Drama, Scene

ERRORS = (errno.ENOSPC, errno.EIO, errno.EMFILE, errno.EROFS)


@asynccontextmanager
async def _opened(scene: Scene, stop: Callable[[], None]) -> AsyncIterator[Stitchery]:
    """A tree, whose start may fail once."""
    async with AsyncExitStack() as stack:
        tree: Stitchery | None = None
        try:
            tree = await stack.enter_async_context(scene.rig.open())
        except* StitcheryError:
            stop()
        if tree is None:
            tree = await stack.enter_async_context(scene.rig.open())
        yield tree


async def the_record(scene: Scene, *, fault: Fault) -> None:
    """One call of the journal meets a fault."""

    def choose(_number: int, name: str) -> Fault | None:
        if fault is Fault.FULL and name in READS:
            return None
        return fault if scene.points.pass_one() else None

    scene.rig.record.choose = choose
    scene.points.begin(lambda: None, steps=False)
    await _live(scene, partial(setattr, scene.rig.record, "choose", no_fault))


async def the_disk(scene: Scene, *, error: int) -> None:
    """One call to the system meets an error."""
    scene.system.fails_at = lambda _: error if scene.points.pass_one() else None
    scene.system.armed = True
    scene.points.begin(lambda: None, steps=False)
    await _live(scene, partial(setattr, scene.system, "armed", False))


async def by_chance(scene: Scene, *, rate: float, what: str) -> None:
    """So many of all calls fail, by chance; the point is the seed."""
    chance = Random(scene.points.at)
    if what == "record":
        scene.rig.record.choose = lambda _number, _name: (
            chance.choice([Fault.FULL, Fault.LOST, Fault.DONE]) if chance.random() < rate else None
        )
    else:
        scene.system.fails_at = lambda _: chance.choice(ERRORS) if chance.random() < rate else None
        scene.system.armed = True
        # where an adoption fails and taking it back does, too, the start of a life puts it aside
        scene.until_restart = "lies there without a record"

    def stop() -> None:
        scene.rig.record.choose = no_fault
        scene.system.armed = False

    scene.points.reached = True
    await _live(scene, stop)


async def _live(scene: Scene, stop: Callable[[], None]) -> None:
    async with _opened(scene, stop) as tree:
        await scene.story.tell(tree)
        stop()
        await scene.see_out(tree)
    await scene.live_again()


ROWS: dict[str, Drama] = {
    **{
        f"store {fault.value}": partial(the_record, fault=fault)
        for fault in (Fault.FULL, Fault.LOST, Fault.DONE)
    },
    **{f"disk {errno.errorcode[error]}": partial(the_disk, error=error) for error in ERRORS},
}

CHANCES: dict[str, Drama] = {
    f"{what} fails at {rate:.0%}": partial(by_chance, rate=rate, what=what)
    for what in ("record", "disk")
    for rate in (0.05, 0.1)
}
