"""The command `stitchery plan`: what a load would meet under these limits, or under those.

Owns: what is compared with what, and the order of the work.
Never: has options of its own (options.py), simulates (actors/simulation), prints numbers
(view.py).
"""

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from pydantic import ValidationError
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from actors.errors import StitcheryError
from actors.simulation import advice, history, load
from actors.simulation.clockwork import UnknownTrioError
from actors.simulation.lived import Lived
from actors.simulation.load import Arrival
from actors.simulation.play import play
from actors.simulation.report import Report, report, share_within
from conf.load import DEFAULT, Resolved
from conf.settings import DAY, CapabilitySettings, Concurrency, Limits, Log, Settings
from web import logs
from web.consoles import err
from web.plan import view
from web.plan.measure import CAPABILITY, Measured, measure, this_capacity
from web.plan.options import Order, check, expected, options
from web.plan.words import count, seconds
from web.terminal import EXIT_FAILED, complain, plainly, run

T = TypeVar("T")

Resolve = Callable[[Path | None, str | None, Mapping[str, Mapping[str, Any]]], Resolved]

ANY_WORK: Final = "work"
"""What is simulated where no capability is named: it has no limits of its own."""

MOST_COMPARED: Final = 24
"""Settings side by side; more than that nobody reads."""

_RESTLESS: Final = 100_000
"""Minutes before a simulated session leaves memory. Nobody meets the difference; coming back takes
a third of a simulation's time."""

_LIFTED: Final[Mapping[str, Mapping[str, float]]] = {
    "concurrency": {"queue_timeout": 30 * DAY},
    "limits": {"max_queue_size": 10**6, "max_session_jobs": 10**6, "max_sessions": 10**6},
}
"""Limits that nobody set do not refuse or expire anybody in a plan made of flags alone."""

_LONG: Final = 5.0
"""Seconds after which people ask themselves whether anything happens."""

_INTERRUPTED: Final = 130
"""As shells tell of a command that SIGINT ended."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the settings that are compared, and its name: what differs from the others."""

    name: str
    settings: Settings

    @property
    def slots(self) -> int:
        """How many jobs it lets run at once."""
        own = sum(section.max_running for section in self.settings.capabilities.values())
        return min(self.settings.concurrency.max_global_jobs, own)


def command(resolve: Resolve) -> click.Command:
    """The command; `resolve` reads the configuration, or ends the program."""

    def act(**given: Any) -> None:
        order = Order(**given)
        check(order)
        logs.set_up(Log(level="error"))
        with plainly(StitcheryError, OSError, UnknownTrioError, history.NoHistoryError):
            _carry_out(order, resolve)

    return click.Command(
        "plan",
        callback=act,
        params=options(),
        short_help="Tell what users would meet under these limits, or under those.",
        help="Tell what users would meet under these limits, or under those.\n\n"
        "Runs the real service's queues on virtual time with simulated work. Settings given as "
        "1,3,5 are compared side by side. Without --config or --preset nobody is refused and no "
        "wait is too long, unless you say so.\n\n"
        "Ends with 1 when a wish (--wish-wait) cannot be met here, and shows what is nearest.",
    )  # fmt: skip


def _carry_out(order: Order, resolve: Resolve) -> None:
    resolved = resolve(order.config, order.preset, {})
    measured = _measured(order, resolve) if order.measured else None
    arrivals = _arrivals(order, measured)
    variants = _variants(order, resolved, sorted({arrival.capability for arrival in arrivals}))
    _announce(len(arrivals), len(variants), wishing=order.wish_wait is not None)
    with _told_progress(len(variants)) as tell:
        played = [
            (variant, tell(variant.name, variant.settings, arrivals, order.seed))
            for variant in variants
        ]
        reports = [(variant.name, report(lived, variant.slots)) for variant, lived in played]
        queue_given = resolved.origins["limits.max_queue_size"] != DEFAULT
        found = _advice(order, variants[0].settings, arrivals, measured, tell, queue_given)
    if order.as_json:
        click.echo(view.as_json(reports, found, measured))
    else:
        view.show(reports, found, measured)
    if found is not None and not found.advice.met:
        sys.exit(EXIT_FAILED)


