"""The work as a call of a worker process.

Owns: order, answer, and the function between them.
Never: imports more than that takes: every worker holds what is imported here.
"""

from dataclasses import dataclass

from actors.workers.call import Call, Report
from tests.benchmarks.queues import job


@dataclass(frozen=True, slots=True)
class Order:
    """Nothing."""


@dataclass(frozen=True, slots=True)
class Answer:
    """When it began."""

    began: float


def work(_: Order, __: Report) -> Answer:
    return Answer(job.work())


CALL = Call(f"{__name__}:work", Order, Answer)
