"""Turns a written part into a file's record, mostly by looking at its bytes.

Owns: the way in that every file takes, uploaded or made by a job.
Never: decodes in the server's process (rule 6): a child opens the picture and tells what it is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from actors.errors import UnreadableMedia, WorkerCrashed, WorkFailed
from actors.media import Probe, probe_of
from actors.messages import FileRecord, Media, Progress
from actors.names import clean_name
from actors.part import Part, Sealed
from actors.services import Services
from conf.settings import Limits


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large a picture may be, in pixels: all of them, and along one side."""

    pixels: int
    side: int

    @classmethod
    def of(cls, limits: Limits) -> Self:
        """What users may bring."""
        return cls(int(limits.max_picture_megapixels * 1_000_000), limits.max_picture_side)


_ENDS: Final = frozenset({WorkFailed.code, WorkerCrashed.code})
"""Codes of a look that came to an end without an answer; every other is an answer."""


def _unreadable(failure: WorkFailed) -> UnreadableMedia:
    """What the end of a look says about the file."""
    if failure.limit is None:
        return UnreadableMedia(
            "The process that looked at this file came to an unexpected end, so it is not taken. "
            "Save the picture anew with another program and try again."
        )
    return UnreadableMedia(
        "Looking at this file takes more of the machine than a picture may. Save the picture anew "
        "with another program and try again.",
        limit=failure.limit,
    )


def _unheard(_: Progress | int) -> None:
    """Looking at a header is too quick to report on, and an upload has no receipt."""


async def look_at(
    part: Part,
    name: str,
    session: str,
    services: Services,
    bounds: Bounds,
    *,
    job: str | None = None,
    on_killed: Callable[[int], None] = _unheard,
) -> FileRecord:
    """Seals the part and says what it is, when it is the session's turn; the part stays a part.

    Cancelling leaves the part to whoever opened it.

    Raises:
        UnsupportedMedia, UnreadableMedia, TooLarge: no picture that we take.
        StorageFull: the bytes could not be brought to the disk.
        NotReady: the machine stood still.
    """
    sealed = await part.seal()
    probe = Probe(path=str(part.path), max_pixels=bounds.pixels, max_side=bounds.side)
    call = probe_of(probe, sealed.size)
    async with services.looks.turn(session):
        try:
            media = await services.workers.call(
                call, probe, on_progress=_unheard, on_killed=on_killed
            )
        except WorkFailed as failure:
            if failure.problem().code in _ENDS:
                raise _unreadable(failure) from failure
            raise
    return _record(part, sealed, name, session, services, media, job)


async def take_as(
    part: Part, name: str, session: str, services: Services, media: Media, *, job: str
) -> FileRecord:
    """Seals a part whose maker knows what it is; the part stays a part.

    For what our own code has made, which may be larger than what users may bring.

    Raises:
        StorageFull: the bytes could not be brought to the disk.
    """
    return _record(part, await part.seal(), name, session, services, media, job)


def _record(
    part: Part,
    sealed: Sealed,
    name: str,
    session: str,
    services: Services,
    media: Media,
    job: str | None,
) -> FileRecord:
    return FileRecord(
        id=part.id,
        session=session,
        name=clean_name(name),
        media=media,
        size=sealed.size,
        sha256=sealed.sha256,
        created_at=services.now(),
        job=job,
    )