# --- the load -------------------------------------------------------------------------------------


def _arrivals(order: Order, measured: Measured | None) -> list[Arrival]:
    """The jobs that come: as they came to a live service, or as the flags say."""
    past = history.ended_jobs(order.data) if order.data else []
    if past and order.arrivals is None and order.run_times is None:
        return history.as_load(past)
    if order.run_times is not None:
        run_times = order.run_times
    elif past:
        run_times = load.drawn_from(history.run_times(past))
    else:
        run_times = load.run_times_of(f"constant:{measured.seconds if measured else 600}")
    return load.load_of(
        users=order.users,
        jobs_per_user=order.jobs_per_user,
        capability=order.capability or (CAPABILITY if measured else ANY_WORK),
        arrivals=order.arrivals or "together",
        run_times=run_times,
        seed=order.seed,
    )


def _measured(order: Order, resolve: Resolve) -> Measured:
    with tempfile.TemporaryDirectory(prefix="stitchery-") as folder:
        settings = resolve(order.config, order.preset, {"storage": {"data": folder}}).settings
        err.print("Measuring with a real stitch …", style="dim")
        return run(measure, settings, order.samples)


# --- the settings ---------------------------------------------------------------------------------


def _variants(order: Order, resolved: Resolved, capabilities: Sequence[str]) -> list[Variant]:
    """Every combination of what is to be compared; combinations that nobody can set are left out.

    Raises:
        click.UsageError: none is left, or there are too many.
    """
    axes: dict[str, tuple[Any, ...]] = {
        "global jobs": order.global_jobs,
        "per user": order.per_user,
        "queue size": order.queue_size,
        "queue timeout": order.queue_timeout,
    }
    given = {name: values for name, values in axes.items() if values}
    base = _base(order, resolved, capabilities)
    choices = [dict(zip(given, values, strict=True)) for values in product(*given.values())]
    if len(choices) > MOST_COMPARED:
        raise click.UsageError(f"These are {len(choices)} settings; compare {MOST_COMPARED}.")
    mistakes: list[str] = []
    variants = []
    for choice in choices:
        try:
            variants.append(Variant(_name(choice, given), changed(base, choice)))
        except ValidationError as error:
            mistakes += [mistake["msg"].removeprefix("Value error, ") for mistake in error.errors()]
    if not variants:
        raise click.UsageError("None of these settings can be set: " + "; ".join(mistakes))
    for mistake in mistakes:
        complain(f"Left out: {mistake}")
    return variants


def _base(order: Order, resolved: Resolved, capabilities: Sequence[str]) -> Settings:
    """The settings of the configuration, with what they lack for these capabilities."""
    settings = resolved.settings
    if order.capability is not None and order.capability not in settings.capabilities:
        known = ", ".join(settings.capabilities)
        raise click.UsageError(f"There is no capability {order.capability!r}; there are {known}.")
    anything = CapabilitySettings(run_timeout=30 * DAY)
    sections: dict[str, Any] = {
        "capabilities": {name: settings.capabilities.get(name, anything) for name in capabilities},
        "sessions": settings.sessions.model_copy(update={"idle_minutes": _RESTLESS}),
    }
    if order.config is None and order.preset is None:
        for name, lifted in _LIFTED.items():
            own = {
                key: value
                for key, value in lifted.items()
                if resolved.origins[f"{name}.{key}"] == DEFAULT
            }
            sections[name] = getattr(settings, name).model_copy(update=own)
    return settings.model_copy(update=sections)


def changed(base: Settings, choice: Mapping[str, Any]) -> Settings:
    """The settings with other limits. One user's share is lowered with the whole, unless given.

    Raises:
        ValidationError: the configuration would not take these.
    """
    concurrency = base.concurrency.model_dump()
    concurrency["max_global_jobs"] = choice.get("global jobs", concurrency["max_global_jobs"])
    concurrency["max_jobs_per_user"] = choice.get(
        "per user", min(concurrency["max_jobs_per_user"], concurrency["max_global_jobs"])
    )
    concurrency["queue_timeout"] = choice.get("queue timeout", concurrency["queue_timeout"])
    limits = base.limits.model_dump()
    limits["max_queue_size"] = choice.get("queue size", limits["max_queue_size"])
    return base.model_copy(
        update={
            "concurrency": Concurrency.model_validate(concurrency),
            "limits": Limits.model_validate(limits),
        }
    )


