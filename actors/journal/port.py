"""What a journal promises, whatever keeps it.

Owns: the port. Every write returns when it is durable (design, rule 3) and is all or nothing; a
write that returns is seen by every later read. Writes take effect in the order in which they were
asked. Reads never wait for writes of others.
Never: decides anything about a job; it writes down what it is told.

Cancelling a write leaves it either wholly done or not done; which of both is not told. Therefore
every write may be repeated: the last one stands, and one that is written twice is written once.

What is recorded is stamped with the age of the record (age.py), by the journal itself at the moment
of the write: files when they are added, jobs when they end, sessions when they are used. Stamps are
no part of what is handed out.

Any call but `age` raises `JournalClosedError` while the journal is not open. Any write may raise
`StorageFull` (it works again when there is room), `StorageReadOnly` (the disk takes no writes),
`NotReady` (the record is held by another program) or `Fault` (the disk failed); nothing of it was
written then.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import trio

from actors.errors import ActorGone, NotFound
from actors.lifecycle import State
from actors.messages import FileRecord, Idempotency, JobRecord, SessionRecord, UploadRecord

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A slice of a list, newest first; `next` is the cursor of the following slice, or None.

    What is added while somebody turns pages is newer than every cursor: no item is shown twice or
    left out.
    """

    items: tuple[T, ...]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a session holds."""

    files: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A job that was accepted under an Idempotency-Key, with the digest of its body."""

    job: JobRecord
    digest: str


