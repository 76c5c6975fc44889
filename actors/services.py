"""What the actors of one tree share: the ports to disk, processes, clocks and chance.

Owns: nothing but the list. `tree.py` fills it in; tests fill it in differently.
Never: changes after the tree has started, but for the settings, which are replaced as a whole.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import trio

from actors.capability import AnswerT, AnyCapability, OrderT, ProgressSink
from actors.ids import IdMaker
from actors.journal.port import Journal
from actors.lender import Lender
from actors.limiter import Limiter
from actors.looks import Looks
from actors.progress import Numbers
from actors.workers.call import Call
from actors.workspace import Workspace
from conf.settings import CapabilitySettings, Settings


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

    def settings_of(self, capability: str) -> CapabilitySettings:
        """The section of one capability."""
        return self.settings.capabilities[capability]
