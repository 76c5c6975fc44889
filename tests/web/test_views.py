import json
from datetime import UTC, datetime, timedelta

from actors.errors import QueueFull
from actors.lifecycle import State
from actors.messages import (
    Eta,
    FileRecord,
    Hold,
    JobChanged,
    JobProgressed,
    JobRecord,
    JobResult,
    JobView,
    Media,
    Outlook,
    Progress,
    Receipt,
    Snapshot,
)
from tests.service import Json
from web.views import View, Views

NOON = datetime(2026, 1, 2, 12, 0, 0, 500_000, tzinfo=UTC)
VIEWS = Views(retention=timedelta(hours=24))

FILE = FileRecord(
    id="f" * 26, session="s" * 26, name="a.png", media=Media(media_type="image/png", width=3),
    size=9, sha256="abc", created_at=NOON, job="j" * 26,
)  # fmt: skip
JOB = JobRecord(
    id="j" * 26, session="s" * 26, capability="stitch", request='{"gap":1}', inputs=(),
    created_at=NOON,
)  # fmt: skip


def written(view: View) -> Json:
    """As it goes out."""
    return dict(json.loads(view.model_dump_json()))


def test_a_file_tells_where_its_bytes_are_and_until_when() -> None:
    file = written(VIEWS.file(FILE))
    assert file["links"] == {"content": f"/api/v1/files/{'f' * 26}/content", "thumbnail": None}
    assert file["created_at"] == "2026-01-02T12:00:00.500000Z"
    assert file["expires_at"] == "2026-01-03T12:00:00.500000Z"
    assert (file["width"], file["height"], file["job"]) == (3, None, "j" * 26)


def test_nothing_that_is_seen_tells_whose_it_is() -> None:
    shown = json.dumps([written(VIEWS.file(FILE)), written(VIEWS.job(JobView(record=JOB)))])
    assert "s" * 26 not in shown


def test_a_job_that_waits_tells_its_place_and_what_holds_it_back() -> None:
    outlook = Outlook(
        position=2,
        waiting_for=(Hold(limit="global_jobs", used=3, max=3),),
        eta=Eta(p50=1.5, p90=2.5),
    )
    job = written(VIEWS.job(JobView(record=JOB, outlook=outlook)))
    assert (job["state"], job["position"]) == ("queued", 2)
    assert job["waiting_for"] == [{"limit": "global_jobs", "used": 3, "max": 3}]
    assert job["eta"] == {"p50": 1.5, "p90": 2.5}
    assert job["result"] is job["error"] is job["receipt"] is job["progress"] is None
    assert job["request"] == {"gap": 1}


def _ended(**how: object) -> Json:
    fields = {name: getattr(JOB, name) for name in JOB.__dataclass_fields__}
    return written(VIEWS.job(JobView(record=JobRecord(**{**fields, **how}))))


def test_a_job_that_succeeded_tells_what_it_made() -> None:
    job = _ended(state=State.SUCCEEDED, result=JobResult(files=(FILE,), data={"width": 3}))
    assert [file["id"] for file in job["result"]["files"]] == ["f" * 26]
    assert job["result"]["data"] == {"width": 3}


def test_a_job_that_failed_tells_the_problem_like_any_other() -> None:
    problem = QueueFull("No.", limit="x", retry_after=2, more={"fits": [1]}).problem()
    error = _ended(state=State.FAILED, error=problem)["error"]
    assert error["type"] == "/api/docs#queue_full"
    assert (error["code"], error["limit"], error["retry_after"]) == ("queue_full", "x", 2)
    assert error["fits"] == [1]


def test_a_job_that_was_cancelled_has_its_receipt() -> None:
    receipt = Receipt(processes_ended=2, seconds=0.5, files_removed=1)
    assert _ended(state=State.CANCELLED, receipt=receipt)["receipt"] == {
        "processes_ended": 2, "seconds": 0.5, "files_removed": 1,
    }  # fmt: skip


def test_each_event_has_its_type_and_number() -> None:
    view = JobView(record=JOB, progress=Progress(fraction=0.5, step="reading"))
    snapshot, job, progress = (
        written(VIEWS.message(event))
        for event in (Snapshot(41, (view,)), JobChanged(42, view), JobProgressed(43, view))
    )
    assert (snapshot["type"], snapshot["seq"], len(snapshot["jobs"])) == ("snapshot", 41, 1)
    assert (job["type"], job["seq"], job["job"]["id"]) == ("job", 42, "j" * 26)
    assert (progress["type"], progress["seq"], progress["job"]) == ("progress", 43, "j" * 26)
    assert progress["progress"]["fraction"] == 0.5
