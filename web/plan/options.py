"""The options of `stitchery plan`, and which of them go together.

Owns: their words, what they accept, and what of them contradicts itself or is too much.
Never: acts on them; plan.py does.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from actors.simulation import load
from web.plan.words import Duration, Pattern, RunTimes, Several, Size, seconds

Names = AbstractSet[str]

_COMPARABLE: Final = ("global_jobs", "per_user", "queue_size", "queue_timeout")

_BY_NOBODY: Final = {None, ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP}

JOBS_A_SECOND: Final = 350
"""That are simulated on a processor of 2023; measured. Others differ by a few times."""

_CONTRADICTIONS: Final[Sequence[tuple[Names, Names, Names, str]]] = (
    ({"data"}, {"arrivals"}, {"users", "jobs_per_user", "run_times", "capability"},
     ("--data alone has its own jobs come again: users, jobs, run times and capabilities are those "
      "of the data. With --arrivals, too, --users and --jobs say how many jobs come, and the data "
      "only how long they take")),
    ({"data", "arrivals"}, set(), {"run_times"},
     ("--data with --arrivals takes the run times from the data; leave out one of --data and "
      "--run-times")),
    (set(), {"wish_wait"}, {"wish_share", "memory_per_job"},
     "it is for the advice that --wish-wait asks for; give that, too"),
    (set(), {"measured"}, {"samples"}, "it is for --measure; give that, too"),
)  # fmt: skip
"""Options that change nothing: where the first are given and the second are not, the third."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One call of the command."""

    users: int
    jobs_per_user: int
    arrivals: str | None
    run_times: load.Chances | None
    data: Path | None
    capability: str | None
    config: Path | None
    preset: str | None
    global_jobs: tuple[int, ...]
    per_user: tuple[int, ...]
    queue_size: tuple[int, ...]
    queue_timeout: tuple[float, ...]
    seed: int
    wish_wait: float | None
    wish_share: float
    memory_per_job: int | None
    measured: bool
    samples: tuple[Path, ...]
    as_json: bool


def options() -> list[click.Parameter]:
    """All of them; their names are the fields of `Order`."""
    several_numbers = Several(click.IntRange(min=1))
    return [
        _option("--users", default=10, type=click.IntRange(1, 10**6), help="Users that come."),
        _option(
            "--jobs", "jobs_per_user", default=1, type=click.IntRange(1, 10**6), help="Of each."
        ),
        _option("--arrivals", type=Pattern(), help=f"{load.ARRIVALS}.  [together]"),
        _option("--run-times", type=RunTimes(), help=f"{load.RUN_TIMES}.  [constant:600]"),
        _option(
            "--data",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            help="Data folder of a service, which may be running: its ended jobs come again, or "
            "with --arrivals, jobs that take as long as those.",
        ),
        _option("--capability", help="Whose own limits hold besides."),
        _option(
            "--config",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="Limits from a configuration.",
        ),
        _option("--preset", help="Limits from a ready-made size."),
        _option("--global-jobs", type=several_numbers, default=(), help="Jobs at once; 1,3,5."),
        _option("--per-user", type=several_numbers, default=(), help="Of these, one user's; 1,2."),
        _option("--queue-size", type=Several(click.IntRange(min=0)), default=(), help="Waiting."),
        _option("--queue-timeout", type=Several(Duration()), default=(), help="For how long; 1h."),
        _option("--seed", default=1, help="Of chance; the same one gives the same plan."),
        _option(
            "--wish-wait",
            type=Duration(),
            help="Find limits under which jobs start in time; what you give is kept.",
        ),
        _option(
            "--wish-share",
            type=click.FloatRange(0, 1, min_open=True),
            default=0.9,
            help="How many of them: 0.9 is nine of ten.",
        ),
        _option("--memory-per-job", type=Size(), help="What one running job takes; 500M."),
        _option("--measure", "measured", is_flag=True, help="Find that out with a real stitch."),
        _option(
            "--sample",
            "samples",
            multiple=True,
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="A picture of it; may be given several times. Without, some are drawn.",
        ),
        _option("--json", "as_json", is_flag=True, help="Print JSON, for programs."),
    ]


def _option(*names: str, **facts: Any) -> click.Option:
    return click.Option(list(names), show_default=bool(facts.get("default")), **facts)


def _named() -> Names:
    """Which options the caller gave, rather than nobody."""
    context = click.get_current_context()
    return {name for name in context.params if context.get_parameter_source(name) not in _BY_NOBODY}


def check(order: Order) -> None:
    """Refuses what contradicts itself, and more than can be simulated.

    Raises:
        click.UsageError: saying what goes together.
    """
    named = _named()
    for given, absent, idle, why in _CONTRADICTIONS:
        if given <= named and not absent & named and idle & named:
            words = " and ".join(_flag(name) for name in Order.__slots__ if name in idle & named)
            raise click.UsageError(f"{words} would change nothing: {why}.")
    compared = [name for name in _COMPARABLE if len(getattr(order, name)) > 1]
    if order.wish_wait is not None and compared:
        raise click.UsageError(
            f"--wish-wait looks for one answer, and {_flag(compared[0])} names several values. "
            "Give one, which is kept, or none, or leave out the wish."
        )
    jobs = order.users * order.jobs_per_user
    if jobs > load.MOST_JOBS:
        raise click.UsageError(
            f"{order.users:,} (--users) times {order.jobs_per_user:,} (--jobs) is {jobs:,} jobs. "
            f"At most {load.MOST_JOBS:,} are simulated, which takes about "
            f"{seconds(expected(load.MOST_JOBS))} for each setting; ask for fewer."
        )


def _flag(name: str) -> str:
    [option] = [own for own in click.get_current_context().command.params if own.name == name]
    return option.opts[0]


def expected(jobs: int) -> float:
    """Seconds that simulating so many takes, about."""
    return jobs / JOBS_A_SECOND
