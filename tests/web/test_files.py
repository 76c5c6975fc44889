"""Files over HTTP: how they come and go. What a picture may be is tested where it is looked at."""

import secrets
import socket
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote, urlsplit

import httpx
import pytest

from tests import pictures
from tests.service import Json, Program, png, refused, told
from tests.web.conftest import Open

FILES = "/api/v1/files"
BOUNDARY = "b0undary"
FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def part(content: bytes, *lines: str) -> bytes:
    lines = lines or ('Content-Disposition: form-data; name="file"; filename="a.png"',)
    head = "\r\n".join(lines).encode()
    return b"--%b\r\n%b\r\n\r\n%b\r\n" % (BOUNDARY.encode(), head, content)


END = f"--{BOUNDARY}--\r\n".encode()


def names(http: httpx.Client) -> list[str]:
    return [file["name"] for file in told(http.get(FILES))["items"]]


@pytest.fixture
def parts(program: Program) -> Callable[[], set[str]]:
    """What lies on the disk on its way to be a file."""
    folder = program.data / "parts"
    return lambda: {path.name for path in folder.iterdir()} if folder.exists() else set()


@pytest.fixture
def nothing_left(ann: httpx.Client, parts: Callable[[], set[str]]) -> Iterator[None]:
    """After a refused upload there is no file, no part, and all room is free."""
    yield
    assert names(ann) == []
    assert parts() == set()
    assert told(ann.get("/api/v1/session"))["used"]["session_bytes"] == 0


# --- in a form ------------------------------------------------------------------------------------


def test_a_form_of_several_files_makes_them_in_its_order(ann: httpx.Client) -> None:
    form = [("file", (name, png(width))) for name, width in (("b.png", 2), ("a.png", 3))]
    items = told(ann.post(FILES, files=form), 201)["items"]
    assert [(file["name"], file["width"]) for file in items] == [("b.png", 2), ("a.png", 3)]
    assert names(ann) == ["a.png", "b.png"], "newest first"


def test_a_file_is_told_whole(ann: httpx.Client) -> None:
    [file] = told(ann.post(FILES, files={"file": ("x.png", png(4, 5))}), 201)["items"]
    assert file == told(ann.get(f"{FILES}/{file['id']}"))
    assert (file["media_type"], file["width"], file["height"]) == ("image/png", 4, 5)
    assert file["size"] == len(png(4, 5))
    assert file["duration"] is file["job"] is file["links"]["thumbnail"] is None
    assert file["created_at"].endswith("Z")
    assert file["links"]["content"] == f"{FILES}/{file['id']}/content"


def test_neither_name_nor_declared_type_decide_what_a_file_is(ann: httpx.Client) -> None:
    form = {"file": ("page.html", png(), "text/html")}
    [file] = told(ann.post(FILES, files=form), 201)["items"]
    assert file["media_type"] == "image/png"
    answer = ann.get(file["links"]["content"])
    assert answer.headers["Content-Type"] == "image/png"


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "unreadable_media"),
        (b"plain text", 415, "unsupported_media"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", 415, "unsupported_media"),
        (b"<!doctype html><script>x()</script>", 415, "unsupported_media"),
        (b"%!PS\n", 415, "unsupported_media"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 40, 422, "unreadable_media"),
        (pictures.png_bomb(60_000, 60_000), 413, "too_large"),
    ],
)
def test_one_file_that_is_not_taken_refuses_the_form_and_is_named(
    ann: httpx.Client, content: bytes, status: int, code: str
) -> None:
    form = [("file", ("good.png", png())), ("file", ("bad.png", content))]
    assert refused(ann.post(FILES, files=form), status, code)["field"] == "/file/1"


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (END, 422),
        (b"no form at all", 400),
        (part(png()), 400),
        (part(png())[:-2], 400),
        (part(png())[:-30], 400),
        (part(png()) + END[:-4], 400),
        (part(png(), "Content-Type: image/png") + END, 400),
        (part(png(), "garbage") + END, 400),
        (part(png(), 'Content-Disposition: attachment; name="file"') + END, 400),
        (part(png(), "X: " + "x" * (1 << 20)) + END, 400),
        (b"--%b\r\n" % BOUNDARY.encode() + b"x" * (1 << 20), 400),
        (part(png(), *(f"X-{n}: x" for n in range(50))) + END, 400),
        (part(b"x", 'Content-Disposition: form-data; name="title"') + part(png()) + END, 422),
        (part(b"x" * (1 << 20), 'Content-Disposition: form-data; name="x"') + END, 422),
        (part(b"x" * ((1 << 20) + 1)) + END, 413),
        (b"".join(part(b"x", f'Content-Disposition: form-data; name="f{n}"') for n in range(5000))
         + END, 422),
    ],
    ids=lambda value: repr(value[:20]) + str(len(value)) if isinstance(value, bytes) else None,
)  # fmt: skip
def test_a_form_that_is_none_or_not_whole_is_refused_and_leaves_nothing(
    ann: httpx.Client, body: bytes, status: int
) -> None:
    assert ann.post(FILES, content=body, headers=FORM).status_code == status


