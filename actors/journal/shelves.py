"""Records in dictionaries: what the journal in memory has, and how each write changes it.

Owns: the shelves, one a session, and the order in which what is on them grew old.
Never: waits, or knows whether the journal is open (memory.py does).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TypeVar

from actors.journal.paging import ceiling
from actors.journal.port import KeyTakenError, Known, NotOnRecordError, OwnerTakenError
from actors.lifecycle import State, has_ended
from actors.messages import FileRecord, Idempotency, JobRecord, SessionRecord, UploadRecord

ItemT = TypeVar("ItemT", JobRecord, FileRecord)
KeyT = TypeVar("KeyT")


@dataclass(slots=True)
class Shelf:
    """All that one session has on record; files, jobs and uploads by id."""

    session: SessionRecord
    jobs: dict[str, JobRecord] = field(default_factory=dict)
    files: dict[str, FileRecord] = field(default_factory=dict)
    uploads: dict[str, UploadRecord] = field(default_factory=dict)
    keys: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Idempotency-Key to job id and digest."""


def newest(records: Mapping[str, ItemT], cursor: str | None) -> list[ItemT]:
    """Those below the cursor, newest first."""
    below = ceiling(cursor)
    return [record for key, record in sorted(records.items(), reverse=True) if key < below]


def matching(jobs: list[JobRecord], state: State | None, capability: str | None) -> list[JobRecord]:
    """Those in the state and of the capability; None: any."""
    return [
        job for job in jobs if state in (None, job.state) and capability in (None, job.capability)
    ]


def _before(stamps: Mapping[KeyT, float], age: float) -> Iterator[KeyT]:
    """The keys stamped before that age. Stamps are put in as they are made: the oldest is first."""
    for key, stamp in stamps.items():
        if stamp >= age:
            return
        yield key


