"""The journal without a disk: the same promises, kept without threads.

Owns: records in dictionaries, which last as long as the object; `run` it again for a second life.
Never: waits for anything but its hook, so that a simulation on a virtual clock stays exact.

Where the one on disk may leave a write done or undone when its caller is cancelled, this one does
both: a cancel that meets the hook finds nothing written, one that comes at the end finds all.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeVar

import trio

from actors.journal.paging import ceiling, cut
from actors.journal.port import (
    JournalClosedError,
    KeyTakenError,
    Known,
    NotOnRecordError,
    OwnerTakenError,
    Page,
    Usage,
)
from actors.journal.records import RecordT, decode, encode
from actors.lifecycle import State, has_ended
from actors.messages import FileRecord, Idempotency, JobRecord, SessionRecord, UploadRecord

ItemT = TypeVar("ItemT", JobRecord, FileRecord)
BeforeWrite = Callable[[str], Awaitable[None]]


async def _at_once(_write: str) -> None:
    """The hook of a journal that neither delays nor fails."""


def _matching(
    jobs: list[JobRecord], state: State | None, capability: str | None
) -> list[JobRecord]:
    return [
        job for job in jobs if state in (None, job.state) and capability in (None, job.capability)
    ]


@dataclass(slots=True)
class _Shelf:
    """All that one session has on record; files and jobs by id."""

    session: SessionRecord
    jobs: dict[str, JobRecord] = field(default_factory=dict)
    files: dict[str, FileRecord] = field(default_factory=dict)
    uploads: dict[str, UploadRecord] = field(default_factory=dict)
    keys: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Idempotency-Key to job id and digest."""


def _on_record(kind: type[RecordT], record: RecordT) -> RecordT:
    """What would come back from a disk: fails for what has no form there, shares nothing."""
    return decode(kind, encode(record))


def _newest(shelf: Mapping[str, ItemT], cursor: str | None) -> list[ItemT]:
    below = ceiling(cursor)
    return [record for key, record in sorted(shelf.items(), reverse=True) if key < below]


