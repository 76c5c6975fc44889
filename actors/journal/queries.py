"""What each read of the journal is in SQL.

Owns: the queries. Each function returns a piece of work that store.py carries out on a reading
connection: one statement each, so that a reader sees one moment of the record and holds on to it no
longer.
Never: writes.
"""

import sqlite3
from collections.abc import Mapping

from actors.journal import sound
from actors.journal.paging import ceiling, cut
from actors.journal.port import Known, Page, Usage
from actors.journal.records import RecordT, decode
from actors.journal.sound import Sound
from actors.journal.statements import Work
from actors.lifecycle import State
from actors.messages import FileRecord, JobRecord, SessionRecord, UploadRecord

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
_SESSIONS_BEFORE = """
    SELECT id, id, document FROM sessions
    WHERE used < :age
        AND NOT EXISTS (SELECT 1 FROM files WHERE session = sessions.id)
        AND NOT EXISTS (SELECT 1 FROM jobs WHERE session = sessions.id)
        AND NOT EXISTS (SELECT 1 FROM uploads WHERE session = sessions.id)
    ORDER BY used, id LIMIT :limit
"""
_FILES_BEFORE = """
    SELECT session, id, document FROM files WHERE added < :age ORDER BY added, id LIMIT :limit
"""
_JOBS_BEFORE = """
    SELECT session, id, document FROM jobs WHERE ended < :age ORDER BY ended, id LIMIT :limit
"""
_UNFINISHED_JOBS = """
    SELECT session, id, document FROM jobs WHERE state IN ('queued', 'running') ORDER BY id
"""
_UPLOADS = """
    SELECT session, id, document FROM uploads
    WHERE :session IS NULL OR session = :session ORDER BY id
"""


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


def unfinished_jobs(connection: sqlite3.Connection) -> Sound[tuple[JobRecord, ...]]:
    """All sessions' jobs that have not ended, oldest first."""
    return sound.records(JobRecord, connection.execute(_UNFINISHED_JOBS).fetchall())


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


def uploads(session: str | None) -> Work[Sound[tuple[UploadRecord, ...]]]:
    """The session's uploads, or everybody's, oldest first."""
    return _sound(UploadRecord, _UPLOADS, session=session)


def files_before(age: float, limit: int) -> Work[Sound[tuple[FileRecord, ...]]]:
    """Everybody's files that were recorded before that age, oldest first."""
    return _sound(FileRecord, _FILES_BEFORE, age=age, limit=limit)


def jobs_before(age: float, limit: int) -> Work[Sound[tuple[JobRecord, ...]]]:
    """Everybody's jobs that ended before that age, oldest first."""
    return _sound(JobRecord, _JOBS_BEFORE, age=age, limit=limit)


def sessions_before(age: float, limit: int) -> Work[Sound[tuple[SessionRecord, ...]]]:
    """Sessions that hold nothing and were last used before that age, oldest first."""
    return _sound(SessionRecord, _SESSIONS_BEFORE, age=age, limit=limit)


def _sound(
    kind: type[RecordT], sql: str, **wanted: str | float | None
) -> Work[Sound[tuple[RecordT, ...]]]:
    def work(connection: sqlite3.Connection) -> Sound[tuple[RecordT, ...]]:
        return sound.records(kind, connection.execute(sql, wanted).fetchall())

    return work


def all_files(connection: sqlite3.Connection) -> Sound[Mapping[str, Mapping[str, int]]]:
    """Bytes by file id, by session."""
    return sound.sizes(connection.execute("SELECT session, id, size FROM files").fetchall())


def learnt(connection: sqlite3.Connection) -> Mapping[str, str]:
    """All that was learnt, by name."""
    return dict(connection.execute("SELECT name, document FROM learnt").fetchall())
