"""How long it takes: what recent runs say about the wait and the end of a job.

Owns: the arithmetic from run times and places in line to expectations. Durations are seconds.
Never: reads a clock or a queue; it is told.

The estimate is honest about its ignorance: without a run to learn from there is none.
"""

import math
from collections import deque
from collections.abc import Sequence
from statistics import fmean, pstdev

from actors.messages import Eta

REMEMBERED_RUNS = 200
"""Runs a capability learns from; enough for a ninth decile, few enough to follow a change."""

TELLING = 0.05
"""Share of the work after which its pace says something; a guess."""

_NINTH_DECILE = 1.2816
"""Standard deviations above the mean at which nine tenths of a normal distribution lie below."""


class RunTimes:
    """The recent run times of one capability."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=REMEMBERED_RUNS)

    def add(self, seconds: float) -> None:
        """Learns from a job that ran to its end."""
        self._seconds.append(seconds)

    def recent(self) -> Sequence[float]:
        """What was learnt, oldest first."""
        return tuple(self._seconds)

    def mean(self) -> float | None:
        """Mean run time, or None when nothing ran yet."""
        return fmean(self._seconds) if self._seconds else None


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0..1) of the values lie; linear between neighbours.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("a quantile needs values")
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = math.ceil(place)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def wait_for_turn(runs: Sequence[float], ahead: int, slots: int) -> Eta | None:
    """Seconds until a slot frees for a job with `ahead` others before it, all `slots` taken.

    The slots free one by one: `ahead + 1` ends are waited for at a rate of `slots` a mean run.
    """
    if not runs:
        return None
    ends = ahead + 1
    mean = fmean(runs) * ends / slots
    spread = pstdev(runs) * math.sqrt(ends) / slots
    return Eta(p50=mean, p90=mean + _NINTH_DECILE * spread)


def until_end_queued(runs: Sequence[float], position: int, slots: int) -> Eta | None:
    """Seconds until a job ends that is `position`-th in line (1 is next)."""
    wait = wait_for_turn(runs, position - 1, slots)
    if wait is None:
        return None
    return Eta(p50=wait.p50 + quantile(runs, 0.5), p90=wait.p90 + quantile(runs, 0.9))


def until_end_running(runs: Sequence[float], elapsed: float) -> Eta | None:
    """Seconds until a job ends that has run for `elapsed`: what the longer runs still took.

    A job that outlasted every run on record says nothing of its end: None.
    """
    longer = [run - elapsed for run in runs if run > elapsed]
    if not longer:
        return None
    return Eta(p50=quantile(longer, 0.5), p90=quantile(longer, 0.9))


def until_end_by_progress(elapsed: float, fraction: float) -> Eta | None:
    """Seconds until a job ends that has come so far (0..1) in `elapsed` seconds.

    What it told of itself says more than the runs of others, once it is some way into the work;
    before that: None. Work seldom goes on evenly, so nine tenths are promised half as much again.
    """
    if fraction < TELLING:
        return None
    rest = elapsed * (1 - fraction) / fraction
    return Eta(p50=rest, p90=rest * 1.5)
