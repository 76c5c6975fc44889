"""The routing layer, walked row by row: a new route is in these tests by being in the table."""

import http.client
import re
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from actors.limiter import Limiter
from tests.service import Json, open_service, refused
from tests.web.contract import Contract

SAMPLE = "0" * 34


@pytest.fixture(scope="session")
def calls(contract: Contract) -> list[tuple[str, str, Json]]:
    """Every call that the document knows: method, an address, the operation."""
    return [
        (method.upper(), re.sub(r"\{\w+\}", SAMPLE, path), operation)
        for path, operations in contract.document["paths"].items()
        for method, operation in operations.items()
    ]


def test_what_needs_a_session_is_refused_without_one_whatever_else_is_wrong(
    anybody: httpx.Client, calls: list[tuple[str, str, Json]]
) -> None:
    for method, path, operation in calls:
        if "security" in operation and path != "/api/v1/progress":
            for query in ("", "?limit=x&limit=y"):
                answer = anybody.request(method, path + query, content=b"{")
                if method == "HEAD":
                    assert answer.status_code == 401
                else:
                    refused(answer, 401, "no_session")


def test_what_needs_none_is_answered_without_one(
    anybody: httpx.Client, calls: list[tuple[str, str, Json]]
) -> None:
    for method, path, operation in calls:
        if "security" not in operation:
            assert anybody.request(method, path).status_code in (200, 201, 204, 404), path


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PATCH", "CONNECTION", "PROPFIND"])
def test_a_method_that_an_address_does_not_take_is_told_the_ones_it_does(
    someone: httpx.Client, calls: list[tuple[str, str, Json]], method: str
) -> None:
    for path in {path for _, path, _ in calls}:
        known = {one for one, other, _ in calls if other == path}
        if method in known:
            continue
        answer = someone.request(method, path, headers={"Origin": "https://evil.example"})
        refused(answer, 405, "method_not_allowed")
        assert known <= set(answer.headers["Allow"].split(", "))
        assert "TRACE" not in answer.headers["Allow"]


def test_a_head_is_answered_like_its_get(
    someone: httpx.Client, calls: list[tuple[str, str, Json]]
) -> None:
    for method, path, _ in calls:
        if method == "GET":
            get, head = someone.get(path), someone.head(path)
            assert head.content == b""
            assert head.status_code == get.status_code
            # what it tells of time and of what others do may change in between
            changing = {"date", "content-length"} if "queue" in path else {"date"}
            for name in set(get.headers) - changing:
                assert head.headers[name] == get.headers[name]


@pytest.mark.parametrize(
    "target",
    ["/api/v1//files", "//healthz", "//api/v1/files", "/api/v1/files/", "/api/v1/./files",
     "/API/v1/files", "/api/v1/session/../files", "/api/v1/%2e/files", "/api", "/api/v1",
     "/api/v1/", "/static", "/static/", "/static/..%2fapp.py", "/static/%2e%2e/app.py",
     "/static/..%5capp.py",
     "/static/app.py", "/static/%ff%fe", "/static/%00", "/static/.", "/index.html", "/.env",
     "/%3Cscript%3Ealert(1)%3C/script%3E", "//evil.example/", "/\\evil.example", "/api/v1/files;x",
     "/%0d%0aSet-Cookie:%20x=1", "/" + "x" * 7000, "http://evil.example/api/v2", "/%2f%2fx"],
)  # fmt: skip
def test_an_address_that_is_not_in_the_table_leads_nowhere(
    address: str, token: str, target: str
) -> None:
    """Sent as it is: a client library would tidy it up first."""
    url = urlsplit(address)
    connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=30)
    try:
        connection.putrequest("GET", target, skip_host=True)
        connection.putheader("Host", "evil.example")
        connection.putheader("Authorization", f"Bearer {token}")
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    assert answer.status == 404
    assert answer.getheader("Location") is None
    assert answer.getheader("Set-Cookie") is None
    assert answer.getheader("X-Content-Type-Options") == "nosniff"
    assert b"script" not in body
    assert b"evil" not in body


@pytest.mark.parametrize(
    "host", ["", "a:b:c", "[::1", "x" * 300, "a..b", "<x>", "evil.example", "127.0.0.1:99999", "%"]
)
def test_whatever_name_a_client_has_for_us_it_is_answered_and_never_echoed(
    anybody: httpx.Client, host: str
) -> None:
    for path, status in (("/healthz", 200), ("/nowhere", 404), ("/api/v1//queue", 404)):
        answer = anybody.get(path, headers={"Host": host})
        assert answer.status_code == status
        assert len(host) < 4 or host not in answer.text + str(answer.headers)


def test_cross_origin_reading_is_open_nowhere(
    someone: httpx.Client, calls: list[tuple[str, str, Json]]
) -> None:
    """The contract's check looks for the headers at every answer; this asks for them."""
    asks = {
        "Origin": "https://evil.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    for method, path, _ in calls:
        someone.request("OPTIONS", path, headers=asks)
        if method == "GET":
            someone.get(path, headers=asks)


def test_a_refusal_that_did_not_wait_for_the_body_leaves_a_connection_of_use_or_says_so(
    someone: httpx.Client,
) -> None:
    """Closed without a word, the next request on it had no answer."""
    for _ in range(40):
        refused(someone.post("/api/v1/jobs/none", content=b"{}"), 404, "not_found")


async def test_a_mistake_of_ours_is_a_number_that_the_log_explains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: Limiter) -> None:
        raise ZeroDivisionError("the password is hunter2")

    async with open_service(tmp_path) as service:
        ann = await service.user()
        contract = Contract((await ann.http.get("/api/openapi.json")).json())
        monkeypatch.setattr(Limiter, "load", broken)
        answer = await ann.http.get("/api/v1/queue")
        await answer.aread()
        contract.check(answer)
        problem = refused(answer, 500, "internal_error")
        assert "hunter2" not in answer.text
    log = "".join(capsys.readouterr())
    assert [problem["incident"] in line for line in log.splitlines() if "request broke" in line]
