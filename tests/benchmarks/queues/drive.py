"""The client of a peer: `python -m tests.benchmarks.queues.drive MODULE`.

Owns: what clients are ordered to do and how they tell what came of it: a line of JSON each, on
standard input and output. Ends when its input ends.
Never: needs more than the standard library, knows a peer: MODULE has `submit()` and `result(job)`.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from importlib import import_module
from typing import Any, Protocol

from tests.benchmarks.queues import job

LOOK = 0.002
"""Seconds between two looks at how many jobs have begun."""


class Peer(Protocol):
    """What a peer's module has."""

    def submit(self) -> Any:
        """Submits a job; what its result can be had with."""

    def result(self, submitted: Any) -> float:
        """Waits for a job's result: when the job began."""


@dataclass(frozen=True)
class Waits:
    """What jobs one after the other took, in seconds from just before they were submitted."""

    submit: list[float] = field(default_factory=list)
    start: list[float] = field(default_factory=list)
    result: list[float] = field(default_factory=list)

    def add(self, before: float, submitted: float, started: float, ended: float) -> None:
        """Adds a job by when things happened."""
        self.submit.append(submitted - before)
        self.start.append(started - before)
        self.result.append(ended - before)


def orders() -> Iterator[dict[str, Any]]:
    """What the clients are to do."""
    for line in sys.stdin:
        yield json.loads(line)


def tell(what: object) -> None:
    """Answers an order."""
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()


def one_by_one(peer: Peer, jobs: int, seconds: float) -> Waits:
    """Each job as soon as the one before has ended, as many as `seconds` allow."""
    waits, enough = Waits(), time.monotonic() + seconds
    for _ in range(jobs):
        before = time.monotonic()
        submitted = peer.submit()
        after = time.monotonic()
        started = peer.result(submitted)
        waits.add(before, after, started, time.monotonic())
        if time.monotonic() > enough:
            break
    return waits


def flood(submit: Callable[[], object], jobs: int, clients: int) -> float:
    """All jobs as fast as so many clients can; seconds until the last has begun."""
    turns, all_begun = iter(range(jobs)), job.counted() + jobs

    def client() -> None:
        for _ in turns:
            submit()

    began = time.monotonic()
    others = [threading.Thread(target=client) for _ in range(clients - 1)]
    for other in others:
        other.start()
    client()
    for other in others:
        other.join()
    while job.counted() < all_begun:
        time.sleep(LOOK)
    return time.monotonic() - began


def main(peer: Peer) -> None:
    """Does as told until nobody is there to tell."""
    for order in orders():
        if order["do"] == "one by one":
            tell(asdict(one_by_one(peer, order["jobs"], order["seconds"])))
        else:
            tell({"seconds": flood(peer.submit, order["jobs"], order["clients"])})


if __name__ == "__main__":
    main(import_module(sys.argv[1]))
