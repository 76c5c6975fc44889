"""How long a job may wait and run, and by when it is to have ended.

Owns: these times, from the operator's limits and the job's wishes, and what is told of a job that
was late. All times are seconds, the moments on Trio's clock.
Never: waits for anything, or ends a job.
"""

import math

import trio

from actors.blame import missed_deadline, ran_too_long, starved, waited_too_long
from actors.errors import Problem
from actors.messages import JobRecord
from actors.services import Services
from actors.stopwatch import Stopwatch


class Patience:
    """The times of one job. The operator's limits are looked up anew each time they are needed.

    Attributes:
        ends_by: when the job is to have ended; infinite without a deadline.
    """

    def __init__(self, record: JobRecord, services: Services) -> None:
        self._capability = record.capability
        self._wishes = record.options
        self._services = services
        self.ends_by = self._deadline(record)

    @property
    def left(self) -> float:
        """Seconds to the deadline."""
        return self.ends_by - trio.current_time()

    def expires_at(self) -> float:
        """Until when the job waits if it takes its place now."""
        return min(trio.current_time() + self._queue_timeout(), self.ends_by)

    def stopwatch(self) -> Stopwatch:
        """The run time of an attempt that begins now."""
        run_timeout = self._services.settings_of(self._capability).run_timeout
        return Stopwatch(run_timeout, self._longest_wait(), self.ends_by)

    def waited_too_long(self, expired_at: float) -> Problem:
        """What is told of a job whose place expired at that moment."""
        if expired_at >= self.ends_by:
            return missed_deadline(self._wishes.deadline or 0)
        return waited_too_long(self._queue_timeout())

    def ran_too_long(self, stopwatch: Stopwatch) -> Problem:
        """What is told of a job whose attempt was stopped by that stopwatch."""
        if stopwatch.late == "deadline":
            return missed_deadline(self._wishes.deadline or 0)
        if stopwatch.late in {"run_timeout", None}:
            return ran_too_long(f"{self._capability}.run_timeout", stopwatch.run_timeout)
        return starved(str(stopwatch.late), self._longest_wait())

    def _deadline(self, record: JobRecord) -> float:
        """By when it is to have ended.

        Over several lives, only the wall clock tells how long ago it was accepted.
        """
        if self._wishes.deadline is None:
            return math.inf
        ago = (self._services.now() - record.created_at).total_seconds()
        return trio.current_time() + self._wishes.deadline - max(0.0, ago)

    def _longest_wait(self) -> float:
        """What the operator lets a job wait for a slot, and a step for a resource."""
        own = self._services.settings_of(self._capability).queue_timeout
        return self._services.settings.concurrency.queue_timeout if own is None else own

    def _queue_timeout(self) -> float:
        wished = self._wishes.queue_timeout
        return self._longest_wait() if wished is None else min(wished, self._longest_wait())
