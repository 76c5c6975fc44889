"""Runs Trio so that a run can be repeated: virtual time, and one order of all steps for each seed.

Owns: the only place where Trio's private switches of its scheduler are touched.
Never: knows what runs.

Trio shuffles the tasks that are ready with a generator of its own. Seeding that is not enough: it
keeps waiters in sets, whose order differs between processes. `_ALLOW_DETERMINISTIC_SCHEDULING` has
it sort each batch by the tasks' creation before it shuffles. Hypothesis sets both through Trio's
own door for it (`trio._core._run._hypothesis_plugin_setup`); there is none for others.

What runs here must keep to one thread: virtual time jumps on while a thread works.
"""

import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar, TypeVarTuple

import trio
import trio.testing
from trio._core import _run as scheduler

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

SWITCH: Final = "_ALLOW_DETERMINISTIC_SCHEDULING"
CHANCE: Final = "_r"


class UnknownTrioError(Exception):
    """This release of Trio has not the switches that make its scheduler repeatable."""


def run(
    act: Callable[[*Ts], Awaitable[T]],
    *args: *Ts,
    seed: int,
    instruments: Sequence[trio.abc.Instrument] = (),
) -> T:
    """What `act` returns; seconds that it waits pass at once (`trio.current_time` begins at 0).

    Raises:
        UnknownTrioError: a run could not be repeated with this Trio; nothing was run.
        Whatever `act` raises.
    """
    clock = trio.testing.MockClock(autojump_threshold=0)
    with _repeatable(seed):
        return trio.run(act, *args, clock=clock, instruments=instruments)


@contextmanager
def _repeatable(seed: int) -> Iterator[None]:
    """Seeds the scheduler for the length of the block; then it is as it was."""
    chance = getattr(scheduler, CHANCE, None)
    if not isinstance(chance, random.Random) or not hasattr(scheduler, SWITCH):
        raise UnknownTrioError(
            f"Trio {trio.__version__} has no {SWITCH} or no generator {CHANCE}, so that no "
            "simulation could be repeated. Use the release that constraints.txt names."
        )
    before = getattr(scheduler, SWITCH), chance.getstate()
    setattr(scheduler, SWITCH, True)
    chance.seed(seed)
    try:
        yield
    finally:
        setattr(scheduler, SWITCH, before[0])
        chance.setstate(before[1])
