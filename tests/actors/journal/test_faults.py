"""The disk fails at the Nth statement, for all N: a write is wholly done or not, and told so."""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest
import trio
from trio.testing import MockClock

from actors.errors import Fault, StorageFull, StorageReadOnly
from actors.journal import inspection, opening
from actors.journal.opening import open_store
from actors.journal.port import JournalClosedError, JournalUnusableError, KeyTakenError
from actors.journal.queries import all_files
from actors.journal.sqlite import SqliteJournal
from actors.journal.statements import (
    add_files,
    add_job,
    add_session,
    remove_file,
    remove_jobs,
    save_job,
    save_learnt,
)
from actors.journal.store import Store, Write
from actors.lifecycle import State
from actors.messages import Idempotency, SessionRecord
from tests.actors.journal.makers import Wall, a_file, a_job, a_session, opened
from tests.actors.journal.rooms import fill, open_descriptors

CODES: Final = {
    "full": sqlite3.SQLITE_FULL,
    "i/o": sqlite3.SQLITE_IOERR,
    "read-only": sqlite3.SQLITE_READONLY,
    "sync": sqlite3.SQLITE_IOERR_FSYNC,
}
TOLD: Final = {
    "full": StorageFull,
    "i/o": Fault,
    "read-only": StorageReadOnly,
    "sync": Fault,
}


def nth_of_all(nth: int) -> Iterator[int]:
    """Comes to 0 at the `nth` statement, and never again."""
    return iter(range(nth - 1, -1, -1))


class Failing:
    """A connection that fails once: when `left`, which counts statements down, comes to 0.

    SQLite takes some failed transactions back by itself and leaves others open
    (lang_transaction.html, section 3): `by_itself` says which.
    """

    def __init__(
        self,
        real: sqlite3.Connection,
        left: Iterator[int],
        kind: str = "i/o",
        *,
        by_itself: bool = False,
    ) -> None:
        self._real = real
        self._left = left
        self._kind = kind
        self._by_itself = by_itself
        self.failed = False

    @property
    def in_transaction(self) -> bool:
        return self._real.in_transaction

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        self._perhaps_fail()
        return self._real.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Any]) -> sqlite3.Cursor:
        self._perhaps_fail()
        return self._real.executemany(sql, parameters)

    def _perhaps_fail(self) -> None:
        if next(self._left, None) == 0:
            self.failed = True
            if self._by_itself and self._real.in_transaction:
                self._real.execute("ROLLBACK")
            error = sqlite3.OperationalError(f"injected: {self._kind}")
            error.sqlite_errorcode = CODES[self._kind]
            raise error


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An open store; the test closes it."""
    return open_store(tmp_path)


def everything(store: Store) -> list[list[Any]]:
    """All that is on record."""
    tables = ("sessions", "jobs", "keys", "files", "uploads", "learnt")
    return [
        store.read(lambda c, table=table: c.execute(f"SELECT * FROM {table}").fetchall())  # type: ignore[misc]  # noqa: S608 -- names from above
        for table in tables
    ]


Group = Callable[[SessionRecord], list[Write[Any]]]


def agreeing(session: SessionRecord) -> list[Write[Any]]:
    """Every kind of write; none is refused."""
    job, file, key = a_job(session.id), a_file(session.id), Idempotency(key="k", digest="d")
    ended = replace(job, state=State.SUCCEEDED)
    return [
        Write(add_session(session, age=1)),
        Write(add_job(job, key, age=1)),
        Write(add_files(file, a_file(session.id), age=1)),
        Write(save_job(ended, [a_file(session.id)], age=2)),
        Write(remove_file(session.id, file.id)),
        Write(add_job(a_job(session.id), None, age=2)),
        Write(remove_jobs(session.id, [job.id])),
        Write(save_learnt("stitch", "{}")),
    ]


def with_a_refusal(session: SessionRecord) -> list[Write[Any]]:
    """One is refused, so that all are carried out one by one."""
    key = Idempotency(key="k", digest="d")
    return [
        Write(add_session(session, age=1)),
        Write(add_job(a_job(session.id), key, age=1)),
        Write(add_job(a_job(session.id), key, age=1)),
        Write(add_files(a_file(session.id), age=1)),
    ]


@pytest.mark.parametrize("by_itself", [False, True])
@pytest.mark.parametrize("kind", CODES)
@pytest.mark.parametrize("group_of", [agreeing, with_a_refusal])
def test_whichever_statement_fails_the_group_is_wholly_done_or_not(
    store: Store, group_of: Group, kind: str, *, by_itself: bool
) -> None:
    real, nth, failed = store._writer, 0, True
    while failed:
        nth += 1
        before, session = everything(store), a_session()
        failing = Failing(real, nth_of_all(nth), kind, by_itself=by_itself)
        store._writer = failing  # type: ignore[assignment]  # stands for the connection
        group = group_of(session)
        store.commit(group)
        failed = failing.failed
        if failed:
            assert {type(write.error) for write in group} == {TOLD[kind]}, nth
            assert everything(store) == before, nth
        else:
            assert {type(write.error) for write in group} <= {type(None), KeyTakenError}
        store._writer = real
        store.commit([again := Write(add_session(session, age=9))])
        assert again.error is None, nth
    assert nth > len(group)
    assert session.id in store.read(all_files).taken
    store.close()


def test_a_write_that_meets_a_disk_that_has_become_read_only_says_so(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite tells of an error of input or output, as of a broken disk."""
    real = store._writer
    store._writer = Failing(real, nth_of_all(2))  # type: ignore[assignment]  # as above
    session = a_session()
    with monkeypatch.context() as patch:
        patch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_RDONLY))
        store.commit([refused := Write(add_session(session, age=0))])
    assert isinstance(refused.error, StorageReadOnly)
    assert refused.error.problem().status == 503
    store._writer = real
    assert store.read(all_files).taken == {}
    store.commit([written := Write(add_session(session, age=0))])
    assert written.error is None
    store.close()


