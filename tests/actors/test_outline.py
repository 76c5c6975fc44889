"""Outlines: good files pass, files of too many pieces do not, and no bytes break the walk."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.errors import TooLarge
from actors.outline import PADDING, PIECES, SCANS, check_outline
from tests import pictures
from tests.actors.test_media import WRITTEN
from tests.hostile import containers as box


@pytest.mark.parametrize(("format", "media_type"), WRITTEN.items())
def test_what_encoders_write_passes(format: str, media_type: str) -> None:
    image = pictures.noise(300, 200)
    check_outline(pictures.encoded(image, format), media_type)
    if format == "JPEG":
        check_outline(pictures.encoded(image, format, progressive=True, optimize=True), media_type)


def test_a_progressive_jpeg_has_as_many_scans_as_are_allowed() -> None:
    good = pictures.encoded(pictures.plain(8, 8, (9,), "L"), "JPEG", progressive=True)
    base = good.count(b"\xff\xda")

    check_outline(box.scans(8, SCANS - base + 1), "image/jpeg")
    with pytest.raises(TooLarge) as caught:
        check_outline(box.scans(8, SCANS - base + 2), "image/jpeg")
    assert caught.value.limit == "picture_scans"


def test_what_looks_like_a_scan_within_a_preview_is_none() -> None:
    check_outline(box.jpeg(box.segment(0xE1, b"\xff\xda\0\2" * 10_000)), "image/jpeg")


def test_what_follows_a_jpegs_end_is_not_counted() -> None:
    """Phones append videos and further pictures."""
    check_outline(box.jpeg() + b"\xff\xda\0\2" * 10_000 + bytes(2 * PADDING), "image/jpeg")


@pytest.mark.parametrize("filling", [b"\xff", b"\0", b"\xff\xd0", b"\xff\0"])
def test_a_jpeg_may_be_padded_a_little(filling: bytes) -> None:
    def padded(size: int) -> bytes:
        return box.jpeg(box.segment(0xFE, b""), filling * (size // len(filling)))

    check_outline(padded(PADDING - 2), "image/jpeg")
    with pytest.raises(TooLarge) as caught:
        check_outline(padded(PADDING + 2), "image/jpeg")
    assert caught.value.limit == "picture_padding"


def test_a_large_png_may_have_more_chunks_than_a_small_one() -> None:
    check_outline(box.small_png(*[(b"IDAT", bytes(4096))] * 20_000), "image/png")
    with pytest.raises(TooLarge):
        check_outline(box.small_png(*[(b"IDAT", bytes(9))] * 20_000), "image/png")


@pytest.mark.parametrize("media_type", ["image/avif", "image/heic"])
def test_a_file_of_boxes_has_as_many_as_are_allowed(media_type: str) -> None:
    head, free = struct.pack(">I4s8x", 16, b"ftyp"), struct.pack(">I4s", 8, b"free")
    long = struct.pack(">I4sQ", 1, b"free", 24) + bytes(8)

    check_outline(head + (free + long) * (PIECES // 2 - 1) + free, media_type)
    check_outline(head + struct.pack(">I4s", 0, b"mdat") + free * PIECES, media_type)
    with pytest.raises(TooLarge) as caught:
        check_outline(head + (free + long) * (PIECES // 2), media_type)
    assert caught.value.limit == "picture_pieces"


def test_a_gif_may_have_a_long_comment() -> None:
    check_outline(box.gif(8, 8, box.comment(1 << 20), box.GIF_FRAME), "image/gif")
    with pytest.raises(TooLarge):
        check_outline(box.gif(8, 8, box.comment(PIECES * 255), box.GIF_FRAME), "image/gif")


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_tiffs_entries_hold_no_more_than_its_file(order: str, *, big: bool) -> None:
    mark = b"II" if order == "<" else b"MM"

    def tiff(values: int) -> bytes:
        if big:
            head = struct.pack(f"{order}2sHHHQ", mark, 43, 8, 0, 16)
            return head + struct.pack(f"{order}QHHQQQ", 1, 273, 4, values, 0, 0) + bytes(1000)
        head = struct.pack(f"{order}2sHI", mark, 42, 8)
        return head + struct.pack(f"{order}HHHIII", 1, 273, 4, values, 0, 0) + bytes(1000)

    check_outline(tiff(200), "image/tiff")
    with pytest.raises(TooLarge):
        check_outline(tiff(300), "image/tiff")


@given(
    st.sampled_from(sorted(WRITTEN.values())),
    st.binary(max_size=300),
    st.sampled_from([box.jpeg(), box.small_png(), box.small_tiff(), box.gif(8, 8), b""]),
)
def test_no_bytes_break_it(media_type: str, content: bytes, before: bytes) -> None:
    for data in (before + content, before[:20] + content, content):
        try:
            check_outline(data, media_type)
        except TooLarge as refusal:
            assert refusal.limit  # noqa: PT017 - passing is right, too
