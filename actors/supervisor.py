"""Starts the children in order, restarts the fallen within a budget, stops all in reverse.

Owns: the order, the restart budget, and the tasks in which the children run.
Never: knows what a child does. A child keeps its state on its object, not in its task, so that a
restarted one goes on where it stood.

The scheme is Erlang's one-for-one supervisor with `intensity` and `period` (OTP, `supervisor`):
more restarts than the budget allows mean that restarting does not help, so the whole tree ends
with an error and the process with a non-zero status; the journal brings the rest back.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import trio

from actors.logs import Log

log = Log("supervisor")

INTENSITY = 5
PERIOD = 30.0
"""Restarts allowed within so many seconds. OTP's default of 1 in 5 s is for trees that restart
whole machines' worth of processes; ours has a handful of children that all share one journal."""


class Actor(Protocol):
    """What can be supervised: runs until cancelled, tells when it is ready, may run again."""

    async def run(self, *, task_status: trio.TaskStatus[None]) -> None:
        """Serves until cancelled; returning is a breakdown like any other error."""


class BudgetSpentError(Exception):
    """Children fell more often than restarting can mend."""


class ReturnedError(Exception):
    """A child came back without having been stopped."""


class Budget:
    """Counts restarts. Pure: the time comes in as an argument.

    Args:
        intensity: restarts allowed within `period` seconds.
    """

    def __init__(self, intensity: int = INTENSITY, period: float = PERIOD) -> None:
        self._intensity = intensity
        self._period = period
        self._restarts: deque[float] = deque()

    def spend(self, now: float) -> bool:
        """Whether one more restart at `now` is within the budget; counts it."""
        self._restarts.append(now)
        while self._restarts[0] <= now - self._period:
            self._restarts.popleft()
        return len(self._restarts) <= self._intensity


@dataclass(eq=False, slots=True)
class _Child:
    """One child; `proven` tells that it has started once, so that restarting it makes sense."""

    name: str
    actor: Actor
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    gone: trio.Event = field(default_factory=trio.Event)
    proven: bool = False


@dataclass(frozen=True, slots=True)
class _FirstStart:
    """Passes a child's first `started` on, and notes that it worked once.

    From then on its scope is shielded: the nursery's cancellation would reach all children at once,
    but `Supervisor._stop` cancels them in their order. Of a start that is already being cancelled
    Trio waits for the child's end where it was started: there a shield would hold it for ever.
    """

    child: _Child
    task_status: trio.TaskStatus[None]

    def started(self, value: None = None) -> None:
        self.child.proven = True
        self.child.scope.shield = trio.current_effective_deadline() > -math.inf
        self.task_status.started(value)


class Supervisor:
    """Keeps children alive for as long as it runs."""

    def __init__(self, children: Sequence[tuple[str, Actor]], budget: Budget | None = None) -> None:
        self._children = [_Child(name, actor) for name, actor in children]
        self._begun: list[_Child] = []
        self._budget = budget or Budget()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Starts all in order, reports started, and keeps them until cancelled.

        A child that cannot start the first time ends the start: nothing is tried again that never
        worked. Cancelling stops the children one by one, the last started first; each has ended
        before the next is stopped.

        Raises:
            BudgetSpentError: from the error of the child that fell last.
        """
        async with trio.open_nursery() as nursery:
            try:
                for child in self._children:
                    self._begun.append(child)
                    await nursery.start(self._keep, child)
                task_status.started()
                await trio.sleep_forever()
            finally:
                await self._stop()

    async def _keep(self, child: _Child, *, task_status: trio.TaskStatus[None]) -> None:
        """Runs one child, again and again."""
        try:
            with child.scope:
                await self._run_once(child, _FirstStart(child, task_status))
                while True:
                    await self._run_once(child, trio.TASK_STATUS_IGNORED)
        finally:
            child.gone.set()

    async def _run_once(self, child: _Child, task_status: trio.TaskStatus[None]) -> None:
        try:
            await child.actor.run(task_status=task_status)
            raise ReturnedError(f"the {child.name} returned")
        except Exception as error:  # any fall is a fall; it is logged, or goes up
            if not child.proven:
                raise
            log.exception("an actor fell", actor=child.name)
            if not self._budget.spend(trio.current_time()):
                raise BudgetSpentError(
                    f"the {child.name} fell; restarting does not help any more"
                ) from error

    async def _stop(self) -> None:
        for child in reversed(self._begun):
            child.scope.cancel()
            with trio.CancelScope(shield=True):
                await child.gone.wait()
