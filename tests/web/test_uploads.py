"""Resumable uploads over HTTP: the words of tus, and what every answer to them keeps."""

import base64
import secrets
from collections.abc import Callable, Mapping
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.errors import MalformedRequest
from tests import pictures
from tests.service import png, refused, told
from tests.web.conftest import Open
from web import tus

UPLOADS = "/api/v1/uploads/"
TUS = {"Tus-Resumable": "1.0.0"}
STRETCH = {**TUS, "Content-Type": "application/offset+octet-stream"}


def said(name: str) -> str:
    return "filename " + base64.b64encode(name.encode()).decode()


def begin(http: httpx.Client, size: int, name: str = "a.png", **more: str) -> httpx.Response:
    headers = {**TUS, "Upload-Length": str(size), "Upload-Metadata": said(name), **more}
    return http.post(UPLOADS, headers=headers)


def begun(http: httpx.Client, size: int, name: str = "a.png") -> str:
    answer = begin(http, size, name)
    assert answer.status_code == 201, answer.text
    assert "Content-Type" not in answer.headers  # of nothing
    return answer.headers["Location"]


def append(http: httpx.Client, at: str, offset: int, data: bytes, **more: str) -> httpx.Response:
    return http.patch(at, content=data, headers={**STRETCH, "Upload-Offset": str(offset), **more})


def look(http: httpx.Client, at: str) -> httpx.Response:
    answer = http.head(at, headers=TUS)
    assert answer.is_error or "Content-Type" not in answer.headers
    return answer


def used(http: httpx.Client) -> Mapping[str, int]:
    return dict(told(http.get("/api/v1/session"))["used"])


# --- from the first byte to the file --------------------------------------------------------------


def test_an_upload_in_stretches_becomes_a_file_with_the_last_byte(ann: httpx.Client) -> None:
    content = pictures.encoded(pictures.noise(40, 40), "PNG")
    at = begun(ann, len(content), "käse.png")
    half = len(content) // 2
    answer = append(ann, at, 0, content[:half])
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(half))
    assert "Stitchery-File" not in answer.headers
    assert told(ann.get("/api/v1/files"))["items"] == []

    answer = append(ann, at, half, content[half:])
    [file] = told(ann.get("/api/v1/files"))["items"]
    assert answer.headers["Stitchery-File"] == file["id"]
    assert (file["name"], file["size"], file["width"]) == ("käse.png", len(content), 40)
    assert ann.get(file["links"]["content"]).content == content


def test_a_first_stretch_may_come_with_the_creation(ann: httpx.Client) -> None:
    content = png()
    answer = ann.post(
        UPLOADS, content=content, headers={**STRETCH, "Upload-Length": str(len(content))}
    )
    assert answer.status_code == 201
    assert answer.headers["Upload-Offset"] == str(len(content))
    assert told(ann.get(f"/api/v1/files/{answer.headers['Stitchery-File']}"))["width"] == 8


def test_who_missed_the_last_answer_finds_the_file_by_looking(ann: httpx.Client) -> None:
    at = begun(ann, len(png()))
    file = append(ann, at, 0, png()).headers["Stitchery-File"]
    seen = look(ann, at)
    assert seen.status_code == 200
    assert seen.headers["Upload-Offset"] == seen.headers["Upload-Length"] == str(len(png()))
    assert seen.headers["Stitchery-File"] == file


def test_looking_tells_how_much_has_come_and_is_not_stored(ann: httpx.Client) -> None:
    at = begun(ann, 1000)
    append(ann, at, 0, b"x" * 10)
    seen = look(ann, at)
    assert (seen.headers["Upload-Offset"], seen.headers["Upload-Length"]) == ("10", "1000")
    assert "no-store" in seen.headers["Cache-Control"]


def test_the_location_is_a_path_whatever_host_the_client_names(ann: httpx.Client) -> None:
    answer = begin(ann, 5, Host="evil.example")
    assert answer.headers["Location"].startswith(UPLOADS)
    assert answer.headers["Upload-Expires"].endswith("GMT")


def test_a_refused_file_takes_its_upload_along(ann: httpx.Client) -> None:
    at = begun(ann, 9)
    refused(append(ann, at, 0, b"<svg/>   "), 415, "unsupported_media")
    assert look(ann, at).status_code == 404
    assert told(ann.get("/api/v1/files"))["items"] == []
    assert used(ann)["session_bytes"] == 0


def test_an_upload_of_nothing_is_refused_at_once(ann: httpx.Client) -> None:
    refused(begin(ann, 0), 422, "unreadable_media")


# --- what is refused ------------------------------------------------------------------------------


def test_a_stretch_at_another_place_is_refused_and_the_place_told(ann: httpx.Client) -> None:
    at = begun(ann, 100)
    append(ann, at, 0, b"x" * 10)
    problem = refused(append(ann, at, 5, b"y"), 409, "wrong_offset")
    assert problem["offset"] == 10


