"""All sessions: makes them, finds them, keeps their actors, and takes up what an earlier life left.

Owns: the nursery of the session actors and the register of those in memory. An actor is started
when its session is asked for, and leaves when it has long been idle or another needs the room; its
record stays.
Never: does a session's work, or knows how a principal has shown who it is.

A session that breaks is started anew and takes its jobs up again from the journal, like after a
restart of the whole; when that happens too often the error goes up to the supervisor.
"""

from collections.abc import (
    AsyncIterator,
    Callable,
    Collection,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, suppress
from functools import partial
from itertools import islice

import trio

from actors.docket import page_of_living
from actors.errors import ActorGone, NotFound, NotReady
from actors.job import Job
from actors.journal.port import JournalClosedError, OwnerTakenError, Page
from actors.lifecycle import State, has_ended
from actors.lineup import LineUp
from actors.logs import Log
from actors.messages import JobRecord, JobView, SessionRecord
from actors.services import Services
from actors.session import Session
from actors.settling import take_up
from actors.supervisor import Budget

log = Log("sessions")

TAKEN_UP = 0.5
"""Seconds that a start waits until all jobs stand in line again. So many as ten thousand take
longer; they go on behind it, while all that need not wait for them is served."""

USE_NOTED = 3600.0
"""Seconds in which a session's use is noted once: its age counts in days."""

_LOOKED_AT = 100
"""Sessions asked to make room, before another is refused. They are passed in turn, so that with
many that work the idle one is found a few tries later; to ask all would hold everybody up."""


class Sessions:
    """The sessions of one service; an actor of the supervisor.

    `begin` is called each time when all jobs stand in line that an earlier life left.
    """

    def __init__(self, services: Services, begin: Callable[[], None] = lambda: None) -> None:
        self._services = services
        self._begin = begin
        self._register: dict[str, Session] = {}  # by id, longest unasked first
        self._owned: dict[str, Session] = {}  # of these, the ones that belong to a principal
        self._opening = trio.Lock()
        self._room = trio.Lock()  # whose holder may fill it
        self._mending: set[str] = set()  # broken, and not all of their jobs taken up again
        self._lineup = LineUp(partial(self._find, beyond=True))
        self._budget = Budget()
        self._nursery: trio.Nursery | None = None

    def __repr__(self) -> str:
        return f"<Sessions in_memory={len(self._register)}>"

    def __len__(self) -> int:
        return len(self._register)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Takes up what was left unfinished, reports started, and serves until cancelled."""
        services = self._services
        services.numbers.follow(services.journal.life)
        services.new_id.follow(services.journal.last_id)
        self._register.clear()
        self._owned.clear()
        self._mending.clear()
        if services.taken_up.is_set():  # else somebody may wait for this very one
            services.taken_up = trio.Event()
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            try:
                nursery.start_soon(self._line_up, await take_up(services))
                with trio.move_on_after(TAKEN_UP):
                    await services.taken_up.wait()
                task_status.started()
                await trio.sleep_forever()
            finally:
                self._nursery = None  # whoever comes while its tasks leave begins none there

    # --- asked by the faces ---------------------------------------------------------------------

    async def create(self) -> Session:
        """A new session, on record.

        Raises:
            NotReady: no work is taken, or as many sessions work in memory as may be.
        """
        return await self._open(Session(await self._enter(None), self._services))

    async def find(self, id: str) -> Session | None:
        """The session, brought to memory if need be; None when there is none (any more).

        Raises:
            NotReady: as many sessions work in memory as may be.
        """
        session = await self._find(id)
        if session is not None:
            self._note_use(session)
        return session

    async def of(self, owner: str) -> Session:
        """The one session of a principal, begun when it first asks; see `SessionRecord.owner`.

        Raises:
            NotReady: as `create`.
        """
        while True:
            known = self._owned.get(owner)
            id = await self._id_of(owner) if known is None else known.record.id
            if (session := await self.find(id)) is not None:
                return session

    # --- everybody's jobs, for who runs the service -----------------------------------------------

    async def jobs(
        self,
        *,
        session: str | None = None,
        owner: str | None = None,
        state: State | None,
        capability: str | None,
        limit: int,
        cursor: str | None,
    ) -> Page[JobView]:
        """A page of everybody's jobs as they stand, or of one session's or owner's; newest first.

        Raises:
            Refusal: `cursor` is none that a page gave.
        """
        journal = self._services.journal
        if owner is not None:
            theirs = await journal.session_of(owner)
            if theirs is None or session not in {None, theirs.id}:
                return Page((), None)
            session = theirs.id
        if state is not None and not has_ended(state):
            return page_of_living(self._living(session), state, capability, limit, cursor)
        listed = journal.all_jobs if session is None else partial(journal.jobs, session)
        page = await listed(state=state, capability=capability, limit=limit, cursor=cursor)
        return Page(tuple(self._newest(record) for record in page.items), page.next)

    async def owners(self, sessions: frozenset[str]) -> Mapping[str, str]:
        """The owners of those of these sessions that belong to a principal."""
        here = {id: self._register[id].record.owner for id in sessions if id in self._register}
        away = sessions.difference(here)
        read = await self._services.journal.owners(away) if away else {}
        return {**read, **{id: owner for id, owner in here.items() if owner is not None}}

    async def session_of_job(self, job: str) -> Session:
        """The session that has this job.

        Raises:
            NotFound: there is no such job.
        """
        record = await self._services.journal.find_job(job)
        session = None if record is None else await self.find(record.session)
        if session is None:
            raise NotFound("There is no such job.")
        return session

    def take_note(self) -> None:
        """Something was changed for all: has those in memory take it up, and tell who watches."""
        for session in self._register.values():
            session.take_note()

    def unfinished(self) -> int:
        """How many jobs run, wait, or back off."""
        return sum(session.unfinished() for session in self._register.values())

    async def drain(self, grace: float) -> None:
        """Lets running jobs end for up to `grace` seconds."""
        with trio.move_on_after(grace):
            async with trio.open_nursery() as nursery:
                for session in list(self._register.values()):
                    nursery.start_soon(session.drain)

    # --- asked by the janitor ---------------------------------------------------------------------

    async def sweep(self, id: str, files: Collection[str]) -> frozenset[str]:
        """Has a session remove those of these files that no job needs; what is gone.

        Raises:
            NotReady: not now; it cannot be brought to memory, or has just left.
        """
        async with self._borrowed(id) as session:
            return frozenset() if session is None else await session.sweep(files)

    async def forget_jobs(self, id: str, jobs: Collection[str]) -> int:
        """Has a session forget those of these jobs that have ended; how many.

        Raises:
            NotReady: as `sweep`. StorageFull: to forget takes room, too.
        """
        async with self._borrowed(id) as session:
            return 0 if session is None else await session.forget_jobs(jobs)

    async def drop_upload(self, id: str, upload: str) -> None:
        """Has a session remove an upload.

        Raises:
            NotReady: as `sweep`. NotFound: it is gone already.
        """
        async with self._borrowed(id) as session:
            if session is None:
                raise NotFound("The session has ended, and took its uploads along.")
            await session.drop_upload(upload)

    async def forget(self, id: str) -> bool:
        """Removes a session that holds nothing and is not in memory; whether it did.

        Raises:
            StorageFull: to forget takes room, too.
        """
        journal = self._services.journal
        async with self._opening:  # nobody brings it to memory meanwhile
            if id in self._register:
                return False
            usage, jobs = await journal.usage(id), await journal.jobs(id, limit=1)
            if usage.files or jobs.items or await journal.uploads(id):
                return False
            await self._services.workspace.leave(id)
            await journal.remove_session(id)
            return True

    def owing(self) -> list[str]:
        """The sessions in memory that owe the removal of records."""
        return [id for id, session in self._register.items() if session.owes]

    @asynccontextmanager
    async def _borrowed(self, id: str) -> AsyncIterator[Session | None]:
        """A session, which is not in use for that, and leaves memory again if it was not there."""
        if id in self._mending:
            raise NotReady("The session is being restarted. Try again.", retry_after=1)
        was_here = id in self._register
        session = await self._find(id)
        yield session
        if session is not None and not was_here:
            await session.retire()

    # --- inside -----------------------------------------------------------------------------------

    async def _find(self, id: str, *, beyond: bool = False) -> Session | None:
        """The session; `beyond` brings it to memory also where as many are there as may be."""
        while (session := self._register.get(id)) is not None:
            if not session.leaving:
                self._register[id] = self._register.pop(id)
                return session
            await session.gone.wait()
        async with self._opening:  # one at a time: a session has one actor
            return self._register.get(id) or await self._bring_back(id, beyond=beyond)

    def _note_use(self, session: Session) -> None:
        """Has it written now and again that somebody asks for a session."""
        now = trio.current_time()
        if now - session.noted_at >= USE_NOTED:
            session.noted_at = now
            with suppress(JournalClosedError):  # it is asked for again
                self._services.journal.note_use(session.record.id)

    async def _bring_back(self, id: str, *, beyond: bool) -> Session | None:
        record = await self._services.journal.session(id)
        if record is None:
            return None
        session = Session(record, self._services)
        await session.load()
        return await self._open(session, beyond=beyond)

    async def _enter(self, owner: str | None) -> SessionRecord:
        """A new session's record."""
        self._services.refuse_new()
        async with self._room:
            await self._make_room()
        services = self._services
        record = SessionRecord(id=services.new_id(), created_at=services.now(), owner=owner)
        await services.journal.add_session(record)
        return record

    async def _id_of(self, owner: str) -> str:
        """The id of a principal's session; when many begin it at once, they begin one."""
        record = await self._services.journal.session_of(owner)
        while record is None:
            try:
                record = await self._enter(owner)
            except OwnerTakenError:
                record = await self._services.journal.session_of(owner)
        return record.id

    def _living(self, session: str | None) -> Iterator[Job]:
        """The jobs that live, of one session or of all."""
        for one in self._register.values():
            if session in {None, one.record.id}:
                yield from one.living()

    def _newest(self, record: JobRecord) -> JobView:
        session = self._register.get(record.session)
        return JobView(record=record) if session is None else session.newest(record)

    async def _open(self, session: Session, *, beyond: bool = False) -> Session:
        """Starts a session's actor."""
        async with self._room:
            if not beyond:
                await self._make_room()
            if self._nursery is None or self._nursery.cancel_scope.cancel_called:  # falling, too
                raise ActorGone("The sessions are being restarted. Try again.", retry_after=1)
            await self._nursery.start(self._keep, session)
        return session

    async def _keep(self, session: Session, *, task_status: trio.TaskStatus[None]) -> None:
        """Runs one session's actor; when it breaks, its jobs are taken up by a new one."""
        id, owner = session.record.id, session.record.owner
        self._register[id] = session
        session.shelf.follow_settings()  # which may have changed since it was made
        if owner is not None:
            self._owned[owner] = session
        try:
            await session.run(task_status=task_status)
        except Exception:  # whatever broke it is logged, and its jobs are taken up by a new one
            log.exception("session broke", session=id)
            if not self._budget.spend(trio.current_time()):
                raise
            broken = True
        else:
            broken = session.half_ended  # it is still there, and so are its jobs
        finally:
            del self._register[id]
            if owner is not None:
                del self._owned[owner]
            session.gone.set()
        if broken:
            self._mending.add(id)
            self._lineup.broke(id)
            unfinished = await self._services.journal.unfinished_jobs()
            await self._lineup.of(id, (job for job in unfinished if job.session == id))
            self._mending.discard(id)

    async def _line_up(self, jobs: Sequence[JobRecord]) -> None:
        """Has the jobs of the last life stand in line again, and then all begin."""
        await self._lineup.all(jobs)
        self._services.taken_up.set()
        self._begin()

    async def _make_room(self) -> None:
        """Waits until another session may be in memory: an idle one leaves for it.

        Raises:
            NotReady: as many are there as may be and none was found idle.
        """
        most = self._services.settings.limits.max_sessions
        while len(self._register) >= most:
            if not await self._one_retires():
                raise NotReady(
                    f"{most} sessions are active, which is as many as may be. Try again later.",
                    limit="sessions",
                    retry_after=60,
                )

    async def _one_retires(self) -> bool:
        """Whether a session has left memory: the longest unasked of those that do nothing."""
        for id, session in list(islice(self._register.items(), _LOOKED_AT)):
            if session.leaving or (session.idle and await session.retire()):
                await session.gone.wait()
                return True
            if self._register.get(id) is session:  # busy: the next search begins behind it
                self._register[id] = self._register.pop(id)
        return False
