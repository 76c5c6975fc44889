"""Reads the copy of a journal, and finds what is wrong in it. Blocking.

Owns: what is asked of a journal, and what an error of SQLite means here.
Never: opens a journal in its own place: snapshot.py copies it.
"""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from actors.ids import is_id
from actors.journal.opening import DATABASE
from actors.journal.records import decode
from actors.journal.schema import APPLICATION_ID, VERSION
from actors.messages import FileRecord, JobRecord, SessionRecord, UploadRecord
from actors.safekeeping.findings import Code, Contents, Finding, Place, Recorded, printable

_BUSY_SECONDS: Final = 5.0
UNREADABLE: Final = (sqlite3.Error, UnicodeDecodeError)
"""What SQLite's module raises over damage: the messages quote it, and it may be no text."""

_NOT_DAMAGE: Final = frozenset(
    {
        *(sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOMEM),
        *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY),
    }
)
"""Codes by which SQLite complains of others than the file; damage may be told by any other."""

KINDS: Final = {
    "sessions": SessionRecord,
    "jobs": JobRecord,
    "files": FileRecord,
    "uploads": UploadRecord,
}
"""What the documents of each table are; tables that are not named here hold none."""

Numbered = tuple[str, int]
"""A row: its table, and its number there."""

Record = SessionRecord | JobRecord | FileRecord | UploadRecord


class UnreadableJournalError(Exception):
    """A journal cannot be read; `finding` says why and what to do."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"{finding.text} {finding.advice}")
        self.finding = finding


@dataclass(frozen=True, slots=True)
class Account:
    """What a journal says, and what is wrong with it.

    Attributes:
        version: of its tables.
        counts: rows by table.
        contents: what its records name. Only ids are in it: a journal may come from untrusted
            hands, and what stands in an id's place could lead anywhere as a path.
        findings: rows that make no sense, or refer to nothing.
        unfit: those rows, each by its table and number.
    """

    version: int
    counts: dict[str, int]
    contents: Contents
    findings: tuple[Finding, ...]
    unfit: tuple[Numbered, ...]


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection; `mode` is "ro", "rw", or "rwc" to make the file."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
    )
    # text that is damaged comes through, in characters that no record can have
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    return connection


@contextmanager
def plain_errors(path: Path) -> Iterator[None]:
    """Turns what SQLite raises into what is wrong: with the journal, or else with a disk.

    Raises:
        UnreadableJournalError: the journal is damaged.
        OSError: a disk failed or is full, or another program holds the journal.
    """
    try:
        yield
    except UNREADABLE as error:
        if _kind(error) == sqlite3.SQLITE_FULL:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error
        if is_of_disk(error) and not _is_said_by_its_head(error, path):
            raise OSError(errno.EIO, str(error), str(path)) from error
        text = f"The journal {path.name} cannot be read: {printable(error)}."
        raise UnreadableJournalError(Finding(Code.JOURNAL_DAMAGED, text)) from error


def is_of_disk(error: Exception) -> bool:
    """Whether SQLite complains of the disk, or of another program, and not of what it was given."""
    return _kind(error) in {*_NOT_DAMAGE, sqlite3.SQLITE_FULL}


def _is_said_by_its_head(error: Exception, path: Path) -> bool:
    """Whether a journal that could be written is damaged in what it says of its format."""
    return _kind(error) == sqlite3.SQLITE_READONLY and os.access(path, os.W_OK)


def _kind(error: Exception) -> int:
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF


@contextmanager
def opened(copy: Path) -> Iterator[sqlite3.Connection]:
    """The copy of a journal, to be read and changed.

    Raises:
        UnreadableJournalError: what is read of it is damaged.
    """
    with plain_errors(copy), closing(connect(copy, "rw")) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        yield connection


def read(copy: Path) -> Account:
    """Reads the copy of a journal wholly.

    Raises:
        UnreadableJournalError: it is damaged, of a later release, or of another program.
    """
    with opened(copy) as connection:
        version = _check(connection)
        found = list(_broken_references(connection))
        files: dict[Place, Recorded] = {}
        uploads: dict[Place, int] = {}
        for record in _records(connection, found):
            if isinstance(record, FileRecord):
                files[record.session, record.id] = Recorded(record.size, record.sha256)
            elif isinstance(record, UploadRecord) and record.file is None:
                uploads[record.session, record.id] = record.size
        counts = {table: count(connection, table) for table in tables(connection)}
    unfit, findings = (tuple(row for row, _ in found), tuple(finding for _, finding in found))
    return Account(version, counts, Contents(files, uploads), findings, unfit)


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
        where = printable("; ".join(lines[:3]))
        text = f"The journal is damaged in {len(lines)} place(s) or more: {where}."
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


Found = tuple[Numbered, Finding]
"""What is wrong with a row."""


def _broken_references(connection: sqlite3.Connection) -> Iterator[Found]:
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check").fetchall():
        text = f"Row {row} of {table} refers to one of {parent} that is not there."
        yield (table, row), Finding(Code.REFERENCE, text)


def _records(connection: sqlite3.Connection, found: list[Found]) -> Iterator[Record]:
    """All records that can be read; the others become findings."""
    present = set(tables(connection))
    for table, kind in KINDS.items():
        if table not in present:
            continue  # an earlier release's journal
        owner = "id" if kind is SessionRecord else "session"
        rows = f"SELECT rowid, id, {owner}, document FROM {table}"  # noqa: S608 -- our own names
        for row, id, session, document in connection.execute(rows):
            record = readable(kind, document)
            if record is None or place_of(record) != (session, id):
                name = printable(id)
                text = f"Row {row} of {table} ({name}) makes no sense."
                found.append(((table, row), Finding(Code.RECORD, text, id=name)))
            else:
                yield record


def readable(kind: Any, document: object) -> Record | None:
    """The record that a document is, or None where it makes no sense, or has no ids."""
    try:
        record: Record = decode(kind, document if isinstance(document, str) else "")
    except (msgspec.DecodeError, ValueError):
        return None
    return record if all(map(is_id, place_of(record))) else None


def place_of(record: Record) -> Place:
    """The session that a record belongs to, or is, and its own id."""
    return record.id if isinstance(record, SessionRecord) else record.session, record.id
