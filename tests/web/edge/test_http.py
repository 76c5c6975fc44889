import inspect
import json
import random
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import hpack
import hyperframe.frame as h2
import pytest
import structlog
import trio
from hypercorn.config import Config
from hypercorn.logging import Logger
from hypercorn.protocol.h11 import H11Protocol, H11WSConnection
from hypercorn.protocol.http_stream import HTTPStream
from hypercorn.protocol.ws_stream import Handshake, WebsocketBuffer, WSStream
from hypercorn.trio.lifespan import Lifespan

from tests.web.rawclient import (
    HANDSHAKE,
    TEXT,
    Running,
    Scene,
    ask_for,
    eventually,
    masked,
    serving,
)
from web import headers
from web.edge.connection import Connection

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
    assert json.loads(answer.body)["incident"] == line["incident"]


@pytest.mark.parametrize("packet", [ask_for("/nothing"), HANDSHAKE % (b"/nothing", b"")])
async def test_an_application_without_an_answer_is_an_incident_in_the_log_too(
    lines: list[Any], packet: bytes
) -> None:
    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        if scope["type"] == "lifespan":
            raise NotImplementedError

    async with serving(app) as server:
        answer = await server.ask(packet)
    assert answer.status == 500
    (line,) = [line for line in lines if line["event"] == "application_failed"]
    assert json.loads(answer.body)["incident"] == line["incident"]


async def test_every_answer_of_the_edge_is_inert_to_browsers(scene: Scene) -> None:
    async with serving(scene.app, hosts=["shop.example"]) as server:
        for packet, status in (
            (b"nonsense\r\n\r\n", 400),
            (ask_for("/" + "x" * 9000), 414),
            (ask_for(), 421),
            (ask_for("/json", "GET", *["X: y"] * 200), 431),
            (b"GET /json HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: x\r\n\r\n", 501),
            ((HANDSHAKE % (b"/echo", b"")).replace(b" 13", b" 7").replace(b"here", b"[::1]"), 400),
        ):
            answer = await server.ask(packet)
            assert answer.status == status
            for name, value in headers.SECURITY.items():
                assert answer.headers[name.lower()] == value
            assert answer.headers["content-security-policy"] == headers.CONTENT_POLICY
            assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
