"""Takes a steady copy of a folder's journal, and reads it. Blocking.

Owns: how a journal is read that somebody may be writing, and who that is.
Never: changes a byte of the folder, takes its lock, or keeps the server from writing.

Of a running service the copy is made by SQLite under one read transaction: it is the record of one
moment, however much is written meanwhile, and the write-ahead log grows by what is written until
it is done. A journal at rest, or that a killed server left, is copied as the files it consists of;
what lies in its write-ahead log is brought into the copy.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from actors.journal.opening import DATABASE, LOCK
from actors.journal.records import decode
from actors.journal.schema import APPLICATION_ID, VERSION
from actors.messages import FileRecord, JobRecord, SessionRecord, UploadRecord
from actors.safekeeping.copying import copy_file
from actors.safekeeping.findings import Code, Contents, Finding, Place, Recorded

LOG: Final = f"{DATABASE}-wal"

_STEP: Final = 2000
"""Pages that are copied between two reports."""

_TRIES: Final = 5
_BUSY_SECONDS: Final = 5.0

KINDS: Final = {
    "sessions": SessionRecord,
    "jobs": JobRecord,
    "files": FileRecord,
    "uploads": UploadRecord,
}
"""What the documents of each table are; tables that are not named here hold none."""

Record = SessionRecord | JobRecord | FileRecord | UploadRecord

Pulse = Callable[[int, int], None]
"""Told how much is done, and of how much. It may raise, which ends the work."""


class UnreadableJournalError(Exception):
    """A journal cannot be read; `finding` says why and what to do."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"{finding.text} {finding.advice}")
        self.finding = finding


def server_of(folder: Path) -> int | None:
    """The process that has the folder's lock, or None. Looks on without touching the lock.

    The kernel lists locks by the file's device and number (proc(5), /proc/locks). Some filesystems
    give it another device than they give us, so a number is also believed beside the process that
    the file names itself.
    """
    try:
        found = (folder / LOCK).stat()
        named = (folder / LOCK).read_bytes()[:20].decode("ascii", "replace").strip()
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    device = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}"
    for line in lines:
        words = line.split()
        if len(words) > 5 and words[1] == "FLOCK" and words[5].endswith(f":{found.st_ino}"):  # noqa: PLR2004 -- see proc(5)
            holder = words[4]
            if words[5].startswith(device) or holder == named:
                return int(holder)
    return None


# --- the copy -------------------------------------------------------------------------------------


def copy_journal(
    folder: Path,
    target: Path,
    pulse: Pulse = lambda _done, _total: None,
    *,
    taken: bool = False,
) -> None:
    """Copies the record of one moment into a new file, which is one file and at rest.

    Args:
        folder: a data folder or a backup.
        target: the new file.
        pulse: told of pages, while they are copied of a running service.
        taken: whether the caller holds the folder's lock, so that nobody writes.

    Raises:
        UnreadableJournalError: it is missing, damaged, or of another program.
        OSError: a disk failed.
    """
    source = folder / DATABASE
    if not source.is_file():
        raise UnreadableJournalError(_missing(folder))
    for _ in range(_TRIES):
        if not taken and server_of(folder) is not None:
            _copy_live(source, target, pulse)
            break
        if _copy_resting(source, target) and (taken or server_of(folder) is None):
            break
    else:
        text = f"The journal {source} did not keep still: its server starts and stops."
        raise UnreadableJournalError(Finding(Code.JOURNAL_DAMAGED, text))
    os.chmod(target, 0o600)  # noqa: PTH101 -- one line as the others
    _bring_to_rest(target)


def _missing(folder: Path) -> Finding:
    if not folder.is_dir():
        return Finding(Code.FOLDER, f"There is no folder {folder}.")
    if not any((folder / name).is_dir() for name in ("files", "uploads")):
        return Finding(Code.FOLDER, f"{folder} is no data folder: there is no {DATABASE} in it.")
    return Finding(Code.JOURNAL_MISSING, f"The journal {folder / DATABASE} is missing.")


def _copy_live(source: Path, target: Path, pulse: Pulse) -> None:
    """Copies under one read transaction."""
    target.unlink(missing_ok=True)
    with _damage_told(source), closing(_connect(source, "ro")) as connection:
        connection.execute("BEGIN")
        # The first read fixes the moment. A backup without it begins anew whenever somebody writes.
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with closing(_connect(target, "rwc")) as copy:
            connection.backup(
                copy,
                pages=_STEP,
                sleep=0,
                progress=lambda _status, left, total: pulse(total - left, total),
            )


def _copy_resting(source: Path, target: Path) -> bool:
    """Copies the files; False: a server began to write meanwhile."""
    log, copied_log = source.with_name(LOG), target.with_name(f"{target.name}-wal")
    before = _stamps(source, log)
    for path in (target, copied_log):
        path.unlink(missing_ok=True)
    copy_file(source, target)
    if log.exists():
        copy_file(log, copied_log)
    return _stamps(source, log) == before


