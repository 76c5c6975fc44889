# ruff: noqa: E501 -- a case a row reads better than broken rows
"""KILL: single packets that ended the process on the stack as it installs, and mutations of good
ones.
"""

import random
from functools import partial

import hpack
import hyperframe.frame as h2
import trio

from tests.hostile.cases.case import SKIPPED, add, case, expect
from tests.hostile.cases.target import Target, hanging
from tests.web.rawclient import HANDSHAKE, TEXT, ask_for, masked

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HTTP2 = ((b":scheme", b"http"), (b":authority", b"here"))
TUNNEL = ((b":method", b"CONNECT"), (b":protocol", b"websocket"), (b":path", b"/api/v1/progress"))


def over_http2(*headers: tuple[bytes, bytes]) -> bytes:
    """A connection of HTTP/2 by prior knowledge with one request."""
    block = hpack.Encoder().encode(headers)
    frame = h2.HeadersFrame(1, data=block, flags=["END_HEADERS", "END_STREAM"])
    return PREFACE + bytes(h2.SettingsFrame(0).serialize()) + bytes(frame.serialize())


def handshake(*lines: bytes, path: bytes = b"/api/v1/progress") -> bytes:
    """A websocket handshake with these header lines besides."""
    return HANDSHAKE % (path, b"".join(line + b"\r\n" for line in lines))


def upgrade(to: bytes, *lines: bytes) -> bytes:
    """A GET that asks to go on in another protocol."""
    head = [b"GET /healthz HTTP/1.1", b"Host: here", b"Connection: Upgrade, HTTP2-Settings"]
    return b"\r\n".join([*head, b"Upgrade: " + to, *lines, b"", b""])


async def _survives(packet: bytes, allowed: tuple[bytes, ...], target: Target) -> None:
    rest = await target.talk(packet)
    status = rest.split(b" ", 2)[1] if rest.startswith(b"HTTP/1.1 ") else b"closed"
    expect(status in allowed, rest)


_ANSWERED = (b"400", b"200", b"505")
_REFUSED = (b"400", b"505", b"closed")
_DENIED = (b"400", b"401")  # a handshake without credentials, had it been well made

