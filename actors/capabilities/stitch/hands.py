"""Threads that share what is to be done; for child processes only.

Owns: the threads, and how what is to be done is spread over them and waited for.
Never: knows what they do.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from typing import Any, ParamSpec, TypeVar

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")

Share = Callable[[Sequence[Callable[[], None]]], None]
"""Does all of these, maybe at once, and comes back when all are done.

Raises:
    Whatever the first of them raised that failed, in their order.
"""


class Oneself(Executor):
    """Does what is submitted at once, in the thread that submits it.

    Of small pictures, handing the work to a thread takes a quarter of what the work does.
    """

    def submit(
        self, fn: Callable[_Given, _Result], /, *args: _Given.args, **kwargs: _Given.kwargs
    ) -> Future[_Result]:
        """See `Executor`; what is returned is done."""
        done: Future[_Result] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 -- whoever asks for the result hears of it
            done.set_exception(error)
        return done


class Hands:
    """So many threads. Whoever waits for what they do must not be one of them.

    One is none: what is given is done by whoever gives it.
    """

    def __init__(self, count: int) -> None:
        self._pool = ThreadPoolExecutor(count, "hand") if count > 1 else Oneself()

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
