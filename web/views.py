"""The shapes of answers: what `api.md` calls Job, File, Session, ...; OpenAPI is drawn from these.

Owns: names and types of what goes out, and the translation from the tree's records.
Never: asks anybody anything; what a view needs is passed in.
"""

import json
from datetime import datetime, timedelta
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from actors.lifecycle import State
from actors.messages import (
    Event,
    FileRecord,
    JobChanged,
    JobProgressed,
    JobView,
    Priority,
    Snapshot,
)
from web.problems import problem_document

ItemT = TypeVar("ItemT")


class View(BaseModel):
    """Base of all views."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Problem(View):
    """An error (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="stable, snake_case; all are in `x-problems` of this document")
    field: str | None = Field(None, description="JSON pointer to the field that is to blame")
    limit: str | None = Field(None, description="name of the limit that refused")
    retry_after: float | None = Field(None, description="seconds until another try makes sense")


class Session(View):
    """A session, what it may, and what it uses of that."""

    id: str
    created_at: datetime
    expires_at: datetime | None = Field(
        description="until when the presented token is good; null for an API key or a sign-in"
    )
    limits: dict[str, int | float] = Field(description="by name; sizes in bytes")
    used: dict[str, int | float] = Field(description="of the limits of the same names")


class NewSession(View):
    """A session and the token that opens it; the token is shown this once."""

    session: Session
    token: str


class FreshToken(View):
    """A further token of the same session; shown this once."""

    token: str
    expires_at: datetime


class Links(View):
    """Where a file's bytes are."""

    content: str
    thumbnail: str | None = None


class File(View):
    """A file of mine."""

    id: str
    name: str = Field(description="what its user called it; for showing")
    media_type: str = Field(description="found by looking at the bytes")
    size: int = Field(description="bytes")
    width: int | None = Field(description="pixels, as displayed")
    height: int | None = Field(description="pixels, as displayed")
    duration: float | None = Field(description="seconds")
    taken: str | None = Field(
        description="when a camera took it, by its own clock, whose zone nobody knows: "
        "YYYY-MM-DDThh:mm:ss, and digits behind the seconds where they are known"
    )
    sha256: str
    created_at: datetime
    expires_at: datetime = Field(
        description="when it is due to be removed, by the clock; one that an unfinished job needs "
        "stays as long as that"
    )
    job: str | None = Field(description="the job that made it")
    links: Links


class Progress(View):
    """How far a running job is."""

    fraction: float = Field(ge=0, le=1)
    step: str
    done: int
    total: int
    unit: str
    message: str


class Hold(View):
    """A limit that holds a job back now."""

    limit: str
    used: int
    max: int


class Eta(View):
    """Seconds until it ends: half, and nine tenths, of such jobs need less."""

    p50: float
    p90: float


class Result(View):
    """What a job made."""

    files: list[File]
    data: dict[str, Any] = Field(description="the capability's own outcome")


class Receipt(View):
    """What a cancel found and removed."""

    processes_ended: int
    seconds: float
    files_removed: int


class Job(View):
    """One accepted request."""

    id: str
    capability: str
    state: State
    priority: Priority
    attempt: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    expires_at: datetime | None = Field(
        description="when it is due to be forgotten, by the clock; null while it has not ended"
    )
    position: int | None = Field(description="1 = next; null when it stands in no line")
    waiting_for: list[Hold] = Field(
        description="the limits that hold it back now; of retry_backoff, the pause before another "
        "attempt, `used` seconds of `max` have gone by"
    )
    eta: Eta | None
    progress: Progress | None
    result: Result | None
    error: Problem | None
    receipt: Receipt | None = Field(description="after a cancel")
    request: dict[str, Any] = Field(description="the capability's request, as it was accepted")


class AnybodysJob(Job):
    """A job as those see it who run the service."""

    session: str = Field(description="id of the session that it is of, to tell users apart")
    owner: str | None = Field(
        description="whose session it is: `key:NAME` of an API key, `user:NAME` of a sign-in; null "
        "for whoever has its token"
    )


class Page(View, Generic[ItemT]):
    """A slice of a list, newest first."""

    items: list[ItemT]
    next: str | None = Field(description="cursor of the following page, or null")


class CapabilityView(View):
    """One kind of work."""

    name: str
    summary: str
    request: dict[str, Any] = Field(description="JSON Schema of its request")
    limits: dict[str, int | float] = Field(
        description="the limits that apply, by name; times in seconds"
    )
    paused: bool = Field(description="whether the operator lets nothing begin just now")


class Capabilities(Page[CapabilityView]):
    """What can be done here, and with which files."""

    media_types: list[str] = Field(
        description="kinds of pictures that are read here; the bytes decide, not what a client says"
    )


