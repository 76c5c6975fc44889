"""Finds out whether a data folder's journal may be opened, and opens it. Blocking.

Owns: the files' names, the folder's lock, the checks, the running of migrations, and the sentences
that an operator reads when it cannot be done.
Never: repairs or throws away anything: what is damaged stays as it was found.
"""

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from actors.journal.age import Mark, Resumed, resume
from actors.journal.port import (
    DamagedJournalError,
    FolderInUseError,
    JournalUnusableError,
    NewerJournalError,
)
from actors.journal.schema import APPLICATION_ID, MIGRATIONS, VERSION
from actors.journal.statements import keep_mark
from actors.journal.store import READERS, Store

DATABASE: Final = "journal.sqlite3"
LOCK: Final = "journal.lock"

BUSY_SECONDS: Final = 2.0
"""How long a write waits for another program that holds the database, such as a backup."""

_DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def open_store(folder: Path, *, wall: Callable[[], float] = time.time) -> Store:
    """Locks the folder, then opens its journal; makes both where there are none.

    Args:
        folder: the data folder.
        wall: the wall clock, in seconds.

    Raises:
        JournalUnusableError: it cannot be opened; nothing of the record was changed, and nothing
            is held.
    """
    path = folder / DATABASE
    with ExitStack() as undo, _plain_words(path):
        _make_private(folder)
        undo.callback(os.close, lock(folder))
        os.close(os.open(path, os.O_CREAT | os.O_CLOEXEC, 0o600))  # private from its first moment
        writer = _connect(undo, path, "rw")
        _check(writer, path)
        _prepare(writer, path)
        _migrate(writer)
        _flush_folder(folder)
        readers = [_connect(undo, path, "ro") for _ in range(READERS)]
        resumed = _resume(writer, wall())
        return Store(
            writer,
            readers,
            life=_begin_life(writer, Mark(resumed.age, wall())),
            last_id=_last_id(writer),
            resumed=resumed,
            undo=undo.pop_all(),
        )


@contextmanager
def _plain_words(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise JournalUnusableError(
            f"The data folder {path.parent} cannot be used: {error.strerror}. Look at its rights "
            "and its disk, or name another folder (--data, or data in the section storage)."
        ) from error
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE:
            raise _damaged(path, str(error)) from error
        raise JournalUnusableError(
            f"The journal {path} cannot be opened: {error}. Look at the folder's disk (space, "
            "rights, mount) and at programs that hold the file, then start again."
        ) from error


def _damaged(path: Path, finding: str) -> DamagedJournalError:
    return DamagedJournalError(
        f"The journal {path} is damaged: {finding}. Nothing was changed. Put a copy from a backup "
        f"in its place, or move it away together with {path.name}-wal and {path.name}-shm to start "
        "with an empty journal; uploaded files and results then stay in the folder, but are "
        "listed no more."
    )


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _flush_folder(folder.parent)


def _flush_folder(folder: Path) -> None:
    """Makes the names in the folder durable; SQLite does so for its log, not for the main file."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def lock(folder: Path) -> int:
    """Takes the folder for this process; the kernel gives it free however the process ends.

    The lock lies on a file of its own, since SQLite's locks go when any descriptor of the database
    is closed (sqlite.org, howtocorrupt.html, section 2.2).
    """
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise FolderInUseError(
            f"The data folder {folder} is in use by another server (process {owner}). "
            "Stop that one, or name another folder (--data, or data in the section storage)."
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def _connect(undo: ExitStack, path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,  # transactions begin and end where store.py says so
        check_same_thread=False,  # store.py says how many threads may be in it
    )
    undo.callback(connection.close)
    return connection


def _pragma(connection: sqlite3.Connection, name: str) -> object:
    (value,) = connection.execute(f"PRAGMA {name}").fetchone()
    return value


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Refuses what is not a whole journal of this release or an earlier one."""
    finding = _pragma(connection, "quick_check(1)")
    if finding != "ok":
        raise _damaged(path, str(finding).splitlines()[-1])  # the line before names the database
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables and _pragma(connection, "application_id") != APPLICATION_ID:
        raise JournalUnusableError(
            f"{path} is the database of another program, not a journal. "
            "Move it away, or name another folder (--data, or data in the section storage)."
        )
    version = _pragma(connection, "user_version")
    if not isinstance(version, int) or version > VERSION:
        raise NewerJournalError(
            f"The journal {path} was written by a later release (its version is {version}, this "
            f"release knows {VERSION} and those before). Install that release again, or put back "
            "the copy that was made before it was first started."
        )


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Sets the connection up for durable writes.

    FULL syncs the log at every commit; NORMAL may lose the last ones when the power goes. The log
    is never cut while the journal is open: writing over a grown file costs half of what growing it
    does.
    """
    if _pragma(connection, "journal_mode = WAL") != "wal":
        raise JournalUnusableError(
            f"The disk of {path.parent} cannot hold a journal: it shares no memory between "
            "programs, as some network disks do not. Name a folder on a local disk "
            "(--data, or data in the section storage)."
        )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _migrate(connection: sqlite3.Connection) -> None:
    """Takes the missing steps, each wholly or not at all."""
    version = _pragma(connection, "user_version")
    for number, step in enumerate(MIGRATIONS, 1):
        if number > int(str(version)):
            connection.execute("BEGIN IMMEDIATE")
            for statement in step:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")


def _resume(connection: sqlite3.Connection, wall: float) -> Resumed:
    """The age after the time since the last life."""
    kept = dict(
        connection.execute("SELECT name, value FROM meta WHERE name IN ('age', 'wall')").fetchall()
    )
    mark = Mark(kept["age"] / 1e6, kept["wall"] / 1e6) if "wall" in kept else None
    ((greatest,),) = connection.execute(
        "SELECT max(coalesce(age, 0)) FROM (SELECT max(used) AS age FROM sessions"
        " UNION ALL SELECT max(added) FROM files"
        " UNION ALL SELECT max(ended) FROM jobs WHERE ended IS NOT NULL)"
    ).fetchall()
    return resume(mark, wall, least=greatest)


def _begin_life(connection: sqlite3.Connection, mark: Mark) -> int:
    """Counts this opening, with its mark; the count."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE meta SET value = value + 1 WHERE name = 'life'")
    keep_mark(mark)(connection)
    connection.execute("COMMIT")
    ((life,),) = connection.execute("SELECT value FROM meta WHERE name = 'life'").fetchall()
    return int(life)


def _last_id(connection: sqlite3.Connection) -> str:
    """The greatest id on record, or ""."""
    ((last_id,),) = connection.execute(
        "SELECT max(coalesce(id, '')) FROM (SELECT max(id) AS id FROM sessions"
        " UNION ALL SELECT max(id) FROM jobs UNION ALL SELECT max(id) FROM files"
        " UNION ALL SELECT max(id) FROM uploads)"
    ).fetchall()
    return str(last_id)