for _id, _line, _packet, _allowed in (
    ("KILL-01", "h2c upgrade with unreadable settings", upgrade(b"h2c", b"HTTP2-Settings: AAAAAAA"), _ANSWERED),
    ("KILL-01b", "h2c upgrade without settings", upgrade(b"h2c"), _ANSWERED),
    ("KILL-01c", "h2c upgrade, settings twice, not base64", upgrade(b"h2c", b"HTTP2-Settings: \xff", b"HTTP2-Settings: ="), _ANSWERED),
    ("KILL-01d", "h2c upgrade with well-made settings", upgrade(b"h2c", b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"), _ANSWERED),
    ("KILL-01e", "upgrade to a protocol that is none", upgrade(b"\xe9\xe9/1"), _ANSWERED),
    ("KILL-02", "websocket extensions beyond ASCII", handshake(b"Sec-WebSocket-Extensions: \xe9"), _DENIED),
    ("KILL-02b", "websocket key beyond ASCII", handshake(b"Sec-WebSocket-Key: \xe9"), _DENIED),
    ("KILL-02c", "websocket version beyond ASCII", handshake(b"Sec-WebSocket-Version: \xe9"), _DENIED),
    ("KILL-02d", "websocket extensions that are no list", handshake(b'Sec-WebSocket-Extensions: ;;=,,;"="'), _DENIED),
    ("KILL-03", "websocket protocol beyond ASCII", handshake(b"Sec-WebSocket-Protocol: \xe9"), _DENIED),
    ("KILL-03b", "websocket protocol as empty list", handshake(b"Sec-WebSocket-Protocol: ,,, ,"), _DENIED),
    ("KILL-03c", "websocket handshake with Origin beyond ASCII", handshake(b"Origin: http://\xff\xfe"), (*_DENIED, b"403")),
    ("KILL-03d", "websocket handshake with cookie beyond ASCII", handshake(b"Cookie: stitchery_session=\xff\xfe"), (*_DENIED, b"403")),
    ("KILL-03e", "websocket handshake with query beyond ASCII", handshake(path=b"/api/v1/progress?\xff=%ff"), (*_DENIED, b"422")),
    ("KILL-03f", "websocket handshake on a path that is none", handshake(path=b"/nowhere"), (b"400", b"404")),
    ("KILL-04", "h2 CONNECT without :path", over_http2((b":method", b"CONNECT"), (b":authority", b"here")), _REFUSED),
    ("KILL-05", "h2 :method beyond ASCII", over_http2((b":method", b"G\xff"), (b":path", b"/"), *HTTP2), _REFUSED),
    ("KILL-06", "h2 :path beyond ASCII", over_http2((b":method", b"GET"), (b":path", b"/\xff"), *HTTP2), _REFUSED),
    ("KILL-07", "h2 websocket protocol beyond ASCII", over_http2(*TUNNEL, *HTTP2, (b"sec-websocket-version", b"13"), (b"sec-websocket-protocol", b"\xe9")), _REFUSED),
    ("KILL-07b", "h2 :authority and :scheme beyond ASCII", over_http2((b":method", b"GET"), (b":path", b"/"), (b":scheme", b"\xff"), (b":authority", b"\xff")), _REFUSED),
    ("KILL-08", "websocket upgrade and one byte", handshake() + b"x", _DENIED),
    ("KILL-08b", "websocket upgrade and a second request", handshake() + ask_for("/healthz"), _DENIED),
    ("KILL-08c", "websocket upgrade with a body", handshake(b"Content-Length: 5") + b"hello", _DENIED),
    ("KILL-08d", "websocket upgrade with a chunked body", handshake(b"Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\n\r\n", _DENIED),
    ("KILL-08e", "websocket upgrade by POST", handshake().replace(b"GET", b"POST", 1), (*_DENIED, b"405", b"404", b"426")),
    ("KILL-08f", "websocket upgrade over HTTP/1.0", handshake().replace(b"HTTP/1.1", b"HTTP/1.0", 1), (*_DENIED, b"426", b"505")),
    ("KILL-08g", "websocket version 12", handshake().replace(b"Version: 13", b"Version: 12"), (*_DENIED, b"426")),
    ("KILL-10", "one NUL byte", b"\0", _REFUSED),
    ("KILL-10b", "a TLS hello", bytes.fromhex("16030100a5010000a10303") + bytes(160), _REFUSED),
    ("KILL-10c", "an empty request line", b"\r\n\r\n\r\n", _REFUSED),
    ("KILL-10d", "an SMB hello", b"\x00\x00\x00\x54\xffSMBr" + bytes(80), _REFUSED),
    ("KILL-10e", "a PROXY protocol line", b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n" + ask_for("/healthz"), _REFUSED),
):  # fmt: skip
    add(_id, f"{_line}: refused or answered plainly", partial(_survives, _packet, _allowed))


# --- mutations ------------------------------------------------------------------------------------

REQUEST = ask_for(
    "/api/v1/jobs/stitch?x=%41", "POST", "Content-Type: application/json", "Cookie: a=b", body=b"{}"
)
FRAMES = masked(TEXT, b"hello") + masked(9, b"ping") + masked(TEXT, b"a", last=False) + masked(0)


def mutated(good: bytes, chance: random.Random) -> bytes:
    """The bytes after one to four bit flips, cuts, doublings or strangers."""
    bad = bytearray(good)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(bad) or 1)
        end = at + chance.randint(1, 30)
        match chance.randrange(4):
            case 0 if bad:
                bad[at] ^= 1 << chance.randrange(8)
            case 1:
                del bad[at:end]
            case 2:
                bad[at:at] = bad[at:end]
            case _:
                bad[at:at] = chance.randbytes(chance.randint(1, 8))
    return bytes(bad)


async def _mutations(good: bytes, first: bytes, tries: int, target: Target) -> None:
    """Each over a connection of its own, sixteen at once; `first` is sent unchanged before."""
    chance = random.Random(20261122)
    packets = [first + mutated(good, chance) for _ in range(tries)]

    async def send(mine: list[bytes]) -> None:
        for packet in mine:
            client = await target.connect()
            await target.pour(client, packet)
            with hanging(f"the end of {packet!r}"):
                try:
                    await client.stream.send_eof()
                except trio.BrokenResourceError:
                    continue
                await client.rest()
            client.close()

    async with trio.open_nursery() as nursery:
        for lane in range(16):
            nursery.start_soon(send, packets[lane::16])


async def _frames(tries: int, target: Target) -> None:
    user = await target.user()
    first = handshake(b"Authorization: Bearer " + user.token.encode())
    await _mutations(FRAMES, first, tries, target)


for _id, _tries, _slow in (("", 200, False), ("b", 7000, True)):
    add(
        f"KILL-11{_id}",
        f"{_tries} mutations of a request: none ends the process",
        partial(_mutations, REQUEST, b"", _tries),
        slow=_slow,
    )
    add(
        f"KILL-12{_id}",
        f"{_tries} mutations of a websocket handshake: none ends the process",
        partial(_mutations, handshake(b"Sec-WebSocket-Protocol: bearer.x"), b"", _tries),
        slow=_slow,
    )
    add(
        f"KILL-13{_id}",
        f"{_tries} mutations of websocket frames on an open socket: none ends the process",
        partial(_frames, _tries),
        slow=_slow,
    )


@case("KILL-14")
async def every_single_byte(target: Target) -> None:
    """Each of the 256 bytes alone, as a whole connection: none ends the process."""
    for byte in range(256):
        client = await target.connect()
        await client.send(bytes([byte]))
        client.reset()


@case("KILL-15")
async def leaving_at_every_byte(target: Target) -> None:
    """A request broken off by a reset after each of its bytes: the process lives."""
    for length in range(len(REQUEST)):
        client = await target.connect()
        await client.send(REQUEST[:length] or b"P")
        client.reset()


SKIPPED["KILL-09"] = "TLS is left to the proxy in front: the server speaks clear text only"
