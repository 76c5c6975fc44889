"""Prints what was measured, for people and for programs.

Owns: the tables' columns and the JSON's form.
Never: measures or judges.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rich.table import Table

from tests.benchmarks.stitching.contenders import OURS
from tests.benchmarks.stitching.goals import MEGABYTE, Verdict
from tests.benchmarks.stitching.runs import Line, Lines

_NUMBERS = ("seconds", "x ours", "wall s", "cpu s", "memory MB", "result MB", "mean", "most", "dB")


def lines_of(title: str, lines: Lines) -> Table:
    """A workload's contenders, one a line."""
    table = Table("contender", title=title, title_justify="left", caption_justify="left")
    for name in _NUMBERS:
        table.add_column(name, justify="right")
    ours = lines[OURS].middle if OURS in lines else None
    for name, line in lines.items():
        table.add_row(name, *_cells(line, ours.seconds if ours else None))
    refused = [f"{name}: {line.refused[:200]}" for name, line in lines.items() if line.refused]
    table.caption = "\n".join(refused) or None
    return table


def _cells(line: Line, ours: float | None) -> list[str]:
    found = line.middle
    if found is None:
        return ["refused"]
    return [
        f"{found.seconds:.4f}",
        f"{found.seconds / ours:.2f}" if ours else "",
        f"{found.wall:.2f}",
        f"{found.cpu:.2f}",
        f"{found.memory / MEGABYTE:.0f}",
        f"{found.size / MEGABYTE:.2f}",
        *_distance(line.difference),
    ]


def _distance(found: Mapping[str, Any]) -> list[str]:
    if "words" in found:
        return [str(found["words"])]
    if not found:
        return []
    loudness = f"{found['decibels']:.1f}" if "decibels" in found else "same"
    return [f"{found['mean']:.3f}", f"{found['most']}", loudness]


def goals_of(verdicts: list[Verdict]) -> Table:
    """The goals, met and missed."""
    table = Table("work", "goal", "reached", "", title="goals", title_justify="left")
    words = {True: "met", False: "[bold red]missed[/]", None: "not measured"}
    for verdict in verdicts:
        table.add_row(verdict.workload, verdict.aim, verdict.reached, words[verdict.met])
    return table


def as_json(
    found: Mapping[str, Lines], verdicts: list[Verdict], about: Mapping[str, Any]
) -> dict[str, Any]:
    """Every number of every run."""
    return {
        "about": dict(about),
        "workloads": {
            workload: {name: asdict(line) for name, line in lines.items()}
            for workload, lines in found.items()
        },
        "goals": [asdict(verdict) for verdict in verdicts],
    }
