"""Durable appends a second: the journal against one commit for each write.

`python -m tests.benchmarks.journal [FOLDER]` writes below FOLDER (the one for temporary files
unless given) and removes what it wrote. Both contenders carry out the same statements with the
same durability (SQLite, write-ahead log, synchronous FULL), in turns within one run, so that the
ratios hold on a busy machine; the rates are those of this disk. Printed are medians over the
rounds; of the ratio also the smallest and the largest.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import trio
from rich.console import Console
from rich.table import Table

from actors.journal.opening import open_store
from actors.journal.sqlite import SqliteJournal
from actors.journal.statements import add_job, add_session
from actors.journal.store import Write
from actors.messages import JobRecord, SessionRecord
from tests.actors.journal.makers import a_job, a_session, opened

WRITERS = (1, 10, 100)
ROUNDS = 7
SECONDS = 1.0
REQUEST = '{"inputs": [{"file": "01m817k8sxh1cs15gq7qjffn4k"}], "layout": "vertical", "gap": 0}'

Append = Callable[[JobRecord], Awaitable[None]]
Contender = Callable[[Path, SessionRecord], AbstractAsyncContextManager[Append]]


@dataclass(frozen=True, slots=True)
class Result:
    """What one contender did in one round: appends a second, milliseconds until the answer."""

    rate: float
    p50: float
    p99: float


@asynccontextmanager
async def journal(folder: Path, session: SessionRecord) -> AsyncIterator[Append]:
    """The journal as it is."""
    async with opened(SqliteJournal(folder)) as journal:
        await journal.add_session(session)
        yield journal.add_job


@asynccontextmanager
async def one_commit_each(folder: Path, session: SessionRecord) -> AsyncIterator[Append]:
    """The same store, with a thread hop and a commit for each write."""
    store = await trio.to_thread.run_sync(open_store, folder)
    turn = trio.CapacityLimiter(1)

    async def append(job: JobRecord) -> None:
        write = Write(add_job(job, None, age=0))
        await trio.to_thread.run_sync(store.commit, [write], limiter=turn)
        if write.error is not None:
            raise write.error

    try:
        await trio.to_thread.run_sync(store.commit, [Write(add_session(session, age=0))])
        yield append
    finally:
        await trio.to_thread.run_sync(store.close)


async def measure(contender: Contender, folder: Path, writers: int) -> Result:
    """Lets so many writers append one job after the other for `SECONDS`."""
    session = a_session()
    milliseconds: list[float] = []

    async def writer() -> None:
        while trio.current_time() < end:
            began = time.perf_counter()
            await append(a_job(session.id, request=REQUEST))
            milliseconds.append((time.perf_counter() - began) * 1e3)

    async with contender(folder, session) as append:
        began, end = time.perf_counter(), trio.current_time() + SECONDS
        async with trio.open_nursery() as nursery:
            for _ in range(writers):
                nursery.start_soon(writer)
        took = time.perf_counter() - began
    cuts = statistics.quantiles(milliseconds, n=100)
    return Result(len(milliseconds) / took, cuts[49], cuts[98])


def row(writers: int, ours: list[Result], theirs: list[Result]) -> list[str]:
    """One line of the table: medians, and how many times as many appends."""
    ratios = [our.rate / their.rate for our, their in zip(ours, theirs, strict=True)]
    cells = [str(writers)]
    for results in (ours, theirs):
        cells += [
            f"{statistics.median(result.rate for result in results):,.0f}",
            f"{statistics.median(result.p50 for result in results):.2f}",
            f"{statistics.median(result.p99 for result in results):.2f}",
        ]
    return [*cells, f"{statistics.median(ratios):.1f} ({min(ratios):.1f}-{max(ratios):.1f})"]


async def main(parent: str | None) -> None:
    """Measures and prints."""
    heads = [f"{who} {what}" for who in ("journal", "each") for what in ("/s", "p50 ms", "p99 ms")]
    table = Table("writers", *heads, "times as many", title="durable appends")
    for writers in WRITERS:
        ours: list[Result] = []
        theirs: list[Result] = []
        for _ in range(ROUNDS):
            for contender, results in ((journal, ours), (one_commit_each, theirs)):
                with tempfile.TemporaryDirectory(dir=parent) as folder:
                    results.append(await measure(contender, Path(folder), writers))
        table.add_row(*row(writers, ours, theirs))
    Console().print(table)


if __name__ == "__main__":
    trio.run(main, sys.argv[1] if len(sys.argv) > 1 else None)
