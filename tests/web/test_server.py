import errno
import json
import os
import resource
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
import trio
from trio.testing import MockClock

from conf.settings import Server
from web import server
from web.edge import connection as edge_connection
from web.edge import door as edge_door
from web.edge.engine import Engine
from web.edge.http import Conversation

from .rawclient import (
    TEXT,
    Client,
    Scene,
    ask_for,
    eventually,
    pass_time,
    push,
    serving,
    settle,
)

pytestmark = pytest.mark.timeout(30)


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as captured:
        yield captured


def _events(lines: list[Any]) -> list[str]:
    return [line["event"] for line in lines]


# --- an ordinary life ---


async def test_the_address_told_is_one_that_answers(scene: Scene) -> None:
    async with serving(scene.app, host="127.0.0.1") as running:
        assert running.address == f"http://127.0.0.1:{running.port}"
        assert (await running.ask(ask_for())).body == b'{"well":true}\n'


async def test_an_address_in_use_is_an_error_of_the_operating_system(scene: Scene) -> None:
    async with serving(scene.app) as running:
        with pytest.raises(OSError, match="in use"):
            await server.serve(scene.app, Server(port=running.port), shutdown=trio.Event())


def test_an_ipv6_address_is_told_in_brackets() -> None:
    with socket.socket() as plain:
        plain.bind(("127.0.0.1", 0))
        plain.listen()
        listener = trio.SocketListener(trio.socket.from_stdlib_socket(plain))
        assert server._address("::1", listener).startswith("http://[::1]:")


async def test_a_connection_serves_one_request_after_the_other(scene: Scene) -> None:
    async with serving(scene.app) as running, await running.connect() as client:
        for _ in range(3):
            await client.send(ask_for())
            assert (await client.answer()).status == 200


