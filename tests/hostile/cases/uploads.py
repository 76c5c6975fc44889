# ruff: noqa: E501 -- a case a row reads better than broken rows
"""UPL: forms that are none, lengths that lie, races for the quota."""

import gzip
import json
from collections.abc import AsyncIterator
from functools import partial

import httpx
import trio

from tests import pictures
from tests.hostile.cases.case import add, case, expect
from tests.hostile.cases.target import Target
from tests.service import User, at_once, png, told

FORM = {"Content-Type": "multipart/form-data; boundary=b"}


async def put(user: User, content: bytes, name: str = "a.png", **headers: str) -> httpx.Response:
    """The answer to one file, sent as it is."""
    return await user.http.put(f"/api/v1/files/{name}", content=content, headers=headers)


async def send_form(user: User, body: bytes, headers: dict[str, str] = FORM) -> httpx.Response:
    """The answer to a form of these bytes."""
    return await user.http.post("/api/v1/files", content=body, headers=headers)


def part(content: bytes, head: bytes = b'name="file"; filename="a.png"') -> bytes:
    """One part of a form with the boundary `b`."""
    return b"--b\r\nContent-Disposition: form-data; " + head + b"\r\n\r\n" + content + b"\r\n"


END = b"--b--\r\n"


async def nothing_left(user: User) -> None:
    """The session holds no file and uses nothing."""
    expect((await user.get("/files"))["items"] == [], "a file stayed")
    used = await user.used()
    expect(used["session_files"] == 0 == used["session_bytes"], used)


# --- forms ------------------------------------------------------------------------------------------


async def _form_refused(
    body: bytes, headers: dict[str, str], statuses: tuple[int, ...], target: Target
) -> None:
    user = await target.user()
    answer = await send_form(user, body, headers)
    expect(answer.status_code in statuses, f"{answer.status_code}: {answer.text}")
    await nothing_left(user)


def _typed(boundary: str) -> dict[str, str]:
    return {"Content-Type": f"multipart/form-data; boundary={boundary}"}


