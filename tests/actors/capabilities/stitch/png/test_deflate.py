"""Parts that are compressed alone make one stream, and their checksums one checksum."""

import zlib

from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.stitch.png import deflate


@given(st.lists(st.binary(max_size=3000), max_size=5))
def test_parts_make_one_stream(parts: list[bytes]) -> None:
    stream, adler = bytearray(deflate.HEAD), deflate.ADLER_START
    for part in parts:
        piece = deflate.deflated([part[:7], part[7:]])
        stream += b"".join(piece.data)
        adler = deflate.adler_joined(adler, piece.adler, piece.length)
    stream += deflate.END + adler.to_bytes(4, "big")

    assert zlib.decompress(bytes(stream)) == b"".join(parts)


@given(st.binary(), st.binary())
def test_checksums_join(first: bytes, second: bytes) -> None:
    joined = deflate.adler_joined(zlib.adler32(first), zlib.adler32(second), len(second))
    assert joined == zlib.adler32(first + second) == deflate.adler(second, deflate.adler(first))
