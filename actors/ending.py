"""The end of a job, from the moment it is known until it is on record.

Owns: what such an end consists of, and the record that follows from it. Pure.
Never: makes it true: the files, the slot and the journal are the job's to settle.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from actors.errors import Problem
from actors.lifecycle import Event, advance
from actors.messages import FileRecord, JobRecord, JobResult, Receipt

_LEARNT_FROM = frozenset({Event.RETURNED, Event.RAN_TOO_LONG})
"""Ends that say how long this kind of work takes. Failures come early and would teach haste."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job came to its end; its `files` are in place, and on record with the end."""

    event: Event
    result: JobResult | None = None
    error: Problem | None = None
    files: tuple[FileRecord, ...] = ()

    @property
    def teaches(self) -> bool:
        """Whether the run says how long this kind of work takes."""
        return self.event in _LEARNT_FROM

    def of(self, record: JobRecord, now: datetime, receipt: Receipt) -> JobRecord:
        """The record of the job with this end; the receipt is kept of a cancelled one."""
        return replace(
            record,
            state=advance(record.state, self.event),
            ended_at=now,
            result=self.result,
            error=self.error,
            receipt=receipt if self.event is Event.CANCELLED else None,
        )
