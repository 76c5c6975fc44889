"""One job: accepted, waits for its turn, runs, ends once.

Owns: the job's record and its one cancel scope; the only caller of `lifecycle`.
Never: decides who runs when, keeps a file, talks to a watcher; it tells its session.

A job reads as five steps: it asks for a place, is written down, waits, works, and is settled. Work
that fails in a way that may pass goes back to waiting, after a backoff, for another attempt.
Cancelling is one act (design, rule 7): `cancel` cancels the scope, what the work owns is gone when
the scope is left (children killed and waited for), settling removes the parts, gives the slot back
and writes the receipt. When the whole tree stops, a job is left as the journal has it: the next
life resumes it.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

import trio

from actors import job_lines, scribe
from actors.blame import cause_of
from actors.cancelling import but_cancelling, is_cancelled
from actors.capability import Request
from actors.commands import Place, WaitedTooLongError
from actors.context import JobContext
from actors.ending import Ending
from actors.errors import ActorGone, WorkerCrashed, WorkerDismissed
from actors.lifecycle import Event, State, advance, has_ended
from actors.lines import Ticket
from actors.logs import Log, bound
from actors.messages import (
    FileRecord,
    Idempotency,
    JobRecord,
    JobView,
    Outlook,
    Progress,
    Receipt,
    SessionRecord,
)
from actors.patience import Patience
from actors.retries import Backoff, Retry, is_crash, judge
from actors.services import Services
from actors.shelf import Shelf

log = Log("job")

ASK_AGAIN = 1.0
"""Seconds before a limiter that fell is asked again for a place: its supervisor has it back sooner,
but waits a little longer each time."""

HEARD_WITHIN = 1.0
"""Seconds in which we hear that we are to stop, too, when a worker was dismissed from outside: who
stops a service may signal all its processes at once, and we need not be the first."""


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
        self.stopped = trio.Event()  # nothing of it is left; its end may not be on record yet
        self.ended = trio.Event()
        self._request = request
        self._files = files
        self._shelf = shelf
        self._owner = owner
        self._services = services
        self._capability = services.capabilities[record.capability]
        self._limiter = services.limiters[record.capability]
        self._patience = Patience(record, services)
        # of the attempt that waits or runs; between two, of the last one
        self._context = self._new_context()
        self._place = self._new_place()
        self._backoff: Backoff | None = None  # from the failure to the next place in line
        self._halted = trio.Event()  # the attempt that runs has failed, or ended the job
        self._scope = trio.CancelScope()
        self._cancelled_at = math.nan
        self._started_at = math.nan
        self._settling = False

    def __repr__(self) -> str:
        return f"<Job {self.record.capability} {self.record.id} {self.record.state}>"

    @property
    def waits(self) -> bool:
        """Whether it was accepted and has not begun, or is to begin again."""
        return self.accepted and self.record.state is State.QUEUED

    # --- told by the context ------------------------------------------------------------------

    def moved_on(self, progress: Progress) -> None:
        """The work is so far."""
        if self.record.state is State.RUNNING:
            self.progress = progress
            self._limiter.moved_on(self._place, progress.fraction)
            self._owner.job_progressed(self)

    def waits_changed(self) -> None:
        """A step waits for a resource, or no longer does."""
        if not has_ended(self.record.state):
            self._owner.job_progressed(self)

    # --- asked by the session -----------------------------------------------------------------

    def keep_arrival(self, arrival: int) -> None:
        """In line it stands among those of the last life where it stood; 0: behind all."""
        self._place.ticket.arrival = arrival

    def view(self) -> JobView:
        """The job as its owner sees it now."""
        return JobView(record=self.record, outlook=self._outlook(), progress=self.progress)

    def cancel(self) -> None:
        """Asks the job to end as cancelled; `stopped` tells when nothing of it is left.

        A job that is already settling keeps the end that it has reached.
        """
        if not self._scope.cancel_called:
            self._cancelled_at = trio.current_time()
            self._scope.cancel()

    async def halted(self) -> None:
        """Returns when the job does not run: at once, with the end, or when an attempt failed."""
        if self.record.state is State.RUNNING:
            await self._halted.wait()

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
        with bound(**log_context):
            try:
                await self._limiter.ask(self._place, resumed=resumed)
                if not resumed:
                    await scribe.add(self._services.journal, self.record, idempotency)
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
                self._halted.set()
                self.stopped.set()
                self.ended.set()

    # --- the steps ----------------------------------------------------------------------------

    async def _reach_end(self) -> Ending:
        try:
            with self._scope:
                while isinstance(outcome := await self._attempt(), Retry):
                    await self._go_back(outcome)
                return outcome
        except BaseException as error:
            broken = but_cancelling(error)
            if isinstance(broken, Exception):  # whatever breaks here is this job's end
                if not (self._scope.cancel_called or is_cancelled()):
                    return Ending(Event.FAILED, error=cause_of(broken).problem())
                log.exception("cancelled work broke while it cleaned up", exc_info=broken)
            elif broken is not None:  # the interpreter is to end
                raise
        # If the tree stops, that goes on as what it is, without what broke beside it.
        await trio.lowlevel.checkpoint_if_cancelled()
        return Ending(Event.CANCELLED)

    async def _attempt(self) -> Ending | Retry:
        """Waits for its turn and works; the files are in place when it returns."""
        try:
            await self._place.turn()
        except WaitedTooLongError:
            late = self._patience.waited_too_long(self._place.expires_at)
            return Ending(Event.WAITED_TOO_LONG, error=late)
        settings = self._services.settings_of(self.record.capability)
        stopwatch = self._context.stopwatch = self._patience.stopwatch()
        self._begin()
        try:
            with stopwatch.scope:
                result = await self._capability.run(self._request, settings, self._context)
                with trio.CancelScope(shield=True):
                    files = await self._context.publish()
                return Ending(Event.RETURNED, result=result, files=files)
        except Exception as error:  # whatever the work raises is the end of this attempt
            if is_cancelled():
                raise
            if not stopwatch.scope.cancel_called:
                return await self._failed(error)
            log.exception("work that ran too long broke while it cleaned up")
        return Ending(Event.RAN_TOO_LONG, error=self._patience.ran_too_long(stopwatch))

    def _begin(self) -> None:
        self._started_at = trio.current_time()
        self._halted = trio.Event()
        self.record = replace(
            self.record,
            state=advance(self.record.state, Event.STARTED),
            started_at=self._services.now(),
        )
        scribe.note(self._services.journal, self.record)
        job_lines.started(self.record)
        self._owner.job_changed(self)

    async def _failed(self, error: Exception) -> Ending | Retry:
        cause = cause_of(error)
        if isinstance(cause, WorkerDismissed) and not self._owner.draining:
            await trio.sleep(HEARD_WITHIN)
        if isinstance(cause, WorkerCrashed) and self._owner.draining:
            return Retry(0.0, cause, spends=False)
        self.record = replace(self.record, crashes=self.record.crashes + is_crash(cause))
        settings = self._services.settings_of(self.record.capability)
        verdict = judge(self.record, cause, settings, left=self._patience.left)
        if isinstance(verdict, Retry):
            return verdict
        return Ending(Event.FAILED, error=verdict.problem())

    async def _go_back(self, retry: Retry) -> None:
        """Leaves nothing of the attempt that failed, and takes a place for the next one in time.

        While it backs off it holds neither slot nor place. What it spends is on record before that
        is told: whichever life makes the next attempt, it is the next one.
        """
        with trio.CancelScope(shield=True):
            await self._context.discard()
            self._limiter.leave(self._place)
            now = trio.current_time()
            self._backoff = backoff = Backoff(now, now + retry.after)
            job_lines.backs_off(self.record, retry.after, retry.error)
            self.record = replace(
                self.record,
                state=advance(self.record.state, Event.RETRIED),
                attempt=self.record.attempt + retry.spends,
                started_at=None,
            )
            self.progress = None
            await scribe.save(self._services.journal, self.record)
        self._halted.set()
        self._owner.job_changed(self)
        await trio.sleep_until(backoff.until)
        self._context = self._new_context()
        await self._take_place()
        self._backoff = None

    async def _take_place(self) -> None:
        """Stands in line again: who was accepted is refused by no limit."""
        while True:
            self._place = self._new_place()
            try:
                await self._limiter.ask(self._place, resumed=True)
            except ActorGone:
                self._limiter.leave(self._place)
                await trio.sleep(ASK_AGAIN)
            else:
                return

    def _put_back(self) -> None:
        """The tree stops in good order under a running job: that costs it no attempt.

        Not so where the end was being written down: it may be on record.
        """
        if self._owner.draining and self.record.state is State.RUNNING and not self._settling:
            waiting = advance(self.record.state, Event.RETRIED)
            scribe.note(
                self._services.journal, replace(self.record, state=waiting, started_at=None)
            )

    async def _settle(self, ending: Ending) -> None:
        """Makes the end true: files in place or gone, slot given back, end on record, told.

        Shielded, since half a settlement would be neither an end nor a job to resume; only the
        wait for room on the disk can be cancelled.
        """
        with trio.CancelScope(shield=True) as shield:
            self._settling = True
            ran = trio.current_time() - self._started_at if ending.teaches else None
            removed = await self._context.discard()
            self._limiter.leave(self._place, ran)
            self.stopped.set()
            receipt = Receipt(
                processes_ended=self._context.processes_ended,
                seconds=trio.current_time() - self._cancelled_at,
                files_removed=removed,
            )
            record = ending.of(self.record, self._services.now(), receipt)
            await scribe.save_end(self._services.journal, record, ending.files, shield)
            self.record = record
            job_lines.ended(record)
            self._owner.job_made(ending.files)
            self._owner.job_changed(self)

    # --- inside -------------------------------------------------------------------------------

    def _new_context(self) -> JobContext:
        return JobContext(self.record.id, self._shelf, self._files, self._services, self)

    def _new_place(self) -> Place:
        ticket = Ticket(
            job=self.record.id,
            user=self.record.session,
            capability=self.record.capability,
            priority=self.record.options.priority,
            owner=self._owner.record.owner,
            size=self._capability.size(self._request, self._files),
        )
        return Place(
            ticket=ticket, expires_at=self._patience.expires_at(), ends_by=self._patience.ends_by
        )

    def _outlook(self) -> Outlook:
        if self._backoff is not None and self.record.state is State.QUEUED:
            return Outlook(waiting_for=(self._backoff.hold(trio.current_time()),))
        if self.record.state is State.QUEUED:
            return self._limiter.outlook_queued(self._place)
        if self.record.state is State.RUNNING:
            outlook = self._limiter.outlook_running(self._place)
            return replace(outlook, waiting_for=self._context.waiting_for())
        return Outlook()
