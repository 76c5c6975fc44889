"""What users bring: when they come, and how long their work takes.

Owns: the patterns of arrivals and run times, and the small language that names them.
Never: runs anything. Pure: chance comes in as a seeded generator. Times are seconds.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR

BUSIEST: Final = 15 * HOUR
"""Time of day with most arrivals; half a day later there are least."""

SWING: Final = 0.9
"""Of the mean rate: so much more arrives at the busiest time, so much less at the quietest."""

MOST_JOBS: Final = 100_000
"""Jobs of one load: while all wait, each takes some 30 kB (measured), and all a few minutes."""

RUN_TIMES: Final = "constant:SECONDS, uniform:LEAST,MOST or lognormal:MEDIAN,SIGMA"
ARRIVALS: Final = "together, poisson:JOBS_PER_HOUR or day"

Chances = Callable[[Random], float]
"""Draws one value."""


class UnknownPatternError(ValueError):
    """A pattern that is not in the language; the text says what is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One job that somebody will ask for: at `at`, and that works for `seconds`."""

    at: float
    user: str
    capability: str
    seconds: float


def load_of(
    *, users: int, jobs_per_user: int, capability: str, arrivals: str, run_times: Chances, seed: int
) -> list[Arrival]:
    """The jobs of all users in the order of their coming; the same ones for the same arguments.

    Raises:
        UnknownPatternError: `arrivals` is not in the language.
    """
    chance = Random(seed)  # noqa: S311 -- to be repeated
    who = [f"user {number}" for number in range(users) for _ in range(jobs_per_user)]
    chance.shuffle(who)
    return [
        Arrival(at=at, user=user, capability=capability, seconds=run_times(chance))
        for at, user in zip(times_of(arrivals, len(who), chance), who, strict=True)
    ]


def times_of(pattern: str, count: int, chance: Random) -> list[float]:
    """When so many jobs come, in order. See `ARRIVALS`.

    Raises:
        UnknownPatternError: the pattern is not in the language.
    """
    name, numbers = _words(pattern, ARRIVALS)
    match name, numbers:
        case "together", []:
            return [0.0] * count
        case "poisson", [rate] if rate > 0:
            at, times = 0.0, []
            for _ in range(count):
                at += chance.expovariate(rate / HOUR)
                times.append(at)
            return times
        case "day", []:
            return sorted(_time_of_day(chance) for _ in range(count))
    raise UnknownPatternError(f"{pattern!r} is no pattern of arrivals; write {ARRIVALS}")


def run_times_of(pattern: str) -> Chances:
    """Draws run times. See `RUN_TIMES`.

    Raises:
        UnknownPatternError: the pattern is not in the language.
    """
    name, numbers = _words(pattern, RUN_TIMES)
    match name, numbers:
        case "constant", [seconds] if seconds >= 0:
            return lambda _: seconds
        case "uniform", [least, most] if 0 <= least <= most:
            return lambda chance: chance.uniform(least, most)
        case "lognormal", [median, sigma] if median > 0 and sigma >= 0:
            return lambda chance: chance.lognormvariate(math.log(median), sigma)
    raise UnknownPatternError(f"{pattern!r} is no pattern of run times; write {RUN_TIMES}")


def drawn_from(known: Sequence[float]) -> Chances:
    """Draws run times as they were; there must be some."""
    return lambda chance: chance.choice(known)


def _time_of_day(chance: Random) -> float:
    """A moment of a day, by rejection from a curve that swings once around its mean."""
    while True:
        at = chance.uniform(0, DAY)
        height = 1 + SWING * math.cos(2 * math.pi * (at - BUSIEST) / DAY)
        if chance.uniform(0, 1 + SWING) < height:
            return at


def _words(pattern: str, accepted: str) -> tuple[str, list[float]]:
    name, _, rest = pattern.partition(":")
    try:
        numbers = [float(number) for number in rest.split(",")] if rest else []
    except ValueError:
        raise UnknownPatternError(
            f"{pattern!r} has no numbers behind it; write {accepted}"
        ) from None
    if not all(map(math.isfinite, numbers)):
        raise UnknownPatternError(f"{pattern!r} has a number without an end; write {accepted}")
    return name, numbers
