# ruff: noqa: E501 -- a case a row reads better than broken rows
"""H2: HTTP/2 is not spoken on the clear-text port; its floods and tricks are closed or 400."""

from functools import partial

import hpack
import hyperframe.frame as h2

from tests.hostile.cases.case import add, expect
from tests.hostile.cases.kill import HTTP2, PREFACE, over_http2
from tests.hostile.cases.target import Target, statuses
from tests.hostile.cases.websockets import memory

_SETTINGS = bytes(h2.SettingsFrame(0).serialize())
_BLOCK = hpack.Encoder().encode([(b":method", b"GET"), (b":path", b"/"), *HTTP2])


def _continuations() -> bytes:
    first = bytes(h2.HeadersFrame(1, data=_BLOCK).serialize())
    return PREFACE + _SETTINGS + first + bytes(h2.ContinuationFrame(1, data=b"x" * 100).serialize()) * 50_000  # fmt: skip


def _streams(count: int, *, reset: bool = False) -> bytes:
    packet = PREFACE + _SETTINGS
    for stream in range(1, 2 * count, 2):
        frame = h2.HeadersFrame(stream, data=_BLOCK, flags=["END_HEADERS", "END_STREAM"])
        packet += bytes(frame.serialize())
        if reset:
            packet += bytes(h2.RstStreamFrame(stream, error_code=8).serialize())
    return packet


def _ping() -> bytes:
    return bytes(h2.PingFrame(0, opaque_data=b"12345678").serialize())


_GET = (b":method", b"GET")
_PACKETS = {
    "01": ("a flood of CONTINUATION", _continuations()),
    "02": ("an HPACK bomb", PREFACE + _SETTINGS + bytes(h2.HeadersFrame(1, data=b"\x40\x01a\x7f\x80\x20" + b"y" * 4096 + b"\xbe" * 60_000, flags=["END_HEADERS"]).serialize())),
    "03": ("a flood of SETTINGS", PREFACE + _SETTINGS * 100_000),
    "04": ("a flood of PING", PREFACE + _SETTINGS + _ping() * 60_000),
    "05": ("250 streams", _streams(250)),
    "06": ("10,000 streams, each reset at once", _streams(10_000, reset=True)),
    "07": ("a header with CR LF", over_http2(_GET, (b":path", b"/"), *HTTP2, (b"x", b"a\r\nb: c"))),
    "07b": ("a header in capitals", over_http2(_GET, (b":path", b"/"), *HTTP2, (b"X-A", b"b"))),
    "07c": ("an empty :path", over_http2(_GET, (b":path", b""), *HTTP2)),
    "07d": ("two :path", over_http2(_GET, (b":path", b"/"), (b":path", b"/x"), *HTTP2)),
    "07e": ("te: chunked", over_http2(_GET, (b":path", b"/"), *HTTP2, (b"te", b"chunked"))),
    "07f": ("a wrong content-length", over_http2(_GET, (b":path", b"/"), *HTTP2, (b"content-length", b"9"))),
    "07g": ("transfer-encoding", over_http2(_GET, (b":path", b"/"), *HTTP2, (b"transfer-encoding", b"chunked"))),
    "08": ("frames without a preface", _SETTINGS * 10),
    "08b": ("half a preface", PREFACE[:12]),
    "08c": ("a frame of 16 MiB", PREFACE + b"\xff\xff\xff\x00\x00\x00\x00\x00\x01" + bytes(100_000)),
}  # fmt: skip


async def _refused(packet: bytes, target: Target) -> None:
    before = memory(target)
    rest = await target.talk(packet)
    found = statuses(rest)
    expect(found in ([], [400], [505]), rest)
    more = memory(target) - before
    expect(more < 32 << 20, f"{more >> 20} MiB more")


for _id, (_line, _packet) in _PACKETS.items():
    add(f"H2-{_id}", f"{_line}: closed or 400, memory flat", partial(_refused, _packet), errors=(505,))  # fmt: skip