class Preflight(View):
    """What a job would make, and its wait if it were submitted now."""

    forecast: dict[str, Any] = Field(description="the capability's own forecast")
    position: int = Field(description="its place in line; 1 = next")
    waiting_for: list[Hold] = Field(description="the limits that would hold it back now")
    wait: Eta | None = Field(description="seconds until it starts, or null when nothing is known")


class Health(View):
    """How the service is."""

    status: Literal["alive", "ready", "full"] = Field(
        description="`full`: too little room on the disk, so that new work is refused (507) while "
        "what was accepted goes on, and all can be read, cancelled and removed"
    )


class Coverage(View):
    """How often the time until the end, as told when a job was accepted, came true."""

    jobs: int = Field(description="jobs that ended lately, of which it was told")
    inside: float | None = Field(
        description="share of them that ended no later than their p90, and as little before their "
        "p50 as the p90 lay after it"
    )


class Line(View):
    """How busy one capability is."""

    running: int
    queued: int
    max_running: int
    max_queued: int
    paused: bool = Field(description="whether the operator lets nothing begin just now")
    mean_run: float | None = Field(description="seconds")
    expected_wait: Eta | None = Field(description="seconds until a newcomer starts")
    coverage: Coverage


class Queue(View):
    """How busy the service is."""

    running: int
    queued: int
    max_running: int
    max_queued: int
    draining: bool = Field(
        description="whether no new work is taken: the service is being maintained, or stops"
    )
    capabilities: dict[str, Line]


class Files(View):
    """What an upload made."""

    items: list[File]


class JobMessage(View):
    """A job's state changed."""

    type: Literal["job"] = "job"
    seq: int
    job: Job


class ProgressMessage(View):
    """A job moved on, or moved up in line."""

    type: Literal["progress"] = "progress"
    seq: int
    job: str
    progress: Progress | None
    position: int | None
    waiting_for: list[Hold]
    eta: Eta | None


class SnapshotMessage(View):
    """Where everything stands."""

    type: Literal["snapshot"] = "snapshot"
    seq: int
    jobs: list[Job]


Message = JobMessage | ProgressMessage | SnapshotMessage


class Views:
    """Draws views. `retention` is what it adds to a file's creation to tell its expiry."""

    def __init__(self, retention: timedelta) -> None:
        self._retention = retention

    def file(self, record: FileRecord) -> File:
        """A file as its owner sees it."""
        return File(
            id=record.id,
            name=record.name,
            media_type=record.media.media_type,
            size=record.size,
            width=record.media.width,
            height=record.media.height,
            duration=record.media.duration,
            taken=record.media.taken,
            sha256=record.sha256,
            created_at=record.created_at,
            expires_at=record.created_at + self._retention,
            job=record.job,
            links=Links(content=f"/api/v1/files/{record.id}/content"),
        )

    def job(self, view: JobView) -> Job:
        """A job as its owner sees it."""
        record = view.record
        result = None
        if record.result is not None:
            files = [self.file(file) for file in record.result.files]
            result = Result(files=files, data=dict(record.result.data))
        return Job(
            id=record.id,
            capability=record.capability,
            state=record.state,
            priority=record.options.priority,
            attempt=record.attempt,
            created_at=record.created_at,
            started_at=record.started_at,
            ended_at=record.ended_at,
            expires_at=None if record.ended_at is None else record.ended_at + self._retention,
            position=view.outlook.position,
            waiting_for=[Hold.model_validate(hold) for hold in view.outlook.waiting_for],
            eta=_optional(Eta, view.outlook.eta),
            progress=_optional(Progress, view.progress),
            result=result,
            error=None if record.error is None else Problem(**problem_document(record.error)),
            receipt=_optional(Receipt, record.receipt),
            request=json.loads(record.request),
        )

    def anybodys_job(self, view: JobView, owner: str | None) -> AnybodysJob:
        """A job as an admin sees it; `owner` is that of its session."""
        return AnybodysJob(**dict(self.job(view)), session=view.record.session, owner=owner)

    def message(self, event: Event) -> Message:
        """An event as it goes over a websocket."""
        match event:
            case Snapshot(seq=seq, views=views):
                return SnapshotMessage(seq=seq, jobs=[self.job(view) for view in views])
            case JobChanged(seq=seq, view=view):
                return JobMessage(seq=seq, job=self.job(view))
            case JobProgressed(seq=seq, view=view):
                return ProgressMessage(
                    seq=seq,
                    job=view.record.id,
                    progress=_optional(Progress, view.progress),
                    position=view.outlook.position,
                    waiting_for=[Hold.model_validate(hold) for hold in view.outlook.waiting_for],
                    eta=_optional(Eta, view.outlook.eta),
                )


ViewT = TypeVar("ViewT", bound=View)


def _optional(view_type: type[ViewT], value: object | None) -> ViewT | None:
    return None if value is None else view_type.model_validate(value)
