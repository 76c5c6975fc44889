"""Writes a PNG from parts of its rows that were compressed each on their own.

Owns: the order of chunks, and the one stream that the parts become.
Never: filters or compresses.
"""

import struct
from collections.abc import Iterable
from typing import IO, Final

from actors.capabilities.stitch.png import deflate
from actors.capabilities.stitch.png.structure import SIGNATURE

_IDAT: Final = 1 << 18
"""Bytes that a chunk of rows has at least, but for the last."""


class PngFile:
    """A file that grows row by row.

    Args:
        file: where to; written from its present place.
        width, height: in pixels.
        depth, colour: bits a sample, and the colour type (PNG specification, 11.2.1).
        meaning: the chunks that say which colours the numbers are, in order, by name.
    """

    def __init__(
        self,
        file: IO[bytes],
        width: int,
        height: int,
        *,
        depth: int = 8,
        colour: int,
        meaning: Iterable[tuple[bytes, bytes]] = (),
    ) -> None:
        self._file = file
        self._adler = deflate.ADLER_START
        self._waiting = [deflate.HEAD]
        self._held = len(deflate.HEAD)
        file.write(SIGNATURE)
        self._chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
        for name, body in meaning:
            self._chunk(name, body)

    def add(self, piece: deflate.Piece) -> None:
        """The next rows."""
        self._adler = deflate.adler_joined(self._adler, piece.adler, piece.length)
        for data in piece.data:
            self._waiting.append(data)
            self._held += len(data)
            if self._held >= _IDAT:
                self._write_rows()

    def finish(self) -> None:
        """The rows are all there."""
        self._waiting.append(deflate.END + struct.pack(">I", self._adler))
        self._write_rows()
        self._chunk(b"IEND", b"")

    def _write_rows(self) -> None:
        self._chunk(b"IDAT", b"".join(self._waiting))
        self._waiting.clear()
        self._held = 0

    def _chunk(self, name: bytes, body: bytes) -> None:
        checksum = deflate.crc(body, deflate.crc(name))
        self._file.write(struct.pack(">I4s", len(body), name))
        self._file.write(body)
        self._file.write(struct.pack(">I", checksum))
