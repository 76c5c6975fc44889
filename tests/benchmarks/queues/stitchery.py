"""Stitchery, embedded: `python -m tests.benchmarks.queues.stitchery tree|worker`.

Owns: the client beside the tree in one process. The argument says where jobs run.
Never: goes around the tree: it submits to sessions and watches them, as the faces do.
"""

import sys
import time
from dataclasses import asdict

import structlog
import trio

from actors.capability import Request
from actors.lifecycle import has_ended
from actors.messages import JobChanged, JobRecord, Options
from actors.progress import Watcher
from actors.session import Session
from tests.benchmarks.queues import job
from tests.benchmarks.queues.drive import LOOK, Waits, orders, tell
from tests.benchmarks.queues.nothing import SLOTS, open_tree


async def submit(session: Session) -> str:
    return (await session.submit("nothing", Request(), Options())).record.id


async def ended(watcher: Watcher, id: str) -> JobRecord:
    while True:
        match await watcher.next():
            case JobChanged(view=view) if view.record.id == id and has_ended(view.record.state):
                return view.record


async def one_by_one(session: Session, jobs: int, seconds: float) -> Waits:
    waits, enough = Waits(), time.monotonic() + seconds
    with session.watch() as watcher:
        for _ in range(jobs):
            before = time.monotonic()
            id = await submit(session)
            after = time.monotonic()
            record = await ended(watcher, id)
            assert record.result is not None
            waits.add(before, after, record.result.data["began"], time.monotonic())
            if time.monotonic() > enough:
                break
    return waits


async def flood(sessions: list[Session], jobs: int) -> float:
    turns, all_begun = iter(range(jobs)), job.counted() + jobs

    async def client(session: Session) -> None:
        for _ in turns:
            await submit(session)

    began = time.monotonic()
    async with trio.open_nursery() as nursery:
        for session in sessions:
            nursery.start_soon(client, session)
    while job.counted() < all_begun:  # noqa: ASYNC110 -- as the other contenders' clients do
        await trio.sleep(LOOK)
    return time.monotonic() - began


async def main(*, in_worker: bool) -> None:
    async with open_tree(in_worker=in_worker, warm=SLOTS if in_worker else 0) as stitchery:
        sessions = [await stitchery.sessions.create()]
        to_do = orders()
        while order := await trio.to_thread.run_sync(next, to_do, None):
            if order["do"] == "one by one":
                tell(asdict(await one_by_one(sessions[0], order["jobs"], order["seconds"])))
                continue
            while len(sessions) < order["clients"]:
                sessions.append(await stitchery.sessions.create())
            tell({"seconds": await flood(sessions[: order["clients"]], order["jobs"])})


if __name__ == "__main__":
    errors = structlog.PrintLoggerFactory(sys.stderr)  # standard output is for answers
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger("warning"), logger_factory=errors
    )
    trio.run(lambda: main(in_worker=sys.argv[1] == "worker"))
