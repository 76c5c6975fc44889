"""What `stitchery plan` prints: the table, the plots, the advice; or all of it as JSON.

Owns: the rows, the bars, the sentences.
Never: computes what it shows.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from rich.table import Table

from actors.simulation.advice import Advice, Capacity, Need, Trial
from actors.simulation.report import Report, Waits
from web.measure import Measured
from web.plan_words import number, seconds, share, size
from web.terminal import out

BAR: Final = 32
"""Characters of the longest bar."""

_LEVELS: Final = " ▁▂▃▄▅▆▇█"

Named = Sequence[tuple[str, Report]]
Value = Callable[[Report], float | None]


@dataclass(frozen=True, slots=True)
class Advised:
    """The advice, and what it was asked for."""

    advice: Advice
    wait: float
    share: float
    machine: Capacity
    need: Need


def show(reports: Named, advised: Advised | None, measured: Measured | None) -> None:
    """Prints all for people."""
    if measured is not None:
        out.print(
            f"One stitch here took {seconds(measured.seconds)}, {size(measured.memory)} and "
            f"{number(measured.processors)} processor(s).\n"
        )
    out.print(_table(reports))
    for title, value, words in _PLOTS:
        _plot(title, reports, value, words)
    _curves(reports)
    if advised is not None:
        _tell(advised)


def as_json(reports: Named, advised: Advised | None, measured: Measured | None) -> str:
    """All for programs; times in seconds, shares from 0 to 1, memory in bytes."""
    plan: dict[str, object] = {
        "settings": [{"name": name, **asdict(report)} for name, report in reports]
    }
    if measured is not None:
        plan["measured"] = asdict(measured)
    if advised is not None:
        found = advised.advice
        plan["advice"] = {
            "met": found.met,
            "best": asdict(found.best),
            "needed": None if found.needed is None else asdict(found.needed),
            "bound": asdict(found.bound),
            "settings": to_paste(found),
        }
    return json.dumps(plan, indent=2, ensure_ascii=False)


def to_paste(found: Advice) -> dict[str, dict[str, int]]:
    """The recommended settings, as a configuration file has them."""
    return {
        "concurrency": {
            "max_global_jobs": found.best.global_jobs,
            "max_jobs_per_user": found.best.per_user,
        },
        "limits": {"max_queue_size": found.queue_size},
    }


# --- the table ------------------------------------------------------------------------------------


def _of(waits: Waits | None, name: str) -> str:
    return seconds(None if waits is None else getattr(waits, name))


_WAITS: Final = (("mean", "mean"), ("half within", "p50"), ("90 %", "p90"), ("99 %", "p99"))

_ROWS: Final[Sequence[tuple[str, Callable[[Report], str]]]] = (
    ("jobs an hour, all slots taken", lambda report: number(report.per_hour_busy)),
    ("jobs an hour, over all", lambda report: number(report.per_hour)),
    *(
        (f"wait to start, {words}", lambda report, name=name: _of(report.to_start, name))
        for words, name in _WAITS
    ),
    *(
        (f"time to finish, {words}", lambda report, name=name: _of(report.to_finish, name))
        for words, name in _WAITS
    ),
    ("last job ends after", lambda report: seconds(report.last_finish)),
    ("slots in use", lambda report: share(report.utilisation)),
    ("most waiting at once", lambda report: number(report.most_waiting)),
    ("fairness of slots (Jain)", lambda report: f"{report.fairness_slots:.3f}"),
    ("fairness of waits (Jain)", lambda report: f"{report.fairness_waits:.3f}"),
)


def _table(reports: Named) -> Table:
    _, first = reports[0]
    table = Table(box=None, pad_edge=False)
    table.add_column(f"{first.jobs:,} jobs of {first.users:,} users", no_wrap=True)
    for name, _ in reports:
        table.add_column(name, justify="right", overflow="fold")
    for words, cell in _ROWS:
        table.add_row(words, *(cell(report) for _, report in reports))
    ends = sorted({end for _, report in reports for end in report.ends} | {"refused", "expired"})
    for end in ends:
        table.add_row(
            end.replace("_", " "), *(number(report.ends.get(end, 0)) for _, report in reports)
        )
    return table


# --- the plots ------------------------------------------------------------------------------------


def _wait(report: Report, name: str) -> float | None:
    return None if report.to_start is None else float(getattr(report.to_start, name))


_PLOTS: Final[Sequence[tuple[str, Value, Callable[[float | None], str]]]] = (
    ("jobs an hour, all slots taken", lambda report: report.per_hour_busy, number),
    ("mean wait to start", lambda report: _wait(report, "mean"), seconds),
    ("90 % wait at most", lambda report: _wait(report, "p90"), seconds),
    ("slots in use", lambda report: report.utilisation, lambda value: share(value or 0)),
)


def _plot(title: str, reports: Named, value: Value, words: Callable[[float | None], str]) -> None:
    """A bar for each setting; those of one plot share their scale."""
    values = [value(report) for _, report in reports]
    longest = max((found or 0 for found in values), default=0)
    width = max(len(name) for name, _ in reports)
    out.print(f"\n{title}", style="bold")
    for (name, _), found in zip(reports, values, strict=True):
        length = round(BAR * (found or 0) / longest) if longest else 0
        out.print(f"  {name:<{width}} {'█' * length}{'▏' * (not length)} {words(found)}")


def _curves(reports: Named) -> None:
    """How many waited, from the beginning to the end; all on one scale."""
    highest = max(max(report.waiting) for _, report in reports)
    width = max(len(name) for name, _ in reports)
    out.print("\nhow many wait, from the first job to the last", style="bold")
    for name, report in reports:
        curve = "".join(_level(count, highest) for count in report.waiting)
        out.print(
            f"  {name:<{width}} {curve} {seconds(report.last_finish)}", markup=False, soft_wrap=True
        )


def _level(count: int, highest: int) -> str:
    if not count:
        return _LEVELS[0]
    return _LEVELS[max(1, round(count / highest * (len(_LEVELS) - 1)))]


# --- the advice -----------------------------------------------------------------------------------


def _tell(advised: Advised) -> None:
    found, wish = advised.advice, f"{share(advised.share)} of jobs within {seconds(advised.wait)}"
    out.print(f"\nThe wish: start {wish}.", style="bold")
    if found.met:
        out.print(f"The smallest limits that meet it: {_limits(found.best)}.")
    elif found.needed is None:
        out.print("No limits meet it: some jobs wait for what no limit changes.", style="yellow")
        out.print(f"As near as this machine comes: {_limits(found.best)}.")
    else:
        out.print(f"It takes {_limits(found.needed)}, which is more than this machine holds.")
        out.print(f"As near as this machine comes: {_limits(found.best)}.", style="yellow")
    out.print(_why(advised))
    out.print("\nTo paste into the configuration:", style="bold")
    out.print(json.dumps(to_paste(found)), markup=False, soft_wrap=True)


def _limits(trial: Trial) -> str:
    return (
        f"{trial.global_jobs} at once, {trial.per_user} of one user "
        f"({share(trial.share)} start in time, at most {trial.most_waiting:,} wait)"
    )


def _why(advised: Advised) -> str:
    bound, need, machine = advised.advice.bound, advised.need, advised.machine
    memory = (
        f"; of {size(machine.memory)} memory a fifth is kept free, and a job takes "
        f"{size(need.memory)}"
        if need.memory
        else "; what a job takes of its memory is not known (--memory-per-job, --measure)"
    )
    return (
        f"This machine holds {bound.slots:,} at once, bounded by its {bound.by}: it has "
        f"{machine.processors} processor(s), a job keeps {number(need.processors)} busy{memory}."
    )