_BAD = (400, 413, 415, 422)
_GOOD_PART = part(png())
for _id, _line, _body, _headers in (
    ("UPL-08", "two parts, one of another name", _GOOD_PART + part(b"x", b'name="other"') + END, FORM),
    ("UPL-08b", "a part without a name", part(png(), b'filename="a"') + END, FORM),
    ("UPL-08c", "a part without a disposition", b"--b\r\nX: y\r\n\r\n" + png() + b"\r\n" + END, FORM),
    ("UPL-08d", "a part with two dispositions", b'--b\r\nContent-Disposition: form-data; name="file"\r\nContent-Disposition: form-data; name="x"\r\n\r\nx\r\n' + END, FORM),
    ("UPL-08e", "a good part and a bad one", _GOOD_PART + part(b"no picture") + END, FORM),
    ("UPL-09", "5,000 empty parts", part(b"") * 5000 + END, FORM),
    ("UPL-09b", "a part header of 1 MB", part(png(), b'name="file"; x="' + b"y" * 1_000_000 + b'"') + END, FORM),
    ("UPL-09c", "no boundary", _GOOD_PART + END, {"Content-Type": "multipart/form-data"}),
    ("UPL-09d", "a boundary of 8 kB", _GOOD_PART + END, _typed("b" * 8000)),
    ("UPL-09e", "an empty boundary", _GOOD_PART + END, _typed('""')),
    ("UPL-09f", "a field of 1 MB", part(b"x" * 1_000_000, b'name="field"') + END, FORM),
    ("UPL-09g", "1,000 headers in one part", b"--b\r\n" + b"X: y\r\n" * 1000 + b"\r\nx\r\n" + END, FORM),
    ("UPL-09h", "nothing but the end", END, FORM),
    ("UPL-09i", "an empty body", b"", FORM),
    ("UPL-10", "another boundary than declared", _GOOD_PART.replace(b"--b", b"--c") + END.replace(b"b", b"c"), FORM),
    ("UPL-10b", "no end", _GOOD_PART, FORM),
    ("UPL-10c", "a boundary of line ends", _GOOD_PART + END, _typed('"a%0d%0ab"')),
    ("UPL-10d", "two boundaries declared", _GOOD_PART.replace(b"--b", b"--c") + b"--c--\r\n", {"Content-Type": "multipart/form-data; boundary=b; boundary=c"}),
    ("UPL-10e", "bare LF in a form", _GOOD_PART.replace(b"\r\n", b"\n") + END, FORM),
    ("UPL-10f", "a part of base64", part(png()).replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n", 1).replace(b"\x89PNG", b"XXXX") + END, FORM),
    ("UPL-10g", "an other form type", b"file=abc", {"Content-Type": "application/x-www-form-urlencoded"}),
    ("UPL-10h", "multipart/mixed", _GOOD_PART + END, {"Content-Type": "multipart/mixed; boundary=b"}),
    ("UPL-10i", "megabytes before the first boundary", b"x" * 3_000_000 + _GOOD_PART, FORM),
):  # fmt: skip
    add(
        _id,
        f"a form with {_line}: 4xx, nothing kept",
        partial(_form_refused, _body, _headers, _BAD),
    )


# --- lengths ----------------------------------------------------------------------------------------


def head(user: User, method: str, path: str, *lines: str) -> bytes:
    """A request head with a user's credentials."""
    first = [f"{method} {path} HTTP/1.1", "Host: here", f"Authorization: Bearer {user.token}"]
    return "\r\n".join([*first, *lines, "", ""]).encode()


@case("UPL-11")
async def a_length_beyond_the_limit(target: Target) -> None:
    """Content-Length of 1 TB with Expect: 413 before any byte, never 100."""
    user = await target.user()
    lines = ("Content-Length: 1000000000000", "Expect: 100-continue")
    answer = await target.talk(head(user, "PUT", "/api/v1/files/a.png", *lines))
    expect(answer.startswith(b"HTTP/1.1 413"), answer)


@case("UPL-11b")
async def a_form_beyond_the_limit(target: Target) -> None:
    """The same for a form, and without Expect: 413."""
    user = await target.user()
    for lines in (
        (FORM["Content-Type"], "Expect: 100-continue"),
        (FORM["Content-Type"], "X: y"),
    ):
        answer = await target.talk(
            head(
                user,
                "POST",
                "/api/v1/files",
                f"Content-Type: {lines[0]}",
                "Content-Length: 1000000000000",
                lines[1],
            )
        )
        expect(answer.startswith(b"HTTP/1.1 413"), answer)


@case("UPL-12")
async def more_than_it_may_without_a_length(target: Target) -> None:
    """A chunked body without end: 413 as soon as it is more than one file may have."""
    async with target.elsewhere(limits={"max_upload_mb": 1}) as small:
        user = await small.user()

        async def endless() -> AsyncIterator[bytes]:
            for _ in range(200):
                yield bytes(1 << 16)

        for method, path, content in (
            ("PUT", "/api/v1/files/a.png", endless()),
            ("POST", "/api/v1/files", _form_of(endless())),
        ):
            try:
                answer = await user.http.request(method, path, content=content, headers=FORM)
            except (httpx.WriteError, httpx.ReadError):
                continue  # it closed while we were sending, as it may
            expect(answer.status_code in (413, 422), answer.text)
        await nothing_left(user)
        await _until_no_parts(small)


async def _form_of(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield part(b"").removesuffix(b"\r\n")
    async for chunk in content:
        yield chunk


async def _until_no_parts(target: Target) -> None:
    for _ in range(100):
        if not target.service.parts():
            return
        await trio.sleep(0.05)
    expect(False, f"parts stayed: {target.service.parts()}")


async def _aborted(tries: int, target: Target) -> None:
    """Each leaves in the middle, by a reset or by closing, raw or as a form."""
    user = await target.user()
    content = pictures.encoded(pictures.noise(200, 200), "PNG")
    raw = head(user, "PUT", "/api/v1/files/a.png", f"Content-Length: {len(content)}")
    form = head(
        user,
        "POST",
        "/api/v1/files",
        f"Content-Type: {FORM['Content-Type']}",
        f"Content-Length: {len(content) + 100}",
    )
    for number in range(tries):
        client = await target.connect()
        start = raw if number % 2 else form + part(b"").removesuffix(b"\r\n")
        await target.pour(client, start + content[: len(content) // 2])
        if number % 3:
            client.reset()
        else:
            client.close()
    await nothing_left(user)
    if target.program:
        await _until_no_parts(target)


add("UPL-13", "an upload aborted in its middle, 1,000 times: nothing left", partial(_aborted, 1000), slow=True)  # fmt: skip
add("UPL-13b", "an upload aborted in its middle, 40 times: nothing left", partial(_aborted, 40))


@case("UPL-13c")
async def shorter_than_it_said(target: Target) -> None:
    """A body cut short by a FIN: no file is made of what came."""
    user = await target.user()
    content = png()
    client = await target.connect()
    request = head(user, "PUT", "/api/v1/files/a.png", f"Content-Length: {len(content) + 1}")
    await client.send(request + content)
    await target.finish(client)
    await client.rest()
    await nothing_left(user)


@case("UPL-14")
async def a_race_for_the_last_place(target: Target) -> None:
    """20 uploads at once into a session that may hold 3: 3 are kept, the others 4xx or 507."""
    target.errors = frozenset({507})
    async with target.elsewhere(limits={"max_session_files": 3}) as small:
        small.errors = target.errors
        user = await small.user()
        answers = await at_once(*[partial(put, user, png()) for _ in range(20)])
        statuses = sorted(answer.status_code for answer in answers)
        expect(statuses.count(201) == 3, statuses)
        expect(set(statuses) <= {201, 413, 422, 429, 507}, statuses)
        expect((await user.used())["session_files"] == 3, await user.used())
        await small.clients.aclose()


@case("UPL-14b")
async def a_race_for_the_last_bytes(target: Target) -> None:
    """10 uploads of 300 kB at once into a session of 1 MiB: never more than it holds."""
    target.errors = frozenset({507})
    async with target.elsewhere(limits={"max_session_mb": 1, "max_upload_mb": 1}) as small:
        small.errors = target.errors
        user = await small.user()
        content = pictures.encoded(pictures.noise(320, 320), "BMP")
        answers = await at_once(*[partial(put, user, content) for _ in range(10)])
        statuses = sorted(answer.status_code for answer in answers)
        expect(1 <= statuses.count(201) <= 3, statuses)
        expect(set(statuses) <= {201, 413, 422, 429, 507}, statuses)
        expect((await user.used())["session_bytes"] <= 1 << 20, await user.used())


@case("UPL-16")
async def quota_is_given_back(target: Target) -> None:
    """Uploads refused, failed and removed again and again: the quota stands where it stood."""
    user = await target.user()
    for _ in range(10):
        await put(user, b"no picture")
        await send_form(user, _GOOD_PART)
        [file] = await user.upload(png())
        told(await user.http.get(f"/api/v1/files/{file}"))
        expect((await user.http.delete(f"/api/v1/files/{file}")).status_code == 204, "kept")
    await nothing_left(user)


@case("UPL-17")
async def the_same_bytes_twice(target: Target) -> None:
    """Two users and one twice with the same bytes: deleting one's leaves the others'."""
    ann, ben = await target.user(), await target.user()
    first, second = await ann.upload(png(), png())
    [theirs] = await ben.upload(png())
    expect(len({first, second, theirs}) == 3, "shared ids")
    expect((await ann.http.delete(f"/api/v1/files/{first}")).status_code == 204, "kept")
    expect(await ann.content(second) == png() == await ben.content(theirs), "gone")


@case("UPL-18")
async def not_its_content_encoding(target: Target) -> None:
    """A PNG in gzip with Content-Encoding: gzip: refused or kept as bytes, never inflated."""
    user = await target.user()
    answer = await put(user, gzip.compress(png()), **{"Content-Encoding": "gzip"})
    expect(answer.status_code in (400, 415, 422), answer.text)


@case("UPL-18b")
async def a_part_of_a_file(target: Target) -> None:
    """PUT with Content-Range: refused (RFC 9110 14.5), no half file."""
    user = await target.user()
    answer = await put(user, png(), **{"Content-Range": "bytes 0-9/100"})
    expect(answer.status_code in (400, 422), f"{answer.status_code} {json.dumps(answer.json())}")


@case("UPL-20")
async def file_in_use(target: Target) -> None:
    """PUT onto the id of another's file: a new file by that name, the other untouched."""
    ann, ben = await target.user(), await target.user()
    [file] = await ann.upload(png())
    mine = told(await put(ben, png(20, 20), file), 201)
    expect(mine["id"] != file, mine)
    expect(await ann.content(file) == png(), "overwritten")
