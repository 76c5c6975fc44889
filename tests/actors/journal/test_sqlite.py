"""What the journal on disk promises beside the contract: real files, threads, dead processes."""

import sqlite3
import stat
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import trio
import trio.testing

from actors.errors import Fault, NotReady, StorageFull
from actors.journal import inspection, opening
from actors.journal.opening import DATABASE, open_store
from actors.journal.port import KeyTakenError
from actors.journal.queries import usage
from actors.journal.sqlite import SqliteJournal
from actors.journal.statements import add_files, add_job, add_session
from actors.journal.store import Store, Write
from actors.lifecycle import State
from actors.messages import Idempotency
from tests.actors.journal.makers import a_file, a_job, a_session, new_id, opened
from tests.actors.journal.rooms import fill, open_descriptors, write_directly


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "some" / "data folder #1?"


# --- durable ------------------------------------------------------------------------------------


async def test_no_acknowledged_job_is_lost_when_the_process_is_killed(folder: Path) -> None:
    """20 lives, each killed while 16 users submit; the journal opens after each of them."""
    rounds = 20
    storm = [sys.executable, "-m", "tests.actors.journal.storm", str(folder), str(rounds), "7"]
    told = (await trio.run_process(storm, capture_stdout=True)).stdout.decode().split()
    store = open_store(folder)
    try:
        with closing(sqlite3.connect(folder / DATABASE)) as connection:
            on_record = {id for (id,) in connection.execute("SELECT id FROM jobs")}
            keys = {id for (id,) in connection.execute("SELECT key FROM keys")}
        assert store.life == rounds + 1
        assert store.findings == ()
        assert len(told) > rounds
        assert set(told) <= on_record
        assert keys == on_record  # of those in flight, none is there by half
    finally:
        store.close()


def test_each_commit_is_synced(folder: Path) -> None:
    store = open_store(folder)
    try:
        for pragma, value in (("synchronous", 2), ("journal_mode", "wal"), ("foreign_keys", 1)):
            assert store._writer.execute(f"PRAGMA {pragma}").fetchone() == (value,)
    finally:
        store.close()


async def test_many_writers_share_few_commits(folder: Path) -> None:
    """One group may be under way when they come; what they write then goes into the next."""
    session = a_session()
    async with opened(SqliteJournal(folder)) as journal:
        await journal.add_session(session)
        with closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as stranger:
            async with trio.open_nursery() as nursery:
                stranger.execute("BEGIN IMMEDIATE")
                for _ in range(200):
                    nursery.start_soon(journal.add_job, a_job(session.id))
                await trio.testing.wait_all_tasks_blocked()
                stranger.execute("ROLLBACK")
        statistics = journal.statistics()
        assert statistics.writes == 201
        assert statistics.commits <= 3
        assert statistics.largest >= 100


def test_a_journal_at_rest_is_one_private_file(folder: Path) -> None:
    fill(folder)
    assert {path.name for path in folder.iterdir()} == {opening.DATABASE, opening.LOCK}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in folder.iterdir())


async def test_closing_lets_go_of_everything(folder: Path) -> None:
    async with opened(SqliteJournal(folder)):
        pass  # the first opening makes Trio start a thread, which is not ours
    before = open_descriptors()
    async with opened(SqliteJournal(folder)) as journal:
        await journal.add_session(a_session())
        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(journal.unfinished_jobs)
        assert open_descriptors() > before
    assert open_descriptors() == before


async def test_reads_under_way_end_before_the_journal_closes(folder: Path) -> None:
    found: list[object] = []
    session = a_session()

    async def read() -> None:
        found.append(await journal.session(session.id))

    async with trio.open_nursery() as readers, opened(SqliteJournal(folder)) as journal:
        await journal.add_session(session)
        for _ in range(30):
            readers.start_soon(read)
        await trio.lowlevel.checkpoint()
        await trio.lowlevel.checkpoint()
    assert found == [session] * 30


# --- groups meet the disk -------------------------------------------------------------------------


@pytest.fixture
def store(folder: Path) -> Store:
    """An open store; the test closes it."""
    return open_store(folder)


