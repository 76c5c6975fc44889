"""A journal with a hand in front of it: it counts, fails and remembers what goes through.

Owns: the three faults of a store, as Temporal injects them (hostile.md 7): full, timed out before
the call was carried out, and timed out after it was. And the witness: a job's end is on record
once, and never changes.
Never: keeps a record itself; any journal stands behind it.
"""

import inspect
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Any, cast

import trio

from actors.errors import StorageFull
from actors.journal.port import Journal, JournalClosedError
from actors.lifecycle import has_ended
from actors.messages import JobRecord

Choose = Callable[[int, str], "Fault | None"]
"""Given the number and name of a call, the fault that it meets."""

UNANSWERED = "The journal did not answer in time. Try again."
READS = frozenset(
    {
        "session", "session_of", "owners", "job", "jobs", "unfinished_jobs", "known_job", "file",
        "files", "usage", "all_jobs", "find_job", "uploads",
    }
)  # fmt: skip


class Fault(Enum):
    """What a call of the store meets."""

    FULL = "full"
    LOST = "timed out, not done"
    DONE = "timed out, done"
    FALLS = "the actor falls"


def no_fault(_number: int, _name: str) -> Fault | None:
    """A store that works."""
    return None


class Record:
    """Stands in front of a journal. To be given to a tree as one: `Record(...).journal()`.

    Attributes:
        choose: decides what each call meets.
        calls: so many there were.
        injected: faults met so far.
        breaches: promises of the record that were not kept.
    """

    def __init__(self, behind: Journal) -> None:
        self.choose: Choose = no_fault
        self.calls = 0
        self.injected = 0
        self.breaches: list[str] = []
        self.ended: dict[str, JobRecord] = {}
        self._behind = behind
        self._fall = trio.Event()

    def journal(self) -> Journal:
        """This, as what it stands for."""
        return cast(Journal, self)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        self._fall = trio.Event()
        async with trio.open_nursery() as nursery:
            await nursery.start(self._behind.run)
            task_status.started()
            await self._fall.wait()
            raise OSError("the journal falls")

    def note_job(self, job: JobRecord) -> None:
        """Notes are not faulted: they may be lost anyway, and nobody is told."""
        self._behind.note_job(job)
        self._witness(job)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._behind, name)
        if not inspect.iscoroutinefunction(found):
            return found

        async def call(*args: Any, **more: Any) -> Any:
            return await self._call(name, found, *args, **more)

        return call

    async def _call(
        self, name: str, act: Callable[..., Awaitable[Any]], *args: Any, **more: Any
    ) -> Any:
        self.calls += 1
        fault = self.choose(self.calls, name)
        if fault is Fault.FULL and name in READS:
            fault = None  # reading needs no room
        if fault is not None:
            self.injected += 1
        if fault is Fault.FALLS:
            self._fall.set()
        if fault is Fault.FULL:
            await trio.lowlevel.checkpoint()
            raise StorageFull("The disk is full.", retry_after=1)
        if fault is Fault.LOST:
            await trio.sleep(1)
            raise JournalClosedError(UNANSWERED, retry_after=1)
        answer = await act(*args, **more)
        if name in ("add_job", "save_job"):
            self._witness(args[0])
        if fault is Fault.DONE:
            await trio.sleep(1)
            raise JournalClosedError(UNANSWERED, retry_after=1)
        return answer

    def _witness(self, job: JobRecord) -> None:
        before = self.ended.get(job.id)
        if before is None:
            if has_ended(job.state):
                self.ended[job.id] = job
        elif (before.state, before.result) != (job.state, job.result):
            self.breaches.append(f"{job.id} had ended as {before.state}, is {job.state} now")
