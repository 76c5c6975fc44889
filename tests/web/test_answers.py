import json
from datetime import UTC, datetime

import pytest

from tests.web.contract import ALWAYS
from web.answers import json_answer, secure
from web.asgi import Response
from web.edge.rules import problem
from web.headers import CONTENT_POLICY
from web.views import Health


async def test_json_is_utf8_and_says_so() -> None:
    answer = json_answer({"name": "Müller 🧵", "at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)})
    assert answer.headers["Content-Type"] == "application/json"
    body = await answer.get_data(as_text=False)
    assert json.loads(body) == {"name": "Müller 🧵", "at": "2026-01-02T03:04:05Z"}


async def test_a_view_is_written_like_plain_data() -> None:
    assert await json_answer(Health(status="alive"), 202).get_json() == {"status": "alive"}


async def test_a_number_that_json_does_not_know_is_null() -> None:
    assert await json_answer({"x": float("nan")}).get_json() == {"x": None}


def test_every_answer_is_inert_in_a_browser_unless_it_says_otherwise() -> None:
    headers = secure(Response(b"x")).headers
    assert {name: headers[name] for name in ALWAYS} == ALWAYS
    assert headers["Content-Security-Policy"] == CONTENT_POLICY
    assert headers["Cache-Control"] == "private, no-store"


def test_an_answer_may_say_itself_what_is_kept_and_what_is_loaded() -> None:
    own = {"Content-Security-Policy": "default-src 'self'", "Cache-Control": "no-cache"}
    headers = secure(Response(b"x", headers=own)).headers
    assert {name: headers[name] for name in own} == own


@pytest.mark.parametrize("status", [204, 304])
def test_where_no_body_may_be_nothing_is_said_of_one(status: int) -> None:
    headers = secure(Response(b"", status=status)).headers
    assert "Content-Type" not in headers
    assert "Content-Length" not in headers


def test_the_edges_own_refusals_carry_the_same_headers() -> None:
    ours = dict(secure(Response(b"x")).headers.items())
    edges, _ = problem(400, "why")
    told = {name.decode(): value.decode() for name, value in edges}
    for name in (*ALWAYS, "content-security-policy", "cache-control"):
        assert told[name] == {key.lower(): value for key, value in ours.items()}[name]
