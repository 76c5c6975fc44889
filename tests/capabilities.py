"""Capabilities for tests of the tree: work that takes time, fails, or breaks as it is told."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import trio
from pydantic import Field

from actors.capability import AnswerT, Capability, Context, Forecast, OrderT, ProgressSink, Request
from actors.errors import Refusal, WorkFailed
from actors.journal.memory import MemoryJournal
from actors.messages import FileRecord, JobResult, Progress
from actors.workers.call import Call
from conf.settings import CapabilitySettings, Concurrency, Limits, Settings, Storage


class NapRequest(Request):
    """How long to sleep, and how to wake up."""

    seconds: float = Field(1.0, ge=0)
    ends: Literal["well", "badly", "broken"] = "well"
    refused: bool = False
    clean_up: float = Field(0.0, ge=0, description="seconds that leaving takes, shielded")


class NapSettings(CapabilitySettings):
    """Long naps are fine."""

    run_timeout: float = 36_000


class Nap(Capability[NapRequest, NapSettings]):
    """Sleeps for as long as it is told."""

    name = "nap"
    summary = "Sleeps."
    request_type = NapRequest
    settings_type = NapSettings
    forecast_type = Forecast

    def __init__(self) -> None:
        self.running = 0
        self.most_running = 0
        self.begun: list[str] = []

    def inputs(self, request: NapRequest) -> Mapping[str, str]:
        return {}

    def forecast(
        self, request: NapRequest, files: Mapping[str, FileRecord], settings: NapSettings
    ) -> Forecast:
        if request.refused:
            raise Refusal("Not today.", field="/refused")
        return Forecast(memory_bytes=0)

    async def run(self, request: NapRequest, settings: NapSettings, context: Context) -> JobResult:
        self.begun.append(context.job)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            context.progress(Progress(fraction=0.5, step="sleep"))
            await trio.sleep(request.seconds)
        finally:
            with trio.CancelScope(shield=True):
                await trio.sleep(request.clean_up)
            self.running -= 1
        if request.ends == "badly":
            raise WorkFailed("Bad dreams.")
        if request.ends == "broken":
            raise ZeroDivisionError
        return JobResult(data={"slept": request.seconds})


class IdleWorkers:
    """Workers for trees that compute nothing."""

    async def run(self, *, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        await trio.sleep_forever()

    def resize(self, max_workers: int) -> None:
        pass

    async def call(
        self,
        call: Call[OrderT, AnswerT],
        order: OrderT,
        *,
        on_progress: ProgressSink,
        on_killed: Callable[[int], None],
    ) -> AnswerT:
        raise AssertionError("nothing here computes")


def nap_settings(
    data: Path,
    *,
    concurrency: Concurrency | None = None,
    limits: Limits | None = None,
    nap: NapSettings | None = None,
) -> Settings:
    """Settings for a tree that naps."""
    return Settings(
        concurrency=concurrency or Concurrency(),
        limits=limits or Limits(),
        storage=Storage(data=data),
        capabilities={"nap": nap or NapSettings()},
    )


__all__ = ["IdleWorkers", "MemoryJournal", "Nap", "NapRequest", "NapSettings", "nap_settings"]
