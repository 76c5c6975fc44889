# ruff: noqa: E501 -- a case a row reads better than broken rows
"""RNG: parts of files and conditions, well and badly asked."""

import re
from functools import partial

from tests import pictures
from tests.hostile.cases.case import add, case, expect
from tests.hostile.cases.target import Target
from tests.service import User, png
from tests.web.rawclient import ask_for


async def stored(target: Target) -> tuple[User, str, bytes]:
    """A user, the address of a file's bytes, and the bytes."""
    user = await target.user()
    content = png()
    [file] = await user.upload(content)
    return user, f"/api/v1/files/{file}/content", content


async def _range(asked: str, statuses: tuple[int, ...], target: Target) -> None:
    user, path, content = await stored(target)
    credentials = f"Authorization: Bearer {user.token}"
    for method in ("GET", "HEAD"):
        answer = await target.ask(ask_for(path, method, credentials, f"Range: {asked}"), method)
        expect(answer.status in (*statuses, 200), f"{method} {asked[:60]}: {answer.status}")
        headers = {name.lower(): value for name, value in answer.headers.items()}
        if answer.status == 206 and "multipart" not in headers["content-type"]:
            where = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", headers["content-range"])
            assert where is not None, headers
            first, last, size = map(int, where.groups())
            expect(size == len(content) and 0 <= first <= last < size, where[0])
            expect(int(headers["content-length"]) == last - first + 1, headers)
            expect(answer.body in (b"", content[first : last + 1]), "other bytes")
        elif answer.status == 416:
            expect(headers["content-range"] == f"bytes */{len(content)}", headers)
        elif answer.status == 200:
            expect(answer.body == (content if method == "GET" else b""), "not the whole")


_PART, _NONE = (206,), (416,)
_BAD = (400, 416)
for _id, _asked, _statuses in (
    ("01", "bytes=-5", _PART),
    ("01b", "bytes=-0", _NONE),
    ("01c", "bytes=-" + "9" * 30, _PART),
    ("01d", "bytes=-" + "9" * 5000, (206, 400, 416)),
    ("02", "bytes=0-" + "9" * 30, _PART),
    ("02b", "bytes=0-" + "9" * 5000, (206, 400, 416)),
    ("02c", "bytes=" + "9" * 30 + "-", _NONE),
    ("03", "bytes=0-1,3-4", _PART),
    ("03b", "bytes=" + ",".join(["0-"] * 1000), (206, 400, 416)),
    ("03c", "bytes=0-0,0-0,0-0", _PART),
    ("04", "bytes=0-0", _PART),
    ("04b", "bytes=0-", _PART),
    ("04c", "bytes=74-", _PART),
    ("04d", "bytes=75-", _NONE),
    ("05", "bytes=9-2", _BAD),
    ("05b", "bytes=a-b", _BAD),
    ("05c", "lines=0-1", _BAD),
    ("05d", "", _BAD),
    ("05e", "bytes=", _BAD),
    ("05f", "bytes=-", _BAD),
    ("05g", "bytes", _BAD),
    ("05h", "bytes=0x0-0x5", _BAD),
    ("05i", "bytes=٣-٤", _BAD),
    ("05j", "bytes=+1-+5", _BAD),
    ("05k", "bytes= 0 - 5", (206, 400, 416)),
    ("05l", "BYTES=0-5", (206, 400, 416)),
    ("05m", "bytes=0-5-9", _BAD),
    ("05n", "bytes=0--5", _BAD),
    ("05o", "bytes=1e3-", _BAD),
    ("05p", "bytes=NaN-", _BAD),
    ("05q", "bytes=-9223372036854775808", (206, 400, 416)),
):
    add(
        f"RNG-{_id}",
        f"Range: {_asked[:40]}: right part, whole or 416",
        partial(_range, _asked.encode().decode("latin-1"), _statuses),
    )


@case("RNG-06")
async def a_range_on_a_condition(target: Target) -> None:
    """If-Range: our tag gives the part; another, a weak one, a date or nonsense the whole."""
    user, path, content = await stored(target)
    etag = (await user.http.get(path)).headers["ETag"]
    for condition, status in ((etag, 206), ('"x"', 200), (f"W/{etag}", 200), ("Sat, 01 Jan 2000 00:00:00 GMT", 200), ("x", 200), ("", 200), ("*", 200)):  # fmt: skip
        headers = {"Range": "bytes=0-3", "If-Range": condition}
        answer = await user.http.get(path, headers=headers)
        expect(answer.status_code == status, f"{condition}: {answer.status_code}")
        expect(answer.content == (content[:4] if status == 206 else content), "other bytes")


