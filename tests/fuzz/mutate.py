"""Changes conversations as accidents and attackers do; the same `Random` makes the same change.

Owns: the mutations, and how what came out is cut into pieces.
Never: knows what the bytes mean beyond lines and numbers; touches a socket or a clock.
"""

import itertools
import re
from collections.abc import Callable, Sequence
from random import Random

MOST_CHANGES = 4
LONGEST = 128 * 1024
"""Bytes of a conversation; doublings of doublings end there."""

_NUMBERS = (
    b"0", b"-1", b"+5", b"00", b"1e3", b"0x10", b"2147483648", b"4294967296",
    b"9223372036854775808", b"9" * 30, b"1_0", b"\xd9\xa3", b"",
)  # fmt: skip

_LINES = (
    b"Content-Length: 5", b"Content-Length: 0", b"Content-Length: 5, 5", b"content-length:-1",
    b"Content-Length : 5", b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding:\x0bchunked", b"Transfer-Encoding: chunked, identity", b"TE: trailers",
    b"Connection: close", b"Connection: keep-alive, upgrade", b"Upgrade: websocket",
    b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk", b"Expect: 100-continue", b"Expect: 200-ok",
    b"Host: there", b"Host: a b", b"Host:", b"Host: [::1", b"Host: \xff", b"Origin: null",
    b"Authorization: Bearer \xff", b"Authorization: Basic Og==", b"Cookie: stitchery_session=\x01",
    b"Sec-Fetch-Site: cross-site", b"Sec-WebSocket-Version: 99", b"Sec-WebSocket-Key: x",
    b"Sec-WebSocket-Extensions: permessage-deflate", b"Sec-WebSocket-Protocol: ,,,",
    b"Content-Type: application/json; charset=utf-16", b"Content-Type: multipart/form-data",
    b"Content-Encoding: gzip", b"Range: bytes=0-0,1-1", b"Range: bytes=9-" + b"9" * 40,
    b'If-Range: W/"x"', b"If-None-Match: *", b'If-None-Match: "', b"Idempotency-Key: \xe9",
    b"Upload-Offset: -1", b"Upload-Metadata: a b c", b"X-Forwarded-For: 10.0.0.1",
    b"X-Forwarded-Proto: https", b"X-HTTP-Method-Override: DELETE", b": empty", b"no colon",
    b" folded", b"X: " + b"x" * 17_000, b"X-\x00: y", b"X: \x1b[2J", b"X: a\rY: b",
)  # fmt: skip

_PIECES = (
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\0", b"\xff", b" ", b"\t", b":", b";", b"%00", b"%0d%0a",
    b"%2e%2e%2f", b"%ff", b"%", b"?", b"#", b"//", b"\\", b"0\r\n\r\n", b"ffffffffffffffff\r\n",
    b"7;x=\r\n", b"\x81\xff", b"\x88\x80", b"\xc1\x80", b"\x09\xfe\xff\xff", b"HTTP/1.1",
    b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n", b"[" * 500, b'{"a":' * 99, b"--", b'"',
)  # fmt: skip


def mutated(seeds: Sequence[bytes], random: Random) -> bytes:
    """One of the seeds after one to `MOST_CHANGES` changes."""
    data = random.choice(seeds)
    for _ in range(random.randint(1, MOST_CHANGES)):
        change = random.choice(_CHANGES)
        data = change(data, random, seeds)[:LONGEST]
    return data


def pieces(data: bytes, random: Random) -> list[bytes]:
    """The data in the order sent: whole, in halves, in a few parts or, its beginning, in bytes."""
    match random.randrange(6):
        case 0:
            places = sorted(random.randrange(len(data) + 1) for _ in range(random.randint(1, 6)))
        case 1:
            places = [*range(min(len(data), 40))]
        case _:
            places = []
    bounds = [0, *places, len(data)]
    return [data[begin:end] for begin, end in itertools.pairwise(bounds) if begin < end]


# --- the changes ----------------------------------------------------------------------------------

_Change = Callable[[bytes, Random, Sequence[bytes]], bytes]


def _place(data: bytes, random: Random) -> int:
    """A place anywhere, more often in the head: there is the meaning."""
    head = data.find(b"\r\n\r\n") + 4
    return random.randrange((head if head > 4 and random.random() < 0.6 else len(data)) + 1)


def _part(data: bytes, random: Random) -> tuple[int, int]:
    begin = _place(data, random)
    return begin, min(len(data), begin + random.choice((1, 2, 4, 16, 64, 1024)))


def _flip(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    changed = bytearray(data)
    for _flipped in range(random.randint(1, 8) if data else 0):
        changed[min(_place(data, random), len(data) - 1)] ^= 1 << random.randrange(8)
    return bytes(changed)


def _cut(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    return data[: _place(data, random)]


def _drop(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    begin, end = _part(data, random)
    return data[:begin] + data[end:]


def _double(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    begin, end = _part(data, random)
    return data[:end] + data[begin:end] * random.choice((1, 2, 50)) + data[end:]


def _swap(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    (begin, end), (start, stop) = sorted((_part(data, random), _part(data, random)))
    if end > start:
        return data
    return data[:begin] + data[start:stop] + data[end:start] + data[begin:end] + data[stop:]


def _splice(data: bytes, random: Random, seeds: Sequence[bytes]) -> bytes:
    other = random.choice(seeds)
    return data[: _place(data, random)] + other[_place(other, random) :]


def _follow(data: bytes, random: Random, seeds: Sequence[bytes]) -> bytes:
    return data + random.choice(seeds)


def _insert(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    place = _place(data, random)
    return data[:place] + random.choice(_PIECES) + data[place:]


def _add_line(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    ends = [match.end() for match in re.finditer(rb"\r\n", data[: data.find(b"\r\n\r\n") + 2])]
    place = random.choice(ends) if ends else 0
    return data[:place] + random.choice(_LINES) + b"\r\n" + data[place:]


def _renumber(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    numbers = list(re.finditer(rb"[0-9a-fA-F]{1,6}(?=[^0-9A-Za-z])", data[:4096]))
    if not numbers:
        return data
    number = random.choice(numbers)
    return data[: number.start()] + random.choice(_NUMBERS) + data[number.end() :]


def _end_lines_otherwise(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    return data.replace(b"\r\n", random.choice((b"\n", b"\r", b"\n\r")), random.randint(1, 9))


_CHANGES: tuple[_Change, ...] = (
    _flip, _flip, _cut, _drop, _double, _swap, _splice, _follow, _insert, _insert, _add_line,
    _add_line, _renumber, _renumber, _end_lines_otherwise,
)  # fmt: skip
