import gzip
import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.service import refused
from web.bodies import LARGE, LONGEST_KEY, MOST_LISTED
from web.mistakes import MOST_TOLD
from web.strictjson import DEEPEST, MOST_VALUES

STITCH = "/api/v1/jobs/stitch"
JSON = {"Content-Type": "application/json"}
NO_FILES = {"inputs": [{"file": "0" * 34}] * 2}


def post(http: httpx.Client, body: bytes | str, **headers: str) -> httpx.Response:
    return http.post(STITCH, content=body, headers={**JSON, **headers})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"[]",
        b'"text"',
        b"5",
        b"null",
        b"true",
        b'{"gap": NaN}',
        b'{"gap": Infinity}',
        b'{"gap": -Infinity}',
        b'{"gap": 1e999}',
        b'{"gap": 1, "gap": 2}',
        b'{"options": {"deadline": 1, "deadline": 2}}',
        b'{"gap": ' + b"9" * 4000 + b"}",
        b'{"gap": -' + b"9" * 5000 + b"}",
        b'{"gap": 01}',
        b'{"gap": 1_000}',
        b"[" * 60_000,
        b'{"a":' * 3000,
        b'{"inputs": ' + b"[" * DEEPEST + b"]" * DEEPEST + b"}",
        b'{"inputs": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"inputs": "\xff"}',
        b'\xef\xbb\xbf{"gap": 1}',
        b'{"a\x00": 1}',
        b'{"gap": 1} {"gap": 2}',
        json.dumps(NO_FILES).encode("utf-16"),
        b"\x1f\x8b\x08\x00gzip",
        b"callback({})",
        b'{"gap": 1} // said I',
        b'/* said I */ {"gap": 1}',
        b'{"gap": 1,}',
        b"{'gap': 1}",
        b'{"gap": 1.' + b"0" * 5000 + b"}",
        b'{"gap": +1}',
        b'{"gap": .5}',
        b'{"gap": 0x10}',
        b'{"layout": "a\tb"}',
        json.dumps(NO_FILES).encode("utf-32"),
    ],
    ids=lambda body: repr(body[:24]),
)
def test_what_is_no_json_object_or_a_doubtful_one_is_malformed(
    someone: httpx.Client, body: bytes
) -> None:
    refused(post(someone, body), 400, "malformed_request")


def test_thousands_of_unknown_fields_make_no_long_answer(someone: httpx.Client) -> None:
    body = json.dumps({f"field{number}": number for number in range(3000)})
    assert len(refused(post(someone, body), 422, "invalid_request")["mistakes"]) == MOST_TOLD


def test_a_body_of_ever_so_many_values_is_not_even_parsed(someone: httpx.Client) -> None:
    body = b'{"inputs":[' + b"0," * (MOST_VALUES + 1) + b"0]}"
    assert "values" in refused(post(someone, body), 400, "malformed_request")["detail"]


def test_a_body_beyond_the_limit_is_refused_before_it_came(someone: httpx.Client) -> None:
    problem = refused(post(someone, b'{"inputs": "' + b"x" * 70_000), 413, "too_large")
    assert problem["limit"] == "request_body"


def test_a_body_of_no_declared_length_ends_at_the_limit_too(someone: httpx.Client) -> None:
    pieces = (b"x" * 8192 for _ in range(12))
    refused(someone.post(STITCH, content=pieces, headers=JSON), 413, "too_large")


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "",
     "application/jsonp", "text/json", "application/problem+json",
     "application/json; charset=utf-16", "application/json; charset=latin-1",
     "application/json; charset=utf-8; charset=utf-16", "application/json; charset=",
     "application/json, text/html", "application/json; profile=x", "application/json x",
     "application/json;" + " ;" * 40 + " x"],
)  # fmt: skip
def test_only_json_in_utf_8_is_read_as_json(someone: httpx.Client, media_type: str) -> None:
    answer = post(someone, json.dumps(NO_FILES), **{"Content-Type": media_type})
    refused(answer, 415, "unsupported_media")


