"""Saves what can be read of a damaged journal into a new one. Blocking.

Owns: which rows are taken for what, and in which order they are put down again.
Never: changes the damaged one, or keeps a row that makes no sense or refers to nothing.

SQLite stops a table at its first bad page. So the file's pages are read one by one (pages.py):
first the leaves that a table's own tree still reaches, then those that no tree reaches any more,
whose rows are known by their documents, or by what they refer to. What is put down first stands, so
that a row's newer state wins over an older one that lies in a lost page.
"""

import os
import sqlite3
import struct
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Final

from actors import disk
from actors.ids import is_id
from actors.journal.records import encode
from actors.journal.schema import APPLICATION_ID, MIGRATIONS, VERSION
from actors.journal.writeahead import FRAME_HEADER, HEADER, read_log
from actors.messages import FileRecord, JobRecord, SessionRecord, UploadRecord
from actors.safekeeping.pages import PAGE_SIZE, Pages, Row
from actors.safekeeping.reading import (
    KINDS,
    UNREADABLE,
    Record,
    count,
    is_of_disk,
    opened,
    place_of,
    readable,
    tables,
)
from actors.safekeeping.wall import forget_mark

_MOST_PAGES: Final = 1 << 22
"""No page of a log has a greater number: 16 GiB, of which a damaged number could make a file."""


@dataclass(frozen=True, slots=True)
class Salvaged:
    """Rows by table.

    Attributes:
        saved: that are in the new journal.
        before: that the damaged one had, of those tables that can still tell.
        dropped: that were read and not kept: they make no sense, or refer to what was not saved.
        renewed: sessions that were lost and are known by what they hold; whose they were is lost.
    """

    saved: Mapping[str, int]
    before: Mapping[str, int]
    dropped: Mapping[str, int]
    renewed: int = 0


def begin_empty(new: Path, version: int = VERSION) -> None:
    """Makes an empty journal, at rest, of that version.

    Its lives are counted from seconds since 1970, which are more than any journal has had.
    """
    os.close(disk.create(new))
    with opened(new) as target:
        for statement in chain.from_iterable(MIGRATIONS[:version]):
            target.execute(statement)
        target.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        target.execute(f"PRAGMA user_version = {version}")
        target.execute("UPDATE meta SET value = ? WHERE name = 'life'", (int(time.time()),))


def lay_over(log: Path, damaged: Path) -> None:
    """Puts the pages of a log's whole commits into their places, where SQLite will not.

    It does not where the file that the log belongs to has lost its first page, and so its size.
    Whether a page is what it was is not asked here: its rows are looked at one by one.
    """
    content = log.read_bytes() if log.exists() else b""
    found = read_log(content, PAGE_SIZE)
    step = FRAME_HEADER + PAGE_SIZE
    with damaged.open("r+b") as file:
        for frame in range(max(found.commits, default=0)):
            at = HEADER + frame * step
            (page,) = struct.unpack_from(">I", content, at)
            if content[at + 8 : at + 16] == found.salts and 0 < page <= _MOST_PAGES:
                file.seek((page - 1) * PAGE_SIZE)
                file.write(content[at + FRAME_HEADER : at + step])


def salvage(damaged: Path, new: Path) -> Salvaged:
    """Puts all that can be read of a journal into a new one, of the same version if that is told.

    Args:
        damaged: a copy, at rest as far as it can be.
        new: nothing yet.

    Raises:
        OSError, sqlite3.Error: the disk failed or is full.
    """
    with _mapped(damaged) as pages:
        begin_empty(new, pages.version if 1 <= pages.version <= VERSION else VERSION)
        with opened(new) as target:
            target.execute("BEGIN")
            saved, dropped, renewed = _put_all(pages, target)
            _keep_unnumbered(damaged, target)
            forget_mark(target)
            target.execute("COMMIT")
            before = _counts(damaged, _parents_first(target))
    return Salvaged(dict(saved), before, dict(dropped), renewed)


@contextmanager
def _mapped(path: Path) -> Iterator[Pages]:
    with path.open("rb") as file, ExitStack() as held:
        empty = not os.fstat(file.fileno()).st_size  # what is empty cannot be mapped
        map = b"" if empty else held.enter_context(mmap(file.fileno(), 0, access=ACCESS_READ))
        yield Pages(map)


def _put_all(pages: Pages, target: sqlite3.Connection) -> tuple[Counter[str], Counter[str], int]:
    """Puts all rows down: how many were saved and dropped, by table; and sessions begun anew."""
    columns = {table: _columns(target, table) for table in _parents_first(target)}
    found = _Found(pages, columns)
    saved, dropped = Counter[str](), Counter[str]()
    renewed = 0
    for table, names in columns.items():
        for row in found.rows(table):
            kept = row is not None and _put(target, table, names, row)
            (saved if kept else dropped)[table] += 1
        saved[table] += sum(_put(target, table, names, row) for row in found.lost(table))
        if table == "sessions":
            renewed = _renew_sessions(target, found, columns)
    return saved, dropped, renewed


