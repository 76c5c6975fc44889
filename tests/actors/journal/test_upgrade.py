"""A data folder of each earlier release is taken up whole.

`releases/vN.sql` is the dump of a journal that the last release with schema N wrote through its own
port: two sessions, a queued, a running, a succeeded and a failed job with their keys, two files;
from version 2 on an owner and an upload.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from trio.testing import MockClock

from actors.journal.opening import DATABASE, open_store
from actors.journal.schema import VERSION
from actors.journal.sqlite import SqliteJournal
from actors.lifecycle import State
from actors.messages import Idempotency
from tests.actors.journal.makers import Wall, a_file, a_job, opened

RELEASES = Path(__file__).parent / "releases"


@pytest.fixture(params=range(1, VERSION))
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A data folder as that release left it."""
    with closing(sqlite3.connect(tmp_path / DATABASE)) as old:
        old.executescript((RELEASES / f"v{request.param}.sql").read_text(encoding="utf-8"))
    return tmp_path


def rows(folder: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        return connection.execute(sql).fetchall()


async def test_everything_that_was_on_record_is_found_again(folder: Path) -> None:
    sessions = [id for (id,) in rows(folder, "SELECT id FROM sessions ORDER BY id")]
    files = dict(rows(folder, "SELECT id, session FROM files"))
    jobs = [id for (id,) in rows(folder, "SELECT id FROM jobs ORDER BY id")]
    async with opened(SqliteJournal(folder)) as journal:
        assert journal.life == 2
        assert journal.findings == ()
        assert [job.id for job in await journal.unfinished_jobs()] == jobs[:2]
        page = await journal.jobs(sessions[0])
        assert [job.state for job in reversed(page.items)] == [
            State.QUEUED,
            State.RUNNING,
            State.SUCCEEDED,
            State.FAILED,
        ]
        for number, job in enumerate(jobs):
            known = await journal.known_job(sessions[0], f"k{number}")
            assert known is not None
            assert known.job.id == job
        for file, session in files.items():
            assert await journal.file(session, file) is not None


async def test_what_was_on_record_begins_to_grow_old_with_the_upgrade(
    folder: Path, mock_clock: MockClock
) -> None:
    wall = Wall()
    async with opened(SqliteJournal(folder, wall=wall)) as journal:
        assert journal.age() == 0
        assert await journal.files_before(0, limit=9) == ()
        mock_clock.jump(5)
        assert len(await journal.files_before(5, limit=9)) == 2
        ended = await journal.jobs_before(5, limit=9)
        assert [job.state for job in ended] == [State.SUCCEEDED, State.FAILED]
        assert await journal.remove_jobs(ended[0].session, [job.id for job in ended]) == 2
    async with opened(SqliteJournal(folder, wall=wall)) as journal:
        assert journal.age() == pytest.approx(5, abs=1e-5)


async def test_it_goes_on_as_any_other(folder: Path) -> None:
    ((session,),) = rows(folder, "SELECT min(id) FROM sessions")
    async with opened(SqliteJournal(folder)) as journal:
        job, file = a_job(session), a_file(session)
        assert job.id > journal.last_id
        await journal.add_job(job, Idempotency(key="new", digest="d"))
        await journal.add_files(file)
        journal.note_use(session)
        await journal.save_learnt("stitch", "{}")
        await journal.remove_session(session)
        assert await journal.unfinished_jobs() == ()


def test_every_upgrade_leads_to_the_tables_of_a_new_folder(folder: Path) -> None:
    new = folder / "new"
    open_store(folder).close()
    open_store(new).close()
    tables = "SELECT type, name, sql FROM sqlite_master ORDER BY name"
    assert rows(folder, tables) == rows(new, tables)
    assert rows(folder, "PRAGMA user_version") == rows(new, "PRAGMA user_version")
