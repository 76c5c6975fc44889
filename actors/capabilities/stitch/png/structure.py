"""Reads the structure of a PNG: its head, what colours its numbers mean, where its rows lie.

Owns: the order and form of chunks (PNG specification, third edition, sections 5 and 11).
Never: inflates a row, or believes a length that the file does not have.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

from actors.capabilities.stitch.png import deflate
from actors.capabilities.stitch.unknown import UnknownForm

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"

_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples a pixel, by colour type."""

_DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}

_MEANING: Final = (b"PLTE", b"tRNS", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"sBIT", b"cICP")
"""Chunks that say which colour a number is: pictures are joined as they are where these agree."""

_ANIMATED: Final = frozenset({b"acTL", b"fcTL", b"fdAT"})
_TEXTS: Final = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_KEYWORD: Final = 80
"""Bytes of a text's name with the zero behind it (11.3.3)."""

_TAKEN_FOR_MORE: Final = frozenset(
    {b"bbox", b"default_image", b"exif", b"icc_profile", b"interlace", b"transparency"}
)
"""Names of texts that Pillow keeps where it keeps what it decodes by."""

_INDEXED: Final = 3
_MOST_COLOURS: Final = 256
_KEY_BYTES: Final = {0: 2, 2: 6}
"""Of a tRNS that names one colour, by colour type."""

_MOST_BODY: Final = 1 << 22
"""Bytes of a chunk that is read. The largest real ones are profiles for presses, of two million."""

_MOST_CHUNKS: Final = 10_000
_LEAST_CHUNK: Final = 2048
"""So many chunks, and one more for so many bytes: each takes time, however short it is."""

_MOST_SIDE: Final = (1 << 31) - 1
_ANCILLARY: Final = 0x20
_CHUNK: Final = struct.Struct(">I4s")
_HEAD: Final = struct.Struct(">IIBBBBB")

_READ: Final = 1 << 15
"""Bytes that are read at once; what is not inflated at once of them is copied again."""


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
    """One picture: its form, its height, and where the data of its IDAT chunks lies.

    `data` are offsets and lengths; `exif` is the EXIF chunk's body, empty where there is none.
    """

    form: Form
    height: int
    data: tuple[tuple[int, int], ...]
    exif: bytes


def read_structure(file: IO[bytes]) -> Structure:
    """Walks the chunks of a file, which is left anywhere.

    Checks the checksum of every chunk that matters but those of IDAT, which `read_data` checks.

    Raises:
        UnknownForm: interlaced, animated, cut short, or not formed as the specification says.
    """
    file.seek(0, os.SEEK_END)
    walk = _Walk(file, file.tell())
    file.seek(0)
    if file.read(len(SIGNATURE)) != SIGNATURE:
        raise UnknownForm("it has another signature")
    while walk.step():
        pass
    return walk.finish()


