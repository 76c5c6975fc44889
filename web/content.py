"""Serves the bytes of a file: ranges, conditions, and headers that keep a browser from harm.

Owns: the reading of a file in steps, and the rules of RFC 9110 sections 13 and 14 for one file.
Never: loads a file whole, or lets a browser show what is not a plain picture.
"""

import os
import re
import weakref
from http import HTTPStatus
from pathlib import Path
from typing import Self
from urllib.parse import quote

import trio
from quart.wrappers.response import ResponseBody

from actors.errors import NotFound, Refusal
from actors.messages import FileRecord
from web.asgi import Request, Response
from web.errors import problem_answer

CHUNK = 256 * 1024
"""Bytes a step: Quart's own 8 KiB steps reach a fifteenth of the speed."""

SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/avif"})
"""Types that a browser may show in place; all others are attachments."""


_RANGE = re.compile(r"bytes=([0-9]{0,30})-([0-9]{0,30})", re.IGNORECASE)


class NoSuchRange(Refusal):
    code = "range_not_satisfiable"
    title = "The file has no such bytes"
    status = 416


class OtherContent(Refusal):
    code = "precondition_failed"
    title = "The file has other bytes than those that were expected"
    status = 412


def content_answer(request: Request, file: FileRecord, path: Path, *, attach: bool) -> Response:
    """The answer to a GET of a file's bytes.

    Raises:
        NotFound: the bytes are gone; the file was removed in this moment.
        OtherContent: If-Match names other bytes (RFC 9110, 13.1.1). Conditions by date do not
            count: there is no Last-Modified that they could be compared with.
    """
    if "If-Match" in request.headers and not request.if_match.contains(file.sha256):
        raise OtherContent("None of the tags in If-Match is that of the file; see its ETag.")
    etag = f'"{file.sha256}"'
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        # asked for again each time, so that a removed file is gone from the browser too
        "Cache-Control": "private, no-cache",
        "Content-Disposition": disposition(file, attach=attach),
    }
    if request.if_none_match.contains_weak(file.sha256):
        return Response(b"", status=HTTPStatus.NOT_MODIFIED, headers=headers)
    # RFC 9110: a Range is for GET (14.2), and counts while its condition is our tag (13.1.5)
    counts = request.method == "GET" and request.headers.get("If-Range", etag) == etag
    asked = request.headers.get("Range", "") if counts else ""
    try:
        part = range_of(asked, file.size)
    except NoSuchRange as error:
        refusal = problem_answer(error.problem())
        refusal.headers["Content-Range"] = f"bytes */{file.size}"
        return refusal
    status = HTTPStatus.OK
    begin, end = part or (0, file.size)
    if part is not None:
        status = HTTPStatus.PARTIAL_CONTENT
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{file.size}"
    body = b"" if request.method == "HEAD" else FileBody(path, begin, end)
    answer = Response(body, status=status, content_type=file.media.media_type, headers=headers)
    answer.content_length = end - begin
    return answer


def range_of(asked: str, size: int) -> tuple[int, int] | None:
    """(first byte, byte after the last) that a Range header asks for; None: the whole file.

    Several ranges, or what is no range, get the whole: RFC 9110, 14.2 lets a server ignore them.

    Raises:
        NoSuchRange: it begins behind the end.
    """
    match = _RANGE.fullmatch(asked.strip())
    first, last = match.groups() if match else ("", "")
    if not (first or last) or (first and last and int(last) < int(first)):
        return None
    begin = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    if begin >= end:
        raise NoSuchRange(f"The file has {size} bytes, so there is nothing at {asked[:80]!r}.")
    return begin, end


def disposition(file: FileRecord, *, attach: bool) -> str:
    """The Content-Disposition, with the name as RFC 6266 and 8187 write it.

    The plain form keeps letters, digits and a few signs, so no name can end its quotes; the
    extended form carries the name as it is.
    """
    inline = file.media.media_type in SHOWN and not attach
    plain = "".join(
        character if character.isascii() and (character.isalnum() or character in " ._-") else "_"
        for character in file.name
    )
    return (
        f'{"inline" if inline else "attachment"}; filename="{plain}"; '
        f"filename*=UTF-8''{quote(file.name, safe='')}"
    )


class FileBody(ResponseBody):
    """The bytes `begin` to `end` of a file, in steps.

    The file is opened at once: it stays readable to the end when it is removed meanwhile, and one
    that is gone is told before the answer has begun.
    """

    def __init__(self, path: Path, begin: int, end: int) -> None:
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            raise NotFound("There is no such file.") from None
        # also closes it when the client left before the first byte
        self._close = weakref.finalize(self, os.close, self._descriptor)
        self._begin = begin
        self._end = end

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        self._close()

    # An iterator and no generator: a reader that leaves in the middle leaves nothing to finish.

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        step = min(CHUNK, self._end - self._begin)
        if step <= 0:
            raise StopAsyncIteration
        data = await trio.to_thread.run_sync(os.pread, self._descriptor, step, self._begin)
        if not data:
            raise EOFError("a file is shorter than its record says")
        self._begin += len(data)
        return data
