"""What becomes of a job whose server died: it queues again, or it is beyond help and fails.

Owns: that decision and the record that follows from it. Pure but for the services' clock.
Never: runs or queues anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pydantic import ValidationError

from actors.capability import Request
from actors.errors import Interrupted, Problem, WorkFailed
from actors.lifecycle import Event, State, advance
from actors.messages import FileRecord, JobRecord
from actors.services import Services


@dataclass(frozen=True, slots=True)
class Resumable:
    """A job that can queue again, with all that it needs."""

    record: JobRecord
    request: Request
    files: Mapping[str, FileRecord]


@dataclass(frozen=True, slots=True)
class Beyond:
    """A job that cannot; its record says why it failed."""

    record: JobRecord


def resumed(
    record: JobRecord, services: Services, files: Mapping[str, FileRecord]
) -> Resumable | Beyond:
    """Judges an unfinished job of an earlier life.

    One that was running has spent an attempt; with none left it fails as `interrupted`. One that
    backed off still has the next one. One whose capability, request or inputs are no longer there
    fails too, each with its reason.
    """
    capability = services.capabilities.get(record.capability)
    if capability is None:
        return _beyond(record, services, f"The capability {record.capability!r} is gone.")
    missing = [id for id in record.inputs if id not in files]
    if missing:
        return _beyond(record, services, f"{len(missing)} of its files are gone.")
    try:
        request = capability.request_type.model_validate_json(record.request)
    except ValidationError:
        return _beyond(record, services, "Its request is not valid in this version any more.")
    if record.state is State.RUNNING:
        most = services.settings_of(record.capability).max_attempts
        if record.attempt >= most:
            return _beyond(
                record,
                services,
                f"The service died under attempt {record.attempt} of {most}; there is no other.",
                Interrupted,
            )
        record = replace(
            record,
            state=advance(record.state, Event.RETRIED),
            attempt=record.attempt + 1,
            started_at=None,
        )
    return Resumable(record, request, {id: files[id] for id in record.inputs})


def _beyond(
    record: JobRecord, services: Services, why: str, kind: type[WorkFailed] = WorkFailed
) -> Beyond:
    error: Problem = kind(why).problem()
    return Beyond(
        replace(
            record,
            state=advance(record.state, Event.FAILED),
            ended_at=services.now(),
            error=error,
        )
    )
