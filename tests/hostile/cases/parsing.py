# ruff: noqa: E501 -- a case a row reads better than broken rows
"""HTTP: requests that two parsers may read in two ways, and those beyond every measure."""

from functools import partial

from tests.hostile.cases.case import add, case, expect
from tests.hostile.cases.kill import PREFACE
from tests.hostile.cases.target import Target, plain_headers, statuses
from tests.service import told
from tests.web.rawclient import ask_for

SMUGGLED = b"GET /api/v1/capabilities HTTP/1.1\r\nHost: here\r\n\r\n"


def post(*lines: bytes, body: bytes = b"", version: bytes = b"1.1") -> bytes:
    """A POST whose framing the lines declare, followed by what may be read as a second request."""
    head = [b"POST /api/v1/sessions HTTP/" + version, b"Host: here", *lines, b"", b""]
    return b"\r\n".join(head) + body


async def _one_answer(packet: bytes, allowed: tuple[int, ...], target: Target) -> None:
    rest = await target.talk(packet)
    found = statuses(rest) or [0]  # 0: closed without an answer
    expect(len(found) == 1, f"{len(found)} answers: {rest!r}")
    expect(found[0] in allowed, rest)


_BAD = (400,)
_CHUNKS = b"0\r\n\r\n" + SMUGGLED
_TE = b"Transfer-Encoding: chunked"

