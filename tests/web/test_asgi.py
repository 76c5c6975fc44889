import inspect
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import pytest
import structlog
import trio
from quart import Quart, request, websocket
from quart.asgi import ASGIHTTPConnection, ASGIWebsocketConnection
from quart.wrappers.request import Body as QuartBody
from quart.wrappers.request import Request as QuartRequest
from quart.wrappers.websocket import Websocket as QuartWebsocket
from quart_trio import QuartTrio
from quart_trio.asgi import TrioASGIHTTPConnection, TrioASGIWebsocketConnection
from quart_trio.wrappers import TrioRequest, TrioWebsocket
from trio.testing import MockClock

from actors.errors import Fault, NotFound, TooLarge, UserBusy
from conf.settings import Server
from web.asgi import Application

from .rawclient import Answer, Scene, ask_for, eventually, pass_time, push, serving

pytestmark = pytest.mark.timeout(30)

CHUNKED = "Transfer-Encoding: chunked"
LIMIT = 8 << 20  # of the scene's upload


@pytest.fixture
def scene() -> Scene:
    return Scene(max_json_kb=64)


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as captured:
        yield captured


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


# --- bodies ---


async def test_a_body_arrives_whole_by_length_and_by_chunks(scene: Scene) -> None:
    body = bytes(range(256)) * 2000
    async with serving(scene.app) as server:
        answer = await server.ask(ask_for("/upload", "PUT", body=body))
        assert answer.body.strip() == b'{"size":512000}'
        pieces = b"".join(_chunk(body[start : start + 777]) for start in range(0, 512_000, 777))
        answer = await server.ask(ask_for("/upload", "PUT", CHUNKED) + pieces + b"0\r\n\r\n")
        assert answer.body.strip() == b'{"size":512000}'


async def test_a_small_body_is_parsed_and_may_be_asked_for_twice(scene: Scene) -> None:
    @scene.app.post("/twice")
    async def twice() -> dict[str, bool]:
        return {"same": await request.get_data() == await request.get_data() == b"abc"}

    async with serving(scene.app) as server:
        assert (await server.ask(ask_for("/twice", "POST", body=b"abc"))).body == b'{"same":true}\n'


async def _json(scene: Scene, *lines: str, body: bytes) -> Answer:
    async with serving(scene.app) as server:
        kind = "Content-Type: application/json"
        return await server.ask(ask_for("/json", "POST", kind, *lines) + body)


async def test_json_beyond_the_default_limit_is_refused_by_its_declared_length(
    scene: Scene,
) -> None:
    answer = await _json(scene, "Content-Length: 65537", "Expect: 100-continue", body=b"")
    assert answer.status == TooLarge.status
    assert b"65537" in answer.body
    assert b"65536" in answer.body


async def test_json_beyond_the_default_limit_is_refused_while_it_streams(scene: Scene) -> None:
    answer = await _json(scene, CHUNKED, body=_chunk(b" " * 60_000) + _chunk(b" " * 6_000))
    assert answer.status == TooLarge.status


async def test_a_route_sets_its_own_limit_and_it_holds_for_a_chunked_stream(scene: Scene) -> None:
    async with serving(scene.app) as server, await server.connect() as client:
        await client.send(ask_for("/upload", "PUT", CHUNKED))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(push, client, _chunk(bytes(65_000)), 2 * LIMIT)
            answer = await client.answer()
            nursery.cancel_scope.cancel()
    assert answer.status == TooLarge.status
    assert LIMIT - 100_000 < scene.taken <= LIMIT


async def test_a_handler_that_does_not_read_makes_the_client_wait(scene: Scene) -> None:
    async with serving(scene.app) as server, await server.connect() as client:
        await client.send(ask_for("/ignore", "PUT", "Content-Length: 100000000"))
        assert await push(client, bytes(1 << 16), 100_000_000) < 16 << 20
        scene.gate.set()
        assert (await client.answer()).status == 200


async def test_a_body_that_stalls_is_answered_408_after_the_body_timeout(
    mock_clock: MockClock,
) -> None:
    scene = Scene(body_timeout=20)
    async with serving(scene.app) as server, await server.connect() as client:
        await client.send(ask_for("/upload", "PUT", "Content-Length: 100000") + b"x")
        await pass_time(mock_clock, 19, step=1)
        assert scene.ended == []
        await pass_time(mock_clock, 1.5)
        assert (await client.answer()).status == 408
    assert scene.ended == ["upload"]


