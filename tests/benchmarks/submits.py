"""Durable submits a second: `python -m tests.benchmarks.submits`.

A submit is counted when its 202 is there, or its answer from the session: the job is on disk then.
Nothing runs meanwhile, so that nothing else is measured. So many submitters, each a user with a
connection of its own, submit one job after the other:

- http: at the real service in a process of its own, by clients that do no more than they must;
- tree: in this process, through the session actors.

Each of them twice, in turns: as it is, where the writes gather while a commit is under way, and
with a commit of its own for each. Medians over the rounds. `group` is how many writes a commit has;
`cpu ms` is the processor time of the service for one submit.
"""

import json
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import click
import trio
from rich.console import Console
from rich.table import Table

from actors.journal.groups import BACKLOG
from actors.journal.sqlite import SqliteJournal
from actors.messages import Options
from actors.tree import open_stitchery
from conf.settings import Concurrency, Limits, Log
from tests.benchmarks import served
from tests.benchmarks.cancel import together
from tests.benchmarks.queues.stack import processor_seconds_of
from tests.capabilities import IdleWorkers, Nap, NapRequest, nap_settings
from tests.service import Launch, Section, open_program
from web import logs
from web.service import TURN_OF_A_THREAD

SUBMITTERS: Final = (1, 10, 100)
ROUNDS: Final = 3
SECONDS: Final = 2.0
MANY: Final = 1_000_000
GROUPING: Final = {"gathered": BACKLOG, "each its own": 1}
MILLISECOND: Final = 1e3

Submit = Callable[[], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Something to submit to.

    Attributes:
        enter: another submitter's way in.
        counted: writes and commits until now.
        used: processor seconds until now.
    """

    enter: Callable[[], Awaitable[Submit]]
    counted: Callable[[], tuple[int, int]]
    used: Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One round; submits and commits a second, milliseconds until the answer."""

    submits: float
    p50: float
    p99: float
    commits: float
    group: float
    cpu: float


async def measure(ground: Ground, submitters: int) -> Measured:
    submits = [await ground.enter() for _ in range(submitters)]
    milliseconds: list[float] = []

    async def client(submit: Submit) -> None:
        while trio.current_time() < end:
            began = time.perf_counter()
            await submit()
            milliseconds.append(MILLISECOND * (time.perf_counter() - began))

    for submit in submits:
        await submit()  # and whatever is done but once is done
    (writes, commits), used = ground.counted(), ground.used()
    began, end = time.perf_counter(), trio.current_time() + SECONDS
    async with trio.open_nursery() as nursery:
        for submit in submits:
            nursery.start_soon(client, submit)
    took = time.perf_counter() - began
    now = ground.counted()
    writes, commits = now[0] - writes, now[1] - commits
    cuts = statistics.quantiles(milliseconds, n=100)
    return Measured(
        submits=len(milliseconds) / took,
        p50=cuts[49],
        p99=cuts[98],
        commits=commits / took,
        group=writes / commits,
        cpu=MILLISECOND * (ground.used() - used) / len(milliseconds),
    )


# --- over HTTP ------------------------------------------------------------------------------------


async def _send_over(stream: trio.SocketStream, request: bytes) -> None:
    """Sends one request and reads its answer, which must be a 202."""
    await stream.send_all(request)
    answer = b""
    while (head := answer.find(b"\r\n\r\n")) < 0 or len(answer) < head + 4 + _length(answer):
        got = await stream.receive_some()
        assert got, answer
        answer += got
    assert answer.startswith(b"HTTP/1.1 202 "), answer


def _length(answer: bytes) -> int:
    return int(answer.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])


