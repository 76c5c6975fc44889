"""How long it takes: what recent runs say about a run of a given size, and about a job's end.

Owns: the arithmetic from run times to expectations. Durations are seconds; the size of a request
is a number in a unit of its capability's own, such as millions of pixels.
Never: reads a clock or a queue; it is told.

The estimate is honest about its ignorance: without a run to learn from there is none.
"""

import bisect
import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from statistics import fmean, pvariance

from actors.messages import Eta

REMEMBERED_RUNS = 200
"""Runs a capability learns from; enough for a ninth decile, few enough to follow a change."""

NEAREST_RUNS = 30
"""Of these, those nearest in size that a request is compared with: a quarter of them, at most so
many and five at least. A guess: a tenth of fewer would be no more than a run."""

TELLING = 0.05
"""Share of the work after which its pace says something; a guess."""

NINTH_DECILE = 1.2816
"""Standard deviations above the mean at which nine tenths of a normal distribution lie below."""

LEAST_BAND = 0.02
"""Half the width of the narrowest band, as a share of the time told: a clock and a scheduler stand
between any promise and the end."""

_MANY_JOBS = 1000
"""Ends over which it is told how often the estimate was right."""


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0..1) of the values lie; linear between neighbours.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("a quantile needs values")
    return _quantile_of_ordered(sorted(values), share)


