"""What the protocol fuzzer starts from: good conversations, and such as have ended servers before.

Owns: the bytes of one side of each conversation, as a client would send them in one go.
Never: asks for what ends the fuzzer's own session, keeps a worker busy, or leaves this machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from tests.service import png
from tests.web.rawclient import BINARY, CLOSE, HANDSHAKE, PING, PONG, TEXT, masked

BOUNDARY = b"----stitchery"
NOBODYS = b"0" * 34
"""The id of a file that nobody has: a job that asks for it is read to its end and then refused."""


@dataclass(frozen=True)
class Visitor:
    """Whose conversations these are: a session's token, and the id of a picture of its own."""

    token: str
    file: str


def seeds(visitor: Visitor) -> list[bytes]:
    """All conversations, always in the same order."""
    return [*_plain(visitor), *_with_bodies(visitor), *_sockets(visitor), *_DEADLY]


def _head(visitor: Visitor, line: bytes, fields: Mapping[bytes, bytes]) -> bytes:
    token = b"Bearer " + visitor.token.encode()
    named = {b"Host": b"here", b"Authorization": token, **fields}
    lines = [line, *(name + b": " + value for name, value in named.items()), b"", b""]
    return b"\r\n".join(lines)


def _plain(visitor: Visitor) -> list[bytes]:
    content = b"/api/v1/files/%b/content" % visitor.file.encode()
    tag = b'"%b"' % sha256(png()).hexdigest().encode()

    def ask(line: bytes, **fields: bytes) -> bytes:
        named = {name.replace("_", "-").encode(): value for name, value in fields.items()}
        return _head(visitor, line, named)

    return [
        b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n",
        b"GET /healthz HTTP/1.0\r\n\r\n",
        b"HEAD /readyz HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n",
        b"GET http://here/api/v1/queue HTTP/1.1\r\nHost: here\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: here\r\n\r\n",
        b'GET / HTTP/1.1\r\nHost: here\r\nCookie: stitchery_session=a; b="c"; =\r\n\r\n',
        ask(b"GET /api/v1/session HTTP/1.1"),
        ask(b"GET /api/v1/files?limit=5&cursor=" + NOBODYS + b" HTTP/1.1"),
        ask(b"GET /api/v1/jobs?state=running&capability=stitch HTTP/1.1"),
        ask(b"GET " + content + b"?download=1 HTTP/1.1", Range=b"bytes=0-9", If_Range=tag),
        ask(b"GET " + content + b" HTTP/1.1", Range=b"bytes=-5"),
        ask(b"GET " + content + b" HTTP/1.1", If_None_Match=b'W/"x", ' + tag),
        ask(b"DELETE /api/v1/files/" + NOBODYS + b" HTTP/1.1", Origin=b"http://here"),
        ask(b"GET /healthz HTTP/1.1") * 3,
    ]


