"""Reads the structure of a PNG: its head, what colours its numbers mean, where its rows lie.

Owns: the order and form of chunks (PNG specification, third edition, sections 5 and 11).
Never: inflates a row, or believes a length that the file does not have.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"

_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples a pixel, by colour type."""

_DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}

_MEANING: Final = (b"PLTE", b"tRNS", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"sBIT", b"cICP")
"""Chunks that say which colour a number is: pictures are joined as they are where these agree."""

_MOST_MEANING: Final = 1 << 22
"""Bytes of one such chunk. The largest real ones are profiles for presses, of some two million."""

_READ: Final = 1 << 18


class UnknownForm(Exception):
    """Not a PNG of a form that is known here. Another way of reading it may do, or name the fault."""


@dataclass(frozen=True, slots=True)
class Form:
    """What two pictures must share for the rows of one to be rows of the other.

    `meaning` are the chunks that give colours their meaning, with their names, in the file's order.
    """

    width: int
    depth: int
    colour: int
    meaning: tuple[tuple[bytes, bytes], ...]

    @property
    def pixel_bytes(self) -> int:
        """Bytes between a sample and the one to its left, as filters count: 1 at least."""
        return max(1, self._pixel_bits // 8)

    @property
    def row_bytes(self) -> int:
        """Bytes of a row without its filter's."""
        return (self.width * self._pixel_bits + 7) // 8

    @property
    def _pixel_bits(self) -> int:
        return _CHANNELS[self.colour] * self.depth


@dataclass(frozen=True, slots=True)
class Structure:
    """One picture's form and height, where its IDAT chunks' data lies (offsets and lengths), and
    the bytes of its EXIF chunk, if it has one.
    """

    form: Form
    height: int
    data: tuple[tuple[int, int], ...]
    exif: bytes


def read_structure(file: IO[bytes]) -> Structure:
    """Walks the chunks of a file, which is read at its own pace and left anywhere.

    Checks the checksum of every chunk but those of IDAT, which `read_data` checks.

    Raises:
        UnknownForm: interlaced, animated, cut short, or not formed as the specification says.
    """
    file.seek(0, os.SEEK_END)
    end = file.tell()
    file.seek(0)
    if file.read(8) != SIGNATURE:
        raise UnknownForm("it has another signature")
    head: tuple[int, ...] | None = None
    meaning: list[tuple[bytes, bytes]] = []
    data: list[tuple[int, int]] = []
    exif = b""
    while True:
        length, name = _chunk_head(file, end)
        if (head is None) != (name == b"IHDR"):
            raise UnknownForm("its head is not first, or comes twice")
        if name == b"IHDR":
            head = _head(_body(file, name, length))
        elif name == b"IDAT":
            data.append((file.tell(), length))
            file.seek(length + 4, os.SEEK_CUR)
        elif name == b"IEND":
            break
        elif name == b"acTL":
            raise UnknownForm("it is animated")
        elif name in _MEANING:
            if data or length > _MOST_MEANING or any(name == known for known, _ in meaning):
                raise UnknownForm(f"its {name.decode()} is too long, too late, or comes twice")
            meaning.append((name, _body(file, name, length)))
        elif name == b"eXIf":
            exif = _body(file, name, length)
        elif not name[0] & 0x20:
            raise UnknownForm("it has a critical chunk that nobody knows")
        else:
            file.seek(length + 4, os.SEEK_CUR)
    if head is None or not data:
        raise UnknownForm("it has no rows")
    width, height, depth, colour = head
    return Structure(Form(width, depth, colour, tuple(meaning)), height, tuple(data), exif)


def read_data(file: IO[bytes], structure: Structure) -> Iterator[bytes]:
    """The data of the IDAT chunks, in pieces, each chunk's checksum checked at its end.

    Raises:
        UnknownForm: a checksum is wrong, or the file has become shorter.
    """
    for offset, length in structure.data:
        file.seek(offset)
        checksum, left = zlib.crc32(b"IDAT"), length
        while left:
            piece = file.read(min(left, _READ))
            if not piece:
                raise UnknownForm("it is cut short")
            checksum = zlib.crc32(piece, checksum)
            left -= len(piece)
            yield piece
        if file.read(4) != checksum.to_bytes(4, "big"):
            raise UnknownForm("a checksum of its rows is wrong")


def _chunk_head(file: IO[bytes], end: int) -> tuple[int, bytes]:
    """Length and name of the chunk that begins here, all of which is there."""
    head = file.read(8)
    if len(head) < 8:
        raise UnknownForm("it is cut short")
    length, name = struct.unpack(">I4s", head)
    if length > 0x7FFFFFFF or file.tell() + length + 4 > end:
        raise UnknownForm("it is cut short")
    return length, name


def _body(file: IO[bytes], name: bytes, length: int) -> bytes:
    if length > _MOST_MEANING:
        raise UnknownForm("a chunk is too long")
    body = file.read(length)
    if file.read(4) != zlib.crc32(name + body).to_bytes(4, "big"):
        raise UnknownForm("a checksum is wrong")
    return body


def _head(body: bytes) -> tuple[int, int, int, int]:
    if len(body) != 13:
        raise UnknownForm("its head has another length")
    width, height, depth, colour, compression, filtering, interlace = struct.unpack(
        ">IIBBBBB", body
    )
    if not 0 < width < 1 << 31 or not 0 < height < 1 << 31:
        raise UnknownForm("it has no size")
    if depth not in _DEPTHS.get(colour, ()) or compression or filtering:
        raise UnknownForm("its pixels are of no known form")
    if interlace:
        raise UnknownForm("it is interlaced")
    return width, height, depth, colour
