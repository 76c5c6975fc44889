"""Gzip (RFC 1952) that is unpacked in small pieces, so that a bomb is seen before it goes off.

Owns: how much memory unpacking takes: one piece beyond what was fed.
Never: counts against a limit; who takes the pieces does, and stops taking.
"""

import zlib
from collections.abc import Iterator
from typing import Final

_PIECE: Final = 1 << 16
_GZIP: Final = 16 + zlib.MAX_WBITS  # zlib's manual, inflateInit2: a gzip wrapper and no other


class NotGzip(Exception):
    """The bytes are no gzip, or cut, or something follows them."""


class Gunzip:
    """Unpacks one gzip member. A second one is refused: no server has a reason to send it."""

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj(_GZIP)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What comes out of `data`, in pieces of at most 64 KiB.

        Raises:
            NotGzip: at the piece where it shows.
        """
        while True:
            try:
                piece = self._inflater.decompress(data, _PIECE)
            except zlib.error as error:
                raise NotGzip from error
            if piece:
                yield piece
            if self._inflater.unused_data:
                raise NotGzip
            data = self._inflater.unconsumed_tail
            # A full piece may leave output inside the inflater even when its input is used up.
            if not data and len(piece) < _PIECE:
                return

    def finish(self) -> None:
        """To be called after the last byte.

        Raises:
            NotGzip: the end of the member was not seen.
        """
        if not self._inflater.eof:
            raise NotGzip
