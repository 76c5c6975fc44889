"""Serves the bytes of a file: ranges, conditions, and headers that keep a browser from harm.

Owns: the reading of a file in steps, and the rules of RFC 9110 sections 13 and 14 for one file.
Never: loads a file whole, or lets a browser show what is not a plain picture.
"""

import os
import weakref
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import Self
from urllib.parse import quote

import trio
from quart.wrappers.response import ResponseBody

from actors.errors import NotFound
from actors.messages import FileRecord
from web.asgi import Request, Response

CHUNK = 256 * 1024
"""Bytes a step: Quart's own 8 KiB steps reach a fifteenth of the speed."""

SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/avif"})
"""Types that a browser may show in place; all others are attachments."""


def content_answer(request: Request, file: FileRecord, path: Path, *, attach: bool) -> Response:
    """The answer to a GET of a file's bytes.

    Raises:
        NotFound: the bytes are gone; the file was removed in this moment.
    """
    etag = f'"{file.sha256}"'
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=3600, immutable",
        "Content-Disposition": disposition(file, attach=attach),
    }
    if request.if_none_match.contains_weak(file.sha256):
        return Response(b"", status=HTTPStatus.NOT_MODIFIED, headers=headers)
    begin, end, status = _range(request, file, etag)
    if status is HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        headers["Content-Range"] = f"bytes */{file.size}"
        return Response(b"", status=status, headers=headers)
    if status is HTTPStatus.PARTIAL_CONTENT:
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{file.size}"
    body = b"" if request.method == "HEAD" else FileBody(path, begin, end)
    answer = Response(body, status=status, content_type=file.media.media_type)
    answer.headers.update(headers)
    answer.content_length = end - begin
    return answer


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


def _range(request: Request, file: FileRecord, etag: str) -> tuple[int, int, HTTPStatus]:
    """(first byte, byte after the last, status).

    Several ranges, or odd ones, get the whole file: RFC 9110, 14.2 lets a server ignore a Range.
    """
    whole = (0, file.size, HTTPStatus.OK)
    asked = request.range
    condition = request.headers.get("If-Range")
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return whole
    if condition is not None and condition != etag:
        return whole
    found = asked.range_for_length(file.size)
    if found is None:
        return (0, 0, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
    return (found[0], found[1], HTTPStatus.PARTIAL_CONTENT)


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

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._begin < self._end:
            step = min(CHUNK, self._end - self._begin)
            data = await trio.to_thread.run_sync(os.pread, self._descriptor, step, self._begin)
            if not data:
                raise EOFError("a file is shorter than its record says")
            self._begin += len(data)
            yield data
