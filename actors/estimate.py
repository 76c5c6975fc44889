"""How long it takes: what recent runs say about a run of a given size, and about a job's end.

Owns: the arithmetic from run times to expectations. Durations are seconds; the size of a request
is a number in a unit of its capability's own, such as millions of pixels.
Never: reads a clock or a queue; it is told.

The estimate is honest about its ignorance: without a run to learn from there is none.
"""

import bisect
import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, pvariance

from actors.messages import Eta

REMEMBERED_RUNS = 200
"""Runs a capability learns from; enough for a ninth decile, few enough to follow a change."""

NEAREST_RUNS = 30
"""Of these, those nearest in size that a request is compared with: a quarter of them, at most so
many and five at least. A guess: a tenth of fewer would be no more than a run."""

FRESH = 20
"""Of so many runs one is new before they are looked at anew: an answer that a twentieth of the runs
cannot have moved far stands that long, for to find it takes a fifth of a job that does nothing."""

TELLING = 0.05
"""Share of the work after which its pace says something; a guess."""

ALIKE = 1.0
"""Doublings of size within which runs speak for a request as they are; from further off they are
taken in proportion. A guess."""

GUESSED = (0.5, 1.0, 2.0)
"""Times the time that proportion tells, as likely as each other: a run has fixed parts, and caches
end somewhere, so from far off no more than the order of size is known."""

OVERDUE = (0.1, 0.5)
"""p50 and p90, as shares of what was expected, of what a job is taken to need still that outlasted
all expectations: any moment now, and no longer however late it is. A guess."""

NINTH_DECILE = 1.2816
"""Standard deviations above the mean at which nine tenths of a normal distribution lie below."""


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0..1) of the values lie; linear between neighbours.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("a quantile needs values")
    return quantile_of_ordered(sorted(values), share)


def quantile_of_ordered(ordered: Sequence[float], share: float, first: int = 0) -> float:
    """As `quantile`, of values in order, from the index `first` on."""
    place = first + share * (len(ordered) - 1 - first)
    low = math.floor(place)
    high = math.ceil(place)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@dataclass(frozen=True, slots=True)
class Spread:
    """A time that is not known exactly: its mean and variance."""

    mean: float
    variance: float = 0.0

    @classmethod
    def of(cls, eta: Eta) -> "Spread":
        """The normal distribution with these deciles."""
        return cls(eta.p50, ((eta.p90 - eta.p50) / NINTH_DECILE) ** 2)

    @property
    def p90(self) -> float:
        """What nine tenths of cases fall below, were it normally distributed."""
        return self.mean + NINTH_DECILE * math.sqrt(self.variance)

    @property
    def p10(self) -> float:
        """What a tenth of cases fall below; never less than nothing."""
        return max(0.0, self.mean - NINTH_DECILE * math.sqrt(self.variance))


class Runs:
    """Run times that speak for one request; at least one.

    `guessed` tells that they were of other sizes, and say what proportion makes of them.
    """

    def __init__(self, seconds: Iterable[float], *, guessed: bool = False) -> None:
        self.ordered = sorted(seconds)
        self.guessed = guessed

    @cached_property
    def spread(self) -> Spread:
        """Mean and variance."""
        mean = fmean(self.ordered)
        return Spread(mean, pvariance(self.ordered, mean))

    @cached_property
    def p50(self) -> float:
        """Half of them took less."""
        return quantile_of_ordered(self.ordered, 0.5)

    @cached_property
    def p90(self) -> float:
        """Nine tenths took less. Of few runs none may have been a long one: they promise less."""
        told = quantile_of_ordered(self.ordered, 0.9)
        return told * (1 + 1 / len(self.ordered))

    @cached_property
    def p10(self) -> float:
        """A tenth took less."""
        return quantile_of_ordered(self.ordered, 0.1)

    def left(self, elapsed: float) -> Eta | None:
        """What the longer ones still took after so long; None when no run was that long. Quick."""
        place = bisect.bisect_right(self.ordered, elapsed)
        count = len(self.ordered) - place
        if not count:
            return None
        p50, p90 = (
            quantile_of_ordered(self.ordered, share, place) - elapsed for share in (0.5, 0.9)
        )
        return Eta(p50=p50, p90=p90 * (1 + 1 / count))


