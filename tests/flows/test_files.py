"""Files: in by form or raw, out whole or in ranges, and gone when removed."""

import hashlib
from functools import partial
from pathlib import Path

import pytest

from tests.pictures import corners, encoded, exif, lying
from tests.service import Service, User, at_once, open_service, opened, png, refused, told

PROGRAM = "narrow"


async def test_a_form_brings_many_files_in_its_order(ann: User) -> None:
    sizes = [(3, 4), (5, 6), (7, 8)]
    parts = [("file", (f"{width}.png", png(width, height))) for width, height in sizes]
    items = told(await ann.http.post("/api/v1/files", files=parts), 201)["items"]
    assert [(file["width"], file["height"]) for file in items] == sizes
    assert [file["name"] for file in items] == ["3.png", "5.png", "7.png"]
    assert [file["id"] for file in (await ann.get("/files"))["items"]] == [
        file["id"] for file in reversed(items)
    ]


async def test_a_raw_body_is_a_file_and_its_bytes_say_what_it_is(ann: User) -> None:
    content = encoded(lying(corners(12, 8), 6), "JPEG", exif=exif(6))
    answer = await ann.http.put(
        "/api/v1/files/lies.txt", content=content, headers={"Content-Type": "text/plain"}
    )
    file = told(answer, 201)
    assert file["media_type"] == "image/jpeg"
    assert (file["width"], file["height"]) == (12, 8)  # as displayed
    assert file["size"] == len(content)
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    assert file == await ann.get(f"/files/{file['id']}")
    assert await ann.content(file["id"]) == content


@pytest.mark.parametrize(
    ("asked", "begin", "end"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=10-", 10, None),
        ("bytes=-7", -7, None),
        ("bytes=5-100000", 5, None),
    ],
)
async def test_a_range_is_answered_with_just_its_bytes(
    ann: User, asked: str, begin: int, end: int | None
) -> None:
    content = png(30, 30)
    [file] = await ann.upload(content)
    answer = await ann.http.get(f"/api/v1/files/{file}/content", headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == content[begin:end]
    first = begin % len(content)
    span = f"bytes {first}-{first + len(answer.content) - 1}/{len(content)}"
    assert answer.headers["Content-Range"] == span


async def test_a_range_beyond_the_end_is_told_the_size(ann: User) -> None:
    content = png()
    [file] = await ann.upload(content)
    answer = await ann.http.get(
        f"/api/v1/files/{file}/content", headers={"Range": f"bytes={len(content)}-"}
    )
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(content)}"


async def test_an_unchanged_file_is_not_sent_again(ann: User) -> None:
    content = png()
    [file] = await ann.upload(content)
    path = f"/api/v1/files/{file}/content"
    etag = (await ann.http.get(path)).headers["ETag"]
    again = await ann.http.get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    other = await ann.http.get(path, headers={"If-None-Match": '"another"'})
    assert (other.status_code, other.content) == (200, content)
    resumed = await ann.http.get(path, headers={"Range": "bytes=0-1", "If-Range": etag})
    assert resumed.status_code == 206
    changed = await ann.http.get(path, headers={"Range": "bytes=0-1", "If-Range": '"another"'})
    assert (changed.status_code, changed.content) == (200, content)


async def test_a_head_tells_what_a_get_would_without_its_bytes(ann: User) -> None:
    [file] = await ann.upload(png())
    path = f"/api/v1/files/{file}/content"
    head, get = await ann.http.head(path), await ann.http.get(path)
    assert (head.status_code, head.content) == (200, b"")
    told_by = ("Content-Length", "Content-Type", "ETag", "Accept-Ranges", "Content-Disposition")
    assert [head.headers[name] for name in told_by] == [get.headers[name] for name in told_by]


