import pytest

from actors.capabilities.fetch.answers import Body, Head, Moved, read_head
from actors.capabilities.fetch.errors import (
    RedirectRefused,
    SourceBroken,
    SourceBusy,
    SourceRefused,
)
from actors.errors import TooLarge


def head(status: int = 200, *fields: tuple[bytes, bytes]) -> Head:
    return Head(status=status, fields=fields)


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ([], Body(length=None, gzipped=False)),
        ([(b"content-length", b"5")], Body(length=5, gzipped=False)),
        ([(b"content-encoding", b"identity")], Body(length=None, gzipped=False)),
        ([(b"content-encoding", b"")], Body(length=None, gzipped=False)),
        ([(b"content-encoding", b"GZip")], Body(length=None, gzipped=True)),
        ([(b"content-encoding", b"x-gzip")], Body(length=None, gzipped=True)),
        ([(b"transfer-encoding", b"chunked")], Body(length=None, gzipped=False)),
    ],
)
def test_a_body_is_read_as_its_head_says(fields: list[tuple[bytes, bytes]], body: Body) -> None:
    assert read_head(head(200, *fields), "a.example", 5) == body


@pytest.mark.parametrize(
    "fields",
    [
        [(b"content-encoding", b"br")],
        [(b"content-encoding", b"deflate")],
        [(b"content-encoding", b"gzip, gzip")],
        [(b"content-encoding", b"gzip"), (b"content-encoding", b"gzip")],
        [(b"content-encoding", b"gzip, identity")],
        [(b"content-encoding", b"gzip;x")],
        [(b"content-length", b"5"), (b"transfer-encoding", b"chunked")],
    ],
)
def test_nested_encodings_and_double_lengths_are_refused(
    fields: list[tuple[bytes, bytes]],
) -> None:
    with pytest.raises(SourceBroken):
        read_head(head(200, *fields), "a.example", 5)


def test_a_declared_length_beyond_the_limit_is_refused_before_a_byte_is_read() -> None:
    with pytest.raises(TooLarge) as refused:
        read_head(head(200, (b"content-length", b"6")), "a.example", 5)
    assert refused.value.limit == "fetch.max_file_mb"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_every_redirect_gives_its_target(status: int) -> None:
    moved = read_head(head(status, (b"location", "/bär".encode())), "a.example", 5)
    assert moved == Moved("/bär")


@pytest.mark.parametrize(
    "fields",
    [
        [],
        [(b"location", b"")],
        [(b"location", b"/a"), (b"location", b"/b")],
        [(b"location", b"\xff")],
    ],
)
def test_a_redirect_without_one_readable_target_is_refused(
    fields: list[tuple[bytes, bytes]],
) -> None:
    with pytest.raises(RedirectRefused):
        read_head(head(302, *fields), "a.example", 5)


@pytest.mark.parametrize("status", [201, 204, 206, 300, 304, 305, 400, 401, 403, 404, 410, 418])
def test_any_other_status_is_lasting(status: int) -> None:
    with pytest.raises(SourceRefused) as refused:
        read_head(head(status), "a.example", 5)
    assert not refused.value.passing
    assert refused.value.more == {"source_status": status}


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 599])
def test_a_busy_source_may_be_asked_again(status: int) -> None:
    with pytest.raises(SourceBusy) as refused:
        read_head(head(status), "a.example", 5)
    assert refused.value.passing


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"7", 7.0),
        (b"0", 0.0),
        (b"9" * 4000, 300.0),
        (b"-1", None),
        (b"1.5", None),
        (b"soon", None),
        (b"\xd9\xa3", None),
        (b"Wed, 21 Oct 2015 07:28:00 GMT", None),
    ],
)
def test_retry_after_is_believed_in_seconds_and_within_reason(
    value: bytes, seconds: float | None
) -> None:
    with pytest.raises(SourceBusy) as refused:
        read_head(head(503, (b"retry-after", value)), "a.example", 5)
    assert refused.value.retry_after == seconds