@pytest.mark.parametrize(
    "packet",
    [
        ask_for("/json", "GET", "Connection: close"),
        b"GET /json HTTP/1.0\r\n\r\n",
        b"GET /json HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    ],
)
async def test_who_wants_one_answer_gets_it_and_is_closed(scene: Scene, packet: bytes) -> None:
    async with serving(scene.app) as running, await running.connect() as client:
        await client.send(packet)
        answer = await client.rest()
        assert answer.startswith(b"HTTP/1.1 200")
        assert b"connection: close" in answer.lower()


async def test_closed_connections_leave_no_file_descriptor_behind(scene: Scene) -> None:
    async with serving(scene.app) as running:
        await running.ask(ask_for())
        await settle()
        before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208  # not a disk
        clients = [await running.connect() for _ in range(100)]
        for client in clients:
            await client.send(ask_for("/json", "GET", "Connection: close"))
            assert (await client.rest()).startswith(b"HTTP/1.1 200")
        # the clients never close: the server's ends are gone, theirs are left
        assert len(os.listdir("/proc/self/fd")) == before + 100  # noqa: PTH208
        for client in clients:
            client.close()


# --- deadlines ---


async def _read_all(client: Client) -> None:
    while await client.stream.receive_some(1 << 20):
        pass


async def _send_on(client: Client) -> None:
    while True:
        await client.send(b"x" * 1000)
        await settle()


async def _closed_within(client: Client, clock: MockClock, least: float, most: float) -> bool:
    """Whether the server closes not before `least` and at the latest after `most` seconds."""
    closed = trio.Event()

    async def read() -> None:
        await client.rest()
        closed.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        await pass_time(clock, least)
        too_early = closed.is_set()
        await pass_time(clock, most - least)
        in_time = closed.is_set()
        nursery.cancel_scope.cancel()
    return in_time and not too_early


@pytest.mark.parametrize("sent", [b"", b"GET /json HTTP/1.1\r\nHost:"])
async def test_half_a_head_is_waited_for_no_longer_than_the_header_timeout(
    scene: Scene, mock_clock: MockClock, sent: bytes
) -> None:
    async with serving(scene.app, header_timeout=5) as running, await running.connect() as client:
        await client.send(sent)
        assert await _closed_within(client, mock_clock, 4.5, 5.5)


async def test_a_dripped_head_gets_no_more_time_than_a_stalled_one(
    scene: Scene, mock_clock: MockClock
) -> None:
    async with serving(scene.app, header_timeout=5) as running, await running.connect() as client:
        for byte in b"GET /":
            await client.send(bytes([byte]))
            await pass_time(mock_clock, 0.9, step=0.9)
        assert await _closed_within(client, mock_clock, 0, 1)


async def test_a_connection_that_was_used_may_sit_idle_no_longer_than_a_new_one(
    scene: Scene, mock_clock: MockClock
) -> None:
    async with serving(scene.app, header_timeout=5) as running, await running.connect() as client:
        for _ in range(2):
            await client.send(ask_for())
            await client.answer()
            await pass_time(mock_clock, 4)
        await client.send(ask_for())
        await client.answer()
        assert await _closed_within(client, mock_clock, 4.5, 5.5)


async def test_a_handler_may_take_longer_than_any_timeout(
    scene: Scene, mock_clock: MockClock
) -> None:
    async with serving(scene.app) as running, await running.connect() as client:
        await client.send(ask_for("/wait"))
        await pass_time(mock_clock, 1000, step=100)
        scene.gate.set()
        assert (await client.answer()).status == 200


async def test_a_download_to_a_client_that_does_not_read_ends_after_the_send_timeout(
    scene: Scene, lines: list[Any], mock_clock: MockClock
) -> None:
    async with (
        serving(scene.app, send_timeout=10) as running,
        await running.connect(receive_buffer=4096) as client,
    ):
        await client.send(ask_for("/download?size=100000000"))
        await pass_time(mock_clock, 9)
        assert scene.ended == []
        await pass_time(mock_clock, 2)
        assert scene.ended == ["download"]
    assert "client_does_not_read" in _events(lines)


async def test_a_slow_but_steady_download_is_not_cut_however_long_it_takes(
    scene: Scene, mock_clock: MockClock
) -> None:
    size = 4 << 20
    async with (
        serving(scene.app, send_timeout=10) as running,
        await running.connect(receive_buffer=65536) as client,
    ):
        await client.send(ask_for(f"/download?size={size}"))
        await client.until(b"\r\n\r\n")
        got = len(client.buffer)
        since = trio.current_time()
        while got < size:
            await pass_time(mock_clock, 5, step=5)
            for _ in range(8):
                got += len(await client.more()) if got < size else 0
        assert got == size
        assert trio.current_time() - since > 30


async def test_a_cut_download_ends_with_a_reset_not_as_if_it_were_whole(
    scene: Scene, mock_clock: MockClock
) -> None:
    async with (
        serving(scene.app, send_timeout=10) as running,
        await running.connect(receive_buffer=4096) as client,
    ):
        await client.send(b"GET /download?size=100000000 HTTP/1.0\r\n\r\n")
        await pass_time(mock_clock, 12, step=1)
        with pytest.raises(trio.BrokenResourceError):
            await _read_all(client)


# --- clients that leave, and what is left to read ---


@pytest.mark.parametrize("leave", ["close", "reset"])
async def test_a_handler_is_cancelled_when_its_client_leaves(scene: Scene, leave: str) -> None:
    async with serving(scene.app) as running:
        client = await running.connect()
        await client.send(ask_for("/wait"))
        await eventually(lambda: scene.entered == ["wait"])
        getattr(client, leave)()
        await eventually(lambda: scene.ended == ["wait"])


@pytest.mark.parametrize("leave", ["close", "reset"])
async def test_leaving_in_the_middle_of_a_body_is_one_quiet_line(
    scene: Scene, lines: list[Any], leave: str
) -> None:
    async with serving(scene.app) as running:
        client = await running.connect()
        await client.send(ask_for("/upload", "PUT", "Content-Length: 100000") + b"x" * 5000)
        await eventually(lambda: scene.taken == 5000)
        getattr(client, leave)()
        await eventually(lambda: scene.ended == ["upload"])
        await settle()
        (line,) = lines
    assert (line["event"], line["log_level"], line["path"]) == ("request", "info", "/upload")
    assert (line["status"], line["cut"]) == (None, True)


async def test_an_answer_before_the_body_is_read_arrives_and_the_connection_closes(
    scene: Scene,
) -> None:
    async with serving(scene.app) as running, await running.connect() as client:
        await client.send(ask_for("/early", "PUT", "Content-Length: 50000000"))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(push, client, bytes(1 << 16), 2 << 20)
            answer = await client.answer()
            assert answer.status == 200
        assert await client.rest() == b""


async def test_a_client_that_goes_on_sending_after_its_answer_is_closed_soon(
    scene: Scene, mock_clock: MockClock
) -> None:
    async with serving(scene.app) as running, await running.connect() as client:
        await client.send(ask_for("/early", "PUT", "Content-Length: 50000000") + b"x")
        assert (await client.answer()).status == 200
        await pass_time(mock_clock, edge_connection.LINGER + 0.5)
        with pytest.raises(trio.BrokenResourceError):
            await _send_on(client)


async def test_a_cancelled_send_leaves_its_rest_to_be_sent_first_by_the_next() -> None:
    large, cut = b"x" * (1 << 20), trio.Event()

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            raise NotImplementedError
        await send({"type": "websocket.accept"})
        with trio.CancelScope() as sending:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(send, {"type": "websocket.send", "bytes": large})
                await settle()
                sending.cancel()
        cut.set()
        await send({"type": "websocket.send", "text": "after"})
        await trio.sleep_forever()

    async with serving(app) as running, await running.connect(receive_buffer=4096) as client:
        await client.upgrade()
        await cut.wait()
        first, second = await client.frame(), await client.frame()
        assert first is not None
        assert len(first[1]) == len(large)
        assert second == (TEXT, b"after")


# --- trouble ---


async def test_an_error_of_one_connection_closes_it_alone_and_is_one_line(
    scene: Scene, lines: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    receive = Conversation.receive

    async def fail(self: Conversation, data: bytes) -> None:
        if b"fail" in data:
            raise ZeroDivisionError("no\nmore")
        await receive(self, data)

    monkeypatch.setattr(Conversation, "receive", fail)
    async with serving(scene.app) as running, await running.connect() as other:
        await other.send(ask_for("/wait"))
        async with await running.connect() as client:
            await client.send(ask_for("/fail"))
            assert await client.rest() == b""
        scene.gate.set()
        assert (await other.answer()).status == 200
    (line,) = [line for line in lines if line["log_level"] == "error"]
    assert line["event"] == "connection_failed"
    assert "ZeroDivisionError" in line["error"]
    assert line["error"].isprintable()


async def test_connections_beyond_the_most_are_told_to_come_back(
    scene: Scene, lines: list[Any]
) -> None:
    async with serving(scene.app, max_connections=2) as running:
        first, second = await running.connect(), await running.connect()
        await first.send(ask_for())
        assert (await first.answer()).status == 200
        async with await running.connect() as surplus:
            answer = await surplus.answer()
            assert answer.status == 503
            assert "retry-after" in answer.headers
            assert json.loads(answer.body)["limit"] == "connections"
        second.close()
        await eventually(lambda: "turned_away" in _events(lines))
        await settle()
        assert (await running.ask(ask_for())).status == 200
        first.close()


COUNTED = {"uncounted": (), "max_connections_per_address": 2}


async def test_one_address_has_its_share_of_connections_and_others_theirs(scene: Scene) -> None:
    async with serving(scene.app, **COUNTED) as running:
        first, _second = await running.connect(), await running.connect()
        await first.send(ask_for())
        assert (await first.answer()).status == 200
        answer = await running.ask(ask_for())
        problem = json.loads(answer.body)
        assert (answer.status, problem["limit"]) == (429, "connections_per_address")
        assert answer.headers["retry-after"]
        assert problem["code"] == "too_many_connections"
        async with await running.connect(address="127.0.0.2") as other:
            await other.send(ask_for())
            assert (await other.answer()).status == 200
        first.close()
        await settle()
        assert (await running.ask(ask_for())).status == 200


async def test_an_uncounted_network_has_no_share(scene: Scene) -> None:
    async with serving(scene.app, max_connections_per_address=1) as running:
        _first, second = await running.connect(), await running.connect()
        await second.send(ask_for())
        assert (await second.answer()).status == 200


async def test_a_flood_of_refused_connections_is_one_line_in_the_log_and_leaves_nothing_open(
    scene: Scene, lines: list[Any], mock_clock: MockClock
) -> None:
    async with serving(scene.app, **COUNTED) as running:
        for _ in range(2):
            await running.connect()
        await settle()
        before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208  # not a disk
        for _ in range(edge_door.BENCH + 20):
            client = await running.connect()
            await client.until(b"\r\n\r\n")
            client.close()
        assert len(os.listdir("/proc/self/fd")) <= before + edge_door.BENCH  # noqa: PTH208
        await pass_time(mock_clock, 2 * edge_connection.LINGER, step=0.5)
        assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
        assert _events(lines).count("turned_away") == 1
        await pass_time(mock_clock, edge_door.NEWS, step=0.5)
    counts = [line["count"] for line in lines if line["event"] == "turned_away"]
    assert counts == [1, edge_door.BENCH + 19]


@pytest.mark.parametrize(
    ("limits", "wanted", "got", "raised"),
    [
        ((256, 20_000), 12_288, 12_288, 12_288 + edge_door.SPARE),
        ((1024, resource.RLIM_INFINITY), 5000, 5000, 5000 + edge_door.SPARE),
        ((65_536, 65_536), 12_288, 12_288, None),
        ((256, 1024), 4096, 768, 1024),
        ((256, 256), 4096, 192, 256),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), 4096, 4096, None),
    ],
)
def test_the_soft_limit_of_open_files_is_raised_as_far_as_connections_need_it(
    lines: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    limits: tuple[int, int],
    wanted: int,
    got: int,
    raised: int | None,
) -> None:
    set_to: list[int] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: set_to.append(pair[0]))
    assert edge_door.affordable(wanted) == got
    assert set_to == ([] if raised is None else [raised])
    assert _events(lines) == ([] if got == wanted else ["fewer_connections"])


