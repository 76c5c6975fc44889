import inspect
import random
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import hpack
import hyperframe.frame as h2
import pytest
import structlog
import trio
from hypercorn.protocol.h11 import H11Protocol, H11WSConnection
from hypercorn.protocol.http_stream import HTTPStream
from hypercorn.protocol.ws_stream import Handshake, WSStream
from hypercorn.trio.lifespan import Lifespan

from web.edge_connection import Connection

from .rawclient import HANDSHAKE, TEXT, Running, Scene, ask_for, eventually, masked, serving

pytestmark = pytest.mark.timeout(30)

CHUNKED = "Transfer-Encoding: chunked"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as captured:
        yield captured


def _h2(*headers: tuple[bytes, bytes]) -> bytes:
    """A connection of HTTP/2 by prior knowledge with one request."""
    block = hpack.Encoder().encode(headers)
    frame = h2.HeadersFrame(1, data=block, flags=["END_HEADERS", "END_STREAM"])
    return PREFACE + h2.SettingsFrame(0).serialize() + frame.serialize()


def _handshake(*extra: bytes) -> bytes:
    return HANDSHAKE % (b"/echo", b"".join(line + b"\r\n" for line in extra))


_H2_WELL = ((b":scheme", b"http"), (b":authority", b"here"))
KILLS = {
    "h2c upgrade with bad settings": b"GET /json HTTP/1.1\r\nHost: here\r\n"
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAAAAAA\r\n\r\n",
    "websocket extensions beyond ASCII": _handshake(b"Sec-WebSocket-Extensions: \xe9"),
    "websocket protocol beyond ASCII": _handshake(b"Sec-WebSocket-Protocol: \xe9"),
    "h2 path beyond ASCII": _h2((b":method", b"GET"), (b":path", b"/\xff"), *_H2_WELL),
    "h2 method beyond ASCII": _h2((b":method", b"G\xff"), (b":path", b"/"), *_H2_WELL),
    "h2 CONNECT without path": _h2((b":method", b"CONNECT"), (b":authority", b"here")),
    "h2 websocket protocol beyond ASCII": _h2(
        (b":method", b"CONNECT"),
        (b":protocol", b"websocket"),
        (b":path", b"/echo"),
        *_H2_WELL,
        (b"sec-websocket-version", b"13"),
        (b"sec-websocket-protocol", b"\xe9"),
    ),
    "websocket upgrade and one byte": _handshake() + b"x",
}


@pytest.mark.parametrize("packet", KILLS.values(), ids=KILLS)
async def test_no_single_packet_ends_the_server(
    scene: Scene, lines: list[Any], packet: bytes
) -> None:
    async with serving(scene.app) as server:
        async with await server.connect() as attacker:
            await attacker.send(packet)
            head = await attacker.until(b"\r\n\r\n")
            assert head.split()[1] in (b"200", b"400")
        assert (await server.ask(ask_for())).status == 200
    assert [line for line in lines if line["log_level"] in ("error", "warning")] == []


async def test_mutated_packets_end_neither_the_server_nor_a_connection_by_an_error_of_ours(
    scene: Scene, lines: list[Any]
) -> None:
    seeds = [
        ask_for("/json", "POST", "Content-Type: application/json", body=b'{"a": 1}'),
        ask_for("/json", "POST", CHUNKED) + b"3\r\nabc\r\n0\r\n\r\n",
        _handshake(b"Sec-WebSocket-Protocol: one, two"),
        _handshake() + masked(TEXT, b"hello") * 3,
    ]
    chance = random.Random(1)
    async with serving(scene.app, header_timeout=0.2) as server:
        for start in range(0, 400, 20):
            async with trio.open_nursery() as nursery:
                for _ in range(start, start + 20):
                    nursery.start_soon(_throw, server, _mutated(chance, chance.choice(seeds)))
        assert (await server.ask(ask_for())).status == 200
    assert [line for line in lines if line["log_level"] == "error"] == []


def _mutated(chance: random.Random, packet: bytes) -> bytes:
    data = bytearray(packet)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(data))
        match chance.randrange(3):
            case 0:
                data[place] ^= 1 << chance.randrange(8)
            case 1:
                del data[place : place + chance.randint(1, 20)]
            case _:
                data[place:place] = data[place : place + chance.randint(1, 20)]
        data = data or bytearray(b"x")
    return bytes(data)


