"""One contender, once: started, weighed, driven, and what came of it.

Owns: what is asked of each client, in which order and for how long.
Never: treats one contender otherwise than another.
"""

import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from actors.estimate import quantile
from tests.benchmarks.queues import peers
from tests.benchmarks.queues.contenders import REDIS, Contender, Record
from tests.benchmarks.queues.stack import Stack, StackBrokeError, open_stack

ROOT = Path(__file__).parents[3]
MEMORY = Path("/dev/shm")  # noqa: S108 -- where counting costs no disk; in a folder of our own

WARM_UP = 10
SETTLE = 0.7
"""Seconds in which a stack comes to rest before it is weighed."""

LATENCY = 2.0
"""Seconds that jobs one after the other may take."""

FLOOD = 1.5
"""Seconds that a flood should take: a contender that is slow is given fewer jobs."""

MANY = 64
FEW = 20
MILLISECOND = 1000.0
PATIENCE = 20.0


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Where the peers are; None where none was asked for."""

    python: Path | None
    node: Path | None
    folder: Path


Measured = Mapping[str, float]
"""Numbers of one round, by what they are; those of `report.COLUMNS` and more."""


def measure(contender: Contender, record: Record, place: Environment, jobs: int) -> Measured:
    """One round of one contender.

    Raises:
        StackBrokeError: it could not be measured; the text is what its processes said.
    """
    with _running(contender, record, place) as stack:
        stack.ask(do="flood", jobs=WARM_UP, clients=1)
        stack.ask(do="one by one", jobs=WARM_UP, seconds=LATENCY)
        time.sleep(SETTLE)
        memory = stack.mebibytes()
        waits = stack.ask(do="one by one", jobs=jobs // 5, seconds=LATENCY)
        return {
            "memory": sum(memory.values()),
            **{f"memory: {role}": size for role, size in memory.items()},
            "waits": len(waits["start"]),
            "submit p50": MILLISECOND * quantile(waits["submit"], 0.5),
            **_quantiles("start", waits["start"]),
            **_quantiles("result", waits["result"]),
            **_flood(stack, jobs, 1),
            **_flood(stack, jobs, MANY),
        }


def _quantiles(what: str, seconds: list[float]) -> Measured:
    return {
        f"{what} p50": MILLISECOND * quantile(seconds, 0.5),
        f"{what} p99": MILLISECOND * quantile(seconds, 0.99),
    }


def _flood(stack: Stack, jobs: int, clients: int) -> Measured:
    """A first flood warms up, and tells how large the one that counts may be."""
    first = max(FEW, clients)
    seconds = stack.ask(do="flood", jobs=first, clients=clients)["seconds"]
    number = min(jobs, max(first, int(FLOOD * first / seconds)))
    before = stack.processor_seconds()
    seconds = stack.ask(do="flood", jobs=number, clients=clients)["seconds"]
    after = stack.processor_seconds()
    used = {role: MILLISECOND * (after[role] - before[role]) / number for role in after}
    return {
        f"flood of {clients}": number,
        f"rate of {clients}": number / seconds,
        f"processor of {clients}": sum(used.values()),
        **{f"processor of {clients}: {role}": spent for role, spent in used.items()},
    }


@contextmanager
def _running(contender: Contender, record: Record, place: Environment) -> Iterator[Stack]:
    """The contender with all that it needs, in folders that go away."""
    folder = Path(tempfile.mkdtemp(dir=place.folder))
    with tempfile.NamedTemporaryFile(dir=MEMORY if MEMORY.is_dir() else folder) as counts:
        environment = _environment(contender, record, place, folder)
        try:
            with open_stack(folder, {**environment, "QUEUES_COUNTS": counts.name}) as stack:
                _start(stack, contender, record, place, folder)
                yield stack
        finally:
            shutil.rmtree(folder)


def _environment(
    contender: Contender, record: Record, place: Environment, folder: Path
) -> dict[str, str]:
    environment = {
        "PYTHONPATH": str(ROOT),
        "NODE_PATH": str(place.node),
        "QUEUES_DATA": str(folder),
        "QUEUES_RECORD": record,
    }
    if contender.redis:
        environment["QUEUES_REDIS"] = str(_socket(folder))
    return environment


def _socket(folder: Path) -> Path:
    return folder / "redis"


def _start(
    stack: Stack, contender: Contender, record: Record, place: Environment, folder: Path
) -> None:
    if contender.redis:
        only = ("--port", "0", "--unixsocket", str(_socket(folder)), "--dir", str(folder))
        stack.start("redis", [peers.find("redis-server"), *only, "--save", "", *REDIS[record]])
        _wait_for(_socket(folder), stack)
    words = {"python": place.python, "here": Path(__file__).parent, "redis": _socket(folder)}
    if contender.worker:
        stack.start("worker", [word.format(**words) for word in contender.worker])
    stack.start("client", [word.format(**words) for word in contender.client])


def _wait_for(socket: Path, stack: Stack) -> None:
    until = time.monotonic() + PATIENCE
    while not socket.exists():
        if time.monotonic() > until:
            raise StackBrokeError(stack.logs())
        time.sleep(0.01)
