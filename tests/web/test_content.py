import gc
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path
from urllib.parse import quote, unquote

import httpx
import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.errors import NotFound
from actors.messages import FileRecord, Media
from actors.names import clean_name
from tests.service import png, refused, told
from web.content import CHUNK, SHOWN, FileBody, NoSuchRange, disposition, range_of

# --- ranges ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("", None),
        ("bytes=0-1", (0, 2)),
        ("bytes=0-0", (0, 1)),
        ("bytes=5-", (5, 10)),
        ("bytes=-5", (5, 10)),
        ("bytes=-10", (0, 10)),
        ("bytes=-11", (0, 10)),
        ("bytes=-" + "9" * 30, (0, 10)),
        ("bytes=9-" + "9" * 30, (9, 10)),
        ("BYTES=0-1", (0, 2)),
        (" bytes=0-1 ", (0, 2)),
        ("bytes=0-1,3-4", None),
        ("bytes=0-1, 3-4", None),
        ("bytes=9-2", None),
        ("bytes=a-b", None),
        ("bytes=-", None),
        ("bytes=", None),
        ("bytes", None),
        ("bytes=0-1-2", None),
        ("bytes=--1", None),
        ("bytes=+0-1", None),
        ("bytes=٣-٤", None),
        ("bytes=0-" + "9" * 5000, None),
        ("lines=0-1", None),
    ],
)
def test_one_range_is_given_anything_else_gets_the_whole(
    asked: str, expected: tuple[int, int] | None
) -> None:
    assert range_of(asked, 10) == expected


@pytest.mark.parametrize(
    "asked", ["bytes=10-", "bytes=10-20", "bytes=" + "9" * 30 + "-", "bytes=-0"]
)
def test_a_range_behind_the_end_is_refused(asked: str) -> None:
    with pytest.raises(NoSuchRange):
        range_of(asked, 10)


@given(st.integers(1, 50), st.integers(0, 60), st.integers(0, 60))
def test_a_range_is_what_slicing_gives(size: int, first: int, length: int) -> None:
    content = bytes(range(size))
    last = first + length
    expected = content[first : last + 1]
    if expected:
        found = range_of(f"bytes={first}-{last}", size)
        assert found is not None
        assert content[slice(*found)] == expected
    else:
        with pytest.raises(NoSuchRange):
            range_of(f"bytes={first}-{last}", size)


@given(st.text(max_size=30) | st.from_regex(r"bytes=[0-9,\- ]{0,20}", fullmatch=True))
def test_whatever_is_asked_the_part_lies_within_the_file(asked: str) -> None:
    try:
        found = range_of(asked, 10)
    except NoSuchRange:
        return
    assert found is None or 0 <= found[0] < found[1] <= 10


# --- names ----------------------------------------------------------------------------------------