@case("RNG-07")
async def unless_it_is_the_same(target: Target) -> None:
    """If-None-Match: *, a list, weak and strong, garbage: 304 or 200 as RFC 9110 13.1.2 has it."""
    user, path, _ = await stored(target)
    etag = (await user.http.get(path)).headers["ETag"]
    for condition, status in ((etag, 304), (f"W/{etag}", 304), (f'"x", {etag}', 304), ("*", 304), ('"x"', 200), ("x", 200), ("", 200), ('"', 200), (",,,", 200), (f'"{"a" * 5000}"', 200)):  # fmt: skip
        answer = await user.http.get(path, headers={"If-None-Match": condition})
        expect(answer.status_code == status, f"{condition[:40]}: {answer.status_code}")
        expect(status == 200 or answer.content == b"", "a body")
        expect(answer.headers["ETag"] == etag, answer.headers)


@case("RNG-08")
async def other_conditions(target: Target) -> None:
    """If-Match, If-(Un)Modified-Since, odd dates: 200, 304 or 412, never an error of ours."""
    user, path, _ = await stored(target)
    for name in ("If-Match", "If-Modified-Since", "If-Unmodified-Since", "If-None-Match", "If-Range"):  # fmt: skip
        for value in ('"x"', "*", "Sat, 31 Feb 9999 99:99:99 GMT", "0", "-1", "Thu, 01 Jan 1970 00:00:00 GMT", "a" * 4000, "\x80"):  # fmt: skip
            lines = (f"Authorization: Bearer {user.token}", f"{name}: {value}", "Range: bytes=0-1")
            answer = await target.ask(ask_for(path, "GET", *lines))
            expect(answer.status in (200, 206, 304, 400, 412), f"{name} {value}: {answer.status}")


@case("RNG-09")
async def what_an_etag_tells(target: Target) -> None:
    """The ETag: the same for the same bytes, of the content or an id; no time, no path, no inode."""
    user, path, _ = await stored(target)
    [other] = await user.upload(png())
    first = (await user.http.get(path)).headers
    second = (await user.http.get(f"/api/v1/files/{other}/content")).headers
    expect(re.fullmatch(r'"[0-9a-z]{26,64}"', first["ETag"]), first["ETag"])
    expect("Last-Modified" not in first or first["Last-Modified"] != second, first)


@case("RNG-10")
async def ranges_of_what_is_made(target: Target) -> None:
    """Range on JSON, the page, static files, errors: ignored or right, never an error of ours."""
    user = await target.user()
    for path in ("/", "/api/v1/session", "/api/openapi.json", "/static/style.css", "/nowhere"):
        for asked in ("bytes=-5", "bytes=0-1,3-4", "bytes=9-2", "bytes=" + "9" * 40 + "-"):
            answer = await user.http.get(path, headers={"Range": asked, "If-None-Match": "*"})
            expect(answer.status_code in (200, 206, 304, 404, 416), answer.status_code)


@case("RNG-11")
async def a_result_in_the_making(target: Target) -> None:
    """While a job runs its result is nowhere: no file in the list, none by range."""
    user = await target.user()
    [file] = await user.upload(pictures.encoded(pictures.noise(300, 300), "PNG"))
    job = await user.stitch([file] * 40, fit="none", layout="grid", format="png")
    for _ in range(10):
        seen = await user.job(job)
        files = (await user.get("/files"))["items"]
        if seen["state"] in ("queued", "running"):
            expect(seen["result"] is None, seen)
        for made in files:
            answer = await user.http.get(
                f"/api/v1/files/{made['id']}/content", headers={"Range": "bytes=-1"}
            )
            expect(answer.headers["Content-Range"].endswith(f"/{made['size']}"), answer.headers)
    await user.http.delete("/api/v1/session")


@case("RNG-12")
async def a_head(target: Target) -> None:
    """HEAD with Range, If-None-Match, both: headers alone, and the connection goes on."""
    user, path, content = await stored(target)
    for headers in ({}, {"Range": "bytes=0-3"}, {"If-None-Match": "*"}, {"Range": "bytes=999-"}):
        answer = await user.http.head(path, headers=headers)
        expect(answer.content == b"", answer.content)
    expect((await user.http.get(path)).content == content, "mixed up")
