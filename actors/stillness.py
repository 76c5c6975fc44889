"""Since when uploads have stood still, told from looks at all of them. Pure.

Owns: that judgement.
Never: looks, or gives anything up; the janitor does.

Within a life Trio's clock measures, so that setting the wall clock gives up nothing. How long one
has stood still when a life begins only the disk can tell, by the wall clock; that is believed as
far as the journal believes it of the time between two lives.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from actors.journal.age import BELIEVABLE


@dataclass(frozen=True, slots=True)
class Sight:
    """An upload as it is seen: bytes that have come, and seconds since the last of them."""

    size: int
    age: float


class Stillness:
    """Tells since when uploads have stood still."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, float]] = {}  # size, and the time of its last change
        self._looked = -math.inf

    def look(self, now: float, sights: Mapping[str, Sight], patience: float) -> list[str]:
        """Those that have stood still for `patience` seconds at the time `now`, by id."""
        known: dict[str, tuple[int, float]] = {}
        for id, sight in sights.items():
            before = self._known.get(id)
            if before is None:
                known[id] = (sight.size, now - self._believed(sight.age, now))
            elif before[0] != sight.size:
                known[id] = (sight.size, now)
            else:
                known[id] = before
        self._known, self._looked = known, now
        return [id for id, (_, since) in known.items() if now - since >= patience]

    def _believed(self, age: float, now: float) -> float:
        """How long one that is seen first has stood still; it was not there at the look before."""
        return min(age if 0 <= age <= BELIEVABLE else 0.0, now - self._looked)