class MemoryJournal:
    """A journal in memory; see `port.Journal` for what each method promises.

    Args:
        before_write: awaited before each write with the name of its method; may wait, and may
            raise what a disk would. Notes are written at once, without it.
    """

    def __init__(self, *, before_write: BeforeWrite = _at_once) -> None:
        self.life = 0
        self.last_id = ""
        self._before_write = before_write
        self._open = False  # written by run() only
        self._shelves: dict[str, _Shelf] = {}

    def __repr__(self) -> str:
        return f"<MemoryJournal {f'life {self.life}' if self._open else 'closed'}>"

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Begins a life on what earlier ones left, and ends it when cancelled; see the port."""
        self.life += 1
        ids = (
            (own, *shelf.jobs, *shelf.files, *shelf.uploads) for own, shelf in self._shelves.items()
        )
        self.last_id = max(chain.from_iterable(ids), default="")
        self._open = True
        try:
            task_status.started()
            await trio.sleep_forever()
        finally:
            self._open = False

    def _check_open(self) -> None:
        if not self._open:
            raise JournalClosedError("The journal is not open. Try again.", retry_after=1)

    async def _write(self, name: str, change: Callable[[], None]) -> None:
        self._check_open()
        await self._before_write(name)
        self._check_open()
        change()
        await trio.lowlevel.checkpoint()

    async def _shelf(self, session: str) -> _Shelf | None:
        """For a reader: the session's shelf, after a checkpoint."""
        self._check_open()
        await trio.lowlevel.checkpoint()
        return self._shelves.get(session)

    def _shelf_of(self, session: str) -> _Shelf:
        """For a writer: the session's shelf, which must be there."""
        try:
            return self._shelves[session]
        except KeyError:
            raise NotOnRecordError(f"There is no session {session} (any more).") from None

    def _owned_by(self, owner: str) -> SessionRecord | None:
        sessions = (shelf.session for shelf in self._shelves.values())
        return next((session for session in sessions if session.owner == owner), None)

    # --- the port ---------------------------------------------------------------------------------

    async def add_session(self, session: SessionRecord) -> None:
        """Records a new session."""
        record = _on_record(SessionRecord, session)

        def change() -> None:
            taken = None if record.owner is None else self._owned_by(record.owner)
            if taken is not None and taken.id != record.id:
                raise OwnerTakenError(record.owner)
            self._shelves.setdefault(record.id, _Shelf(record)).session = record

        await self._write("add_session", change)

    async def session(self, id: str) -> SessionRecord | None:
        """The session, or None."""
        shelf = await self._shelf(id)
        return shelf.session if shelf else None

    async def session_of(self, owner: str) -> SessionRecord | None:
        """The principal's session, or None."""
        self._check_open()
        await trio.lowlevel.checkpoint()
        return self._owned_by(owner)

    async def owners(self, sessions: frozenset[str]) -> Mapping[str, str]:
        """The owners of those of these sessions that have one, by session."""
        self._check_open()
        await trio.lowlevel.checkpoint()
        found = (self._shelves[id].session for id in sessions if id in self._shelves)
        return {session.id: session.owner for session in found if session.owner is not None}

    async def remove_session(self, id: str) -> None:
        """Forgets the session with all that is its."""

        def change() -> None:
            self._shelves.pop(id, None)

        await self._write("remove_session", change)

    async def add_job(self, job: JobRecord, idempotency: Idempotency | None = None) -> None:
        """Records an accepted job with its key."""
        record = _on_record(JobRecord, job)

        def change() -> None:
            shelf = self._shelf_of(record.session)
            if idempotency is not None:
                if shelf.keys.get(idempotency.key, (record.id,))[0] != record.id:
                    raise KeyTakenError(idempotency.key)
                shelf.keys[idempotency.key] = (record.id, idempotency.digest)
            shelf.jobs[record.id] = record

        await self._write("add_job", change)

    async def save_job(self, job: JobRecord, files: Sequence[FileRecord] = ()) -> None:
        """Records a job's newest state and the files it made."""
        record = _on_record(JobRecord, job)
        made = {file.id: _on_record(FileRecord, file) for file in files}

        def change() -> None:
            shelf = self._shelves.get(record.session)
            if shelf is None or record.id not in shelf.jobs:
                raise NotOnRecordError(f"There is no job {record.id} (any more).")
            shelf.jobs[record.id] = record
            shelf.files.update(made)

        await self._write("save_job", change)

    def note_job(self, job: JobRecord) -> None:
        """Has a job's newest state written."""
        self._check_open()
        record = _on_record(JobRecord, job)
        shelf = self._shelves.get(record.session)
        if shelf is not None and record.id in shelf.jobs:
            shelf.jobs[record.id] = record

    async def job(self, session: str, id: str) -> JobRecord | None:
        """The session's job, or None."""
        shelf = await self._shelf(session)
        return shelf.jobs.get(id) if shelf else None

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
        shelf = await self._shelf(session)
        newest = _newest(shelf.jobs if shelf else {}, cursor)
        return cut(_matching(newest, state, capability), limit)

    async def unfinished_jobs(self) -> tuple[JobRecord, ...]:
        """All sessions' jobs that have not ended, oldest first."""
        self._check_open()
        await trio.lowlevel.checkpoint()
        jobs = (job for shelf in self._shelves.values() for job in shelf.jobs.values())
        return tuple(sorted((j for j in jobs if not has_ended(j.state)), key=lambda j: j.id))

    async def known_job(self, session: str, key: str) -> Known | None:
        """The job sent under the key, or None."""
        shelf = await self._shelf(session)
        if shelf is None or key not in shelf.keys:
            return None
        job, digest = shelf.keys[key]
        return Known(job=shelf.jobs[job], digest=digest)

    async def add_files(self, *files: FileRecord) -> None:
        """Records files whose bytes are in place."""
        records = [_on_record(FileRecord, file) for file in files]

        def change() -> None:
            shelves = [self._shelf_of(record.session) for record in records]
            for shelf, record in zip(shelves, records, strict=True):
                shelf.files[record.id] = record

        await self._write("add_files", change)

    async def remove_file(self, session: str, id: str) -> bool:
        """Forgets a file; False when there was none."""
        found = False

        def change() -> None:
            nonlocal found
            shelf = self._shelves.get(session)
            found = shelf is not None and shelf.files.pop(id, None) is not None

        await self._write("remove_file", change)
        return found

    async def file(self, session: str, id: str) -> FileRecord | None:
        """The session's file, or None."""
        shelf = await self._shelf(session)
        return shelf.files.get(id) if shelf else None

    async def files(
        self, session: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[FileRecord]:
        """The session's files, newest first."""
        shelf = await self._shelf(session)
        return cut(_newest(shelf.files if shelf else {}, cursor), limit)

    async def usage(self, session: str) -> Usage:
        """What the session's files come to."""
        shelf = await self._shelf(session)
        files = tuple(shelf.files.values()) if shelf else ()
        return Usage(files=len(files), size=sum(file.size for file in files))

    async def all_jobs(
        self,
        *,
        state: State | None = None,
        capability: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[JobRecord]:
        """All sessions' jobs, newest first."""
        self._check_open()
        await trio.lowlevel.checkpoint()
        jobs = {id: job for shelf in self._shelves.values() for id, job in shelf.jobs.items()}
        return cut(_matching(_newest(jobs, cursor), state, capability), limit)

    async def find_job(self, id: str) -> JobRecord | None:
        """The job, whosever it is, or None."""
        self._check_open()
        await trio.lowlevel.checkpoint()
        return next((s.jobs[id] for s in self._shelves.values() if id in s.jobs), None)

    async def add_upload(self, upload: UploadRecord) -> None:
        """Records an upload that begins."""
        record = _on_record(UploadRecord, upload)

        def change() -> None:
            self._shelf_of(record.session).uploads[record.id] = record

        await self._write("add_upload", change)

    async def finish_upload(self, upload: UploadRecord, file: FileRecord) -> None:
        """Records an upload with the file that it became."""
        record, made = _on_record(UploadRecord, upload), _on_record(FileRecord, file)

        def change() -> None:
            shelf = self._shelves.get(record.session)
            if shelf is None or record.id not in shelf.uploads:
                raise NotOnRecordError(f"There is no upload {record.id} (any more).")
            shelf.uploads[record.id] = record
            shelf.files[made.id] = made

        await self._write("finish_upload", change)

    async def remove_upload(self, session: str, id: str) -> bool:
        """Forgets an upload; False when there was none."""
        found = False

        def change() -> None:
            nonlocal found
            shelf = self._shelves.get(session)
            found = shelf is not None and shelf.uploads.pop(id, None) is not None

        await self._write("remove_upload", change)
        return found

    async def uploads(self, session: str | None = None) -> tuple[UploadRecord, ...]:
        """The session's uploads, or everybody's, oldest first."""
        if session is None:
            self._check_open()
            await trio.lowlevel.checkpoint()
            shelves = list(self._shelves.values())
        else:
            shelf = await self._shelf(session)
            shelves = [] if shelf is None else [shelf]
        found = (upload for shelf in shelves for upload in shelf.uploads.values())
        return tuple(sorted(found, key=lambda upload: upload.id))
