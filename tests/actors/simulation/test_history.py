"""The past of a live service."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trio

from actors.journal.sqlite import SqliteJournal
from actors.lifecycle import State
from actors.messages import JobRecord, SessionRecord
from actors.simulation.history import NoHistoryError, as_load, ended_jobs, run_times
from actors.simulation.load import Arrival

ANN = "0" * 25 + "1"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def job(number: int, state: State, asked: float, began: float | None, ended: float) -> JobRecord:
    def at(seconds: float) -> datetime:
        return NOON + timedelta(seconds=seconds)

    return JobRecord(
        id=f"{number:026}",
        session=ANN,
        capability="stitch",
        request="{}",
        inputs=(),
        created_at=at(asked),
        state=state,
        started_at=None if began is None else at(began),
        ended_at=at(ended) if state not in {State.QUEUED, State.RUNNING} else None,
    )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_ended_jobs_are_read_beside_the_running_server(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path)
    async with trio.open_nursery() as own:
        await own.start(journal.run)
        await journal.add_session(SessionRecord(id=ANN, created_at=NOON))
        for record in (
            job(2, State.SUCCEEDED, 0, 5, 35),
            job(3, State.CANCELLED, 10, None, 12),
            job(4, State.FAILED, 20, 21, 22),
            job(5, State.RUNNING, 30, 31, 0),
        ):
            await journal.add_job(record)
        before = names(tmp_path)
        found = ended_jobs(tmp_path)

        assert names(tmp_path) == before
        own.cancel_scope.cancel()

    assert [(lived.asked_at, lived.end) for lived in found] == [
        (0, "succeeded"),
        (10, "cancelled"),
        (20, "failed"),
    ]
    assert run_times(found) == [30]
    assert as_load(found) == [
        Arrival(at=0, user=ANN, capability="stitch", seconds=30),
        Arrival(at=20, user=ANN, capability="stitch", seconds=1),
    ]


def test_a_folder_without_a_journal_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoHistoryError, match="holds no journal"):
        ended_jobs(tmp_path)


def test_a_file_that_is_no_journal_is_told(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite3").write_text("something else " * 100)
    with pytest.raises(NoHistoryError, match="cannot be read"):
        ended_jobs(tmp_path)
