"""Containers by hand: what no encoder writes. Bytes in memory, small, the same each time."""

import itertools
import struct
import zlib
from collections.abc import Iterable, Sequence

from tests import pictures

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
GIF_FRAME = b"\x2c\0\0\0\0\1\0\1\0\0\2\2\x44\1\0"
"""One pixel at the top left, of colour 0."""


# --- PNG ----------------------------------------------------------------------------------------


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    """One chunk with its right checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """These chunks, between the signature and the end."""
    return PNG_SIGNATURE + b"".join(itertools.starmap(chunk, chunks)) + chunk(b"IEND")


def header(width: int, height: int, depth: int = 8, colour_type: int = 0) -> tuple[bytes, bytes]:
    """IHDR."""
    return b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)


def deflated(size: int) -> bytes:
    """So many zero bytes, a thousand times shorter."""
    squeeze, block = zlib.compressobj(9), bytes(1 << 20)
    parts = [squeeze.compress(block) for _ in range(size >> 20)]
    parts.append(squeeze.compress(bytes(size & (1 << 20) - 1)))
    return b"".join(parts) + squeeze.flush()


def gray_png(width: int, height: int, depth: int = 8, kind: int = 0, pixels: int = 1000) -> bytes:
    """So many pixels promised, and some zero bytes of them given."""
    return png(header(width, height, depth, kind), (b"IDAT", deflated(pixels)))


def small_png(*before: tuple[bytes, bytes], after: Sequence[tuple[bytes, bytes]] = ()) -> bytes:
    """A good gray picture of 8 x 8 with these chunks before and after its pixels."""
    return png(header(8, 8), *before, (b"IDAT", zlib.compress(bytes(72))), *after)


def apng(frames: int) -> bytes:
    """An animation of 8 x 8."""
    control = struct.pack(">IIIIHHBB", 8, 8, 0, 0, 1, 10, 0, 0)
    pixels = zlib.compress(bytes(72))
    rest = [
        (kind, struct.pack(">I", number) + data)
        for number, (kind, data) in enumerate(
            [(b"fcTL", control), (b"fdAT", pixels)] * (frames - 1), start=1
        )
    ]
    start = [(b"acTL", struct.pack(">II", frames, 0)), (b"fcTL", bytes(4) + control)]
    return small_png(*start, after=rest)


# --- TIFF ---------------------------------------------------------------------------------------

Entry = tuple[int, int, int, int]
"""Tag, type, count, value or offset."""

SHORT, LONG = 3, 4


def directory(entries: Sequence[Entry], follows: int = 0, order: str = "<") -> bytes:
    """An image file directory."""
    return (
        struct.pack(f"{order}H", len(entries))
        + b"".join(
            struct.pack(f"{order}HHIHxx" if kind == SHORT and count == 1 else f"{order}HHII", *one)
            for one in entries
            for _, kind, count, _ in [one]
        )
        + struct.pack(f"{order}I", follows)
    )


def gray(width: int, height: int, at: int, size: int, **changes: int) -> list[Entry]:
    """What a gray picture of 8 bits needs; `t259=5` sets tag 259."""
    values = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: at, 277: 1, 278: height}
    values |= {279: size}
    values |= {int(name[1:]): value for name, value in changes.items()}
    kinds = {258: SHORT, 259: SHORT, 262: SHORT, 277: SHORT}
    return [(tag, kinds.get(tag, LONG), 1, value) for tag, value in sorted(values.items())]


def tiff(entries: Sequence[Entry], data: bytes = b"", follows: int = 0) -> bytes:
    """The data from byte 8 on, then the directory."""
    return struct.pack("<2sHI", b"II", 42, 8 + len(data)) + data + directory(entries, follows)


def small_tiff(follows: int = 0, **changes: int) -> bytes:
    """A gray picture of 8 x 8."""
    return tiff(gray(8, 8, 8, 64, **changes), bytes(64), follows)


def pages(count: int) -> bytes:
    """A TIFF of so many equal pages."""
    first = 8 + 64
    entries = gray(8, 8, 8, 64)
    length = len(directory(entries))
    following = [first + length * number for number in range(1, count)]
    return (
        struct.pack("<2sHI", b"II", 42, first)
        + bytes(64)
        + b"".join(directory(entries, next_one) for next_one in [*following, 0])
    )


# --- GIF, WebP, JPEG, EXIF ------------------------------------------------------------------------


def gif(width: int, height: int, *blocks: bytes) -> bytes:
    """A screen of two colours, and these blocks."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0)
    return head + b"\xff\0\0\0\0\xff" + b"".join(blocks) + b"\x3b"


def comment(size: int) -> bytes:
    """A comment of a GIF, of at least so many bytes."""
    return b"\x21\xfe" + (b"\xff" + b"x" * 255) * (size // 255 + 1) + b"\0"


def riff(kind: bytes, data: bytes) -> bytes:
    """A chunk of a WebP."""
    return kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def webp(*chunks: bytes) -> bytes:
    """These chunks as a file."""
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _u24(value: int) -> bytes:
    return value.to_bytes(3, "little")


def extended(width: int, height: int, flags: int) -> bytes:
    """VP8X: the canvas; flags are 2 animation, 4 XMP, 8 EXIF, 32 ICC."""
    return riff(b"VP8X", bytes([flags, 0, 0, 0]) + _u24(width - 1) + _u24(height - 1))


def webp_frames(width: int, height: int, frames: int) -> bytes:
    """An animation whose frames are one pixel each."""
    pixel = pictures.webp_bomb(1, 1)[12:]
    frame = riff(b"ANMF", bytes(6) + _u24(0) + _u24(0) + _u24(10) + b"\0" + pixel)
    return webp(extended(width, height, 2), riff(b"ANIM", bytes(6)), *[frame] * frames)


def segment(marker: int, data: bytes) -> bytes:
    """A segment of a JPEG."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def jpeg(*segments: bytes, width: int = 8, height: int = 8) -> bytes:
    """A good JPEG with this between its start and the rest."""
    good = pictures.encoded(pictures.plain(width, height), "JPEG")
    return good[:2] + b"".join(segments) + good[2:]


def exif(entries: Iterable[Entry], data: bytes = b"") -> bytes:
    """EXIF with these entries in its first directory, behind which the data lies."""
    return b"Exif\0\0" + struct.pack("<2sHI", b"II", 42, 8) + directory(list(entries)) + data


def scans(side: int, count: int) -> bytes:
    """A progressive JPEG, square and gray, whose last pass comes so many times."""
    good = pictures.encoded(pictures.plain(side, side, (128,), "L"), "JPEG", progressive=True)
    last = good.rindex(b"\xff\xda")
    return good[:last] + good[last:-2] * count + good[-2:]


def patched(content: bytes, after: bytes, form: str, *values: int, skip: int = 0) -> bytes:
    """The content with numbers written over what follows a mark."""
    at = content.index(after) + len(after) + skip
    new = struct.pack(form, *values)
    return content[:at] + new + content[at + len(new) :]
