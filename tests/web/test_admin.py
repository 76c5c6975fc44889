"""Those who run the service: what they see and do of others, and the trace that it leaves."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.service import Program, Service, User, open_program, open_service, png, refused, told
from tests.web.contract import Contract
from web.principals import digest_of, new_key

KEYS = {"keeper": new_key(), "robot": new_key()}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    roles = {"keeper": "admin", "robot": "user"}
    with open_program(
        tmp_path_factory.mktemp("admin") / "data",
        concurrency={"max_global_jobs": 1},
        identity={
            "api_keys": [
                {"name": name, "sha256": digest_of(key), "role": roles[name]}
                for name, key in KEYS.items()
            ]
        },
    ) as program:
        yield program


@pytest.fixture
async def service(program: Program) -> AsyncIterator[Service]:
    async with program.visit() as service:
        yield service


@pytest.fixture
async def keeper(service: Service) -> User:
    return await service.user(KEYS["keeper"])


def audit(program: Program) -> list[str]:
    return [line for line in program.log.splitlines() if "admin cancels job" in line]


async def test_an_admin_sees_everybodys_jobs_as_they_stand(service: Service, keeper: User) -> None:
    ann, ben = await service.user(), await service.user(KEYS["robot"])
    running = await ann.long_stitch()
    [file] = await ben.upload(png())
    queued = await ben.stitch([file, file])
    page = await keeper.get("/admin/jobs")
    first, second = page["items"][:2]
    assert [first["id"], second["id"]] == [queued, running]
    assert (first["state"], first["position"]) == ("queued", 1)
    assert (second["state"], second["progress"]["fraction"] > 0) == ("running", True)
    assert second["session"] == (await ann.get("/session"))["id"] != first["session"]
    for user, job, seen in ((ann, running, second), (ben, queued, first)):
        assert (await user.job(job)).keys() == seen.keys() - {"session", "owner"}
    assert (first["owner"], second["owner"]) == ("key:robot", None)

    [only] = (await keeper.get("/admin/jobs", state="queued", capability="stitch"))["items"]
    assert only["id"] == queued
    for only_theirs, wanted in (
        ({"owner": "key:robot"}, [queued]),
        ({"session": second["session"]}, [running]),
        ({"session": second["session"], "state": "queued"}, []),
        ({"owner": "key:robot", "state": "queued"}, [queued]),
        ({"owner": "key:robot", "session": first["session"]}, [queued]),
        ({"owner": "key:robot", "session": second["session"]}, []),
        ({"owner": "key:nobody"}, []),
        ({"session": "0" * 34}, []),
    ):
        found = await keeper.get("/admin/jobs", **only_theirs)
        assert [job["id"] for job in found["items"]] == wanted, only_theirs
    one = await keeper.get("/admin/jobs", limit=1)
    assert [job["id"] for job in one["items"]] == [queued]
    rest = await keeper.get("/admin/jobs", limit=1, cursor=one["next"])
    assert [job["id"] for job in rest["items"]] == [running]
    assert (await keeper.get("/jobs"))["items"] == []
    told(await ann.cancel(running))
    await ben.reaches(queued, "succeeded")


async def test_an_admin_cancels_anybodys_job_and_the_log_tells_who_what_and_whose(
    service: Service, keeper: User, program: Program
) -> None:
    ann = await service.user()
    [file] = await ann.upload(png())
    before = len(audit(program))
    with service.frozen():
        job = await ann.stitch([file, file])
        await ann.reaches(job, "running")
        cancelled = told(await keeper.http.delete(f"/api/v1/admin/jobs/{job}"))
    assert cancelled["owner"] is None
    assert cancelled["state"] == "cancelled"
    assert cancelled["receipt"]["processes_ended"] >= 1
    assert (await ann.job(job))["state"] == "cancelled"
    refused(await keeper.http.delete(f"/api/v1/admin/jobs/{job}"), 409, "job_ended")
    refused(await keeper.http.delete(f"/api/v1/admin/jobs/{'0' * 34}"), 404, "not_found")
    session = (await ann.get("/session"))["id"]
    lines = audit(program)[before:]
    assert len(lines) == 2
    for line in lines:
        assert "key:keeper" in line
        assert job in line
        assert session in line


async def test_a_job_of_a_session_that_left_memory_is_still_an_admins_to_see(
    tmp_path: Path,
) -> None:
    """Its record says how it ended."""
    key = new_key()
    entry = {"name": "keeper", "sha256": digest_of(key), "role": "admin"}
    async with open_service(
        tmp_path, limits={"max_sessions": 2}, identity={"api_keys": [entry]}
    ) as service:
        ann = await service.user()
        [file] = await ann.upload(png())
        job = await ann.stitch([file, file])
        await ann.reaches(job, "succeeded")
        for _ in range(3):
            await service.user()
        keeper = await service.user(key)
        [seen] = (await keeper.get("/admin/jobs"))["items"]
        assert (seen["id"], seen["state"]) == (job, "succeeded")
        refused(await keeper.http.delete(f"/api/v1/admin/jobs/{job}"), 409, "job_ended")


async def test_whoever_is_no_admin_is_told_so_whatever_else_is_wrong(service: Service) -> None:
    for user in (await service.user(), await service.user(KEYS["robot"])):
        for path in ("jobs", "jobs?limit=x", "jobs?state=running"):
            problem = refused(await user.http.get(f"/api/v1/admin/{path}"), 403, "forbidden")
            assert "role admin" in problem["detail"]
            assert "identity.admins" in problem["detail"]
        for job in ("x", "0" * 34):
            refused(await user.http.delete(f"/api/v1/admin/jobs/{job}"), 403, "forbidden")


async def test_the_document_tells_which_limits_can_be_changed_and_the_answers_are_as_it_says(
    service: Service, keeper: User
) -> None:
    document = told(await keeper.http.get("/api/openapi.json"))
    contract, path = Contract(document), "/api/v1/admin/limits"
    body = document["paths"][path]["patch"]["requestBody"]["content"]["application/json"]
    sections = body["schema"]["properties"]
    assert sections["limits"]["properties"]["max_queue_size"]["maximum"] == 1_000_000
    assert sections["log"]["properties"].keys() == {"level"}
    assert "user_agent" not in sections["fetch"]["properties"]
    limits = await keeper.http.get(path)
    contract.check(limits)
    shown = told(limits)["sections"]
    assert {name: list(keys) for name, keys in shown.items()} == {
        name: list(section["properties"]) for name, section in sections.items()
    }
    assert shown["concurrency"]["max_global_jobs"] == {
        "value": 1,
        "unit": None,
        "description": "jobs running at once, all users",
        "accepted": "a whole number from 1 to 1,000",
        "origin": shown["concurrency"]["max_global_jobs"]["origin"],
    }
    for said in ({"limits": {"max_queue_size": -1}}, {"server": {"host": "x"}}, {}):
        contract.check(await keeper.http.patch(path, json=said))
    for way in ("drain", "undrain", "capabilities/stitch/pause", "capabilities/stitch/resume"):
        contract.check(await keeper.http.post(f"/api/v1/admin/{way}"))
