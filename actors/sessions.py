"""All sessions: makes them, finds them, keeps their actors, and takes up what an earlier life left.

Owns: the nursery of the session actors and the register of those in memory. An actor is started
when its session is asked for and leaves when it has long been idle; its record stays.
Never: does a session's work.

A session that breaks is started anew and takes its jobs up again from the journal, like after a
restart of the whole; when that happens too often the error goes up to the supervisor.
"""

from collections.abc import Iterable

import structlog
import trio

from actors.errors import ActorGone, NotReady
from actors.messages import JobRecord, SessionRecord
from actors.services import Services
from actors.session import Session
from actors.supervisor import Budget
from actors.uploads import settle

log = structlog.get_logger("sessions")


class Sessions:
    """The sessions of one service; an actor of the supervisor."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._register: dict[str, Session] = {}
        self._opening = trio.Lock()
        self._budget = Budget()
        self._nursery: trio.Nursery | None = None
        self._draining = False

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
        try:
            async with trio.open_nursery() as self._nursery:
                left = await services.workspace.leftovers()
                parted = await settle(services)
                jobs = await services.journal.unfinished_jobs()
                log.info(
                    "took up where the last life ended",
                    parts_removed=left,
                    jobs=len(jobs),
                    uploads_parted=parted,
                )
                await self._resume(jobs)
                task_status.started()
                await trio.sleep_forever()
        finally:
            self._nursery = None

    # --- asked by the faces ---------------------------------------------------------------------

    async def create(self) -> Session:
        """A new session, on record.

        Raises:
            NotReady: stopping, or as many sessions are in memory as may be.
        """
        self._refuse_when_full()
        record = SessionRecord(id=self._services.new_id(), created_at=self._services.now())
        await self._services.journal.add_session(record)
        return await self._open(Session(record, self._services))

    async def find(self, id: str) -> Session | None:
        """The session, brought to memory if need be; None when there is none (any more)."""
        while (session := self._register.get(id)) is not None:
            if not session.leaving:
                return session
            await session.gone.wait()
        async with self._opening:  # one at a time: a session has one actor
            return self._register.get(id) or await self._bring_back(id)

    async def drain(self, grace: float) -> None:
        """Lets running jobs end for up to `grace` seconds; nothing new is accepted meanwhile."""
        self._draining = True
        with trio.move_on_after(grace):
            async with trio.open_nursery() as nursery:
                for session in list(self._register.values()):
                    nursery.start_soon(session.drain)

    @property
    def draining(self) -> bool:
        """Whether new work is refused because the service stops."""
        return self._draining

    # --- inside -----------------------------------------------------------------------------------

    async def _bring_back(self, id: str) -> Session | None:
        record = await self._services.journal.session(id)
        if record is None:
            return None
        session = Session(record, self._services)
        await session.load()
        return await self._open(session)

    async def _open(self, session: Session) -> Session:
        """Starts a session's actor."""
        self._refuse_when_full()
        if self._nursery is None:
            raise ActorGone("The sessions are being restarted. Try again.", retry_after=1)
        await self._nursery.start(self._keep, session)
        return session

    async def _keep(self, session: Session, *, task_status: trio.TaskStatus[None]) -> None:
        """Runs one session's actor; when it breaks, its jobs are taken up by a new one."""
        id = session.record.id
        self._register[id] = session
        try:
            await session.run(task_status=task_status)
        except Exception:
            log.exception("session broke", session=id)
            if not self._budget.spend(trio.current_time()):
                raise
            broken = True
        else:
            broken = False
        finally:
            del self._register[id]
            session.gone.set()
        if broken:
            await self._resume(
                job for job in await self._services.journal.unfinished_jobs() if job.session == id
            )

    async def _resume(self, jobs: Iterable[JobRecord]) -> None:
        """Lines jobs up again, oldest first, so that everybody's old order holds."""
        for job in jobs:
            session = await self.find(job.session)
            if session is not None:
                await session.resume(job)

    def _refuse_when_full(self) -> None:
        """Refuses another session in memory while stopping, or when there are as many as may be."""
        if self._draining:
            raise NotReady("The service is stopping. Try again in a minute.", retry_after=30)
        most = self._services.settings.limits.max_sessions
        if len(self._register) >= most:
            raise NotReady(
                f"{most} sessions are active, which is as many as may be. Try again later.",
                limit="sessions",
                retry_after=60,
            )
