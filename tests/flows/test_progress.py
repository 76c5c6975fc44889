"""The progress socket: everything that happens, in order, once, to whoever may know it."""

import json
import socket
from itertools import pairwise

import trio
from trio_websocket import open_websocket_url

from tests.service import ENDS, Json, Service, User, Watch, png, refused
from tests.web.rawclient import TEXT, Client

PROGRAM = "wide"


async def told_until_end(watch: Watch, *jobs: str) -> list[Json]:
    """All messages up to the one that tells the last job's end."""
    messages = []
    left = set(jobs)
    while left:
        messages.append(await watch.next())
        if messages[-1]["type"] == "job" and messages[-1]["job"]["state"] in ENDS:
            left.discard(messages[-1]["job"]["id"])
    return messages


def changes(messages: list[Json]) -> list[tuple[int, str, str]]:
    """(number, job, state) of every change of state."""
    return [
        (message["seq"], message["job"]["id"], message["job"]["state"])
        for message in messages
        if message["type"] == "job"
    ]


async def test_a_snapshot_comes_first_then_every_state_and_a_growing_fraction(ann: User) -> None:
    files = await ann.upload(*[png() for _ in range(8)])
    async with ann.watch() as watch:
        snapshot = await watch.next()
        assert (snapshot["type"], snapshot["jobs"]) == ("snapshot", [])
        job = await ann.stitch(files)
        messages = await told_until_end(watch, job)
    assert all(one["seq"] < other["seq"] for one, other in pairwise([snapshot, *messages]))
    assert [state for _, _, state in changes(messages)] == ["queued", "running", "succeeded"]
    fractions = [message["progress"]["fraction"] for message in messages if message.get("progress")]
    assert fractions
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] <= fractions[-1] <= 1


async def test_a_snapshot_shows_what_is_under_way_and_what_has_ended(
    service: Service, ann: User
) -> None:
    files = await ann.upload(png(), png())
    ended = await ann.stitch(files)
    await ann.reaches(ended, "succeeded")
    with service.frozen():
        running = await ann.stitch(files)
        await ann.reaches(running, "running")
        async with ann.watch() as watch:
            jobs = (await watch.next())["jobs"]
        assert {job["id"]: job["state"] for job in jobs} == {
            ended: "succeeded",
            running: "running",
        }
    await ann.reaches(running, "succeeded")


async def test_who_comes_back_with_since_misses_nothing_and_hears_nothing_twice(
    ann: User,
) -> None:
    files = await ann.upload(png(), png())
    async with ann.watch() as steady:
        await steady.next()
        first = await ann.stitch(files)
        async with ann.watch() as watch:
            heard = [await watch.next()]
        seq = heard[0]["seq"]
        others = [await ann.stitch(files) for _ in range(3)]
        all_told = await told_until_end(steady, first, *others)
    parts = []
    while seq < all_told[-1]["seq"]:  # comes back for two messages at a time
        async with ann.watch(since=seq) as watch:
            messages = [await watch.next()]
            if messages[-1]["seq"] < all_told[-1]["seq"]:
                messages.append(await watch.next())
        assert "snapshot" not in {message["type"] for message in messages}
        parts += messages
        seq = messages[-1]["seq"]
    missed = [change for change in changes(all_told) if change[0] > heard[0]["seq"]]
    assert changes(parts) == missed
    assert len(missed) >= 3 * len(others)


async def test_a_past_that_is_no_longer_known_is_answered_by_a_snapshot(ann: User) -> None:
    async with ann.watch(since=0) as watch:
        assert (await watch.next())["type"] == "snapshot"


async def test_a_socket_for_one_job_tells_of_no_other(service: Service, ann: User) -> None:
    files = await ann.upload(png(), png())
    with service.frozen():
        one, other = await ann.stitch(files), await ann.stitch(files)
        async with ann.watch(job=one) as watch:
            snapshot = await watch.next()
            assert [job["id"] for job in snapshot["jobs"]] == [one]
            await ann.cancel(other)
            await ann.cancel(one)
            messages = await told_until_end(watch, one)
    assert {job for _, job, _ in changes(messages)} == {one}
    assert {message["job"] for message in messages if message["type"] == "progress"} <= {one}


async def test_nobody_watches_the_job_of_another(ann: User, ben: User) -> None:
    job = await ann.stitch(await ann.upload(png(), png()))
    refused(await ben.knock(job=job), 404, "not_found")
    await ann.reaches(job, "succeeded")
    async with ben.watch() as watch:
        assert (await watch.next())["jobs"] == []


async def test_a_browsers_script_may_send_its_token_as_subprotocol(
    service: Service, ann: User
) -> None:
    url = f"{service.address}/api/v1/progress".replace("http", "ws", 1)
    async with open_websocket_url(url, subprotocols=[f"bearer.{ann.token}"]) as socket:
        assert socket.subprotocol == f"bearer.{ann.token}"
        assert (await Watch(socket).next())["type"] == "snapshot"
    del ann.http.headers["Authorization"]
    ann.http.headers["Sec-WebSocket-Protocol"] = "bearer.nonsense"
    refused(await ann.knock(), 401, "no_session")


async def dial(service: Service, user: User, receive_buffer: int) -> Client:
    """A progress socket that reads when it is told to, and whose kernel holds little for it."""
    host, port = service.address.removeprefix("http://").split(":")
    stream = trio.socket.socket()
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    await stream.connect((host, int(port)))
    client = Client(trio.SocketStream(stream))
    head = await client.upgrade(
        b"/api/v1/progress", f"Authorization: Bearer {user.token}\r\n".encode()
    )
    assert head.startswith(b"HTTP/1.1 101 ")
    return client


async def test_a_socket_that_is_not_read_slows_no_job_and_still_gets_every_state(
    service: Service, ann: User
) -> None:
    files = await ann.upload(png(), png())
    async with await dial(service, ann, receive_buffer=4096) as sleeper:
        jobs = [await ann.stitch(files) for _ in range(40)]
        for job in jobs:
            await ann.reaches(job, "succeeded")
        heard: list[Json] = []
        while len(changes(heard)) < 3 * len(jobs):
            frame = await sleeper.frame()
            assert frame is not None
            if frame[0] == TEXT:
                heard.append(json.loads(frame[1]))
    for job in jobs:
        states = [state for _, of, state in changes(heard) if of == job]
        assert states == ["queued", "running", "succeeded"]


async def test_the_end_of_a_session_closes_its_sockets(service: Service, ann: User) -> None:
    async with await dial(service, ann, receive_buffer=65536) as watcher:
        assert await watcher.frame()
        assert (await ann.http.delete("/api/v1/session")).status_code == 204
        assert await watcher.goodbye() == 1008
