"""What each write and read of the journal is in SQL.

Owns: the statements. Each function returns a piece of work that store.py carries out inside a
transaction of its choosing; records are turned into text before that, in the caller's task, so
that one which has no form on disk troubles its sender only.
Never: commits, waits, or looks at which thread it is in.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from actors.journal.paging import ceiling, cut
from actors.journal.port import (
    KeyTakenError,
    Known,
    NotOnRecordError,
    OwnerTakenError,
    Page,
    Usage,
)
from actors.journal.records import RecordT, decode, encode
from actors.lifecycle import State
from actors.messages import FileRecord, Idempotency, JobRecord, SessionRecord, UploadRecord

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

_ADD_SESSION = """
    INSERT INTO sessions (id, owner, document) SELECT :id, :owner, :document
    WHERE NOT EXISTS (SELECT 1 FROM sessions WHERE owner = :owner AND id <> :id)
    ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, document = excluded.document
"""
# INSERT … SELECT … FROM sessions: a row for a session that is gone is not inserted at all.
_ADD_JOB = """
    INSERT INTO jobs (session, id, capability, state, document)
    SELECT :session, :id, :capability, :state, :document FROM sessions WHERE sessions.id = :session
    ON CONFLICT (session, id) DO UPDATE SET state = excluded.state, document = excluded.document
"""
_SAVE_JOB = """
    UPDATE jobs SET state = :state, document = :document WHERE session = :session AND id = :id
"""
_ADD_KEY = """
    INSERT INTO keys (session, key, job, digest) VALUES (?, ?, ?, ?)
    ON CONFLICT (session, key) DO UPDATE SET digest = excluded.digest WHERE job = excluded.job
"""
_ADD_FILE = """
    INSERT INTO files (session, id, size, document)
    SELECT :session, :id, :size, :document FROM sessions WHERE sessions.id = :session
    ON CONFLICT (session, id) DO UPDATE SET size = excluded.size, document = excluded.document
"""
_ADD_UPLOAD = """
    INSERT INTO uploads (session, id, document)
    SELECT :session, :id, :document FROM sessions WHERE sessions.id = :session
    ON CONFLICT (session, id) DO UPDATE SET document = excluded.document
"""
_SAVE_UPLOAD = "UPDATE uploads SET document = :document WHERE session = :session AND id = :id"
_JOBS = """
    SELECT document FROM jobs
    WHERE session = :session AND id < :ceiling
        AND (:state IS NULL OR state = :state)
        AND (:capability IS NULL OR capability = :capability)
    ORDER BY id DESC LIMIT :limit
"""
_ALL_JOBS = """
    SELECT document FROM jobs
    WHERE id < :ceiling
        AND (:state IS NULL OR state = :state)
        AND (:capability IS NULL OR capability = :capability)
    ORDER BY id DESC LIMIT :limit
