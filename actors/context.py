"""What a running job gives to its work: inputs, places to write, children to compute in.

Owns: the parts that the work has opened and the files it wants kept, until the job's end decides.
Never: makes a file visible before the job has succeeded, and leaves nothing when it has not.
"""

from collections.abc import Mapping
from pathlib import Path

from actors.capability import AnswerT, OrderT, ProgressSink
from actors.intake import Bounds, look_at
from actors.messages import FileRecord, Progress
from actors.services import Services
from actors.shelf import Shelf
from actors.workers.call import Call
from actors.workspace import Part

LARGEST_RESULT = 4 << 30
"""Bytes of one file that a job may make; the session's quota is usually nearer."""


class JobContext:
    """Implements `capability.Context` for one job."""

    def __init__(
        self,
        job: str,
        shelf: Shelf,
        files: Mapping[str, FileRecord],
        services: Services,
        on_progress: ProgressSink,
    ) -> None:
        self.job = job
        self.files = files
        self.processes_ended = 0
        self._shelf = shelf
        self._services = services
        self._on_progress = on_progress
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

    async def keep(self, part: Part, name: str, *, made_here: bool = False) -> FileRecord:
        """Looks at a part and marks it to become a file with the job's success."""
        bounds = Bounds.of_own_making() if made_here else Bounds.of(self._services.settings.limits)
        record = await look_at(
            part,
            name,
            self._shelf.session,
            self._services,
            bounds,
            job=self.job,
            on_killed=self._count_ended,
        )
        self._kept.append((part, record))
        return record

    def progress(self, progress: Progress) -> None:
        """Tells watchers how far it is."""
        self._on_progress(progress)

    async def work(self, call: Call[OrderT, AnswerT], order: OrderT) -> AnswerT:
        """Runs `call` in a child."""
        return await self._services.workers.call(
            call, order, on_progress=self._on_progress, on_killed=self._count_ended
        )

    # --- for the job ----------------------------------------------------------------------------

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

    def _count_ended(self, processes: int) -> None:
        self.processes_ended += processes