async def test_without_file_descriptors_accepting_pauses_and_then_goes_on(
    scene: Scene, lines: list[Any], mock_clock: MockClock
) -> None:
    mock_clock.autojump_threshold = 0
    attempts = 0

    class Exhausted:
        async def accept(self) -> trio.SocketStream:
            nonlocal attempts
            attempts += 1
            if trio.current_time() - since < 2:
                raise OSError(errno.EMFILE, "Too many open files")
            return await trio.sleep_forever()

    options = Server()
    door = edge_door.Door(Engine(scene.app, options), options)
    since = trio.current_time()
    with trio.move_on_after(10):
        async with trio.open_nursery() as nursery:
            await door.accept(Exhausted(), nursery)  # type: ignore[arg-type]  # a fake listener
    assert 2 < attempts <= 2 / edge_door.PAUSE + 2
    assert _events(lines) == ["accept_failed"]


# --- the way down ---


@pytest.mark.usefixtures("mock_clock")  # it stands: no grace is used
async def test_at_shutdown_idle_and_half_said_connections_end_at_once(scene: Scene) -> None:
    async with serving(scene.app, grace=10) as running:
        clients = [await running.connect() for _ in range(3)]
        await clients[0].send(ask_for())
        await clients[0].answer()
        await clients[1].send(b"GET /json HT")
        await settle()
        running.shutdown.set()
        for client in clients:
            assert await client.rest() == b""
        await running.ended.wait()
        with pytest.raises(OSError, match="refused"):
            await running.connect()


