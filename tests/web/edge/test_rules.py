import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.edge.rules import (
    BURST,
    HEAD_LIMIT,
    LEAST_RATE,
    MOST_FIELDS,
    PACE,
    TARGET_LIMIT,
    Names,
    Pace,
    Patience,
    leaves_of,
    objection_to,
    one_line,
    path_of,
    problem,
)

HOST = b"Host: here\r\n"
GOOD = [
    b"GET / HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /a?b=c HTTP/1.0\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET http://here/a HTTP/1.1\r\n" + HOST + b"\r\n",
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\na\nb",
    b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"X-Name: caf\xe9\ttab\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"x" * (HEAD_LIMIT - 200) + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"X:\r\n" * (MOST_FIELDS - 1) + b"\r\n",
    b"GET /" + b"x" * (TARGET_LIMIT - 1) + b" HTTP/1.1\r\n" + HOST + b"\r\n",
]
BAD = {
    "bare LF after the request line": (400, b"GET / HTTP/1.1\n" + HOST + b"\r\n"),
    "bare LF after a header": (400, b"GET / HTTP/1.1\r\nHost: here\n\r\n"),
    "bare CR in a header": (400, b"GET / HTTP/1.1\r\nHost: he\rre\r\n\r\n"),
    "obs-fold": (400, b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n"),
    "obs-fold with a tab": (400, b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n\tb\r\n\r\n"),
    "NUL": (400, b"GET / HTTP/1.1\r\n" + HOST + b"X: a\0b\r\n\r\n"),
    "ESC": (400, b"GET / HTTP/1.1\r\n" + HOST + b"User-Agent: \x1b[31m\r\n\r\n"),
    "DEL in the target": (400, b"GET /\x7f HTTP/1.1\r\n" + HOST + b"\r\n"),
    "vertical tab before chunked": (
        400,
        b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: \x0bchunked\r\n\r\n",
    ),
    "HTTP/2 preface": (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "HTTP/0.9": (400, b"GET /\r\n\r\n"),
    "CONNECT": (400, b"CONNECT here:443 HTTP/1.1\r\n" + HOST + b"\r\n"),
    "star without OPTIONS": (400, b"GET * HTTP/1.1\r\n" + HOST + b"\r\n"),
    "query without path": (400, b"GET ?a HTTP/1.1\r\n" + HOST + b"\r\n"),
    "length and coding": (
        400,
        b"POST / HTTP/1.1\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n",
    ),
    "length and coding in odd case": (
        400,
        b"POST / HTTP/1.1\r\ncontent-LENGTH: 6\r\ntransfer-ENCODING: chunked\r\n\r\n",
    ),
    "length as a list": (400, b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 3, 3\r\n\r\n"),
    "two lengths": (
        400,
        b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\n",
    ),
    "coding in HTTP/1.0": (400, b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "non-ASCII websocket protocol": (
        400,
        b"GET / HTTP/1.1\r\n" + HOST + b"Sec-WebSocket-Protocol: \xe9\r\n\r\n",
    ),
    "long target": (
        414,
        b"GET /" + b"x" * TARGET_LIMIT + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    ),
    "long head": (
        431,
        b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"x" * HEAD_LIMIT + b"\r\n\r\n",
    ),
    "endless headers": (431, b"GET / HTTP/1.1\r\n" + b"X:\r\n" * (MOST_FIELDS + 1)),
    "two hosts in HTTP/1.0": (400, b"GET / HTTP/1.0\r\n" + HOST * 2 + b"\r\n"),
    "many headers": (431, b"GET / HTTP/1.1\r\n" + HOST + b"X:\r\n" * (MOST_FIELDS + 1) + b"\r\n"),
    "endless request line": (431, b"G" * (HEAD_LIMIT + 1)),
    "endless target": (414, b"GET /" + b"x" * (TARGET_LIMIT + 1)),
}


@pytest.mark.parametrize("head", GOOD)
def test_nothing_is_said_against_a_good_head(head: bytes) -> None:
    assert objection_to(head) is None


@pytest.mark.parametrize("head", GOOD)
def test_nothing_is_said_against_any_beginning_of_a_good_head(head: bytes) -> None:
    step = max(1, len(head) // 300)
    assert [cut for cut in range(0, len(head), step) if objection_to(head[:cut])] == []


@pytest.mark.parametrize(("status", "head"), BAD.values(), ids=BAD)
def test_a_bad_head_is_refused_whole(status: int, head: bytes) -> None:
    objection = objection_to(head)
    assert objection is not None
    assert objection.status == status


@given(st.binary(max_size=300))
def test_no_bytes_at_all_make_the_reading_of_a_head_fail(noise: bytes) -> None:
    for received in (noise, b"GET / HTTP/1.1\r\n" + noise + b"\r\n\r\n"):
        objection = objection_to(received)
        assert objection is None or objection.status in (400, 414, 431)


@given(st.sampled_from([head for _, head in BAD.values()]), st.data())
def test_an_objection_to_a_beginning_stands_when_more_comes(
    head: bytes, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(head)))
    if objection_to(head[:cut]) is not None:
        assert objection_to(head) is not None


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (b"/a?b", b"/a?b"),
        (b"http://here/a?b", b"/a?b"),
        (b"HTTPS://user@here:1/a", b"/a"),
        (b"http://here", b"/"),
        (b"http://here?b", b"/?b"),
        (b"*", b"*"),
        (b"/http://here/", b"/http://here/"),
    ],
)
def test_an_address_is_reduced_to_its_path(target: bytes, path: bytes) -> None:
    assert path_of(target) == path


@pytest.mark.parametrize(
    "called",
    ["shop.example", "SHOP.example", "shop.example.", "shop.example:80", "localhost:1", "127.9.9.9",
     "[::1]:8080", "10.0.0.5:8484"],
)  # fmt: skip
def test_a_name_of_ours_is_known_however_it_is_written(called: str) -> None:
    names = Names(["Shop.Example"], "10.0.0.5")
    assert names.know(b"/", called.encode())
    assert names.know(b"http://" + called.encode() + b"/a", called.encode())


@pytest.mark.parametrize(
    "called",
    ["evil.example", "", "shop.example.evil.example", "xshop.example", "10.0.0.6",
     "me@shop.example", "shop.example@evil.example", "[::2]", "localhost.evil.example", "\xe9"],
)  # fmt: skip
def test_any_other_name_is_not_whether_target_or_host_says_it(called: str) -> None:
    names, name = Names(["shop.example"], "10.0.0.5"), called.encode("latin-1")
    assert not names.know(b"/", name)
    assert not names.know(b"http://" + name + b"/", b"shop.example")
    assert not names.know(b"http://shop.example/", name)


def test_without_a_list_every_name_is_known_and_no_name_is_no_wrong_one() -> None:
    assert Names([], "10.0.0.5").know(b"http://evil.example/", b"evil.example")
    assert Names(["shop.example"], "10.0.0.5").know(b"/", None)


def test_less_patience_is_never_more() -> None:
    patience = Patience(10)
    patience.waited(7, 0)
    patience.shrink(5)
    assert (patience.full, patience.left) == (5, 3)
    patience.shrink(20)
    assert patience.full == 5


def test_a_stalling_peer_uses_up_all_patience() -> None:
    patience = Patience(10)
    patience.waited(10, 0)
    assert patience.left == 0


def test_a_dripping_peer_uses_up_patience_nearly_as_fast() -> None:
    patience = Patience(10)
    for _ in range(11):
        patience.waited(1, 1)
    assert patience.left == 0


@given(st.lists(st.floats(0, 5), max_size=50))
def test_a_peer_that_keeps_the_least_rate_is_never_given_up(waits: list[float]) -> None:
    patience = Patience(10)
    for seconds in waits:
        patience.waited(seconds, int(seconds * LEAST_RATE) + 1)
        assert 0 < patience.left <= 10


def test_bytes_never_earn_more_than_full_patience() -> None:
    patience = Patience(10)
    patience.waited(0, 1 << 30)
    assert patience.left == 10


def test_a_burst_keeps_pace_but_not_one_frame_more() -> None:
    pace = Pace(0)
    assert all(pace.keeps(0) for _ in range(int(BURST)))
    assert not pace.keeps(0)


def test_who_keeps_below_the_pace_may_go_on_for_ever() -> None:
    pace = Pace(0)
    assert all(pace.keeps(frame / (PACE * 0.99)) for frame in range(10_000))


def test_every_error_of_a_nested_group_is_told_with_its_place() -> None:
    def raise_it() -> None:
        raise ValueError("deep\nwater")

    try:
        raise_it()
    except ValueError as error:
        group = ExceptionGroup("a", [KeyError("k"), ExceptionGroup("b", [error])])
    assert [type(leaf) for leaf in leaves_of(group)] == [KeyError, ValueError]
    line = one_line(group)
    assert "KeyError('k')" in line
    assert "test_rules.py:" in line


def test_a_refusal_is_a_problem_with_a_code_and_without_a_guess_at_its_type() -> None:
    headers, body = problem(400, "no")
    assert (b"content-type", b"application/problem+json") in headers
    assert (b"content-length", b"%d" % len(body)) in headers
    assert b'"code": "malformed_request"' in body


def test_a_503_says_when_to_come_back() -> None:
    headers, _ = problem(503, "")
    assert b"retry-after" in dict(headers)
