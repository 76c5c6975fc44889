"""What kind of file some bytes begin, and how a child is asked to look closer.

Owns: the signatures of what we read, the words for what we do not, the call of a child that looks.
Never: decodes, opens a file, trusts a name or a type that a client sent. Pure, for the server.

The signatures are those of the WHATWG MIME Sniffing Standard and of the formats' own documents
(TIFF 6.0, BMP's DIB headers, ISO 14496-12 for AVIF and HEIC). SVG is a program that draws, so it is
refused whatever it holds; it is only recognised so that the refusal can say so.
"""

from dataclasses import dataclass, replace
from typing import Final

from actors.errors import UnreadableMedia, UnsupportedMedia
from actors.messages import Media
from actors.workers.call import Call

HEAD_LENGTH: Final = 512
"""So many first bytes are enough for `sniff` and `recognise`; fewer are a shorter file."""

ACCEPTED: Final = (
    "JPEG, PNG, GIF, WebP, BMP, TIFF, AVIF and, where their decoder is installed, HEIC pictures "
    "are read here"
)

_SIGNATURES: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    # BigTIFF
    (b"II+\x00", "image/tiff"),
    (b"MM\x00+", "image/tiff"),
)

# "BM" alone also begins sentences: the DIB header that follows has one of these lengths.
_DIB_LENGTHS: Final = frozenset({12, 16, 40, 52, 56, 64, 108, 124})

_FOREIGN: Final = (
    (b"\x1a\x45\xdf\xa3", "a Matroska or WebM video"),
    (b"%PDF-", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"8BPS", "a Photoshop document"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
)

_HEIF_BRANDS: Final = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
)
"""ISO 23008-12, annex B: HEVC's own, and those that leave the coding open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Asks a child what the file at `path` is.

    Attributes:
        path: a whole file; it is only read.
        max_pixels: width x height that a picture may have.
        max_side: pixels that either side may have.
    """

    path: str
    max_pixels: int
    max_side: int


_CANVASES: Final = 8
"""Bytes of address space a pixel: when the WebP library opens a file it sets two canvases aside."""

_LARGEST_CANVAS: Final = 16_384 * 16_384
"""Pixels; no WebP or AVIF has more."""

_COPIES: Final = 3
"""Of the file's bytes: the WebP and AVIF decoders are given all of them, and keep their own."""

_PROBE: Final = Call(
    "actors.pictures:probe",
    Probe,
    Media,
    memory_bytes=256 << 20,
    # a good picture takes a hundredth of one; the largest file that may be sent, a few tenths
    cpu_seconds=1.0,
    output_bytes=1 << 20,
)


def probe_of(probe: Probe, file_size: int) -> Call[Probe, Media]:
    """The call that answers `probe`, with the memory that a file of so many bytes may take.

    It finds type and displayed size from the header, without decoding a pixel.

    Raises (seen by the caller as `Reported`): `UnreadableMedia`, `UnsupportedMedia`, `TooLarge`.
    """
    canvases = _CANVASES * min(probe.max_pixels, _LARGEST_CANVAS)
    return replace(_PROBE, memory_bytes=_PROBE.memory_bytes + canvases + _COPIES * file_size)


def sniff(head: bytes) -> str | None:
    """The media type of the picture whose first bytes are `head`, or None for anything else."""
    for signature, media_type in _SIGNATURES:
        if head.startswith(signature):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _DIB_LENGTHS:
        return "image/bmp"
    if _brands(head) & {b"avif", b"avis"}:
        return "image/avif"
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        return "image/heic"
    return None


def recognise(head: bytes) -> str:
    """The media type of the picture whose first bytes are `head`.

    Raises:
        UnreadableMedia: there are no bytes.
        UnsupportedMedia: it is no picture that we read; the sentence says what it is instead.
    """
    if not head:
        raise UnreadableMedia("The file is empty (0 bytes). Send it again.")
    media_type = sniff(head)
    if media_type is None:
        raise UnsupportedMedia(f"This is {_foreign(head)}; {ACCEPTED}.")
    return media_type


def _brands(head: bytes) -> frozenset[bytes]:
    """The brands of an ISO base media file: its own, and those it is compatible with."""
    if head[4:8] != b"ftyp":
        return frozenset()
    end = min(int.from_bytes(head[:4], "big"), len(head))
    # between the first brand and the rest lie four bytes of version
    return frozenset({head[8:12], *(head[at : at + 4] for at in range(16, end, 4))})


def _foreign(head: bytes) -> str:
    """What the bytes seem to be, in words that follow "This is"."""
    for signature, words in _FOREIGN:
        if head.startswith(signature):
            return words
    if brands := _brands(head):
        return "an HEIF picture of a rare kind" if brands & _HEIF_BRANDS else "a video"
    if head[:4] == b"RIFF":
        return "a RIFF file (AVI or WAV)"
    return _foreign_text(head)


def _foreign_text(head: bytes) -> str:
    if b"\x00" in head:
        return "not a picture of a known kind"
    text = head.decode("utf-8", errors="replace").lstrip("\ufeff \t\r\n").lower()
    if "<svg" in text:
        return "an SVG drawing"
    if text.startswith(("<!doctype html", "<html", "<head", "<body", "<script")):
        return "a web page"
    # a sequence cut at the end of the head is one replacement, not a sign of binary
    if "\ufffd" in text[:-1]:
        return "not a picture of a known kind"
    return "a text file"
