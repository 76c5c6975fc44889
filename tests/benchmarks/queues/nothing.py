"""The capability that does nothing, in the tree or in a worker process, and the tree that has it.

Owns: what the two ways of driving Stitchery have in common.
Never: submits, or imports a face: who embeds the tree has none.
"""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from actors.capability import Capability, Context, Forecast, Request
from actors.journal.memory import MemoryJournal
from actors.journal.sqlite import SqliteJournal
from actors.messages import FileRecord, JobResult
from actors.tree import Stitchery, open_stitchery
from conf.settings import (
    CapabilitySettings,
    Concurrency,
    Limits,
    Server,
    Settings,
    Storage,
    Workers,
)
from tests.benchmarks.queues import job
from tests.benchmarks.queues.call import CALL, Order

MANY = 1_000_000
SLOTS = 2


class Nothing(Capability[Request, CapabilitySettings]):
    name = "nothing"
    summary = "Does nothing."
    request_type = Request
    settings_type = CapabilitySettings
    forecast_type = Forecast

    def __init__(self, *, in_worker: bool) -> None:
        self._in_worker = in_worker

    def inputs(self, request: Request) -> Mapping[str, str]:
        return {}

    def forecast(
        self, request: Request, files: Mapping[str, FileRecord], settings: CapabilitySettings
    ) -> Forecast:
        return Forecast(memory_bytes=0)

    async def run(
        self, request: Request, settings: CapabilitySettings, context: Context
    ) -> JobResult:
        began = (await context.work(CALL, Order())).began if self._in_worker else job.work()
        return JobResult(data={"began": began})


@asynccontextmanager
async def open_tree(*, in_worker: bool, warm: int) -> AsyncIterator[Stitchery]:
    """The real tree with real workers, `warm` of them ready; the environment has the record."""
    folder = Path(os.environ["QUEUES_DATA"])
    settings = Settings(
        concurrency=Concurrency(max_global_jobs=SLOTS, max_jobs_per_user=SLOTS),
        limits=Limits(max_queue_size=MANY, max_session_jobs=MANY),
        server=Server(port=0, grace=0),
        storage=Storage(data=folder),
        workers=Workers(warm=warm),
        capabilities={"nothing": CapabilitySettings()},
    )
    on_disk = os.environ["QUEUES_RECORD"] == "on disk"
    async with open_stitchery(
        settings,
        capabilities={"nothing": Nothing(in_worker=in_worker)},
        journal=SqliteJournal(folder) if on_disk else MemoryJournal(),
    ) as stitchery:
        yield stitchery
