"""Files: taken in as a stream, listed, served, removed.

Owns: the two ways in (multipart and raw) and their bounds.
Never: holds a file in memory, or believes what a client says of its type.
"""

import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing
from http import HTTPStatus

import multipart

from actors.errors import MalformedRequest, NotFound, Refusal, StitcheryError, UnsupportedMedia
from actors.journal.paging import ceiling, cut
from actors.messages import FileRecord
from actors.part import Part
from actors.quota import UPLOAD_BYTES
from actors.session import Session
from actors.tree import Stitchery
from conf.settings import Limits
from web.answers import json_answer
from web.asgi import Request, Response
from web.bodies import ContentQuery, ListQuery
from web.content import content_answer
from web.shown import shown
from web.views import File, Files, Page, Views

_LONGEST_BOUNDARY = 70
"""Characters; RFC 2046, 5.1.1."""

_BOUNDARY = re.compile(r";\s*boundary\s*\*?[0-9]*\*?\s*=", re.IGNORECASE)
"""Where a Content-Type names one. Of two, others on the way may read the other one."""

_FORM_OVERHEAD_MB = 64
"""Room for boundaries and part headers around all the files that a session may hold."""


class FileRoutes:
    """The routes below /api/v1/files."""

    def __init__(self, stitchery: Stitchery, views: Views) -> None:
        self._stitchery = stitchery
        self._views = views

    async def upload(self, request: Request, session: Session) -> Response:
        """Takes files in as multipart/form-data, any number of parts named `file`.

        How many and how large is bounded by what the session may hold.
        """
        if request.mimetype != "multipart/form-data":
            raise UnsupportedMedia(
                "The body must be multipart/form-data; a raw body goes to PUT /api/v1/files/NAME."
            )
        request.allow(self._limits.max_session_mb + _FORM_OVERHEAD_MB << 20, "session_bytes")
        records = await _Form(session, self._most_bytes()).read(request)
        if not records:
            raise Refusal("The form has no part named `file`.", field="/file")
        items = [self._views.file(record) for record in records]
        return json_answer(Files(items=items), HTTPStatus.CREATED)

    async def put(self, request: Request, session: Session, file: str) -> Response:
        """Takes one file in as the raw body, under the name that the address ends with."""
        if "Content-Range" in request.headers:  # RFC 9110, 14.5: else a part is taken for whole
            raise MalformedRequest(
                "A file is put whole, without Content-Range. Parts go to /api/v1/uploads/."
            )
        request.allow(self._most_bytes(), UPLOAD_BYTES)
        async with session.receive_part(self._most_bytes()) as part:
            async for chunk in request.body:
                await part.write(chunk)
            record = await session.examine(part, file)
            await session.take_files([(part, record)])
        return json_answer(self._views.file(record), HTTPStatus.CREATED)

    async def list(self, _: Request, session: Session, query: ListQuery) -> Response:
        """My files, newest first."""
        below = ceiling(query.cursor)
        older = (file for id, file in session.shelf.files.items() if id < below)
        page = cut(sorted(older, key=lambda file: file.id, reverse=True), query.limit)
        items = [self._views.file(file) for file in page.items]
        return json_answer(Page[File](items=items, next=page.next))

    async def show(self, _: Request, session: Session, file: str) -> Response:
        """One file."""
        return json_answer(self._views.file(_find(session, file)))

    async def content(
        self, request: Request, session: Session, file: str, query: ContentQuery
    ) -> Response:
        """The bytes of a file; ranges and conditions are honoured."""
        record = _find(session, file)
        workspace = self._stitchery.services.workspace
        path = workspace.path(session.record.id, record.id)
        try:
            return content_answer(request, record, path, attach=bool(query.download))
        except NotFound:
            await workspace.refuse_away()
            raise

    async def drop(self, _: Request, session: Session, file: str) -> Response:
        """Removes a file that no unfinished job needs."""
        await session.drop_file(file)
        return Response(b"", status=HTTPStatus.NO_CONTENT)

    @property
    def _limits(self) -> Limits:
        """Asked for anew each time: they may change while the service runs."""
        return self._stitchery.services.settings.limits

    def _most_bytes(self) -> int:
        return self._limits.max_upload_mb << 20


class _Form:
    """One multipart form on its way in: every part streams to the disk and is examined there.

    All parts become files, or none: one that cannot be taken refuses the form and names itself.
    """

    def __init__(self, session: Session, most_bytes: int) -> None:
        self._session = session
        self._most_bytes = most_bytes

    async def read(self, request: Request) -> list[FileRecord]:
        """The files of the form, in its order.

        Raises:
            MalformedRequest: it is no form, or not a whole one.
            Refusal: a part has another name, or is no file that is taken; all that examining and
                storing raise.
        """
        boundary = request.mimetype_params.get("boundary", "")
        named = len(_BOUNDARY.findall(request.headers.get("Content-Type", "")))
        if named > 1 or not 1 <= len(boundary) <= _LONGEST_BOUNDARY:
            raise MalformedRequest(
                f"The Content-Type must name one boundary of 1 to {_LONGEST_BOUNDARY} characters."
            )
        try:
            # not strict: that refuses a line end which comes late, behind the last boundary
            return await self._read_parts(request, multipart.PushMultipartParser(boundary))
        except multipart.MultipartError as error:
            raise MalformedRequest(f"The form cannot be read: {error}.") from None

    async def _read_parts(
        self, request: Request, parser: multipart.PushMultipartParser
    ) -> list[FileRecord]:
        taken: list[tuple[Part, FileRecord]] = []
        async with AsyncExitStack() as parts, aclosing(_events(request, parser)) as events:
            async for event in events:
                if isinstance(event, multipart.MultipartSegment):
                    part = await parts.enter_async_context(
                        self._session.receive_part(self._most_bytes)
                    )
                    try:
                        taken.append((part, await self._examine(part, event, events)))
                    except StitcheryError as error:
                        error.field = f"/file/{len(taken)}"
                        raise
            await self._session.take_files(taken)
        return [record for _, record in taken]

    async def _examine(
        self, part: Part, segment: multipart.MultipartSegment, events: AsyncIterator[object]
    ) -> FileRecord:
        if segment.name != "file":
            raise Refusal(f"Every part must be named `file`, not '{shown(segment.name)}'.")
        async for event in events:
            if not isinstance(event, bytes | bytearray):
                break
            await part.write(event)
        return await self._session.examine(part, segment.filename or "")


async def _events(
    request: Request, parser: multipart.PushMultipartParser
) -> AsyncGenerator[object, None]:
    """What the parser finds: a part's head, its bytes, None at its end.

    Raises:
        MultipartError: the form does not end as one; so what has come is never taken for whole.
    """
    async for chunk in request.body:
        for event in parser.parse(chunk):
            yield event
    parser.close()


def _find(session: Session, id: str) -> FileRecord:
    try:
        return session.shelf.files[id]
    except KeyError:
        raise NotFound("There is no such file.") from None