async def test_a_body_that_stalls_is_answered_408_when_it_is_read_whole_too(
    mock_clock: MockClock,
) -> None:
    scene = Scene(body_timeout=20)
    async with serving(scene.app) as server, await server.connect() as client:
        kind = "Content-Type: application/json"
        await client.send(ask_for("/json", "POST", kind, "Content-Length: 100") + b"x")
        await pass_time(mock_clock, 21, step=1)
        assert (await client.answer()).status == 408


async def test_a_body_that_drips_is_answered_408_as_well(mock_clock: MockClock) -> None:
    scene = Scene(body_timeout=20)
    async with serving(scene.app) as server, await server.connect() as client:
        await client.send(ask_for("/upload", "PUT", "Content-Length: 100000"))
        for _ in range(20):
            await client.send(b"x")
            await pass_time(mock_clock, 1, step=1)
        assert scene.ended == []
        await pass_time(mock_clock, 0.5)
        assert (await client.answer()).status == 408


async def test_a_slow_but_steady_body_may_take_longer_than_the_body_timeout(
    mock_clock: MockClock,
) -> None:
    scene = Scene(body_timeout=20)
    async with serving(scene.app) as server, await server.connect() as client:
        await client.send(ask_for("/upload", "PUT", "Content-Length: 50000"))
        for _ in range(5):
            await client.send(bytes(10_000))
            await pass_time(mock_clock, 15, step=15)
        assert (await client.answer()).body.strip() == b'{"size":50000}'


async def test_a_handler_that_reads_slowly_costs_the_client_no_patience(
    scene: Scene, mock_clock: MockClock
) -> None:
    @scene.app.put("/slowly")
    async def slowly() -> dict[str, int]:
        size = 0
        async for chunk in request.body:
            size += len(chunk)
            await trio.sleep(100)
        return {"size": size}

    async with serving(scene.app) as server, await server.connect() as client:
        await client.send(ask_for("/slowly", "PUT", body=bytes(50_000)))
        await pass_time(mock_clock, 400, step=100)
        assert (await client.answer()).status == 200


async def test_bodies_work_with_the_test_client_of_quart(scene: Scene) -> None:
    client = scene.app.test_client()
    response = await client.post("/json", json={"a": [1]})
    assert await response.get_json() == {"a": [1]}
    assert (await client.post("/json", json="x" * 70_000)).status_code == 413
    assert (await client.get("/json")).status_code == 200


async def test_a_handler_is_cancelled_when_any_server_says_that_its_client_is_gone(
    scene: Scene,
) -> None:
    told: Iterator[dict[str, Any]] = iter(
        [
            {"type": "http.request", "body": b"x", "more_body": True},
            {"type": "http.disconnect"},
        ]
    )

    async def receive() -> dict[str, Any]:
        return next(told)

    async def send(message: Any) -> None:
        raise AssertionError(message)

    scope: Any = {
        "type": "http", "method": "PUT", "path": "/upload", "query_string": b"", "headers": [],
        "http_version": "1.1", "scheme": "http", "asgi": {}, "client": None,
    }  # fmt: skip
    await scene.app(scope, receive, send)  # type: ignore[arg-type]  # plain functions will do
    assert scene.ended == ["upload"]


# --- websockets ---


async def test_a_refusal_after_accepting_closes_with_1008(scene: Scene) -> None:
    @scene.app.websocket("/late")
    async def late() -> None:
        await websocket.accept()
        raise NotFound("not yours")

    async with serving(scene.app) as server, await server.connect() as client:
        await client.upgrade(b"/late")
        assert await client.goodbye() == 1008


async def test_a_handler_that_closes_and_then_fails_has_said_its_own_code(scene: Scene) -> None:
    @scene.app.websocket("/closed")
    async def closed() -> None:
        await websocket.accept()
        await websocket.close(4001)
        raise NotFound("too late")

    async with serving(scene.app) as server, await server.connect() as client:
        await client.upgrade(b"/closed")
        assert await client.goodbye() == 4001


async def test_a_loop_over_send_lets_others_run(scene: Scene) -> None:
    async with serving(scene.app) as server:
        client = await server.connect()
        await client.upgrade(b"/talk")
        client.reset()
        assert (await server.ask(ask_for())).status == 200
        await eventually(lambda: scene.ended == ["talk"])


# --- errors that come together ---


def _failing(error: BaseException) -> Application:
    app = Application("failing", static_folder=None)

    @app.get("/")
    async def fail() -> str:
        raise error

    @app.errorhandler(NotFound)
    @app.errorhandler(UserBusy)
    async def explain(error: NotFound | UserBusy) -> tuple[str, int]:
        return error.code, error.status

    app.logger.disabled = True
    return app


