"""One job: accepted, waits for its turn, runs, ends once.

Owns: the job's record and its one cancel scope; the only caller of `lifecycle`.
Never: decides who runs when, keeps a file, talks to a watcher; it tells its session.

A job reads as five steps: it asks for a place, is written down, waits, works, and is settled.
Cancelling is one act (design, rule 7): `cancel` cancels the scope, what the work owns is gone when
the scope is left (children killed and waited for), settling removes the parts, gives the slot back
and writes the receipt. When the whole tree stops, a job is left as the journal has it: the next
life resumes it.
"""

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

import structlog
import trio

from actors import job_lines
from actors.blame import missed_deadline, problem_of, ran_too_long, starved, waited_too_long
from actors.capability import Request
from actors.commands import Place, WaitedTooLongError
from actors.context import JobContext
from actors.errors import Problem, StitcheryError, StorageFull
from actors.journal.port import JournalClosedError, NotOnRecordError
from actors.lifecycle import Event, State, advance, has_ended
from actors.lines import Ticket
from actors.messages import (
    FileRecord,
    Idempotency,
    JobRecord,
    JobResult,
    JobView,
    Outlook,
    Progress,
    Receipt,
    SessionRecord,
)
from actors.services import Services
from actors.shelf import Shelf
from actors.stopwatch import Stopwatch

log = structlog.get_logger("job")

RECORD_AGAIN = 1.0
"""Seconds before an end that could not be written is tried again: the disk was full, and a person
or the janitor makes room in seconds, not in milliseconds."""


class Owner(Protocol):
    """The session, as its jobs see it."""

    record: SessionRecord

    @property
    def draining(self) -> bool:
        """Whether the service is stopping in good order."""

    def job_changed(self, job: "Job") -> None:
        """The state changed, and is on record."""

    def job_progressed(self, job: "Job") -> None:
        """It moved on."""

    def job_made(self, files: tuple[FileRecord, ...]) -> None:
        """Files of the session came into being; on record and in place."""


@dataclass(frozen=True, slots=True)
class _Ending:
    """How the work came to its end, before it is settled."""

    event: Event
    result: JobResult | None = None
    error: Problem | None = None


