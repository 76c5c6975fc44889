"""A second reader of HTTP/1.1 requests, by the letter of RFC 9112, to hold the first against.

Owns: where a request ends. What its grammar does not have is no request.
Never: shares code with h11 or with our edge; speed does not count.
"""

import re

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_VALUE = rb"[\t\x20-\x7e\x80-\xff]*"
_LINE = re.compile(rb"%b \S+ HTTP/1\.[01]" % _TOKEN)
_FIELD = re.compile(rb"(%b):(%b)" % (_TOKEN, _VALUE))
_CHUNK = re.compile(rb"([0-9A-Fa-f]+)[ \t]*(?:;%b)?" % _VALUE)


class Strange(Exception):
    """It is no request, or none that has come whole."""


def end_of(data: bytes) -> int:
    """The place behind the first request in the data.

    Raises:
        Strange: there is none, or it is not whole.
    """
    head, mark, _ = data.partition(b"\r\n\r\n")
    line, *fields = head.split(b"\r\n")
    if not mark or not _LINE.fullmatch(line):
        raise Strange("no head")
    begin = len(head) + len(mark)
    lengths, codings = _framing(fields)
    match lengths, codings:
        case [], []:
            return begin
        case [length], [] if re.fullmatch(rb"[0-9]+", length):
            return _within(data, begin + int(length))
        case [], [coding] if coding.lower() == b"chunked":
            return _end_of_chunks(data, begin)
    raise Strange("the framing can be read in two ways")


def _framing(fields: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Every Content-Length and every Transfer-Encoding."""
    found: dict[bytes, list[bytes]] = {b"content-length": [], b"transfer-encoding": []}
    for field in fields:
        read = _FIELD.fullmatch(field)
        if read is None:
            raise Strange(f"no field: {field[:50]!r}")
        found.get(read[1].lower(), []).append(read[2].strip(b" \t"))
    return found[b"content-length"], found[b"transfer-encoding"]


def _end_of_chunks(data: bytes, place: int) -> int:
    while True:
        line, place = _line(data, place)
        size = _CHUNK.fullmatch(line)
        if size is None:
            raise Strange(f"no chunk: {line[:50]!r}")
        length = int(size[1], 16)
        if not length:
            break
        place = _within(data, place + length + 2)
        if data[place - 2 : place] != b"\r\n":
            raise Strange("a chunk without an end")
    while (trailer := _line(data, place))[0]:
        if not _FIELD.fullmatch(trailer[0]):
            raise Strange(f"no trailer: {trailer[0][:50]!r}")
        place = trailer[1]
    return trailer[1]


def _line(data: bytes, place: int) -> tuple[bytes, int]:
    end = data.find(b"\r\n", place)
    if end < 0:
        raise Strange("half a line")
    return data[place:end], end + 2


def _within(data: bytes, place: int) -> int:
    if place > len(data):
        raise Strange("half a body")
    return place
