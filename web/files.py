"""Files: taken in as a stream, listed, served, removed.

Owns: the two ways in (multipart and raw) and their bounds.
Never: holds a file in memory, or believes what a client says of its type.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing
from http import HTTPStatus

import multipart

from actors.errors import (
    MalformedRequest,
    NotFound,
    Refusal,
    StitcheryError,
    TooLarge,
    UnsupportedMedia,
)
from actors.messages import FileRecord
from actors.session import Session
from actors.tree import Stitchery
from actors.workspace import Part
from web.answers import json_answer
from web.asgi import Request, Response
from web.bodies import ContentQuery, ListQuery, read_query
from web.content import content_answer
from web.views import File, Files, Page, Views

MOST_PARTS = 100
"""Files of one multipart request."""

_PART_HEADER_BYTES = 4096
_PART_HEADERS = 8
_FORM_OVERHEAD = 64 * 1024
"""Room for the boundaries and headers of a form around one file of the greatest size."""


class FileRoutes:
    """The routes below /api/v1/files."""

    def __init__(self, stitchery: Stitchery, views: Views) -> None:
        self._stitchery = stitchery
        self._views = views

    async def upload(self, request: Request, session: Session) -> Response:
        """Takes files in as multipart/form-data, any number of parts named `file`."""
        boundary = request.mimetype_params.get("boundary")
        if request.mimetype != "multipart/form-data" or not boundary:
            raise UnsupportedMedia(
                "The body must be multipart/form-data with a boundary; a raw body goes to "
                "PUT /api/v1/files/NAME."
            )
        request.max_content_length = MOST_PARTS * (self._most_bytes() + _FORM_OVERHEAD)
        form = _Form(session, self._most_bytes())
        records = await form.read(request, boundary)
        if not records:
            raise Refusal("The form has no part named `file`.", field="file")
        items = [self._views.file(record) for record in records]
        return json_answer(Files(items=items), HTTPStatus.CREATED)

    async def put(self, request: Request, session: Session, name: str) -> Response:
        """Takes one file in as the raw body."""
        request.max_content_length = self._most_bytes()
        async with session.receive_part(self._most_bytes()) as part:
            async for chunk in request.body:
                await part.write(chunk)
            record = await session.examine(part, name)
            await session.take_files([(part, record)])
        return json_answer(self._views.file(record), HTTPStatus.CREATED)

    async def list(self, request: Request, session: Session) -> Response:
        """My files, newest first."""
        query = read_query(request, ListQuery)
        ids = sorted(
            (id for id in session.shelf.files if query.cursor is None or id < query.cursor),
            reverse=True,
        )
        shown = ids[: query.limit]
        files = session.shelf.files
        page = Page[File](
            items=[self._views.file(files[id]) for id in shown],
            next=shown[-1] if len(ids) > query.limit else None,
        )
        return json_answer(page)

    async def show(self, _: Request, session: Session, id: str) -> Response:
        """One file."""
        return json_answer(self._views.file(_find(session, id)))

    async def content(self, request: Request, session: Session, id: str) -> Response:
        """The bytes of a file; ranges and conditions are honoured."""
        path = self._stitchery.services.workspace.path(session.record.id, id)
        attach = bool(read_query(request, ContentQuery).download)
        return content_answer(request, _find(session, id), path, attach=attach)

    async def drop(self, _: Request, session: Session, id: str) -> Response:
        """Removes a file that no unfinished job needs."""
        await session.drop_file(id)
        return Response(b"", status=HTTPStatus.NO_CONTENT)

    def _most_bytes(self) -> int:
        return self._stitchery.services.settings.limits.max_upload_mb << 20


class _Form:
    """One multipart form on its way in: every part streams to the disk and is examined there.

    All parts become files, or none: one that cannot be taken refuses the form and names itself.
    """

    def __init__(self, session: Session, most_bytes: int) -> None:
        self._session = session
        self._most_bytes = most_bytes

    async def read(self, request: Request, boundary: str) -> list[FileRecord]:
        """The files of the form, in its order."""
        try:
            with multipart.PushMultipartParser(
                boundary,
                max_header_size=_PART_HEADER_BYTES,
                max_header_count=_PART_HEADERS,
                max_segment_size=self._most_bytes,
                max_segment_count=MOST_PARTS,
                strict=True,
            ) as parser:
                return await self._read_parts(request, parser)
        except multipart.ParserLimitReached as error:
            raise TooLarge(f"The form is too large: {error}.", limit="max_upload_mb") from None
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
            raise Refusal(f"Every part must be named `file`, not {segment.name!r}.")
        async for event in events:
            if not isinstance(event, bytes | bytearray):
                break
            await part.write(bytes(event))
        return await self._session.examine(part, segment.filename or "file")


async def _events(
    request: Request, parser: multipart.PushMultipartParser
) -> AsyncGenerator[object, None]:
    """What the parser finds: a segment's head, its bytes, None at its end."""
    async for chunk in request.body:
        for event in parser.parse(chunk):
            yield event


def _find(session: Session, id: str) -> FileRecord:
    try:
        return session.shelf.files[id]
    except KeyError:
        raise NotFound("There is no such file.") from None
