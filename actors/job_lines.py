"""What the log tells of a job: a line when it is accepted, starts, backs off, and ends.

Owns: the words of these lines, all read from the job's record.
Never: counts or times anything itself: the record is the one source. Names neither job nor
session: they stand in the context of the job's task, and so in every line that is logged there.
"""

from datetime import datetime

from actors.errors import StitcheryError
from actors.logs import Log
from actors.messages import JobRecord

log = Log("job")


def accepted(record: JobRecord, *, resumed: bool) -> None:
    """It has a place in line, and is on record; `resumed`: since an earlier life.

    Ten thousand that were resumed would hold the start up; the line of that has their number.
    """
    if resumed:
        log.debug("job resumed", capability=record.capability)
    else:
        log.info("job accepted", capability=record.capability)


def started(record: JobRecord) -> None:
    """It begins to work."""
    waited = _seconds(record.created_at, record.started_at)
    log.info("job started", waited=waited, attempt=record.attempt)


def backs_off(record: JobRecord, seconds: float, error: StitcheryError) -> None:
    """An attempt has failed, and the next one comes after so many seconds; that is on record."""
    facts = {"attempt": record.attempt, "after": round(seconds, 3), "error": error.code}
    log.info("job backs off", **facts, detail=error.detail)


def ended(record: JobRecord) -> None:
    """It has ended, and that is on record."""
    facts: dict[str, object] = {"state": record.state.value}
    if record.started_at is not None:
        facts["ran"] = _seconds(record.started_at, record.ended_at)
    if record.error is not None:
        facts["error"] = record.error.code
    if record.receipt is not None:
        facts["processes_ended"] = record.receipt.processes_ended
    log.info("job ended", **facts)


def _seconds(since: datetime, until: datetime | None) -> float | None:
    return None if until is None else round((until - since).total_seconds(), 3)
