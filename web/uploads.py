"""Resumable uploads over HTTP: tus 1.0.0 with creation, termination and expiration.

Owns: the calls of the protocol, in terms of the session's uploads (actors/uploads.py).
Never: holds more of a body than a chunk, builds an address from what the client calls us, or lets
X-HTTP-Method-Override make one method another: a proxy in front judges by the method that it sees.
"""

from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus

import trio
from quart import request as current
from werkzeug.http import http_date

from actors.errors import ActorGone, Conflict, NotFound, UnsupportedMedia
from actors.messages import UploadRecord
from actors.services import Services
from actors.session import Session
from actors.tree import Stitchery
from web import tus
from web.asgi import Request, Response

UPLOADS = "/api/v1/uploads/"

FAREWELL = 0.5
"""Seconds that a call which has failed stays to see its upload removed."""


class WrongOffset(Conflict):
    code = "wrong_offset"
    title = "The upload ends at another place"


class UploadRoutes:
    """The routes below /api/v1/uploads/."""

    def __init__(self, stitchery: Stitchery) -> None:
        self._stitchery = stitchery

    async def options(self, _: Request, upload: str = "") -> Response:  # noqa: ARG002 -- all alike
        """What of the tus protocol is spoken here."""
        return _answer(
            {
                "Tus-Version": tus.VERSION,
                "Tus-Extension": tus.EXTENSIONS,
                "Tus-Max-Size": str(self._services.settings.limits.max_upload_mb << 20),
            }
        )

    async def begin(self, request: Request, session: Session) -> Response:
        """Begins a resumable upload (tus: creation); a first stretch may come along."""
        tus.refuse_other_versions(request.headers.get("Tus-Resumable"))
        size = tus.number("Upload-Length", request.headers.get("Upload-Length"))
        said = tus.metadata(request.headers.get("Upload-Metadata", ""))
        record = await session.begin_upload(said.get("filename") or said.get("name", ""), size)
        offset = 0
        if request.mimetype == tus.STRETCH or size == 0:
            try:
                offset, record = await _receive(request, session, record.id, 0)
            except BaseException:
                # Also when the client has left: nobody was told the address, so nobody can go on.
                # Not found: a file that is refused takes its upload along. The session does it
                # whether or not we stay to see, and a look under way may take it half a minute.
                with trio.move_on_after(FAREWELL, shield=True), suppress(NotFound, ActorGone):
                    await session.drop_upload(record.id)
                raise
        headers = {"Location": UPLOADS + record.id, **self._headers(offset, record)}
        return _answer(headers, HTTPStatus.CREATED)

    async def look(self, request: Request, session: Session, upload: str) -> Response:
        """How much of an upload has come (tus); of a complete one, which file it is."""
        tus.refuse_other_versions(request.headers.get("Tus-Resumable"))
        offset = await session.uploads.size(upload)
        record = await _finished_if_whole(session, session.uploads.find(upload), offset)
        headers = self._headers(offset, record)
        del headers["Upload-Expires"]  # looking does not prolong it
        return _answer({**headers, "Upload-Length": str(record.size)}, HTTPStatus.OK)

    async def append(self, request: Request, session: Session, upload: str) -> Response:
        """Adds a stretch to an upload (tus); the last one makes it a file."""
        tus.refuse_other_versions(request.headers.get("Tus-Resumable"))
        if request.mimetype != tus.STRETCH:
            raise UnsupportedMedia(f"The body must be {tus.STRETCH}.")
        offset = tus.number("Upload-Offset", request.headers.get("Upload-Offset"))
        offset, record = await _receive(request, session, upload, offset)
        return _answer(self._headers(offset, record))

    async def drop(self, request: Request, session: Session, upload: str) -> Response:
        """Ends an upload and removes what has come (tus: termination)."""
        tus.refuse_other_versions(request.headers.get("Tus-Resumable"))
        await session.drop_upload(upload)
        return _answer({})

    def _headers(self, offset: int, record: UploadRecord) -> dict[str, str]:
        hours = self._services.settings.limits.unfinished_upload_hours
        expires = self._services.now() + timedelta(hours=hours)
        headers = {"Upload-Offset": str(offset), "Upload-Expires": http_date(expires)}
        if record.file is not None:
            headers["Stitchery-File"] = record.file
        return headers

    @property
    def _services(self) -> Services:
        return self._stitchery.services


async def stamp(answer: Response) -> Response:
    """Adds what every answer below the address of uploads carries, errors included."""
    if current.path.startswith(UPLOADS) or current.path == UPLOADS.rstrip("/"):
        answer.headers["Tus-Resumable"] = tus.VERSION
        if answer.status_code == HTTPStatus.PRECONDITION_FAILED:
            answer.headers["Tus-Version"] = tus.VERSION
    return answer


async def _receive(
    request: Request, session: Session, upload: str, offset: int
) -> tuple[int, UploadRecord]:
    """Takes the body in behind `offset`; how much there is now, and the upload, finished if whole.

    What came before the client left, before a newer request, or before an error, is kept.
    """
    async with session.uploads.writing(upload) as draft:
        record = session.uploads.find(upload)
        if offset != draft.size:
            raise WrongOffset(
                f"{draft.size} bytes have come, so the next stretch begins there, not at {offset}.",
                more={"offset": draft.size},
            )
        request.allow(record.size - offset, "upload_length")
        async for chunk in request.body:
            await draft.write(chunk)
    return draft.size, await _finished_if_whole(session, record, draft.size)


async def _finished_if_whole(session: Session, record: UploadRecord, size: int) -> UploadRecord:
    """The upload, as a file when all its bytes are there.

    They may be there without it: a crash or an error came between the last of them and the file.
    """
    if record.file is not None or size < record.size:
        return record
    return await session.finish_upload(record.id)


def _answer(headers: dict[str, str], status: HTTPStatus = HTTPStatus.NO_CONTENT) -> Response:
    answer = Response(b"", status=status, headers=headers)
    del answer.headers["Content-Type"]  # Quart's would say HTML of nothing
    return answer