for _id, _line, _packet, _allowed in (
    ("HTTP-01", "Content-Length, then Transfer-Encoding", post(b"Content-Length: 6", _TE, body=_CHUNKS), _BAD),
    ("HTTP-02", "Transfer-Encoding, then Content-Length", post(_TE, b"Content-Length: 6", body=_CHUNKS), _BAD),
    ("HTTP-02b", "Transfer-Encoding in HTTP/1.0", post(_TE, body=_CHUNKS, version=b"1.0"), _BAD),
    ("HTTP-03", "Content-Length: 3, 3", post(b"Content-Length: 3, 3", body=b"abc" + SMUGGLED), _BAD),
    ("HTTP-03b", "Content-Length twice, the same", post(b"Content-Length: 3", b"Content-Length: 3", body=b"abc" + SMUGGLED), _BAD),
    ("HTTP-04", "Content-Length twice, different", post(b"Content-Length: 3", b"Content-Length: 5", body=b"abc" + SMUGGLED), _BAD),
    ("HTTP-04b", "Content-Length: +3", post(b"Content-Length: +3", body=b"abc" + SMUGGLED), _BAD),
    ("HTTP-04c", "Content-Length: -1", post(b"Content-Length: -1", body=SMUGGLED), _BAD),
    ("HTTP-04d", "Content-Length: 0x3", post(b"Content-Length: 0x3", body=b"abc" + SMUGGLED), _BAD),
    ("HTTP-04e", "Content-Length of 400 digits", post(b"Content-Length: " + b"9" * 400), (400, 413, 431)),
    ("HTTP-04f", "Content-Length: 1_0", post(b"Content-Length: 1_0", body=b"abc"), _BAD),
    ("HTTP-04g", "Content-Length empty", post(b"Content-Length: ", body=b"abc"), _BAD),
    ("HTTP-05", "Transfer-Encoding: xchunked", post(b"Transfer-Encoding: xchunked", body=_CHUNKS), (400, 501)),
    ("HTTP-05b", "Transfer-Encoding: gzip, chunked", post(b"Transfer-Encoding: gzip, chunked", body=_CHUNKS), (400, 501)),
    ("HTTP-05c", "Transfer-Encoding: chunked, identity", post(b"Transfer-Encoding: chunked, identity", body=_CHUNKS), (400, 501)),
    ("HTTP-06", "Transfer-Encoding twice", post(_TE, _TE, body=_CHUNKS), (400, 501)),
    ("HTTP-06b", "Transfer-Encoding: chunked, chunked", post(b"Transfer-Encoding: chunked, chunked", body=_CHUNKS), (400, 501)),
    ("HTTP-07", "Transfer-Encoding behind a vertical tab", post(b"Transfer-Encoding: \x0bchunked", body=_CHUNKS), _BAD),
    ("HTTP-07b", "Transfer-Encoding in quotes", post(b'Transfer-Encoding: "chunked"', body=_CHUNKS), (400, 501)),
    ("HTTP-08", "space between name and colon", post(b"Transfer-Encoding : chunked", body=_CHUNKS), _BAD),
    ("HTTP-08b", "a header name with a control character", post(b"Content-\x01Length: 3", body=b"abc"), _BAD),
    ("HTTP-08c", "a header line without a colon", post(b"Nonsense"), _BAD),
    ("HTTP-08d", "a header with an empty name", post(b": value"), _BAD),
    ("HTTP-08e", "a NUL in a header's value", post(b"X: a\0b"), _BAD),
    ("HTTP-09", "chunk ended by XX", post(_TE, body=b"3\r\nabcXX0\r\n\r\n" + SMUGGLED), _BAD),
    ("HTTP-09b", "chunk size with a sign", post(_TE, body=b"+3\r\nabc\r\n0\r\n\r\n" + SMUGGLED), _BAD),
    ("HTTP-09c", "chunk size 0x3", post(_TE, body=b"0x3\r\nabc\r\n0\r\n\r\n" + SMUGGLED), _BAD),
    ("HTTP-09d", "chunk size of 40 digits", post(_TE, body=b"f" * 40 + b"\r\nabc"), (400, 413)),
    ("HTTP-09e", "negative chunk size", post(_TE, body=b"-1\r\nabc"), _BAD),
    ("HTTP-10", "bare CR in the head", b"GET /healthz HTTP/1.1\r\nHost: here\rX: y\r\n\r\n", _BAD),
    ("HTTP-10b", "bare CR as line end", b"GET /healthz HTTP/1.1\rHost: here\r\r", (0, 400)),
    ("HTTP-11", "bare LF as line end", b"GET /healthz HTTP/1.1\nHost: here\n\n", _BAD),
    ("HTTP-11b", "bare LF inside a head", b"GET /healthz HTTP/1.1\r\nHost: here\nX: y\r\n\r\n", _BAD),
    ("HTTP-12", "LF in chunk framing", post(_TE, body=b"3\nabc\n0\n\n" + SMUGGLED), _BAD),
    ("HTTP-13", "a folded header", post(b"X: a", b" b"), _BAD),
    ("HTTP-13b", "the first header folded", b"GET /healthz HTTP/1.1\r\n Host: here\r\n\r\n", _BAD),
    ("HTTP-13c", "Transfer-Encoding folded", post(b"Transfer-Encoding:", b" chunked", body=_CHUNKS), _BAD),
    ("HTTP-14", "a header of 17 KiB at once", ask_for("/healthz", "GET", "X: " + "a" * 17_000), (431,)),
    ("HTTP-14b", "a header of 1 MiB at once", ask_for("/healthz", "GET", "X: " + "a" * (1 << 20)), (431,)),
    ("HTTP-14c", "a target of 20 KiB", ask_for("/healthz?" + "a" * 20_000), (414,)),
    ("HTTP-14d", "a method of 20 KiB", ask_for("/healthz", "A" * 20_000), (400, 414, 431, 501)),
    ("HTTP-15", "no Host", b"GET /healthz HTTP/1.1\r\n\r\n", _BAD),
    ("HTTP-15b", "two Hosts", b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", _BAD),
    ("HTTP-15c", "an empty Host and a second", b"GET /healthz HTTP/1.1\r\nHost:\r\nHost: here\r\n\r\n", _BAD),
    ("HTTP-16", "1,200 headers at once", ask_for("/healthz", "GET", *(f"X{n}: {'y' * 20}" for n in range(1200))), (400, 431)),
    ("HTTP-16b", "1,200 tiny headers below the size limit", ask_for("/healthz", "GET", *(f"X{n % 10}: " for n in range(1200))), (200, 400, 431)),
    ("HTTP-18", "Host with path, user and space", b"GET /healthz HTTP/1.1\r\nHost: a@b/c d\r\n\r\n", (200, 400, 421)),
    ("HTTP-18b", "Host beyond ASCII", b"GET /healthz HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n", (200, 400, 421)),
    ("HTTP-20", "CONNECT", b"CONNECT here:443 HTTP/1.1\r\nHost: here\r\n\r\n", (400, 405, 501)),
    ("HTTP-20b", "CONNECT with a path", b"CONNECT /healthz HTTP/1.1\r\nHost: here\r\n\r\n", (400, 405, 501)),
    ("HTTP-21", "a target in raw UTF-8", "GET /é HTTP/1.1\r\nHost: here\r\n\r\n".encode(), (400, 404)),
    ("HTTP-21b", "DEL in the target", b"GET /a\x7fb HTTP/1.1\r\nHost: here\r\n\r\n", _BAD),
    ("HTTP-21c", "a space in the target", b"GET /a b HTTP/1.1\r\nHost: here\r\n\r\n", _BAD),
    ("HTTP-21d", "a fragment in the target", b"GET /healthz#x HTTP/1.1\r\nHost: here\r\n\r\n", (200, 400, 404)),
    ("HTTP-22", "absolute form", b"GET http://here/healthz HTTP/1.1\r\nHost: here\r\n\r\n", (200, 400)),
    ("HTTP-22b", "absolute form with another host", b"GET http://evil.example/healthz HTTP/1.1\r\nHost: here\r\n\r\n", (200, 400, 421)),
    ("HTTP-22c", "absolute form of another scheme", b"GET file:///etc/passwd HTTP/1.1\r\nHost: here\r\n\r\n", (400, 404)),
    ("HTTP-22d", "OPTIONS *", b"OPTIONS * HTTP/1.1\r\nHost: here\r\n\r\n", (200, 204, 400, 404, 405)),
    ("HTTP-22e", "GET *", b"GET * HTTP/1.1\r\nHost: here\r\n\r\n", (400, 404)),
    ("HTTP-22f", "a target without a slash", b"GET healthz HTTP/1.1\r\nHost: here\r\n\r\n", _BAD),
    ("HTTP-22g", "an empty target", b"GET  HTTP/1.1\r\nHost: here\r\n\r\n", _BAD),
    ("HTTP-23", "Expect: nonsense", ask_for("/healthz", "GET", "Expect: nonsense"), (200, 417)),
    ("HTTP-24", "HTTP/1.2", b"GET /healthz HTTP/1.2\r\nHost: here\r\n\r\n", (400, 505)),
    ("HTTP-24b", "HTTP/0.9", b"GET /healthz\r\n\r\n", (400, 505)),
    ("HTTP-24c", "HTTP/3.0", b"GET /healthz HTTP/3.0\r\nHost: here\r\n\r\n", (400, 505)),
    ("HTTP-24d", "http/1.1 in lower case", b"GET /healthz http/1.1\r\nHost: here\r\n\r\n", (400, 505)),
    ("HTTP-25", "HTTP/2 by prior knowledge", PREFACE, (0, 400, 505)),
    ("HTTP-26", "a method that is none", ask_for("/healthz", "BREW"), (405, 501)),
    ("HTTP-26b", "a method with odd letters", ask_for("/healthz", "G(T"), _BAD),
    ("HTTP-26c", "a method in lower case", ask_for("/healthz", "get"), (200, 400, 405, 501)),
    ("HTTP-28", "chunk extensions of 100 KiB", post(_TE, body=b"1;x=" + b"y" * 100_000 + b"\r\na\r\n0\r\n\r\n"), (201, 400, 413, 431)),
    ("HTTP-28b", "trailers of 100 KiB", post(_TE, body=b"0\r\n" + b"X: y\r\n" * 16_000 + b"\r\n"), (201, 400, 413, 431)),
):  # fmt: skip
    add(
        _id,
        f"{_line}: one reading at most",
        partial(_one_answer, _packet, _allowed),
        errors=(501, 505),
    )


@case("HTTP-17")
async def a_foreign_host(target: Target) -> None:
    """Host: evil.example: refused where hosts are named, and never echoed."""
    request = b"POST /api/v1/sessions HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n"
    rest = await target.talk(request)
    expect(b"evil" not in rest, rest)
    async with target.elsewhere(server={"hosts": ["stitch.example"]}) as named:
        foreign = await named.talk(request)
        expect(statuses(foreign) in ([400], [421]), foreign)
        good = await named.talk(request.replace(b"evil", b"stitch"))
        expect(statuses(good) == [201], good)


@case("HTTP-17b")
async def a_forwarded_host(target: Target) -> None:
    """X-Forwarded-Host, Forwarded: of nobody's proxy: never echoed."""
    names = ("X-Forwarded-Host", "X-Host", "X-Forwarded-Server", "Forwarded", "X-Original-URL")
    lines = [f"{name}: evil.example" for name in names]
    answer = await target.ask(ask_for("/", "GET", *lines))
    expect(answer.status == 200, answer)
    expect(b"evil" not in answer.body, answer.body)
    expect("evil" not in str(answer.headers), answer.headers)


@case("HTTP-17c")
async def other_hosts_of_a_named_one(target: Target) -> None:
    """Where hosts are named: their ports and letter cases are served, their likes refused."""
    async with target.elsewhere(server={"hosts": ["stitch.example"]}) as named:
        for host, good in (
            ("stitch.example", True),
            ("STITCH.Example", True),
            ("stitch.example:8484", True),
            ("stitch.example.evil", False),
            ("evil-stitch.example", False),
            ("stitch.example@evil", False),
            ("", False),
        ):
            request = f"GET /api/v1/capabilities HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
            [status] = statuses(await named.talk(request)) or [0]
            expect((status == 200) == good, f"{host}: {status}")


@case("HTTP-19")
async def trace(target: Target) -> None:
    """TRACE with a cookie: refused, nothing echoed."""
    answer = await target.ask(ask_for("/", "TRACE", "Cookie: secret=value"), "TRACE")
    expect(answer.status in (400, 405, 501), answer)
    expect(b"secret" not in answer.body, answer.body)


@case("HTTP-27")
async def trailers(target: Target) -> None:
    """Trailers with credentials: never merged into the headers."""
    user = await target.user()
    trailer = f"0\r\nAuthorization: Bearer {user.token}\r\nContent-Length: 3\r\nHost: x\r\n\r\n"
    head = ask_for("/api/v1/jobs/stitch", "POST", "Transfer-Encoding: chunked", "Trailer: X")
    answer = await target.ask(head + trailer.encode())
    expect(answer.status in (400, 401), answer)


@case("HTTP-29")
async def method_override(target: Target) -> None:
    """X-HTTP-Method-Override: DELETE on a GET and a POST: ignored."""
    user = await target.user()
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        told(await user.http.get("/api/v1/session", headers={name: "DELETE"}))
        answer = await user.http.post("/api/v1/session?_method=DELETE", headers={name: "DELETE"})
        expect(answer.status_code == 405, answer.status_code)
    told(await user.http.get("/api/v1/session"))


@case("HTTP-30")
async def a_pipeline(target: Target) -> None:
    """Ten requests at once over one connection: ten answers in their order, none mixed."""
    rest = await target.talk(b"".join(ask_for(f"/nowhere/{n}") for n in range(10)))
    expect(rest.count(b"HTTP/1.1 404") == 10, rest)


@case("HTTP-31")
async def a_body_that_nobody_wants(target: Target) -> None:
    """A GET with a body and a refused POST with one: their bytes are no second request."""
    for request in (
        ask_for("/healthz", "GET", body=SMUGGLED),
        ask_for("/nowhere", "POST", body=SMUGGLED),
        ask_for("/api/v1/jobs/stitch", "POST", body=SMUGGLED),
    ):
        rest = await target.talk(request)
        expect(len(statuses(rest)) == 1, rest)


@case("HTTP-32")
async def a_head_request(target: Target) -> None:
    """HEAD of every kind of answer: no body, so nothing that is read as the next answer."""
    for path in ("/", "/healthz", "/api/v1/session", "/nowhere", "/api/openapi.json"):
        rest = await target.talk(ask_for(path, "HEAD"))
        expect(rest.endswith(b"\r\n\r\n"), f"{path}: {rest[-200:]!r}")
        expect(len(statuses(rest)) == 1, rest)


@case("HTTP-33")
async def two_answers_in_one(target: Target) -> None:
    """CR LF and more in every place that an answer may repeat: no header is added."""
    user = await target.user()
    for path in (
        "/api/v1/files/%0d%0aSet-Cookie:%20x=1",
        "/static/%0d%0aSet-Cookie:%20x=1",
        "/api/v1/jobs/%0d%0aSet-Cookie:%20x=1",
        "/api/v1/jobs?cursor=%0d%0aSet-Cookie:%20x=1",
        "/%0d%0aSet-Cookie:%20x=1",
        "//evil.example/%2f..",
    ):
        answer = await user.http.get(path)
        headers = plain_headers(answer.headers)
        expect("set-cookie" not in headers, headers)
        expect("location" not in headers, headers)
        expect(answer.status_code in (400, 404, 422), answer.status_code)