class _Walk:
    """A walk over the chunks of one file, and what they have said so far."""

    def __init__(self, file: IO[bytes], end: int) -> None:
        self._file = file
        self._end = end
        self._head: tuple[int, int, int, int] | None = None
        self._meaning: dict[bytes, bytes] = {}
        self._data: list[tuple[int, int]] = []
        self._last = b""
        self._left = _MOST_CHUNKS + end // _LEAST_CHUNK
        self._exif: bytes | None = None

    def step(self) -> bool:
        """Takes the next chunk; false when it was the last."""
        length, name = self._chunk()
        before, self._last = self._last, name
        if (self._head is None) != (name == b"IHDR"):
            raise UnknownForm("its head is not first, or comes twice")
        if name == b"IHDR":
            self._head = _head(self._body(name, length))
        elif name == b"IDAT":
            if self._data and before != name:
                raise UnknownForm("its rows are interrupted")
            self._data.append((self._file.tell(), length))
            self._skip(length)
        elif name == b"eXIf":
            if self._exif is not None:
                raise UnknownForm("its eXIf comes twice")
            self._exif = self._body(name, length)
        elif name in _MEANING:
            if self._data or name in self._meaning:
                raise UnknownForm(f"its {name.decode()} comes too late, or twice")
            self._meaning[name] = self._body(name, length)
        else:
            self._pass_over(name, length)
        return name != b"IEND"

    def finish(self) -> Structure:
        """What was found."""
        if self._head is None or not self._data:
            raise UnknownForm("it has no rows")
        width, height, depth, colour = self._head
        _check_colours(colour, depth, self._meaning)
        form = Form(width, depth, colour, tuple(self._meaning.items()))
        return Structure(form, height, tuple(self._data), self._exif or b"")

    def _pass_over(self, name: bytes, length: int) -> None:
        if name in _ANIMATED:
            raise UnknownForm("it is animated")
        if name != b"IEND" and not name[0] & _ANCILLARY:
            raise UnknownForm("it has a critical chunk that nobody knows")
        if name in _TEXTS:
            start = self._file.read(min(length, _KEYWORD))
            if start.partition(b"\0")[0] in _TAKEN_FOR_MORE:
                raise UnknownForm("a text of it has a name that is taken for more")
            self._skip(length - len(start))
        else:
            self._skip(length)

    def _chunk(self) -> tuple[int, bytes]:
        """Length and name of the chunk that begins here, all of which is there."""
        head = self._file.read(_CHUNK.size)
        self._left -= 1
        if len(head) < _CHUNK.size:
            raise UnknownForm("it is cut short")
        if not self._left:
            raise UnknownForm("it has too many chunks")
        length, name = _CHUNK.unpack(head)
        if self._file.tell() + length + 4 > self._end:
            raise UnknownForm("it is cut short")
        return length, name

    def _body(self, name: bytes, length: int) -> bytes:
        if length > _MOST_BODY:
            raise UnknownForm("a chunk is too long")
        body = self._file.read(length)
        if self._file.read(4) != deflate.crc(name + body).to_bytes(4, "big"):
            raise UnknownForm("a checksum is wrong")
        return body

    def _skip(self, length: int) -> None:
        self._file.seek(length + 4, os.SEEK_CUR)


def _check_colours(colour: int, depth: int, meaning: dict[bytes, bytes]) -> None:
    """Passes a palette and transparency that fit the colour type (11.2.2 and 11.3.1.1)."""
    palette, key = meaning.get(b"PLTE", b""), meaning.get(b"tRNS", b"")
    if colour == _INDEXED:
        entries = len(palette) // 3
        fits = 0 < entries <= 1 << depth and len(key) <= entries
        fits = fits and (not key or list(meaning).index(b"PLTE") < list(meaning).index(b"tRNS"))
    else:
        fits = len(palette) <= 3 * _MOST_COLOURS and len(key) in {0, _KEY_BYTES.get(colour, 0)}
        fits = fits and (colour & 2 != 0 or b"PLTE" not in meaning)
    if not fits or len(palette) % 3 or b"" in (meaning.get(b"PLTE"), meaning.get(b"tRNS")):
        raise UnknownForm("its palette or its transparency is of no known form")


def read_data(file: IO[bytes], structure: Structure) -> Iterator[bytes]:
    """The data of the IDAT chunks, in pieces, each chunk's checksum checked at its end.

    Raises:
        UnknownForm: a checksum is wrong, or the file has become shorter.
    """
    for offset, length in structure.data:
        file.seek(offset)
        checksum, left = deflate.crc(b"IDAT"), length
        while left:
            piece = file.read(min(left, _READ))
            if not piece:
                raise UnknownForm("it is cut short")
            checksum = deflate.crc(piece, checksum)
            left -= len(piece)
            yield piece
        if file.read(4) != checksum.to_bytes(4, "big"):
            raise UnknownForm("a checksum of its rows is wrong")


def _head(body: bytes) -> tuple[int, int, int, int]:
    if len(body) != _HEAD.size:
        raise UnknownForm("its head has another length")
    width, height, depth, colour, compression, filtering, interlace = _HEAD.unpack(body)
    if not 0 < width <= _MOST_SIDE or not 0 < height <= _MOST_SIDE:
        raise UnknownForm("it has no size")
    if depth not in _DEPTHS.get(colour, ()) or compression or filtering:
        raise UnknownForm("its pixels are of no known form")
    if interlace:
        raise UnknownForm("it is interlaced")
    return width, height, depth, colour
