"""Removes what has had its time, a little at a time.

Owns: the looks at what is due, and their pace: a look does a bounded piece of work, one session
after the other, and the next one follows at once while something goes.
Never: removes a session's files or jobs itself: each session removes its own (shelf.py, docket.py),
bytes before records, since to remove a record takes room. What cannot be removed now, because a
job needs it or the disk is full, is due again at the next look.

How old something is the journal tells (`age`), never the wall clock: a clock that jumps removes
nothing.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final, Protocol, TypeVar

import trio

from actors.errors import NotFound, NotReady, StitcheryError
from actors.logs import Log
from actors.messages import UploadRecord
from actors.services import Services
from actors.sessions import Sessions
from actors.stillness import Sight, Stillness

log = Log("janitor")

HOUR: Final = 3600.0
DAY: Final = 24 * HOUR

BETWEEN_LOOKS: Final = 60.0
"""Seconds between two looks when nothing more is due, or nothing that is due can go."""

BREATH: Final = 0.2
"""Seconds between two looks when more is due, in which others have the disk to themselves."""

PAUSE: Final = 0.01
"""Seconds between two sessions of one look."""

BATCH: Final = 200
"""Records of one kind that one look goes through."""

_LOOKS = 24
"""Looks in the time that an upload may stand still: it is given up at most a part so large late."""

_MOST_BETWEEN = 600.0
"""Seconds between two looks at uploads, and at what was lost: the disk must be asked for these."""


class Named(Protocol):
    """A record."""

    @property
    def id(self) -> str:
        """Its own."""


class Owned(Named, Protocol):
    """A record that a session has."""

    @property
    def session(self) -> str:
        """Whose it is."""


NamedT = TypeVar("NamedT", bound=Named)


def by_session(records: Iterable[Owned]) -> Mapping[str, list[str]]:
    """The ids of records, by session, oldest first."""
    found: dict[str, list[str]] = {}
    for record in records:
        found.setdefault(record.session, []).append(record.id)
    return found


class Due:
    """What is due of one kind, in pieces, each record once a round: some stay for now. Pure.

    A round ends with the piece behind which there is none.
    """

    def __init__(self) -> None:
        self._kept: set[str] = set()
        self._last = False

    @property
    def limit(self) -> int:
        """Records to ask for, so that behind those that stay there is a piece of others."""
        return BATCH + len(self._kept)

    def piece(self, oldest: Sequence[NamedT]) -> list[NamedT]:
        """Those of the oldest that are to be tried now."""
        new = [record for record in oldest if record.id not in self._kept]
        self._last = len(oldest) < self.limit
        if self._last:
            self._kept.clear()
        return new

    def keep(self, ids: Iterable[str]) -> None:
        """These stay, and are not tried again in this round."""
        if not self._last:
            self._kept.update(ids)


class Janitor:
    """The watch; an actor of the supervisor, after the sessions."""

    def __init__(self, sessions: Sessions, services: Services) -> None:
        self._sessions = sessions
        self._services = services
        self._stillness = Stillness()
        self._files, self._jobs, self._unused = Due(), Due(), Due()
        self._next_uploads = self._next_lost = 0.0

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Looks after uploads, reports started, and looks after everything until cancelled."""
        self._next_uploads = self._next_lost = trio.current_time()
        await self._try(self._give_up_uploads)
        task_status.started()
        while True:
            await self._services.taken_up.wait()  # before, nobody knows which files jobs need
            turned = self._services.gauge.turned
            more = await self._look()
            with trio.move_on_after(BREATH if more else BETWEEN_LOOKS):
                await turned.wait()  # little room is a reason to look at once

    async def _look(self) -> bool:
        """One look; whether more is due already."""
        chores = (
            self._keep_age,
            self._empty_lost,  # what frees bytes comes first, then what takes room to remove
            self._give_up_uploads,
            self._sweep_files,
            self._pay_what_is_owed,
            self._forget_jobs,
            self._forget_sessions,
        )
        return any([await self._try(chore) for chore in chores])

    async def _try(self, chore: Callable[[], Awaitable[bool]]) -> bool:
        """Whether a chore has more to do; what hinders it now may be gone at the next look."""
        try:
            return await chore()
        except StitcheryError as error:
            log.warning("a chore must wait", chore=chore.__name__.strip("_"), why=error.detail)
            return False

    # --- the chores: each tells whether more may go at once --------------------------------------

    async def _keep_age(self) -> bool:
        await self._services.journal.keep_age()
        return False

    async def _empty_lost(self) -> bool:
        if trio.current_time() < self._next_lost and not self._services.gauge.low:
            return False
        removed = await self._services.workspace.lost.empty(
            self._services.journal.age(), self._retention, most=BATCH
        )
        if removed:
            log.info("removed what was lost long ago", files=removed)
        if removed < BATCH:
            self._next_lost = trio.current_time() + _MOST_BETWEEN
        return removed == BATCH

    async def _sweep_files(self) -> bool:
        before = self._services.journal.age() - self._retention
        if before <= 0:
            return False  # nothing on record is so old
        found = await self._services.journal.files_before(before, limit=self._files.limit)
        due = self._files.piece(found)
        gone = 0
        for session, ids in by_session(due).items():
            removed = await self._sweep(session, ids)
            self._files.keep(set(ids) - removed)
            gone += len(removed)
            await trio.sleep(PAUSE)
        if gone:
            log.info("removed files that had their time", files=gone)
        return gone > 0

    async def _sweep(self, session: str, files: Sequence[str]) -> frozenset[str]:
        try:
            return await self._sessions.sweep(session, files)
        except NotReady:  # no room for one more session in memory, or it is just leaving
            return frozenset()
        except StitcheryError as error:  # the disk's: the others may go
            log.warning("cannot remove files now", session=session, why=error.detail)
            return frozenset()

    async def _pay_what_is_owed(self) -> bool:
        await self._services.workspace.pay()
        for session in self._sessions.owing()[:BATCH]:
            await self._sweep(session, ())
            await trio.sleep(PAUSE)
        return False

    async def _forget_jobs(self) -> bool:
        before = self._services.journal.age() - self._retention
        if before <= 0:
            return False
        found = await self._services.journal.jobs_before(before, limit=self._jobs.limit)
        due = self._jobs.piece(found)
        gone = 0
        for session, ids in by_session(due).items():
            self._jobs.keep(ids)  # before it may raise; what is forgotten is not found again
            try:
                gone += await self._sessions.forget_jobs(session, ids)
            except NotReady:
                continue
            await trio.sleep(PAUSE)
        if gone:
            log.info("forgot jobs that had their time", jobs=gone)
        return gone > 0

    async def _forget_sessions(self) -> bool:
        before = self._services.journal.age() - self._services.settings.sessions.max_age_days * DAY
        if before <= 0:
            return False
        found = await self._services.journal.sessions_before(before, limit=self._unused.limit)
        due = self._unused.piece(found)
        gone = 0
        for record in due:
            self._unused.keep([record.id])
            gone += await self._sessions.forget(record.id)
            await trio.sleep(PAUSE)
        if gone:
            log.info("forgot sessions that nobody uses", sessions=gone)
        return gone > 0

    # --- uploads --------------------------------------------------------------------------------

    async def _give_up_uploads(self) -> bool:
        now = trio.current_time()
        if now < self._next_uploads:
            return False
        patience = self._services.settings.limits.unfinished_upload_hours * HOUR
        self._next_uploads = now + min(patience / _LOOKS, _MOST_BETWEEN)
        records = {record.id: record for record in await self._services.journal.uploads()}
        sights = await self._sights(records)
        for id in self._stillness.look(trio.current_time(), sights, patience):
            await self._give_up(records[id])
        return False

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
            await self._sessions.drop_upload(record.session, record.id)
        except NotReady:
            return  # no room for one more session in memory, or it is stopping: at the next look
        except NotFound:
            return  # the upload was removed meanwhile
        except StitcheryError as error:  # the disk's: the watch goes on over all others
            log.warning("cannot give an upload up", upload=record.id, why=error.detail)
            return
        log.info("gave an upload up", session=record.session, upload=record.id)

    @property
    def _retention(self) -> float:
        """Seconds; asked for anew each time, since settings may change."""
        return self._services.settings.storage.retention_hours * HOUR
