"""What the tree costs a job: no-op jobs through sessions, limiter and journal.

Run: python -m tests.benchmarks.jobs [--jobs N]

Two journals in one run, interleaved: on disk (every job durable before it is accepted, and its end
before it is told) and in memory. One client submits one job after the other (latency), then
sixty-four do at once (throughput). Medians over the rounds; read the ratios, the machine is shared.
"""

import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import trio
from rich.console import Console
from rich.table import Table

from actors.estimate import quantile
from actors.journal.memory import MemoryJournal
from actors.journal.port import Journal
from actors.journal.sqlite import SqliteJournal
from actors.lifecycle import has_ended
from actors.messages import JobChanged, Options
from actors.session import Session
from actors.tree import Stitchery, open_stitchery
from conf.settings import Concurrency, Limits, Log
from tests.capabilities import IdleWorkers, Nap, NapRequest, nap_settings
from web import logs

ROUNDS = 3
CLIENTS = 64


@dataclass(frozen=True, slots=True)
class Measured:
    """One round with one journal; times in seconds."""

    submit: float
    start_p50: float
    start_p99: float
    end_p50: float
    rate: float
    cpu: float


@asynccontextmanager
async def tree(data: Path, journal: Journal) -> AsyncIterator[Stitchery]:
    settings = nap_settings(
        data,
        concurrency=Concurrency(max_global_jobs=1000, max_jobs_per_user=1000),
        limits=Limits(max_queue_size=100_000, max_session_jobs=100_000),
    )
    async with open_stitchery(
        settings, capabilities={"nap": Nap()}, journal=journal, workers=IdleWorkers()
    ) as stitchery:
        yield stitchery


async def one_after_the_other(session: Session, jobs: int) -> tuple[list[float], ...]:
    """Seconds from submit to answer, to start, to end, of each job."""
    submits, starts, ends = [], [], []
    with session.watch() as watcher:
        for _ in range(jobs):
            began = time.perf_counter()
            view = await session.submit("nap", NapRequest(seconds=0), Options())
            submits.append(time.perf_counter() - began)
            started = False
            while True:
                event = await watcher.next()
                if not isinstance(event, JobChanged) or event.view.record.id != view.record.id:
                    continue
                if event.view.record.started_at is not None and not started:
                    started = True
                    starts.append(time.perf_counter() - began)
                if has_ended(event.view.record.state):
                    ends.append(time.perf_counter() - began)
                    break
    return submits, starts, ends


async def many_at_once(stitchery: Stitchery, jobs: int) -> tuple[float, float]:
    """(jobs a second, processor seconds a job) with CLIENTS users."""
    serial: Iterator[int] = iter(range(jobs))

    async def client() -> None:
        session = await stitchery.sessions.create()
        for _ in serial:
            await session.submit("nap", NapRequest(seconds=0), Options())
        while session.unfinished():  # noqa: ASYNC110 -- a watcher would be measured too
            await trio.sleep(0.001)

    began, cpu = time.perf_counter(), time.process_time()
    async with trio.open_nursery() as nursery:
        for _ in range(CLIENTS):
            nursery.start_soon(client)
    return jobs / (time.perf_counter() - began), (time.process_time() - cpu) / jobs


async def measure(journal: Journal, data: Path, jobs: int) -> Measured:
    async with tree(data, journal) as stitchery:
        session = await stitchery.sessions.create()
        await one_after_the_other(session, 20)  # warm up
        submits, starts, ends = await one_after_the_other(session, jobs // 5)
        rate, cpu = await many_at_once(stitchery, jobs)
    return Measured(
        statistics.median(submits),
        quantile(starts, 0.5),
        quantile(starts, 0.99),
        quantile(ends, 0.5),
        rate,
        cpu,
    )


async def run(jobs: int) -> dict[str, list[Measured]]:
    rounds: dict[str, list[Measured]] = {"on disk": [], "in memory": []}
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder)
            rounds["on disk"].append(await measure(SqliteJournal(data), data, jobs))
            rounds["in memory"].append(await measure(MemoryJournal(), data, jobs))
    return rounds


@click.command()
@click.option("--jobs", default=2000, show_default=True, help="Jobs of each throughput round.")
def main(jobs: int) -> None:
    """Prints what the tree costs a job."""
    logs.set_up(Log(level="warning"))
    rounds = trio.run(run, jobs)
    table = Table(
        "journal", "submit ms", "start p50 ms", "p99", "end p50 ms", "jobs/s", "cpu ms/job"
    )
    for name, measured in rounds.items():
        figures = [
            statistics.median(getattr(one, field) for one in measured)
            for field in ("submit", "start_p50", "start_p99", "end_p50", "rate", "cpu")
        ]
        times = [f"{seconds * 1000:.2f}" for seconds in figures[:4]]
        table.add_row(name, *times, f"{figures[4]:.0f}", f"{figures[5] * 1000:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