class Job:
    """One job of a session. Its task runs in the session's nursery.

    `record` and `progress` are written by the job's own task only.
    """

    def __init__(
        self,
        record: JobRecord,
        request: Request,
        files: Mapping[str, FileRecord],
        shelf: Shelf,
        owner: Owner,
        services: Services,
    ) -> None:
        self.record = record
        self.progress: Progress | None = None
        self.accepted = False
        self.ended = trio.Event()
        self._request = request
        self._owner = owner
        self._services = services
        self._capability = services.capabilities[record.capability]
        self._limiter = services.limiters[record.capability]
        self._context = JobContext(record.id, shelf, files, services, self)
        self._ends_by = self._deadline()
        self._place = self._new_place(self._capability.size(request, files))
        self._scope = trio.CancelScope()
        self._cancelled_at = math.nan
        self._started_at = math.nan

    def __repr__(self) -> str:
        return f"<Job {self.record.capability} {self.record.id} {self.record.state}>"

    @property
    def waits(self) -> bool:
        """Whether it was accepted and has not begun."""
        return self.accepted and self.record.state is State.QUEUED

    # --- told by the context ------------------------------------------------------------------

    def moved_on(self, progress: Progress) -> None:
        """The work is so far."""
        if not has_ended(self.record.state):
            self.progress = progress
            self._limiter.moved_on(self._place, progress.fraction)
            self._owner.job_progressed(self)

    def waits_changed(self) -> None:
        """A step waits for a resource, or no longer does."""
        if not has_ended(self.record.state):
            self._owner.job_progressed(self)

    # --- asked by the session -----------------------------------------------------------------

    def view(self) -> JobView:
        """The job as its owner sees it now."""
        return JobView(record=self.record, outlook=self._outlook(), progress=self.progress)

    def cancel(self) -> None:
        """Asks the job to end as cancelled; `ended` tells when nothing of it is left.

        A job that is already settling keeps the end that it has reached.
        """
        if not self._scope.cancel_called:
            self._cancelled_at = trio.current_time()
            self._scope.cancel()

    async def live(
        self,
        *,
        idempotency: Idempotency | None = None,
        resumed: bool = False,
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """The whole life; `started` means accepted: a place in line, and durable.

        Cancelling from outside (the tree stops) frees everything and leaves the record as it is.

        Raises:
            QueueFull, UserBusy: the limiter refuses.
            KeyTakenError, StorageFull: it could not be written down.
            All of these before `started`, and nothing is left of the job.
        """
        log_context = {"job": self.record.id, "session": self.record.session}
        with structlog.contextvars.bound_contextvars(**log_context):
            try:
                await self._limiter.ask(self._place, resumed=resumed)
                await self._write_down(idempotency, resumed=resumed)
                self.accepted = True
                job_lines.accepted(self.record, resumed=resumed)
                task_status.started()
                self._owner.job_changed(self)
                ending = await self._reach_end()
                await self._settle(ending)
            except trio.Cancelled:
                self._put_back()
                raise
            finally:
                await self._context.discard()
                self._limiter.leave(self._place)
                self.ended.set()

    # --- the steps ----------------------------------------------------------------------------

    async def _write_down(self, idempotency: Idempotency | None, *, resumed: bool) -> None:
        if not resumed:
            await self._services.journal.add_job(self.record, idempotency)
            return
        try:
            await self._services.journal.save_job(self.record)
        except StorageFull as error:  # it is on record already: only its attempt goes uncounted
            log.warning("a resumed job could not be noted", detail=error.detail)

    async def _reach_end(self) -> _Ending:
        try:
            with self._scope:
                return await self._wait_and_work()
        except Exception as error:  # whatever the work raises is this job's end
            if not self._scope.cancel_called:
                return _Ending(Event.FAILED, error=problem_of(error))
            log.exception("cancelled work broke while it cleaned up")
        return _Ending(Event.CANCELLED)

    async def _wait_and_work(self) -> _Ending:
        try:
            await self._place.turn()
        except WaitedTooLongError:
            return _Ending(Event.WAITED_TOO_LONG, error=self._waited_too_long())
        settings = self._services.settings_of(self.record.capability)
        stopwatch = Stopwatch(settings.run_timeout, self._longest_wait(), self._ends_by)
        self._context.stopwatch = stopwatch
        self._begin()
        with stopwatch.scope:
            result = await self._capability.run(self._request, settings, self._context)
            return _Ending(Event.RETURNED, result=result)
        return _Ending(
            Event.RAN_TOO_LONG, error=self._ran_too_long(stopwatch.late, settings.run_timeout)
        )

    def _begin(self) -> None:
        self._started_at = trio.current_time()
        self.record = replace(
            self.record,
            state=advance(self.record.state, Event.STARTED),
            started_at=self._services.now(),
        )
        self._note(self.record)
        job_lines.started(self.record)
        self._owner.job_changed(self)

    def _put_back(self) -> None:
        """The tree stops in good order under a running job: that costs it no attempt."""
        if self._owner.draining and self.record.state is State.RUNNING:
            waiting = advance(self.record.state, Event.RETRIED)
            self._note(replace(self.record, state=waiting, started_at=None))

    def _note(self, record: JobRecord) -> None:
        """Has it written that the job runs, or no longer does; nobody waits for that.

        If a crash loses the note, of the server or of the journal alone, the next life finds the
        job queued, as it should; it is no reason for the work to fail.
        """
        with suppress(JournalClosedError):
            self._services.journal.note_job(record)

    async def _settle(self, ending: _Ending) -> None:
        """Makes the end true: files in place or gone, slot given back, end on record, told.

        Shielded, since half a settlement would be neither an end nor a job to resume; only the
        wait for room on the disk can be cancelled.
        """
        with trio.CancelScope(shield=True) as shield:
            ran = trio.current_time() - self._started_at if ending.event in _LEARNT_FROM else None
            files: tuple[FileRecord, ...] = ()
            if ending.result is not None:
                try:
                    files = await self._context.publish()
                except StitcheryError as error:
                    ending = _Ending(Event.FAILED, error=error.problem())
            removed = await self._context.discard()
            self._limiter.leave(self._place, ran)
            record = self._ended(ending, removed)
            await self._write_end(record, files, shield)
            self.record = record
            job_lines.ended(record)
            self._owner.job_made(files)
            self._owner.job_changed(self)

    def _ended(self, ending: _Ending, removed: int) -> JobRecord:
        receipt = None
        if ending.event is Event.CANCELLED:
            receipt = Receipt(
                processes_ended=self._context.processes_ended,
                seconds=trio.current_time() - self._cancelled_at,
                files_removed=removed,
            )
        return replace(
            self.record,
            state=advance(self.record.state, ending.event),
            ended_at=self._services.now(),
            result=ending.result,
            error=ending.error,
            receipt=receipt,
        )

    async def _write_end(
        self, record: JobRecord, files: tuple[FileRecord, ...], shield: trio.CancelScope
    ) -> None:
        """Writes the end down, however long that takes: before it is on record it is not told."""
        while True:
            try:
                await self._services.journal.save_job(record, files)
            except NotOnRecordError:
                return  # the session has ended: nobody is left to read the record
            except StitcheryError as error:
                log.warning("an end could not be recorded; trying again", detail=error.detail)
                shield.shield = False
                await trio.sleep(RECORD_AGAIN)
                shield.shield = True
            else:
                return

    # --- inside -------------------------------------------------------------------------------

    def _new_place(self, size: float) -> Place:
        ticket = Ticket(
            job=self.record.id,
            user=self.record.session,
            capability=self.record.capability,
            priority=self.record.options.priority,
            owner=self._owner.record.owner,
            size=size,
        )
        expires_at = min(trio.current_time() + self._queue_timeout(), self._ends_by)
        return Place(ticket=ticket, expires_at=expires_at, ends_by=self._ends_by)

    def _deadline(self) -> float:
        """By when it is to have ended.

        Over several lives, only the wall clock tells how long ago it was accepted.
        """
        wished = self.record.options.deadline
        if wished is None:
            return math.inf
        ago = (self._services.now() - self.record.created_at).total_seconds()
        return trio.current_time() + wished - max(0.0, ago)

    def _longest_wait(self) -> float:
        """Seconds that the operator lets a job wait for a slot, and a step for a resource."""
        own = self._services.settings_of(self.record.capability).queue_timeout
        return self._services.settings.concurrency.queue_timeout if own is None else own

    def _queue_timeout(self) -> float:
        wished = self.record.options.queue_timeout
        return self._longest_wait() if wished is None else min(wished, self._longest_wait())

    def _outlook(self) -> Outlook:
        if self.record.state is State.QUEUED:
            return self._limiter.outlook_queued(self._place)
        if self.record.state is State.RUNNING:
            outlook = self._limiter.outlook_running(self._place)
            return replace(outlook, waiting_for=self._context.waiting_for())
        return Outlook()

    def _waited_too_long(self) -> Problem:
        if self._place.expires_at >= self._ends_by:
            return missed_deadline(self.record.options.deadline or 0)
        return waited_too_long(self._queue_timeout())

    def _ran_too_long(self, late: str | None, run_timeout: float) -> Problem:
        """`late` is what the stopwatch blames."""
        if late == "deadline":
            return missed_deadline(self.record.options.deadline or 0)
        if late == "run_timeout" or late is None:
            return ran_too_long(f"{self.record.capability}.run_timeout", run_timeout)
        return starved(late, self._longest_wait())


_LEARNT_FROM = frozenset({Event.RETURNED, Event.RAN_TOO_LONG})
"""Ends that say how long this kind of work takes. Failures come early and would teach haste."""