class _Found:
    """The rows of a damaged file, by table."""

    def __init__(self, pages: Pages, columns: Mapping[str, list[str]]) -> None:
        self._pages = pages
        self._reached: dict[str, list[int]] = {}
        roots = dict(self._roots())
        for table in columns:
            self._reached[table] = list(pages.leaves_of(roots.get(table, 0)))
        known = set(pages.leaves_of(1)).union(pages.free(), *self._reached.values())
        self._columns = columns
        self._lost = [
            number
            for number in range(2, pages.count + 1)
            if number not in known and pages.is_leaf(number)
        ]

    def _roots(self) -> Iterator[tuple[str, int]]:
        """Where each table begins, as far as that can be read."""
        for leaf in self._pages.leaves_of(1):
            for row in self._pages.rows(leaf):
                match row:
                    case ("table", str(name), _, int(root), *_):
                        yield name, root

    def rows(self, table: str) -> Iterator[Row | None]:
        """The rows that the table's own tree reaches; None for each that is broken."""
        for leaf in self._reached[table]:
            yield from self._pages.rows(leaf)

    def lost(self, table: str) -> Iterator[Row]:
        """Rows of leaves that no tree reaches and that may be the table's."""
        for leaf in self._lost:
            for row in self._pages.rows(leaf):
                whole = row is not None and len(row) == len(self._columns[table])
                if row is not None and (whole or table in KINDS):  # the others have no document
                    yield row


def _parents_first(connection: sqlite3.Connection) -> list[str]:
    """The tables that have numbered rows, each after those it refers to."""
    order: list[str] = []
    waiting = [table for table in tables(connection) if _is_numbered(connection, table)]
    while waiting:
        for table in waiting:
            parents = connection.execute(f'PRAGMA foreign_key_list("{table}")').fetchall()
            if {row[2] for row in parents} <= {*order, table}:
                order.append(table)
        waiting = [table for table in waiting if table not in order]
    return order


def _is_numbered(connection: sqlite3.Connection, table: str) -> bool:
    try:
        connection.execute(f'SELECT rowid FROM "{table}" LIMIT 0')  # noqa: S608 -- a name from sqlite_master
    except sqlite3.OperationalError:
        return False
    return True


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")').fetchall()]


def _record(table: str, names: list[str], row: Row) -> Record | None:
    """The record that a row of that table holds; None where it makes no sense."""
    values = dict(zip(names, row, strict=False))
    record = readable(KINDS[table], values.get("document"))
    if record is None:
        return None
    session, id = place_of(record)
    return record if (values.get("session", session), values.get("id")) == (session, id) else None


def _sensible(table: str, names: list[str], row: Row) -> bool:
    """Whether a row can be one of that table. Rows of earlier releases lack the last columns."""
    if not 0 < len(row) <= len(names):
        return False
    return table not in KINDS or _record(table, names, row) is not None


def _put(target: sqlite3.Connection, table: str, names: list[str], row: Row) -> bool:
    """Puts a row down; False: it makes no sense, is there already, or refers to nothing."""
    return _sensible(table, names, row) and _inserted(target, "IGNORE", table, names, row)


def _inserted(
    target: sqlite3.Connection, otherwise: str, table: str, names: list[str], row: Row
) -> bool:
    """Puts a row down where SQLite takes it: what is wrong with one must not end the work."""
    places = ", ".join("?" * len(row))
    into = f'"{table}" ({", ".join(names[: len(row)])})'
    try:
        done = target.execute(f"INSERT OR {otherwise} INTO {into} VALUES ({places})", row)  # noqa: S608 -- our own names
    except sqlite3.Error as error:
        if is_of_disk(error):
            raise
        return False
    return done.rowcount > 0


def _renew_sessions(
    target: sqlite3.Connection, found: _Found, columns: Mapping[str, list[str]]
) -> int:
    """Records sessions anew that are lost themselves while what they hold is not; how many.

    Whoever has the token of one finds all in it. It belongs to no principal any more: their next
    visit begins another.
    """
    ids: set[str] = set()
    for table, names in columns.items():
        if table in KINDS and table != "sessions":
            for row in filter(None, found.rows(table)):
                record = _record(table, names, row)
                if isinstance(record, JobRecord | FileRecord | UploadRecord):
                    ids.add(record.session)
    now, names = datetime.now(UTC), ["id", "document"]
    renewed = [SessionRecord(id=id, created_at=now) for id in sorted(filter(is_id, ids))]
    return sum(_put(target, "sessions", names, (one.id, encode(one))) for one in renewed)


def _keep_unnumbered(damaged: Path, target: sqlite3.Connection) -> None:
    """Takes over the small tables without numbered rows, as far as SQLite can read them."""
    for table in sorted({*tables(target)}.difference(_parents_first(target))):
        rows: list[Row] = []
        with suppress(*UNREADABLE), closing(sqlite3.connect(damaged)) as connection:
            rows.extend(connection.execute(f'SELECT * FROM "{table}"'))  # noqa: S608 -- a name from sqlite_master
        for row in rows:
            _inserted(target, "REPLACE", table, _columns(target, table), row)


def _counts(damaged: Path, names: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for table in names:
        with suppress(*UNREADABLE), closing(sqlite3.connect(damaged)) as connection:
            found[table] = count(connection, table)
    return found
