"""Opens a data folder's journal, when it has been inspected. Blocking.

Owns: the files' names, the folder's lock, the running of migrations, the beginning of a life.
Never: repairs or throws away anything: what is damaged stays as it was found (inspection.py), but
for ages that cannot be (stamps.py).
"""

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final

from actors.ids import is_id
from actors.journal import stamps
from actors.journal.age import UNMARKED, Mark, Resumed, resume
from actors.journal.inspection import connect, inspect, plain_words, pragma, refuse_missing
from actors.journal.port import FolderInUseError, JournalUnusableError
from actors.journal.schema import APPLICATION_ID, MIGRATIONS
from actors.journal.statements import keep_mark
from actors.journal.store import READERS, Store

DATABASE: Final = "journal.sqlite3"
LOCK: Final = "journal.lock"

LOG_SIZE: Final = 1 << 24
"""Bytes that the log may keep on disk. It uses a quarter of them unless somebody reads for long."""

_IDS: Final = """
    SELECT CAST(id AS TEXT) FROM sessions UNION ALL SELECT CAST(id AS TEXT) FROM jobs
    UNION ALL SELECT CAST(id AS TEXT) FROM files UNION ALL SELECT CAST(id AS TEXT) FROM uploads
"""
_GREATEST_IDS: Final = """
    SELECT CAST(max(id) AS TEXT) FROM sessions UNION ALL SELECT CAST(max(id) AS TEXT) FROM jobs
    UNION ALL SELECT CAST(max(id) AS TEXT) FROM files
    UNION ALL SELECT CAST(max(id) AS TEXT) FROM uploads
"""


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
    with ExitStack() as undo, plain_words(path):
        _make_private(folder)
        undo.callback(os.close, lock(folder))
        refuse_missing(path)
        os.close(os.open(path, os.O_CREAT | os.O_CLOEXEC, 0o600))  # private from its first moment
        findings = inspect(path)
        writer = connect(undo, path, "rw")
        _prepare(writer, path)
        if findings:
            _begin_log(writer)
        _migrate(writer)
        _flush_folder(folder)
        readers = [connect(undo, path, "ro") for _ in range(READERS)]
        resumed = _resume(writer, wall())
        life, renewed = _begin_life(writer, Mark(resumed.age, wall()))
        return Store(
            folder,
            writer,
            readers,
            life=life,
            last_id=_last_id(writer),
            resumed=resumed,
            findings=(*findings, *renewed),
            undo=undo.pop_all(),
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


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Sets the connection up for durable writes.

    FULL syncs the log at every commit; NORMAL may lose the last ones when the power goes.

    The log is not cut while the journal is open: writing over a grown file costs half of what
    growing it does. Every thousand pages SQLite copies them to the main file, within the commit
    that filled them, and begins at the front again. With 10 and 100 writers that stall could not be
    told from the disk's own; one writer alone had a p99 of 7 to 12 ms with it, of 5 to 8 with a
    copy every four thousand pages, and of 4.5 to 7 without any, on a disk that was noisy. As long
    as somebody reads an old state (a backup, a shell) the log must grow; what is beyond `LOG_SIZE`
    is given back.
    """
    if pragma(connection, "journal_mode = WAL") != "wal":
        raise JournalUnusableError(
            f"The disk of {path.parent} cannot hold a journal: it shares no memory between "
            "programs, as some network disks do not. Name a folder on a local disk "
            "(--data, or data in the section storage)."
        )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA journal_size_limit = {LOG_SIZE}")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_log(connection: sqlite3.Connection) -> None:
    """Begins the log anew, with other salts, before anything is written into it.

    Else the commits behind a damage stay there, look like those of this life, and are found again
    after each kill. While another program reads, nothing can be done about it.
    """
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _migrate(connection: sqlite3.Connection) -> None:
    """Takes the missing steps, each wholly or not at all."""
    version = pragma(connection, "user_version")
    for number, step in enumerate(MIGRATIONS, 1):
        if number > int(str(version)):
            connection.execute("BEGIN IMMEDIATE")
            for statement in step:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")


def _resume(connection: sqlite3.Connection, wall: float) -> Resumed:
    """The age after the time since the last life; no time without its mark of the wall clock.

    That life may have reached more than its mark. How much more, stamps say; but one damaged stamp
    must not make everything old at once.
    """
    kept = dict(connection.execute("SELECT name, value FROM meta").fetchall())
    mark = Mark(kept.get("age", 0) / 1e6, kept["wall"] / 1e6 if "wall" in kept else wall)
    resumed = resume(mark, wall)
    reached = stamps.reached(connection, resumed.age + UNMARKED)
    return replace(resumed, age=max(resumed.age, reached))


def _begin_life(connection: sqlite3.Connection, mark: Mark) -> tuple[int, tuple[str, ...]]:
    """Counts this opening, with its mark; the count, and what was wrong with stamps."""
    connection.execute("BEGIN IMMEDIATE")
    # Where the count is lost, it goes on from seconds since 1970: more than any journal has had.
    connection.execute(
        "INSERT INTO meta VALUES ('life', ?) ON CONFLICT (name) DO UPDATE SET value = value + 1",
        (int(mark.wall),),
    )
    keep_mark(mark)(connection)
    findings = stamps.renew(connection, mark.age)
    connection.execute("COMMIT")
    ((life,),) = connection.execute("SELECT value FROM meta WHERE name = 'life'").fetchall()
    return int(life), findings


def _last_id(connection: sqlite3.Connection) -> str:
    """The greatest id on record, or ""; what is none is passed over."""
    greatest = [one for (one,) in connection.execute(_GREATEST_IDS) if one is not None]
    if not all(map(is_id, greatest)):
        greatest = [one for (one,) in connection.execute(_IDS) if is_id(one)]
    return max(greatest, default="")
