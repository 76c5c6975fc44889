"""Plays chaos for as many jobs as wanted: `python -m tests.simulation --jobs 1000000 --seed 1`.

A seed that breaks a promise is printed and stays: `--seed N --jobs 1` plays that day again, to the
same trace. The exit status is 1 then.
"""

import sys

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from tests.simulation.chaos import JOBS, Day, play

console = Console(stderr=True, highlight=False)


@click.command()
@click.option("--jobs", default=10_000, type=click.IntRange(min=1), help="Jobs to play, at least.")
@click.option("--seed", default=1, type=click.IntRange(min=0), help="Of the first day.")
@click.option("--go-on", is_flag=True, help="Do not end at the first seed that breaks a promise.")
def main(jobs: int, seed: int, *, go_on: bool) -> None:
    """Play days of chaos, each of another seed, until so many jobs were asked for."""
    days: list[Day] = []
    broken: list[Day] = []
    bar = Progress(
        TextColumn("seed {task.fields[seed]}"),
        BarColumn(),
        TextColumn("{task.completed:,} of {task.total:,} jobs"),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task("", total=jobs, seed=seed)
        while sum(day.jobs for day in days) < jobs and (go_on or not broken):
            day = play(seed + len(days))
            days.append(day)
            bar.update(task, advance=day.jobs, seed=day.seed)
            if day.broken:
                broken.append(day)
                click.echo(f"seed {day.seed}: {day.broken}")
                click.echo(f"  again: python -m tests.simulation --seed {day.seed} --jobs 1")
    asked, accepted = (sum(getattr(day, of) for day in days) for of in ("jobs", "accepted"))
    checks = sum(day.checks for day in days)
    click.echo(
        f"{len(days):,} seeds of about {JOBS} jobs: {asked:,} asked for, {accepted:,} accepted, "
        f"{checks:,} checks, {len(broken)} seed(s) broke a promise; "
        f"the last trace is {days[-1].trace[:16]}"
    )
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
