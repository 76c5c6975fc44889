"""The policy played forward: who gets which slot when, if runs take what recent ones took.

Owns: the replay of the head of the line, and the arithmetic for those far back. Seconds from now.
Never: knows the book; runners, waiters in the order of their turns, and limits come in as values.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from actors.book import Ahead
from actors.estimate import Runs, Spread
from actors.lines import CapabilityLimits


@dataclass(frozen=True, slots=True)
class Runner:
    """A job that runs; `left` is the time until it ends, None when nothing is known of it."""

    user: str
    capability: str
    left: Spread | None


@dataclass(frozen=True, slots=True)
class Waiter:
    """A job that waits; `run` is the time it will take, None when nothing is known of it."""

    user: str
    capability: str
    run: Spread | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """The limits within which slots are given; a paused capability gets none."""

    total: int
    per_user: int
    rooms: Mapping[str, CapabilityLimits]
    paused: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Stage:
    """A replay under way: who runs, and until when.

    `drift` is the variance of the moment that is reached: each end that was waited for adds its
    own, divided by the square of the slots, since with more slots one late end matters less.
    `own` is the same of each user's own ends, for who waits for those.
    """

    slots: Slots
    now: float = 0.0
    drift: float = 0.0
    own: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    running: int = 0
    begun: int = 0
    of: Counter[str] = field(default_factory=Counter)
    of_user: Counter[str] = field(default_factory=Counter)
    of_both: Counter[tuple[str, str]] = field(default_factory=Counter)
    ends: list[tuple[float, int, Runner | Waiter, float]] = field(default_factory=list)

    def begin(self, job: Runner | Waiter, took: Spread | None) -> None:
        self._count(job, 1)
        self.begun += 1
        if took is not None:  # of whom nothing is known, no end is expected either
            heapq.heappush(self.ends, (self.now + took.mean, self.begun, job, took.variance))

    def end_one(self) -> None:
        """Goes on to the next end."""
        self.now, _, job, variance = heapq.heappop(self.ends)
        self.drift += variance / self.running**2
        self.own[job.user] += variance / self.of_user[job.user] ** 2
        self._count(job, -1)

    def moment(self, user: str) -> Spread:
        """When somebody of this user's would begin, who begins now."""
        return Spread(self.now, max(self.drift, self.own[user]))

    def holds(self, waiter: Waiter) -> bool:
        """Whether a limit other than the total keeps somebody back now."""
        limits = self.slots.rooms[waiter.capability]
        return (
            self.of_user[waiter.user] >= self.slots.per_user
            or self.of[waiter.capability] >= limits.running
            or self.of_both[waiter.user, waiter.capability] >= limits.running_per_user
            or waiter.capability in self.slots.paused
        )

    def _count(self, job: Runner | Waiter, by: int) -> None:
        self.running += by
        self.of[job.capability] += by
        self.of_user[job.user] += by
        self.of_both[job.user, job.capability] += by


def replay(
    runners: Sequence[Runner], waiters: Sequence[Waiter], slots: Slots
) -> list[Spread | None]:
    """When each of those who wait begins, in seconds from now; None when it cannot be known.

    `waiters` stand in the order in which their turns come; a slot goes to the first of them whom
    no limit holds, as the book would give it.
    """
    stage = _Stage(slots)
    begins: list[Spread | None] = [None] * len(waiters)
    left = list(range(len(waiters)))
    for runner in runners:
        stage.begin(runner, runner.left)
    while left:
        for place in _granted(stage, waiters, left):
            left.remove(place)
            begins[place] = stage.moment(waiters[place].user)
            stage.begin(waiters[place], waiters[place].run)
        if not stage.ends:
            break
        stage.end_one()
    return begins


def _granted(stage: _Stage, waiters: Sequence[Waiter], left: Sequence[int]) -> Iterator[int]:
    """Who begins at this moment, one after the other."""
    for place in tuple(left):
        if stage.running >= stage.slots.total:
            return
        if not stage.holds(waiters[place]):
            yield place


def arithmetic(
    before: Ahead, capability: str, runs: Mapping[str, Runs], slots: Slots
) -> Spread | None:
    """When a job of a capability begins that has so many before it.

    Each limit lets jobs through at the rate of its slots a mean run; the slowest counts. The slots
    free one by one, so one more end is waited for than there are jobs before.
    """
    found = runs.get(capability)
    if found is None or capability in slots.paused:
        return None
    limits = slots.rooms[capability]
    everybody = Spread(0.0)
    for name, ahead in before.of.items():
        if ahead and name in runs and name not in slots.paused:
            one = runs[name].spread
            everybody = Spread(
                everybody.mean + ahead * one.mean, everybody.variance + ahead * one.variance
            )
    run = found.spread
    per_user = min(slots.per_user, limits.running_per_user, slots.total)
    waits = (
        _through(everybody, run, slots.total),
        _through(_times(run, before.of[capability]), run, min(limits.running, slots.total)),
        _through(_times(run, before.own), run, per_user),
    )
    return max(waits, key=lambda wait: wait.mean)


def _times(run: Spread, count: int) -> Spread:
    return Spread(run.mean * count, run.variance * count)


def _through(ahead: Spread, last: Spread, slots: int) -> Spread:
    return Spread(
        (ahead.mean + last.mean) / slots, (ahead.variance + last.variance) / (slots * slots)
    )
