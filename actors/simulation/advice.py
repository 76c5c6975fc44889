"""The smallest limits that meet a wished wait on a machine.

Owns: the search, what a machine can hold, and why the answer is what it is.
Never: simulates or measures; it is given a trial that does. Pure.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

MOST_SLOTS = 1000
"""The largest max_global_jobs that the configuration takes."""

MOST_WAITING = 1_000_000
"""The largest max_queue_size that the configuration takes."""

SPARE_MEMORY = 0.2
"""Of the machine's memory, left for the system, the server and its files. A guess."""

QUEUE_MARGIN = 1.5
"""Room in the queue over the most that waited in the trial. A guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """A machine, in what jobs need: `memory` bytes in all, `processors`."""

    memory: int
    processors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What one running job takes: bytes at its peak, and processors."""

    memory: int
    processors: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The most jobs that a machine holds at once, and which of its parts says so."""

    slots: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What one pair of limits came to."""

    global_jobs: int
    per_user: int
    share: float
    most_waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """The answer.

    Attributes:
        best: the smallest limits that meet the wish on this machine; where none do, those that
            come nearest to it.
        met: whether `best` meets the wish.
        needed: the smallest limits that meet it on any machine; None when none do.
        bound: what this machine holds.
    """

    best: Trial
    met: bool
    needed: Trial | None
    bound: Bound

    @property
    def queue_size(self) -> int:
        """Room for those who wait, so that nobody of such a load is refused."""
        return min(max(1, round(QUEUE_MARGIN * self.best.most_waiting)), MOST_WAITING)


Try = Callable[[int, int], Trial]
"""Runs a trial of (global_jobs, per_user)."""


def bound_of(machine: Capacity, need: Need) -> Bound:
    """How many jobs a machine holds at once; at least one."""
    by_memory = int(machine.memory * (1 - SPARE_MEMORY) / max(need.memory, 1))
    by_processors = int(machine.processors / need.processors)
    slots, by = min((by_processors, "processors"), (by_memory, "memory"))
    return Bound(slots=min(max(slots, 1), MOST_SLOTS), by=by)


def advise(
    attempt: Try,
    *,
    wish: float,
    bound: Bound,
    per_user: int | None,
    slots: int | None = None,
    most: int = MOST_SLOTS,
) -> Advice:
    """Finds the smallest limits under which at least the share `wish` of jobs start in time.

    More slots never make a wait longer but for chance, so the search halves its way down.

    Args:
        attempt: runs a trial.
        wish: share, 0 to 1.
        bound: what this machine holds.
        per_user: the limit of one user where it is given; None: it is to be found too.
        slots: the limit of all where it is given, whatever this machine holds; None: to be found.
        most: slots beyond which nothing changes, such as the number of jobs.
    """
    if slots is not None:
        given = _best_share(attempt, slots, wish, per_user)
        met = given.share >= wish
        return Advice(best=given, met=met, needed=given if met else None, bound=bound)
    known: dict[int, Trial] = {}

    def best_of(slots: int) -> Trial:
        if slots not in known:
            known[slots] = _best_share(attempt, slots, wish, per_user)
        return known[slots]

    enough = next((slots for slots in _doubling(most) if best_of(slots).share >= wish), None)
    if enough is None:
        near = best_of(bound.slots)
        return Advice(best=near, met=False, needed=None, bound=bound)
    least = _smallest(lambda slots: best_of(slots).share >= wish, enough // 2, enough)
    needed = best_of(least)
    if least <= bound.slots:
        return Advice(best=needed, met=True, needed=needed, bound=bound)
    return Advice(best=best_of(bound.slots), met=False, needed=needed, bound=bound)


def _best_share(attempt: Try, slots: int, wish: float, per_user: int | None) -> Trial:
    """The smallest share of one user that meets the wish, or the one that comes nearest."""
    if per_user is not None:
        return attempt(slots, min(per_user, slots))
    best: Trial | None = None
    for own in _doubling(slots):
        trial = attempt(slots, own)
        if trial.share >= wish:
            return trial
        if best is None or trial.share > best.share:
            best = trial
    if best is None:
        raise ValueError("there must be a slot")
    return best


def _smallest(fits: Callable[[int], bool], too_few: int, enough: int) -> int:
    """The smallest number that fits, between one that does not and one that does."""
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        if fits(middle):
            enough = middle
        else:
            too_few = middle
    return enough


def _doubling(most: int) -> Iterator[int]:
    """1, 2, 4, ... and `most`."""
    slots = 1
    while slots < most:
        yield slots
        slots *= 2
    yield most