async def _throw(server: Running, packet: bytes) -> None:
    async with await server.connect() as client:
        await client.send(packet)
        with trio.move_on_after(0.02):
            await client.more()


@pytest.mark.parametrize(
    "packet",
    [
        ask_for("/json", "POST", "Content-Length: 6", CHUNKED) + b"0\r\n\r\n",
        b"POST /json HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /json HTTP/1.1\nHost: here\n\n",
        b"GET /json HTTP/1.1\r\nHost: here\r\nX: a\r\n b\r\n\r\n",
        b"GET /json HTTP/1.1\r\n\r\n",
        b"GET /json HTTP/1.1\r\nHost: one\r\nHost: two\r\n\r\n",
        b"GET /json HTTP/1.1\r\nHost: here\r\nHost : two\r\n\r\n",
        b"POST /json HTTP/1.1\r\nHost: here\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"POST /json HTTP/1.1\r\nHost: here\r\nContent-Length: +3\r\n\r\nabc",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
async def test_what_two_servers_could_read_differently_is_refused_and_the_connection_closed(
    scene: Scene, packet: bytes
) -> None:
    async with serving(scene.app) as server, await server.connect() as client:
        await client.send(packet + ask_for("/json"))
        answers = await client.rest()
        assert answers.startswith(b"HTTP/1.1 400 ")
        assert answers.count(b"HTTP/1.1") == 1
        assert b"server:" not in answers.lower()


@pytest.mark.parametrize(("status", "line"), [(414, b"GET /%b"), (431, b"GET / HTTP/1.1\r\nX: %b")])
@pytest.mark.parametrize("step", [1 << 20, 1000])
async def test_a_head_beyond_its_limit_is_refused_however_it_arrives(
    scene: Scene, status: int, line: bytes, step: int
) -> None:
    packet = line % (b"x" * 20_000) + b" HTTP/1.1\r\nHost: here\r\n\r\n"
    async with serving(scene.app) as server, await server.connect() as client:
        with trio.CancelScope() as sending:

            async def send() -> None:
                for start in range(0, len(packet), step):
                    await client.send(packet[start : start + step])
                    await trio.lowlevel.checkpoint()

            async with trio.open_nursery() as nursery:
                nursery.start_soon(send)
                answer = await client.answer()
                sending.cancel()
        assert answer.status == status
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_malformed_chunk_is_refused_while_the_handler_runs(scene: Scene) -> None:
    async with serving(scene.app) as server, await server.connect() as client:
        await client.send(
            b"PUT /upload HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        await eventually(lambda: scene.entered == ["upload"])
        await client.send(b"3\r\nabcXX")
        assert (await client.answer()).status == 400
        await eventually(lambda: scene.ended == ["upload"])


async def test_pipelined_requests_are_answered_in_order(scene: Scene) -> None:
    async with serving(scene.app) as server, await server.connect() as client:
        body = b'{"a": 1}'
        await client.send(
            ask_for("/json")
            + ask_for("/json", "POST", "Content-Type: application/json", body=body)
            + ask_for("/missing")
        )
        assert [(await client.answer()).status for _ in range(3)] == [200, 200, 404]


async def test_continue_is_said_only_when_the_body_is_read(scene: Scene) -> None:
    expecting = ("Expect: 100-continue", "Content-Length: 5")
    async with serving(scene.app) as server:
        async with await server.connect() as client:
            await client.send(ask_for("/early", "PUT", *expecting))
            assert (await client.until(b"\r\n")).startswith(b"HTTP/1.1 200")
        async with await server.connect() as client:
            await client.send(ask_for("/upload", "PUT", *expecting))
            assert (await client.until(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
            await client.send(b"12345")
            assert (await client.answer()).body.strip() == b'{"size":5}'


async def test_a_small_answer_leaves_in_one_piece(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[bytes] = []
    write = Connection.write

    async def note(wire: Any, data: bytes) -> None:
        written.append(data)
        await write(wire, data)

    monkeypatch.setattr(Connection, "write", note)
    async with serving(scene.app) as running:
        await running.ask(ask_for())
    (piece,) = written
    assert b"content-length: 14\r\n" in piece
    assert piece.endswith(b'{"well":true}\n')


async def test_no_h2c_is_offered(scene: Scene) -> None:
    async with serving(scene.app) as server:
        answer = await server.ask(
            ask_for(
                "/json",
                "GET",
                "Connection: Upgrade, HTTP2-Settings",
                "Upgrade: h2c",
                "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA",
            )
        )
        assert answer.status == 200


async def test_an_error_of_the_application_is_one_line_and_a_500_without_its_words(
    lines: list[Any],
) -> None:
    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        raise ValueError("secret\nwords")

    async with serving(app) as server:
        answer = await server.ask(ask_for())
        assert answer.status == 500
        assert b"secret" not in answer.body
    (line,) = [line for line in lines if line["event"] == "application_failed"]
    assert "secret" in line["error"]
    assert line["error"].isprintable()


async def test_every_error_of_a_group_is_in_the_log(lines: list[Any]) -> None:
    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        raise ExceptionGroup("two", [ValueError("one"), KeyError("other")])

    async with serving(app) as server:
        assert (await server.ask(ask_for())).status == 500
    (line,) = [line for line in lines if line["event"] == "application_failed"]
    assert "one" in line["error"]
    assert "other" in line["error"]


async def test_a_request_is_one_line_whose_path_cannot_forge_another(
    scene: Scene, lines: list[Any]
) -> None:
    async with serving(scene.app) as server:
        await server.ask(ask_for("/%0a%1b[31mforged?token=secret"))
    (line,) = [line for line in lines if line["event"] == "request"]
    assert line["path"] == "/%0a%1b[31mforged"
    assert line["status"] == 404


@pytest.mark.parametrize("line", ["Connection: close", "Connection: keep-alive"])
async def test_an_application_may_wind_up_after_its_answer_while_its_client_leaves(
    line: str,
) -> None:
    gate, finished = trio.Event(), trio.Event()

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise NotImplementedError
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        await gate.wait()
        finished.set()

    async with serving(app) as server:
        async with await server.connect() as client:
            await client.send(ask_for("/", "GET", line))
            assert (await client.answer()).status == 204
            if line.endswith("close"):
                assert await client.rest() == b""
        await trio.testing.wait_all_tasks_blocked(0.02)
        gate.set()
        await finished.wait()


async def test_the_lifespan_is_started_before_and_ended_after_serving(scene: Scene) -> None:
    story: list[str] = []

    @scene.app.before_serving
    async def before() -> None:
        story.append("start")

    @scene.app.after_serving
    async def after() -> None:
        story.append("end")

    async with serving(scene.app) as server:
        await server.ask(ask_for())
        assert story == ["start"]
        server.shutdown.set()
        await server.ended.wait()
    assert story == ["start", "end"]


def _parameters(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


def test_hypercorn_still_has_every_name_that_we_replace_or_rely_on() -> None:
    assert version("hypercorn") == "0.18.0"
    expected = {
        H11Protocol: {
            "__init__": "self app config context task_group connection_state ssl client server "
            "send",
            "_handle_events": "self",
            "_send_h11_event": "self event",
            "_maybe_recycle": "self",
            "_close_stream": "self",
            "stream_send": "self event",
            "handle": "self event",
        },
        H11WSConnection: {"__init__": "self h11_connection", "next_event": "self"},
        HTTPStream: {
            "__init__": "self app config context task_group ssl client server send stream_id",
            "handle": "self event",
            "app_send": "self message",
            "_send_error_response": "self status_code",
        },
        WSStream: {
            "__init__": "self app config context task_group ssl client server send stream_id",
            "handle": "self event",
            "app_send": "self message",
            "_handle_events": "self",
            "_send_error_response": "self status_code",
            "_send_wsproto_event": "self event",
            "_send_pings": "self",
        },
        Handshake: {"__init__": "self headers http_version"},
        Lifespan: {
            "__init__": "self app config state",
            "handle_lifespan": "self task_status",
            "wait_for_startup": "self",
            "wait_for_shutdown": "self",
        },
    }
    for owner, methods in expected.items():
        for name, parameters in methods.items():
            assert name in vars(owner), f"{owner.__name__}.{name} moved"
            assert _parameters(vars(owner)[name]) == parameters.split(), f"{owner.__name__}.{name}"


def test_hypercorn_still_runs_applications_through_the_group_that_we_stand_in_for() -> None:
    for stream in (HTTPStream, WSStream):
        assert "self.task_group.spawn_app(" in inspect.getsource(stream.handle)
    assert "self.task_group.spawn(self._send_pings)" in inspect.getsource(WSStream._accept)
    assert "self.context.terminated.is_set()" in inspect.getsource(H11Protocol._maybe_recycle)
    assert "self.keep_alive_requests >=" in inspect.getsource(H11Protocol.stream_send)
