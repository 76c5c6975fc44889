from collections.abc import Iterator
from typing import Any

import pytest
import structlog
import trio
import trio_websocket
from trio.testing import MockClock

from tests.web.rawclient import (
    BINARY,
    CLOSE,
    HANDSHAKE,
    PING,
    PONG,
    TEXT,
    Scene,
    ask_for,
    eventually,
    masked,
    pass_time,
    push,
    serving,
    settle,
)
from web.edge.rules import MESSAGE_LIMIT

pytestmark = pytest.mark.timeout(30)

DEFLATE = b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as captured:
        yield captured


async def test_a_well_behaved_client_is_echoed_and_says_goodbye(scene: Scene) -> None:
    async with serving(scene.app) as server:
        async with trio_websocket.open_websocket_url(
            f"ws://127.0.0.1:{server.port}/echo"
        ) as socket:
            for message in ("a", b"b", "", b"", "x" * MESSAGE_LIMIT):
                await socket.send_message(message)
                assert await socket.get_message() == message
        await eventually(lambda: scene.ended == ["echo"])


async def test_compression_is_never_agreed_to(scene: Scene) -> None:
    async with serving(scene.app) as server, await server.connect() as client:
        head = await client.upgrade(extra=DEFLATE)
        assert head.startswith(b"HTTP/1.1 101")
        assert b"deflate" not in head
        await client.send(bytes([0xC1, 0x80, 0, 0, 0, 0]))  # RSV1: "compressed"
        assert await client.goodbye() == 1002


@pytest.mark.parametrize(
    ("code", "frames"),
    [
        (1002, bytes([0x81, 0x01]) + b"a"),  # not masked
        (1002, bytes([0xF1, 0x80, 0, 0, 0, 0])),  # reserved bits
        (1002, masked(3)),  # no such opcode
        (1002, masked(PING, last=False)),  # a control frame in pieces
        (1002, masked(PING, b"x" * 126)),  # a control frame too long
        (1002, masked(0, b"a")),  # goes on with nothing
        (1002, masked(TEXT, b"a", last=False) + masked(TEXT, b"b")),  # begins anew
        (1002, masked(CLOSE, b"x")),  # half a code
        (1002, masked(CLOSE, b"\x03\xe7")),  # 999
        (1007, masked(CLOSE, b"\x03\xe8\xff")),  # a reason that is no text
        (1007, masked(TEXT, b"\xff")),  # a text that is none
        (1009, masked(BINARY, bytes(MESSAGE_LIMIT + 1))),
        (1009, masked(TEXT, bytes(MESSAGE_LIMIT), last=False) + masked(0, b"x")),
    ],
)
async def test_what_is_no_message_of_ours_ends_with_its_code(
    scene: Scene, lines: list[Any], code: int, frames: bytes
) -> None:
    async with serving(scene.app) as server:
        async with await server.connect() as client:
            await client.upgrade()
            await client.send(frames)
            assert await client.goodbye() == code
        await eventually(lambda: scene.ended == ["echo"])
        assert (await server.ask(ask_for())).status == 200
    assert scene.taken == 0
    assert [line for line in lines if line["log_level"] == "error"] == []


async def test_frames_before_the_handshake_is_answered_are_refused_without_trouble(
    scene: Scene, lines: list[Any]
) -> None:
    async with serving(scene.app) as server:
        for _ in range(30):  # the application accepts at the same moment: the order is by chance
            async with await server.connect() as client:
                await client.send(HANDSHAKE % (b"/echo", b"") + masked(TEXT, b"early") * 2)
                assert (await client.until(b"\r\n")).split()[1] in (b"400", b"101")
    assert [line for line in lines if line["log_level"] == "error"] == []


async def test_after_1009_nothing_more_is_parsed(scene: Scene) -> None:
    async with serving(scene.app) as server, await server.connect() as client:
        await client.upgrade()
        await client.send(masked(BINARY, bytes(MESSAGE_LIMIT + 1)) + masked(TEXT, b"more"))
        assert await client.goodbye() == 1009
        assert await client.more() == b""
    assert scene.taken == 0


async def test_a_flood_to_a_handler_that_does_not_read_blocks_the_client(scene: Scene) -> None:
    async with serving(scene.app) as server, await server.connect() as client:
        await client.upgrade(b"/deaf")
        frame = masked(BINARY, bytes(60_000))
        assert await push(client, frame, 64 << 20) < 16 << 20
        assert (await server.ask(ask_for())).status == 200


async def test_a_flood_to_a_handler_that_reads_is_closed_with_1008(scene: Scene) -> None:
    async with serving(scene.app) as server, await server.connect() as client:
        await client.upgrade()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(push, client, masked(TEXT, b"x"), 1 << 16)
            assert await client.goodbye() == 1008
            nursery.cancel_scope.cancel()


