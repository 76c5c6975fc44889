"""What a journal promises, whatever keeps it.

Owns: the port. Every write returns when it is durable (design, rule 3) and is all or nothing; a
write that returns is seen by every later read. Reads never wait for writes of others.
Never: decides anything about a job; it writes down what it is told.

Cancelling a write leaves it either wholly done or not done; which of both is not told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from actors.lifecycle import State
from actors.messages import FileRecord, Idempotency, JobRecord, SessionRecord

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A slice of a list, newest first; `next` is the cursor of the following slice, or None."""

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
    """The durable record. Open it with the context manager of its module."""

    life: int
    """Counts the openings of this record, from 1; a higher life is a later one."""

    async def add_session(self, session: SessionRecord) -> None:
        """Records a new session."""

    async def session(self, id: str) -> SessionRecord | None:
        """The session, or None when there is none (any more)."""

    async def remove_session(self, id: str) -> None:
        """Forgets the session with its files, jobs and idempotency keys."""

    async def add_job(self, job: JobRecord, idempotency: Idempotency | None = None) -> None:
        """Records an accepted job, with the key under which it was sent.

        Raises:
            KeyTakenError: the session has used this key before; nothing was written.
        """

    async def save_job(self, job: JobRecord, files: Sequence[FileRecord] = ()) -> None:
        """Records a job's newest state together with the files it made, in one transaction."""

    def note_job(self, job: JobRecord) -> None:
        """As `save_job`, but returns at once; written with the next group. For what may be lost
        in a crash without harm: that a job was started.
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
        """The session's jobs, newest first."""

    async def unfinished_jobs(self) -> tuple[JobRecord, ...]:
        """All sessions' jobs that have not ended, oldest first."""

    async def known_job(self, session: str, key: str) -> Known | None:
        """The job that the session sent under this Idempotency-Key, or None."""

    async def add_file(self, file: FileRecord) -> None:
        """Records a file whose bytes are in place."""

    async def remove_file(self, session: str, id: str) -> bool:
        """Forgets a file; False when there was none."""

    async def file(self, session: str, id: str) -> FileRecord | None:
        """The session's file, or None."""

    async def files(
        self, session: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[FileRecord]:
        """The session's files, newest first."""

    async def usage(self, session: str) -> Usage:
        """What the session's files come to."""


class KeyTakenError(Exception):
    """The session has used this Idempotency-Key before."""


class JournalClosedError(Exception):
    """The journal was asked after it closed, or its writer has failed."""


class DamagedJournalError(Exception):
    """The record cannot be opened. The text says what was found and what the operator can do."""