@pytest.mark.usefixtures("mock_clock")
async def test_at_shutdown_a_running_request_is_finished_and_its_connection_closed(
    scene: Scene,
) -> None:
    async with serving(scene.app, grace=10) as running, await running.connect() as client:
        await client.send(ask_for("/wait"))
        await eventually(lambda: scene.entered == ["wait"])
        running.shutdown.set()
        await settle()
        scene.gate.set()
        answer = await client.answer()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        await running.ended.wait()


async def test_a_request_that_outlasts_the_grace_is_told_503(
    scene: Scene, mock_clock: MockClock
) -> None:
    async with serving(scene.app, grace=10) as running, await running.connect() as client:
        await client.send(ask_for("/wait"))
        await eventually(lambda: scene.entered == ["wait"])
        running.shutdown.set()
        await pass_time(mock_clock, 9.5, step=0.5)
        assert scene.ended == []
        await pass_time(mock_clock, 0.5)
        assert scene.ended == ["wait"]
        answer = await client.answer()
        assert answer.status == 503
        assert "retry-after" in answer.headers
        await running.ended.wait()


async def test_nothing_that_clients_do_makes_the_shutdown_longer_than_the_grace_and_a_second(
    scene: Scene, mock_clock: MockClock
) -> None:
    stubborn: list[Client] = []
    async with serving(scene.app, grace=3, send_timeout=60) as running:
        for packet in (
            ask_for("/download?size=100000000"),
            ask_for("/upload", "PUT", "Content-Length: 100") + b"x",
            ask_for("/ignore", "PUT", "Content-Length: 10000000") + bytes(200_000),
            ask_for("/wait"),
            b"GET / HT",
            b"",
        ):
            stubborn.append(await running.connect(receive_buffer=4096))
            await stubborn[-1].send(packet)
        for path in (b"/talk", b"/deaf", b"/echo"):
            stubborn.append(await running.connect(receive_buffer=4096))
            await stubborn[-1].upgrade(path)
        await settle()
        running.shutdown.set()
        await pass_time(mock_clock, 4.25, step=0.25)
        assert running.ended.is_set()
        for client in stubborn:
            client.close()
    assert len(scene.ended) == len(scene.entered)


