"""The command: sets up, lets the contenders take turns, prints the tables.

Owns: the order of it all, what is told meanwhile (on standard error), and that nothing is left.
"""

import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from actors.workers import processes
from tests.benchmarks.queues import peers, report
from tests.benchmarks.queues.contenders import CONTENDERS, RECORDS, Contender, Record
from tests.benchmarks.queues.measure import Environment, Measured, measure
from tests.benchmarks.queues.stack import StackBrokeError

ROUNDS = 3

Results = dict[Record, dict[Contender, list[Measured]]]


def say(text: str) -> None:
    click.echo(f"{time.strftime('%H:%M:%S')} {text}", err=True)


def set_up(contenders: Sequence[Contender], folder: Path) -> Environment:
    """What the contenders need.

    Raises:
        MissingError: something is not on the PATH or cannot be installed.
    """
    runtimes = {contender.runtime for contender in contenders}
    if any(contender.redis for contender in contenders):
        peers.find("redis-server")
    if "node" in runtimes:
        peers.find("node")
    say("setting up the peers")
    return Environment(
        python=peers.install_python(folder) if "python" in runtimes else None,
        node=peers.install_node(folder) if "node" in runtimes else None,
        folder=folder,
    )


def flush_ms(folder: Path) -> float:
    """Median of what it takes this disk to make one byte last."""
    seconds = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(200):
            file.write(b".")
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            seconds.append(time.perf_counter() - began)
    return 1000 * statistics.median(seconds)


def take_turns(contenders: Sequence[Contender], place: Environment, jobs: int) -> Results:
    """All rounds."""
    results: Results = {record: defaultdict(list) for record in RECORDS}
    turns = [(record, each) for record in RECORDS for each in contenders if record in each.records]
    for number in range(1, ROUNDS + 1):
        load, flush = os.getloadavg()[0], flush_ms(place.folder)
        say(f"round {number} of {ROUNDS}; load {load:.1f}, a flush takes {flush:.2f} ms")
        for record, contender in turns:
            measured = measure(contender, record, place, jobs)
            results[record][contender].append(measured)
            say(
                f"  {record}, {contender.name}: {measured['rate of 1']:.0f} jobs/s, "
                f"start {measured['start p50']:.2f} ms, idle {measured['memory']:.0f} MiB"
            )
    return results


def as_json(results: Results) -> str:
    """Every number of every round."""
    return json.dumps(
        {
            record: {
                each.name: {"setting": each.setting, "rounds": rounds}
                for each, rounds in found.items()
            }
            for record, found in results.items()
        },
        indent=1,
    )


def show(results: Results) -> None:
    console = Console(width=170)
    for record, rounds in results.items():
        if rounds:
            console.print(report.table(f"{record}: median and range of {ROUNDS} rounds", rounds))
            console.print(report.places(rounds))
            console.print(report.parts(rounds))


@click.command()
@click.option(
    "--contenders",
    multiple=True,
    type=click.Choice([each.name for each in CONTENDERS]),
    help="Only these; may be repeated.",
)
@click.option("--jobs", default=2000, show_default=True, help="Most jobs of one flood.")
@click.option("--json", "wants_json", is_flag=True, help="Every number of every round.")
def main(contenders: tuple[str, ...], jobs: int, wants_json: bool) -> None:  # noqa: FBT001 -- click's
    """Prints Stitchery beside the queues that people would pick instead."""
    chosen = [each for each in CONTENDERS if not contenders or each.name in contenders]
    processes.adopt_orphans()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with tempfile.TemporaryDirectory(prefix="queues-") as folder:
            results = take_turns(chosen, set_up(chosen, Path(folder)), jobs)
    except (peers.MissingError, StackBrokeError) as error:
        raise click.ClickException(str(error)) from error
    finally:
        processes.sweep(set())
    if wants_json:
        click.echo(as_json(results))
    else:
        show(results)


if __name__ == "__main__":
    main()
