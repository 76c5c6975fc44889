"""Work that takes time and nothing else, and the pools that it does not need.

Owns: the simulated capability; what stands where processes and disk would.
Never: starts a process or a thread, touches a disk.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar, TypeVarTuple

import trio
from pydantic import Field

from actors.capability import AnswerT, Capability, Context, Forecast, OrderT, ProgressSink, Request
from actors.disk import Disk
from actors.drafts import Drafts
from actors.gauge import Room
from actors.lost import Lost
from actors.messages import FileRecord, JobResult
from actors.workers.call import Call
from actors.workspace import Workspace
from conf.settings import CapabilitySettings

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class WorkRequest(Request):
    """How long it takes."""

    seconds: float = Field(ge=0)


class SimulatedWork(Capability[WorkRequest, CapabilitySettings]):
    """Takes its time. Stands in for any capability, under that one's name and settings."""

    name = "work"
    summary = "Takes its time."
    request_type = WorkRequest
    settings_type = CapabilitySettings
    forecast_type = Forecast

    def inputs(self, request: WorkRequest) -> Mapping[str, str]:  # noqa: ARG002 -- the contract's
        """It needs no files."""
        return {}

    def forecast(
        self,
        request: WorkRequest,  # noqa: ARG002 -- the contract's
        files: Mapping[str, FileRecord],  # noqa: ARG002 -- the contract's
        settings: CapabilitySettings,  # noqa: ARG002 -- the contract's
    ) -> Forecast:
        """It needs no memory."""
        return Forecast(memory_bytes=0)

    async def run(
        self,
        request: WorkRequest,
        settings: CapabilitySettings,  # noqa: ARG002 -- the contract's
        context: Context,  # noqa: ARG002 -- the contract's
    ) -> JobResult:
        """Sleeps."""
        await trio.sleep(request.seconds)
        return JobResult()


class NoWorkers:
    """A pool for trees that compute nothing; an actor of the supervisor."""

    async def run(self, *, task_status: trio.TaskStatus[None]) -> None:
        """Is there until cancelled."""
        task_status.started()
        await trio.sleep_forever()

    def resize(self, max_workers: int) -> None:
        """None is none."""

    async def call(
        self,
        call: Call[OrderT, AnswerT],
        order: OrderT,
        *,
        on_progress: ProgressSink,
        on_killed: Callable[[int], None],
    ) -> AnswerT:
        """Nothing in a simulation computes."""
        raise NotImplementedError(f"{call} was to run with {order}, {on_progress}, {on_killed}")


NOWHERE: Final = Path("/proc/nothing")
"""A folder that is not there, and that nobody can make (proc(5) takes no files)."""


class EmptyDisk(Disk):
    """A disk on which nothing lies, asked without a thread."""

    async def __call__(self, act: Callable[[*Ts], T], *args: *Ts) -> T:
        """What `act` returns; cancelling comes before it."""
        await trio.lowlevel.checkpoint()
        return act(*args)


class EmptyWorkspace(Workspace):
    """The workspace of a tree whose jobs neither need nor make files; none can be made in it."""

    def __init__(self) -> None:
        super().__init__(NOWHERE)
        self._disk = EmptyDisk()
        self.drafts = Drafts(NOWHERE, self._disk)
        self.lost = Lost(NOWHERE, self._disk)

    async def room(self) -> Room:
        """Endless."""
        await trio.lowlevel.checkpoint()
        return Room()
