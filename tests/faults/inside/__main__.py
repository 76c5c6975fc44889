"""Plays accidents at every point and prints what came of it: `python -m tests.faults.inside`.

One point again: `--row NAME --at N --seed S`. The exit status is 1 when anything did not hold.
"""

import sys
import time

import click

from tests.faults.inside.plan import ROWS, again
from tests.faults.inside.stage import play


@click.command()
@click.option("--row", default="", help="Only rows with this in their name.")
@click.option("--at", type=int, default=None, help="Only this point.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--short", is_flag=True, help="As CI does.")
def main(row: str, at: int | None, seed: int, *, short: bool) -> None:
    """Print a line for each row: injections, and what did not hold."""
    failed = injected = 0
    for found in (one for name, one in ROWS.items() if row in name):
        began = time.perf_counter()
        if at is None:
            plays = list(found.play(full=not short, seed=seed))
        else:
            plays = [play(found.name, found.drama, at, seed)]
        broken = [played for played in plays if played.breaches]
        count = len(plays) * found.each
        failed, injected = failed + len(broken), injected + count
        seconds = time.perf_counter() - began
        click.echo(f"{found.name:52} {count:6,} injected {len(broken):4} failed {seconds:7.1f} s")
        for played in broken[:5]:
            click.echo(f"    {played}\n    again: {again(played)}")
    click.echo(f"{injected:,} injected, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
