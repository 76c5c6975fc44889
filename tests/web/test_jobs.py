"""Jobs over HTTP: what is asked and answered. How they live is told in tests/flows."""

import httpx
import pytest

from actors.kinds import readable
from tests.service import Json, png, refused, told

JOBS = "/api/v1/jobs"
STITCH = f"{JOBS}/stitch"


@pytest.fixture
def two(ann: httpx.Client) -> Json:
    """A request to stitch two small pictures."""
    parts = [("file", ("x.png", png(width, 4))) for width in (4, 8)]
    files = told(ann.post("/api/v1/files", files=parts), 201)["items"]
    return {"inputs": [{"file": file["id"]} for file in files]}


def ended(http: httpx.Client, id: str) -> Json:
    """The job as soon as it has ended: cancelling waits for that, whoever was first."""
    http.delete(f"{JOBS}/{id}")
    return told(http.get(f"{JOBS}/{id}"))


def test_an_accepted_job_says_where_it_is_found(ann: httpx.Client, two: Json) -> None:
    answer = ann.post(STITCH, json=two)
    job = told(answer, 202)
    assert answer.headers["Location"] == f"{JOBS}/{job['id']}"
    found = told(ann.get(answer.headers["Location"]))
    assert (found["id"], found["capability"]) == (job["id"], "stitch")
    assert (job["attempt"], job["priority"], job["error"]) == (1, "normal", None)
    assert job["state"] in ("queued", "running")


def test_options_are_kept_apart_from_the_request(ann: httpx.Client, two: Json) -> None:
    options = {"priority": "high", "queue_timeout": 60, "deadline": 5.5}
    assert told(ann.post(STITCH, json={**two, "options": options}), 202)["priority"] == "high"


def test_a_capability_that_is_not_there_is_refused_before_the_body_is_read(
    someone: httpx.Client,
) -> None:
    for path in (f"{JOBS}/dub", f"{JOBS}/dub/preflight", f"{JOBS}/{'x' * 3000}", f"{JOBS}/%00"):
        problem = refused(someone.post(path, content=b"no json"), 404, "not_found")
        assert len(problem["detail"]) < 120
    assert "stitch" in refused(someone.post(f"{JOBS}/stich"), 404, "not_found")["detail"]


def test_the_same_key_gives_the_first_job_however_the_body_is_written(
    ann: httpx.Client, two: Json
) -> None:
    key = {"Idempotency-Key": "once", "Content-Type": "application/json"}
    first = told(ann.post(STITCH, json={**two, "gap": 1}, headers=key), 202)
    turned = httpx.Request("POST", "http://x", json={"gap": 1, **two}).read()
    spaced = turned.replace(b":", b" :\n ")
    for body in (turned, spaced):
        assert told(ann.post(STITCH, content=body, headers=key), 202)["id"] == first["id"]
    for other in ({**two, "gap": 2}, two, {**two, "gap": 1, "options": {"priority": "low"}}):
        refused(ann.post(STITCH, json=other, headers=key), 422, "idempotency_mismatch")
    assert [job["id"] for job in told(ann.get(JOBS))["items"]] == [first["id"]]


def test_a_preflight_tells_what_would_be_made_and_makes_nothing(
    ann: httpx.Client, two: Json
) -> None:
    told_before = told(ann.post(f"{STITCH}/preflight", json={**two, "format": "png"}))
    assert told_before["forecast"]["width"] == 4
    assert told_before["forecast"]["memory_bytes"] > 0
    assert told_before["position"] == 1
    assert told(ann.get(JOBS))["items"] == []


def test_a_preflight_refuses_like_the_job_would(ann: httpx.Client, two: Json) -> None:
    wide = {**two, "layout": "horizontal", "gap": 10_000, "fit": 60_000}
    problems = [ann.post(path, json=wide).json() for path in (STITCH, f"{STITCH}/preflight")]
    assert problems[0] == problems[1]
    assert problems[0]["fits"]
    missing = {"inputs": [two["inputs"][0], {"file": "0" * 34}]}
    problem = refused(ann.post(f"{STITCH}/preflight", json=missing), 422, "unknown_file")
    assert problem["field"] == "/inputs/1/file"


