"""Turns many writers into few commits.

Owns: the writes that wait, in order, the bound on how many may, and the one thread that commits.
Never: knows SQLite: it is given a blocking function that commits a group.

A commit costs a sync of the disk, some hundred microseconds to many milliseconds, whether it holds
one write or a thousand. So while one group is being written, the next one gathers. The thread lives
as long as the actor: handing a group to a thread of Trio's cache took twice as long for a lone
writer. It calls back into Trio once a group, and that wakes all the group's writers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Final

import trio

from actors.journal.port import JournalClosedError
from actors.journal.statements import T, Work
from actors.journal.store import Write

BACKLOG: Final = 1024
"""Writes that may be under way before further writers wait for room. A group of so many takes some
tens of milliseconds to carry out, beside its one sync."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What was written in this life.

    `largest` is the size of the largest group, `lost` counts the notes that failed; `waiting` is
    how many writers wait for room now.
    """

    writes: int
    commits: int
    largest: int
    lost: int
    waiting: int


class _Waiting(Write[T]):
    """A write with the task that waits for it, if one does."""

    __slots__ = ("done",)

    def __init__(self, work: Work[T], done: trio.Event | None) -> None:
        super().__init__(work)
        self.done = done


_Group = Sequence[_Waiting[Any]]


class Groups:
    """Takes writes in and commits what has gathered, group after group. Runs once.

    Args:
        commit: writes a group and sets each one's result or error; called in a thread of its own.
        backlog: awaited writes that may be under way; further writers wait for room.
    """

    def __init__(
        self, commit: Callable[[Sequence[Write[Any]]], None], *, backlog: int = BACKLOG
    ) -> None:
        self._commit = commit
        # Filled in Trio's thread, emptied by the writing one; None is the last thing in it.
        self._queue: SimpleQueue[_Waiting[Any] | None] = SimpleQueue()
        # The rest is touched in Trio's thread only. write() takes room, _wake() gives it back.
        self._room = trio.Semaphore(backlog)
        self._closed = False
        self._writes = self._commits = self._largest = self._lost = 0

    def statistics(self) -> Statistics:
        """How well grouping works."""
        return Statistics(
            writes=self._writes,
            commits=self._commits,
            largest=self._largest,
            lost=self._lost,
            waiting=self._room.statistics().tasks_waiting,
        )

    # --- for writers ------------------------------------------------------------------------------

    async def write(self, work: Work[T]) -> T:
        """Returns when `work` is committed.

        Cancelling while it waits for room takes the write back; later it is written all the same.

        Raises:
            JournalClosedError: nobody commits (any more).
            Exception: what `work` raised, or why its group failed.
        """
        self._check_open()
        await self._room.acquire()
        done = trio.Event()
        write = _Waiting(work, done)
        self._take_in(write)
        await done.wait()
        if write.error is not None:
            raise write.error
        return write.result  # type: ignore[return-value]  # without an error there is a result

    def note(self, work: Work[None]) -> None:
        """Has `work` committed with the next group; nobody is told what became of it."""
        self._take_in(_Waiting(work, None))

    def _take_in(self, write: _Waiting[Any]) -> None:
        self._check_open()
        self._queue.put(write)

    def _check_open(self) -> None:
        if self._closed:
            raise JournalClosedError("The journal is closed. Try again.", retry_after=1)

    # --- the actor --------------------------------------------------------------------------------

    async def run(self) -> None:
        """Commits until cancelled, and then what has been taken in.

        Raises:
            ExceptionGroup: `commit` broke down. Everyone who waits gets `JournalClosedError`.
        """
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._keep_thread)
                try:
                    await trio.sleep_forever()
                finally:
                    self._closed = True
                    self._queue.put(None)
        finally:
            self._let_go()

    async def _keep_thread(self) -> None:
        """Shielded: the thread ends by itself, when it has written all that was taken in."""
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(
                self._commit_groups,
                trio.lowlevel.current_trio_token(),
                limiter=trio.CapacityLimiter(1),  # Trio's own is for work that comes back soon
                thread_name="journal",
            )

    def _let_go(self) -> None:
        """Answers everyone whose write nobody will carry out any more."""
        group = self._gather()  # never waits: run() has put the None
        for write in group:
            write.error = _broken_down()
        self._wake(group)
        for _ in range(self._room.statistics().tasks_waiting):
            self._room.release()

    def _tell(self, group: _Group) -> None:
        self._writes += len(group)
        self._commits += 1
        self._largest = max(self._largest, len(group))
        self._lost += sum(1 for write in group if write.done is None and write.error is not None)
        self._wake(group)

    def _wake(self, group: _Group) -> None:
        for write in group:
            if write.done is not None:
                write.done.set()
                self._room.release()

    # --- in the writing thread --------------------------------------------------------------------

    def _commit_groups(self, token: trio.lowlevel.TrioToken) -> None:
        while group := self._gather():
            try:
                self._commit(group)
            except BaseException:  # whatever it is goes on; nobody may be left waiting
                for write in group:
                    write.error = _broken_down()
                raise
            finally:
                token.run_sync_soon(self._tell, group)

    def _gather(self) -> _Group:
        """All that waits, in order; waits for the first. Empty when there will be no more."""
        group: list[_Waiting[Any]] = []
        write = self._queue.get()
        while write is not None:
            group.append(write)
            try:
                write = self._queue.get_nowait()
            except Empty:
                return group
        self._queue.put(None)  # for the next call
        return group


def _broken_down() -> JournalClosedError:
    return JournalClosedError("The journal has just stopped. Try again.", retry_after=1)
