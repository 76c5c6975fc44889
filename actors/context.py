"""What a running job gives to its work: inputs, places to write, children to compute in.

Owns: the parts that the work has opened and the files it wants kept, until the job's end decides.
Never: makes a file visible before the job has succeeded, and leaves nothing when it has not.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Protocol

from actors.capability import AnswerT, OrderT, ProgressSink
from actors.intake import Bounds, look_at, take_as
from actors.lender import Pledge
from actors.messages import FileRecord, Hold, Media, Progress
from actors.part import Part
from actors.services import Services
from actors.shelf import Shelf
from actors.stopwatch import Stopwatch
from actors.workers.call import Call

LARGEST_RESULT = 16 << 30
"""Bytes of one file that a job may make; the session's quota is usually nearer."""


class Teller(Protocol):
    """The job, as its context sees it."""

    def moved_on(self, progress: Progress) -> None:
        """The work is so far."""

    def waits_changed(self) -> None:
        """A step waits for a resource, or no longer does."""


class JobContext:
    """Implements `capability.Context` for one attempt of a job.

    Attributes:
        stopwatch: the run time of the work, set before it begins.
        processes_ended: how many had to end because a call was cancelled, or broke.
    """

    stopwatch: Stopwatch

    def __init__(
        self,
        job: str,
        shelf: Shelf,
        files: Mapping[str, FileRecord],
        services: Services,
        teller: Teller,
    ) -> None:
        self.job = job
        self.files = files
        self.processes_ended = 0
        self._shelf = shelf
        self._services = services
        self._teller = teller
        self._waits: list[Pledge] = []
        self._parts: list[Part] = []
        self._kept: list[tuple[Part, FileRecord]] = []

    def path(self, file: str) -> Path:
        """Where the bytes of an input lie."""
        return self._services.workspace.path(self._shelf.session, file)

    async def new_part(self) -> Part:
        """An empty file of the job's own."""
        part = await self._shelf.new_part(LARGEST_RESULT)
        self._parts.append(part)
        return part

    async def keep(self, part: Part, name: str, *, made: Media | None = None) -> FileRecord:
        """Marks a part to become a file with the job's success, after a look at it if need be."""
        session, services = self._shelf.session, self._services
        if made is not None:
            record = await take_as(part, name, session, services, made, job=self.job)
        else:
            bounds = Bounds.of(services.settings.limits)
            record = await look_at(
                part, name, session, services, bounds, job=self.job, on_killed=self._count_ended
            )
        self._kept.append((part, record))
        return record

    def progress(self, progress: Progress) -> None:
        """Tells watchers how far it is."""
        self._teller.moved_on(progress)

    @asynccontextmanager
    async def borrow(self, name: str, amount: int = 1) -> AsyncIterator[int]:
        """Holds some units of a resource for the length of the block; waits for them first."""
        with self._services.lender.loan(self._shelf.session, name, amount) as pledge:
            if pledge.waits:
                with self._waiting(pledge):
                    await pledge.turn()
            yield pledge.loan.held

    async def work(
        self, call: Call[OrderT, AnswerT], order: OrderT, told: ProgressSink | None = None
    ) -> AnswerT:
        """Runs `call` in a child."""
        return await self._services.workers.call(
            call, order, on_progress=told or self.progress, on_killed=self._count_ended
        )

    # --- for the job ----------------------------------------------------------------------------

    def waiting_for(self) -> tuple[Hold, ...]:
        """The resources that steps wait for now."""
        holds = {pledge.loan.name: pledge.hold() for pledge in self._waits}
        return tuple(holds.values())

    async def publish(self) -> tuple[FileRecord, ...]:
        """Puts what was kept in its place, whole; removes all other parts."""
        kept = [part for part, _ in self._kept]
        if kept:
            await self._services.workspace.adopt(*kept)
        self._parts = [part for part in self._parts if part not in kept]
        await self.discard()
        return tuple(record for _, record in self._kept)

    async def discard(self) -> int:
        """Removes the parts that are left; how many there were. Cannot be cancelled."""
        parts, self._parts = self._parts, []
        for part in parts:
            await part.discard()
        return len(parts)

    @contextmanager
    def _waiting(self, pledge: Pledge) -> Iterator[None]:
        self._waits.append(pledge)
        self._teller.waits_changed()
        try:
            with self.stopwatch.waiting(pledge.hold().limit):
                yield
        finally:
            self._waits.remove(pledge)
            self._teller.waits_changed()

    def _count_ended(self, processes: int) -> None:
        self.processes_ended += processes
