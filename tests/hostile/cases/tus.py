# ruff: noqa: E501 -- a case a row reads better than broken rows
"""TUS: resumable uploads that lie about offsets and lengths, or are another's."""

import base64
from functools import partial

import httpx

from tests.hostile.cases.case import add, case, expect
from tests.hostile.cases.target import Target
from tests.hostile.cases.uploads import nothing_left
from tests.service import User, at_once, png

PATH = "/api/v1/uploads/"
TUS = {"Tus-Resumable": "1.0.0"}
STRETCH = {**TUS, "Content-Type": "application/offset+octet-stream"}


async def begin(user: User, length: int, name: str = "a.png", **more: str) -> httpx.Response:
    """The answer to a creation."""
    told = f"filename {base64.b64encode(name.encode('utf-8', 'surrogatepass')).decode()}"
    headers = {**TUS, "Upload-Length": str(length), "Upload-Metadata": told, **more}
    return await user.http.post(PATH, headers=headers)


async def begun(user: User, length: int) -> str:
    """The path of a new upload."""
    answer = await begin(user, length)
    expect(answer.status_code == 201, answer.text)
    return str(httpx.URL(answer.headers["Location"]).path)


async def send(user: User, path: str, offset: str, content: bytes, **more: str) -> httpx.Response:
    """The answer to a stretch."""
    headers = {**STRETCH, "Upload-Offset": offset, **more}
    return await user.http.patch(path, content=content, headers=headers)


async def _refused_creation(headers: dict[str, str], target: Target) -> None:
    user = await target.user()
    given = {**TUS, "Upload-Length": "10", **headers}
    answer = await user.http.post(PATH, headers={k: v for k, v in given.items() if v != "-"})
    expect(400 <= answer.status_code < 500, f"{answer.status_code} {answer.text}")
    await nothing_left(user)


for _id, _headers in (
    ("01", {"Upload-Length": "-1"}),
    ("01b", {"Upload-Length": "abc"}),
    ("01c", {"Upload-Length": "1_0"}),
    ("01d", {"Upload-Length": "9" * 30}),
    ("01e", {"Upload-Length": "9" * 5000}),
    ("01f", {"Upload-Length": "1e3"}),
    ("01g", {"Upload-Length": "+5"}),
    ("01h", {"Upload-Length": "-"}),
    ("01i", {"Upload-Length": "99999999999999"}),
    ("02", {"Tus-Resumable": "9.9.9"}),
    ("02b", {"Tus-Resumable": "-"}),
    ("03", {"Upload-Metadata": "filename ***"}),
    ("03b", {"Upload-Metadata": "filename YQ==,filename Yg=="}),
):
    add(
        f"TUS-{_id}",
        f"a creation with {str(_headers)[:60]}: 4xx",
        partial(_refused_creation, _headers),
    )


async def _refused_stretch(offset: str, headers: dict[str, str], target: Target) -> None:
    user = await target.user()
    path = await begun(user, 75)
    answer = await send(user, path, offset, png()[:10], **headers)
    expect(400 <= answer.status_code < 500, f"{answer.status_code} {answer.text}")
    found = await user.http.head(path, headers=TUS)
    expect(found.headers["Upload-Offset"] == "0", found.headers)
    await user.http.delete(path, headers=TUS)
    await nothing_left(user)


for _id, _offset, _headers in (
    ("04", "1", {}),
    ("04b", "-1", {}),
    ("04c", "75", {}),
    ("04d", "9" * 30, {}),
    ("04e", "x", {}),
    ("04f", "", {}),
    ("04g", "0x0", {}),
    ("05", "0", {"Content-Type": "text/plain"}),
    ("05b", "0", {"Tus-Resumable": "0.2.2"}),
):
    add(
        f"TUS-{_id}",
        f"a stretch at {_offset[:20]!r} with {_headers}: 4xx, nothing moved",
        partial(_refused_stretch, _offset, _headers),
    )