async def test_a_download_is_an_attachment_under_the_users_name_for_it(ann: User) -> None:
    [file] = await ann.upload(png(), name='né "1".png')
    path = f"/api/v1/files/{file}/content"
    shown = (await ann.http.get(path)).headers["Content-Disposition"]
    saved = (await ann.http.get(path, params={"download": 1})).headers["Content-Disposition"]
    assert shown.startswith("inline;")
    assert saved.startswith("attachment;")
    assert "filename*=UTF-8''n%C3%A9%20%221%22.png" in saved


async def test_a_removed_file_is_gone_from_list_disk_and_quota(service: Service, ann: User) -> None:
    before = service.stored()
    [file] = await ann.upload(png())
    assert len(service.stored() - before) == 1
    assert (await ann.http.delete(f"/api/v1/files/{file}")).status_code == 204
    assert service.stored() == before
    for path in (f"/api/v1/files/{file}", f"/api/v1/files/{file}/content"):
        refused(await ann.http.get(path), 404, "not_found")
    refused(await ann.http.delete(f"/api/v1/files/{file}"), 404, "not_found")
    assert set((await ann.used()).values()) == {0}


async def test_a_file_whose_volume_is_away_is_not_there_just_now(tmp_path: Path) -> None:
    """It is no file that is gone: it is there again with its volume."""
    async with open_service(tmp_path / "data") as service:
        ann = await service.user()
        content = png()
        [file] = await ann.upload(content)
        files = service.data / "files"
        files.rename(tmp_path / "volume")
        files.mkdir()
        problem = refused(await ann.http.get(f"/api/v1/files/{file}/content"), 503, "not_ready")
        assert "mounted" in problem["detail"]
        refused(await ann.http.delete(f"/api/v1/files/{file}"), 503, "not_ready")
        files.rmdir()
        (tmp_path / "volume").rename(files)
        assert await ann.content(file) == content


async def test_a_file_that_a_job_needs_is_not_removed(service: Service, ann: User) -> None:
    files = await ann.upload(png(), png())
    with service.frozen():
        job = await ann.stitch(files)
        problem = refused(await ann.http.delete(f"/api/v1/files/{files[0]}"), 409, "file_in_use")
        assert problem["jobs"] == [job]
    assert (await ann.result(job)).size == (8, 12)
    assert (await ann.http.delete(f"/api/v1/files/{files[0]}")).status_code == 204


async def test_the_end_of_a_session_leaves_nothing_of_it(service: Service, ann: User) -> None:
    before = service.stored()
    files = await ann.upload(png(), png())
    await ann.reaches(await ann.stitch(files), "succeeded")
    with service.frozen():
        await ann.reaches(await ann.stitch(files), "running")
        assert (await ann.http.delete("/api/v1/session")).status_code == 204
    assert service.stored() == before
    refused(await ann.http.get("/api/v1/session"), 401, "no_session")


async def test_a_result_is_a_file_like_any_other(ann: User) -> None:
    job = await ann.reaches(await ann.stitch(await ann.upload(png(), png())), "succeeded")
    [made] = job["result"]["files"]
    assert made["job"] == job["id"]
    assert made == await ann.get(f"/files/{made['id']}")
    twice = await ann.stitch([made["id"], made["id"]], format="png")
    assert (await ann.result(twice)).size == (8, 24)
    assert opened(await ann.content(made["id"])).format == "JPEG"


async def test_a_session_that_ends_while_it_is_used_is_gone_with_all_that_was_on_its_way(
    service: Service, ann: User
) -> None:
    before = service.stored()
    files = await ann.upload(png(), png())
    devices = [await service.user(ann.token) for _ in range(8)]
    [*uploads, asks, more_asks, ends] = devices
    answers = await at_once(
        *(partial(device.put, png()) for device in uploads),
        partial(asks.ask, files),
        partial(more_asks.ask, files),
        lambda: ends.http.delete("/api/v1/session"),
    )
    assert answers[-1].status_code == 204
    assert {answer.status_code for answer in answers[:-1]} <= {201, 202, 401, 503}
    assert service.stored() == before
