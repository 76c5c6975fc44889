"""What the tree knows of a job that starts processes."""

from collections.abc import Mapping

from pydantic import Field

from actors.capability import Capability, Context, Forecast, Request
from actors.messages import FileRecord, JobResult
from actors.workers.call import Call
from conf.settings import CapabilitySettings
from tests.benchmarks.families import BRANCH, Order, Together


class FamilyRequest(Request):
    """Which processes it starts."""

    branches: list[str] = Field(max_length=100, description=f"names of groups of {BRANCH}")


class FamilySettings(CapabilitySettings):
    """It stays for long."""

    run_timeout: float = 36_000


class Family(Capability[FamilyRequest, FamilySettings]):
    name = "family"
    summary = "Starts processes and stays with them."
    request_type = FamilyRequest
    settings_type = FamilySettings
    forecast_type = Forecast

    def inputs(self, request: FamilyRequest) -> Mapping[str, str]:
        return {}

    def forecast(
        self, request: FamilyRequest, files: Mapping[str, FileRecord], settings: FamilySettings
    ) -> Forecast:
        return Forecast(memory_bytes=0)

    async def run(
        self, request: FamilyRequest, settings: FamilySettings, context: Context
    ) -> JobResult:
        found = Call("tests.benchmarks.families:found", Order, Together)
        await context.work(found, Order(len(request.branches)))
        return JobResult()


CAPABILITY = Family()
