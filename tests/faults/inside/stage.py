"""Plays one drama: a story, and one accident at one point of it.

Owns: the count of points, what a run came to, and the way through all of them.
Never: knows a kind of accident; falls.py, cancels.py and stores.py do.
"""

import tempfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import trio

from actors.simulation import clockwork
from actors.tree import Stitchery
from tests.faults.inside.rig import Rig, System, in_place, silence
from tests.faults.inside.story import PATIENCE, Story
from tests.faults.inside.truth import judge

MOST = 5000
"""Points that no story has: whoever gets here goes round in a circle."""


STUCK = 10_000
"""Rounds of Trio's loop without a step of any task. A jump of the clock takes one."""


class StuckError(BaseException):
    """All tasks wait for each other, and no cancelling reaches them."""


class Points(trio.abc.Instrument):
    """Counts points from `begin` on, and lets the accident happen at one of them.

    A point is a step of any task, unless the drama counts something else by `pass_one`.
    """

    def __init__(self, at: int) -> None:
        self.count = 0
        self.reached = False
        self.at = at
        self._act: Callable[[], object] | None = None
        self._steps = False
        self._idle = 0

    def begin(self, act: Callable[[], object], *, steps: bool = True) -> None:
        """From here on points count; `act` neither waits nor fails."""
        self._act = act
        self._steps = steps

    def end(self) -> None:
        """From here on nothing happens any more."""
        self._act = None

    def pass_one(self) -> bool:
        """One more point; whether it is the one."""
        if self._act is None:
            return False
        self.count += 1
        if self.count != self.at:
            return False
        self.reached = True
        self._act()
        return True

    # --- called by Trio ---------------------------------------------------------------------------

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        """One point, if it is steps that count."""
        self._idle = 0
        if self._steps:
            self.pass_one()

    def before_io_wait(self, timeout: float) -> None:
        """Where all wait for ever, behind shields, nothing could end the run: so they are torn out.

        Trio has no public way past a shield.
        """
        self._idle += 1
        if self._idle == STUCK:
            waiting = [trio.lowlevel.current_root_task()]
            while waiting and (task := waiting.pop()) is not None:
                waiting += [child for one in task.child_nurseries for child in one.child_tasks]
                task._attempt_abort(_stuck)


def _stuck() -> None:
    raise StuckError


@dataclass
class Scene:
    """What a drama is given: where, when, and where to write down what does not hold."""

    rig: Rig
    system: System
    points: Points
    story: Story = field(default_factory=Story)
    breaches: list[str] = field(default_factory=list)
    until_restart: str = ""
    """What may be said of this life, since only the start of the next one can mend it."""

    async def judge(self, tree: Stitchery, life: str) -> None:
        """Judges a tree whose accident is over."""
        found = await judge(self.rig, tree, self.story)
        found = [one for one in found if not (self.until_restart and self.until_restart in one)]
        self.breaches += [f"{life}: {breach}" for breach in dict.fromkeys(found)]

    async def see_out(self, tree: Stitchery) -> None:
        """Judges now, and again after a newcomer was served."""
        self.points.end()
        await self.judge(tree, "afterwards")
        await self.story.one_more(tree)
        await self.judge(tree, "with one more")

    async def live_again(self) -> None:
        """Judges the next life on the same folder."""
        self.points.end()
        self.until_restart = ""
        async with self.rig.open() as tree:
            await self.judge(tree, "in the next life")
            await self.story.one_more(tree)
            await self.judge(tree, "in the next life, with one more")


Drama = Callable[[Scene], Awaitable[None]]


@dataclass(frozen=True)
class Played:
    """What a drama came to: whether its point was reached, and what did not hold."""

    row: str
    at: int
    seed: int
    reached: bool
    points: int
    breaches: tuple[str, ...]

    def __str__(self) -> str:
        told = "; ".join(self.breaches[:4])
        return f"{self.row} at {self.at} (seed {self.seed}): {told or 'holds'}"


def play(row: str, drama: Drama, at: int, seed: int = 0) -> Played:
    """Plays a drama with its accident at one point; the same again for the same seed."""
    points = Points(at)

    async def run() -> None:
        with trio.fail_after(20 * PATIENCE):
            await drama(scene)

    with tempfile.TemporaryDirectory() as folder, silence(), in_place() as system:
        scene = Scene(Rig(Path(folder), seed), system, points)
        try:
            clockwork.run(run, seed=seed, instruments=[points])
        except* (Exception, StuckError) as errors:  # noqa: BLE001 -- whatever comes out of the tree is a finding
            scene.breaches.append(f"the tree fell: {_leaves(errors)}")
    breaches = tuple(dict.fromkeys(scene.breaches))
    return Played(row, at, seed, points.reached, points.count, breaches)


def _leaves(error: BaseException) -> list[str]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in _leaves(inner)]
    return [repr(error)]


def at_every(row: str, drama: Drama, *, stride: int = 1, seed: int = 0) -> Iterator[Played]:
    """Plays a drama at every point, or at every so manieth from one that the seed says.

    Ends with the first that is not reached: the story ran through without it.
    """
    first = 1 + Random(f"{row} {seed}").randrange(stride)
    for at in range(first, MOST, stride):
        played = play(row, drama, at, seed)
        if not played.reached:
            if played.breaches:
                yield played
            return
        yield played
