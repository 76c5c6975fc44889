"""What is somebody's is nobody else's: not to be read, not to be changed, not to be guessed."""

import re

import pytest

from tests.service import HANDSHAKE, Service, User, png, refused

PROGRAM = "narrow"


async def guarded(user: User) -> list[tuple[str, str]]:
    """Method and path of every route that needs a session, from the contract that is served."""
    paths = (await user.http.get("/api/openapi.json")).json()["paths"]
    found = [
        (method.upper(), path)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if "security" in operation
    ]
    assert len(found) >= 15
    return found


def filled(path: str, id: str) -> str:
    """A path with this id in the place of its variable."""
    return re.sub(r"\{\w+\}", id, path)


async def test_every_route_that_needs_a_session_says_so(service: Service, ann: User) -> None:
    routes = await guarded(ann)
    for token in (None, "nonsense", f"{ann.token}x"):
        ann.http.headers.pop("Authorization", None)
        if token is not None:
            ann.http.headers["Authorization"] = f"Bearer {token}"
        for method, path in routes:
            headers = HANDSHAKE if path.endswith("/progress") else {}
            answer = await ann.http.request(method, filled(path, "x"), headers=headers)
            refused(answer, 401, "no_session")
            assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_what_belongs_to_another_answers_as_if_it_were_not_there(
    ann: User, ben: User
) -> None:
    files = await ann.upload(png(), png())
    job = await ann.stitch(files)
    await ann.reaches(job, "succeeded")
    before = await ann.get("/files"), await ann.get("/jobs"), await ann.used()
    named = [
        (method, path) for method, path in await guarded(ben) if "{" in path and method != "PUT"
    ]
    assert len(named) >= 5
    for method, path in named:
        foreign = job if "/jobs/" in path else files[0]
        theirs, nobodys = [
            refused(await ben.http.request(method, filled(path, id)), 404, "not_found")
            for id in (foreign, "0" * 26)
        ]
        assert theirs == nobodys
    assert (await ann.get("/files"), await ann.get("/jobs"), await ann.used()) == before


@pytest.mark.parametrize("id", ["x", "..", "..%2F..%2Fkeys", "%00", "A" * 5000])
async def test_an_id_that_is_none_leads_nowhere(ann: User, id: str) -> None:
    for path in (f"/api/v1/files/{id}", f"/api/v1/files/{id}/content", f"/api/v1/jobs/{id}"):
        assert (await ann.http.get(path)).status_code == 404


async def test_lists_show_only_what_is_mine(ann: User, ben: User) -> None:
    files = await ann.upload(png(), png())
    await ann.reaches(await ann.stitch(files), "succeeded")
    assert (await ben.get("/files"))["items"] == []
    assert (await ben.get("/jobs"))["items"] == []
    assert (await ben.get("/jobs", state="succeeded"))["items"] == []


async def test_a_job_cannot_be_made_from_anothers_files(ann: User, ben: User) -> None:
    foreign, own = await ann.upload(png()), await ben.upload(png())
    problem = refused(await ben.ask([*own, *foreign]), 422, "unknown_file")
    assert problem["field"] == "/inputs/1/file"
    nothing = refused(await ben.ask([*own, "0" * 26]), 422, "unknown_file")
    assert nothing["title"] == problem["title"]
    assert (await ben.get("/jobs"))["items"] == []