@pytest.mark.parametrize(
    "media_type",
    ["application/JSON", "application/json; charset=utf-8", 'application/json;charset="UTF-8"',
     "application/json ;  charset=utf8 ;"],
)  # fmt: skip
def test_json_is_known_by_all_its_spellings(someone: httpx.Client, media_type: str) -> None:
    answer = post(someone, json.dumps(NO_FILES), **{"Content-Type": media_type})
    refused(answer, 422, "unknown_file")


@pytest.mark.parametrize("types", [[], ["application/json"] * 2, ["application/json", "text/html"]])
def test_a_type_is_said_once(someone: httpx.Client, types: list[str]) -> None:
    headers = [("Content-Type", said) for said in types]
    answer = someone.post(STITCH, content=json.dumps(NO_FILES), headers=headers)
    refused(answer, 415, "unsupported_media")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity, gzip", "x" * 5000, "é"])
def test_a_packed_body_is_never_unpacked(someone: httpx.Client, coding: str) -> None:
    headers = [(b"Content-Encoding", coding.encode()), (b"Content-Type", b"application/json")]
    answer = someone.post(STITCH, content=json.dumps(NO_FILES), headers=headers)
    assert len(refused(answer, 415, "unsupported_media")["detail"]) < 600
    assert answer.headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/api/v1/files/a.png"), ("POST", "/api/v1/files"), ("PATCH", "/api/v1/uploads/x"),
     ("POST", "/api/v1/jobs/stitch"), ("POST", "/api/v1/jobs/stitch/preflight")],
)  # fmt: skip
def test_no_route_takes_a_packed_body(someone: httpx.Client, method: str, path: str) -> None:
    headers = {"Content-Encoding": "gzip", "Tus-Resumable": "1.0.0"}
    answer = someone.request(method, path, content=gzip.compress(b"{}", mtime=0), headers=headers)
    refused(answer, 415, "unsupported_media")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"gap": True}, "/gap"),
        ({"gap": 1.0}, "/gap"),
        ({"options": {"deadline": "1"}}, "/options/deadline"),
        ({"options": {"deadline": True}}, "/options/deadline"),
        ({"options": {"deadline": -0.0}}, "/options/deadline"),
        ({"gap": "12"}, "/gap"),
        ({"gap": "٣٤"}, "/gap"),
        ({"gap": 12.5}, "/gap"),
        ({"gap": -5}, "/gap"),
        ({"gap": [1]}, "/gap"),
        ({"gap": None}, "/gap"),
        ({"gap": 2**53 + 1}, "/gap"),
        ({"gap": 10**50}, "/gap"),
        ({"inputs": {}}, "/inputs"),
        ({"inputs": [{"file": 5}] * 2}, "/inputs/0/file"),
        ({"inputs": [{"file": "x", "a/b": 1}] * 2}, "/inputs/0/a~1b"),
        ({"layuot": "grid"}, "/layuot"),
        ({"options": []}, "/options"),
        ({"options": {"priority": 10**9}}, "/options/priority"),
        ({"options": {"priority": "highest"}}, "/options/priority"),
        ({"options": {"queue_timeout": 0}}, "/options/queue_timeout"),
        ({"options": {"deadline": "soon"}}, "/options/deadline"),
        ({"options": {"notfy": "x"}}, "/options/notfy"),
    ],
)
def test_a_value_that_is_not_as_it_should_be_is_named_never_bent(
    someone: httpx.Client, changes: dict[str, Any], field: str
) -> None:
    answer = post(someone, json.dumps({**NO_FILES, **changes}))
    assert refused(answer, 422, "invalid_request")["field"] == field


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({**NO_FILES, "priority": "high"}, "did you mean /options/priority?"),
        ({**NO_FILES, "layuot": "grid"}, "did you mean /layout?"),
        ({"inputs": []}, "/inputs: it has 0 of them; at least 1 are needed"),
        ({}, "/inputs: it is missing"),
        ({**NO_FILES, "gap": -5}, "/gap: it must be 0 or more; received -5"),
        ({**NO_FILES, "gap": "5"}, "/gap: it must be a whole number; received '5'"),
        ({**NO_FILES, "flow": "up"}, "/flow: it must be 'row' or 'column'; received 'up'"),
    ],
)
def test_the_commonest_mistakes_are_told_in_plain_words(
    someone: httpx.Client, body: dict[str, Any], detail: str
) -> None:
    assert detail in refused(post(someone, json.dumps(body)), 422, "invalid_request")["detail"]


