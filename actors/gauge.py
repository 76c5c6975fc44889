"""How much room is left on the disk of the data folder, and whether that is enough for new work.

Owns: the looks at the disk, and the floor below which no new work is taken (`storage.min_free_mb`).
Never: holds back what has been accepted: running jobs write on, and everything can be read,
cancelled and removed. What they lack then, the disk itself says.

Room may go as fast as a disk can write, so the next look is due before that could use up what is
above the floor. At the floor the looks come often: it opens again by itself, a little above where
it closed, so that one file more or less does not flap.
"""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import trio

from actors.errors import StitcheryError, StorageFull
from actors.logs import Log

log = Log("gauge")

LIMIT: Final = "min_free_mb"
"""The floor, as a refusal names it."""

FEWEST_NAMES: Final = 1000
"""Files that a filesystem must have names (inodes) for; some count them, and run out of them first.
A guess: a job makes a few."""

SPARE: Final = 0.05
"""Share of the floor that must be free above it before new work is taken again."""

FASTEST: Final = 500e6
"""Bytes a second at which room goes at most. A guess: what one fast disk writes."""

SOONEST, LATEST = 1.0, 30.0
"""Seconds between two looks."""

RETRY_AFTER: Final = 60.0
"""Seconds after which to ask again. A guess: a person or the janitor makes room in minutes."""


class LittleRoom(StorageFull):
    """New work at the floor. Told to the operator once, by the gauge, not with each refusal."""

    report = False


@dataclass(frozen=True, slots=True)
class Room:
    """What a filesystem has left for us: bytes, and names of files (infinite where not counted)."""

    free: float = math.inf
    names: float = math.inf


def is_low(room: Room, floor: int, *, was_low: bool) -> bool:
    """Whether the room is too little for new work; `floor` is bytes, 0 for none."""
    needed = 1 + SPARE if was_low else 1.0
    return floor > 0 and (room.free < floor * needed or room.names < FEWEST_NAMES * needed)


def patience(room: Room, floor: int) -> float:
    """Seconds until the next look."""
    return min(LATEST, max(SOONEST, (room.free - floor) / FASTEST))


async def _endless() -> Room:
    await trio.lowlevel.checkpoint()
    return Room()


class Gauge:
    """The watch over the room; an actor of the supervisor, before the sessions.

    Args:
        measure: tells what is left; may raise what a disk raises.
        floor: bytes.

    Attributes:
        low: whether new work is refused now.
        turned: set, and replaced, when `low` changes.
    """

    def __init__(self, measure: Callable[[], Awaitable[Room]] = _endless, floor: int = 0) -> None:
        self.low = False
        self.turned = trio.Event()
        self._measure = measure
        self._floor = floor
        self._room = Room()
        self._hurry = trio.Event()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Looks, reports started, and looks again until cancelled."""
        await self._look()
        task_status.started()
        while True:
            await trio.sleep(SOONEST)  # however many are refused meanwhile
            with trio.move_on_after(patience(self._room, self._floor) - SOONEST):
                await self._hurry.wait()
            await self._look()

    def change(self, floor: int) -> None:
        """Holds to another floor from now on; the next look is due at once."""
        self._floor = floor
        self.hurry()

    def hurry(self) -> None:
        """Something found no room: the next look is due at once."""
        self._hurry.set()

    def refuse_low(self) -> None:
        """Lets new work pass while there is room.

        Raises:
            LittleRoom: there is too little; the words say how much, and how much is needed.
        """
        if not self.low:
            return
        if self._room.free < self._floor * (1 + SPARE):
            has, needs = _mebibytes(self._room.free), _mebibytes(self._floor)
            why = f"{has} MiB are free on the disk of the data folder; {needs:.0f} are to stay."
        else:
            why = (
                f"The disk of the data folder has names for {self._room.names:.0f} more files; "
                f"new work needs {FEWEST_NAMES}."
            )
        raise LittleRoom(
            f"{why} What is here can be read and removed, and what was accepted goes on. Remove "
            "what you no longer need, or try again later.",
            limit=LIMIT,
            retry_after=RETRY_AFTER,
        )

    async def _look(self) -> None:
        self._hurry = trio.Event()
        if self._floor:
            try:
                self._room = await self._measure()
            except StitcheryError as error:  # what was last known holds until the disk answers
                log.warning("cannot tell how much room is left", why=error.detail)
        low = is_low(self._room, self._floor, was_low=self.low)
        if low is self.low:
            return
        self.low = low
        turned, self.turned = self.turned, trio.Event()
        turned.set()
        told = {
            "free_mb": _mebibytes(self._room.free),
            "min_free_mb": _mebibytes(self._floor),
            "names_left": self._room.names,
        }
        if low:
            log.warning("too little room on the disk: no new work is taken", **told)
        else:
            log.info("there is room on the disk again: new work is taken", **told)


def _mebibytes(size: float) -> float:
    return round(size / (1 << 20), 1)
