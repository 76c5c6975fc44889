"""What bytes are, told from their beginning."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.errors import UnreadableMedia, UnsupportedMedia
from actors.media import HEAD_LENGTH, recognise, sniff
from tests.pictures import encoded, plain

WRITTEN = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
    "AVIF": "image/avif",
}


def ftyp(brand: bytes, *compatible: bytes) -> bytes:
    body = b"ftyp" + brand + b"\x00\x00\x00\x00" + b"".join(compatible)
    return struct.pack(">I", 4 + len(body)) + body


@pytest.mark.parametrize(("format", "media_type"), WRITTEN.items())
def test_every_accepted_format_is_known_by_its_first_bytes(format: str, media_type: str) -> None:
    head = encoded(plain(8, 8), format)[:HEAD_LENGTH]

    assert sniff(head) == media_type
    assert recognise(head) == media_type


def test_both_byte_orders_and_sizes_of_tiff_are_known() -> None:
    heads = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")

    assert {sniff(head + bytes(20)) for head in heads} == {"image/tiff"}


def test_avif_is_also_known_by_a_compatible_brand() -> None:
    assert sniff(ftyp(b"mif1", b"miaf", b"avif")) == "image/avif"


def test_a_brand_behind_the_end_of_its_box_does_not_count() -> None:
    assert sniff(ftyp(b"qxyz", b"miaf") + b"avif") is None


def test_a_text_that_begins_with_bm_is_no_bitmap() -> None:
    assert sniff(b"BMW builds cars, and this is a sentence about them.") is None


@settings(deadline=None)  # a claim, not a race
@given(st.binary(max_size=HEAD_LENGTH))
def test_any_bytes_are_either_known_or_refused_with_a_sentence(head: bytes) -> None:
    if sniff(head):
        assert recognise(head) == sniff(head)
    else:
        with pytest.raises((UnsupportedMedia, UnreadableMedia), match=r"\.$"):
            recognise(head)


def test_no_bytes_at_all_are_unreadable_rather_than_unsupported() -> None:
    with pytest.raises(UnreadableMedia, match="empty"):
        recognise(b"")


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"just some words, named holiday.jpg", "a text file"),
        (b"caf\xc3", "a text file"),
        (b"<!DOCTYPE html><html><img src=x>", "a web page"),
        (b"\xef\xbb\xbf<HTML>", "a web page"),
        (b'<?xml version="1.0"?><svg onload="alert(1)">', "an SVG drawing"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (ftyp(b"qxyz", b"mif1", b"heic"), "an HEIF picture of a rare kind"),
        (ftyp(b"isom", b"mp41"), "a video"),
        (b"\x1aE\xdf\xa3" + bytes(20), "a Matroska or WebM video"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "a RIFF file"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "a PostScript document"),
        (b"PK\x03\x04" + bytes(20), "a ZIP archive"),
        (b"\x00\x01\x02\x03", "not a picture of a known kind"),
        (b"\xfe\xed\xfa\xce\xff\xfe\xfd", "not a picture of a known kind"),
    ],
)
def test_a_refusal_says_what_it_is_instead_and_what_is_read(head: bytes, words: str) -> None:
    with pytest.raises(UnsupportedMedia) as caught:
        recognise(head)

    assert words in caught.value.detail
    assert "JPEG, PNG" in caught.value.detail
