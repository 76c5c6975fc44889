# ruff: noqa: E501 -- a case a row reads better than broken rows
"""JSON: bodies that readers take in two ways, that cost more than they weigh, or that no field
takes.
"""

import gzip
import json
from collections.abc import AsyncIterator
from functools import partial

import httpx
import trio

from tests.hostile.cases.case import add, case, expect
from tests.hostile.cases.target import Target
from tests.service import User, png, told

STITCH = "/api/v1/jobs/stitch"
JSON = {"Content-Type": "application/json"}


async def post(user: User, body: bytes, headers: dict[str, str] = JSON) -> httpx.Response:
    """The answer to a job request of these bytes."""
    return await user.http.post(STITCH, content=body, headers=headers)


async def two_files(user: User) -> str:
    """Inputs of two pictures, as JSON."""
    first, second = await user.upload(png(), png())
    return json.dumps([{"file": first}, {"file": second}])


async def _refused(body: bytes, statuses: tuple[int, ...], target: Target) -> None:
    user = await target.user()
    given = body.replace(b"@", (await two_files(user)).encode())
    answer = await post(user, given)
    expect(answer.status_code in statuses, f"{answer.status_code}: {answer.text}")
    expect((await user.get("/jobs"))["items"] == [], "a job was made")


async def _named(field: str, value: str, target: Target) -> None:
    user = await target.user()
    body = f'{{"inputs":{await two_files(user)},"{field}":{value}}}'
    answer = await post(user, body.encode())
    expect(answer.status_code == 422, f"{answer.status_code}: {answer.text}")
    expect(answer.json()["field"].startswith(f"/{field}"), answer.text)


def _deep(levels: int, opening: bytes, closing: bytes) -> bytes:
    return b'{"inputs":' + opening * levels + closing * levels + b"}"


_NO = (400, 422)
_MUCH = (400, 413, 422)

