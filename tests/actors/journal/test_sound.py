"""Rows with a damaged byte, which SQLite's own check lets pass: the others are served as before."""

import shutil
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from actors.ids import is_id
from actors.journal.opening import open_store
from actors.journal.records import encode
from actors.journal.sound import Row, records, sizes
from actors.journal.sqlite import SqliteJournal
from actors.journal.statements import add_files, add_job, add_session, add_upload
from actors.journal.store import Write
from actors.lifecycle import State
from actors.messages import FileRecord, JobRecord, UploadRecord
from tests.actors.journal.makers import a_file, a_job, a_session, an_upload, new_id, opened
from tests.actors.journal.rooms import write_directly

COLUMNS = (
    *product(("jobs", "files", "uploads"), ("session", "id")),
    ("sessions", "id"),
)
DAMAGES = {
    "no letter of an id": "CAST(X'FF' || substr({0}, 2) AS TEXT)",
    "no text within": "CAST(substr({0}, 1, 20) || X'C3' || substr({0}, 22) AS TEXT)",
    "another case": "upper({0})",
    "a step upwards": "'../' || substr({0}, 4)",
    "bytes": "CAST({0} AS BLOB)",
    "another id": f"'{new_id()}'",
}


ALL = 12
"""Rows that `all_reads` finds in what is `filled`."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sessions with a job that waits, one that has ended, a file and an upload each."""
    folder = tmp_path_factory.mktemp("filled")
    store = open_store(folder)
    for _ in range(2):
        unused, session = a_session(), a_session()
        store.commit([Write(add_session(unused, age=0)), Write(add_session(session, age=0))])
        jobs = [a_job(session.id, state=state) for state in (State.QUEUED, State.FAILED)]
        store.commit([Write(add_job(job, None, age=0)) for job in jobs])
        store.commit([Write(add_files(a_file(session.id), age=0))])
        store.commit([Write(add_upload(an_upload(session.id)))])
    store.close()
    return folder


async def all_reads(journal: SqliteJournal) -> list[tuple[str, str]]:
    """What a start and the janitor ask for: the session and the id of each that they get."""
    found: list[JobRecord | UploadRecord | FileRecord] = [
        *await journal.unfinished_jobs(),
        *await journal.uploads(),
        *await journal.files_before(1e9, limit=9),
        *await journal.jobs_before(1e9, limit=9),
    ]
    sizes = await journal.all_files()
    return [
        *((one.session, one.id) for one in found),
        *((session, id) for session, files in sizes.items() for id in files),
        *((one.id, one.id) for one in await journal.sessions_before(1e9, limit=9)),
    ]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(("table", "column"), COLUMNS)
async def test_a_row_with_a_damaged_id_is_told_once_and_passed_over(
    filled: Path, tmp_path: Path, table: str, column: str, damage: str
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(filled, folder)
    change = f"{column} = {DAMAGES[damage].format(column)}"
    write_directly(folder, f"UPDATE {table} SET {change} WHERE rowid = 1")  # noqa: S608 -- ours
    with capture_logs() as told:
        async with opened(SqliteJournal(folder)) as journal:
            for _ in range(2):
                found = await all_reads(journal)
                assert all(is_id(session) and is_id(id) for session, id in found)
                assert ALL - 2 <= len(found) <= ALL
            assert is_id(journal.last_id)
    rows = [entry["row"] for entry in told if "makes no sense" in entry["event"]]
    assert len(rows) == len(set(rows))
    assert rows or (table, damage) == ("files", "another id")  # its bytes are missed at the start


def test_documents_and_columns_must_agree() -> None:
    """A job that runs under an id that its row does not have could never end on record."""
    job, other = a_job(new_id()), new_id()
    good = (job.session, job.id, encode(job))
    for bad in (
        (other, job.id, encode(job)),
        (job.session, other, encode(job)),
        (job.session, job.id, encode(job)[:-1]),
        (job.session, job.id, encode(job).replace(job.id, other)),
        ("x", "y", encode(job).replace(job.id, "y").replace(job.session, "x")),
    ):
        found = records(JobRecord, [bad, good])
        assert found.taken == (job,)
        assert len(found.passed) == 1


anything = st.none() | st.integers() | st.floats() | st.binary() | st.text()


@given(st.lists(st.tuples(anything, anything, anything)))
def test_whatever_is_in_a_row_it_is_taken_or_passed_over(rows: list[Row]) -> None:
    """SQLite's columns may hold any type."""
    file = a_file(new_id())
    found = records(FileRecord, [*rows, (file.session, file.id, encode(file))])
    assert found.taken == (file,)
    assert len(found.passed) == len(rows)
    recorded = sizes([*rows, (file.session, file.id, 7)])
    assert recorded.taken == {file.session: {file.id: 7}}
    assert len(recorded.passed) == len(rows)