def _stamps(*paths: Path) -> list[tuple[int, int, int] | None]:
    found: list[tuple[int, int, int] | None] = []
    for path in paths:
        try:
            facts = path.stat()
        except FileNotFoundError:
            found.append(None)
        else:
            found.append((facts.st_ino, facts.st_mtime_ns, facts.st_size))
    return found


def _bring_to_rest(path: Path) -> None:
    """Brings what the log of a copy holds into it; it is one file then."""
    with _damage_told(path), closing(_connect(path, "rw")) as connection:
        connection.execute("PRAGMA journal_mode = DELETE").fetchone()


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
    )


@contextmanager
def _damage_told(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        text = f"The journal {path.name} cannot be read: {error}."
        raise UnreadableJournalError(Finding(Code.JOURNAL_DAMAGED, text)) from error


# --- what a copy says -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Account:
    """What a journal says, and what is wrong with it."""

    version: int
    counts: dict[str, int]
    contents: Contents
    findings: tuple[Finding, ...]


@contextmanager
def opened(copy: Path) -> Iterator[sqlite3.Connection]:
    """The copy of a journal, to be read and changed.

    Raises:
        UnreadableJournalError: what is read of it is damaged.
    """
    with _damage_told(copy), closing(_connect(copy, "rw")) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        yield connection


def read(copy: Path) -> Account:
    """Reads the copy of a journal wholly.

    Raises:
        UnreadableJournalError: it is damaged, of a later release, or of another program.
    """
    with opened(copy) as connection:
        version = _check(connection)
        findings: list[Finding] = list(_broken_references(connection))
        files: dict[Place, Recorded] = {}
        uploads: dict[Place, int] = {}
        for record in _records(connection, findings):
            if isinstance(record, FileRecord):
                files[record.session, record.id] = Recorded(record.size, record.sha256)
            elif isinstance(record, UploadRecord) and record.file is None:
                uploads[record.session, record.id] = record.size
        counts = {table: count(connection, table) for table in tables(connection)}
    return Account(version, counts, Contents(files, uploads), tuple(findings))


def tables(connection: sqlite3.Connection) -> list[str]:
    """The names of the tables."""
    rows = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    return [name for (name,) in rows.fetchall()]


def count(connection: sqlite3.Connection, table: str) -> int:
    """How many rows a table has."""
    ((rows,),) = connection.execute(f'SELECT count(*) FROM "{table}"').fetchall()  # noqa: S608 -- a name from sqlite_master
    return int(rows)


def _check(connection: sqlite3.Connection) -> int:
    """The version of a whole journal that this release can read."""
    found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(20)").fetchall()]
    if found != ["ok"]:
        lines = [line for text in found for line in text.splitlines() if not line.startswith("***")]
        text = f"The journal is damaged in {len(lines)} place(s) or more: {'; '.join(lines[:3])}."
        raise UnreadableJournalError(Finding(Code.JOURNAL_DAMAGED, text))
    return checked_version(connection)


def checked_version(connection: sqlite3.Connection) -> int:
    """The version of a journal that this release can read.

    Raises:
        UnreadableJournalError: it is of a later release, or of another program.
    """
    ((application,),) = connection.execute("PRAGMA application_id").fetchall()
    ((version,),) = connection.execute("PRAGMA user_version").fetchall()
    if not tables(connection):
        text = f"The journal {DATABASE} is empty."
        raise UnreadableJournalError(Finding(Code.JOURNAL_DAMAGED, text))
    if application != APPLICATION_ID:
        text = f"{DATABASE} is the database of another program."
        raise UnreadableJournalError(Finding(Code.JOURNAL_FOREIGN, text))
    if version > VERSION:
        text = (
            f"The journal was written by a later release (its version is {version}, this release "
            f"knows {VERSION} and those before)."
        )
        raise UnreadableJournalError(Finding(Code.JOURNAL_NEWER, text))
    return int(version)


def _broken_references(connection: sqlite3.Connection) -> Iterator[Finding]:
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check").fetchall():
        text = f"Row {row} of {table} refers to one of {parent} that is not there."
        yield Finding(Code.REFERENCE, text)


def _records(connection: sqlite3.Connection, findings: list[Finding]) -> Iterator[Record]:
    """All records that can be read; the others become findings."""
    present = set(tables(connection))
    for table, kind in KINDS.items():
        if table not in present:
            continue  # an earlier release's journal
        for row, id, document in connection.execute(f"SELECT rowid, id, document FROM {table}"):  # noqa: S608 -- our own names
            record = readable(kind, document)
            if record is None or record.id != id:
                text = f"Row {row} of {table} ({id}) makes no sense."
                findings.append(Finding(Code.RECORD, text, id=str(id)))
            else:
                yield record


def readable(kind: Any, document: object) -> Record | None:
    """The record that a document is, or None where it makes no sense."""
    try:
        record: Record = decode(kind, document if isinstance(document, str) else "")
    except (msgspec.DecodeError, ValueError):
        return None
    return record