def _name(choice: Mapping[str, Any], given: Mapping[str, Sequence[Any]]) -> str:
    """What differs between the settings; of one that is alone, what was given."""
    several = {name for name, values in given.items() if len(values) > 1} or set(given)
    words = [f"{name} {value:g}" for name, value in choice.items() if name in several]
    return ", ".join(words) or "these settings"


# --- the advice -----------------------------------------------------------------------------------

Tell = Callable[[str, Settings, Sequence[Arrival], int], list[Lived]]


def _advice(
    order: Order,
    settings: Settings,
    arrivals: Sequence[Arrival],
    measured: Measured | None,
    tell: Tell,
    queue_given: bool,  # noqa: FBT001 -- one of the things that the advice is made of
) -> view.Advised | None:
    if order.wish_wait is None:
        return None
    wish_wait = order.wish_wait
    machine = this_capacity()
    memory = order.memory_per_job or (measured.memory if measured else 0)
    need = advice.Need(memory=memory, processors=measured.processors if measured else 1.0)

    def attempt(global_jobs: int, per_user: int) -> advice.Trial:
        tried = changed(settings, {"global jobs": global_jobs, "per user": per_user})
        lived = tell(f"trying {global_jobs}, {per_user} a user", tried, arrivals, order.seed)
        numbers: Report = report(lived, global_jobs)
        return advice.Trial(
            global_jobs=global_jobs,
            per_user=per_user,
            share=share_within(lived, wish_wait),
            most_waiting=numbers.most_waiting,
        )

    own = settings.concurrency.max_jobs_per_user
    given: dict[str, int] = {}
    if order.global_jobs:
        given["max_global_jobs"] = settings.concurrency.max_global_jobs
    if order.per_user or order.config or order.preset:
        given["max_jobs_per_user"] = own
    if order.queue_size or queue_given:
        given["max_queue_size"] = settings.limits.max_queue_size
    found = advice.advise(
        attempt,
        wish=order.wish_share,
        bound=advice.bound_of(machine, need),
        per_user=given.get("max_jobs_per_user"),
        slots=given.get("max_global_jobs"),
        most=min(advice.MOST_SLOTS, len(arrivals)),
    )
    return view.Advised(found, wish_wait, order.wish_share, machine, need, given)


# --- how far it is --------------------------------------------------------------------------------


def _announce(jobs: int, settings: int, *, wishing: bool) -> None:
    """Where no bar can show how far it is: once, what takes so long, unless it does not."""
    if err.is_terminal or expected(jobs * settings) < _LONG:
        return
    under = f" under {settings} settings" if settings > 1 else ""
    again = "; the search for what meets the wish takes that several times" if wishing else ""
    words = f"Simulating {jobs:,} jobs{under}, about {seconds(expected(jobs * settings))}{again}."
    err.print(words, soft_wrap=True)


@contextmanager
def _told_progress(settings: int) -> Iterator[Tell]:
    """Plays loads, and draws on a terminal how far each is. Ctrl-C ends the program with 130."""
    # Drawn from the simulation's own steps: a thread that draws would need its turns.
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=err,
        auto_refresh=False,
        disable=not err.is_terminal,
        transient=True,
    )

    def tell(name: str, tried: Settings, arrivals: Sequence[Arrival], seed: int) -> list[Lived]:
        task = bars.add_task(name, total=len(arrivals))
        step = max(1, len(arrivals) // 100)

        def on_ended(ended: int) -> None:
            if ended % step == 0 or ended == len(arrivals):
                bars.update(task, completed=ended, refresh=True)

        return play(tried, arrivals, seed=seed, on_ended=on_ended)

    interrupted = False
    try:
        with bars:
            yield tell
    except* KeyboardInterrupt:
        interrupted = True
    if interrupted:
        complain(f"Stopped by SIGINT; {count(settings, 'setting')} to be played.")
        sys.exit(_INTERRUPTED)