for _id, _line, _body, _statuses in (
    ("JSON-01", "NaN", b'{"inputs":@,"gap":NaN}', _NO),
    ("JSON-01b", "Infinity", b'{"inputs":@,"gap":Infinity}', _NO),
    ("JSON-01c", "-Infinity", b'{"inputs":@,"options":{"deadline":-Infinity}}', _NO),
    ("JSON-01d", "1e999", b'{"inputs":@,"options":{"deadline":1e999}}', _NO),
    ("JSON-02", "lists 100,000 deep", _deep(100_000, b"[", b"]"), _MUCH),
    ("JSON-02b", "objects 100,000 deep", _deep(100_000, b'{"a":', b"}"), _MUCH),
    ("JSON-02c", "lists 100,000 deep, never closed", _deep(100_000, b"[", b""), _MUCH),
    ("JSON-02d", "lists 1,000 deep", _deep(1000, b"[", b"]"), _MUCH),
    ("JSON-02e", "100,000 lists in a string", b'{"inputs":"' + b"[" * 100_000 + b'"}', _MUCH),
    ("JSON-03", "a key twice", b'{"inputs":@,"gap":1,"gap":2}', _NO),
    ("JSON-03b", "a key twice, once escaped", b'{"inputs":@,"gap":1,"g\\u0061p":2}', _NO),
    ("JSON-03c", "a key twice, deeper", b'{"inputs":@,"options":{"deadline":1,"deadline":2}}', _NO),
    ("JSON-04", "invalid UTF-8", b'{"inputs":@,"layout":"\xff\xfe"}', _NO),
    ("JSON-04b", "overlong UTF-8", b'{"inputs":@,"layout":"\xc0\xaf"}', _NO),
    ("JSON-04c", "surrogates in UTF-8", b'{"inputs":@,"layout":"\xed\xa0\x80"}', _NO),
    ("JSON-05", "a number of 4,000 digits", b'{"inputs":@,"gap":' + b"9" * 4000 + b"}", _NO),
    ("JSON-05b", "a number of 5,000 digits", b'{"inputs":@,"gap":' + b"9" * 5000 + b"}", _NO),
    ("JSON-05c", "a fraction of 100,000 digits", b'{"inputs":@,"gap":0.' + b"1" * 100_000 + b"}", _NO),
    ("JSON-05d", "1e400000000", b'{"inputs":@,"gap":1e400000000}', _NO),
    ("JSON-06", "UTF-16", '{"inputs":[]}'.encode("utf-16"), _NO),
    ("JSON-06b", "UTF-32", '{"inputs":[]}'.encode("utf-32"), _NO),
    ("JSON-06c", "a byte order mark", b'\xef\xbb\xbf{"inputs":@}', _NO),
    ("JSON-07", "half a character in a text", b'{"inputs":@,"layout":"\\ud800"}', _NO),
    ("JSON-07b", "half a character in a key", b'{"inputs":@,"\\udfff":1}', _NO),
    ("JSON-07c", "NUL in a text", b'{"inputs":[{"file":"\\u0000"},{"file":"\\u0000"}]}', _NO),
    ("JSON-10", "a text of 900 kB", b'{"inputs":@,"layout":"' + b"a" * 900_000 + b'"}', _MUCH),
    ("JSON-10b", "a key of 900 kB", b'{"inputs":@,"' + b"a" * 900_000 + b'":1}', _MUCH),
    ("JSON-10c", "a file id of 100 kB", b'{"inputs":[{"file":"' + b"a" * 100_000 + b'"},{"file":"b"}]}', _MUCH),
    ("JSON-11", "a list", b"[]", _NO),
    ("JSON-11b", "a text", b'"text"', _NO),
    ("JSON-11c", "5", b"5", _NO),
    ("JSON-11d", "null", b"null", _NO),
    ("JSON-11e", "nothing", b"", _NO),
    ("JSON-11f", "true", b"true", _NO),
    ("JSON-12", "two documents", b'{"inputs":@}{"inputs":@}', _NO),
    ("JSON-12b", "a comment", b'{"inputs":@ /* x */}', _NO),
    ("JSON-12c", "a comma at the end", b'{"inputs":@,}', _NO),
    ("JSON-12d", "single quotes", b"{'inputs':@}", _NO),
    ("JSON-12e", "a raw control character", b'{"inputs":@,"layout":"a\nb"}', _NO),
    ("JSON-12f", "cut in the middle", b'{"inputs":@,"lay', _NO),
    ("JSON-12g", "a form feed between", b'{"inputs":\x0c@}', _NO),
    ("JSON-14", "900 kB of [{},{}...]", b'{"inputs":[' + b"{}," * 300_000 + b"{}]}", _MUCH),
    ("JSON-14b", "900 kB of zeros", b'{"inputs":[' + b"0," * 450_000 + b"0]}", _MUCH),
    ("JSON-15", "keys that collide", json.dumps({f"{n * (2**61 - 1)}": n for n in range(30_000)}).encode(), _MUCH),
    ("JSON-16", "an unknown field", b'{"inputs":@,"admin":true}', _NO),
    ("JSON-16b", "__proto__ and __class__", b'{"inputs":@,"__proto__":{"x":1},"__class__":"x"}', _NO),
    ("JSON-16c", "an unknown option", b'{"inputs":@,"options":{"root":1}}', _NO),
    ("JSON-16d", "options that are no object", b'{"inputs":@,"options":[1]}', _NO),
    ("JSON-18", "10,000 inputs", b'{"inputs":[' + b'{"file":"x"},' * 10_000 + b'{"file":"x"}]}', _MUCH),
    ("JSON-18b", "one input", b'{"inputs":[{"file":"x"}]}', _NO),
    ("JSON-18c", "an input with file, url and job", b'{"inputs":[{"file":"x","url":"http://a/","job":"y"},{"file":"x"}]}', _NO),
    ("JSON-20", "a colour that is code", b'{"inputs":@,"background":"red;url(http://a/)"}', _NO),
    ("JSON-20b", "a colour with a line end", b'{"inputs":@,"background":"#ffffff\\n"}', _NO),
    ("JSON-20c", "a layout in capitals with a blank", b'{"inputs":@,"layout":"Vertical "}', _NO),
    ("JSON-21", "priority 10^9", b'{"inputs":@,"options":{"priority":1000000000}}', _NO),
    ("JSON-21b", "priority -10^9", b'{"inputs":@,"options":{"priority":-1000000000}}', _NO),
    ("JSON-21c", "priority urgent", b'{"inputs":@,"options":{"priority":"urgent"}}', _NO),
    ("JSON-22", "deadline 0", b'{"inputs":@,"options":{"deadline":0}}', _NO),
    ("JSON-22b", "queue_timeout -1", b'{"inputs":@,"options":{"queue_timeout":-1}}', _NO),
    ("JSON-22c", "queue_timeout as text", b'{"inputs":@,"options":{"queue_timeout":"5"}}', _NO),
):  # fmt: skip
    add(_id, f"{_line}: 4xx, no job", partial(_refused, _body, _statuses))

_NUMBERS = ("true", '"12"', '"٣٤"', '"1_000"', "[1]", "12.5", "-5", "2147483648", "9007199254740993", "9223372036854775808", "{}", '""', "1e3", "-0.1")  # fmt: skip
for _place, _value in enumerate(_NUMBERS):
    for _field, _letter in (("gap", ""), ("quality", "q"), ("fit", "f")):
        if (_field, _value) == ("fit", "1e3"):
            continue
        add(
            f"JSON-09{_letter}{chr(ord('a') + _place)}",
            f"{_field} {_value}: 4xx with the field named",
            partial(_named, _field, _value),
        )


async def _typed(headers: dict[str, str], statuses: tuple[int, ...], target: Target) -> None:
    user = await target.user()
    body = f'{{"inputs":{await two_files(user)}}}'.encode()
    if "gzip" in headers.values():
        body = gzip.compress(body)
    answer = await post(user, body, headers)
    expect(answer.status_code in statuses, f"{answer.status_code}: {answer.text}")


