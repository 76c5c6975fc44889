"""What each write of the journal is in SQL.

Owns: the statements. Each function returns a piece of work that store.py carries out inside a
transaction of its choosing; records are turned into text before that, in the caller's task, so
that one which has no form on disk troubles its sender only. `age` is that of the record, now.
Never: commits, waits, or looks at which thread it is in.
"""

import sqlite3
from collections.abc import Callable, Collection, Sequence
from math import ceil
from typing import TypeVar

from actors.journal.age import Mark
from actors.journal.port import KeyTakenError, NotOnRecordError, OwnerTakenError
from actors.journal.records import encode
from actors.lifecycle import has_ended
from actors.messages import FileRecord, Idempotency, JobRecord, SessionRecord, UploadRecord

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

_ADD_SESSION = """
    INSERT INTO sessions (id, owner, used, document) SELECT :id, :owner, :used, :document
    WHERE NOT EXISTS (SELECT 1 FROM sessions WHERE owner = :owner AND id <> :id)
    ON CONFLICT (id) DO UPDATE
    SET owner = excluded.owner, used = excluded.used, document = excluded.document
"""
# INSERT … SELECT … FROM sessions: a row for a session that is gone is not inserted at all.
_ADD_JOB = """
    INSERT INTO jobs (session, id, capability, state, ended, document)
    SELECT :session, :id, :capability, :state, :ended, :document
    FROM sessions WHERE sessions.id = :session
    ON CONFLICT (session, id) DO UPDATE
    SET state = excluded.state, document = excluded.document,
        ended = CASE WHEN excluded.ended IS NOT NULL THEN coalesce(ended, excluded.ended) END
"""
_SAVE_JOB = """
    UPDATE jobs SET state = :state, document = :document,
        ended = CASE WHEN :ended IS NOT NULL THEN coalesce(ended, :ended) END
    WHERE session = :session AND id = :id
"""
_ADD_KEY = """
    INSERT INTO keys (session, key, job, digest) VALUES (?, ?, ?, ?)
    ON CONFLICT (session, key) DO UPDATE SET digest = excluded.digest WHERE job = excluded.job
"""
_ADD_FILE = """
    INSERT INTO files (session, id, size, added, document)
    SELECT :session, :id, :size, :added, :document FROM sessions WHERE sessions.id = :session
    ON CONFLICT (session, id) DO UPDATE SET size = excluded.size, document = excluded.document
"""
_ADD_UPLOAD = """
    INSERT INTO uploads (session, id, document)
    SELECT :session, :id, :document FROM sessions WHERE sessions.id = :session
    ON CONFLICT (session, id) DO UPDATE SET document = excluded.document
"""
_SAVE_UPLOAD = "UPDATE uploads SET document = :document WHERE session = :session AND id = :id"
_REMOVE_JOB = "DELETE FROM jobs WHERE session = :session AND id = :id AND ended IS NOT NULL"
_SAVE_LEARNT = """
    INSERT INTO learnt (name, document) VALUES (:name, :document)
    ON CONFLICT (name) DO UPDATE SET document = excluded.document
"""
_KEEP = """
    INSERT INTO meta (name, value) VALUES (:name, :value)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""


def _job_row(job: JobRecord, age: float) -> dict[str, str | float | None]:
    return {
        "session": job.session,
        "id": job.id,
        "capability": job.capability,
        "state": job.state,
        "ended": age if has_ended(job.state) else None,
        "document": encode(job),
    }


def _file_row(file: FileRecord, age: float) -> dict[str, str | float]:
    return {
        "session": file.session,
        "id": file.id,
        "size": file.size,
        "added": age,
        "document": encode(file),
    }


def _upload_row(upload: UploadRecord) -> dict[str, str]:
    return {"session": upload.session, "id": upload.id, "document": encode(upload)}


# --- writes -----------------------------------------------------------------------------------


def add_session(session: SessionRecord, *, age: float) -> Work[None]:
    """The session is on record, or `OwnerTakenError`."""
    row = {"id": session.id, "owner": session.owner, "used": age, "document": encode(session)}

    def work(connection: sqlite3.Connection) -> None:
        if connection.execute(_ADD_SESSION, row).rowcount == 0:
            raise OwnerTakenError(session.owner)

    return work


def remove_session(id: str) -> Work[None]:
    """The session is gone; files, jobs and keys go with it by the tables' own rules."""

    def work(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM sessions WHERE id = ?", (id,))

    return work


def add_job(job: JobRecord, idempotency: Idempotency | None, *, age: float) -> Work[None]:
    """The job is on record with its key, or `KeyTakenError`, or `NotOnRecordError`."""
    row = _job_row(job, age)

    def work(connection: sqlite3.Connection) -> None:
        if connection.execute(_ADD_JOB, row).rowcount == 0:
            raise NotOnRecordError(f"There is no session {job.session} (any more).")
        if idempotency is not None:
            key = (job.session, idempotency.key, job.id, idempotency.digest)
            if connection.execute(_ADD_KEY, key).rowcount == 0:
                raise KeyTakenError(idempotency.key)

    return work


def save_job(job: JobRecord, files: Sequence[FileRecord], *, age: float) -> Work[None]:
    """The job's newest state and its files are on record, or `NotOnRecordError`."""
    row = _job_row(job, age)
    rows = [_file_row(file, age) for file in files]

    def work(connection: sqlite3.Connection) -> None:
        if connection.execute(_SAVE_JOB, row).rowcount == 0:
            raise NotOnRecordError(f"There is no job {job.id} (any more).")
        connection.executemany(_ADD_FILE, rows)

    return work


def add_files(*files: FileRecord, age: float) -> Work[None]:
    """The files are on record, or `NotOnRecordError`."""
    rows = [_file_row(file, age) for file in files]

    def work(connection: sqlite3.Connection) -> None:
        if connection.executemany(_ADD_FILE, rows).rowcount < len(rows):
            raise NotOnRecordError("There is no such session (any more).")

    return work


def remove_file(session: str, id: str) -> Work[bool]:
    """The file is forgotten; whether there was one."""

    def work(connection: sqlite3.Connection) -> bool:
        gone = connection.execute("DELETE FROM files WHERE session = ? AND id = ?", (session, id))
        return gone.rowcount > 0

    return work


def add_upload(upload: UploadRecord) -> Work[None]:
    """The upload is on record, or `NotOnRecordError`."""
    row = _upload_row(upload)

    def work(connection: sqlite3.Connection) -> None:
        if connection.execute(_ADD_UPLOAD, row).rowcount == 0:
            raise NotOnRecordError(f"There is no session {upload.session} (any more).")

    return work


def finish_upload(upload: UploadRecord, file: FileRecord, *, age: float) -> Work[None]:
    """The upload and the file that it became are on record, or `NotOnRecordError`."""
    row, file_row = _upload_row(upload), _file_row(file, age)

    def work(connection: sqlite3.Connection) -> None:
        if connection.execute(_SAVE_UPLOAD, row).rowcount == 0:
            raise NotOnRecordError(f"There is no upload {upload.id} (any more).")
        connection.execute(_ADD_FILE, file_row)

    return work


def remove_upload(session: str, id: str) -> Work[bool]:
    """The upload is forgotten; whether there was one."""

    def work(connection: sqlite3.Connection) -> bool:
        gone = connection.execute("DELETE FROM uploads WHERE session = ? AND id = ?", (session, id))
        return gone.rowcount > 0

    return work


def use_session(id: str, *, age: float) -> Work[None]:
    """The session is in use now, if it is on record."""

    def work(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE sessions SET used = :age WHERE id = :id", {"id": id, "age": age})

    return work


def remove_jobs(session: str, ids: Collection[str]) -> Work[int]:
    """Those of the jobs that have ended are forgotten; their keys go with them. How many."""
    rows = [{"session": session, "id": id} for id in ids]

    def work(connection: sqlite3.Connection) -> int:
        return connection.executemany(_REMOVE_JOB, rows).rowcount if rows else 0

    return work


def save_learnt(name: str, document: str) -> Work[None]:
    """What was learnt is on record."""

    def work(connection: sqlite3.Connection) -> None:
        connection.execute(_SAVE_LEARNT, {"name": name, "document": document})

    return work


def keep_mark(mark: Mark) -> Work[None]:
    """The mark is on record; rounded so that neither the age nor the next gap goes back."""
    rows = [
        {"name": "age", "value": ceil(mark.age * 1e6)},
        {"name": "wall", "value": int(mark.wall * 1e6)},
    ]

    def work(connection: sqlite3.Connection) -> None:
        connection.executemany(_KEEP, rows)

    return work
