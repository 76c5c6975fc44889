"""The tables: medians and ranges, best first in each column.

Owns: which numbers are shown and what is better. Never: measures.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.table import Table

from tests.benchmarks.queues.contenders import Contender
from tests.benchmarks.queues.measure import MANY, Measured


@dataclass(frozen=True)
class Column:
    """One number of a contender."""

    key: str
    title: str
    more_is_better: bool = False


COLUMNS: Final = (
    Column("rate of 1", "jobs/s\n1 client", more_is_better=True),
    Column(f"rate of {MANY}", f"jobs/s\n{MANY} clients", more_is_better=True),
    Column("start p50", "start ms\np50"),
    Column("start p99", "start ms\np99"),
    Column("result p50", "result ms\np50"),
    Column("result p99", "result ms\np99"),
    Column("processor of 1", "cpu ms/job\n1 client"),
    Column(f"processor of {MANY}", f"cpu ms/job\n{MANY} clients"),
    Column("memory", "idle MiB"),
)

ROLES: Final = ("redis", "worker", "client")

Rounds = Mapping[Contender, Sequence[Measured]]


def table(title: str, rounds: Rounds) -> Table:
    """One table; the best of each column is bold."""
    shown = Table("", *(column.title for column in COLUMNS), title=title, show_lines=True)
    best = {column: _ranking(column, rounds)[0] for column in COLUMNS}
    for contender, measured in rounds.items():
        cells = [_cell(column, measured, best[column] is contender) for column in COLUMNS]
        shown.add_row(contender.name, *cells)
    return shown


def places(rounds: Rounds) -> Table:
    """In which place each contender is, column by column."""
    shown = Table("place", *(column.title for column in COLUMNS), "setting")
    rankings = [_ranking(column, rounds) for column in COLUMNS]
    for contender in rounds:
        ranks = [str(ranking.index(contender) + 1) for ranking in rankings]
        shown.add_row(contender.name, *ranks, contender.setting)
    return shown


def parts(rounds: Rounds) -> Table:
    """Which of its processes use the processor with one client, and the memory."""
    whole = {"processor of 1": "cpu ms/job", "memory": "idle MiB"}
    shown = Table("of which", *(f"{title}\n{role}" for title in whole.values() for role in ROLES))
    for contender, measured in rounds.items():
        keys = [f"{key}: {role}" for key in whole for role in ROLES]
        cells = [_short(_median(key, measured)) if key in measured[0] else "" for key in keys]
        shown.add_row(contender.name, *cells)
    return shown


def _median(key: str, measured: Sequence[Measured]) -> float:
    return statistics.median(each[key] for each in measured)


def _ranking(column: Column, rounds: Rounds) -> list[Contender]:
    """The contenders, the best first."""
    return sorted(
        rounds,
        key=lambda contender: _median(column.key, rounds[contender]),
        reverse=column.more_is_better,
    )


def _cell(column: Column, measured: Sequence[Measured], best: bool) -> str:  # noqa: FBT001 -- a word
    numbers = [each[column.key] for each in measured]
    median = _short(statistics.median(numbers))
    between = f"\n{_short(min(numbers))}-{_short(max(numbers))}"
    return f"[bold]{median}[/bold]{between}" if best else f"{median}{between}"


def _short(number: float) -> str:
    """Three digits, or as many as there are before the point."""
    return f"{number:.{max(0, 2 - len(str(int(number))) + 1)}f}"