class Journal(Protocol):
    """The durable record. It is open while its `run` runs."""

    life: int
    """Counts the openings of this record, from 1; a higher life is a later one. 0 before `run`."""

    last_id: str
    """The greatest id on record when it was opened, or "": new ids must follow it."""

    findings: tuple[str, ...]
    """What was found wrong with the record when it was opened, in plain sentences; set by `run`."""

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Opens the record, reports started, and keeps it until cancelled; may be run again.

        Cancelling finishes the writes that were taken in; those that still waited for room get
        `JournalClosedError`.

        Raises:
            JournalUnusableError: the record cannot be opened; nothing of it was changed.
        """

    async def add_session(self, session: SessionRecord) -> None:
        """Records a new session.

        Raises:
            OwnerTakenError: its owner has another session; nothing was written.
        """

    async def session(self, id: str) -> SessionRecord | None:
        """The session, or None when there is none (any more)."""

    async def session_of(self, owner: str) -> SessionRecord | None:
        """The session that belongs to this principal, or None."""

    async def owners(self, sessions: frozenset[str]) -> Mapping[str, str]:
        """The owners of those of these sessions that have one, by session. Few: a page's."""

    async def remove_session(self, id: str) -> None:
        """Forgets the session with its files, uploads, jobs and idempotency keys."""

    async def add_job(self, job: JobRecord, idempotency: Idempotency | None = None) -> None:
        """Records an accepted job, with the key under which it was sent.

        Raises:
            KeyTakenError: the session has used this key for another job; nothing was written.
            NotOnRecordError: the session is not on record (any more); nothing was written.
        """

    async def save_job(self, job: JobRecord, files: Sequence[FileRecord] = ()) -> None:
        """Records a job's newest state together with the files it made, in one transaction.

        Raises:
            NotOnRecordError: the job is not on record (any more); nothing was written.
        """

    def note_job(self, job: JobRecord) -> None:
        """As `save_job`, but returns at once; written with the next group.

        For what may be lost in a crash (or to a full disk) without harm: that a job was started.
        A job that is not on record stays so. There is at most one note between two saves of a
        job, so that the notes which wait are no more than the jobs which run.
        """

    async def job(self, session: str, id: str) -> JobRecord | None:
        """The session's job, or None."""

    async def jobs(
        self,
        session: str,
        *,
        state: State | None = None,
        capability: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[JobRecord]:
        """The session's jobs, newest first.

        Raises:
            Refusal: `cursor` is none that a page gave.
        """

    async def unfinished_jobs(self) -> tuple[JobRecord, ...]:
        """All sessions' jobs that have not ended, oldest first."""

    async def known_job(self, session: str, key: str) -> Known | None:
        """The job that the session sent under this Idempotency-Key, or None."""

    async def add_files(self, *files: FileRecord) -> None:
        """Records files whose bytes are in place, all or none.

        Raises:
            NotOnRecordError: the session is not on record (any more); nothing was written.
        """

    async def remove_file(self, session: str, id: str) -> bool:
        """Forgets a file; False when there was none."""

    async def file(self, session: str, id: str) -> FileRecord | None:
        """The session's file, or None."""

    async def files(
        self, session: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[FileRecord]:
        """The session's files, newest first.

        Raises:
            Refusal: `cursor` is none that a page gave.
        """

    async def usage(self, session: str) -> Usage:
        """What the session's files come to."""

    async def all_jobs(
        self,
        *,
        state: State | None = None,
        capability: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[JobRecord]:
        """All sessions' jobs, newest first.

        Raises:
            Refusal: `cursor` is none that a page gave.
        """

    async def find_job(self, id: str) -> JobRecord | None:
        """The job, whosever it is, or None."""

    async def add_upload(self, upload: UploadRecord) -> None:
        """Records an upload that begins.

        Raises:
            NotOnRecordError: the session is not on record (any more); nothing was written.
        """

    async def finish_upload(self, upload: UploadRecord, file: FileRecord) -> None:
        """Records that an upload has become a file, and the file, in one transaction.

        Raises:
            NotOnRecordError: the upload is not on record (any more); nothing was written.
        """

    async def remove_upload(self, session: str, id: str) -> bool:
        """Forgets an upload; False when there was none. A file that it became stays."""

    async def uploads(self, session: str | None = None) -> tuple[UploadRecord, ...]:
        """The session's uploads (None: everybody's), oldest first."""

    def age(self) -> float:
        """Seconds by which what is kept here has grown old; 0 before the first `run`.

        All the time that the record was open, and the time in between as far as the wall clock can
        be believed: a gap back in time, or one of more than 31 days, counts as nothing and is told
        in the log. It never goes back. Within a life it follows Trio's clock; setting clocks
        changes nothing. Stands still while the journal is not open.
        """

    async def keep_age(self) -> None:
        """Records the age with the wall clock beside it, so that the next life can go on from it.

        Opening and closing do the same. What a killed life grew since the last time is measured by
        the wall clock.
        """

    async def files_before(self, age: float, *, limit: int) -> tuple[FileRecord, ...]:
        """Everybody's files that were recorded before that age, oldest first."""

    async def jobs_before(self, age: float, *, limit: int) -> tuple[JobRecord, ...]:
        """Everybody's jobs that ended before that age, oldest first."""

    async def sessions_before(self, age: float, *, limit: int) -> tuple[SessionRecord, ...]:
        """Sessions that were last used before that age, oldest first.

        Only those that hold no file, upload or job.
        """

    def note_use(self, session: str) -> None:
        """Has it written with the next group that the session is in use now; returns at once.

        One that is not on record stays so. May be lost, as a `note_job`. For now and then: each
        note waits in memory for its group.
        """

    async def remove_jobs(self, session: str, ids: Collection[str]) -> int:
        """Forgets those of these jobs of the session that have ended, with their keys; how many.

        The files that they made stay.
        """

    async def all_files(self) -> Mapping[str, Mapping[str, int]]:
        """All that should lie on disk: the bytes of each file by its id, by session.

        Sessions without files are left out.
        """

    async def save_learnt(self, name: str, document: str) -> None:
        """Keeps what was learnt under a name, in place of what was there."""

    async def learnt(self) -> Mapping[str, str]:
        """All that was learnt, by name."""


class KeyTakenError(Exception):
    """The session has used this Idempotency-Key before, for another job."""


class OwnerTakenError(Exception):
    """The principal has a session already."""


class NotOnRecordError(NotFound):
    """What a write belongs to is not on record (any more): session, job or upload."""


class JournalClosedError(ActorGone):
    """The journal was asked while it was not open, or closed before it could answer."""


class JournalUnusableError(Exception):
    """The record cannot be opened. The text says what was found and what the operator can do."""


class DamagedJournalError(JournalUnusableError):
    """The bytes on disk are not those of a whole record."""


class MissingJournalError(JournalUnusableError):
    """There is no record beside the files of sessions that it must have listed."""


class MissingFilesError(JournalUnusableError):
    """There are no files beside the record that lists them."""


class NewerJournalError(JournalUnusableError):
    """The record was written by a later release."""


class FolderInUseError(JournalUnusableError):
    """Another server has this data folder."""
