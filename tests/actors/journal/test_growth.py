"""A journal that is open for weeks: neither its log nor its main file grows without end."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from actors.journal import opening
from actors.journal.opening import DATABASE, open_store
from actors.journal.queries import jobs_before
from actors.journal.statements import add_files, add_job, add_session, remove_file, remove_jobs
from actors.journal.store import Store, Write
from actors.lifecycle import State
from actors.messages import Idempotency
from tests.actors.journal.makers import a_file, a_job, a_session

PAGE = 4096


def size(folder: Path, ending: str = "") -> int:
    return (folder / f"{DATABASE}{ending}").stat().st_size


def write_pages(store: Store, session: str, commits: int) -> None:
    for _ in range(commits):
        store.commit([Write(add_files(a_file(session, name="x" * 40_000), age=0))])


def test_the_log_is_written_over_again_and_again(tmp_path: Path) -> None:
    session, store = a_session(), open_store(tmp_path)
    store.commit([Write(add_session(session, age=0))])
    sizes = []
    for _ in range(5):
        write_pages(store, session.id, 100)
        sizes.append(size(tmp_path, "-wal"))
    assert sizes == sorted(sizes)  # never cut
    assert max(sizes) < 1200 * PAGE
    store.close()


def test_what_the_log_grew_under_a_long_reader_is_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = 1100 * PAGE
    monkeypatch.setattr(opening, "LOG_SIZE", limit)
    session, store = a_session(), open_store(tmp_path)
    store.commit([Write(add_session(session, age=0))])
    with closing(sqlite3.connect(tmp_path / DATABASE, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM files").fetchone() == (0,)
        write_pages(store, session.id, 300)
        assert size(tmp_path, "-wal") > 2 * limit
        reader.execute("COMMIT")
    write_pages(store, session.id, 3)
    assert size(tmp_path, "-wal") <= limit
    store.close()


@pytest.mark.parametrize("jobs", [300, pytest.param(5000, marks=pytest.mark.slow)])
def test_rows_that_come_take_the_pages_of_those_that_went(tmp_path: Path, jobs: int) -> None:
    """Twenty times as many jobs and files come and go; the main file is that of two rounds."""
    session, store = a_session(), open_store(tmp_path)
    store.commit([Write(add_session(session, age=0))])
    sizes = []
    for round in range(20):
        made = [a_job(session.id, state=State.FAILED) for _ in range(jobs)]
        files = [a_file(session.id) for _ in range(jobs)]
        keys = [Idempotency(key=job.id, digest="d") for job in made]
        group = [Write(add_job(job, key, age=round)) for job, key in zip(made, keys, strict=True)]
        store.commit([*group, *(Write(add_files(file, age=round)) for file in files)])
        old = store.read(jobs_before(round + 1, jobs)).taken
        assert len(old) == jobs
        gone = Write(remove_jobs(session.id, [job.id for job in old]))
        store.commit([gone, *(Write(remove_file(session.id, file.id)) for file in files)])
        assert gone.result == jobs
        store._writer.execute("PRAGMA wal_checkpoint(FULL)")
        sizes.append(size(tmp_path))
    assert max(sizes[2:]) <= 1.1 * sizes[1]
    store.close()
