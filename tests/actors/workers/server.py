"""A server to be killed: two calls with their families under way, one worker idle.

Run as `python -m tests.actors.workers.server`; prints the number of every process below it.
"""

import os

import trio

from actors.workers import processes
from actors.workers.pool import Workers
from conf.settings import Workers as Settings
from tests.actors.workers import tasks
from tests.actors.workers.conftest import at_rest
from tests.actors.workers.tasks import Text


async def main() -> None:
    workers = Workers(Settings(warm=3))
    under_way = trio.Event()
    calls = 0

    def count(_: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            under_way.set()

    async def call() -> None:
        await workers.call(tasks.FOUND, Text(), on_progress=count, on_killed=lambda _: None)

    async with trio.open_nursery() as nursery:
        await nursery.start(workers.run)
        nursery.start_soon(call)
        nursery.start_soon(call)
        await under_way.wait()
        await at_rest(workers)
        below = processes.descendants(os.getpid())
        print(*(process.pid for process in below), flush=True)  # noqa: T201 - the test reads it


trio.run(main)
