"""Work for chaos: it takes time, borrows, fails, breaks, and is slow to clean up, as it is told."""

from collections import Counter
from collections.abc import Mapping
from typing import Literal

import trio
from pydantic import Field

from actors.capability import Capability, Context, Forecast, Request
from actors.errors import WorkerCrashed, WorkFailed
from actors.messages import FileRecord, JobResult
from conf.settings import CapabilitySettings

Ending = Literal["well", "badly", "broken"]


class Stumbled(WorkFailed):
    """A failure that passes."""

    code = "stumbled"
    passing = True


class ChoreRequest(Request):
    """How long it takes, how often it stumbles or crashes before, and how it ends."""

    seconds: float = Field(ge=0)
    ends: Ending = "well"
    clean_up: float = Field(0.0, ge=0)
    borrows: int = Field(0, ge=0)
    stumbles: int = Field(0, ge=0)
    crashes: int = Field(0, ge=0)


class Deeds:
    """What was done for each job, over all lives: attempts begun, and those that failed on the way.

    `failed` counts stumbles and crashes, `crashed` the latter.
    """

    def __init__(self) -> None:
        self.begun: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.crashed: Counter[str] = Counter()

    def fail_on_the_way(self, job: str, request: ChoreRequest) -> None:
        """Raises what the request wishes before its end, until that is done."""
        if self.failed[job] - self.crashed[job] < request.stumbles:
            self.failed[job] += 1
            raise Stumbled("It stumbled.")
        if self.crashed[job] < request.crashes:
            self.failed[job] += 1
            self.crashed[job] += 1
            raise WorkerCrashed("It crashed.")


class Chore(Capability[ChoreRequest, CapabilitySettings]):
    """Does as it is told."""

    name = "chore"
    summary = "Does as it is told."
    request_type = ChoreRequest
    settings_type = CapabilitySettings
    forecast_type = Forecast

    def __init__(self, deeds: Deeds) -> None:
        self._deeds = deeds

    def inputs(self, request: ChoreRequest) -> Mapping[str, str]:
        return {}

    def forecast(
        self,
        request: ChoreRequest,
        files: Mapping[str, FileRecord],
        settings: CapabilitySettings,
    ) -> Forecast:
        return Forecast(memory_bytes=0)

    def size(self, request: ChoreRequest, files: Mapping[str, FileRecord]) -> float:
        return 1.0 + request.seconds

    async def run(
        self, request: ChoreRequest, settings: CapabilitySettings, context: Context
    ) -> JobResult:
        self._deeds.begun[context.job] += 1
        try:
            if request.borrows:
                async with context.borrow("processor", request.borrows):
                    await trio.sleep(request.seconds)
            else:
                await trio.sleep(request.seconds)
        finally:
            with trio.CancelScope(shield=True):
                await trio.sleep(request.clean_up)
        self._deeds.fail_on_the_way(context.job, request)
        if request.ends == "badly":
            raise WorkFailed("It was a bad chore.")
        if request.ends == "broken":
            raise ZeroDivisionError
        return JobResult()
