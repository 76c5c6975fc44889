"""One user's session: the actor that owns that user's files and jobs.

Owns: the inbox of commands, the nursery in which the user's jobs live, what the user's files come
to, and the events that the user watches.
Never: waits in its loop: every command is answered from a task of the nursery, so that a slow disk
under one of them holds up no other. State is changed in single steps without an await inside.

Others may read the shelf's files and the views of jobs at any time: both are replaced whole.
"""

import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import structlog
import trio

from actors.capability import Forecast, Request
from actors.commands import (
    BeginUpload,
    Cancel,
    Command,
    DropFile,
    DropUpload,
    End,
    FinishUpload,
    Resume,
    Retire,
    Submit,
    TakeFiles,
)
from actors.docket import Docket
from actors.errors import (
    ActorGone,
    Fault,
    IdempotencyMismatch,
    JobEnded,
    NotFound,
    QueueFull,
    StitcheryError,
)
from actors.intake import Bounds, look_at
from actors.job import Job
from actors.journal.port import Page
from actors.lifecycle import State
from actors.limiter import Prospect
from actors.lookout import Lookout
from actors.mailbox import Inbox
from actors.messages import (
    FileRecord,
    Idempotency,
    JobRecord,
    JobView,
    Options,
    SessionRecord,
    Snapshot,
    UploadRecord,
)
from actors.progress import Fanout, Watcher
from actors.recovery import Beyond, resumed
from actors.services import Services
from actors.shelf import Shelf
from actors.uploads import Uploads
from actors.workspace import Part

log = structlog.get_logger("session")

FORESIGHT_EVERY = 1.0
"""Seconds between looks at the line for those who watch their place in it."""


