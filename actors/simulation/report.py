"""What became of a load, in numbers.

Owns: what throughput, waits, utilisation and fairness mean here.
Never: runs or prints anything. Pure. Times are seconds, shares are 0 to 1.

Throughput is told twice, because one number would mislead. `per_hour` counts what succeeded over
the whole time from the first job's coming to the last one's end. `per_hour_busy` counts only while
every slot was taken: what the limits can do when there is enough to do. Ten jobs of ten minutes on
three slots are all done after forty minutes, 15 an hour; but as long as all three were taken, it
was 18 an hour.
"""

import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import fmean

from actors.simulation.lived import REFUSED, SUCCEEDED, Lived

HOUR = 3600.0
MOMENTS = 60
"""Points of the curve of those who wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """How long it took: the mean, and what half, 90 and 99 of 100 jobs did not exceed."""

    mean: float
    p50: float
    p90: float
    p99: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One load under one setting.

    Attributes:
        jobs, users: how many came.
        ends: how many jobs came to each end, in the words of the contract, and "refused".
        per_hour: jobs that succeeded an hour, over all the time.
        per_hour_busy: the same while every slot was taken; None when that never was.
        to_start, to_finish: of the jobs that started, and that succeeded; None when none did.
        last_finish: from the first job's coming to the last one's end.
        utilisation: of the slots, over all the time.
        fairness_slots: Jain's index over what each user had of the slots, in seconds.
        fairness_waits: the same over each user's mean wait to start.
        most_waiting: how many waited at once, at most.
        waiting: how many waited, at `MOMENTS` moments evenly over the time.
    """

    jobs: int
    users: int
    ends: dict[str, int]
    per_hour: float
    per_hour_busy: float | None
    to_start: Waits | None
    to_finish: Waits | None
    last_finish: float
    utilisation: float
    fairness_slots: float
    fairness_waits: float
    most_waiting: int
    waiting: tuple[int, ...]

    @property
    def refused(self) -> int:
        """Jobs that were not accepted."""
        return self.ends.get(REFUSED, 0)


def report(lived: Sequence[Lived], slots: int) -> Report:
    """The numbers of a load that met `slots` slots; there must be at least one job."""
    begin = min(job.asked_at for job in lived)
    span = max(job.ended_at for job in lived) - begin
    done = [job for job in lived if job.end == SUCCEEDED]
    ran = [(job, job.started_at) for job in lived if job.started_at is not None]
    worked = sum(job.ended_at - started for job, started in ran)
    waits = [(job, started - job.asked_at) for job, started in ran]
    times = _by_user((job, job.ended_at - started) for job, started in ran)
    users = {job.user for job in lived}
    waiting = _levels(
        (job.asked_at, job.ended_at if job.started_at is None else job.started_at)
        for job in lived
        if job.end != REFUSED
    )
    return Report(
        jobs=len(lived),
        users=len(users),
        ends=dict(sorted(Counter(job.end for job in lived).items())),
        per_hour=_rate(len(done), span),
        per_hour_busy=_while_busy(lived, slots),
        to_start=_waits([wait for _, wait in waits]),
        to_finish=_waits([job.ended_at - job.asked_at for job in done]),
        last_finish=span,
        utilisation=worked / (slots * span) if span else 0.0,
        fairness_slots=jain([math.fsum(times.get(user, ())) for user in sorted(users)]),
        fairness_waits=jain([fmean(own) for own in _by_user(waits).values()]),
        most_waiting=max((level for _, level in waiting), default=0),
        waiting=_sampled(waiting, begin, span),
    )


def share_within(lived: Sequence[Lived], wait: float) -> float:
    """The share of all jobs that began within so many seconds; who was refused did not."""
    within = sum(
        job.started_at is not None and job.started_at - job.asked_at <= wait for job in lived
    )
    return within / len(lived)


def jain(values: Sequence[float]) -> float:
    """Jain's fairness index: 1 when all have the same, 1/n when one has all.

    Jain, Chiu, Hawe: A Quantitative Measure of Fairness (DEC-TR-301, 1984).
    """
    squares = len(values) * math.fsum(value * value for value in values)
    return math.fsum(values) ** 2 / squares if squares else 1.0


def quantile(ordered: Sequence[float], share: float) -> float:
    """The least of the values, given in order, that so large a share does not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


# --- inside ---------------------------------------------------------------------------------------


def _waits(seconds: Sequence[float]) -> Waits | None:
    if not seconds:
        return None
    ordered = sorted(seconds)
    return Waits(
        mean=math.fsum(ordered) / len(ordered),
        p50=quantile(ordered, 0.5),
        p90=quantile(ordered, 0.9),
        p99=quantile(ordered, 0.99),
    )


def _by_user(amounts: Iterable[tuple[Lived, float]]) -> dict[str, list[float]]:
    users: dict[str, list[float]] = defaultdict(list)
    for job, amount in amounts:
        users[job.user].append(amount)
    return users


def _rate(count: int, seconds: float) -> float:
    return count * HOUR / seconds if seconds else 0.0


def _levels(spans: Iterable[tuple[float, float]]) -> list[tuple[float, int]]:
    """From each moment on, how many of the spans are under way; those without length count not."""
    changes = [change for begin, end in spans if end > begin for change in ((begin, 1), (end, -1))]
    level, levels = 0, []
    for at, together in groupby(sorted(changes), key=lambda change: change[0]):
        level += sum(step for _, step in together)
        levels.append((at, level))
    return levels


def _while_busy(lived: Sequence[Lived], slots: int) -> float | None:
    """What succeeded an hour while all slots were taken; an end counts to the time before it."""
    running = _levels((job.started_at, job.ended_at) for job in lived if job.started_at is not None)
    full = {end: end - begin for (begin, level), (end, _) in pairwise(running) if level >= slots}
    done = sum(job.end == SUCCEEDED and job.ended_at in full for job in lived)
    return _rate(done, math.fsum(full.values())) if full else None


def _sampled(levels: Sequence[tuple[float, int]], begin: float, span: float) -> tuple[int, ...]:
    """The level at evenly spaced moments, each in the middle of its part of the time."""
    moments = [at for at, _ in levels]
    places = (
        bisect_right(moments, begin + span * (part + 0.5) / MOMENTS) for part in range(MOMENTS)
    )
    return tuple(levels[place - 1][1] if place else 0 for place in places)
