"""A pool with one warm worker, and somebody who calls it and remembers what was told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
import trio

from actors.messages import Progress
from actors.workers import processes
from actors.workers.call import Call
from actors.workers.pool import Workers
from conf.settings import Workers as Settings

OrderT = TypeVar("OrderT")
AnswerT = TypeVar("AnswerT")


@dataclass(slots=True)
class Caller:
    """Calls a pool; keeps the progress and the count of processes that were ended."""

    pool: Workers
    progress: list[Progress] = field(default_factory=list)
    killed: list[int] = field(default_factory=list)
    on_progress: Callable[[Progress], None] = lambda _: None

    async def __call__(self, call: Call[OrderT, AnswerT], order: OrderT) -> AnswerT:
        return await self.pool.call(
            call, order, on_progress=self._note, on_killed=self.killed.append
        )

    def _note(self, progress: Progress) -> None:
        self.progress.append(progress)
        self.on_progress(progress)

    async def cancel_at_first_word(
        self, call: Call[OrderT, Any], order: OrderT
    ) -> list[processes.Process]:
        """Cancels the call once it says something; the processes that its message names."""
        family: list[processes.Process] = []
        with trio.CancelScope() as scope:

            def stop(progress: Progress) -> None:
                family.extend(named(progress))
                scope.cancel()

            self.on_progress = stop
            await self(call, order)
        assert scope.cancelled_caught
        return family


async def until(happened: Callable[[], bool]) -> None:
    """Waits for what other processes bring about; pytest's time limit is the bound."""
    while not happened():  # noqa: ASYNC110 - the kernel sets no event of ours
        await trio.sleep(0.002)


async def at_rest(pool: Workers, idle: int = 1) -> None:
    """Waits until so many workers idle and none starts."""
    await until(lambda: (pool.statistics().idle, pool.statistics().starting) == (idle, 0))


def named(progress: Progress) -> list[processes.Process]:
    """The processes whose numbers a task told as its message; all must be there."""
    found = [processes.identify(int(word)) for word in progress.message.split()]
    assert None not in found
    return [process for process in found if process]


@pytest.fixture
async def workers(nursery: trio.Nursery) -> Workers:
    pool = Workers(Settings(warm=1, kill_grace=0.2))
    await nursery.start(pool.run)
    return pool


@pytest.fixture
def ask(workers: Workers) -> Caller:
    return Caller(workers)
