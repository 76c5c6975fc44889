"""Threads that share what is to be done; for child processes only.

Owns: the threads, and how what is to be done is spread over them and waited for.
Never: knows what they do.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

Share = Callable[[Sequence[Callable[[], None]]], None]
"""Does all of these, maybe at once, and comes back when all are done.

Raises:
    Whatever the first of them raised that failed, in their order.
"""


class Hands:
    """So many threads. Whoever waits for what they do must not be one of them."""

    def __init__(self, count: int) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="hand")

    def give(self, task: Callable[[], Any]) -> Future[Any]:
        """Has it done after all that was given before."""
        return self._pool.submit(task)

    def share(self, tasks: Sequence[Callable[[], None]]) -> None:
        """See `Share`."""
        given = [self.give(task) for task in tasks]
        wait(given)
        for done in given:
            done.result()

    def close(self) -> None:
        """They are not needed any more; what was given and is not begun is not done."""
        self._pool.shutdown(cancel_futures=True)
