"""How old a record has grown, whatever is done to the clocks.

Owns: the arithmetic of the age: seconds that what is kept has been kept, over all lives. Within a
life a clock that cannot be set measures; between two lives there is only the wall clock, which is
believed as far as it is believable.
Never: reads a clock or a record; times come in as arguments, in seconds.

Retention is measured in this age. A wall clock that is set to 2100 ages nothing, and one that is
set to 1970 makes nothing young.
"""

from dataclasses import dataclass
from typing import Final

BELIEVABLE: Final = 31 * 86400.0
"""Seconds: a longer time between two lives is taken for a clock that was set."""

UNMARKED: Final = 3600.0
"""Seconds that a life may have gone on after its last mark, beside what the wall clock says. It
leaves one each minute, unless the disk takes none."""


@dataclass(frozen=True, slots=True)
class Mark:
    """An age with the wall clock beside it, as it stands on record."""

    age: float
    wall: float


@dataclass(frozen=True, slots=True)
class Resumed:
    """The age at which a life begins; `doubt` says why the time before it counts as nothing."""

    age: float
    doubt: str
    """Empty where that time is believed."""


@dataclass(frozen=True, slots=True)
class Ageing:
    """The age within a life: it was `begun` when the clock that cannot be set was at `since`."""

    begun: float
    since: float

    def at(self, clock: float) -> float:
        """The age when that clock is at `clock`."""
        return self.begun + max(0.0, clock - self.since)


def resume(mark: Mark | None, wall: float) -> Resumed:
    """The age at a wall clock of `wall`, after a life that left `mark`; None: there was none.

    Args:
        mark: what the last life recorded last.
        wall: the wall clock now.
    """
    if mark is None:
        return Resumed(0.0, "")
    gap = wall - mark.wall
    if 0.0 <= gap <= BELIEVABLE:
        return Resumed(mark.age + gap, "")
    return Resumed(mark.age, _doubt(gap))


def _doubt(gap: float) -> str:
    if gap < 0.0:
        return f"the wall clock stands {-gap:.0f} s before the end of the last life"
    return f"the wall clock stands {gap / 86400.0:.0f} days after the end of the last life"