def _with_bodies(visitor: Visitor) -> list[bytes]:
    document = b'{"inputs": [{"file": "%b"}, {"file": "%b"}], "gap": 7}' % (NOBODYS, NOBODYS)
    asking = b"POST /api/v1/jobs/stitch HTTP/1.1"
    json = {b"Content-Type": b"application/json", b"Idempotency-Key": b"one"}
    form = (
        b"".join(
            b'--%b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n'
            b"Content-Type: image/png\r\n\r\n%b\r\n" % (BOUNDARY, png())
            for _ in range(2)
        )
        + b"--%b--\r\n" % BOUNDARY
    )
    posting = {b"Content-Type": b"multipart/form-data; boundary=" + BOUNDARY}
    putting = b"PUT /api/v1/files/p%69cture.png HTTP/1.1"

    def whole(line: bytes, fields: Mapping[bytes, bytes], body: bytes) -> bytes:
        return _head(visitor, line, {**fields, b"Content-Length": b"%d" % len(body)}) + body

    def chunked(line: bytes, fields: Mapping[bytes, bytes], body: bytes, end: bytes) -> bytes:
        pieces = [body[start : start + 19] for start in range(0, len(body), 19)]
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
        return _head(visitor, line, {**fields, b"Transfer-Encoding": b"chunked"}) + chunks + end

    return [
        whole(asking, json, document),
        whole(asking.replace(b"stitch", b"stitch/preflight"), json, document),
        whole(asking, {**json, b"Expect": b"100-continue"}, document),
        whole(asking, json, document) + _head(visitor, b"GET /healthz HTTP/1.1", {}),
        chunked(asking, json, document, b"0\r\n\r\n"),
        chunked(asking, json, document, b"0;name=value\r\nTrailer: x\r\n\r\n"),
        whole(b"POST /api/v1/files HTTP/1.1", posting, form),
        chunked(b"POST /api/v1/files HTTP/1.1", posting, form, b"0\r\n\r\n"),
        whole(putting, {}, png()),
        whole(putting, {b"Expect": b"100-continue"}, png()),
        chunked(putting, {}, png(), b"0\r\n\r\n"),
        # resumable uploads (tus 1.0): creation with a first piece, a further piece, a question
        whole(
            b"POST /api/v1/uploads HTTP/1.1",
            {
                b"Tus-Resumable": b"1.0.0",
                b"Upload-Length": b"%d" % len(png()),
                b"Upload-Metadata": b"filename YS5wbmc=,filetype aW1hZ2UvcG5n",
                b"Content-Type": b"application/offset+octet-stream",
            },
            png()[:40],
        ),
        whole(
            b"PATCH /api/v1/uploads/" + NOBODYS + b" HTTP/1.1",
            {
                b"Tus-Resumable": b"1.0.0",
                b"Upload-Offset": b"40",
                b"Content-Type": b"application/offset+octet-stream",
            },
            png()[40:],
        ),
        _head(
            visitor,
            b"HEAD /api/v1/uploads/" + NOBODYS + b" HTTP/1.1",
            {b"Tus-Resumable": b"1.0.0"},
        ),
    ]


def _sockets(visitor: Visitor) -> list[bytes]:
    token = visitor.token.encode()
    shaken = HANDSHAKE % (b"/api/v1/progress?since=0", b"Authorization: Bearer " + token + b"\r\n")
    by_name = HANDSHAKE % (
        b"/api/v1/progress",
        b"Sec-WebSocket-Protocol: stitchery, bearer." + token + b"\r\n"
        b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n",
    )
    words = masked(TEXT, b"hel", last=False) + masked(PING, b"?") + masked(0, b"lo")
    goodbye = masked(CLOSE, b"\x03\xe8bye")
    return [
        shaken,
        shaken + words + goodbye,
        shaken + masked(BINARY, bytes(300)) + masked(PONG) + goodbye,
        shaken + masked(TEXT, b"x" * 70_000) + goodbye,
        by_name + masked(PING, b"x" * 125) * 5 + goodbye,
        by_name + masked(CLOSE) + masked(TEXT, b"late"),
    ]


_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\x04\0\0\0\0\0"
"""HTTP/2's preface, with empty settings."""


def _headers_frame(block: bytes) -> bytes:
    return len(block).to_bytes(3, "big") + b"\x01\x05\0\0\0\x01" + block


_DEADLY = [
    # hostile.md 3.1: each ended the whole process of the stack as it installs
    (
        b"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        b"HTTP2-Settings: A\r\n\r\n"
    ),
    HANDSHAKE % (b"/api/v1/progress", b"Sec-WebSocket-Extensions: \xff\r\n"),
    HANDSHAKE % (b"/api/v1/progress", b"Sec-WebSocket-Protocol: \xff\r\n"),
    _PREFACE + _headers_frame(b"\x82\x86\x41\x01h\x44\x01\xff"),
    _PREFACE + _headers_frame(b"\x02\x01\xff\x86\x84\x41\x01h"),
    _PREFACE + _headers_frame(b"\x02\x07CONNECT\x41\x01h"),
    _PREFACE + _headers_frame(b"\x02\x07CONNECT\x86\x84\x41\x01h\x40\x09:protocol\x09websocket"),
    HANDSHAKE % (b"/api/v1/progress", b"") + b"x",
    # and requests in which another begins for whoever reads the framing otherwise
    (
        b"POST /healthz HTTP/1.1\r\nHost: h\r\n"
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\n\r\nGET /api/v1/queue HTTP/1.1\r\nHost: h\r\n\r\n"
    ),
    b"POST /healthz HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    b"POST /healthz HTTP/1.1\r\nHost: h\r\nContent-Length: 3, 3\r\n\r\nabc",
    b"GET /healthz HTTP/1.1\nHost: h\n\n",
    b"GET /healthz HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n",
]