"""


def _job_row(job: JobRecord) -> dict[str, str]:
    return {
        "session": job.session,
        "id": job.id,
        "capability": job.capability,
        "state": job.state,
        "document": encode(job),
    }


def _file_row(file: FileRecord) -> dict[str, str | int]:
    return {"session": file.session, "id": file.id, "size": file.size, "document": encode(file)}


def _upload_row(upload: UploadRecord) -> dict[str, str]:
    return {"session": upload.session, "id": upload.id, "document": encode(upload)}


# --- writes -----------------------------------------------------------------------------------


def add_session(session: SessionRecord) -> Work[None]:
    """The session is on record, or `OwnerTakenError`."""
    row = {"id": session.id, "owner": session.owner, "document": encode(session)}

    def work(connection: sqlite3.Connection) -> None:
        if connection.execute(_ADD_SESSION, row).rowcount == 0:
            raise OwnerTakenError(session.owner)

    return work


def remove_session(id: str) -> Work[None]:
    """The session is gone; files, jobs and keys go with it by the tables' own rules."""

    def work(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM sessions WHERE id = ?", (id,))

    return work


def add_job(job: JobRecord, idempotency: Idempotency | None) -> Work[None]:
    """The job is on record with its key, or `KeyTakenError`, or `NotOnRecordError`."""
    row = _job_row(job)

    def work(connection: sqlite3.Connection) -> None:
        if connection.execute(_ADD_JOB, row).rowcount == 0:
            raise NotOnRecordError(f"There is no session {job.session} (any more).")
        if idempotency is not None:
            key = (job.session, idempotency.key, job.id, idempotency.digest)
            if connection.execute(_ADD_KEY, key).rowcount == 0:
                raise KeyTakenError(idempotency.key)

    return work


def save_job(job: JobRecord, files: Sequence[FileRecord]) -> Work[None]:
    """The job's newest state and its files are on record, or `NotOnRecordError`."""
    row = _job_row(job)
    rows = [_file_row(file) for file in files]

    def work(connection: sqlite3.Connection) -> None:
        if connection.execute(_SAVE_JOB, row).rowcount == 0:
            raise NotOnRecordError(f"There is no job {job.id} (any more).")
        connection.executemany(_ADD_FILE, rows)

    return work


def add_files(*files: FileRecord) -> Work[None]:
    """The files are on record, or `NotOnRecordError`."""
    rows = [_file_row(file) for file in files]

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


def finish_upload(upload: UploadRecord, file: FileRecord) -> Work[None]:
    """The upload and the file that it became are on record, or `NotOnRecordError`."""
    row, file_row = _upload_row(upload), _file_row(file)

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


# --- reads --------------------------------------------------------------------------------------
# One statement each: a reader sees one moment of the record, and holds on to it no longer.


def _one(kind: type[RecordT], sql: str, *arguments: str) -> Work[RecordT | None]:
    def work(connection: sqlite3.Connection) -> RecordT | None:
        rows = connection.execute(sql, arguments).fetchall()
        return decode(kind, rows[0][0]) if rows else None

    return work


def session(id: str) -> Work[SessionRecord | None]:
    """The session, or None."""
    return _one(SessionRecord, "SELECT document FROM sessions WHERE id = ?", id)


def session_of(owner: str) -> Work[SessionRecord | None]:
    """The principal's session, or None."""
    return _one(SessionRecord, "SELECT document FROM sessions WHERE owner = ?", owner)


def owners(sessions: frozenset[str]) -> Work[Mapping[str, str]]:
    """The owners of those of these sessions that have one, by session."""
    places = ", ".join("?" * len(sessions))
    sql = f"SELECT id, owner FROM sessions WHERE owner IS NOT NULL AND id IN ({places})"  # noqa: S608 -- question marks alone are put in

    def work(connection: sqlite3.Connection) -> Mapping[str, str]:
        return dict(connection.execute(sql, tuple(sessions)).fetchall())

    return work


def job(session: str, id: str) -> Work[JobRecord | None]:
    """The session's job, or None."""
    return _one(JobRecord, "SELECT document FROM jobs WHERE session = ? AND id = ?", session, id)


def find_job(id: str) -> Work[JobRecord | None]:
    """The job, whosever it is, or None."""
    return _one(JobRecord, "SELECT document FROM jobs WHERE id = ?", id)


def file(session: str, id: str) -> Work[FileRecord | None]:
    """The session's file, or None."""
    return _one(FileRecord, "SELECT document FROM files WHERE session = ? AND id = ?", session, id)


def jobs(
    session: str, state: State | None, capability: str | None, limit: int, cursor: str | None
) -> Work[Page[JobRecord]]:
    """A page of the session's jobs."""
    return _page_of_jobs(_JOBS, state, capability, limit, cursor, session=session)


def all_jobs(
    state: State | None, capability: str | None, limit: int, cursor: str | None
) -> Work[Page[JobRecord]]:
    """A page of everybody's jobs."""
    return _page_of_jobs(_ALL_JOBS, state, capability, limit, cursor)


def _page_of_jobs(
    sql: str,
    state: State | None,
    capability: str | None,
    limit: int,
    cursor: str | None,
    **more: str,
) -> Work[Page[JobRecord]]:
    wanted = {
        "ceiling": ceiling(cursor),
        "state": state,
        "capability": capability,
        "limit": limit + 1,
        **more,
    }

    def work(connection: sqlite3.Connection) -> Page[JobRecord]:
        rows = connection.execute(sql, wanted).fetchall()
        return cut([decode(JobRecord, text) for (text,) in rows], limit)

    return work


def files(session: str, limit: int, cursor: str | None) -> Work[Page[FileRecord]]:
    """A page of the session's files."""
    wanted = (session, ceiling(cursor), limit + 1)

    def work(connection: sqlite3.Connection) -> Page[FileRecord]:
        rows = connection.execute(
            "SELECT document FROM files WHERE session = ? AND id < ? ORDER BY id DESC LIMIT ?",
            wanted,
        ).fetchall()
        return cut([decode(FileRecord, text) for (text,) in rows], limit)

    return work


def unfinished_jobs(connection: sqlite3.Connection) -> tuple[JobRecord, ...]:
    """All sessions' jobs that have not ended, oldest first."""
    rows = connection.execute(
        "SELECT document FROM jobs WHERE state IN ('queued', 'running') ORDER BY id"
    ).fetchall()
    return tuple(decode(JobRecord, text) for (text,) in rows)


def known_job(session: str, key: str) -> Work[Known | None]:
    """The job sent under the key, or None."""

    def work(connection: sqlite3.Connection) -> Known | None:
        rows = connection.execute(
            "SELECT jobs.document, keys.digest FROM keys"
            " JOIN jobs ON jobs.session = keys.session AND jobs.id = keys.job"
            " WHERE keys.session = ? AND keys.key = ?",
            (session, key),
        ).fetchall()
        return Known(job=decode(JobRecord, rows[0][0]), digest=rows[0][1]) if rows else None

    return work


def usage(session: str) -> Work[Usage]:
    """What the session's files come to."""

    def work(connection: sqlite3.Connection) -> Usage:
        ((files, size),) = connection.execute(
            "SELECT count(*), coalesce(sum(size), 0) FROM files WHERE session = ?", (session,)
        ).fetchall()
        return Usage(files=files, size=size)

    return work


def uploads(session: str | None) -> Work[tuple[UploadRecord, ...]]:
    """The session's uploads, or everybody's, oldest first."""

    def work(connection: sqlite3.Connection) -> tuple[UploadRecord, ...]:
        rows = connection.execute(
            "SELECT document FROM uploads WHERE :session IS NULL OR session = :session ORDER BY id",
            {"session": session},
        ).fetchall()
        return tuple(decode(UploadRecord, text) for (text,) in rows)

    return work
