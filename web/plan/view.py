"""What `stitchery plan` prints: the table, the plots, the advice; or all of it as JSON.

Owns: the rows, the bars, the sentences.
Never: computes what it shows.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from rich.table import Table

from actors.simulation.advice import Advice, Capacity, Need, Trial
from actors.simulation.report import Report, Waits
from web.consoles import out
from web.plan.measure import Measured
from web.plan.words import count, number, seconds, share, size

BAR: Final = 32
"""Characters of a full bar."""

_LEVELS: Final = " ▁▂▃▄▅▆▇█"

Named = Sequence[tuple[str, Report]]
Value = Callable[[Report], float | None]


@dataclass(frozen=True, slots=True)
class Advised:
    """The advice, and what it was asked for.

    Attributes:
        wait, share: the wish: so large a share of jobs is to start within so many seconds.
        given: what stays as it is, by its name in the configuration.
    """

    advice: Advice
    wait: float
    share: float
    machine: Capacity
    need: Need
    given: Mapping[str, int]


def show(reports: Named, advised: Advised | None, measured: Measured | None) -> None:
    """Prints all for people."""
    if measured is not None:
        out.print(
            f"One stitch here took {seconds(measured.seconds)}, {size(measured.memory)} and "
            f"{count(measured.processors, 'processor')}.\n"
        )
    out.print(_table(reports))
    for plot in _PLOTS:
        _plot(plot, reports)
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
            "settings" if found.met else "nearest": to_paste(advised),
        }
    return json.dumps(plan, indent=2, ensure_ascii=False)


def to_paste(advised: Advised) -> dict[str, dict[str, int]]:
    """The recommended settings, as a configuration file has them; what was given is unchanged."""
    found = advised.advice
    return {
        "concurrency": {
            "max_global_jobs": found.best.global_jobs,
            "max_jobs_per_user": found.best.per_user,
        },
        "limits": {"max_queue_size": advised.given.get("max_queue_size", found.queue_size)},
    }


# --- the table ------------------------------------------------------------------------------------


NEVER_FULL: Final = "never all taken"
NONE_BEGAN: Final = "none began"
NONE_SUCCEEDED: Final = "none succeeded"


def _of(waits: Waits | None, name: str, otherwise: str) -> str:
    return otherwise if waits is None else seconds(getattr(waits, name))


def _while_busy(report: Report) -> str:
    return NEVER_FULL if report.per_hour_busy is None else number(report.per_hour_busy)


_WAITS: Final = (("mean", "mean"), ("half within", "p50"), ("90 %", "p90"), ("99 %", "p99"))

_ROWS: Final[Sequence[tuple[str, Callable[[Report], str]]]] = (
    ("jobs an hour, all slots taken", _while_busy),
    ("jobs an hour, over all", lambda report: number(report.per_hour)),
    *(
        (
            f"wait to start, {words}",
            lambda report, name=name: _of(report.to_start, name, NONE_BEGAN),
        )
        for words, name in _WAITS
    ),
    *(
        (
            f"time to finish, {words}",
            lambda report, name=name: _of(report.to_finish, name, NONE_SUCCEEDED),
        )
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
    table.add_column(f"{count(first.jobs, 'job')} of {count(first.users, 'user')}", no_wrap=True)
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


@dataclass(frozen=True, slots=True)
class _Plot:
    """One value of each report, drawn as bars.

    Attributes:
        full: the value that fills a bar; None: the largest of those that are shown.
        otherwise: why there is no value.
    """

    title: str
    value: Value
    words: Callable[[float], str]
    full: float | None = None
    otherwise: str = ""


_PLOTS: Final = (
    _Plot("jobs an hour, all slots taken", lambda report: report.per_hour_busy, number,
          otherwise=f"no bar: {NEVER_FULL}"),
    _Plot("mean wait to start", lambda report: _wait(report, "mean"), seconds,
          otherwise=f"no bar: {NONE_BEGAN}"),
    _Plot("90 % wait at most", lambda report: _wait(report, "p90"), seconds,
          otherwise=f"no bar: {NONE_BEGAN}"),
    _Plot("slots in use, of 100 %", lambda report: report.utilisation, share, full=1),
)  # fmt: skip


def _plot(plot: _Plot, reports: Named) -> None:
    """A bar for each setting, all on one scale.

    Where the largest of them is the scale, one alone would fill it whatever it is: none is drawn.
    """
    if plot.full is None and len(reports) == 1:
        return
    values = [plot.value(report) for _, report in reports]
    full = plot.full or max((found or 0 for found in values), default=0)
    width = max(len(name) for name, _ in reports)
    out.print(f"\n{plot.title}", style="bold")
    for (name, _), found in zip(reports, values, strict=True):
        shown = plot.otherwise if found is None else f"{_bar(found, full)} {plot.words(found)}"
        out.print(f"  {name:<{width}} {shown}", markup=False, soft_wrap=True)


def _bar(value: float, full: float) -> str:
    return "█" * (round(BAR * value / full) if full else 0) or "▏"


def _curves(reports: Named) -> None:
    """How many waited, from the beginning to the end; all on one scale."""
    highest = max(max(report.waiting) for _, report in reports)
    width = max(len(name) for name, _ in reports)
    out.print("\nhow many wait, from the first job to the last", style="bold")
    for name, report in reports:
        curve = "".join(_level(level, highest) for level in report.waiting)
        out.print(
            f"  {name:<{width}} {curve} {seconds(report.last_finish)}", markup=False, soft_wrap=True
        )


def _level(waiting: int, highest: int) -> str:
    if not waiting:
        return _LEVELS[0]
    return _LEVELS[max(1, round(waiting / highest * (len(_LEVELS) - 1)))]


# --- the advice -----------------------------------------------------------------------------------


def _tell(advised: Advised) -> None:
    found, wish = advised.advice, f"{share(advised.share)} of jobs within {seconds(advised.wait)}"
    _say(f"\nThe wish: start {wish}.", style="bold")
    if found.met:
        _say(f"The smallest limits that meet it: {_limits(found.best)}.")
    else:
        _say(f"It cannot be met here: {_obstacle(advised)}.", style="yellow")
        _say(f"Nearest to it: {_limits(found.best)}.")
    _say(_why(advised))
    if found.best.global_jobs > found.bound.slots:
        _say("What you gave is more than this machine holds.", style="yellow")
    _say(
        "\nTo paste into the configuration:"
        if found.met
        else "\nThe nearest, which does not meet the wish:",
        style="bold",
    )
    _say(json.dumps(to_paste(advised)))


def _obstacle(advised: Advised) -> str:
    needed = advised.advice.needed
    if needed is not None:
        return f"it takes {_limits(needed)}, which is more than this machine holds"
    if advised.given:
        kept = ", ".join(f"{name} {value:,}" for name, value in advised.given.items())
        return f"with what is given ({kept}) no other limits meet it"
    return "some jobs wait for what no limit changes"


def _say(text: str, style: str | None = None) -> None:
    out.print(text, style=style, markup=False, soft_wrap=not out.is_terminal)


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
        f"{count(machine.processors, 'processor')}, a job keeps {number(need.processors)} busy"
        f"{memory}."
    )
