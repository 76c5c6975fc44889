"""Reads whatever a server sent, as a client that believes nothing.

Owns: what is wrong with the bytes that came back on one connection, whatever was sent on it.
Never: knows what was asked; every reading is given the benefit of the doubt once.
"""

from collections.abc import Iterator

import h11

ALLOWED = frozenset({501, 503, 505})
"""Statuses from 500 on that a request may deserve: the method, the moment, the version."""

_HEADS = (100, 101)


class _Unreadable(Exception):
    pass


def flaws(received: bytes, sent: bytes, *, cut: bool) -> list[str]:
    """What is wrong with what a server sent; nothing when all is well.

    `cut` says that the client left first, so that the last answer may be unfinished.
    """
    methods = ("GET", "HEAD") if b"HEAD" in sent else ("GET",)
    try:
        return list(_flaws(received, methods, cut=cut))
    except _Unreadable as error:
        return [f"unreadable: {error}: {received[:200]!r}"]


def _flaws(received: bytes, methods: tuple[str, ...], *, cut: bool) -> Iterator[str]:
    while received:
        answer, body, received = _any_reading(received, methods, cut=cut)
        if answer is None:
            return
        status = answer.status_code
        if status == 101:
            yield from _flaws_of_frames(received, cut=cut)
            return
        names = {bytes(name) for name, _ in answer.headers}
        if status >= 500 and status not in ALLOWED:
            yield f"status {status}: {body[:300]!r}"
        if b"x-content-type-options" not in names:
            yield f"an answer without nosniff: {answer!r}"
        if b"Traceback" in body:
            yield f"a traceback is told: {body[:300]!r}"


_Reading = tuple[h11.Response | h11.InformationalResponse | None, bytes, bytes]


def _any_reading(received: bytes, methods: tuple[str, ...], *, cut: bool) -> _Reading:
    """One answer, to whichever method gives sense; its body; what follows."""
    readings: list[_Reading] = []
    trouble = ""
    for method in methods:
        try:
            readings.append(_reading(received, method, cut=cut))
        except h11.RemoteProtocolError as error:
            trouble = str(error)
    for reading in readings:
        if reading[2][:5] in (b"", b"HTTP/"):
            return reading
    if readings:
        return readings[0]
    raise _Unreadable(trouble)


def _reading(received: bytes, method: str, *, cut: bool) -> _Reading:
    reader = h11.Connection(h11.CLIENT)
    switches = [("Host", "h"), ("Connection", "upgrade"), ("Upgrade", "websocket")]
    reader.send(h11.Request(method=method, target="/", headers=switches))
    reader.send(h11.EndOfMessage())
    reader.receive_data(received)
    answer, body = None, b""
    while True:
        event = reader.next_event()
        match event:
            case h11.InformationalResponse(status_code=101):
                return event, b"", reader.trailing_data[0]
            case h11.Response():
                answer = event
            case h11.Data(data=data):
                body += bytes(data)
            case h11.EndOfMessage():
                return answer, body, reader.trailing_data[0]
            case h11.NEED_DATA if cut:
                return answer, body, b""
            case h11.NEED_DATA:
                reader.receive_data(b"")  # which ends the body, or is a mistake
            case h11.PAUSED | h11.ConnectionClosed():
                return answer, body, reader.trailing_data[0]


def _flaws_of_frames(received: bytes, *, cut: bool) -> Iterator[str]:
    """RFC 6455, 5.2: what a server sends is not masked and uses no bit that was not agreed on."""
    while received:
        first, second = received[0], received[1] if len(received) > 1 else 0
        if first & 0x70 or second & 0x80 or first & 0x0F not in (0, 1, 2, 8, 9, 10):
            yield f"no frame of a server: {received[:20]!r}"
            return
        length, start = second, 2
        if second >= 126:
            start = 4 if second == 126 else 10
            length = int.from_bytes(received[2:start], "big")
        if len(received) < start + length:
            if not cut:
                yield f"half a frame: {received[:20]!r}"
            return
        received = received[start + length :]
