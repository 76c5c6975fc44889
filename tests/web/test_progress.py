"""The progress socket: who is let in, and the shape of what it says. Stories are in tests/flows."""

import json
from collections.abc import Awaitable, Callable

import httpx
import pytest
import trio
import trio.testing
from trio_websocket import open_websocket_url

from actors.messages import JobChanged, JobProgressed
from actors.progress import Fanout, Numbers
from tests.actors.test_progress import progress, view
from tests.service import WAIT, Json, Service, User, png, refused
from tests.web.contract import Contract
from web.progress import PACE, pass_on

PROGRESS = "/api/v1/progress"


HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def knock(http: httpx.Client, query: str = "", **headers: str) -> httpx.Response:
    """The answer to a handshake that must be refused, checked like any other answer."""
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return http.get(f"{PROGRESS}{query}", headers={**HANDSHAKE, **more})


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer x"}, {"Sec_WebSocket_Protocol": "bearer.x"},
     {"Sec_WebSocket_Protocol": "chat"}],
    ids=str,
)  # fmt: skip
def test_who_has_no_session_is_not_let_in(anybody: httpx.Client, headers: dict[str, str]) -> None:
    refused(knock(anybody, **headers), 401, "no_session")


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://["}, {},
     {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}],
    ids=str,
)  # fmt: skip
def test_a_cookie_lets_in_only_our_own_pages(
    visitor: httpx.Client, headers: dict[str, str]
) -> None:
    refused(knock(visitor, **headers), 403, "forbidden")


async def first_message(service: Service, protocol: str = "", **headers: str) -> Json:
    url = f"{service.address}{PROGRESS}".replace("http", "ws", 1)
    protocols = [protocol] if protocol else []
    async with open_websocket_url(
        url,
        subprotocols=protocols,
        extra_headers=[(name.encode(), value.encode()) for name, value in headers.items()],
    ) as socket:
        assert socket.subprotocol == (protocol or None)
        message: Json = json.loads(await socket.get_message())
    return message


async def test_each_of_the_credentials_lets_in(
    service: Service, token: str, contract: Contract
) -> None:
    for credentials in (
        {"Authorization": f"Bearer {token}"},
        {"Authorization": f"Bearer {token}", "Origin": "https://evil.example"},
        {"protocol": f"bearer.{token}"},
        {"Cookie": f"stitchery_session={token}", "Origin": service.address},
    ):
        message = await first_message(service, **credentials)
        contract.conforms(message, contract.component("SnapshotMessage"))


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("?since=-1", 422, "invalid_request"),
        ("?since=1_0", 422, "invalid_request"),
        ("?since=1&since=2", 422, "invalid_request"),
        ("?sinc=1", 422, "invalid_request"),
        (f"?job={'x' * 65}", 422, "invalid_request"),
        ("?job=x", 404, "not_found"),
        (f"?job={'0' * 34}", 404, "not_found"),
    ],
)
def test_a_query_is_judged_before_the_handshake(
    someone: httpx.Client, query: str, status: int, code: str
) -> None:
    refused(knock(someone, query), status, code)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_no_websocket_is_told_to_be_one(someone: httpx.Client, method: str) -> None:
    answer = someone.request(method, PROGRESS)
    assert (answer.status_code, answer.headers["Upgrade"]) == (426, "websocket")


def test_other_methods_are_not_taken(someone: httpx.Client) -> None:
    assert someone.post(PROGRESS).headers["Allow"] == "GET, HEAD"


def test_a_websocket_elsewhere_is_refused(someone: httpx.Client) -> None:
    refused(someone.get("/api/v1/jobs", headers=HANDSHAKE), 400, "malformed_request")
    refused(someone.get("/nowhere", headers=HANDSHAKE), 404, "not_found")


async def test_one_more_socket_than_a_session_may_open_is_refused(
    ann: User, anybody: httpx.Client, service: Service
) -> None:
    bearer = {"Authorization": f"Bearer {ann.token}"}

    async def watchers() -> int:
        return int((await ann.get("/session"))["used"]["watchers"])

    async with ann.watch() as one, ann.watch() as two:
        await one.next()
        await two.next()
        problem = refused(knock(anybody, **bearer), 429, "too_many_watchers")
        assert problem["limit"] == "watchers"
        assert await watchers() == 2
    while await watchers():  # until the service has seen them leave
        pass
    await first_message(service, **bearer)


@pytest.fixture
async def ann(service: Service) -> User:
    return await service.user()


async def test_every_message_of_a_jobs_life_is_of_its_shape(ann: User, contract: Contract) -> None:
    files = await ann.upload(png(), png())
    kinds = {"snapshot": "SnapshotMessage", "job": "JobMessage", "progress": "ProgressMessage"}
    seen: list[Json] = []
    async with ann.watch() as watch:
        job = await ann.stitch(files)
        while not seen or not _ended(seen[-1]):
            seen.append(await watch.next())
            contract.conforms(seen[-1], contract.component(kinds[seen[-1]["type"]]))
    assert [message["seq"] for message in seen] == sorted(message["seq"] for message in seen)
    last, read = seen[-1]["job"], await ann.job(job)
    assert {**last, "progress": None} == {**read, "progress": None}


def _ended(message: Json) -> bool:
    return message["type"] == "job" and message["job"]["ended_at"] is not None


async def test_what_a_client_says_is_not_listened_to_and_hides_nothing(ann: User) -> None:
    files = await ann.upload(png(), png())
    async with ann.watch() as watch:
        await watch.next()
        for words in ["x", "", "{}", '{"job": "other"}', "x" * 60_000] * 4:
            await watch.socket.send_message(words)
        await watch.socket.send_message(b"\x00")
        job = await ann.stitch(files)
        assert (await watch.next())["job"]["id"] == job
        with trio.fail_after(WAIT):
            await watch.socket.aclose()  # waits for the other side's goodbye


async def told_at(act: Callable[[Fanout], Awaitable[None]]) -> list[tuple[type, object]]:
    """What a reader is told, and when, of what `act` publishes before the session ends."""
    fanout, told, began = Fanout(Numbers()), list[tuple[type, object]](), trio.current_time()

    async def note(event: object) -> None:
        await trio.lowlevel.checkpoint()
        told.append((type(event), pytest.approx(trio.current_time() - began)))

    async def publish() -> None:
        await act(fanout)
        fanout.end()

    async with trio.open_nursery() as nursery:
        with fanout.watch() as watcher:
            nursery.start_soon(publish)
            with pytest.raises(EOFError) as end:
                await pass_on(watcher, note)
            await note(end.value)
    return told


async def test_progress_is_told_at_a_pace_and_a_change_at_once(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async def job(fanout: Fanout) -> None:
        for step in range(10):
            progress(fanout, view("a", step / 10))
            await trio.sleep(PACE / 4)
        fanout.changed(view("a", 1.0))
        await trio.sleep(1)

    assert await told_at(job) == [
        (JobProgressed, 0),
        (JobProgressed, PACE),
        (JobProgressed, 2 * PACE),
        (JobChanged, 2.5 * PACE),
        (EOFError, 2.5 * PACE + 1),
    ]


async def test_the_end_of_a_session_is_told_at_once(autojump_clock: trio.testing.MockClock) -> None:
    async def job(fanout: Fanout) -> None:
        progress(fanout, view("a"))
        await trio.sleep(PACE / 2)

    assert await told_at(job) == [(JobProgressed, 0), (EOFError, PACE / 2)]