class Shelves(dict[str, Shelf]):
    """All sessions' shelves by id, with the ages at which things were recorded."""

    def __init__(self) -> None:
        super().__init__()
        self.learnt: dict[str, str] = {}
        self._used: dict[str, float] = {}
        self._added: dict[tuple[str, str], float] = {}  # by session and id, as the next
        self._ended: dict[tuple[str, str], float] = {}

    def shelf_of(self, session: str) -> Shelf:
        """The session's shelf, which must be there.

        Raises:
            NotOnRecordError: it is not.
        """
        try:
            return self[session]
        except KeyError:
            raise NotOnRecordError(f"There is no session {session} (any more).") from None

    # --- writes -----------------------------------------------------------------------------------

    def add_session(self, record: SessionRecord, age: float) -> None:
        """Puts up its shelf, if it has none, and the record there."""
        taken = None if record.owner is None else self.owned_by(record.owner)
        if taken is not None and taken.id != record.id:
            raise OwnerTakenError(record.owner)
        self.setdefault(record.id, Shelf(record)).session = record
        self.use_session(record.id, age)

    def use_session(self, id: str, age: float) -> None:
        """The session, if there is one, is the last one used."""
        if id in self:
            self._used.pop(id, None)
            self._used[id] = age

    def remove_session(self, id: str) -> None:
        """Takes its shelf away with all that is on it."""
        shelf = self.pop(id, None)
        if shelf is not None:
            del self._used[id]
            for file in shelf.files:
                del self._added[id, file]
            for job in shelf.jobs:
                self._ended.pop((id, job), None)

    def add_job(self, record: JobRecord, idempotency: Idempotency | None, age: float) -> None:
        """Puts the job on its session's shelf, with its key."""
        shelf = self.shelf_of(record.session)
        if idempotency is not None:
            if shelf.keys.get(idempotency.key, (record.id,))[0] != record.id:
                raise KeyTakenError(idempotency.key)
            shelf.keys[idempotency.key] = (record.id, idempotency.digest)
        self._put_job(shelf, record, age)

    def save_job(self, record: JobRecord, made: Sequence[FileRecord], age: float) -> None:
        """Puts the job's newest state where the job is, and its files beside it."""
        shelf = self.get(record.session)
        if shelf is None or record.id not in shelf.jobs:
            raise NotOnRecordError(f"There is no job {record.id} (any more).")
        self._put_job(shelf, record, age)
        self.add_files(made, age)

    def _put_job(self, shelf: Shelf, record: JobRecord, age: float) -> None:
        shelf.jobs[record.id] = record
        if has_ended(record.state):
            self._ended.setdefault((record.session, record.id), age)
        else:
            self._ended.pop((record.session, record.id), None)

    def remove_jobs(self, session: str, ids: Collection[str]) -> int:
        """Takes those that have ended away, with their keys; how many."""
        shelf = self.get(session)
        gone = {id for id in ids if self._ended.pop((session, id), None) is not None}
        if shelf is not None and gone:
            shelf.jobs = {id: job for id, job in shelf.jobs.items() if id not in gone}
            shelf.keys = {key: known for key, known in shelf.keys.items() if known[0] not in gone}
        return len(gone)

    def add_files(self, records: Sequence[FileRecord], age: float) -> None:
        """Puts files on their sessions' shelves, all or none."""
        shelves = [self.shelf_of(record.session) for record in records]
        for shelf, record in zip(shelves, records, strict=True):
            shelf.files[record.id] = record
            self._added.setdefault((record.session, record.id), age)

    def remove_file(self, session: str, id: str) -> bool:
        """Takes a file away; whether there was one."""
        shelf = self.get(session)
        found = shelf is not None and shelf.files.pop(id, None) is not None
        self._added.pop((session, id), None)
        return found

    def add_upload(self, record: UploadRecord) -> None:
        """Puts an upload on its session's shelf."""
        self.shelf_of(record.session).uploads[record.id] = record

    def finish_upload(self, record: UploadRecord, made: FileRecord, age: float) -> None:
        """Puts the upload's last state where it is, and the file beside it."""
        shelf = self.get(record.session)
        if shelf is None or record.id not in shelf.uploads:
            raise NotOnRecordError(f"There is no upload {record.id} (any more).")
        shelf.uploads[record.id] = record
        self.add_files([made], age)

    def remove_upload(self, session: str, id: str) -> bool:
        """Takes an upload away; whether there was one."""
        shelf = self.get(session)
        return shelf is not None and shelf.uploads.pop(id, None) is not None

    def save_learnt(self, name: str, document: str) -> None:
        """Keeps what was learnt under that name."""
        self.learnt[name] = document

    # --- reads ------------------------------------------------------------------------------------

    def last_id(self) -> str:
        """The greatest id of all, or ""."""
        ids = ((own, *shelf.jobs, *shelf.files, *shelf.uploads) for own, shelf in self.items())
        return max(chain.from_iterable(ids), default="")

    def owned_by(self, owner: str) -> SessionRecord | None:
        """The principal's session, or None."""
        sessions = (shelf.session for shelf in self.values())
        return next((session for session in sessions if session.owner == owner), None)

    def known_job(self, session: str, key: str) -> Known | None:
        """The job sent under the key, or None."""
        shelf = self.get(session)
        if shelf is None or key not in shelf.keys:
            return None
        job, digest = shelf.keys[key]
        return Known(job=shelf.jobs[job], digest=digest)

    def unfinished_jobs(self) -> tuple[JobRecord, ...]:
        """Those of all sessions that have not ended, oldest first."""
        jobs = (job for shelf in self.values() for job in shelf.jobs.values())
        return tuple(sorted((j for j in jobs if not has_ended(j.state)), key=lambda j: j.id))

    def uploads(self, session: str | None) -> tuple[UploadRecord, ...]:
        """The session's uploads, or everybody's, oldest first."""
        shelves = self.values() if session is None else filter(None, [self.get(session)])
        found = (upload for shelf in shelves for upload in shelf.uploads.values())
        return tuple(sorted(found, key=lambda upload: upload.id))

    def files_before(self, age: float, limit: int) -> tuple[FileRecord, ...]:
        """Those recorded before that age, oldest first."""
        keys = islice(_before(self._added, age), limit)
        return tuple(self[session].files[id] for session, id in keys)

    def jobs_before(self, age: float, limit: int) -> tuple[JobRecord, ...]:
        """Those that ended before that age, oldest first."""
        keys = islice(_before(self._ended, age), limit)
        return tuple(self[session].jobs[id] for session, id in keys)

    def sessions_before(self, age: float, limit: int) -> tuple[SessionRecord, ...]:
        """Those that hold nothing and were last used before that age, oldest first."""
        shelves = (self[id] for id in _before(self._used, age))
        empty = (s.session for s in shelves if not (s.jobs or s.files or s.uploads))
        return tuple(islice(empty, limit))
