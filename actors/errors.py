"""Every error that a user or operator may meet, and what the edge needs to show it.

Owns: the base class, the problem value (what RFC 9457 sends), and the errors of the tree.
A capability declares its own errors in its folder, as children of these.
Never: knows HTTP beyond a status hint, formats pages, logs.

An error tells whose fault it is by its base: `Refusal` (the asker can mend it), `WorkFailed` (the
job's work came to a lasting end), `Fault` (ours; the public text says nothing of the inside).
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is told to the outside about an error; also what a worker and the journal write.

    Attributes:
        code: stable, snake_case; clients branch on it.
        title: the same sentence for every error of this code.
        status: the HTTP status that fits.
        detail: this occurrence, in plain words: the value received and what is accepted.
        field: JSON pointer into the request (RFC 6901), where one field is to blame.
        limit: name of the limit that refused.
        retry_after: seconds until another try makes sense.
        more: further members, such as the sizes that would fit.
    """

    code: str
    title: str
    status: int
    detail: str
    field: str | None = None
    limit: str | None = None
    retry_after: float | None = None
    more: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class StitcheryError(Exception):
    """Base of all our errors.

    Class attributes are the facts of the kind, instance attributes those of the occurrence.
    `report` says whether an operator should hear of it; `passing` whether the same work may
    succeed when tried again (a fact of the kind, but where an error is carried from elsewhere).
    """

    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Something went wrong on our side"
    status: ClassVar[int] = 500
    report: ClassVar[bool] = False
    passing: bool = False

    def __init__(
        self,
        detail: str,
        *,
        field: str | None = None,
        limit: str | None = None,
        retry_after: float | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field
        self.limit = limit
        self.retry_after = retry_after
        self.more = dict(more or {})

    def problem(self) -> Problem:
        """The value that travels: over HTTP, through a worker's pipe, into the journal."""
        return Problem(
            code=self.code,
            title=self.title,
            status=self.status,
            detail=self.detail,
            field=self.field,
            limit=self.limit,
            retry_after=self.retry_after,
            more=self.more,
        )


# --- the asker can mend it -----------------------------------------------------------------


class Refusal(StitcheryError):
    """The request cannot be accepted as it is; nothing was changed."""

    code = "invalid_request"
    title = "The request is not valid"
    status = 422


class MalformedRequest(Refusal):
    """The bytes are not what their form promises: broken JSON, broken multipart, bad header."""

    code = "malformed_request"
    title = "The request cannot be read"
    status = 400


class NotFound(Refusal):
    """It does not exist, or belongs to somebody else: both answer the same."""

    code = "not_found"
    title = "There is nothing here"
    status = 404


class UnknownFile(Refusal):
    """A request names a file that its session does not hold."""

    code = "unknown_file"
    title = "The request names a file that is not there"


class NoSession(Refusal):
    code = "no_session"
    title = "This needs a session"
    status = 401


class Forbidden(Refusal):
    code = "forbidden"
    title = "This is not allowed"
    status = 403


class TooLarge(Refusal):
    code = "too_large"
    title = "This is too large"
    status = 413


class UnsupportedMedia(Refusal):
    """The bytes are not a picture (or video) of a kind that we read."""

    code = "unsupported_media"
    title = "This kind of content is not read here"
    status = 415


class UnreadableMedia(Refusal):
    """The kind is right but the bytes are broken: empty, cut, or nonsense inside."""

    code = "unreadable_media"
    title = "This file cannot be read"
    status = 422


class Conflict(Refusal):
    code = "conflict"
    title = "This does not fit the present state"
    status = 409


class JobEnded(Conflict):
    code = "job_ended"
    title = "The job has already ended"


class FileInUse(Conflict):
    code = "file_in_use"
    title = "A job still needs this file"


class UserBusy(Conflict):
    code = "user_busy"
    title = "You have as many jobs under way as one user may"


class QueueFull(Refusal):
    code = "queue_full"
    title = "The queue is full"
    status = 429


class DeadlineMissed(Refusal):
    """Even if everything went well, the job would end after the deadline that came with it."""

    code = "deadline_missed"
    title = "The deadline is too near"
    status = 422


class QuotaExceeded(Refusal):
    code = "quota_exceeded"
    title = "Your session holds as much as it may"
    status = 413


class IdempotencyMismatch(Refusal):
    code = "idempotency_mismatch"
    title = "This Idempotency-Key was used with another request"
    status = 422


class StorageFull(Refusal):
    """The disk, or this server's share of it, is full; reading goes on as before."""

    code = "storage_full"
    title = "There is no room on the disk"
    status = 507
    report = True
    passing = True


class StorageReadOnly(Refusal):
    """The disk takes no writes at all, as after an error of its own; reading goes on as before."""

    code = "storage_read_only"
    title = "The disk is read-only"
    status = 503
    report = True
    passing = True


class NotReady(Refusal):
    """Starting, stopping, or a part of the tree is being restarted."""

    code = "not_ready"
    title = "The service cannot take this just now"
    status = 503
    passing = True  # what is being restarted is back in a moment


# --- a job's work came to an end without a result -----------------------------------------------


class WorkFailed(StitcheryError):
    """Lasting: the same work on the same input would fail again."""

    code = "work_failed"
    title = "The work failed"
    status = 422


class WorkerCrashed(WorkFailed):
    """The child process died, fell silent, or wrote nonsense; not by a limit, which is lasting.

    Passing, since nobody can tell whether the work did it or what goes on beside it: the machine
    was out of memory, an operator killed the wrong process. Where the work did it, it is `Poison`.
    """

    code = "worker_crashed"
    title = "The process that did the work came to an unexpected end"
    status = 500
    report = True
    passing = True


class WorkersGone(WorkerCrashed):
    """Several ended before they had read what to do: whatever did that, it was not the work."""


class WorkerDismissed(WorkerCrashed):
    """Somebody asked it from outside to end, as who stops a service may ask all its processes."""


class Poison(WorkFailed):
    """The work ends its processes again and again; it is not tried any more."""

    code = "poison"
    title = "The work ends every process that does it"
    status = 500
    report = True


class WaitedTooLong(WorkFailed):
    code = "queue_timeout"
    title = "The job waited longer than it may"
    status = 503


class RanTooLong(WorkFailed):
    code = "run_timeout"
    title = "The job ran longer than it may"
    status = 504


class DeadlinePassed(WorkFailed):
    code = "deadline_passed"
    title = "The job had not ended by its deadline"
    status = 504


class ResourceMissing(WorkFailed):
    """The work needs a graphics card, or whatever this machine has not."""

    code = "resource_missing"
    title = "This service lacks what the work needs"
    status = 503


class Interrupted(WorkFailed):
    """The server died under the job and no tries are left."""

    code = "interrupted"
    title = "The service was stopped while the job was running"
    status = 500


class Reported(WorkFailed):
    """A problem that was found elsewhere (in a worker, in an earlier life), carried as it is.

    Whether it may pass is said beside it: a problem tells that to nobody outside. Whoever knows
    more of the request may still name the `field` that is to blame, and change the `detail`.
    """

    def __init__(self, problem: Problem, *, passing: bool = False) -> None:
        super().__init__(
            problem.detail,
            field=problem.field,
            limit=problem.limit,
            retry_after=problem.retry_after,
            more=problem.more,
        )
        self._problem = problem
        self.passing = passing

    def problem(self) -> Problem:
        """The problem as it was found, at its place and in the words for who asked."""
        return dataclasses.replace(self._problem, field=self.field, detail=self.detail)


# --- ours -------------------------------------------------------------------------------------


class Fault(StitcheryError):
    """A mistake or breakdown of ours; reported, and never explained to the outside."""

    report = True


class ActorGone(NotReady):
    """The actor that was asked ended before it could answer; ask again."""

    code = "not_ready"
    report = True
