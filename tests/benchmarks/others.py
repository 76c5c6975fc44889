"""The users beside an attack: `python -m tests.benchmarks.others ADDRESS`, until its input ends.

Owns: a process of its own, so that what the attacker's process is busy with is not measured. One
user asks for the state of the session, the other takes small pictures in, one after the other.
Never: gives up; a refusal is an error.
"""

import json
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import httpx
import trio

from tests.service import Service, png

PAUSE = 0.02
"""Seconds between two requests of one user."""


async def ask(call: Callable[[], Awaitable[httpx.Response]], waits: list[float]) -> None:
    """Makes a call over and over; how long each took, in milliseconds.

    The last is not awaited to its end: it counts if it is the longest already.
    """
    while True:
        began = time.perf_counter()
        try:
            answer = await call()
        except trio.Cancelled:
            if (cut := 1000 * (time.perf_counter() - began)) > max(waits, default=0):
                waits.append(cut)
            raise
        waits.append(1000 * (time.perf_counter() - began))
        if not answer.is_success:
            raise RuntimeError(f"another user was refused: {answer.text}")
        await trio.sleep(PAUSE)


async def visit(address: str) -> dict[str, list[float]]:
    """What each kind of request took."""
    waits: dict[str, list[float]] = {"get": [], "put": []}
    async with AsyncExitStack() as clients, trio.open_nursery() as nursery:
        service = Service(address, Path(), 0, frozenset(), clients)
        asking, sending = await service.user(), await service.user()
        nursery.start_soon(ask, partial(asking.http.get, "/api/v1/session"), waits["get"])
        nursery.start_soon(ask, partial(sending.put, png()), waits["put"])
        sys.stdout.write("\n")
        sys.stdout.flush()
        await trio.to_thread.run_sync(sys.stdin.read, abandon_on_cancel=True)
        nursery.cancel_scope.cancel()
    return waits


if __name__ == "__main__":
    sys.stdout.write(json.dumps(trio.run(visit, sys.argv[1])))
