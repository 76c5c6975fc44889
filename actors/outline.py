"""Walks the outline of a picture's file before a decoder sees it.

Owns: how many pieces a file may be made of. Decoders take each piece singly, most of them in
Python, so that a small file of very many costs seconds where a large picture costs milliseconds.
Never: decodes, copies or judges the pieces' content: what is damaged is for the decoder to refuse.

Pure functions over the file's bytes (or its memory map). Each looks at a bounded number of places;
no piece that it accepts is one that any camera or editor would write by the ten thousand.
"""

import re
import struct
from collections.abc import Callable, Mapping
from mmap import mmap
from typing import Final

from actors.errors import TooLarge

Bytes = bytes | mmap

PIECES: Final = 10_000
"""Segments of a JPEG, chunks of a PNG, blocks before a GIF's picture, entries of a TIFF's
directory, boxes of an AVIF or HEIC."""

SCANS: Final = 100
"""Passes over a JPEG's whole area; encoders write 10, or 64 for one of each frequency."""

PADDING: Final = 1 << 18
"""Bytes between a JPEG's segments that belong to none, before the first scan."""

# A PNG's pixels come in chunks, too: these are as long as this, on average, or the PNG is small.
_LEAST_CHUNK: Final = 2048

# ITU T.81, B.1.1: a marker is FF and a byte that is neither 0 (a stuffed FF), nor a restart within
# a scan, nor FF again (padding).
_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
_START_OF_SCAN: Final = 0xDA
_END_OF_IMAGE: Final = 0xD9
_BARE: Final = frozenset({0x01, 0xD8, _END_OF_IMAGE})

# A box's head is its size and its kind; the size 1 says that a longer one follows.
_BOX_HEAD: Final = 8
_LONG_BOX: Final = 1

# TIFF 6.0, section 2, and BigTIFF: the bytes of one value of each type.
_TIFF_SIZES: Final = {
    1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8,
    18: 8,
}  # fmt: skip


def check_outline(data: Bytes, media_type: str) -> None:
    """Passes a file whose decoder will have a bounded number of pieces to take.

    Raises:
        TooLarge: limit `picture_pieces`, `picture_scans` or `picture_padding`.
    """
    if check := _CHECKS.get(media_type):
        check(data)


def _check_jpeg(data: Bytes) -> None:
    """Counts segments and scans, and what lies between those before the first scan."""
    at, padding, scans = 2, 0, 0
    for _ in range(PIECES):
        found = _MARKER.search(data, at)
        if found is None:
            padding += 0 if scans else len(data) - at
            break
        padding += 0 if scans else found.start() - at
        marker, at = data[found.start() + 1], found.end()
        if marker == _END_OF_IMAGE:
            break
        scans += marker == _START_OF_SCAN
        if scans > SCANS:
            raise _too_many("JPEG", "scans", SCANS, "picture_scans")
        if marker not in _BARE:
            at += int.from_bytes(data[at : at + 2], "big")
    else:
        raise _too_many("JPEG", "segments", PIECES, "picture_pieces")
    if padding > PADDING:
        raise TooLarge(
            f"This JPEG holds more than {PADDING} bytes before its picture that are no part of it. "
            "Save the picture anew with another program.",
            limit="picture_padding",
        )


def _check_png(data: Bytes) -> None:
    """Counts chunks (PNG 3rd edition, 5.3)."""
    most, at = PIECES + len(data) // _LEAST_CHUNK, 8
    for _ in range(most):
        if at + 8 > len(data):
            return
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    raise _too_many("PNG", "chunks", most, "picture_pieces")


def _check_gif(data: Bytes) -> None:
    """Counts the blocks of the extensions before the first frame (GIF89a, 15 and 23 to 26)."""
    at, within = 13 + _gif_colours(data[10:11]), False
    for _ in range(PIECES):
        if within:
            within = data[at : at + 1] not in {b"", b"\0"}
            at += 1 + data[at] if within else 1
        elif data[at : at + 1] == b"!":
            at, within = at + 2, True
        else:
            return
    raise _too_many("GIF", "blocks before its picture", PIECES, "picture_pieces")


def _gif_colours(flags: bytes) -> int:
    """Bytes of the table of colours that a logical screen's flags announce."""
    return 3 << (flags[0] & 7) + 1 if flags and flags[0] & 0x80 else 0


def _check_tiff(data: Bytes) -> None:
    """Counts the first directory's entries; together they hold no more than the file.

    They could claim more by pointing to the same bytes over and over.
    """
    order = "<" if data[:2] == b"II" else ">"
    big = data[2:4] in {b"+\x00", b"\x00+"}
    head, count, entry = ("8xQ", "Q", "HHQQ") if big else ("4xI", "H", "HHII")
    try:
        (directory,) = struct.unpack(order + head, data[: 16 if big else 8])
        (entries,) = _at(data, directory, order + count)
        if entries > PIECES:
            raise _too_many("TIFF", "entries", PIECES, "picture_pieces")
        held = 0
        step = struct.calcsize("<" + entry)
        for place in range(entries):
            start = directory + struct.calcsize("<" + count) + place * step
            _, kind, values, _ = _at(data, start, order + entry)
            held += values * _TIFF_SIZES.get(kind, 1)
    except struct.error:  # cut short: the decoder says it better
        return
    if held > len(data):
        raise TooLarge(
            f"This TIFF's directory claims {held} bytes, and the file has {len(data)}. "
            "Save the picture anew with another program.",
            limit="picture_pieces",
        )


def _check_boxes(data: Bytes) -> None:
    """Counts the boxes that the file is made of (ISO 14496-12, 4.2).

    Those within them the decoders' libraries count themselves.
    """
    at = 0
    for _ in range(PIECES):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == _LONG_BOX:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        # 0 reaches to the end; less than a head is damage, which the decoder tells better
        if size < _BOX_HEAD or at + size >= len(data):
            return
        at += size
    raise _too_many("picture", "boxes", PIECES, "picture_pieces")


def _at(data: Bytes, place: int, form: str) -> tuple[int, ...]:
    return struct.unpack(form, data[place : place + struct.calcsize(form)])


def _too_many(kind: str, pieces: str, most: int, limit: str) -> TooLarge:
    return TooLarge(
        f"This {kind} has more than {most} {pieces}. Save the picture anew with another program.",
        limit=limit,
    )


_CHECKS: Final[Mapping[str, Callable[[Bytes], None]]] = {
    "image/jpeg": _check_jpeg,
    "image/png": _check_png,
    "image/gif": _check_gif,
    "image/tiff": _check_tiff,
    "image/avif": _check_boxes,
    "image/heic": _check_boxes,
}
