"""Makes records for tests, and holds journals open."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import trio

from actors.ids import IdMaker
from actors.journal.port import Journal
from actors.lifecycle import State
from actors.messages import FileRecord, JobRecord, Media, SessionRecord, UploadRecord

JournalT = TypeVar("JournalT", bound=Journal)

START = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
new_id = IdMaker()


class Wall:
    """A wall clock that stands where it is set."""

    def __init__(self) -> None:
        self.now = START.timestamp()

    def __call__(self) -> float:
        return self.now


def a_session(owner: str | None = None) -> SessionRecord:
    return SessionRecord(id=new_id(), created_at=START, owner=owner)


def a_job(
    session: str, capability: str = "stitch", state: State = State.QUEUED, request: str = "{}"
) -> JobRecord:
    return JobRecord(
        id=new_id(),
        session=session,
        capability=capability,
        request=request,
        inputs=(new_id(), new_id()),
        created_at=START + timedelta(seconds=1),
        state=state,
    )


def a_file(
    session: str, name: str = "cat.jpg", size: int = 7, job: str | None = None
) -> FileRecord:
    return FileRecord(
        id=new_id(),
        session=session,
        name=name,
        media=Media(media_type="image/jpeg", width=40, height=30),
        size=size,
        sha256="0" * 64,
        created_at=START,
        job=job,
    )


def an_upload(session: str, name: str = "cat.jpg", size: int = 7) -> UploadRecord:
    return UploadRecord(id=new_id(), session=session, name=name, size=size, created_at=START)


@asynccontextmanager
async def opened(journal: JournalT) -> AsyncIterator[JournalT]:
    """The journal, open; closed as its actor would be, by cancelling."""
    async with trio.open_nursery() as nursery:
        await nursery.start(journal.run)
        yield journal
        nursery.cancel_scope.cancel()
