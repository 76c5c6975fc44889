"""Pictures for the tests: real ones, tiny, and one as large as wanted."""

import struct
import zlib


def png(padding: int = 0) -> bytes:
    """One grey pixel; `padding` bytes of a text that no reader looks at come before the end."""
    text = _chunk(b"tEXt", b"Comment\x00" + b"x" * padding) if padding else b""
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
            _chunk(b"IDAT", zlib.compress(b"\x00\x80")),
            text,
            _chunk(b"IEND", b""),
        ]
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