@case("TUS-06")
async def more_than_was_said(target: Target) -> None:
    """More bytes than Upload-Length: refused or cut there, never a longer file."""
    user = await target.user()
    path = await begun(user, 20)
    answer = await send(user, path, "0", png())
    expect(400 <= answer.status_code < 500, f"{answer.status_code} {answer.text}")


@case("TUS-07")
async def the_same_stretch_at_once(target: Target) -> None:
    """Ten stretches at one offset at once: one is taken, the file is whole and one."""
    user = await target.user()
    content = png()
    path = await begun(user, len(content))
    answers = await at_once(*[partial(send, user, path, "0", content) for _ in range(10)])
    statuses = sorted(answer.status_code for answer in answers)
    expect(statuses[0] == 204 and set(statuses) <= {204, 404, 409, 410, 423}, statuses)
    items = (await user.get("/files"))["items"]
    expect([item["size"] for item in items] == [len(content)], items)
    expect(await user.content(items[0]["id"]) == content, "other bytes")


@case("TUS-08")
async def anothers_upload(target: Target) -> None:
    """HEAD, PATCH, DELETE of another's upload: 404 as for none; it goes on."""
    ann, ben = await target.user(), await target.user()
    path = await begun(ben, 75)
    for method, headers in (("HEAD", TUS), ("PATCH", {**STRETCH, "Upload-Offset": "0"}), ("DELETE", TUS)):  # fmt: skip
        theirs = await ann.http.request(method, path, headers=headers)
        none = await ann.http.request(method, PATH + "0" * 34, headers=headers)
        expect(theirs.status_code == none.status_code == 404, f"{method} {theirs.status_code}")
        expect(theirs.text == none.text, theirs.text + none.text)
    found = await ben.http.head(path, headers=TUS)
    expect(found.headers["Upload-Offset"] == "0", found.headers)
    await ben.http.delete(path, headers=TUS)


@case("TUS-09")
async def what_is_no_picture(target: Target) -> None:
    """A finished upload that is a page: 4xx, nothing kept, quota free."""
    user = await target.user()
    content = b"<!doctype html><script>alert(1)</script>"
    path = await begun(user, len(content))
    answer = await send(user, path, "0", content)
    expect(answer.status_code in (400, 415, 422), f"{answer.status_code} {answer.text}")
    await nothing_left(user)


@case("TUS-10")
async def too_many(target: Target) -> None:
    """100 creations: those above the limit 4xx, and ended ones make room."""
    user = await target.user()
    answers = [await begin(user, 1000) for _ in range(100)]
    statuses = [answer.status_code for answer in answers]
    expect(statuses.count(201) == 20 and max(statuses) < 500, statuses)
    await user.http.delete("/api/v1/session")


@case("TUS-11")
async def names(target: Target) -> None:
    """Hostile names in Upload-Metadata: cleaned or 4xx."""
    user = await target.user()
    content = png()
    for name in ("../../x", "a\r\nX: y", "\x00", "\u202egnp.exe", "a" * 300, "<b>", ".."):
        answer = await begin(user, len(content), name)
        expect(answer.status_code < 500, answer.text)
        if answer.status_code == 201:
            done = await send(user, str(httpx.URL(answer.headers["Location"]).path), "0", content)
            expect(done.status_code in (204, 400, 422), done.text)
    for file in (await user.get("/files"))["items"]:
        shown = file["name"]
        expect(shown.isprintable() and not set(shown) & set("/\\"), repr(shown))


@case("TUS-12")
async def ended_while_it_grows(target: Target) -> None:
    """An upload ended, then continued: 404 or 410, nothing left on the disk."""
    user = await target.user()
    path = await begun(user, 75)
    await send(user, path, "0", png()[:10])
    expect((await user.http.delete(path, headers=TUS)).status_code == 204, "not ended")
    answer = await send(user, path, "10", png()[10:])
    expect(answer.status_code in (404, 410), answer.text)
    await nothing_left(user)
