"""Gives up resumable uploads that have long stood still.

Owns: the watch over all sessions' uploads, and the time that one may stand still.
Never: removes anything itself: each session removes its own (uploads.py).

Within a life Trio's clock measures, so that setting the wall clock gives up nothing. How long one
has stood still when a life begins only the disk can tell.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog
import trio

from actors.errors import NotFound, NotReady, StitcheryError
from actors.messages import UploadRecord
from actors.services import Services
from actors.sessions import Sessions

log = structlog.get_logger("expiry")

_HOUR = 3600.0
_LOOKS = 24
"""Looks in the time that an upload may stand still: it is given up at most a part so large late."""

_MOST_BETWEEN_LOOKS = 600.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Sight:
    """An upload as it is seen: bytes that have come, and seconds since the last of them."""

    size: int
    age: float


class Stillness:
    """Tells since when uploads have stood still, from looks at all of them. Pure."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, float]] = {}  # size, and the time of its last change

    def look(self, now: float, sights: Mapping[str, Sight], patience: float) -> list[str]:
        """Those that have stood still for `patience` seconds at the time `now`, by id."""
        known: dict[str, tuple[int, float]] = {}
        for id, sight in sights.items():
            before = self._known.get(id)
            if before is None:
                known[id] = (sight.size, now - max(0.0, sight.age))
            elif before[0] != sight.size:
                known[id] = (sight.size, now)
            else:
                known[id] = before
        self._known = known
        return [id for id, (_, since) in known.items() if now - since >= patience]


class Expiry:
    """The watch; an actor of the supervisor, after the sessions."""

    def __init__(self, sessions: Sessions, services: Services) -> None:
        self._sessions = sessions
        self._services = services
        self._stillness = Stillness()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Looks, reports started, and looks again until cancelled."""
        await self._look()
        task_status.started()
        while True:
            await trio.sleep(min(self._patience() / _LOOKS, _MOST_BETWEEN_LOOKS))
            await self._look()

    def _patience(self) -> float:
        """Seconds; asked for anew each time, since limits may change."""
        return self._services.settings.limits.unfinished_upload_hours * _HOUR

    async def _look(self) -> None:
        records = {record.id: record for record in await self._services.journal.uploads()}
        sights = await self._sights(records)
        for id in self._stillness.look(trio.current_time(), sights, self._patience()):
            await self._give_up(records[id])

    async def _sights(self, records: Mapping[str, UploadRecord]) -> dict[str, Sight]:
        if not records:
            return {}  # as nearly always, and the disk is left alone
        now = self._services.now().timestamp()
        drafts = await self._services.workspace.drafts.all()
        sights: dict[str, Sight] = {}
        for record in records.values():
            stretch = drafts.get((record.session, record.id))
            if stretch is None:  # it is a file already
                sights[record.id] = Sight(record.size, now - record.created_at.timestamp())
            else:
                sights[record.id] = Sight(stretch.size, now - stretch.changed_at)
        return sights

    async def _give_up(self, record: UploadRecord) -> None:
        try:
            session = await self._sessions.find(record.session)
            if session is None:
                return  # it ended meanwhile, and took its uploads along
            await session.drop_upload(record.id)
        except NotReady:
            return  # no room for one more session in memory, or it is stopping: at the next look
        except NotFound:
            return  # the upload was removed meanwhile
        except StitcheryError as error:  # the disk's: the watch goes on over all others
            log.warning("cannot give an upload up", upload=record.id, why=error.detail)
            return
        log.info("gave an upload up", session=record.session, upload=record.id)