def _quantile_of_ordered(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = math.ceil(place)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@dataclass(frozen=True, slots=True)
class Spread:
    """A time that is not known exactly: its mean and variance."""

    mean: float
    variance: float = 0.0

    @property
    def p90(self) -> float:
        """What nine tenths of cases fall below, were it normally distributed."""
        return self.mean + NINTH_DECILE * math.sqrt(self.variance)

    @property
    def p10(self) -> float:
        """What a tenth of cases fall below; never less than nothing."""
        return max(0.0, self.mean - NINTH_DECILE * math.sqrt(self.variance))


class Runs:
    """Run times that speak for one request; at least one."""

    def __init__(self, seconds: Iterable[float]) -> None:
        self.ordered = sorted(seconds)

    @cached_property
    def spread(self) -> Spread:
        """Mean and variance."""
        mean = fmean(self.ordered)
        return Spread(mean, pvariance(self.ordered, mean))

    @cached_property
    def p50(self) -> float:
        """Half of them took less."""
        return _quantile_of_ordered(self.ordered, 0.5)

    @cached_property
    def p90(self) -> float:
        """Nine tenths took less. Of few runs none may have been a long one: they promise less."""
        told = _quantile_of_ordered(self.ordered, 0.9)
        return told * (1 + 1 / len(self.ordered))

    @cached_property
    def p10(self) -> float:
        """A tenth took less."""
        return _quantile_of_ordered(self.ordered, 0.1)

    def left(self, elapsed: float) -> Spread | None:
        """Mean and variance of what the longer ones still took after so long; quick."""
        place = bisect.bisect_right(self.ordered, elapsed)
        count = len(self.ordered) - place
        if not count:
            return None
        total, squares = self._sums[place]
        mean = total / count
        return Spread(mean - elapsed, max(0.0, squares / count - mean * mean))

    @cached_property
    def _sums(self) -> list[tuple[float, float]]:
        """The sums, and sums of squares, of what is left of the list from each place on."""
        backwards = accumulate(
            reversed(self.ordered),
            lambda sums, run: (sums[0] + run, sums[1] + run * run),
            initial=(0.0, 0.0),
        )
        return list(backwards)[::-1]

    def after(self, elapsed: float) -> "Runs | None":
        """What the longer ones still took after so long; None when no run was that long."""
        longer = [run - elapsed for run in self.ordered if run > elapsed]
        return Runs(longer) if longer else None


class RunTimes:
    """The recent runs of one capability: how long, and of what size."""

    def __init__(self) -> None:
        self._recent: deque[tuple[float, float]] = deque(maxlen=REMEMBERED_RUNS)
        self._known: dict[int, Runs] = {}
        self._all: Runs | None = None

    def add(self, seconds: float, size: float = 1.0) -> None:
        """Learns from a job that ran to its end."""
        self._recent.append((math.log2(size + 1), seconds))
        self._known.clear()
        self._all = None

    def mean(self) -> float | None:
        """Mean run time, or None when nothing ran yet."""
        return fmean(seconds for _, seconds in self._recent) if self._recent else None

    def like(self, size: float) -> Runs | None:
        """The runs that speak for a request of this size: the nearest ones, by proportion.

        Sizes within a tenth of each other get the same answer, and get it at once.
        """
        if not self._recent:
            return None
        bucket = round(8 * math.log2(size + 1))
        found = self._known.get(bucket)
        if found is None:
            found = self._known[bucket] = Runs(self._nearest(bucket / 8))
        return found

    def all(self) -> Runs | None:
        """All of them, whatever their size."""
        if not self._recent:
            return None
        if self._all is None:
            self._all = Runs(seconds for _, seconds in self._recent)
        return self._all

    def _nearest(self, place: float) -> list[float]:
        apart = sorted(abs(size - place) for size, _ in self._recent)
        nearest = min(max(5, len(apart) // 4), NEAREST_RUNS, len(apart))
        # All that are as near as the last one of the nearest: of one size, all speak.
        reach = apart[nearest - 1]
        return [seconds for size, seconds in self._recent if abs(size - place) <= reach]


class Typical:
    """What a job takes that costs one turn: a short one among the recent ones of all capabilities.

    A twentieth took less. Not the mean: no job can cost less than one turn, so all that take longer
    are charged in proportion only if the turn is a short one's. Not the least: a few that take next
    to nothing shall not make all others look alike.
    """

    SHORT = 0.05

    LEAST = 0.01
    """Seconds; jobs that take next to nothing are all alike."""

    def __init__(self) -> None:
        self._recent: deque[float] = deque(maxlen=REMEMBERED_RUNS)
        self._short: float | None = None

    def further_turns(self, seconds: float) -> float:
        """Turns that a job of this length costs besides its first."""
        if not self._recent:
            return 0.0
        if self._short is None:
            self._short = max(self.LEAST, quantile(self._recent, self.SHORT))
        return max(0.0, seconds / self._short - 1)

    def add(self, seconds: float) -> None:
        """Learns from a job that held a slot for so long."""
        self._recent.append(seconds)
        self._short = None


def until_end_queued(wait: Spread, runs: Runs) -> Eta:
    """Seconds until a job ends that waits first; the two do not depend on each other."""
    p50 = wait.mean + runs.p50
    return Eta(p50=p50, p90=p50 + math.hypot(wait.p90 - wait.mean, runs.p90 - runs.p50))


def until_end_running(runs: Runs | None, elapsed: float) -> Eta | None:
    """Seconds until a job ends that has run for `elapsed`: what the longer runs still took.

    A job that outlasted every run on record says nothing of its end: None.
    """
    left = None if runs is None else runs.after(elapsed)
    return None if left is None else Eta(p50=left.p50, p90=left.p90)


def until_end(runs: Runs | None, elapsed: float, fraction: float) -> Eta | None:
    """Seconds until a job ends that has come so far (0..1) in `elapsed` seconds.

    What it tells of itself counts the more the further it is, and the runs of others the less.
    """
    others, own = until_end_running(runs, elapsed), until_end_by_progress(elapsed, fraction)
    if others is None or own is None:
        return own or others
    rest = 1 - fraction
    return Eta(
        p50=fraction * own.p50 + rest * others.p50, p90=fraction * own.p90 + rest * others.p90
    )


def until_end_by_progress(elapsed: float, fraction: float) -> Eta | None:
    """Seconds until a job ends, by its own account: None before it is some way into the work.

    Work seldom goes on evenly, so nine tenths are promised half as much again.
    """
    if fraction < TELLING:
        return None
    rest = elapsed * (1 - fraction) / fraction
    return Eta(p50=rest, p90=rest * 1.5)


class Correction:
    """What experience says to estimates of one kind: how long it then was, as a share of p50.

    A book knows nothing of those who are yet to come, and some of them will have their turn
    before: that cannot be foreseen, but learnt.
    """

    LEAST = 20
    """Ends before experience says anything; of fewer, a ninth decile is one or two."""

    def __init__(self) -> None:
        self._recent: deque[float] = deque(maxlen=REMEMBERED_RUNS)
        self._known: tuple[float, float] | None = None

    def add(self, told: float, actual: float) -> None:
        """What was told as p50, uncorrected, was this in the end."""
        if told > 0:
            self._recent.append(actual / told)
            self._known = None

    def apply(self, eta: Eta) -> Eta:
        """The estimate in the light of experience."""
        if len(self._recent) < self.LEAST:
            return eta
        if self._known is None:
            ordered = sorted(self._recent)
            p50, p90 = (_quantile_of_ordered(ordered, share) for share in (0.5, 0.9))
            self._known = (p50, p90 - p50)
        middle, spread = self._known
        half = max((eta.p90 - eta.p50) * middle, eta.p50 * spread)
        return Eta(p50=eta.p50 * middle, p90=eta.p50 * middle + half)


def band(eta: Eta) -> tuple[float, float]:
    """The time within which the end is expected: as far below p50 as p90 lies above, to p90.

    Never narrower than `LEAST_BAND`; where times are symmetric, four ends of five fall inside.
    """
    half = max(eta.p90 - eta.p50, LEAST_BAND * eta.p50)
    return eta.p50 - half, eta.p50 + half


class Coverage:
    """How often the end came within the band that was told when the job was accepted."""

    def __init__(self) -> None:
        self._recent: deque[bool] = deque(maxlen=_MANY_JOBS)

    def add(self, told: Eta, actual: float) -> None:
        """A job ended well (or ran too long) after so many seconds."""
        low, high = band(told)
        self._recent.append(low <= actual <= high)

    @property
    def jobs(self) -> int:
        """The ends that were looked at: the latest thousand."""
        return len(self._recent)

    @property
    def inside(self) -> float | None:
        """The share (0..1) of them that came within their band; None before the first."""
        return fmean(self._recent) if self._recent else None