def test_a_complete_upload_takes_no_more(ann: httpx.Client) -> None:
    at = begun(ann, len(png()))
    append(ann, at, 0, png())
    refused(append(ann, at, len(png()), b""), 409, "upload_complete")


@pytest.mark.parametrize("pieces", [[b"x" * 11], [b"x" * 4, b"x" * 7]])
def test_more_than_the_length_is_refused_and_nothing_beyond_it_kept(
    ann: httpx.Client, pieces: list[bytes]
) -> None:
    at = begun(ann, 10)
    body = pieces[0] if len(pieces) == 1 else iter(pieces)  # an iterator declares no length
    answer = ann.patch(at, content=body, headers={**STRETCH, "Upload-Offset": "0"})
    assert refused(answer, 413, "too_large")["limit"] == "upload_length"
    assert int(look(ann, at).headers["Upload-Offset"]) <= 10


def test_a_stretch_of_another_type_is_refused(ann: httpx.Client) -> None:
    at = begun(ann, 10)
    refused(append(ann, at, 0, b"x", **{"Content-Type": "image/png"}), 415, "unsupported_media")


@pytest.mark.parametrize("version", ["", "0.2.2", "1.0.0, 0.9", "2"])
def test_another_version_is_refused_with_the_one_that_is_spoken(
    ann: httpx.Client, version: str
) -> None:
    at = begun(ann, 10)
    headers = {"Tus-Resumable": version} if version else {}
    for answer in (
        ann.post(UPLOADS, headers={**headers, "Upload-Length": "5"}),
        ann.head(at, headers=headers),
        ann.patch(at, content=b"", headers=headers),
        ann.delete(at, headers=headers),
    ):
        assert answer.status_code == 412
        assert answer.headers["Tus-Version"] == "1.0.0"


@pytest.mark.parametrize("length", [None, "", "-1", "1e3", "٣", "1.5", "9" * 30])
def test_a_length_that_is_none_is_refused(ann: httpx.Client, length: str | None) -> None:
    headers = {b"Tus-Resumable": b"1.0.0"}
    if length is not None:
        headers[b"Upload-Length"] = length.encode()
    refused(ann.post(UPLOADS, headers=headers), 400, "malformed_request")


def test_no_more_may_be_unfinished_than_the_limit_and_it_is_named(ann: httpx.Client) -> None:
    for _ in range(3):
        begun(ann, 1)
    problem = refused(begin(ann, 1), 429, "too_many_uploads")
    assert problem["limit"] == "unfinished_uploads"


def test_the_room_is_promised_for_the_whole_length_until_the_upload_ends(
    ann: httpx.Client,
) -> None:
    places = [begun(ann, 1 << 20) for _ in range(3)]
    put = ann.put("/api/v1/files/a.png", content=pictures.encoded(pictures.noise(600, 600), "PNG"))
    assert put.status_code in (201, 413)
    ann.delete(places.pop(), headers=TUS)
    begun(ann, 1 << 20)


def test_termination_removes_the_upload(ann: httpx.Client) -> None:
    at = begun(ann, 10)
    append(ann, at, 0, b"x")
    assert ann.delete(at, headers=TUS).status_code == 204
    for answer in (look(ann, at), append(ann, at, 1, b"x"), ann.delete(at, headers=TUS)):
        assert answer.status_code == 404


def test_a_method_in_a_header_is_not_the_method(ann: httpx.Client) -> None:
    at = begun(ann, 10)
    headers = {**STRETCH, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    refused(ann.post(at, content=b"x", headers=headers), 405, "method_not_allowed")
    assert look(ann, at).headers["Upload-Offset"] == "0"


def test_the_uploads_of_others_are_not_there(ann: httpx.Client, open_client: Open) -> None:
    at = begun(ann, 10)
    other = open_client()
    token = told(other.post("/api/v1/sessions"), 201)["token"]
    other.cookies.clear()
    other.headers["Authorization"] = f"Bearer {token}"
    assert [look(other, at).status_code, append(other, at, 0, b"x").status_code] == [404, 404]
    assert other.delete(at, headers=TUS).status_code == 404
    assert look(ann, at).status_code == 200


# --- what every answer keeps ----------------------------------------------------------------------


def test_anybody_may_ask_what_is_spoken(anybody: httpx.Client) -> None:
    for address in (UPLOADS, UPLOADS + "x"):
        answer = anybody.options(address)
        assert answer.status_code == 204
        assert answer.headers["Tus-Version"] == "1.0.0"
        assert answer.headers["Tus-Max-Size"] == str(1 << 20)
        assert set(answer.headers["Tus-Extension"].split(",")) >= {
            "creation",
            "termination",
            "expiration",
        }


def test_every_answer_names_the_version_errors_too(
    ann: httpx.Client, anybody: httpx.Client
) -> None:
    for answer in (
        anybody.post(UPLOADS),
        anybody.options(UPLOADS),
        ann.get(UPLOADS),
        ann.get(UPLOADS + "x"),
        ann.head(UPLOADS + "x"),
        ann.put(UPLOADS + "x/y"),
        begin(ann, 1),
    ):
        assert answer.headers["Tus-Resumable"] == "1.0.0", answer
    assert "Tus-Resumable" not in ann.get("/api/v1/files").headers


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    ["filename ###", "filename YQ", ",", "a,a", "filename YQ==,filename YQ==", "ключ YQ=="],
)
def test_metadata_of_another_form_is_refused(ann: httpx.Client, value: str) -> None:
    headers = {
        b"Tus-Resumable": b"1.0.0",
        b"Upload-Length": b"5",
        b"Upload-Metadata": value.encode(),
    }
    refused(ann.post(UPLOADS, headers=headers), 400, "malformed_request")


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,20}", fullmatch=True), st.text(), max_size=5))
def test_metadata_is_read_as_it_was_meant(meant: dict[str, str]) -> None:
    meant = {key: value.encode(errors="ignore").decode() for key, value in meant.items()}
    written = ",".join(
        f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in meant.items()
    )
    assert tus.metadata(written) == meant


