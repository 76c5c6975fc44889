"""The whole tree, as one context manager: this is how Stitchery is embedded.

    async with open_stitchery(settings) as stitchery:
        session = await stitchery.sessions.create()

Owns: which actors there are, what they share, and the order in which they start.
Never: imports a face (`web`); the faces are clients of what is yielded here.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

import trio

from actors import looks
from actors.admission import Admission, MachineLimits
from actors.capabilities import discover
from actors.capability import AnyCapability
from actors.errors import Conflict, NotFound
from actors.gauge import Gauge
from actors.ids import IdMaker
from actors.janitor import Janitor
from actors.journal.port import Journal
from actors.learning import Learning
from actors.lender import Lender
from actors.limiter import Floor, Limiter
from actors.lines import CapabilityLimits
from actors.progress import Numbers
from actors.services import Services, WorkersPort, utc_now
from actors.sessions import Sessions
from actors.supervisor import Actor, Supervisor
from actors.workers import staffing
from actors.workers.pool import Workers
from actors.workspace import Workspace
from conf.live import origins_of
from conf.load import Resolved
from conf.machine import this_machine
from conf.settings import Settings

LOOKING = "actors.pictures"
"""What a child needs to look at a file that comes in."""


STOPPING = "The service is stopping. Try again in a minute."
MAINTAINED = (
    "The service is being maintained and takes no new work; what is here stays and can be read. "
    "Try again later."
)
"""Why no work is taken, as its users are told."""

NOBODY_TOLD: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Stitchery:
    """A running tree. Valid inside `open_stitchery`."""

    services: Services
    sessions: Sessions
    floor: Floor
    followers: list[Callable[[], None]] = field(default_factory=list)
    """Called, with nothing, after other settings are in force; they neither wait nor fail."""

    @property
    def admission(self) -> Admission:
        """The book of who runs and who waits."""
        return self.floor.admission

    @property
    def capabilities(self) -> Mapping[str, AnyCapability]:
        """What can be done here, by name."""
        return self.services.capabilities

    @property
    def limiters(self) -> Mapping[str, Limiter]:
        """Who decides when, by capability."""
        return self.services.limiters

    @property
    def configuration(self) -> Resolved:
        """The settings in force, each with where it comes from."""
        settings = self.services.settings
        return Resolved(settings, origins_of(settings, self.services.origins))

    def change(self, settings: Settings, origins: Mapping[str, str] = NOBODY_TOLD) -> None:
        """Puts other settings in force, limits and all: a lowered one drains, it never kills.

        What was read at the start stays: folder, socket, workers kept ready. A time limit holds
        for the waits and runs that begin from now on.
        """
        self.services.settings = settings
        self.services.origins = origins
        self.services.workers.resize(_most_workers(settings))
        self.floor.change(machine_limits(settings), capability_limits(settings))
        self.services.lender.change(resource_totals(settings))
        self.services.gauge.change(least_room(settings))
        self.sessions.take_note()
        for follow in self.followers:
            follow()

    # --- operations, none of which outlives the tree ----------------------------------------------

    def pause(self, capability: str) -> None:
        """Begins no more jobs of a capability: those that run go on, newcomers wait in line.

        Raises:
            NotFound: there is no such capability.
        """
        self.floor.pause(self._known(capability))
        self.sessions.take_note()

    def resume(self, capability: str) -> None:
        """Ends a pause; changes nothing where there is none.

        Raises:
            NotFound: there is no such capability.
        """
        self.floor.resume(self._known(capability))
        self.sessions.take_note()

    def close(self) -> None:
        """Takes no new work, for maintenance: what runs goes on, what waits stays in line.

        All can be read meanwhile. A service that stops goes on stopping.
        """
        self._close(self.services.closed or MAINTAINED)

    def reopen(self) -> None:
        """Takes work again, and begins what waits; changes nothing where work is taken.

        Raises:
            Conflict: the service is stopping, from which nothing brings it back.
        """
        if self.services.closed == STOPPING:
            raise Conflict("The service is stopping. Start it anew to have it take work.")
        self.services.closed = None
        if self.services.taken_up.is_set():
            self.floor.reopen()
        self.sessions.take_note()

    async def drain(self) -> None:
        """Begins no more jobs and gives those that run the configured grace to end."""
        self._close(STOPPING)
        await self.sessions.drain(self.services.settings.server.grace)

    def _close(self, why: str) -> None:
        self.services.closed = why
        self.floor.close()
        self.sessions.take_note()

    def _known(self, capability: str) -> str:
        if capability not in self.capabilities:
            known = ", ".join(self.capabilities)
            raise NotFound(f"There is no capability {capability[:40]!r}; there are: {known}.")
        return capability


def machine_limits(settings: Settings) -> MachineLimits:
    """What the configuration allows all capabilities together."""
    concurrency = settings.concurrency
    return MachineLimits(
        global_jobs=concurrency.max_global_jobs,
        jobs_per_user=concurrency.max_jobs_per_user,
        queue_size=settings.limits.max_queue_size,
        queued_per_user=settings.limits.queued_per_user,
        refuse_busy_user=concurrency.when_user_busy == "refuse",
        priority=concurrency.enable_priority,
        charge_time=concurrency.charge_run_time,
        weights=concurrency.weights,
    )


def capability_limits(settings: Settings) -> dict[str, CapabilityLimits]:
    """What the configuration allows each capability."""
    return {
        name: CapabilityLimits(
            running=section.max_running,
            running_per_user=section.max_running_per_user,
            queued=section.max_queued,
        )
        for name, section in settings.capabilities.items()
    }


def least_room(settings: Settings) -> int:
    """Bytes that the configuration wants to stay free on the disk."""
    return settings.storage.min_free_mb << 20


def resource_totals(settings: Settings) -> dict[str, int]:
    """What steps of jobs may borrow; of processor slots by default one for each processor."""
    resources = settings.resources
    slots = this_machine().processors if resources.processor is None else resources.processor
    return {"processor": slots, "graphics": resources.graphics}


@asynccontextmanager
async def open_stitchery(
    settings: Settings,
    *,
    origins: Mapping[str, str] = NOBODY_TOLD,
    capabilities: Mapping[str, AnyCapability] | None = None,
    journal: Journal | None = None,
    workers: WorkersPort | None = None,
    workspace: Workspace | None = None,
    new_id: IdMaker | None = None,
    now: Callable[[], datetime] = utc_now,
) -> AsyncIterator[Stitchery]:
    """Runs the tree for the length of the block.

    Args:
        settings: with a section in `settings.capabilities` for every capability.
        origins: where they come from, by section.key (`conf.load.Resolved`), to be told.
        capabilities, journal, workers, workspace, new_id, now: what to use in place of the real
            ones, for simulations and tests; an own journal and own workers are supervised like the
            real ones. With `now`, the wall clock that labels, chance and time can all be repeated.

    Leaving the block stops at once: what has not ended is in the journal and goes on in the next
    life. Call `Stitchery.drain` before leaving to let running jobs end.

    Raises:
        JournalUnusableError: the data folder cannot be used; the text says what to do.
        BudgetSpentError: parts of the tree fell more often than restarting can mend.
    """
    capabilities = discover() if capabilities is None else capabilities
    journal = _on_disk(settings) if journal is None else journal
    workers = _workers(settings, capabilities) if workers is None else workers
    workspace = Workspace(settings.storage.data) if workspace is None else workspace
    gauge = Gauge(workspace.room, least_room(settings))
    workspace.when_full(gauge.hurry)
    admission = Admission(machine_limits(settings), capability_limits(settings))
    floor = Floor(admission)
    services = Services(
        settings=settings,
        capabilities=capabilities,
        journal=journal,
        workspace=workspace,
        workers=workers,
        limiters={name: Limiter(name, floor) for name in capabilities},
        numbers=Numbers(),
        new_id=IdMaker() if new_id is None else new_id,
        now=now,
        lender=Lender(resource_totals(settings)),
        gauge=gauge,
        origins=origins,
    )

    def begin() -> None:
        if services.closed is None:
            floor.reopen()

    stitchery = Stitchery(services, Sessions(services, begin), floor)
    floor.close()  # until all that was left stands in line: the first turn is then everybody's
    async with trio.open_nursery() as nursery:
        await nursery.start(Supervisor(_children(stitchery)).run)
        yield stitchery
        nursery.cancel_scope.cancel()


def _on_disk(settings: Settings) -> Journal:
    """The journal of the data folder; whoever has another needs no database."""
    from actors.journal.sqlite import SqliteJournal  # noqa: PLC0415 -- see above

    return SqliteJournal(settings.storage.data)


def _workers(settings: Settings, capabilities: Mapping[str, AnyCapability]) -> Workers:
    """The pool."""
    most = _most_workers(settings)
    return Workers(settings.workers, preload=preloaded(capabilities), max_workers=most)


def preloaded(capabilities: Mapping[str, AnyCapability]) -> tuple[str, ...]:
    """Modules that every worker has loaded before its first call."""
    own = (module for found in capabilities.values() for module in found.child_modules)
    return (LOOKING, *dict.fromkeys(own))


def _most_workers(settings: Settings) -> int:
    """As many as jobs may run, and for all turns at looking."""
    return max(settings.concurrency.max_global_jobs + looks.SHARE.all, staffing.most())


def _children(stitchery: Stitchery) -> list[tuple[str, Actor]]:
    """The actors in the order in which they start."""
    services = stitchery.services
    return [
        ("journal", services.journal),
        ("learning", Learning(stitchery.floor, services.journal)),
        ("workers", services.workers),
        *((f"limiter of {name}", limiter) for name, limiter in services.limiters.items()),
        ("gauge", services.gauge),
        ("sessions", stitchery.sessions),
        ("janitor", Janitor(stitchery.sessions, services)),
    ]
