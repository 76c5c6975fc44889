"""The work of `family`: a tree of processes, some of which do all they can to get away.

Owns: the processes, in the worker. Each branch is five of them: a child in the worker's group, its
child, one in a session of its own, and two daemons by the double fork, deaf to SIGTERM and SIGHUP,
one with a session of its own and one without.
Never: ends; who cancels the job ends it.
"""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, NoReturn

from actors.messages import Progress
from actors.workers.call import Report

BRANCH: Final = 5
"""Processes of one branch."""


@dataclass(frozen=True, slots=True)
class Order:
    """How many branches."""

    branches: int


@dataclass(frozen=True, slots=True)
class Together:
    """Nothing: it is never told."""


def found(order: Order, report: Report) -> Together:
    """Starts them, reports their numbers when all are there, and stays."""
    reading, writing = os.pipe()

    def stay(*, apart: bool = False) -> NoReturn:
        if apart:
            os.setsid()
        os.write(writing, b"%d\n" % os.getpid())
        while True:
            signal.pause()

    for _ in range(order.branches):
        _fork(lambda: (_fork(stay), stay()))
        _fork(partial(stay, apart=True))
        _daemon(partial(stay, apart=True))
        _daemon(stay)
    pids = [str(os.getpid())]
    with os.fdopen(reading) as lines:
        pids += [next(lines).strip() for _ in range(BRANCH * order.branches)]
    report(Progress(fraction=0, step="together", message=" ".join(pids)))
    while True:
        signal.pause()


def _fork(act: Callable[[], object]) -> int:
    """A child that acts and ends; its number."""
    child = os.fork()
    if child == 0:
        try:
            act()
        finally:
            os._exit(1)
    return child


def _daemon(act: Callable[[], object]) -> None:
    """A grandchild whose parent has gone."""

    def deaf() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        act()

    os.waitpid(_fork(lambda: _fork(deaf)), 0)