@given(st.text())
def test_no_metadata_breaks_the_reader(value: str) -> None:
    try:
        tus.metadata(value)
    except MalformedRequest:
        return


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"../../etc/passwd", "passwd"),
        (b"a\r\nSet-Cookie: x=y.png", "a Set-Cookie: x=y.png"),
        (b"\xff\xfe.png", "\ufffd\ufffd.png"),
        ("\u202egnp.exe".encode(), "gnp.exe"),
        (b"", "file"),
    ],
)
def test_a_hostile_name_is_cleaned(ann: httpx.Client, raw: bytes, shown: str) -> None:
    encoded = "filename " + base64.b64encode(raw).decode()
    answer = ann.post(
        UPLOADS,
        content=png(),
        headers={**STRETCH, "Upload-Length": str(len(png())), "Upload-Metadata": encoded.strip()},
    )
    file = told(ann.get(f"/api/v1/files/{answer.headers['Stitchery-File']}"))
    assert file["name"] == shown


# --- the same checks on every way in --------------------------------------------------------------


def by_put(http: httpx.Client, content: bytes, name: str) -> httpx.Response:
    return http.put(f"/api/v1/files/{quote(name, safe='')}", content=content)


def by_form(http: httpx.Client, content: bytes, name: str) -> httpx.Response:
    return http.post("/api/v1/files", files={"file": (name, content)})


def by_tus(http: httpx.Client, content: bytes, name: str) -> httpx.Response:
    answer = begin(http, len(content), name)
    if answer.status_code != 201:
        return answer
    return append(http, answer.headers["Location"], 0, content)


Way = Callable[[httpx.Client, bytes, str], httpx.Response]
WAYS: tuple[Way, ...] = (by_put, by_form, by_tus)


@pytest.mark.parametrize(
    ("content", "code", "limit"),
    [
        (b"", "unreadable_media", None),
        (b"GIF89a", "unreadable_media", None),
        (png()[:40], "unreadable_media", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported_media", None),
        (b"%PDF-1.7\n", "unsupported_media", None),
        (secrets.token_bytes(500), "unsupported_media", None),
        (pictures.png_bomb(60_000, 60_000), "too_large", "picture_pixels"),
        (b"\x89PNG\r\n\x1a\n" + bytes(1 << 20), "too_large", "upload_bytes"),
    ],
    ids=["empty", "cut gif", "cut png", "svg", "pdf", "noise", "bomb", "large"],
)
def test_what_one_way_refuses_every_way_refuses_in_the_same_words(
    ann: httpx.Client, content: bytes, code: str, limit: str | None
) -> None:
    answers = [way(ann, content, "a.png") for way in WAYS]
    problems = [answer.json() for answer in answers]
    assert [problem["code"] for problem in problems] == [code] * 3
    assert len({answer.status_code for answer in answers}) == 1
    assert len({problem.get("limit") for problem in problems}) == 1
    if limit == "upload_bytes":
        assert problems[0]["limit"] == limit
    assert told(ann.get("/api/v1/files"))["items"] == []
    assert used(ann)["session_bytes"] == used(ann)["session_files"] == 0


@pytest.mark.parametrize("way", WAYS)
def test_every_way_in_keeps_to_what_the_session_may_hold(ann: httpx.Client, way: Way) -> None:
    for _ in range(8):
        assert way(ann, png(), "a.png").status_code in (201, 204)
    problem = refused(way(ann, png(), "a.png"), 413, "quota_exceeded")
    assert problem["limit"] == "session_files"


@pytest.mark.parametrize("name", ["a b.png", "x" * 1000, "\u202ea.png", "%0d%0ab.png", "q'.png"])
def test_every_way_in_cleans_a_name_alike(ann: httpx.Client, name: str) -> None:
    assert [way(ann, png(), name).status_code for way in WAYS] == [201, 201, 204]
    assert len({file["name"] for file in told(ann.get("/api/v1/files"))["items"]}) == 1