def test_a_list_is_narrowed_by_state_and_capability(ann: httpx.Client, two: Json) -> None:
    job = ended(ann, told(ann.post(STITCH, json=two), 202)["id"])
    state = job["state"]
    for query, found in (
        ("", 1),
        (f"state={state}", 1),
        (f"state={state}&capability=stitch", 1),
        ("state=queued", 0),
        ("state=timed_out", 0),
        ("capability=fetch", 0),
        ("capability=nobody%27s", 0),
    ):
        assert len(told(ann.get(f"{JOBS}?{query}"))["items"]) == found, query


def test_a_job_ends_once(ann: httpx.Client, two: Json) -> None:
    job = ended(ann, told(ann.post(STITCH, json=two), 202)["id"])
    problem = refused(ann.delete(f"{JOBS}/{job['id']}"), 409, "job_ended")
    assert job["state"] in problem["detail"]


@pytest.mark.parametrize(
    "id", ["x", "0" * 34, "x" * 4096, "a%0d%0ab", "%00", "%ff", "%2e%2e", "..%2fx", "stitch"]
)
def test_an_id_of_any_form_is_not_there(someone: httpx.Client, id: str) -> None:
    for method in ("GET", "DELETE"):
        refused(someone.request(method, f"{JOBS}/{id}"), 404, "not_found")


def test_somebody_elses_job_is_answered_like_none_at_all(
    ann: httpx.Client, someone: httpx.Client, two: Json
) -> None:
    id = told(ann.post(STITCH, json=two), 202)["id"]
    for method in ("GET", "DELETE"):
        theirs, none = (someone.request(method, f"{JOBS}/{job}") for job in (id, "0" * 34))
        assert (theirs.status_code, theirs.content) == (none.status_code, none.content)
    refused(someone.post(STITCH, json=two), 422, "unknown_file")
    assert told(someone.get(JOBS))["items"] == []


def test_capabilities_tell_schema_and_limits_under_their_names(anybody: httpx.Client) -> None:
    items = {item["name"]: item for item in told(anybody.get("/api/v1/capabilities"))["items"]}
    assert items.keys() >= {"fetch", "stitch"}
    stitch = items["stitch"]
    assert stitch["request"]["properties"].keys() >= {"inputs", "layout", "quality"}
    assert stitch["limits"]["jobs_per_user"] == 1
    assert stitch["limits"].keys() >= {"queue_size", "stitch.running", "queue_timeout"}
    assert isinstance(stitch["limits"]["global_jobs"], int)


@pytest.mark.parametrize(
    ("name", "field", "limit"), [("stitch", "inputs", "max_inputs"), ("fetch", "urls", "max_urls")]
)
def test_a_capability_tells_the_numbers_that_count(
    anybody: httpx.Client, name: str, field: str, limit: str
) -> None:
    """The lower of two limits, its own settings, and a schema that allows no more than they do."""
    items = {item["name"]: item for item in told(anybody.get("/api/v1/capabilities"))["items"]}
    limits = items[name]["limits"]
    assert limits[f"{name}.queued"] <= limits["queue_size"]
    assert limits[f"{name}.running"] <= limits["global_jobs"]
    assert limits[f"{name}.running_per_user"] <= limits["jobs_per_user"]
    assert items[name]["request"]["properties"][field]["maxItems"] == limits[f"{name}.{limit}"]


def test_the_kinds_of_pictures_that_are_read_are_told(anybody: httpx.Client) -> None:
    kinds = told(anybody.get("/api/v1/capabilities"))["media_types"]
    assert kinds == list(readable())
    assert kinds[:2] == ["image/jpeg", "image/png"]
