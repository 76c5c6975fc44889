"""What it costs to let a child process compute: `python -m tests.benchmarks.dispatch`.

Prints medians, and the 99th of a hundred where there are enough. The machine's load is in every
number: compare within one run, with `thread` and `pipe`, which are the floor there.
"""

import os
import socket
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import trio
from rich.console import Console
from rich.table import Table

from actors.messages import Progress
from actors.workers.call import Call
from actors.workers.pool import Workers
from conf.settings import Workers as Settings
from tests.actors.workers import tasks
from tests.actors.workers.conftest import Caller
from tests.actors.workers.tasks import Text

CALLS = 2000
ROUNDS = 15
PICTURES = ("PIL.Image", "PIL.JpegImagePlugin", "PIL.PngImagePlugin", "PIL.WebPImagePlugin")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    median: str
    worst: str = ""


def times(what: str, seconds: list[float]) -> Row:
    """Milliseconds of many."""
    enough = len(seconds) >= 100
    worst = f"{sorted(seconds)[len(seconds) * 99 // 100] * 1e3:.3f} ms" if enough else ""
    return Row(what, f"{statistics.median(seconds) * 1e3:.3f} ms", worst)


async def timed(work: Callable[[], Awaitable[object]], rounds: int) -> list[float]:
    """Seconds of each of so many runs."""
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        await work()
        seconds.append(time.perf_counter() - began)
    return seconds


@asynccontextmanager
async def running(workers: Workers) -> AsyncIterator[Caller]:
    """Somebody who may call the pool while the block lasts."""
    async with trio.open_nursery() as nursery:
        await nursery.start(workers.run)
        yield Caller(workers)
        nursery.cancel_scope.cancel()


async def floors() -> list[Row]:
    """What it takes Trio to reach a thread, and 64 bytes to reach a process and come back."""
    with echoing() as channel:
        stream = trio.SocketStream(trio.socket.from_stdlib_socket(channel))

        async def there_and_back() -> None:
            await stream.send_all(b"x" * 64)
            await stream.receive_some(64)

        pipes = await timed(there_and_back, CALLS)
        await stream.aclose()
    threads = await timed(partial(trio.to_thread.run_sync, int), CALLS)
    return [times("floor: a thread", threads), times("floor: a bare pipe", pipes)]


@contextmanager
def echoing() -> Iterator[socket.socket]:
    """A process that sends back what it gets, until the channel is closed."""
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        ours.close()
        while data := os.read(theirs.fileno(), 64):
            os.write(theirs.fileno(), data)
        os._exit(0)
    theirs.close()
    yield ours
    os.waitpid(child, 0)


async def dispatch() -> list[Row]:
    """A call of nothing to a warm worker."""
    async with running(Workers(Settings(warm=1))) as ask:
        await timed(partial(ask, tasks.ECHO, Text()), 50)
        before = time.process_time()
        seconds = await timed(partial(ask, tasks.ECHO, Text()), CALLS)
        spent = (time.process_time() - before) / CALLS
    return [
        times("dispatch to a warm worker, and back", seconds),
        times("  of that, processor time of the server", [spent]),
    ]


async def cold(what: str, preload: tuple[str, ...]) -> list[Row]:
    """From nothing to the first answer."""
    seconds = []
    for _ in range(ROUNDS):
        async with running(Workers(Settings(warm=0), preload=preload)) as ask:
            seconds += await timed(partial(ask, tasks.ECHO, Text()), 1)
    return [times(what, seconds)]


async def kills() -> list[Row]:
    """From the cancel to its end, and on to the next answer where there is no second worker."""
    alone: list[float] = []
    family: list[float] = []
    again: list[float] = []
    async with running(Workers(Settings(warm=1), max_workers=1)) as ask:
        for _ in range(ROUNDS):
            for call, ended in ((tasks.SLEEP, alone), (tasks.FOUND, family)):
                began = await cancelled(ask, call)
                ended.append(time.perf_counter() - began)
                await ask(tasks.ECHO, Text())
                again.append(time.perf_counter() - began)
    return [
        times("cancel, until the worker is gone", alone),
        times("cancel, until it and three others are gone, one a daemon", family),
        times("cancel, until the next answer of the only worker", again),
    ]


async def cancelled(ask: Caller, call: Call[Text, Any]) -> float:
    """Cancels at the first word; when that was."""
    began = 0.0
    with trio.CancelScope() as scope:

        def cancel(_: Progress) -> None:
            nonlocal began
            began = time.perf_counter()
            scope.cancel()

        ask.on_progress = cancel
        await ask(call, Text())
    return began


async def weights(what: str, preload: tuple[str, ...]) -> list[Row]:
    """Memory of a warm worker and its guard."""
    async with running(Workers(Settings(warm=1), preload=preload)) as ask:
        worker = (await ask(tasks.WHOAMI, Text())).number
        return [
            Row(what, mebibytes(worker)),
            Row(f"{what}: its guard", mebibytes(parent(worker))),
        ]


def parent(pid: int) -> int:
    """From proc_pid_stat(5)."""
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    return int(stat.rpartition(")")[2].split()[1])


def mebibytes(pid: int) -> str:
    """Resident and proportional size, from proc_pid_smaps(5)."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    sizes = {line.split(":")[0]: int(line.split()[1]) for line in text.splitlines()[1:]}
    return f"RSS {sizes['Rss'] / 1024:.1f} PSS {sizes['Pss'] / 1024:.1f} MiB"


async def measure() -> list[Row]:
    """All rows, one part after the other."""
    return [
        *await floors(),
        *await dispatch(),
        *await cold("cold start, until the first answer", ()),
        *await cold("cold start with Pillow", PICTURES),
        *await kills(),
        *await weights("warm worker", ()),
        *await weights("warm worker with Pillow", PICTURES),
    ]


def main() -> None:
    """Measures and prints."""
    table = Table("what", "median", "99 of 100 below", title="child processes")
    for row in trio.run(measure):
        table.add_row(row.what, row.median, row.worst)
    Console().print(table)


if __name__ == "__main__":
    main()