async def test_pings_are_answered(scene: Scene) -> None:
    async with serving(scene.app) as server, await server.connect() as client:
        await client.upgrade()
        await client.send(masked(PING, b"there?"))
        assert await client.frame() == (PONG, b"there?")


async def test_a_client_that_answers_pings_stays_however_long_it_says_nothing(
    scene: Scene, mock_clock: MockClock
) -> None:
    async with serving(scene.app, ping_interval=20) as server, await server.connect() as client:
        await client.upgrade()
        for _ in range(5):
            await pass_time(mock_clock, 20, step=20)
            assert await client.frame() == (PING, b"")
            await client.send(masked(PONG))
        await client.send(masked(TEXT, b"still here"))
        assert await client.frame() == (TEXT, b"still here")


async def test_a_client_that_answers_no_ping_for_two_intervals_is_closed(
    scene: Scene, lines: list[Any], mock_clock: MockClock
) -> None:
    async with serving(scene.app, ping_interval=20) as server, await server.connect() as client:
        await client.upgrade()
        await pass_time(mock_clock, 39, step=1)
        assert scene.ended == []
        await pass_time(mock_clock, 1, step=1)
        assert scene.ended == ["echo"]
        assert await client.goodbye() == 1013
    assert "no_pong" in [line["event"] for line in lines]


async def test_a_handler_that_only_sends_is_cancelled_when_its_client_leaves(scene: Scene) -> None:
    async with serving(scene.app) as server:
        for leave in ("close", "reset"):
            client = await server.connect()
            await client.upgrade(b"/talk")
            getattr(client, leave)()
            await eventually(lambda: len(scene.ended) == len(scene.entered))
        assert scene.ended == ["talk", "talk"]
        assert (await server.ask(ask_for())).status == 200


async def test_a_handler_that_does_not_read_is_cancelled_when_its_client_leaves(
    scene: Scene,
) -> None:
    async with serving(scene.app) as server:
        async with await server.connect() as client:
            await client.upgrade(b"/deaf")
            await client.send(masked(CLOSE, b"\x03\xe8"))
            assert await client.goodbye() == 1000
        await eventually(lambda: scene.ended == ["wait"])


async def test_a_client_that_does_not_read_is_given_up_after_the_send_timeout(
    scene: Scene, lines: list[Any], mock_clock: MockClock
) -> None:
    async with (
        serving(scene.app, send_timeout=15) as server,
        await server.connect(receive_buffer=4096) as client,
    ):
        await client.upgrade(b"/talk")
        await pass_time(mock_clock, 14, step=1)
        assert scene.ended == []
        await pass_time(mock_clock, 1, step=1)
        assert scene.ended == ["talk"]
        assert await client.goodbye() == 1013
    assert "client_does_not_read" in [line["event"] for line in lines]


async def test_a_handler_that_fails_closes_with_1011(scene: Scene) -> None:
    scene.app.logger.disabled = True
    async with serving(scene.app) as server, await server.connect() as client:
        await client.upgrade(b"/boom")
        assert await client.goodbye() == 1011


async def test_an_application_that_fails_outside_of_quart_closes_with_1011() -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        raise ValueError("boom")

    async with serving(app) as server, await server.connect() as client:
        await client.upgrade()
        assert await client.goodbye() == 1011


async def test_a_handshake_that_is_none_is_refused_and_closed(scene: Scene) -> None:
    async with serving(scene.app) as server, await server.connect() as client:
        await client.send(
            b"GET /echo HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\n"
            b"Upgrade: websocket\r\nSec-WebSocket-Version: 7\r\n\r\n"
        )
        assert (await client.rest()).startswith(b"HTTP/1.1 400")


async def test_a_websocket_where_there_is_none_answers_404_and_closes(scene: Scene) -> None:
    async with serving(scene.app) as server, await server.connect() as client:
        assert (await client.upgrade(b"/missing")).startswith(b"HTTP/1.1 404")
        await client.rest()


async def test_at_shutdown_open_websockets_hear_1001_while_requests_go_on(scene: Scene) -> None:
    async with serving(scene.app, grace=10) as server:
        async with await server.connect() as request, await server.connect() as client:
            await request.send(ask_for("/wait"))
            await client.upgrade()
            await eventually(lambda: scene.entered == ["wait", "echo"])
            server.shutdown.set()
            assert await client.goodbye() == 1001
            assert not server.ended.is_set()
            scene.gate.set()
            assert (await request.answer()).status == 200
        await server.ended.wait()
    assert scene.ended == ["echo"]


@pytest.mark.usefixtures("mock_clock")
async def test_at_shutdown_a_client_that_does_not_read_finds_1001_when_it_reads_again(
    scene: Scene,
) -> None:
    async with serving(scene.app) as server, await server.connect(receive_buffer=4096) as client:
        await client.upgrade(b"/talk")
        await settle()
        server.shutdown.set()
        await eventually(lambda: scene.ended == ["talk"])
        assert await client.goodbye() == 1001
