"""Which conversations are open, and by whose leave.

Owns: the list of them, and their end when their leave has ended.
Never: judges a leave; whoever opens a conversation brings the question that is asked again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import trio


class Permissions:
    """The open conversations. Each costs an entry, and no task."""

    def __init__(self) -> None:
        self._open: dict[trio.CancelScope, Callable[[], bool]] = {}

    @contextmanager
    def hold(self, holds: Callable[[], bool]) -> Iterator[trio.CancelScope]:
        """A block that a review cancels when `holds` says no; it is quick and raises nothing."""
        with trio.CancelScope() as scope:
            self._open[scope] = holds
            try:
                yield scope
            finally:
                del self._open[scope]

    def review(self) -> None:
        """Asks of every conversation whether it may go on."""
        for scope, holds in self._open.items():
            if not holds():
                scope.cancel()