class RunTimes:
    """The recent runs of one capability: how long, and of what size.

    Args:
        recent: what it learns from, the oldest first: of each run the place of its size (`add`
            makes it of the size) and its seconds.
    """

    def __init__(self, recent: Iterable[tuple[float, float]] = ()) -> None:
        self.recent = deque(recent, maxlen=REMEMBERED_RUNS)
        self._known: dict[int, Runs] = {}
        self._all: Runs | None = None
        self._new = 0  # runs that what is known does not know

    def add(self, seconds: float, size: float = 1.0) -> None:
        """Learns from a job that ran to its end."""
        self.recent.append((math.log2(size + 1), seconds))
        self._new += 1
        if self._new * FRESH >= len(self.recent):
            self._known.clear()
            self._all = None
            self._new = 0

    def mean(self) -> float | None:
        """Mean run time, or None when nothing ran yet."""
        return fmean(seconds for _, seconds in self.recent) if self.recent else None

    def like(self, size: float) -> Runs | None:
        """The runs that speak for a request of this size: the nearest ones, by proportion.

        Where none is of about this size, what they took is taken in proportion to theirs. Sizes
        within a tenth of each other get the same answer, and get it at once; it stands until one of
        `FRESH` runs is new.
        """
        if not self.recent:
            return None
        bucket = round(8 * math.log2(size + 1))
        found = self._known.get(bucket)
        if found is None:
            found = self._known[bucket] = self._nearest(bucket / 8)
        return found

    def all(self) -> Runs | None:
        """All of them, whatever their size."""
        if not self.recent:
            return None
        if self._all is None:
            self._all = Runs(seconds for _, seconds in self.recent)
        return self._all

    def _nearest(self, place: float) -> Runs:
        apart = sorted(abs(size - place) for size, _ in self.recent)
        nearest = min(max(5, len(apart) // 4), NEAREST_RUNS, len(apart))
        # All that are as near as the last one of the nearest: of one size, all speak. But a few
        # that are alike say more than many that are not.
        reach = apart[nearest - 1]
        if apart[0] <= ALIKE:
            return Runs(seconds for _, seconds in self._within(place, min(reach, ALIKE)))
        return Runs(
            (
                guess * seconds * 2 ** (place - size)
                for size, seconds in self._within(place, reach)
                for guess in GUESSED
            ),
            guessed=True,
        )

    def _within(self, place: float, reach: float) -> Iterator[tuple[float, float]]:
        return ((size, run) for size, run in self.recent if abs(size - place) <= reach)


class Typical:
    """What a job takes that costs one turn: a short one among the recent ones of all capabilities.

    A twentieth took less. Not the mean: no job can cost less than one turn, so all that take longer
    are charged in proportion only if the turn is a short one's. Not the least: a few that take next
    to nothing shall not make all others look alike.
    """

    SHORT = 0.05

    LEAST = 0.01
    """Seconds; jobs that take next to nothing are all alike."""

    def __init__(self, recent: Iterable[float] = ()) -> None:
        self.recent = deque(recent, maxlen=REMEMBERED_RUNS)
        self._short: float | None = None

    def further_turns(self, seconds: float) -> float:
        """Turns that a job of this length costs besides its first."""
        if not self.recent:
            return 0.0
        if self._short is None:
            self._short = max(self.LEAST, quantile(self.recent, self.SHORT))
        return max(0.0, seconds / self._short - 1)

    def add(self, seconds: float) -> None:
        """Learns from a job that held a slot for so long."""
        self.recent.append(seconds)
        self._short = None


def until_end_queued(wait: Spread, runs: Runs) -> Eta:
    """Seconds until a job ends that waits first; the two do not depend on each other."""
    p50 = wait.mean + runs.p50
    return Eta(p50=p50, p90=p50 + math.hypot(wait.p90 - wait.mean, runs.p90 - runs.p50))


@dataclass(frozen=True, slots=True)
class Account:
    """What a running job told of itself: it was so far (0..1) when it had run for `at` seconds."""

    fraction: float = 0.0
    at: float = 0.0

    @property
    def rest(self) -> Eta | None:
        """Seconds that were left then: None before it was some way into the work.

        Work seldom goes on evenly, so nine tenths are promised half as much again.
        """
        if self.fraction < TELLING:
            return None
        rest = self.at * (1 - self.fraction) / self.fraction
        return Eta(p50=rest, p90=rest * 1.5)

    def left(self, elapsed: float) -> Eta | None:
        """Seconds left by now, counted down from then; None once that has passed, too."""
        rest, since = self.rest, elapsed - self.at
        if rest is None or rest.p90 <= since:
            return None
        return Eta(p50=max(rest.p50 * OVERDUE[0], rest.p50 - since), p90=rest.p90 - since)


def until_end(runs: Runs | None, elapsed: float, account: Account) -> Eta | None:
    """Seconds until a job ends that has run for `elapsed`; None when nothing is known.

    What it tells of itself counts the more the further it is, and the runs of others the less;
    guesses from runs of other sizes do not count beside it. From word to word the time counts down.
    """
    others, own = None if runs is None else runs.left(elapsed), account.left(elapsed)
    if own is None or others is None:
        return _in_order(own or others or _overdue(runs, account))
    share = 1.0 if runs is None or runs.guessed else account.fraction
    rest = 1 - share
    return _in_order(
        Eta(p50=share * own.p50 + rest * others.p50, p90=share * own.p90 + rest * others.p90)
    )


def _overdue(runs: Runs | None, account: Account) -> Eta | None:
    """What is left of a job that outlasted all that was expected of it."""
    expected = 0.0 if runs is None else runs.ordered[-1]
    if account.rest is not None:
        expected = account.at + account.rest.p50
    return Eta(p50=expected * OVERDUE[0], p90=expected * OVERDUE[1]) if expected else None


def _in_order(eta: Eta | None) -> Eta | None:
    return None if eta is None else Eta(p50=eta.p50, p90=max(eta.p50, eta.p90))
