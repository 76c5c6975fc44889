"""Work for chaos: it takes time, borrows, fails, breaks, and is slow to clean up, as it is told."""

from collections.abc import Mapping
from typing import Literal

import trio
from pydantic import Field

from actors.capability import Capability, Context, Forecast, Request
from actors.errors import WorkFailed
from actors.messages import FileRecord, JobResult
from conf.settings import CapabilitySettings

Ending = Literal["well", "badly", "broken"]


class ChoreRequest(Request):
    """How long it takes, and how it ends."""

    seconds: float = Field(ge=0)
    ends: Ending = "well"
    clean_up: float = Field(0.0, ge=0)
    borrows: int = Field(0, ge=0)


class Chore(Capability[ChoreRequest, CapabilitySettings]):
    """Does as it is told."""

    name = "chore"
    summary = "Does as it is told."
    request_type = ChoreRequest
    settings_type = CapabilitySettings
    forecast_type = Forecast

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
        try:
            if request.borrows:
                async with context.borrow("processor", request.borrows):
                    await trio.sleep(request.seconds)
            else:
                await trio.sleep(request.seconds)
        finally:
            with trio.CancelScope(shield=True):
                await trio.sleep(request.clean_up)
        if request.ends == "badly":
            raise WorkFailed("It was a bad chore.")
        if request.ends == "broken":
            raise ZeroDivisionError
        return JobResult()