@pytest.mark.parametrize(
    "media_type",
    ["multipart/form-data", "multipart/form-data; boundary=", 'multipart/form-data; boundary=""',
     "multipart/form-data; boundary=" + "x" * 8000],
)  # fmt: skip
def test_a_form_needs_a_boundary_of_sane_length(someone: httpx.Client, media_type: str) -> None:
    answer = someone.post(FILES, content=b"x", headers={"Content-Type": media_type})
    refused(answer, 400, "malformed_request")


@pytest.mark.parametrize("media_type", ["", "image/png", "application/json", "multipart/mixed"])
def test_what_is_no_form_is_sent_elsewhere(someone: httpx.Client, media_type: str) -> None:
    answer = someone.post(FILES, content=png(), headers={"Content-Type": media_type})
    assert "PUT" in refused(answer, 415, "unsupported_media")["detail"]


@pytest.mark.parametrize("epilogue", [b"", b"\r\n", b"\r\nsome words"])
def test_what_comes_late_behind_the_end_spoils_no_form(ann: httpx.Client, epilogue: bytes) -> None:
    """A line end behind the last boundary may come in a packet of its own."""

    def pieces() -> Iterator[bytes]:
        yield part(png()) + END[:-2]
        if epilogue:
            yield epilogue

    told(ann.post(FILES, content=pieces(), headers=FORM), 201)


def test_a_form_may_come_byte_by_byte(ann: httpx.Client) -> None:
    body = part(png()) + part(png(9, 9)) + END
    pieces = (body[place : place + 1] for place in range(len(body)))
    items = told(ann.post(FILES, content=pieces, headers=FORM), 201)["items"]
    assert [file["width"] for file in items] == [8, 9]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('name="file"', "file"),
        ('name="file"; filename=""', "file"),
        ('name="file"; filename="C:\\fakepath\\a.png"', "a.png"),
        ('name="file"; filename="../../etc/passwd"', "passwd"),
        ('name="file"; filename="a%22b%0D%0A.png"', 'a"b .png'),
        ('name="file"; filename="ü🧵.png"', "ü🧵.png"),
        ("name=file; filename=a.png", "a.png"),
        ("name=\"file\"; filename*=UTF-8''b.png", "file"),
    ],
)
def test_a_name_in_a_form_is_cleaned(ann: httpx.Client, line: str, name: str) -> None:
    body = part(png(), f"Content-Disposition: form-data; {line}") + END
    [file] = told(ann.post(FILES, content=body, headers=FORM), 201)["items"]
    assert file["name"] == name


def test_more_files_than_a_session_may_hold_are_refused_as_one(ann: httpx.Client) -> None:
    form = [("file", ("x.png", png()))] * 9
    assert refused(ann.post(FILES, files=form), 413, "quota_exceeded")["limit"] == "session_files"
    assert names(ann) == []


