"""Smuggling needs two readers who disagree: what the edge lets through, all read alike."""

from random import Random

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.mutate import mutated
from tests.fuzz.reader import Strange, end_of
from tests.fuzz.seeds import Visitor, seeds
from web.edge.rules import objection_to

SEEDS = seeds(Visitor("token", "0" * 34))

# Framing and what looks like it, in every order, number and case.
FIELDS = st.sampled_from(
    [
        b"Host: h", b"Content-Length: 5", b"Content-Length: 05", b"Content-Length: 5, 5",
        b"Content-Length:\t5 ", b"Content-Length: +5", b"Content-Length: 5_0", b"Content-Length:",
        b"content-length: 0", b"Content-Length : 5", b"Content_Length: 5", b"X: \x0b", b"X: \xa0y",
        b"Transfer-Encoding: chunked", b"transfer-encoding:CHUNKED", b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding:\xa0chunked", b"Transfer-Encoding: identity", b"Transfer-Encoding:",
        b"Transfer-Encoding: chunked;q=1", b"Connection: close", b" folded", b"no colon", b": x",
    ]
)  # fmt: skip
BODIES = st.lists(
    st.sampled_from(
        [
            b"abcde", b"5\r\nabcde\r\n", b"5;x=y\r\nabcde\r\n", b"5 \r\nabcde\r\n", b"0\r\n\r\n",
            b"0\r\nX: y\r\n\r\n", b"0x5\r\nabcde\r\n", b"5\nabcde\n", b"-5\r\n", b"+5\r\nabcde\r\n",
            b"05\r\nabcde\r\n", b"5\r\nabcdeXX", b"5\r\nabcde\r\n0\r\n\r\n", b"\r\n", b"0\n\r\n",
            b"5_0\r\n", b"5;\x00\r\nabcde\r\n", b"5;a\nb\r\nabcde\r\n", b"0\r\n X: y\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", b"ffffffffffffffffffff\r\n", b"0\r\n: y\r\n\r\n",
        ]
    ),
    max_size=4,
).map(b"".join)  # fmt: skip
ENDS = st.sampled_from([b"\r\n"] * 9 + [b"\n", b"\r"])


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    line = draw(st.sampled_from([b"POST / HTTP/1.1", b"GET / HTTP/1.1", b"POST / HTTP/1.0"]))
    lines = [line, b"Host: h", *draw(st.lists(FIELDS, max_size=3)), b""]
    return b"".join(line + draw(ENDS) for line in lines) + draw(BODIES)


def end_by_h11(data: bytes) -> int | None:
    """Where h11 lets the first request end; None when it refuses it or waits for more."""
    reader = h11.Connection(h11.SERVER)
    reader.receive_data(data)
    try:
        while not isinstance(event := reader.next_event(), h11.EndOfMessage):
            if event in (h11.NEED_DATA, h11.PAUSED):
                return None
    except h11.RemoteProtocolError:
        return None
    return len(data) - len(reader.trailing_data[0])


def agrees(data: bytes) -> None:
    if objection_to(data) is None and (end := end_by_h11(data)) is not None:
        assert end_of(data) == end


@given(requests())
def test_what_is_let_through_ends_where_a_second_reader_ends_it(data: bytes) -> None:
    agrees(data)


@given(st.integers(0, 1 << 64))
def test_whatever_is_changed_in_a_good_one_the_readers_agree(chance: int) -> None:
    agrees(mutated(SEEDS, Random(chance)))


@given(requests(), st.integers(0, 200))
def test_an_objection_to_a_part_of_a_head_is_one_to_the_whole(data: bytes, cut: int) -> None:
    """So it does not matter how a head is cut into packets."""
    if objection_to(data[:cut]) is not None:
        assert objection_to(data) is not None


@pytest.mark.parametrize(
    ("data", "end"),
    [
        (b"GET / HTTP/1.1\r\nHost: h\r\n\r\nmore", 27),
        (b"POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabcmore", 41),
        (
            b"POST / HTTP/1.1\r\nHost:\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n0",
            66,
        ),
    ],
)
def test_the_second_reader_can_read(data: bytes, end: int) -> None:
    assert end_of(data) == end == end_by_h11(data)


@pytest.mark.parametrize("data", [b"", b"GET / HTTP/1.1\r\n", b"G T / HTTP/1.1\r\n\r\n"])
def test_the_second_reader_does_not_guess(data: bytes) -> None:
    with pytest.raises(Strange):
        end_of(data)
