"""How long a job may run: its run time, which stands still while a step waits for a resource.

Owns: the cancel scope of a job's work, its deadline, and what is to blame when it has passed.
Never: ends a job; it tells the job why its work was cancelled.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import trio


class Stopwatch:
    """One job's run time. All times are seconds, on Trio's clock.

    Attributes:
        scope: what the work runs in; entered once, by the job.
        run_timeout: seconds that it was given.
        late: the limit that was passed, once it was: "run_timeout", "deadline", or the resource
            that was waited for too long.
    """

    def __init__(self, run_timeout: float, patience: float, ends_by: float = math.inf) -> None:
        """The run time begins now.

        Args:
            run_timeout: seconds, counted while nothing is waited for.
            patience: seconds that bound the waiting for a resource.
            ends_by: a moment that holds in any case.
        """
        self.run_timeout = run_timeout
        self._ends_by = ends_by
        self._patience = patience
        self._left = run_timeout
        self._waiting = 0
        self._starved: str | None = None
        self.scope = trio.CancelScope(deadline=min(trio.current_time() + run_timeout, ends_by))

    @property
    def late(self) -> str | None:
        """The limit that was passed, if one was."""
        if not self.scope.cancel_called:
            return None
        if trio.current_time() >= self._ends_by:
            return "deadline"
        return self._starved or "run_timeout"

    @contextmanager
    def waiting(self, limit: str) -> Iterator[None]:
        """Stands still for the length of the block, in which `limit` is waited for.

        With several waits at once, it stands still until the last of them is over.
        """
        if not self._waiting:
            self._left = self.scope.deadline - trio.current_time()
            self._expire_after(self._patience)
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1
            if self.scope.cancel_called:
                self._starved = self._starved or limit
            elif not self._waiting:
                self._expire_after(self._left)

    def _expire_after(self, seconds: float) -> None:
        self.scope.deadline = min(trio.current_time() + seconds, self._ends_by)
