"""Bad input: each has its code, blames its field, and leaves nothing behind."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.pictures import encoded, noise, plain, png_bomb, truncated
from tests.service import Service, User, png, refused, told

PROGRAM = "narrow"


@pytest.fixture
async def two(service: Service, ann: User) -> AsyncIterator[list[str]]:
    """Two good pictures of hers. Nothing but these is left when the test has ended.

    A job that was accepted and failed can still be read.
    """
    files = await ann.upload(png(), png())
    before = service.stored(), await ann.used(), await ann.get("/files")
    yield files
    after = service.stored(), await ann.used(), await ann.get("/files")
    assert after == before
    assert {job["state"] for job in (await ann.get("/jobs"))["items"]} <= {"failed"}


def inputs(*files: str) -> list[dict[str, str]]:
    return [{"file": file} for file in files]


# --- uploads --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "unreadable_media"),
        (b"Dear Sir or Madam", 415, "unsupported_media"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "unsupported_media"),
        (b"\x89PNG\r\n\x1a\n", 422, "unreadable_media"),
        (b"\xff\xd8\xff\xe0 and no more", 422, "unreadable_media"),
        (png_bomb(20_000, 20_000), 413, "too_large"),
        (png_bomb(40_000, 1), 413, "too_large"),
        (encoded(plain(2001, 2000), "PNG"), 413, "too_large"),
        (encoded(noise(700, 700), "BMP"), 413, "too_large"),  # 1.47 MB where 1 MiB may be
    ],
    ids=["empty", "text", "svg", "signature", "jpeg", "bomb", "side", "pixels", "bytes"],
)
async def test_what_is_no_fitting_picture_is_refused_both_ways(
    ann: User, two: list[str], content: bytes, status: int, code: str
) -> None:
    raw = await ann.http.put("/api/v1/files/holiday.jpg", content=content)
    refused(raw, status, code)
    form = [("file", ("good.png", png())), ("file", ("holiday.jpg", content))]
    problem = refused(await ann.http.post("/api/v1/files", files=form), status, code)
    assert problem["field"] == "/file/1"


async def test_a_form_without_a_file_is_refused(ann: User, two: list[str]) -> None:
    answer = await ann.http.post("/api/v1/files", files=[("picture", ("a.png", png()))])
    refused(answer, 422, "invalid_request")


async def test_a_form_that_breaks_off_is_refused(ann: User, two: list[str]) -> None:
    request = ann.http.build_request("POST", "/api/v1/files", files=[("file", ("a", png()))])
    body = b"".join([chunk async for chunk in request.stream])  # type: ignore[union-attr]  # of a form it can be iterated both ways
    answer = await ann.http.post(
        "/api/v1/files",
        content=body[:-30],
        headers={"Content-Type": request.headers["Content-Type"]},
    )
    refused(answer, 400, "malformed_request")


async def test_a_body_that_is_no_form_is_refused(ann: User, two: list[str]) -> None:
    refused(await ann.http.post("/api/v1/files", json={}), 415, "unsupported_media")


# --- requests -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wishes", "field"),
    [
        ({"inputs": []}, "/inputs"),
        ({"inputs": "all"}, "/inputs"),
        ({"inputs": [{"file": 5}, {"file": "x"}]}, "/inputs/0/file"),
        ({"inputs": [{"file": "x"}, {"name": "y"}]}, "/inputs/1/file"),
        ({"colour": "red"}, "/colour"),
        ({"gap": "5"}, "/gap"),
        ({"gap": -1}, "/gap"),
        ({"gap": 1.5}, "/gap"),
        ({"gap": 10**30}, "/gap"),
        ({"fit": 0}, "/fit"),
        ({"fit": "huge"}, "/fit"),
        ({"columns": 2}, "/columns"),
        ({"format": "gif"}, "/format"),
        ({"background": "transparent"}, "/background"),
        ({"background": "red"}, "/background"),
        ({"quality": 101}, "/quality"),
        ({"quality": True}, "/quality"),
        ({"layout": None}, "/layout"),
        ({"options": {"queue_timeout": -1}}, "/options/queue_timeout"),
        ({"options": {"queue_timeout": "soon"}}, "/options/queue_timeout"),
        ({"options": {"prioriti": "high"}}, "/options/prioriti"),
        ({"options": {"priority": "urgent"}}, "/options/priority"),
        ({"options": 5}, "/options"),
    ],
    ids=str,
)
async def test_a_field_that_is_not_as_it_should_be_is_named(
    ann: User, two: list[str], wishes: dict[str, Any], field: str
) -> None:
    body = {"inputs": inputs(*two), **wishes}
    problem = refused(await ann.http.post("/api/v1/jobs/stitch", json=body), 422, "invalid_request")
    assert problem["field"] == field
    asked = await ann.http.post("/api/v1/jobs/stitch/preflight", json=body)
    assert refused(asked, 422, "invalid_request") == problem


async def test_all_mistakes_are_told_at_once(ann: User, two: list[str]) -> None:
    body = {"inputs": [], "gap": -1, "colour": "red"}
    problem = refused(await ann.http.post("/api/v1/jobs/stitch", json=body), 422, "invalid_request")
    named = {mistake["field"] for mistake in problem["mistakes"]}
    assert named == {"/inputs", "/gap", "/colour"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("", 400, "malformed_request"),
        ("{", 400, "malformed_request"),
        ("[]", 400, "malformed_request"),
        ("null", 400, "malformed_request"),
        ('{"inputs": [], "gap": 1, "gap": 2}', 400, "malformed_request"),
        ('{"gap": NaN}', 400, "malformed_request"),
        ('{"gap": -Infinity}', 400, "malformed_request"),
        ('{"a": ' + "[" * 50_000 + "]" * 50_000 + "}", 400, "malformed_request"),
        ('{"gap": ' + "9" * 50_000 + "}", 400, "malformed_request"),
        ('{"colour": "' + "x" * (1 << 20) + '"}', 413, "too_large"),
    ],
    ids=["empty", "cut", "list", "null", "twice", "NaN", "infinity", "deep", "long", "large"],
)
async def test_a_body_that_is_no_proper_object_is_refused(
    ann: User, two: list[str], body: str, status: int, code: str
) -> None:
    answer = await ann.http.post(
        "/api/v1/jobs/stitch", content=body, headers={"Content-Type": "application/json"}
    )
    refused(answer, status, code)


async def test_a_body_in_another_encoding_or_type_is_refused(ann: User, two: list[str]) -> None:
    body = json.dumps({"inputs": inputs(*two)})
    typed = {"Content-Type": "application/json"}
    latin = body.replace(two[0], "né").encode("latin-1")
    answer = await ann.http.post("/api/v1/jobs/stitch", content=latin, headers=typed)
    refused(answer, 400, "malformed_request")
    refused(await ann.http.post("/api/v1/jobs/stitch", content=body), 415, "unsupported_media")


async def test_a_capability_that_is_not_there_is_not_found(ann: User, two: list[str]) -> None:
    body = {"inputs": inputs(*two)}
    problem = refused(await ann.http.post("/api/v1/jobs/stich", json=body), 404, "not_found")
    assert "stitch" in problem["detail"]


# --- what only the files tell -----------------------------------------------------------------


async def test_a_file_that_is_not_there_is_named(ann: User, two: list[str]) -> None:
    for missing in ("0" * 34, "x", "../../keys"):
        problem = refused(await ann.ask([*two, missing]), 422, "unknown_file")
        assert problem["field"] == "/inputs/2/file"


async def test_a_result_beyond_its_format_says_what_would_fit(ann: User, two: list[str]) -> None:
    [long] = await ann.upload(png(2000, 1))
    body = {"inputs": inputs(long) * 40, "layout": "horizontal"}
    answer = await ann.http.post("/api/v1/jobs/stitch", json=body)
    problem = refused(answer, 413, "result_beyond_format")
    assert problem["field"] == "/format"
    assert "png" in problem["fits"]["formats"]
    body["format"] = "png"
    told(await ann.http.post("/api/v1/jobs/stitch/preflight", json=body))
    assert (await ann.http.delete(f"/api/v1/files/{long}")).status_code == 204


async def test_a_picture_that_turns_out_to_be_cut_fails_the_job_and_is_named(
    ann: User, two: list[str]
) -> None:
    [cut] = await ann.upload(truncated(encoded(noise(50, 50), "PNG")))
    job = await ann.reaches(await ann.stitch([*two, cut]), "failed")
    assert job["error"]["code"] == "unreadable_media"
    assert job["error"]["field"] == "/inputs/2"
    assert job["result"] is None
    assert (await ann.http.delete(f"/api/v1/files/{cut}")).status_code == 204


# --- queries --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "limit=1&limit=2", "state=done", "page=2", "cursor=" + "x" * 65]
)
async def test_a_query_that_is_not_as_it_should_be_is_named(
    ann: User, two: list[str], query: str
) -> None:
    problem = refused(await ann.http.get(f"/api/v1/jobs?{query}"), 422, "invalid_request")
    assert problem["field"] == f"/{query.partition('=')[0]}"


async def test_a_method_that_an_address_does_not_take_is_told_which_it_does(
    ann: User, two: list[str]
) -> None:
    answer = await ann.http.patch("/api/v1/files")
    refused(answer, 405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) >= {"GET", "POST"}
