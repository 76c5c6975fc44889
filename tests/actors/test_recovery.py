"""Recovery: what was queued queues again, what ran has spent a try, the hopeless say why."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from actors.ids import IdMaker
from actors.journal.memory import MemoryJournal
from actors.lifecycle import State
from actors.messages import FileRecord, JobRecord, Media
from actors.progress import Numbers
from actors.recovery import Beyond, Resumable, resumed
from actors.services import Services
from actors.workspace import Workspace
from tests.capabilities import IdleWorkers, Nap, nap_settings

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FILE = FileRecord(
    id="f",
    session="s",
    name="f",
    media=Media(media_type="image/png"),
    size=1,
    sha256="",
    created_at=NOW,
)


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return Services(
        settings=nap_settings(tmp_path),
        capabilities={"nap": Nap()},
        journal=MemoryJournal(),
        workspace=Workspace(tmp_path),
        workers=IdleWorkers(),
        limiters={},
        numbers=Numbers(),
        new_id=IdMaker(),
    )


def job(
    state: State = State.QUEUED,
    *,
    attempt: int = 1,
    capability: str = "nap",
    request: str = '{"seconds": 3.0}',
    inputs: tuple[str, ...] = ("f",),
) -> JobRecord:
    return JobRecord(
        id="j",
        session="s",
        capability=capability,
        request=request,
        inputs=inputs,
        created_at=NOW,
        state=state,
        attempt=attempt,
    )


def test_a_queued_job_queues_again_as_it_was(services: Services) -> None:
    found = resumed(job(), services, {"f": FILE})

    assert isinstance(found, Resumable)
    assert found.record == job()
    assert found.files == {"f": FILE}
    assert found.request.model_dump()["seconds"] == 3.0


def test_a_job_that_ran_queues_with_one_try_less(services: Services) -> None:
    found = resumed(job(State.RUNNING), services, {"f": FILE})

    assert isinstance(found, Resumable)
    assert (found.record.state, found.record.attempt) == (State.QUEUED, 2)


@pytest.mark.parametrize(
    ("record", "code", "words"),
    [
        (job(State.RUNNING, attempt=3), "interrupted", "attempt 3 of 3"),
        (job(inputs=("f", "gone")), "work_failed", "1 of its files"),
        (job(capability="gone"), "work_failed", "'gone' is gone"),
        (job(request='{"minutes": 1}'), "work_failed", "not valid in this version"),
    ],
)
def test_a_job_beyond_help_fails_with_the_reason(
    services: Services, record: JobRecord, code: str, words: str
) -> None:
    found = resumed(record, services, {"f": FILE})

    assert isinstance(found, Beyond)
    assert found.record.state is State.FAILED
    assert found.record.ended_at is not None
    assert found.record.error is not None
    assert found.record.error.code == code
    assert words in found.record.error.detail