@asynccontextmanager
async def http(folder: Path, backlog: int) -> AsyncIterator[Ground]:
    """The service, whose one slot is taken."""
    counts = folder / "counts"
    launch = Launch(
        command=(sys.executable, *served.COMMAND),
        environment={served.BACKLOG: str(backlog), served.COUNTS: str(counts)},
    )
    sections: dict[str, Section] = {
        "concurrency": {"max_global_jobs": 1},
        "limits": {
            "max_queue_size": MANY,
            "max_queued_per_user": MANY,
            "max_session_jobs": MANY,
        },
        "identity": {"new_sessions_per_minute": 100_000},
        "log": {"level": "warning"},
    }
    with open_program(folder / "data", launch, **sections) as program:
        async with program.visit() as service, AsyncExitStack() as streams:
            await together(await service.user(), 0)
            host, port = service.address.removeprefix("http://").split(":")

            async def enter() -> Submit:
                user = await service.user()
                stream = await trio.open_tcp_stream(host, int(port))
                await streams.enter_async_context(stream)
                body = b'{"branches":[]}'
                request = (
                    f"POST /api/v1/jobs/family HTTP/1.1\r\nHost: {host}:{port}\r\n"
                    f"Authorization: Bearer {user.token}\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(body)}\r\n\r\n"
                ).encode() + body
                return lambda: _send_over(stream, request)

            yield Ground(
                enter=enter,
                counted=lambda: served.writes_and_commits(counts),
                used=lambda: processor_seconds_of(program.pid),
            )


# --- in this process ------------------------------------------------------------------------------


@asynccontextmanager
async def tree(folder: Path, backlog: int) -> AsyncIterator[Ground]:
    """The tree, in which nothing begins."""
    settings = nap_settings(
        folder,
        concurrency=Concurrency(max_global_jobs=1),
        limits=Limits(max_queue_size=MANY, max_queued_per_user=MANY, max_session_jobs=MANY),
    )
    journal = SqliteJournal(folder, backlog=backlog)
    async with open_stitchery(
        settings, capabilities={"nap": Nap()}, journal=journal, workers=IdleWorkers()
    ) as stitchery:
        stitchery.pause("nap")
        request, options = NapRequest(), Options()

        async def enter() -> Submit:
            session = await stitchery.sessions.create()

            async def submit() -> None:
                await session.submit("nap", request, options)

            return submit

        def counted() -> tuple[int, int]:
            found = journal.statistics()
            return found.writes, found.commits

        yield Ground(enter=enter, counted=counted, used=time.process_time)


# --- all of it ------------------------------------------------------------------------------------

GROUNDS: Final[dict[str, Callable[[Path, int], AbstractAsyncContextManager[Ground]]]] = {
    "http": http,
    "tree": tree,
}

Results = dict[tuple[str, str, int], list[Measured]]


async def run(rounds: int) -> Results:
    results: Results = defaultdict(list)
    for _ in range(rounds):
        for where, open_ground in GROUNDS.items():
            for how, backlog in GROUPING.items():
                for submitters in SUBMITTERS:
                    with tempfile.TemporaryDirectory(prefix="submits-") as folder:
                        async with open_ground(Path(folder), backlog) as ground:
                            measured = await measure(ground, submitters)
                    results[where, how, submitters].append(measured)
    return results


def medians(measured: list[Measured]) -> dict[str, float]:
    return {
        field.name: statistics.median(getattr(each, field.name) for each in measured)
        for field in fields(Measured)
    }


@click.command()
@click.option("--rounds", default=ROUNDS, show_default=True)
@click.option("--json", "wants_json", is_flag=True, help="As JSON.")
def main(rounds: int, wants_json: bool) -> None:  # noqa: FBT001 -- click's
    """Prints durable submits a second."""
    logs.set_up(Log(level="warning"))
    sys.setswitchinterval(TURN_OF_A_THREAD)
    found = {key: medians(measured) for key, measured in trio.run(run, rounds).items()}
    if wants_json:
        rows = [
            {"where": where, "how": how, "submitters": submitters, **numbers}
            for (where, how, submitters), numbers in found.items()
        ]
        click.echo(json.dumps(rows, indent=1))
        return
    heads = ("submits/s", "p50 ms", "p99 ms", "commits/s", "group", "cpu ms")
    table = Table("", "", "submitters", *heads, title="durable submits")
    for (where, how, submitters), numbers in found.items():
        rate, *others = numbers.values()
        cells = (f"{rate:,.0f}", *(f"{number:.2f}" for number in others))
        table.add_row(where, how, str(submitters), *cells)
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