async def _status(app: Application) -> int:
    return (await app.test_client().get("/")).status_code


async def test_one_error_in_nested_groups_is_answered_as_itself(lines: list[Any]) -> None:
    group = ExceptionGroup("a", [ExceptionGroup("b", [NotFound("x")])])
    assert await _status(_failing(group)) == 404
    assert lines == []


async def test_of_two_refusals_one_is_answered_and_the_other_logged(lines: list[Any]) -> None:
    assert await _status(_failing(ExceptionGroup("a", [NotFound("x"), UserBusy("y")]))) == 404
    assert [line["error"] for line in lines] == ["UserBusy('y')"]


@pytest.mark.parametrize("ours", [ValueError("bug"), Fault("bug")])
async def test_an_error_of_ours_is_never_hidden_by_a_refusal(
    lines: list[Any], ours: Exception
) -> None:
    assert await _status(_failing(ExceptionGroup("a", [NotFound("x"), ours]))) == 500
    assert [line["error"] for line in lines] == ["NotFound('x')"]


async def test_an_error_beside_a_cancellation_is_logged_and_the_cancellation_goes_on(
    lines: list[Any],
) -> None:
    app = Application("both", static_folder=None)

    @app.get("/")
    async def both() -> Any:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fail_when_cancelled)
            await trio.sleep_forever()

    async def fail_when_cancelled() -> None:
        try:
            await trio.sleep_forever()
        finally:
            raise ValueError("while leaving")

    async with serving(app) as server:
        client = await server.connect()
        await client.send(ask_for("/"))
        await trio.testing.wait_all_tasks_blocked(0.05)
        client.close()
        await eventually(lambda: any("while leaving" in str(line) for line in lines))
        await trio.testing.wait_all_tasks_blocked(0.05)
    assert sorted(line["event"] for line in lines) == ["error_beside_another", "request"]


# --- what we replace is where we think it is ---


def _names(function: Any) -> str:
    return " ".join(inspect.signature(function).parameters)


def test_quart_still_has_every_name_that_we_replace_or_rely_on() -> None:
    assert version("quart") == "0.22.0"
    assert version("quart-trio") == "0.12.0"
    expected: dict[type, dict[str, str]] = {
        QuartBody: {
            "__init__": "self expected_content_length max_content_length",
            "__aiter__": "self",
            "__anext__": "self",
            "__await__": "self",
            "append": "self data",
            "set_complete": "self",
            "set_result": "self data",
            "clear": "self",
        },
        QuartRequest: {"make_form_data_parser": "self", "close": "self"},
        TrioRequest: {"get_data": "self cache as_text parse_form_data", "_load_form_data": "self"},
        QuartWebsocket: {"accept": "self headers subprotocol", "close": "self code reason"},
        TrioWebsocket: {"send": "self data"},
        ASGIHTTPConnection: {
            "_create_request_from_scope": "self send",
            "_send_response": "self send response",
        },
        ASGIWebsocketConnection: {"handle_websocket": "self websocket send"},
        TrioASGIHTTPConnection: {"__call__": "self receive send"},
        TrioASGIWebsocketConnection: {
            "__init__": "self app scope",
            "handle_messages": "self nursery receive",
        },
        Quart: {"handle_user_exception": "self error"},
        QuartTrio: {"handle_user_exception": "self error", "handle_websocket": "self websocket"},
    }
    for owner, methods in expected.items():
        for name, parameters in methods.items():
            assert name in vars(owner), f"{owner.__name__}.{name} moved"
            assert _names(vars(owner)[name]) == parameters, f"{owner.__name__}.{name}"
    assert isinstance(vars(QuartRequest)["max_content_length"], property)


def test_quart_still_builds_its_objects_from_the_classes_that_we_set() -> None:
    assert "self.body_class(" in inspect.getsource(QuartRequest.__init__)
    assert "self.asgi_http_class(" in inspect.getsource(Quart.asgi_app)
    assert "self.asgi_websocket_class(" in inspect.getsource(Quart.asgi_app)
    for attribute in ("asgi_http_class", "asgi_websocket_class", "request_class", "response_class"):
        assert attribute in vars(QuartTrio)


def test_the_options_of_the_server_reach_the_application() -> None:
    app = Application("x", static_folder=None, options=Server(max_json_kb=3, body_timeout=7))
    assert app.config["MAX_CONTENT_LENGTH"] == 3072
    assert app.config["BODY_TIMEOUT"] == 7
