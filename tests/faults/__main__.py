"""Plays rows of the fault matrix: `python -m tests.faults [ROW...]`.

python -m tests.faults                     all rows, the long form
python -m tests.faults F1 F8 --quick       two rows, as CI has them
python -m tests.faults F1 --round 17       one round again, as a failing row has told
"""

import dataclasses
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

import click
import trio
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.faults.rows import Row, Tally, load, play
from tests.faults.soak import soak

err = Console(stderr=True, highlight=False)
out = Console(highlight=False, width=None if sys.stdout.isatty() else 140)

COLUMNS = ("row", "", "injected", "accepted", "lost", "doubled", "left", "recovery s", "p99 ms", "")


@click.command("soak")
@click.option("--minutes", default=120.0, type=click.FloatRange(min=0, min_open=True))
@click.option("--seed", default=1, type=click.IntRange(min=0), help="Of all that is random.")
def soak_command(minutes: float, seed: int) -> None:
    """Soak a server: mixed load, and workers and servers killed at random."""
    with _bar() as bar, tempfile.TemporaryDirectory(prefix="soak-") as folder:
        task = bar.add_task("seconds", total=60 * minutes)

        def told(passed: float) -> None:
            bar.update(task, completed=int(passed))

        report = trio.run(soak, Path(folder), 60 * minutes, seed, told)
    for line in [*report.lines(), *report.breaches]:
        out.print(line, markup=False, soft_wrap=True)
    out.print("broken" if report.breaches else "holds")
    sys.exit(bool(report.breaches))


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        disable=not err.is_terminal,
    )


@click.command()
@click.argument("rows", nargs=-1, metavar="[ROW...]")
@click.option("--seed", default=1, type=click.IntRange(min=0), help="Of all that is random.")
@click.option("--quick/--long", default=False, help="The short form of CI, or all (the default).")
@click.option("--round", "only", type=click.IntRange(min=0), help="Only the round of this number.")
@click.option("--rounds", "count", type=click.IntRange(min=1), help="So many rounds of each row.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def main(
    rows: tuple[str, ...],
    seed: int,
    *,
    quick: bool,
    only: int | None,
    count: int | None,
    as_json: bool,
) -> None:
    """Bring faults about in a running server and show what became of what it had promised."""
    known = load()
    if unknown := [name for name in rows if name not in known]:
        raise click.UsageError(f"{unknown[0]!r} is no row; there are: {', '.join(known)}.")
    chosen = [row for name, row in known.items() if not rows or name in rows]
    numbers = {
        row: [only] if only is not None else row.numbers(quick=quick, count=count) for row in chosen
    }
    tallies = _play({row: some for row, some in numbers.items() if some}, seed=seed, quick=quick)
    if as_json:
        click.echo(json.dumps([_document(row, tally) for row, tally in tallies], indent=2))
    else:
        out.print(_table(tallies))
        _tell(tallies, seed)
    sys.exit(any(tally.breaches for _, tally in tallies))


def _play(rows: Mapping[Row, Sequence[int]], *, seed: int, quick: bool) -> list[tuple[Row, Tally]]:
    tallies: list[tuple[Row, Tally]] = []
    with _bar() as bar:
        for row, numbers in rows.items():
            task = bar.add_task(f"{row.name} {row.title}", total=len(numbers))
            told = partial(bar.advance, task)
            run = partial(play, row, seed=seed, quick=quick, numbers=numbers, told=told)
            tallies.append((row, trio.run(run)))
            if not err.is_terminal:
                err.print(f"{row.name}: {len(numbers)} rounds", markup=False)
    return tallies


def _table(tallies: list[tuple[Row, Tally]]) -> Table:
    table = Table(box=None, min_width=100)
    for place, name in enumerate(COLUMNS):
        justify: Literal["left", "right"] = "left" if place in (0, 1, 9) else "right"
        table.add_column(name, justify=justify, no_wrap=place != 1)
    for row, tally in tallies:
        table.add_row(
            row.name,
            row.title,
            f"{tally.injected:,}",
            f"{tally.accepted:,}",
            str(tally.lost),
            str(tally.doubled),
            str(tally.left),
            "" if tally.recovery is None else f"{tally.recovery:.2f}",
            "" if tally.others_p99 is None else f"{tally.others_p99:.0f}",
            "[red]broken[/]" if tally.breaches else "holds",
        )
    return table


def _tell(tallies: list[tuple[Row, Tally]], seed: int) -> None:
    for row, tally in tallies:
        for remark in tally.remarks:
            out.print(f"{row.name}: {remark}", markup=False, soft_wrap=True)
        for breach in tally.breaches[:20]:
            number = breach.partition(":")[0].removeprefix("round ")
            again = f" --round {number}" if number.isdigit() else ""
            out.print(f"{row.name}: {breach}", markup=False, soft_wrap=True)
            out.print(f"    again: python -m tests.faults {row.name} --seed {seed}{again}")
        if len(tally.breaches) > 20:
            out.print(f"{row.name}: and {len(tally.breaches) - 20} breaches more")


def _document(row: Row, tally: Tally) -> dict[str, object]:
    fields = dataclasses.asdict(tally)
    del fields["others"]
    return {"row": row.name, "title": row.title, **fields, "others_p99_ms": tally.others_p99,
            "holds": not tally.breaches}  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:2] == ["soak"]:
        soak_command(sys.argv[2:])
    else:
        main()