def test_who_cannot_even_take_back_gives_up(tmp_path: Path, store: Store) -> None:
    """Nothing is known of the connection then; the journal is to be opened anew."""
    session = a_session()
    store.commit([Write(add_session(session, age=0))])
    real = store._writer

    class Broken(Failing):
        def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
            if sql == "ROLLBACK":
                raise sqlite3.OperationalError("disk I/O error")
            return super().execute(sql, parameters)

    store._writer = Broken(real, nth_of_all(2))  # type: ignore[assignment]  # stands for the connection
    with pytest.raises(sqlite3.OperationalError):
        store.commit([Write(add_files(a_file(session.id), age=0))])
    store._writer = real
    store.close()
    again = open_store(tmp_path)
    assert again.read(all_files).taken == {}
    again.close()


@pytest.mark.parametrize("kind", CODES)
async def test_everyone_who_waits_is_told_and_the_next_write_works(
    tmp_path: Path, kind: str
) -> None:
    session = a_session()
    async with opened(SqliteJournal(tmp_path)) as journal:
        await journal.add_session(session)
        assert journal._opening is not None
        store = journal._opening._store
        real = store._writer
        told: list[bool] = []

        async def writer() -> None:
            try:
                await journal.add_files(a_file(session.id))
            except TOLD[kind]:
                told.append(False)
            else:
                told.append(True)

        for nth in range(1, 30):
            store._writer = Failing(real, nth_of_all(nth), kind)  # type: ignore[assignment]  # as above
            async with trio.open_nursery() as nursery:
                for _ in range(8):
                    nursery.start_soon(writer)
            assert (await journal.usage(session.id)).files == sum(told)
        assert len(told) == 29 * 8
        assert 0 < sum(told) < len(told)


async def test_a_journal_whose_disk_gives_up_falls_and_can_be_run_again(tmp_path: Path) -> None:
    """As the supervisor does. Nobody waits for ever."""
    session = a_session()
    journal = SqliteJournal(tmp_path)

    class Broken(Failing):
        def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
            raise sqlite3.OperationalError("disk I/O error")

        @property
        def in_transaction(self) -> bool:
            return True

    async def told() -> None:
        with pytest.raises(JournalClosedError):
            await journal.add_files(a_file(session.id))

    async def broken() -> None:
        async with opened(journal):
            await journal.add_session(session)
            assert journal._opening is not None
            store = journal._opening._store
            store._writer = Broken(store._writer, nth_of_all(1))  # type: ignore[assignment]  # as above
            async with trio.open_nursery() as nursery:
                for _ in range(5):
                    nursery.start_soon(told)
            await trio.sleep_forever()

    with pytest.raises(ExceptionGroup):
        await broken()
    async with opened(journal):
        assert await journal.session(session.id) == session
        await journal.add_files(a_file(session.id))


@pytest.mark.parametrize("release", [0, 1])
def test_whichever_statement_fails_in_opening_it_is_refused_and_opens_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, release: int
) -> None:
    """Of a new folder, and of one that is there: nothing is held, and nothing half made."""
    real_connect, nth, failed, told = inspection.connect, 0, True, ""
    while failed:
        nth += 1
        folder = tmp_path / str(nth)
        if release:
            fill(folder, files=3)
        left = nth_of_all(nth)

        def connect(undo: ExitStack, path: Path, mode: str, left: Iterator[int] = left) -> Any:
            return Failing(real_connect(undo, path, mode), left, "full")

        before = open_descriptors()
        with monkeypatch.context() as patch:
            patch.setattr(opening, "connect", connect)
            patch.setattr(inspection, "connect", connect)
            try:
                open_store(folder).close()
                failed = False
            except JournalUnusableError as refusal:
                told = str(refusal)
        assert not failed or "injected: full" in told, nth
        assert open_descriptors() == before, nth
        store = open_store(folder)
        assert sum(map(len, store.read(all_files).taken.values())) == (3 if release else 0)
        store.close()
    assert nth > 10


async def test_an_age_that_was_told_stands_though_its_mark_could_not_be_kept(
    tmp_path: Path, mock_clock: MockClock
) -> None:
    """The disk is full when the journal closes, and the clock is set back before it opens again."""
    wall = Wall()
    journal = SqliteJournal(tmp_path, wall=wall)
    async with opened(journal):
        mock_clock.jump(100)
        assert journal._opening is not None
        store = journal._opening._store
        store._writer = Failing(store._writer, nth_of_all(1), "full")  # type: ignore[assignment]  # as above
    wall.now -= 7200
    async with opened(journal):
        assert journal.age() == 100