def test_a_refused_write_leaves_its_neighbours_alone(store: Store) -> None:
    session = a_session()
    key = Idempotency(key="k", digest="d")
    first, second, third = (a_job(session.id) for _ in range(3))
    strange = replace(a_file(session.id), size=2**70)  # more than SQLite has an integer for
    group = [
        Write(add_session(session, age=0)),
        Write(add_job(first, key, age=0)),
        Write(add_job(second, key, age=0)),
        Write(add_files(strange, age=0)),
        Write(add_job(third, None, age=0)),
    ]
    store.commit(group)
    errors = [type(write.error) for write in group]
    assert errors == [type(None), type(None), KeyTakenError, OverflowError, type(None)]
    rows = store.read(lambda c: c.execute("SELECT id FROM jobs ORDER BY id").fetchall())
    assert rows == [(first.id,), (third.id,)]
    store.close()


def test_a_full_disk_fails_the_group_and_works_again_when_there_is_room(store: Store) -> None:
    session = a_session()
    store.commit([Write(add_session(session, age=0))])
    store._writer.execute("PRAGMA max_page_count = 20")
    group = [Write(add_files(a_file(session.id, name="x" * 900), age=0)) for _ in range(200)]
    store.commit(group)
    errors = [write.error for write in group]
    assert all(isinstance(error, StorageFull) for error in errors)
    assert len(set(map(id, errors))) == len(group)
    assert store.read(usage(session.id)).files == 0
    store._writer.execute("PRAGMA max_page_count = 100000")
    group = [Write(add_files(a_file(session.id), age=0)) for _ in range(200)]
    store.commit(group)
    assert store.read(usage(session.id)).files == 200
    store.close()


async def test_a_writer_is_told_of_the_full_disk(folder: Path) -> None:
    session = a_session()
    async with opened(SqliteJournal(folder)) as journal:
        await journal.add_session(session)
        assert journal._opening is not None
        writer = journal._opening._store._writer
        writer.execute("PRAGMA max_page_count = 1")
        with pytest.raises(StorageFull) as caught:
            await journal.add_files(a_file(session.id, name="x" * 100_000))
        assert caught.value.problem().status == 507
        assert await journal.session(session.id) == session
        writer.execute("PRAGMA max_page_count = 100000")
        await journal.add_files(a_file(session.id))


async def test_who_holds_the_database_delays_writers_but_not_readers(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "BUSY_SECONDS", 0.01)
    session = a_session()
    async with opened(SqliteJournal(folder)) as journal:
        await journal.add_session(session)
        with closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as stranger:
            stranger.execute("BEGIN IMMEDIATE")
            with pytest.raises(NotReady, match="Another program"):
                await journal.add_files(a_file(session.id))
            assert await journal.session(session.id) == session
            stranger.execute("ROLLBACK")
        await journal.add_files(a_file(session.id))


async def test_a_record_that_makes_no_sense_is_a_fault(folder: Path) -> None:
    session = a_session()
    async with opened(SqliteJournal(folder)) as journal:
        await journal.add_session(session)
        for nonsense in ("{}", "{", '{"id": 3, "created_at": "yesterday"}'):
            write_directly(folder, "UPDATE sessions SET document = ?", nonsense)
            with pytest.raises(Fault):
                await journal.session(session.id)


# --- queries --------------------------------------------------------------------------------------


def test_unfinished_jobs_are_found_without_reading_the_others(folder: Path) -> None:
    store = open_store(folder)
    plan = store.read(
        lambda c: c.execute(
            "EXPLAIN QUERY PLAN SELECT document FROM jobs"
            " WHERE state IN ('queued', 'running') ORDER BY id"
        ).fetchall()
    )
    assert "unfinished_jobs" in plan[0][3]
    store.close()


def test_every_unfinished_state_is_one_that_the_index_knows(folder: Path) -> None:
    session = a_session()
    store = open_store(folder)
    jobs = [a_job(session.id, state=state) for state in State]
    store.commit(
        [Write(add_session(session, age=0)), *(Write(add_job(job, None, age=0)) for job in jobs)]
    )
    rows = store.read(
        lambda c: c.execute(
            "SELECT count(*) FROM jobs INDEXED BY unfinished_jobs"
            " WHERE state IN ('queued', 'running')"
        ).fetchall()
    )
    assert rows == [(2,)]
    store.close()


async def test_ids_follow_those_on_record(folder: Path) -> None:
    session, other = a_session(), replace(a_session(), id=new_id())
    async with opened(SqliteJournal(folder)) as journal:
        await journal.add_session(session)
        await journal.add_session(other)
        await journal.add_files(a_file(session.id))
        await journal.add_job(last := a_job(session.id))
    async with opened(SqliteJournal(folder)) as journal:
        assert journal.last_id == last.id
