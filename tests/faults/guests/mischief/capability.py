"""Mischief, as the tree sees it: each way to misbehave is one call to a worker.

Owns: the names of the ways.
Never: misbehaves in the server; tasks.py and tests/actors/workers/tasks.py do, in a worker.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from pydantic import Field

from actors.capability import Capability, Context, Example, Forecast, Request
from actors.messages import FileRecord, JobResult
from actors.workers.call import Call
from conf.settings import CapabilitySettings
from tests.actors.workers import tasks
from tests.actors.workers.tasks import Number, Text
from tests.faults import tasks as own

CALLS: Final[Mapping[str, Call[Any, Any]]] = {
    "die": tasks.DIE,
    "leave": tasks.LEAVE,
    "write": tasks.WRITE,
    "hang up": tasks.HANG_UP,
    "eat": tasks.EAT,
    "sleep": tasks.SLEEP,
    "stop": tasks.STOP,
    "ignore": tasks.IGNORE_ASKING,
    "found": tasks.FOUND,
    "found and die": tasks.FOUND_AND_DIE,
    "abandon": tasks.ABANDON,
    "bomb": own.BOMB,
}
"""The ways: those of the workers' own tests, and a decoder that never comes back."""


class MischiefRequest(Request):
    """How to misbehave."""

    how: list[str] = Field(description="a way, and the number or the text that it takes")


class Mischief(Capability[MischiefRequest, CapabilitySettings]):
    """Misbehaves."""

    name = "mischief"
    summary = "Breaks, hangs or runs away."
    request_type = MischiefRequest
    settings_type = CapabilitySettings
    forecast_type = Forecast
    examples: ClassVar[tuple[Example, ...]] = (
        Example(title="Hang up", request={"how": ["hang up"]}),
    )

    def inputs(self, request: MischiefRequest) -> Mapping[str, str]:
        """None."""
        return {}

    def forecast(
        self,
        request: MischiefRequest,
        files: Mapping[str, FileRecord],
        settings: CapabilitySettings,
    ) -> Forecast:
        """Nothing, if the way is known."""
        assert request.how[0] in CALLS, request.how
        return Forecast(memory_bytes=1 << 20)

    async def run(
        self,
        request: MischiefRequest,
        settings: CapabilitySettings,
        context: Context,
    ) -> JobResult:
        """Misbehaves in a worker."""
        way, *more = request.how
        call = CALLS[way]
        order = Number(int(more[0])) if call.order_type is Number else Text("".join(more))
        async with context.borrow("processor"):
            await context.work(call, order)
        return JobResult(data={})


CAPABILITY = Mischief()
