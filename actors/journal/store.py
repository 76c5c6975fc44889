"""The open database: one writing connection, a few reading ones. Blocking; called in threads.

Owns: the connections, what a transaction is, and what an error of SQLite means to an asker.
Never: knows Trio, decides when to commit, or opens anything (opening.py does).

Not locked: at most one thread may be in `commit`, at most `READERS` in `read`, and none in either
once `close` was called. The actor sees to that with limiters.
"""

import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final, Generic

import msgspec

from actors.errors import Fault, NotReady, Refusal, StorageFull, StorageReadOnly
from actors.journal.age import Resumed
from actors.journal.statements import T, Work

READERS: Final = 4
"""Reading connections. A guess: reads take some 50 microseconds, of which Python's lock is most."""


class Write(Generic[T]):
    """One writer's piece of work and what became of it: `error`, or else `result`."""

    __slots__ = ("error", "result", "work")

    def __init__(self, work: Work[T]) -> None:
        self.work = work
        self.result: T | None = None
        self.error: Exception | None = None


class Store:
    """The open record.

    Args:
        folder: where the record lies.
        writer: the connection that writes.
        readers: `READERS` connections that only read.
        life: how often the record has been opened.
        last_id: the greatest id on record.
        resumed: the age at which the record was opened.
        findings: what was found wrong with the record, in sentences.
        undo: lets go of everything that opening took hold of.
    """

    def __init__(
        self,
        folder: Path,
        writer: sqlite3.Connection,
        readers: Sequence[sqlite3.Connection],
        *,
        life: int,
        last_id: str,
        resumed: Resumed,
        findings: tuple[str, ...] = (),
        undo: ExitStack,
    ) -> None:
        self._folder = folder
        self._writer = writer
        self._idle = list(readers)  # taken from and put back by threads: each step is atomic
        self.life = life
        self.last_id = last_id
        self.resumed = resumed
        self.findings = findings
        self._undo = undo

    def commit(self, group: Sequence[Write[Any]]) -> None:
        """Carries out the group in one transaction and tells each write what became of it.

        A write that is refused leaves its neighbours alone. When the disk fails, the whole group
        fails and nothing of it is on record; the next group may fare better.
        """
        try:
            if not self._commit_whole(group):
                self._commit_singly(group)
        except sqlite3.Error as error:
            # SQLite has already rolled back after some errors (lang_transaction.html, section 3)
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            for write in group:
                # one each: an exception that many tasks raise would collect all their tracebacks
                write.error = explain(error, read_only=self._is_read_only)
                write.error.__cause__ = error

    def _commit_whole(self, group: Sequence[Write[Any]]) -> bool:
        """Carries all out with nothing between them; False, and nothing done, if one is refused.

        Refusals are rare, and every statement saved counts: at each the thread lets go of the
        interpreter and queues for it again behind the busy event loop. Without the two savepoint
        statements a write, 64 clients got twice as many jobs through.
        """
        self._writer.execute("BEGIN IMMEDIATE")
        for write in group:
            try:
                write.result = write.work(self._writer)
            except Exception as error:  # the second way finds it again and tells its write
                if _is_the_disks(error):
                    raise
                self._writer.execute("ROLLBACK")
                return False
        self._writer.execute("COMMIT")
        return True

    def _commit_singly(self, group: Sequence[Write[Any]]) -> None:
        self._writer.execute("BEGIN IMMEDIATE")
        for write in group:
            self._carry_out(write)
        self._writer.execute("COMMIT")

    def _is_read_only(self) -> bool:
        """Whether the disk takes no writes any more, as some systems have it after an error."""
        with suppress(OSError):
            return bool(os.statvfs(self._folder).f_flag & os.ST_RDONLY)
        return False

    def _carry_out(self, write: Write[Any]) -> None:
        self._writer.execute("SAVEPOINT one")
        try:
            write.result = write.work(self._writer)
        except Exception as error:  # whatever is wrong with one write is nothing to its neighbours
            if _is_the_disks(error):
                raise
            write.error = error
            self._writer.execute("ROLLBACK TO one")
        self._writer.execute("RELEASE one")

    def read(self, work: Work[T]) -> T:
        """Carries out a read on a connection of its own.

        Raises:
            Fault: the disk failed, or a record there makes no sense.
        """
        connection = self._idle.pop()
        try:
            return work(connection)
        except sqlite3.Error as error:
            raise explain(error) from error
        except msgspec.DecodeError as error:
            raise Fault(f"A record in the journal makes no sense: {error}") from error
        finally:
            self._idle.append(connection)

    def close(self) -> None:
        """Closes the readers, then the writer, then gives the folder free.

        The last one brings what the write-ahead log holds into the main file and removes the log:
        a journal at rest is one file, to be copied or put back without knowing SQLite.
        """
        self._undo.close()


def _is_the_disks(error: Exception) -> bool:
    """Whether the error would hit any other write as well."""
    return isinstance(error, sqlite3.DatabaseError) and not isinstance(
        error, sqlite3.IntegrityError | sqlite3.ProgrammingError | sqlite3.DataError
    )


_EXPLANATIONS: Final[dict[int, Callable[[], Refusal]]] = {
    sqlite3.SQLITE_FULL: lambda: StorageFull(
        "Nothing more can be recorded until there is room on the disk of the data folder.",
        retry_after=60,
    ),
    sqlite3.SQLITE_READONLY: lambda: StorageReadOnly(
        "Nothing can be recorded: the disk of the data folder is read-only. What is there can be "
        "read.",
        retry_after=60,
    ),
    sqlite3.SQLITE_BUSY: lambda: NotReady(
        "Another program is holding the journal. Try again.", retry_after=5
    ),
}


def explain(error: sqlite3.Error, *, read_only: Callable[[], bool] = lambda: False) -> Exception:
    """What an asker is told about an error of SQLite, by its code and never by its text.

    Of the system's errors SQLite tells that the disk is full, and no other by its name: whether a
    failed write met a disk that has become `read_only` is asked.
    """
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the kind, the rest detail
    if code == sqlite3.SQLITE_IOERR and read_only():
        code = sqlite3.SQLITE_READONLY
    if code in _EXPLANATIONS:
        return _EXPLANATIONS[code]()
    return Fault(f"The journal failed: {error}")