async def test_websockets_hear_1001_before_any_handler_has_wound_up() -> None:
    """Thousands would otherwise wait for each other's handlers, and the last beyond the grace."""
    gate, count = trio.Event(), 20

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            raise NotImplementedError
        await send({"type": "websocket.accept"})
        try:
            await trio.sleep_forever()
        finally:
            with trio.CancelScope(shield=True):
                await gate.wait()

    async with serving(app, grace=10) as running:
        clients = [await running.connect() for _ in range(count)]
        for client in clients:
            await client.upgrade()
        running.shutdown.set()
        assert [await client.goodbye() for client in clients] == [1001] * count
        assert not running.ended.is_set()
        gate.set()
        await running.ended.wait()


async def test_at_shutdown_a_reader_that_stalls_uses_up_no_more_than_half_the_grace(
    scene: Scene, mock_clock: MockClock
) -> None:
    async with (
        serving(scene.app, grace=10, send_timeout=60) as running,
        await running.connect(receive_buffer=4096) as client,
    ):
        await client.send(ask_for("/download?size=100000000"))
        await settle()
        running.shutdown.set()
        await pass_time(mock_clock, 4.5, step=0.5)
        assert not running.ended.is_set()
        await pass_time(mock_clock, 0.5 + edge_connection.LINGER + 0.5, step=0.5)
        assert running.ended.is_set()


async def test_being_cancelled_ends_everything_without_grace(
    scene: Scene, mock_clock: MockClock
) -> None:
    async with serving(scene.app, grace=10, send_timeout=60) as running:
        clients = [await running.connect(receive_buffer=4096) for _ in range(2)]
        await clients[0].send(ask_for("/download?size=100000000"))
        await clients[1].upgrade(b"/talk")
        await settle()
        stopping = trio.current_time()
        running.cancel()
        await pass_time(mock_clock, 1.5)
        assert running.ended.is_set()
        assert trio.current_time() - stopping <= 1.5
        for client in clients:
            client.close()