def record(name: str, media_type: str = "image/png") -> FileRecord:
    return FileRecord(
        id="0" * 34, session="0" * 34, name=name, media=Media(media_type=media_type), size=1,
        sha256="", created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


@given(st.text(max_size=300))
def test_whatever_a_file_is_called_the_header_is_one_and_gives_the_name_back(text: str) -> None:
    name = clean_name(text)
    header = disposition(record(name), attach=True)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
    message = Message()
    message["Content-Disposition"] = header
    assert message.get_content_disposition() == "attachment"
    assert unquote(header.partition("filename*=UTF-8''")[2]) == name


@pytest.mark.parametrize("media_type", sorted(SHOWN))
def test_plain_pictures_are_shown_in_place_unless_an_attachment_is_asked_for(
    media_type: str,
) -> None:
    assert disposition(record("a", media_type), attach=False).startswith("inline;")
    assert disposition(record("a", media_type), attach=True).startswith("attachment;")


@pytest.mark.parametrize(
    "media_type", ["image/tiff", "image/svg+xml", "text/html", "application/pdf", "video/mp4"]
)
def test_everything_else_is_an_attachment(media_type: str) -> None:
    assert disposition(record("a", media_type), attach=False).startswith("attachment;")


# --- the body -------------------------------------------------------------------------------------


WHOLE = secrets.token_bytes(CHUNK + 100)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(WHOLE)
    return path


async def _read(body: FileBody) -> bytes:
    async with body:
        return b"".join([chunk async for chunk in body])


async def test_a_body_is_the_bytes_between_its_ends_in_steps(path: Path) -> None:
    assert await _read(FileBody(path, 0, len(WHOLE))) == WHOLE
    assert await _read(FileBody(path, 10, CHUNK + 20)) == WHOLE[10 : CHUNK + 20]


async def test_a_file_that_is_removed_meanwhile_is_read_to_its_end(path: Path) -> None:
    body = FileBody(path, 0, len(WHOLE))
    await trio.Path(path).unlink()
    assert await _read(body) == WHOLE


def test_a_file_that_is_gone_is_not_found_before_the_answer_begins(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        FileBody(tmp_path / "none", 0, 1)


def test_a_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(OSError, match="symbolic"):
        FileBody(tmp_path / "link", 0, 1)


async def test_a_file_shorter_than_its_record_breaks_the_answer_off(path: Path) -> None:
    """An answer that just ended would look whole."""
    with pytest.raises(EOFError):
        await _read(FileBody(path, 0, len(WHOLE) + 1))


@pytest.fixture
def descriptors() -> Iterator[None]:
    """Fails when a file is still open at the end."""

    def held() -> set[str]:
        gc.collect()
        links = Path("/proc/self/fd").iterdir()
        return {str(link.readlink()) for link in links if link.is_symlink()}

    yield
    assert [name for name in held() if name.endswith("/file")] == []


async def test_however_it_ends_the_file_is_closed(path: Path, descriptors: None) -> None:
    await _read(FileBody(path, 0, 1))
    FileBody(path, 0, 1)  # never begun: the client had left
    with trio.CancelScope() as scope:
        async with FileBody(path, 0, CHUNK + 1) as body:
            async for _ in body:
                scope.cancel()
    assert scope.cancelled_caught


# --- over HTTP ------------------------------------------------------------------------------------


@pytest.fixture
def file(ann: httpx.Client) -> str:
    """The address of a picture's bytes."""
    name = quote('a"\r\nSet-Cookie: x=1\x00\u202egnp.png', safe="")
    made = told(ann.put(f"/api/v1/files/{name}", content=png(200, 100)), 201)
    return str(made["links"]["content"])


def test_the_whole_file_says_all_that_a_client_needs_to_come_again(
    ann: httpx.Client, file: str
) -> None:
    answer = ann.get(file)
    assert answer.content == png(200, 100)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["ETag"].startswith('"')
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Content-Disposition"].startswith('inline; filename="a_ Set-Cookie')


def test_a_head_is_the_get_without_its_body(ann: httpx.Client, file: str) -> None:
    head, get = ann.head(file), ann.get(file)
    assert head.content == b""
    assert {**head.headers, "date": ""} == {**get.headers, "date": ""}


def test_a_head_knows_no_range(ann: httpx.Client, file: str) -> None:
    for asked in ("bytes=0-1", "bytes=" + "9" * 30 + "-"):
        answer = ann.head(file, headers={"Range": asked})
        assert answer.status_code == 200
        assert answer.headers["Content-Length"] == str(len(png(200, 100)))


def test_download_makes_it_an_attachment(ann: httpx.Client, file: str) -> None:
    assert ann.get(f"{file}?download=1").headers["Content-Disposition"].startswith("attachment")
    assert ann.get(f"{file}?download=0").headers["Content-Disposition"].startswith("inline")
    refused(ann.get(f"{file}?download=yes"), 422, "invalid_request")


@pytest.mark.parametrize(
    ("asked", "status"),
    [("bytes=-5", 206), ("bytes=0-1", 206), ("bytes=0-1,3-4", 200), ("lines=0-1", 200),
     ("bytes=0-" + "9" * 30, 206), ("", 200)],
)  # fmt: skip
def test_a_range_gets_its_bytes(ann: httpx.Client, file: str, asked: str, status: int) -> None:
    whole = png(200, 100)
    answer = ann.get(file, headers={"Range": asked})
    begin, end = range_of(asked, len(whole)) or (0, len(whole))
    assert answer.status_code == status
    assert answer.content == whole[begin:end]
    expected = f"bytes {begin}-{end - 1}/{len(whole)}" if status == 206 else None
    assert answer.headers.get("Content-Range") == expected


def test_a_range_behind_the_end_is_a_problem_that_tells_the_size(
    ann: httpx.Client, file: str
) -> None:
    answer = ann.get(file, headers={"Range": "bytes=" + "9" * 30 + "-"})
    refused(answer, 416, "range_not_satisfiable")
    assert answer.headers["Content-Range"] == f"bytes */{len(png(200, 100))}"


def test_what_a_client_has_is_not_sent_again(ann: httpx.Client, file: str) -> None:
    tag = ann.get(file).headers["ETag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = ann.get(file, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["ETag"] == tag
    for unknown in ('"other"', 'W/"other"', "", "garbage", '"'):
        assert ann.get(file, headers={"If-None-Match": unknown}).status_code == 200


def test_a_range_holds_only_while_the_file_is_the_one_that_was_begun(
    ann: httpx.Client, file: str
) -> None:
    tag = ann.get(file).headers["ETag"]
    for condition, status in (
        (tag, 206), ('"other"', 200), (f"W/{tag}", 200), ("Sun, 22 Nov 2026 09:00:00 GMT", 200),
    ):  # fmt: skip
        answer = ann.get(file, headers={"Range": "bytes=0-1", "If-Range": condition})
        assert answer.status_code == status


def test_the_tag_is_that_of_the_content_and_tells_nothing_of_the_disk(ann: httpx.Client) -> None:
    first, again, other = (
        told(ann.put("/api/v1/files/x", content=content), 201)["links"]["content"]
        for content in (png(3, 3), png(3, 3), png(4, 4))
    )
    tags = [ann.get(address).headers["ETag"] for address in (first, again, other)]
    assert tags[0] == tags[1] != tags[2]


def test_a_removed_file_is_gone_also_for_who_has_it(ann: httpx.Client, file: str) -> None:
    tag = ann.get(file).headers["ETag"]
    assert ann.delete(file.removesuffix("/content")).status_code == 204
    refused(ann.get(file, headers={"If-None-Match": tag}), 404, "not_found")


# --- conditions -----------------------------------------------------------------------------------

TAGS = st.lists(st.sampled_from(["*", '""', "W/", '"', ",", " ", "SHA", '"SHA"', 'W/"SHA"', "\\"]))
DATES = st.sampled_from(
    ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "0", "-1",
     "Fri, 31 Feb 99999 25:61:61 GMT", "Thu, 01 Jan 1970 00:00:00 +9999"]
)  # fmt: skip
VISIBLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40)
RANGES = st.from_regex(r"(bytes|items)?=?[0-9]{0,25}-[0-9]{0,25}(,[0-9]*-[0-9]*)?", fullmatch=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    asked=st.fixed_dictionaries(
        {},
        optional={
            "Range": RANGES | VISIBLE,
            "If-Range": TAGS.map("".join) | DATES | VISIBLE,
            "If-Match": TAGS.map("".join) | VISIBLE,
            "If-None-Match": TAGS.map("".join) | VISIBLE,
            "If-Modified-Since": DATES | VISIBLE,
            "If-Unmodified-Since": DATES | VISIBLE,
        },
    ),
    method=st.sampled_from(["GET", "HEAD"]),
)
def test_no_range_and_no_condition_breaks_an_answer(
    ann: httpx.Client, file: str, asked: dict[str, str], method: str
) -> None:
    tag = told(ann.get(file.removesuffix("/content")))["sha256"]
    headers = {name: value.replace("SHA", tag).strip() for name, value in asked.items()}
    answer = ann.request(method, file, headers=headers)
    assert answer.status_code in (200, 206, 304, 412, 416), answer.text
    assert answer.headers["Cache-Control"].startswith("private")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("tags", "status"), [("*", 200), ('"SHA"', 200), ('"x", "SHA"', 200), ('"x"', 412), ("", 412)]
)
def test_other_bytes_than_those_expected_are_refused(
    ann: httpx.Client, file: str, tags: str, status: int
) -> None:
    tag = told(ann.get(file.removesuffix("/content")))["sha256"]
    answer = ann.get(file, headers={"If-Match": tags.replace("SHA", tag)})
    assert answer.status_code == status
    if status == 412:
        assert answer.json()["code"] == "precondition_failed"
