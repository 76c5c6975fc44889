"""How long a cancel takes until it can be believed: `python -m tests.benchmarks.cancel`.

Over HTTP at the real service in a process of its own, by one user at a time. Three cases:

- queued: jobs that wait behind one that runs;
- running: jobs whose worker has a tree of 30 processes (families.py), with daemons among them;
- killed: the server itself gets SIGKILL while such a job runs.

The first two are measured from the sending of DELETE to its answer; when that is there, /proc is
asked for every process of the tree, and what still lives is counted as left. The third is measured
from the signal to the end of the last process. Milliseconds.
"""

import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import trio
from rich.console import Console
from rich.table import Table

from actors.estimate import quantile
from actors.workers import processes
from actors.workers.processes import Process
from tests.benchmarks.families import BRANCH
from tests.benchmarks.served import COMMAND
from tests.service import WAIT, Json, Launch, Program, Service, User, open_program, told

BRANCHES = 6
PROCESSES = BRANCH * BRANCHES
MILLISECOND = 1e3


@dataclass(frozen=True, kw_only=True)
class Case:
    """What came of one case; `left` are processes that lived when they were to be gone."""

    case: str
    times: int
    p50: float
    p99: float
    longest: float
    processes: int
    left: int


def case(what: str, seconds: list[float], *, processes: int = 0, left: int = 0) -> Case:
    times = [MILLISECOND * each for each in seconds]
    p50, p99 = quantile(times, 0.5), quantile(times, 0.99)
    return Case(
        case=what,
        times=len(times),
        p50=p50,
        p99=p99,
        longest=max(times),
        processes=processes,
        left=left,
    )


@contextmanager
def program(folder: Path) -> Iterator[Program]:
    """The service with a new data folder, one job at a time."""
    launch = Launch(command=(sys.executable, *COMMAND))
    data = Path(tempfile.mkdtemp(dir=folder)) / "data"
    with open_program(data, launch, concurrency={"max_global_jobs": 1}) as program:
        yield program


async def submit(user: User, branches: int) -> str:
    body = {"branches": [str(number) for number in range(branches)]}
    return str(told(await user.http.post("/api/v1/jobs/family", json=body), 202)["id"])


async def together(user: User, branches: int) -> tuple[str, set[Process]]:
    """A job with all of its processes, as soon as they are there."""
    async with user.watch() as watch:
        id = await submit(user, branches)

        def told_of_it(message: Json) -> bool:
            return message.get("type") == "progress" and message["job"] == id

        while not told_of_it(message := await watch.next()):
            pass
    pids = message["progress"]["message"].split()
    found = {process for pid in pids if (process := processes.identify(int(pid)))}
    assert len(found) == BRANCH * branches + 1, "some ended by themselves"
    return id, found


async def timed_cancel(user: User, id: str) -> tuple[float, Json]:
    """Seconds until the answer, and the answer."""
    began = time.perf_counter()
    answer = await user.cancel(id)
    return time.perf_counter() - began, told(answer)


async def queued(service: Service, times: int) -> Case:
    user = await service.user()
    running, _ = await together(user, 0)
    seconds = []
    for _ in range(times):
        took, job = await timed_cancel(user, await submit(user, 0))
        assert job["state"] == "cancelled"
        seconds.append(took)
    await user.cancel(running)
    return case("queued", seconds)


async def running(service: Service, times: int) -> Case:
    user = await service.user()
    seconds, left, ended = [], 0, 0
    for _ in range(times):
        id, family = await together(user, BRANCHES)
        took, job = await timed_cancel(user, id)
        left += sum(map(processes.is_alive, family))
        ended = job["receipt"]["processes_ended"]
        seconds.append(took)
    return case("running", seconds, processes=ended, left=left)


async def killed(folder: Path) -> tuple[float, int]:
    """Seconds until the last process of a job was gone after its server was; those that stayed."""
    with program(folder) as served:
        async with served.visit() as service:
            _, family = await together(await service.user(), BRANCHES)
            everything = family | service.processes()
        began = time.perf_counter()
        os.kill(served.pid, signal.SIGKILL)
        alive = everything
        while alive and time.perf_counter() - began < WAIT:
            alive = set(filter(processes.is_alive, alive))
        return time.perf_counter() - began, len(alive)


async def measure(folder: Path, times_queued: int, times_running: int, lives: int) -> list[Case]:
    with program(folder) as served:
        async with served.visit() as service:
            cases = [await queued(service, times_queued), await running(service, times_running)]
    ends = [await killed(folder) for _ in range(lives)]
    seconds, left = [took for took, _ in ends], sum(stayed for _, stayed in ends)
    return [*cases, case("killed", seconds, processes=PROCESSES + 1, left=left)]


@click.command()
@click.option("--queued", "times_queued", default=200, show_default=True, help="Queued jobs.")
@click.option("--running", "times_running", default=50, show_default=True, help="Running jobs.")
@click.option("--lives", default=10, show_default=True, help="Servers to kill.")
@click.option("--json", "wants_json", is_flag=True, help="As JSON.")
def main(times_queued: int, times_running: int, lives: int, wants_json: bool) -> None:  # noqa: FBT001 -- click's
    """Prints how long a cancel takes, and what it leaves."""
    with tempfile.TemporaryDirectory(prefix="cancel-") as folder:
        cases = trio.run(measure, Path(folder), times_queued, times_running, lives)
    if wants_json:
        click.echo(json.dumps([asdict(each) for each in cases], indent=1))
        return
    table = Table("case", "times", "p50 ms", "p99 ms", "longest ms", "processes", "left")
    for each in cases:
        numbers = (f"{each.p50:.1f}", f"{each.p99:.1f}", f"{each.longest:.1f}")
        table.add_row(each.case, str(each.times), *numbers, str(each.processes), str(each.left))
    Console().print(table)


if __name__ == "__main__":
    main()