class Session:
    """One user's session. `Sessions` makes, finds and keeps it."""

    def __init__(self, record: SessionRecord, services: Services) -> None:
        self.record = record
        self.gone = trio.Event()
        self.shelf = Shelf(record.id, services)
        self.uploads = Uploads(record.id, services, self.shelf)
        self._services = services
        self._inbox: Inbox[Command | Retire] = Inbox("session")
        self._fanout = Fanout(services.numbers)
        self._docket = Docket(record.id, services.journal)
        self._key_locks: dict[str, trio.Lock] = {}
        self._visitors = 0
        self._foreseeing = False
        self._lookout = Lookout()
        self.ended = False
        self._nursery: trio.Nursery | None = None

    def __repr__(self) -> str:
        return f"<Session {self.record.id} jobs={len(self._docket)} files={len(self.shelf.files)}>"

    async def load(self) -> None:
        """Reads what the session holds from the record; once, before it runs."""
        await self.uploads.load()
        await self.shelf.load()

    @property
    def idle(self) -> bool:
        """Whether nothing is under way: no job, no command, nobody who asks, uploads or watches."""
        busy = self._nursery is None or self._nursery.child_tasks
        return not (busy or self._visitors or len(self._inbox))

    @property
    def draining(self) -> bool:
        """Whether no new work is taken: what is put back now did nothing wrong."""
        return self._services.closed is not None

    @property
    def leaving(self) -> bool:
        """Whether it takes no more commands; `gone` tells when another may take its place."""
        return self._inbox.closed

    # --- the actor ------------------------------------------------------------------------------

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serves until the session has ended, has long been idle, or makes room for another.

        Cancelling stops the jobs where they are; the journal has them for the next life.
        """
        try:
            async with trio.open_nursery() as self._nursery:
                task_status.started()
                end = await self._serve(self._nursery)
                self._nursery.cancel_scope.cancel()
            if end is not None:  # and nobody is left who could bring anything in
                self.ended = True
                self._fanout.end()
                await self._answer(end)
        finally:
            self._inbox.close()
            self._fanout.end()
            self.uploads.let_go()

    async def _serve(self, nursery: trio.Nursery) -> End | None:
        """Takes commands until it is time to leave; returns what said so, None for idleness.

        The inbox is closed in the same step as that is found: nobody can slip in between.
        """
        while True:
            with trio.move_on_after(self._services.settings.sessions.idle_minutes * 60):
                command = await self._inbox.receive()
                if isinstance(command, End):
                    self._inbox.close()
                    return command
                if not isinstance(command, Retire):
                    nursery.start_soon(self._answer, command)
                    continue
                command.reply.give(self.idle)
            if self.idle:
                self._inbox.close()
                return None

    async def _answer(self, command: Command) -> None:
        """Every command gets an answer; what breaks under one does not break the session."""
        with self._inbox.answering(command):
            try:
                await self._do(command)
            except StitcheryError as error:
                command.reply.refuse(error)
            except Exception:  # a mistake of ours in one command, told and logged
                incident = secrets.token_hex(8)
                log.exception("command broke", incident=incident, command=type(command).__name__)
                command.reply.refuse(Fault("This should not happen.", more={"incident": incident}))

    async def _do(self, command: Command) -> None:
        match command:
            case Submit():
                command.reply.give(await self._submit(command))
            case Resume(record=record):
                await self._resume(record)
                command.reply.give(None)
            case Cancel(job=job):
                command.reply.give(await self._cancel(job))
            case TakeFiles(files=files):
                await self.shelf.take(files)
                command.reply.give(None)
            case DropFile(file=file):
                await self.shelf.drop(file, self._docket.needed())
                command.reply.give(None)
            case BeginUpload(name=name, size=size):
                command.reply.give(await self.uploads.begin(name, size))
            case FinishUpload(upload=upload):
                command.reply.give(await self.uploads.finish(upload))
            case DropUpload(upload=upload):
                await self.uploads.drop(upload)
                command.reply.give(None)
            case End():
                await self._services.workspace.remove_session(self.record.id)
                await self._services.journal.remove_session(self.record.id)
                command.reply.give(None)

    # --- asked by the faces: each sends a command and waits for the answer ----------------------

    async def submit(
        self,
        capability: str,
        request: Request,
        options: Options,
        idempotency: Idempotency | None = None,
    ) -> JobView:
        """Accepts a job: returns when it is on disk. It lives on when the caller goes away.

        Raises:
            Refusal: and nothing was kept: unknown files, a full queue, a busy user, ...
        """
        command = Submit(
            capability=capability, request=request, options=options, idempotency=idempotency
        )
        self._inbox.post(command)
        return await command.reply.wait()

    async def resume(self, record: JobRecord) -> None:
        """Takes up a job of an earlier life; returns when it stands in line again, or has ended."""
        command = Resume(record=record)
        self._inbox.post(command)
        await command.reply.wait()

    async def cancel(self, job: str) -> JobView:
        """Ends a job; returns when nothing of it is left.

        Raises:
            NotFound: there is no such job. JobEnded: it has reached another end.
        """
        command = Cancel(job=job)
        self._inbox.post(command)
        return await command.reply.wait()

    async def examine(self, part: Part, name: str) -> FileRecord:
        """Looks at an uploaded part; what it would be as a file. Nothing is taken yet.

        Raises:
            UnsupportedMedia, UnreadableMedia, TooLarge, StorageFull.
        """
        bounds = Bounds.of(self._services.settings.limits)
        return await look_at(part, name, self.record.id, self._services, bounds)

    async def take_files(self, files: Sequence[tuple[Part, FileRecord]]) -> None:
        """Makes examined parts files; returns when all are in place and on record.

        Cannot be cancelled: from here on the parts are the session's, and their owner must not
        discard them under its hands. It takes as long as the disk does.

        Raises:
            StorageFull: there is no room; the parts stay parts.
        """
        command = TakeFiles(files=files)
        self._inbox.post(command)
        try:
            with trio.CancelScope(shield=True):
                await command.reply.wait()
        except ActorGone:
            # Both were cancelled, as when the tree stops: then the cancelling is what happened.
            await trio.lowlevel.checkpoint_if_cancelled()
            raise

    async def drop_file(self, file: str) -> None:
        """Removes a file.

        Raises:
            NotFound: there is no such file. FileInUse: an unfinished job needs it.
        """
        command = DropFile(file=file)
        self._inbox.post(command)
        await command.reply.wait()

    async def retire(self) -> bool:
        """Has it leave memory at once if nothing is under way in it; whether it does.

        It comes back from the record when it is asked for; `gone` tells when it may.
        """
        command = Retire()
        try:
            self._inbox.post(command)
            return await command.reply.wait()
        except ActorGone:
            return True

    async def begin_upload(self, name: str, size: int) -> UploadRecord:
        """A resumable upload of `size` bytes, on record when it returns.

        Raises:
            TooLarge, QuotaExceeded, TooManyUploads, StorageFull: it may not be begun.
        """
        command = BeginUpload(name=name, size=size)
        self._inbox.post(command)
        return await command.reply.wait()

    async def finish_upload(self, upload: str) -> UploadRecord:
        """Makes a file of an upload whose bytes are all there; goes on when the caller leaves.

        Raises:
            NotFound: there is no such upload.
            UnsupportedMedia, UnreadableMedia, TooLarge: no picture that we take; it is removed.
            StorageFull: there is no room; it stays, to be finished later.
        """
        command = FinishUpload(upload=upload)
        self._inbox.post(command)
        return await command.reply.wait()

    async def drop_upload(self, upload: str) -> None:
        """Removes a resumable upload, unfinished or not; a file that it became stays.

        Raises:
            NotFound: there is no such upload.
        """
        command = DropUpload(upload=upload)
        self._inbox.post(command)
        await command.reply.wait()

    async def end(self) -> None:
        """Ends the session with all that it holds."""
        command = End()
        self._inbox.post(command)
        await command.reply.wait()

    # --- read by the faces ----------------------------------------------------------------------

    def preflight(self, capability: str, request: Request) -> tuple[Forecast, Prospect]:
        """What a job would make and meet, if it were submitted now; nothing is queued.

        Raises:
            Refusal: what `submit` would refuse.
        """
        _, forecast = self._check(capability, request)
        limiter = self._services.limiters[capability]
        limiter.refuse(self.record.id)
        return forecast, limiter.prospect(self.record.id)

    async def job(self, id: str) -> JobView:
        """One job as it stands.

        Raises:
            NotFound: there is no such job.
        """
        return await self._docket.view(id)

    async def jobs(
        self,
        *,
        state: State | None = None,
        capability: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[JobView]:
        """A page of the jobs, newest first.

        Raises:
            Refusal: `cursor` is none that a page gave.
        """
        return await self._docket.page(
            state=state, capability=capability, limit=limit, cursor=cursor
        )

    def living(self) -> Iterator[Job]:
        """The jobs that wait or run."""
        return iter(self._docket)

    def newest(self, record: JobRecord) -> JobView:
        """The job of a record of this session, as it stands now."""
        return self._docket.newest(record)

    def unfinished(self) -> int:
        """How many jobs wait or run."""
        return len(self._docket)

    async def drain(self) -> None:
        """Waits until the jobs that run now have ended."""
        for job in self._docket:
            if job.record.state is State.RUNNING:
                await job.ended.wait()

    @asynccontextmanager
    async def receive_part(self, limit: int) -> AsyncIterator[Part]:
        """A part for an upload of up to `limit` bytes; discarded on leaving unless it was taken.

        Raises:
            QuotaExceeded, StorageFull: there is no room for another file.
        """
        with self.visit():
            async with await self.shelf.new_part(limit) as part:
                yield part

    @contextmanager
    def watch(self, since: int | None = None, job: str | None = None) -> Iterator[Watcher]:
        """A watcher of what happens after event `since` where that is known, else from now on."""
        with self.visit(), self._fanout.watch(since, job) as watcher:
            if self._nursery is not None and not (self._foreseeing or self.leaving):
                self._foreseeing = True
                self._nursery.start_soon(self._foresee)
            yield watcher

    @property
    def watchers(self) -> int:
        """How many watch now."""
        return self._fanout.watchers

    async def snapshot(self, watcher: Watcher) -> Snapshot:
        """Where everything stands, for a watcher that begins here."""
        views = await self._docket.latest()
        return Snapshot(watcher.since, tuple(view for view in views if watcher.wants(view)))

    # --- told by jobs (job.Owner) ---------------------------------------------------------------

    def job_changed(self, job: Job) -> None:
        """A job's state changed."""
        view = job.view()
        self._lookout.told(job.record.id, view.outlook, trio.current_time())
        self._fanout.changed(view)

    def job_progressed(self, job: Job) -> None:
        """A job moved on."""
        self._fanout.progressed(job.view())

    def job_made(self, files: tuple[FileRecord, ...]) -> None:
        """A job's files are in place and on record."""
        self.shelf.put(files)

    # --- commands -------------------------------------------------------------------------------

    async def _submit(self, command: Submit) -> JobView:
        key = command.idempotency
        if key is None:
            return await self._accept(command)
        async with self._one_at_a_time(key.key):
            known = await self._services.journal.known_job(self.record.id, key.key)
            if known is None:
                return await self._accept(command)
            if known.digest != key.digest:
                raise IdempotencyMismatch(
                    "This Idempotency-Key came with another body before. Use a new key for a new "
                    "request."
                )
            return self._docket.newest(known.job)

    async def _accept(self, command: Submit) -> JobView:
        files, _ = self._check(command.capability, command.request)
        record = JobRecord(
            id=self._services.new_id(),
            session=self.record.id,
            capability=command.capability,
            request=command.request.model_dump_json(exclude_unset=True),
            inputs=tuple(files),
            created_at=self._services.now(),
            options=command.options,
        )
        job = Job(record, command.request, files, self.shelf, self, self._services)
        await self._start(job, command.idempotency)
        return job.view()

    async def _start(
        self, job: Job, idempotency: Idempotency | None = None, *, resumed: bool = False
    ) -> None:
        """Puts a job among the others and returns when it is accepted, or raises why not."""
        if self._nursery is None:
            raise NotFound("This session has ended.")
        # Among the others from here on: its inputs must not be removed while it asks for a place.
        self._docket.enter(job)
        await self._nursery.start(self._live, job, idempotency, resumed)

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

    async def _resume(self, record: JobRecord) -> None:
        found = resumed(record, self._services, self.shelf.files)
        if isinstance(found, Beyond):
            await self._services.journal.save_job(found.record)
            return
        job = Job(found.record, found.request, found.files, self.shelf, self, self._services)
        await self._start(job, resumed=True)

    async def _cancel(self, id: str) -> JobView:
        job = self._docket.get(id)
        if job is not None:
            job.cancel()
            await job.ended.wait()
            if job.record.state is State.CANCELLED:
                return job.view()
        state = (await self._docket.view(id)).record.state
        raise JobEnded(f"The job has already ended as {state}; there is nothing to cancel.")

    # --- inside ---------------------------------------------------------------------------------

    def _check(self, name: str, request: Request) -> tuple[dict[str, FileRecord], Forecast]:
        """The files that a request names and what it would make, or the refusal."""
        self._services.refuse_closed()
        self._refuse_overflow(name)
        capability = self._services.capabilities[name]
        files = self.shelf.find(capability.inputs(request))
        return files, capability.forecast(request, files, self._services.settings_of(name))

    def _refuse_overflow(self, capability: str) -> None:
        most = self._services.settings.limits.max_session_jobs
        if len(self._docket) >= most:
            raise QueueFull(
                f"This session has {len(self._docket)} unfinished jobs and may have {most}. "
                "Wait until some have ended, or cancel some.",
                limit="session_jobs",
                retry_after=self._services.limiters[capability].until_one_ends(self.record.id),
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

    @contextmanager
    def visit(self) -> Iterator[None]:
        """While somebody asks, uploads or watches, the session is not idle."""
        self._visitors += 1
        try:
            yield
        finally:
            self._visitors -= 1

    async def _foresee(self) -> None:
        """Tells those who watch when the outlook of their waiting jobs has changed enough."""
        while self._fanout.watchers:
            await trio.sleep(FORESIGHT_EVERY)
            now = trio.current_time()
            waiting = {job.record.id: job for job in self._docket if job.waits}
            for id in self._lookout.due(waiting, now):
                view = waiting[id].view()
                if self._lookout.is_news(id, view.outlook, now):
                    self._fanout.progressed(view)
        self._foreseeing = False