for _id, _headers in (
    ("JSON-08", {**JSON, "Content-Encoding": "gzip"}),
    ("JSON-08b", {"Content-Type": "text/plain"}),
    ("JSON-08c", {"Content-Type": "application/x-www-form-urlencoded"}),
    ("JSON-08d", {}),
    ("JSON-08e", {"Content-Type": "application/json-patch+json"}),
    ("JSON-08f", {"Content-Type": "text/html; application/json"}),
):
    add(
        _id,
        f"a good body, but {_headers}: 400 or 415",
        partial(_typed, _headers, (400, 415)),
    )


@case("JSON-08g")
async def a_bomb_of_zeros(target: Target) -> None:
    """A gzip body of 1 GiB in 1 MB: refused, never inflated."""
    user = await target.user()
    body = gzip.compress(bytes(1 << 20), 1) * 200
    answer = await post(user, body, {**JSON, "Content-Encoding": "gzip"})
    expect(answer.status_code in (400, 413, 415), answer.text)


@case("JSON-13", slow=True, alone=True)
async def fifteen_megabytes(target: Target) -> None:
    """15 MB of [{},{}...]: 413, by others' clocks nothing happened."""
    user, other = await target.user(), await target.user()
    body = b'{"inputs":[' + b"{}," * 5_000_000 + b"{}]}"
    slowest = 0.0
    done = trio.Event()

    async def watch() -> None:
        nonlocal slowest
        while not done.is_set():
            begun = trio.current_time()
            told(await other.http.get("/api/v1/session"))
            slowest = max(slowest, trio.current_time() - begun)
            await trio.sleep(0.005)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch)
        answer = await post(user, body)
        done.set()
    expect(answer.status_code == 413, answer.text)
    expect(slowest < 0.25, f"another user waited {slowest:.3f} s")


@case("JSON-13b")
async def just_above_a_megabyte(target: Target) -> None:
    """1 MiB and a byte, declared and streamed: 413."""
    user = await target.user()
    body = b'{"inputs":"' + b"a" * (1 << 20) + b'"}'
    answer = await post(user, body)
    expect(answer.status_code == 413, answer.text)

    async def stream() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 65536):
            yield body[start : start + 65536]

    answer = await user.http.post(STITCH, content=stream(), headers=JSON)
    expect(answer.status_code == 413, answer.text)


@case("JSON-17")
async def ten_thousand_addresses(target: Target) -> None:
    """10,000 addresses in one fetch: 4xx before any is asked."""
    user = await target.user()
    body = {"urls": ["http://example.com/"] * 10_000}
    answer = await user.http.post("/api/v1/jobs/fetch", json=body)
    expect(answer.status_code in (400, 413, 422), answer.text)


@case("JSON-19")
async def a_picture_too_large_to_make(target: Target) -> None:
    """Two pictures fitted to 100,000 pixels: 413 or 422 with the limit named, before anything waits."""
    user = await target.user()
    body = f'{{"inputs":{await two_files(user)},"fit":100000,"format":"png"}}'.encode()
    answer = await post(user, body)
    expect(answer.status_code in (413, 422), answer.text)
    expect(any(word in answer.text for word in ("megapixel", "limit", "pixels")), answer.text)


@case("JSON-19b")
async def a_grid_beyond_measure(target: Target) -> None:
    """columns 500, gap 10,000: refused by size or made; never an error of ours."""
    user = await target.user()
    inputs = await two_files(user)
    for more in ('"columns":500', '"columns":2,"gap":10000', '"columns":501', '"columns":0'):
        body = f'{{"inputs":{inputs},"layout":"grid",{more}}}'.encode()
        answer = await post(user, body)
        expect(answer.status_code in (202, 413, 422), f"{more}: {answer.text}")
    await user.http.delete("/api/v1/session")


@case("JSON-23")
async def the_field_is_named(target: Target) -> None:
    """A mistake in the third of three places: its JSON pointer is told."""
    user = await target.user()
    body = f'{{"inputs":{await two_files(user)},"gap":-5}}'.encode()
    answer = await post(user, body)
    expect(answer.status_code == 422, answer.text)
    expect(answer.json().get("field") == "/gap", answer.text)


@case("JSON-24")
async def queries(target: Target) -> None:
    """limit= of every odd kind, twice, unknown ones: 422 each."""
    user = await target.user()
    for query in (
        *(
            f"limit={value}"
            for value in ("0", "-1", "1e3", "NaN", "%D9%A3", "1_0", "+5", "", "%00")
        ),
        "limit=99999999999999999999",
        "limit=5&limit=6",
        "limit=201",
        "who=me",
        "limit=" + "9" * 5000,
    ):
        answer = await user.http.get(f"/api/v1/files?{query}")
        expect(answer.status_code in (400, 422), f"{query[:40]}: {answer.status_code}")


@case("JSON-25")
async def cursors(target: Target) -> None:
    """Cursors that are none of ours: 422 or an empty page, never an error of ours."""
    user = await target.user()
    for path in ("files", "jobs"):
        for cursor in (
            "x",
            "%00",
            "%ff",
            "a" * 64,
            "a" * 65,
            "' OR 1=1 --",
            "../..",
            "\U0001d7d9",
            "-1",
        ):
            answer = await user.http.get(f"/api/v1/{path}", params={"cursor": cursor})
            expect(answer.status_code in (200, 400, 422), f"{cursor}: {answer.status_code}")