def test_more_bytes_than_a_session_may_hold_are_refused(ann: httpx.Client) -> None:
    big = pictures.encoded(pictures.noise(620, 580), "PNG")
    assert 0.8 < len(big) / (1 << 20) < 1
    form = [("file", ("x.png", big))] * 5
    assert refused(ann.post(FILES, files=form), 413, "quota_exceeded")["limit"] == "session_bytes"
    assert names(ann) == []


@pytest.mark.parametrize("expect", ["", "Expect: 100-continue\r\n"])
def test_a_form_beyond_all_limits_is_refused_before_it_comes(
    address: str, token: str, expect: str
) -> None:
    head = (
        f"POST {FILES} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n{expect}"
        f"Content-Type: {FORM['Content-Type']}\r\nContent-Length: {1 << 40}\r\n\r\n"
    )
    with _connected(address) as connection:
        connection.sendall(head.encode())
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer.lower()


def _until(happened: Callable[[], bool]) -> None:
    """Waits for what the service tells nobody; the test's own time limit ends it."""
    while not happened():
        time.sleep(0.002)


def _connected(address: str) -> socket.socket:
    url = urlsplit(address)
    return socket.create_connection((str(url.hostname), url.port or 0), timeout=30)


def test_an_upload_that_breaks_off_leaves_nothing(
    ann: httpx.Client, address: str, token: str, parts: Callable[[], set[str]]
) -> None:
    body = part(png()) + part(secrets.token_bytes(1 << 19)) + END
    head = (
        f"POST {FILES} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: {FORM['Content-Type']}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with _connected(address) as connection:
        connection.sendall(head.encode() + body[: len(body) // 2])
        _until(lambda: bool(parts()))  # the first half has come
    _until(lambda: not parts())  # and it was noticed that no more comes
    assert names(ann) == []
    assert told(ann.get("/api/v1/session"))["used"]["session_bytes"] == 0


# --- as a raw body --------------------------------------------------------------------------------

NAMES = {
    "a.png": "a.png",
    'a"b.png': 'a"b.png',
    "a\r\nSet-Cookie: x=1": "a Set-Cookie: x=1",
    "a\x00.png": "a .png",
    " ": "file",
    "..\\..\\x": "x",
    "C:\\x": "x",
    "con.png": "con.png",
    ".htaccess": "htaccess",
    "x" * 300: "x" * 200,
    "\u202egnp.exe": "gnp.exe",
    "ends. ": "ends",
    "🧵👨‍👩‍👧.png": "🧵👨‍👩‍👧.png",
    "cafe\u0301": "caf\u00e9",
    "<img src=x onerror=alert(1)>": "<img src=x onerror=alert(1)>",
    "{{7*7}}": "{{7*7}}",
    "%2e%2e%2f": "%2e%2e%2f",
}


@pytest.mark.parametrize(("name", "kept"), NAMES.items(), ids=lambda name: ascii(name)[:24])
def test_a_file_is_called_as_its_address_ends_cleaned(
    ann: httpx.Client, name: str, kept: str
) -> None:
    answer = ann.put(f"{FILES}/{quote(name, safe='')}", content=png())
    assert told(answer, 201)["name"] == kept
    assert answer.headers["Content-Type"] == "application/json"


def test_a_name_of_dots_leads_nowhere(ann: httpx.Client) -> None:
    for name in ("%2e", "%2e%2e"):
        assert told(ann.put(f"{FILES}/{name}", content=png()), 201)["name"] == "file"


def test_a_name_with_a_slash_is_no_address_of_ours(someone: httpx.Client) -> None:
    for name in ("a%2fb", "..%2f..%2fx", "%2e%2e%2fx"):
        refused(someone.put(f"{FILES}/{name}", content=png()), 404, "not_found")


def test_two_of_one_name_are_two_files(ann: httpx.Client, program: Program) -> None:
    ids = {told(ann.put(f"{FILES}/x.png", content=png()), 201)["id"] for _ in range(2)}
    assert len(ids) == 2
    assert ann.delete(f"{FILES}/{ids.pop()}").status_code == 204
    assert ann.get(f"{FILES}/{ids.pop()}/content").content == png()


def test_no_path_on_disk_holds_what_a_client_wrote(ann: httpx.Client, program: Program) -> None:
    told(ann.put(f"{FILES}/telltale.png", content=png()), 201)
    assert not [path for path in program.data.rglob("*") if "telltale" in path.name]


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize(("content", "status"), [(b"", 422), (b"x" * ((1 << 20) + 1), 413)])
def test_a_raw_body_that_is_not_taken_leaves_nothing(
    ann: httpx.Client, content: bytes, status: int
) -> None:
    assert ann.put(f"{FILES}/x", content=content).status_code == status
    pieces = (content[place : place + 65536] for place in range(0, len(content), 65536))
    assert ann.put(f"{FILES}/x", content=pieces).status_code == status, "of no declared length"


# --- listed, found, removed -----------------------------------------------------------------------


def test_a_list_is_cut_into_pages_without_gap_or_doubling(ann: httpx.Client) -> None:
    made = [told(ann.put(f"{FILES}/{n}", content=png()), 201)["name"] for n in range(5)]
    seen: list[str] = []
    page: Json = {"next": ""}
    while page["next"] is not None:
        cursor = f"&cursor={page['next']}" if page["next"] else ""
        page = told(ann.get(f"{FILES}?limit=2{cursor}"))
        seen += [file["name"] for file in page["items"]]
    assert seen == made[::-1]


@pytest.mark.parametrize(
    "id",
    ["x", "0" * 34, "x" * 4096, "a%0d%0aSet-Cookie:%20x", "%00", "%e2%80%ae", "%2e%2e", "*",
     "..%2f..%2fetc%2fpasswd", "..%5c..%5cx", "%252e%252e", "%ff", "' OR 1=1 --", "0" * 33 + "O"],
)  # fmt: skip
def test_an_id_of_any_form_is_not_there(someone: httpx.Client, id: str) -> None:
    for method, path in (("GET", ""), ("HEAD", ""), ("DELETE", ""), ("GET", "/content")):
        answer = someone.request(method, f"{FILES}/{id}{path}")
        assert answer.status_code == 404
        assert "set-cookie" not in answer.headers


def test_somebody_elses_file_is_answered_like_none_at_all(
    ann: httpx.Client, someone: httpx.Client
) -> None:
    id = told(ann.put(f"{FILES}/x", content=png()), 201)["id"]
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/content")):
        theirs = someone.request(method, f"{FILES}/{id}{path}")
        none = someone.request(method, f"{FILES}/{'0' * 34}{path}")
        assert (theirs.status_code, theirs.content) == (none.status_code, none.content)
    assert ann.get(f"{FILES}/{id}/content").status_code == 200


def test_a_file_is_removed_once(ann: httpx.Client) -> None:
    id = told(ann.put(f"{FILES}/x", content=png()), 201)["id"]
    assert ann.delete(f"{FILES}/{id}").status_code == 204
    refused(ann.delete(f"{FILES}/{id}"), 404, "not_found")
    assert names(ann) == []


def test_nothing_of_all_this_is_taken_from_who_has_no_session(
    anybody: httpx.Client, open_client: Open
) -> None:
    for answer in (
        anybody.put(f"{FILES}/x", content=png()),
        anybody.post(FILES, files={"file": png()}),
    ):
        refused(answer, 401, "no_session")


# --- what could be read in two ways ---------------------------------------------------------------


@pytest.mark.usefixtures("nothing_left")
def test_a_part_of_a_file_is_not_taken_for_the_whole(ann: httpx.Client) -> None:
    headers = {"Content-Range": f"bytes 0-{len(png()) - 1}/{len(png())}"}
    refused(ann.put(f"{FILES}/a.png", content=png(), headers=headers), 400, "malformed_request")


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize("second", ["; boundary=x", ";BOUNDARY=x", "; boundary*=utf-8''x"])
def test_a_form_with_two_boundaries_is_refused(ann: httpx.Client, second: str) -> None:
    headers = {"Content-Type": FORM["Content-Type"] + second}
    answer = ann.post(FILES, content=part(png()) + END, headers=headers)
    refused(answer, 400, "malformed_request")
