"""Stitchery over HTTP: `python -m tests.benchmarks.queues.over_http server|client`.

Owns: the service with its edge and its routes, put together from the product's own parts, since
`stitchery serve` has no capability that does nothing; and its users, who keep their connections.
Never: is both in one process. The server writes its address into the data folder.
"""

import os
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path

import trio

from conf.settings import Log
from tests.benchmarks.queues import job
from tests.benchmarks.queues.drive import LOOK, Waits, orders, tell
from tests.benchmarks.queues.nothing import SLOTS, open_tree
from tests.service import ENDS, Json, Service, User, told, until
from web import logs
from web.app import build_app
from web.server import serve
from web.service import TURN_OF_A_THREAD

ADDRESS = Path(os.environ["QUEUES_DATA"]) / "address"


async def server() -> None:
    sys.setswitchinterval(TURN_OF_A_THREAD)
    logs.set_up(Log(level="warning"))
    async with open_tree(in_worker=False, warm=SLOTS) as stitchery, trio.open_nursery() as nursery:
        options = stitchery.services.settings.server
        listen = partial(serve, build_app(stitchery), options, shutdown=trio.Event())
        address = await nursery.start(listen)
        part = ADDRESS.with_suffix(".part")
        part.write_text(address)
        part.rename(ADDRESS)


async def submit(user: User) -> str:
    return str(told(await user.http.post("/api/v1/jobs/nothing", json={}), 202)["id"])


def has_ended(id: str, view: Json) -> bool:
    return view["id"] == id and view["state"] in ENDS


async def one_by_one(user: User, jobs: int, seconds: float) -> Waits:
    waits, enough = Waits(), time.monotonic() + seconds
    async with user.watch() as watch:
        for _ in range(jobs):
            before = time.monotonic()
            id = await submit(user)
            after = time.monotonic()
            ended = await watch.job(partial(has_ended, id))
            waits.add(before, after, ended["result"]["data"]["began"], time.monotonic())
            if time.monotonic() > enough:
                break
    return waits


async def flood(users: list[User], jobs: int) -> float:
    turns, all_begun = iter(range(jobs)), job.counted() + jobs

    async def client(user: User) -> None:
        for _ in turns:
            await submit(user)

    began = time.monotonic()
    async with trio.open_nursery() as nursery:
        for user in users:
            nursery.start_soon(client, user)
    while job.counted() < all_begun:  # noqa: ASYNC110 -- as the other contenders' clients do
        await trio.sleep(LOOK)
    return time.monotonic() - began


async def client() -> None:
    await until(ADDRESS.exists)
    async with AsyncExitStack() as clients:
        service = Service(ADDRESS.read_text(), ADDRESS.parent, 0, frozenset(), clients)
        users = [await service.user()]
        to_do = orders()
        while order := await trio.to_thread.run_sync(next, to_do, None):
            if order["do"] == "one by one":
                tell(asdict(await one_by_one(users[0], order["jobs"], order["seconds"])))
                continue
            while len(users) < order["clients"]:
                users.append(await service.user())
            tell({"seconds": await flood(users[: order["clients"]], order["jobs"])})


if __name__ == "__main__":
    trio.run(server if sys.argv[1] == "server" else client)
