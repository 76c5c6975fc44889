"""Takes one session's jobs in: judges, records and begins them, and ends them when asked.

Owns: what makes a job acceptable to its session, that one Idempotency-Key makes one job, and the
tasks in which the jobs live.
Never: decides when a job runs (limiter.py), or keeps the list of them (docket.py). Part of the
session actor, as its shelf is: `submit`, `resume` and `cancel` run in the session's own tasks.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import trio

from actors import scribe
from actors.capability import Forecast, Request
from actors.commands import Submit
from actors.docket import Docket
from actors.errors import IdempotencyMismatch, JobEnded, NotReady, QueueFull
from actors.job import Job, Owner
from actors.lifecycle import State, has_ended
from actors.messages import FileRecord, Idempotency, JobRecord, JobView
from actors.recovery import Beyond, resumed
from actors.services import Services
from actors.shelf import Shelf

RECORDED_WITHIN = 5.0
"""Seconds in which who cancels a job waits for its end on record, once nothing of it is left. A
commit takes milliseconds; a disk that takes none may stay so for hours."""


class Clerk:
    """Takes in the jobs of `owner`, whose list of them is `docket` and whose files are `shelf`."""

    def __init__(self, owner: Owner, docket: Docket, shelf: Shelf, services: Services) -> None:
        self._owner = owner
        self._docket = docket
        self._shelf = shelf
        self._services = services
        self._key_locks: dict[str, trio.Lock] = {}

    async def submit(self, command: Submit, nursery: trio.Nursery) -> JobView:
        """Accepts a job, to live in `nursery`; under a known key it is the job that is known.

        Raises:
            Refusal: and nothing was kept.
        """
        key = command.idempotency
        if key is None:
            return await self._accept(command, nursery)
        async with self._one_at_a_time(key.key):
            known = await self._services.journal.known_job(self._owner.record.id, key.key)
            if known is None:
                return await self._accept(command, nursery)
            if known.digest != key.digest:
                raise IdempotencyMismatch(
                    "This Idempotency-Key came with another body before. Use a new key for a new "
                    "request."
                )
            return self._docket.newest(known.job)

    async def resume(self, record: JobRecord, arrival: int, nursery: trio.Nursery) -> None:
        """Takes up a job of an earlier life; returns when it stands in line again, or is to end."""
        found = resumed(record, self._services, self._shelf.files)
        if isinstance(found, Beyond):
            nursery.start_soon(scribe.conclude, self._services.journal, found.record)
            return
        if found.record != record:  # of ten thousand that waited, none: a start is quick
            await scribe.save(self._services.journal, found.record)
        job = self._job(found.record, found.request, found.files)
        job.keep_arrival(arrival)
        await self._start(job, nursery, resumed=True)

    async def cancel(self, id: str) -> JobView:
        """Ends a job; returns when nothing of it is left and its end is on record.

        Raises:
            NotFound: there is no such job. JobEnded: it has reached another end.
            NotReady: its end could not be recorded within `RECORDED_WITHIN`, which goes on; or its
                session broke, and has not taken it up again.
        """
        job = self._docket.get(id)
        if job is not None:
            job.cancel()
            await job.stopped.wait()
            await self._recorded(job)
            if job.record.state is State.CANCELLED:
                return job.view()
        state = (await self._docket.view(id)).record.state
        if not has_ended(state):
            raise NotReady("The job is just being taken up again. Try again.", retry_after=1)
        raise JobEnded(f"The job has already ended as {state}; there is nothing to cancel.")

    def check(self, name: str, request: Request) -> tuple[dict[str, FileRecord], Forecast]:
        """The files that a request names, and what its job would make.

        Raises:
            Refusal: why it would not be accepted, whatever the line is like.
        """
        self._services.refuse_new()
        self._refuse_overflow(name)
        capability = self._services.capabilities[name]
        files = self._shelf.find(capability.inputs(request))
        return files, capability.forecast(request, files, self._services.settings_of(name))

    # --- inside ---------------------------------------------------------------------------------

    async def _recorded(self, job: Job) -> None:
        """Returns when the end of a job that has stopped is on record, or raises that it is not."""
        with trio.move_on_after(RECORDED_WITHIN):
            await job.ended.wait()
            return
        raise NotReady(
            "The job has stopped and its place is free, but its end is not on record yet: the "
            "disk is full, read-only or slow. That is tried until it is done; read the job again.",
            retry_after=RECORDED_WITHIN,
        )

    async def _accept(self, command: Submit, nursery: trio.Nursery) -> JobView:
        files, _ = self.check(command.capability, command.request)
        record = JobRecord(
            id=self._services.new_id(),
            session=self._owner.record.id,
            capability=command.capability,
            request=command.request.model_dump_json(exclude_unset=True),
            inputs=tuple(files),
            created_at=self._services.now(),
            options=command.options,
        )
        job = self._job(record, command.request, files)
        await self._start(job, nursery, command.idempotency)
        return job.view()

    def _job(self, record: JobRecord, request: Request, files: Mapping[str, FileRecord]) -> Job:
        return Job(record, request, files, self._shelf, self._owner, self._services)

    async def _start(
        self,
        job: Job,
        nursery: trio.Nursery,
        idempotency: Idempotency | None = None,
        *,
        resumed: bool = False,
    ) -> None:
        """Puts a job among the others and returns when it is accepted, or raises why not."""
        # Among the others from here on: its inputs must not be removed while it asks for a place.
        self._docket.enter(job)
        await nursery.start(self._live, job, idempotency, resumed)

    async def _live(
        self,
        job: Job,
        idempotency: Idempotency | None,
        resumed: bool,  # noqa: FBT001 -- nursery.start passes by position
        *,
        task_status: trio.TaskStatus[None],
    ) -> None:
        try:
            await job.live(idempotency=idempotency, resumed=resumed, task_status=task_status)
        finally:
            self._docket.leave(job)

    def _refuse_overflow(self, capability: str) -> None:
        most = self._services.settings.limits.max_session_jobs
        if len(self._docket) >= most:
            raise QueueFull(
                f"This session has {len(self._docket)} unfinished jobs and may have {most}. "
                "Wait until some have ended, or cancel some.",
                limit="session_jobs",
                retry_after=self._services.limiters[capability].until_one_ends(
                    self._owner.record.id
                ),
            )

    @asynccontextmanager
    async def _one_at_a_time(self, key: str) -> AsyncIterator[None]:
        """Lets requests under one Idempotency-Key pass singly: the second finds the first's job."""
        lock = self._key_locks.setdefault(key, trio.Lock())
        try:
            async with lock:
                yield
        finally:
            if not lock.statistics().tasks_waiting and not lock.locked():
                self._key_locks.pop(key, None)
