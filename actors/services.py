"""What the actors of one tree share: the ports to disk, processes, clocks and chance.

Owns: nothing but the list. `tree.py` fills it in; tests fill it in differently.
Never: changes after the tree has started, but for the settings, which are replaced as a whole, and
for whether work is taken; `Stitchery` changes both.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import trio

from actors.capability import AnswerT, AnyCapability, OrderT, ProgressSink
from actors.errors import NotReady
from actors.gauge import Gauge
from actors.ids import IdMaker
from actors.journal.port import Journal
from actors.lender import Lender
from actors.limiter import Limiter
from actors.looks import Looks
from actors.progress import Numbers
from actors.workers.call import Call
from actors.workspace import Workspace
from conf.settings import CapabilitySettings, Settings

CLOSED_FOR = 30.0
"""Seconds after which to ask again while no work is taken. A guess: a restart takes less, and
maintenance as long as it takes."""


class WorkersPort(Protocol):
    """Runs calls in child processes (`workers.pool.Workers`); an actor of the supervisor."""

    async def run(self, *, task_status: trio.TaskStatus[None]) -> None:
        """Keeps the processes until cancelled."""

    async def call(
        self,
        call: Call[OrderT, AnswerT],
        order: OrderT,
        *,
        on_progress: ProgressSink,
        on_killed: Callable[[int], None],
    ) -> AnswerT:
        """Runs one call; cancelling kills the child's whole tree and tells how many died."""

    def resize(self, max_workers: int) -> None:
        """Allows another number of processes at once; with fewer, none is ended for it."""


def utc_now() -> datetime:
    """The wall clock. It labels; it never measures."""
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class Services:
    """Everything a session and its jobs draw on."""

    settings: Settings
    capabilities: Mapping[str, AnyCapability]
    journal: Journal
    workspace: Workspace
    workers: WorkersPort
    limiters: Mapping[str, Limiter]
    numbers: Numbers
    new_id: IdMaker
    now: Callable[[], datetime] = utc_now
    lender: Lender = field(default_factory=Lender)
    looks: Looks = field(default_factory=Looks)
    gauge: Gauge = field(default_factory=Gauge)
    origins: Mapping[str, str] = field(default_factory=dict)
    """Where settings come from, by section.key; of the ones that are not in it, nobody told."""
    taken_up: trio.Event = field(default_factory=trio.Event)
    """Set while all jobs of the last life stand in line again. What must not be done before, since
    these come first or their files seem needed by nobody, waits for it; when the sessions fall,
    another takes its place."""
    closed: str | None = None
    """Why no new work is taken just now, in words for its users; None while it is."""

    def refuse_closed(self) -> None:
        """Lets new work pass while it is taken.

        Raises:
            NotReady: it is not; the words say why.
        """
        if self.closed is not None:
            raise NotReady(self.closed, retry_after=CLOSED_FOR)

    def refuse_new(self) -> None:
        """Lets new work pass while it is taken and there is room for what it will make.

        Raises:
            NotReady, StorageFull: why not.
        """
        self.refuse_closed()
        self.gauge.refuse_low()

    def settings_of(self, capability: str) -> CapabilitySettings:
        """The section of one capability."""
        return self.settings.capabilities[capability]
