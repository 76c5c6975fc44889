"""What one run took, and the middle of several.

Owns: the numbers and their units. Pure.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One run, or the middle of several.

    Attributes:
        seconds: of the work alone: after imports, or from the request to the end of the job.
        wall: seconds of the whole process.
        cpu: processor seconds of the whole process and those it started.
        memory: bytes at the most of the process that works.
        size: bytes of the result.
    """

    seconds: float
    wall: float
    cpu: float
    memory: int
    size: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A contender that did not do it, in its own words."""

    words: str


def middle(runs: Sequence[Measure]) -> Measure:
    """The median of each number."""
    return Measure(
        seconds=statistics.median(run.seconds for run in runs),
        wall=statistics.median(run.wall for run in runs),
        cpu=statistics.median(run.cpu for run in runs),
        memory=int(statistics.median(run.memory for run in runs)),
        size=int(statistics.median(run.size for run in runs)),
    )
