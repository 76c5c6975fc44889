import gzip
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.fetch.inflate import Gunzip, NotGzip

PIECE = 1 << 16


def unpacked(*parts: bytes) -> bytes:
    gunzip = Gunzip()
    whole = b"".join(piece for part in parts for piece in gunzip.feed(part))
    gunzip.finish()
    return whole


@given(st.binary(max_size=300), st.integers(0, 3 * PIECE), st.lists(st.integers(1, 50)))
def test_what_was_packed_comes_out_however_it_is_cut(
    data: bytes, repeats: int, cuts: list[int]
) -> None:
    data = (data * (repeats // max(len(data), 1)))[: 4 * PIECE]
    packed = gzip.compress(data)
    parts, start = [], 0
    for cut in cuts:
        parts.append(packed[start : start + cut])
        start += cut
    assert unpacked(*parts, packed[start:]) == data


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 10 * PIECE + 3])
def test_the_last_piece_is_never_left_inside(size: int) -> None:
    assert len(unpacked(gzip.compress(bytes(size)))) == size


def test_a_bomb_comes_out_in_pieces_and_only_as_far_as_it_is_taken() -> None:
    bomb = gzip.compress(bytes(64 << 20))
    pieces = Gunzip().feed(bomb)
    assert len(next(pieces)) == PIECE
    assert len(next(pieces)) == PIECE


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"not gzip at all",
        zlib.compress(b"zlib is another wrapper"),
        gzip.compress(b"cut" * 100, mtime=0)[:-1],
        gzip.compress(b"followed", mtime=0) + b"x",
        gzip.compress(b"by another", mtime=0) + gzip.compress(b"member", mtime=0),
        gzip.compress(b"wrong sum", mtime=0)[:-8] + bytes(8),
    ],
)
def test_what_is_not_one_whole_member_is_refused(packed: bytes) -> None:
    with pytest.raises(NotGzip):
        unpacked(packed)


@given(st.binary())
def test_nonsense_raises_nothing_else(packed: bytes) -> None:
    with suppress(NotGzip):
        unpacked(packed)