def test_all_mistakes_of_a_request_are_told_those_of_its_options_too(someone: httpx.Client) -> None:
    answer = post(someone, '{"gap": -1, "format": "gif", "options": {"deadline": 0}}')
    told = refused(answer, 422, "invalid_request")["mistakes"]
    assert [mistake["field"] for mistake in told] == [
        "/options/deadline", "/inputs", "/gap", "/format",
    ]  # fmt: skip


def test_the_longest_request_that_is_allowed_is_read(someone: httpx.Client) -> None:
    answer = post(someone, json.dumps({"inputs": [{"file": "0" * 34}] * 500}))
    refused(answer, 422, "unknown_file")


@pytest.mark.parametrize("size", [100, LARGE, 60_000])
def test_on_a_thread_or_not_a_mistake_is_told_alike(someone: httpx.Client, size: int) -> None:
    """The place, the value as far as it is recognised by, and no more of it than that."""
    answer = post(someone, json.dumps({**NO_FILES, "layout": "\u202e\n" * (size // 12)}))
    problem = refused(answer, 422, "invalid_request")
    assert problem["field"] == "/layout"
    assert r"\u202e\n" in problem["detail"]
    assert len(answer.content) < 1500


@pytest.mark.parametrize("key", ["k" * 60_000, "\u202e" * 100, "\0\r\n"])
def test_an_unknown_key_is_told_printable_and_short(someone: httpx.Client, key: str) -> None:
    problem = refused(post(someone, json.dumps({**NO_FILES, key: 1})), 422, "invalid_request")
    assert problem["field"].isprintable()
    assert len(problem["field"]) < 1000


def test_a_key_said_twice_is_no_key(someone: httpx.Client) -> None:
    headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "a"), *JSON.items()]
    answer = someone.post(STITCH, content=json.dumps(NO_FILES), headers=headers)
    refused(answer, 400, "malformed_request")


@pytest.mark.parametrize("key", ["", "x" * (LONGEST_KEY + 1), "café", "a\tb"])
def test_a_key_is_printable_and_of_bounded_length(someone: httpx.Client, key: str) -> None:
    headers = [(b"Idempotency-Key", key.encode()), (b"Content-Type", b"application/json")]
    answer = someone.post(STITCH, content=json.dumps(NO_FILES), headers=headers)
    refused(answer, 400, "malformed_request")


@pytest.mark.parametrize(
    "query",
    ["limit=0", f"limit={MOST_LISTED + 1}", "limit=", "limit=1_0", "limit=%201", "limit=%2B1",
     "limit=-1", "limit=1.0", "limit=%D9%A3", "limit=" + "9" * 5000, "limit=1&limit=1", "limt=1",
     "cursor=" + "0" * 65, "cursor=x", "callback=x", "%00=1", "%ff=%ff"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/api/v1/files", "/api/v1/jobs"])
def test_a_query_is_taken_by_the_letter(someone: httpx.Client, path: str, query: str) -> None:
    refused(someone.get(f"{path}?{query}"), 422, "invalid_request")


DOUBTFUL = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=9,
)
KNOWN = st.sampled_from(["inputs", "layout", "columns", "fit", "gap", "background", "options"])


@pytest.mark.parametrize("path", [STITCH, f"{STITCH}/preflight", "/api/v1/jobs/fetch"])
def test_whatever_json_says_it_is_refused_within_the_contract(
    someone: httpx.Client, path: str
) -> None:
    @settings(max_examples=40)
    @given(st.dictionaries(KNOWN, DOUBTFUL))
    def holds(document: dict[str, Any]) -> None:
        answer = someone.post(path, content=json.dumps(document), headers=JSON)
        assert answer.status_code in (400, 422)

    holds()


def test_whatever_the_bytes_they_are_refused_within_the_contract(someone: httpx.Client) -> None:
    @settings(max_examples=40)
    @given(st.binary(max_size=60))
    def holds(body: bytes) -> None:
        assert post(someone, body).status_code == 400

    holds()