async def test_a_name_that_is_not_ours_gets_421_before_the_application_hears_of_it(
    scene: Scene, lines: list[Any], method: str
) -> None:
    async with serving(scene.app, hosts=["shop.example"]) as server:
        for packet in (
            f"{method} /json HTTP/1.1\r\nHost: evil.example\r\n\r\n",
            f"{method} http://evil.example/json HTTP/1.1\r\nHost: shop.example\r\n\r\n",
        ):
            async with await server.connect() as client:
                await client.send(packet.encode() + ask_for())
                assert (await client.rest()).count(b"HTTP/1.1 421 ") == 1
        for name in ("shop.example:99", f"127.0.0.1:{server.port}", "LOCALHOST"):
            answer = await server.ask(f"GET /json HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
            assert answer.status == 200
    assert [line for line in lines if line["log_level"] == "error"] == []


@pytest.mark.parametrize("line", ["Content-Length: 5", CHUNKED])
async def test_a_handshake_with_a_body_is_refused_for_its_frames_could_be_either(
    scene: Scene, line: str
) -> None:
    async with serving(scene.app) as server, await server.connect() as client:
        head = await client.upgrade(extra=line.encode() + b"\r\n")
        assert head.startswith(b"HTTP/1.1 400")


BODY = ask_for("/upload", "PUT", CHUNKED)


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(
    "rest",
    [b"3 \r\nabc\r\n0\r\n\r\n", b"3;\r\r\nabc\r\n0\r\n\r\n", b"0\r\n\n", b"0\r\nX: y\n\n"],
)
async def test_a_body_whose_framing_is_read_in_two_ways_hides_no_second_request(
    scene: Scene, rest: bytes, *, at_once: bool
) -> None:
    async with serving(scene.app) as server, await server.connect() as client:
        if at_once:
            await client.send(BODY + rest + ask_for())
        else:
            await client.send(BODY)
            await eventually(lambda: scene.entered == ["upload"])
            await client.send(rest + ask_for())
        answers = await client.rest()
        assert answers.startswith(b"HTTP/1.1 400 ")
        assert answers.count(b"HTTP/1.1") == 1


async def test_trailers_are_passed_over_and_the_next_request_is_answered(scene: Scene) -> None:
    async with serving(scene.app) as server, await server.connect() as client:
        await client.send(BODY + b"3;x=y\r\nabc\r\n0\r\nContent-Length: 9\r\n\r\n" + ask_for())
        assert (await client.answer()).body.strip() == b'{"size":3}'
        assert (await client.answer()).status == 200


async def test_a_flood_of_pipelined_requests_keeps_nobody_waiting(scene: Scene) -> None:
    """Others are answered while thousands of one client's requests are waiting their turn."""
    async with (
        serving(scene.app) as server,
        await server.connect() as client,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(client.send, ask_for() * 10_000)
        await client.until(b'{"well":true}\n')
        for _ in range(5):
            assert (await server.ask(ask_for())).status == 200
        nursery.cancel_scope.cancel()


async def test_a_client_that_has_closed_its_half_is_closed_and_its_handler_cancelled(
    scene: Scene,
) -> None:
    async with serving(scene.app) as server, await server.connect() as client:
        await client.send(ask_for("/wait"))
        await eventually(lambda: scene.entered == ["wait"])
        await client.stream.send_eof()
        assert await client.rest() == b""
        assert scene.ended == ["wait"]


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


async def test_the_line_of_a_request_tells_who_asked_what_and_what_became_of_it(
    scene: Scene, lines: list[Any]
) -> None:
    async with serving(scene.app, proxies=["127.0.0.1"]) as server:
        forwarded = ("X-Forwarded-For: 6.6.6.6", "x-forwarded-for: 9.9.9.9, 127.0.0.1")
        secrets = ("Authorization: Bearer hunter2", "Cookie: a=hunter2")
        await server.ask(ask_for("/json?token=hunter2", "GET", *forwarded, *secrets))
        async with await server.connect() as client:
            await client.upgrade()
            await eventually(lambda: scene.entered == ["echo"])
        async with await server.connect() as client:
            await client.send(ask_for("/json", "HEAD"))
            assert (await client.answer("HEAD")).status == 200
    told = [line for line in lines if line["event"] == "request"]
    first, socket, head = told
    assert (first["method"], first["path"], first["status"]) == ("GET", "/json", 200)
    assert (first["bytes"], first["client"], first["via"]) == (14, "9.9.9.9", "127.0.0.1")
    assert 0 <= first["seconds"] < 60
    assert (socket["method"], socket["status"], socket["client"]) == ("WEBSOCKET", 101, "127.0.0.1")
    assert (head["bytes"], head["status"]) == (0, 200)
    assert "cut" not in first.keys() | socket.keys() | head.keys()
    assert "hunter2" not in str(lines)


async def test_a_stranger_who_speaks_for_others_is_not_believed_in_the_log(
    scene: Scene, lines: list[Any]
) -> None:
    async with serving(scene.app) as server:
        await server.ask(ask_for("/json", "GET", "X-Forwarded-For: 9.9.9.9"))
    (line,) = [line for line in lines if line["event"] == "request"]
    assert line["client"] == "127.0.0.1"


@pytest.mark.parametrize("path", ["/wait", "/download?size=100000000"])
async def test_a_client_that_leaves_early_is_one_line_too(
    scene: Scene, lines: list[Any], path: str
) -> None:
    async with serving(scene.app) as server:
        async with await server.connect() as client:
            await client.send(ask_for(path))
            await eventually(lambda: len(scene.entered) == 1)
        await eventually(lambda: len(scene.ended) == 1)
        await eventually(lambda: "request" in [line["event"] for line in lines])
    (line,) = [line for line in lines if line["event"] == "request"]
    assert line["cut"] is True
    assert line["path"] == path.partition("?")[0]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_an_answer_that_the_socket_took_whole_is_not_cut_however_soon_the_client_leaves(
    scene: Scene, lines: list[Any], monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """The news that it left may overtake the sender's own knowledge that all was sent."""
    write = Connection.write

    async def write_and_hear_that_it_left(connection: Connection, data: bytes) -> None:
        await write(connection, data)
        await connection._conversation.leave()
        connection._cancel()

    monkeypatch.setattr(Connection, "write", write_and_hear_that_it_left)
    async with serving(scene.app) as server, await server.connect() as client:
        await client.send(ask_for("/json", method))
        assert (await client.answer(method)).status == 200
        await eventually(lambda: "request" in [line["event"] for line in lines])
    (line,) = [line for line in lines if line["event"] == "request"]
    assert (line["status"], line["bytes"]) == (200, 14 if method == "GET" else 0)
    assert "cut" not in line


@pytest.mark.parametrize(("announced", "cut"), [(2, False), (3, True), (None, True)])
async def test_an_answer_is_whole_with_the_last_byte_announced_and_else_with_its_end(
    lines: list[Any], announced: int | None, *, cut: bool
) -> None:
    """A client that has all bytes leaves before the application says that there are no more."""
    length = [] if announced is None else [(b"content-length", b"%d" % announced)]

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            raise NotImplementedError
        await send({"type": "http.response.start", "status": 200, "headers": length})
        await send({"type": "http.response.body", "body": b"ab", "more_body": True})
        await trio.sleep_forever()

    async with serving(app) as server:
        async with await server.connect() as client:
            await client.send(ask_for())
            await client.until(b"ab")
        await eventually(lambda: "request" in [line["event"] for line in lines])
    (line,) = [line for line in lines if line["event"] == "request"]
    assert (line["bytes"], line.get("cut", False)) == (2, cut)


async def test_an_answer_that_is_the_last_says_so_once(scene: Scene) -> None:
    async with (
        serving(scene.app, hosts=["named.example"]) as server,
        await server.connect() as client,
    ):
        await client.send(ask_for())
        head = await client.until(b"\r\n\r\n")
    assert b" 421 " in head
    assert head.lower().count(b"connection: close") == 1


async def test_a_websocket_whose_client_leaves_before_the_answer_is_one_line(
    lines: list[Any],
) -> None:
    entered = trio.Event()

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        if scope["type"] == "lifespan":
            raise NotImplementedError
        entered.set()
        await trio.sleep_forever()

    async with serving(app) as server:
        async with await server.connect() as client:
            await client.send(HANDSHAKE % (b"/echo", b""))
            await entered.wait()
        await eventually(lambda: "request" in [line["event"] for line in lines])
    (line,) = [line for line in lines if line["event"] == "request"]
    assert (line["method"], line["status"], line["cut"]) == ("WEBSOCKET", None, True)
    assert [line for line in lines if line["log_level"] == "error"] == []


async def test_the_application_hears_of_the_peer_itself_whatever_a_header_says() -> None:
    scopes: list[Any] = []

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            raise NotImplementedError
        scopes.append(scope)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async with (
        serving(app, proxies=["127.0.0.0/8"]) as server,
        await server.connect(address="127.0.0.3") as client,
    ):
        await client.send(ask_for("/", "GET", "X-Forwarded-For: 9.9.9.9"))
        assert (await client.answer()).status == 204
        port = client.stream.socket.getsockname()[1]
    (scope,) = scopes
    assert scope["client"] == ("127.0.0.3", port)
    assert scope["state"] == {}


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
        Handshake: {
            "__init__": "self headers http_version",
            "accept": "self subprotocol additional_headers",
        },
        WebsocketBuffer: {
            "extend": "self event",
            "clear": "self",
            "to_message": "self",
        },
        Logger: {
            "access": "self request response request_time",
            "warning": "self message args kwargs",
            "exception": "self message args kwargs",
        },
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
    assert {"our_state", "their_state", "trailing_data"} <= vars(H11WSConnection).keys()
    for name in ("h11_max_incomplete_size", "websocket_max_message_size", "shutdown_timeout"):
        assert hasattr(Config(), name), name
    assert "self.keep_alive_requests >=" in inspect.getsource(H11Protocol.stream_send)
