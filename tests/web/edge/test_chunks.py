import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.edge.chunks import LINE_LIMIT, Chunks
from web.edge.rules import HEAD_LIMIT

GOOD = [
    b"0\r\n\r\n",
    b"3\r\na\nb\r\n0\r\n\r\n",
    b"00000003\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
    b'3;a=b; c="d"\r\nabc\r\n0;x\r\n\r\n',
    b"3\r\nabc\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n",
    b"0\r\n\r\nGET / HTTP/1.1\n\0",  # what follows is not the body's
]
BAD = {
    "hexadecimal prefix": b"0x3\r\nabc\r\n",
    "plus": b"+3\r\nabc\r\n",
    "minus": b"-3\r\nabc\r\n",
    "space before": b" 3\r\nabc\r\n",
    "space behind": b"3 \r\nabc\r\n",
    "empty size": b"\r\n",
    "no size": b";a\r\n",
    "underscore": b"1_0\r\n",
    "beyond what is counted": b"FFFFFFFFFFFFFFFF\r\n",
    "too many digits": b"0" * 17 + b"3\r\n",
    "lone LF behind a size": b"3\nabc\r\n",
    "lone CR in an extension": b"3;a\rb\r\nabc\r\n",
    "NUL in an extension": b"3;a\0\r\nabc\r\n",
    "more bytes than said": b"3\r\nabcd\r\n",
    "lone LF behind a chunk": b"3\r\nabc\n0\r\n\r\n",
    "lone LF at the end": b"0\r\n\n",
    "lone LF behind a trailer": b"0\r\nX: y\n\n",
    "folded trailer": b"0\r\nX: y\r\n z\r\n\r\n",
    "trailer without a name": b"0\r\n: y\r\n\r\n",
    "trailer that is none": b"0\r\nGET / HTTP/1.1\r\n\r\n",
    "NUL in a trailer": b"0\r\nX: \0\r\n\r\n",
    "extension without end": b"3;" + b"a" * LINE_LIMIT,
    "long extension": b"3;" + b"a" * LINE_LIMIT + b"\r\n",
    "trailer without end": b"0\r\nX: " + b"a" * HEAD_LIMIT,
    "trailers without end": b"0\r\n" + b"X: y\r\n" * HEAD_LIMIT,
}


def _fed(data: bytes, step: int) -> list[int]:
    chunks = Chunks()
    told = (chunks.feed(data[start : start + step]) for start in range(0, len(data), step))
    return [objection.status for objection in told if objection is not None]


@pytest.mark.parametrize("step", [1, 2, 1 << 20])
@pytest.mark.parametrize("body", GOOD)
def test_nothing_is_said_against_good_framing_in_any_pieces(body: bytes, step: int) -> None:
    assert _fed(body, step) == []


@pytest.mark.parametrize("step", [1, 1 << 20])
@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_bad_framing_is_refused_however_it_arrives(body: bytes, step: int) -> None:
    assert _fed(body, step)[0] in (400, 431)


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=8), st.integers(1, 50))
def test_any_chunks_pass(parts: list[bytes], step: int) -> None:
    body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    assert _fed(body + b"anything\n", step) == []


@given(st.binary(max_size=200), st.integers(1, 50))
def test_no_bytes_make_the_reading_fail_and_no_cut_changes_the_verdict(
    noise: bytes, step: int
) -> None:
    assert bool(_fed(noise, step)) == bool(_fed(noise, 1 << 20))
