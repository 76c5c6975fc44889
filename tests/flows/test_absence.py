"""The client goes away: its jobs go on, and what it cut short leaves nothing behind."""

import json

import trio

from tests.service import Service, User, png, until
from tests.web.rawclient import Client, ask_for

PROGRAM = "narrow"


async def dial(service: Service) -> Client:
    """A connection whose bytes are ours."""
    host, port = service.address.removeprefix("http://").split(":")
    return Client(await trio.open_tcp_stream(host, int(port)))


async def test_a_job_goes_on_when_all_connections_of_its_user_are_closed(
    service: Service, ann: User
) -> None:
    files = await ann.upload(png(), png())
    with service.frozen():
        running, queued = await ann.stitch(files), await ann.stitch(files)
        await ann.reaches(running, "running")
        await ann.http.aclose()
    back = await service.user(ann.token)
    await back.reaches(running, "succeeded")
    await back.reaches(queued, "succeeded")


async def test_a_job_goes_on_when_the_socket_that_watches_it_breaks(
    service: Service, ann: User
) -> None:
    files = await ann.upload(png(), png())
    with service.frozen():
        job = await ann.stitch(files)
        watcher = await dial(service)
        bearer = f"Authorization: Bearer {ann.token}\r\n".encode()
        head = await watcher.upgrade(b"/api/v1/progress", bearer)
        assert head.startswith(b"HTTP/1.1 101 ")
        assert await watcher.frame()
        watcher.reset()
    await ann.reaches(job, "succeeded")


async def test_who_leaves_before_the_answer_finds_one_job_under_the_key(
    service: Service, ann: User
) -> None:
    """The job may have been accepted or not; asking again settles it, and never makes two."""
    files = await ann.upload(png(), png())
    body = json.dumps({"inputs": [{"file": file} for file in files]}).encode()
    for key in map(str, range(10)):
        client = await dial(service)
        fields = (
            f"Authorization: Bearer {ann.token}",
            "Content-Type: application/json",
            f"Idempotency-Key: {key}",
        )
        await client.send(ask_for("/api/v1/jobs/stitch", "POST", *fields, body=body))
        client.reset()
        again = await ann.ask(files, key=key)
        assert again.status_code == 202
        await ann.reaches(again.json()["id"], "succeeded")
    assert len((await ann.get("/jobs"))["items"]) == 10


async def test_an_upload_that_breaks_off_leaves_nothing(service: Service, ann: User) -> None:
    before = service.stored()
    client = await dial(service)
    head = ask_for(
        "/api/v1/files/cut.png",
        "PUT",
        f"Authorization: Bearer {ann.token}",
        "Content-Length: 100000",
    )
    await client.send(head + png())
    await until(lambda: service.parts() != set())
    client.reset()
    await until(lambda: service.parts() == set())
    assert service.stored() == before
    assert set((await ann.used()).values()) == {0}
