"""The values that the actors exchange: the words of the tree, and the upward half of its protocol.

Owns: what a job, a file and a session are on record, and the events that come up; `commands.py` has
what goes down. All are frozen; whoever holds one may keep it.
Never: behaviour. Decisions about these values live in lifecycle, admission and estimate.

Stamps are UTC and only label; every wait and every measurement uses Trio's clock (rule 14).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from actors.errors import Problem
from actors.lifecycle import State


class Priority(StrEnum):
    """How a user ranks a job; shifts turns only where the operator enabled it."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


# --- on record ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """One user's workspace.

    `owner` is the principal that it belongs to for good, "key:NAME" or "user:NAME"; None for one
    that whoever holds its token may use.
    """

    id: str
    created_at: datetime
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """What the bytes of a file are, found by looking at them, never by what a client said.

    `width` and `height` are pixels as displayed (after turning by EXIF); `duration` is seconds.
    `taken` is when a camera took it, by its own clock, whose zone nobody knows: a date and a time
    such as `2026-11-22T10:20:30.25`, which sorts by time.
    """

    media_type: str
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    taken: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """One file of a session. Its bytes lie in the workspace under `id`, whole and unchanging.

    `name` is what the user called it: shown, never used as a path. `job` made it, or nobody did.
    """

    id: str
    session: str
    name: str
    media: Media
    size: int
    sha256: str
    created_at: datetime
    job: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadRecord:
    """A file on its way in, in as many pieces as its client needs (tus 1.0).

    How much of it has come is told by its bytes in the workspace, not here. `size` is what it will
    have; `name` what its user calls it. `file` is the file it has become, once it is complete:
    the upload stays on record until it expires, for a client that missed the last answer.
    """

    id: str
    session: str
    name: str
    size: int
    created_at: datetime
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a job wants to be treated; the same for every capability.

    `queue_timeout` is seconds it is willing to wait (never more than the operator's limit),
    `deadline` seconds after acceptance by which it is to have ended: refused where even luck would
    miss it, else expired if it passes while the job waits, timed out if it passes while it runs.
    """

    priority: Priority = Priority.NORMAL
    queue_timeout: float | None = None
    deadline: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a cancel found and removed; written when all of it is gone."""

    processes_ended: int
    seconds: float
    files_removed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """What a job made. `data` is the capability's own outcome, ready for JSON."""

    files: tuple[FileRecord, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """One accepted request, as the journal has it.

    `request` is the capability's request as JSON text in its normal form; `inputs` are the ids of
    the session's files that it needs. `attempt` is the one that runs, or is next; of those before,
    the work of `crashes` ended with the death of its process.
    """

    id: str
    session: str
    capability: str
    request: str
    inputs: tuple[str, ...]
    created_at: datetime
    options: Options = field(default_factory=Options)
    state: State = State.QUEUED
    attempt: int = 1
    crashes: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    result: JobResult | None = None
    error: Problem | None = None
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """A client's promise that this is the same request again; `digest` is of its body."""

    key: str
    digest: str


# --- how it goes, never on record ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a running job is: `fraction` (0..1) of the whole; the rest describes the step."""

    fraction: float
    step: str
    done: int = 0
    total: int = 0
    unit: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A limit that holds a queued job back now.

    Of `retry_backoff`, which keeps a job from its next attempt, both are whole seconds: those that
    have gone by, and those that it takes.
    """

    limit: str
    used: int
    max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Eta:
    """Seconds until a job ends, as the half and nine tenths of cases that it falls below."""

    p50: float
    p90: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a queued or running job may expect.

    `position` 1 is next; None for one that stands in no line: it runs, or backs off.
    """

    position: int | None = None
    waiting_for: tuple[Hold, ...] = ()
    eta: Eta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A job as its owner sees it: the record, and how it goes."""

    record: JobRecord
    outlook: Outlook = field(default_factory=Outlook)
    progress: Progress | None = None


# --- events, upwards ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class JobChanged:
    """A job's state changed. Never dropped on the way to a watcher."""

    seq: int
    view: JobView


@dataclass(frozen=True, slots=True)
class JobProgressed:
    """A newer value of how a job goes. A slow watcher gets only the newest."""

    seq: int
    view: JobView


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where everything stands, for a watcher whose past cannot be replayed."""

    seq: int
    views: tuple[JobView, ...]


Event = JobChanged | JobProgressed | Snapshot
