"""One user's session: the actor that owns that user's files and jobs.

Owns: the life of the actor, the nursery in which the user's jobs live, and the commands, each given
to the part that does it: `Clerk` (jobs), `Shelf` (files), `Uploads`. `News` has the watchers.
Never: waits in its loop: every command is answered from a task of the nursery, so that a slow disk
under one of them holds up no other. State is changed in single steps without an await inside.

Others may read the shelf's files and the views of jobs at any time: both are replaced whole.
"""

import math
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial

import trio

from actors.asked import Asked
from actors.capability import Forecast, Request
from actors.clerk import Clerk
from actors.commands import (
    BeginUpload,
    Cancel,
    Command,
    DropFile,
    DropUpload,
    End,
    FinishUpload,
    ForgetJobs,
    Resume,
    Retire,
    Submit,
    Sweep,
    TakeFiles,
)
from actors.docket import Docket
from actors.errors import Fault, NotReady, StitcheryError, StorageFull
from actors.intake import Bounds, look_at
from actors.job import Job
from actors.journal.port import Page
from actors.lifecycle import State
from actors.limiter import Prospect
from actors.logs import Log
from actors.messages import (
    FileRecord,
    JobRecord,
    JobView,
    Options,
    SessionRecord,
    Snapshot,
)
from actors.news import News
from actors.part import Part
from actors.progress import Watcher
from actors.services import Services
from actors.shelf import Shelf
from actors.uploads import Uploads

log = Log("session")

LINING_UP = 20.0
"""Seconds that a new job waits for those of the last life; thousands are lined up in one."""


class Session(Asked):
    """One user's session. `Sessions` makes, finds and keeps it."""

    def __init__(self, record: SessionRecord, services: Services) -> None:
        super().__init__()
        self.record = record
        self.gone = trio.Event()
        self.shelf = Shelf(record.id, services)
        self.uploads = Uploads(record.id, services, self.shelf)
        self._services = services
        self._docket = Docket(record.id, services.journal)
        self._news = News(self._docket, services.numbers)
        self._clerk = Clerk(self, self._docket, self.shelf, services)
        self._visitors = 0
        self.noted_at = -math.inf  # Trio's time when its use was last noted, by `Sessions`
        self.ended = False
        self.half_ended = False  # stopped, and the disk or the journal would not let it go
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
    def owes(self) -> bool:
        """Whether records of what is gone are still to be removed."""
        return bool(self.shelf.owed or self.uploads.owed)

    # --- the actor ------------------------------------------------------------------------------

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serves until the session has ended, has long been idle, or makes room for another.

        Cancelling stops the jobs where they are; the journal has them for the next life.
        """
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                task_status.started()
                try:
                    end = await self._serve(nursery)
                finally:
                    self._nursery = None  # whoever comes while its tasks leave begins none there
                nursery.cancel_scope.cancel()
            if end is not None:  # and nobody is left who could bring anything in
                self.ended = self.half_ended = True
                self._news.end()
                await self._answer(end, partial(self._clear, end))
        finally:
            self._inbox.close()
            self._inbox.let_go()  # the end of the session, if it was asked for and was not reached
            self._news.end()
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
                    nursery.start_soon(self._answer, command, partial(self._do, command, nursery))
                    continue
                command.reply.give(self.idle)
            if self.idle:
                self._inbox.close()
                return None

    async def _answer(self, command: Command, act: Callable[[], Awaitable[None]]) -> None:
        """Every command gets an answer; what breaks under one does not break the session."""
        with self._inbox.answering(command):
            try:
                await act()
            except StitcheryError as error:
                if isinstance(error, StorageFull):
                    self._services.gauge.hurry()
                command.reply.refuse(error)
            except Exception:  # a mistake of ours in one command, told and logged
                incident = secrets.token_hex(8)
                log.exception("command broke", incident=incident, command=type(command).__name__)
                command.reply.refuse(Fault("This should not happen.", more={"incident": incident}))

    async def _do(self, command: Command, nursery: trio.Nursery) -> None:
        match command:
            case Submit():
                await self._all_taken_up()
                command.reply.give(await self._clerk.submit(command, nursery))
            case Resume(record=record, arrival=arrival):
                await self._clerk.resume(record, arrival, nursery)
                command.reply.give(None)
            case Cancel(job=job):
                command.reply.give(await self._clerk.cancel(job))
            case TakeFiles(files=files):
                await self.shelf.take(files)
                command.reply.give(None)
            case DropFile(file=file):
                await self._all_taken_up()
                await self.shelf.drop(file, self._docket.needed())
                command.reply.give(None)
            case Sweep(files=files):
                await self.uploads.pay()
                command.reply.give(await self.shelf.sweep(files, self._docket.needed()))
            case ForgetJobs(jobs=jobs):
                command.reply.give(await self._docket.forget(jobs))
            case BeginUpload() | FinishUpload() | DropUpload():
                await self._do_upload(command)

    async def _all_taken_up(self) -> None:
        """Waits until all jobs of the last life stand in line: they are before what is new."""
        with trio.move_on_after(LINING_UP):
            await self._services.taken_up.wait()
            return
        raise NotReady("What waited before the restart is still being lined up.", retry_after=5)

    async def _do_upload(self, command: BeginUpload | FinishUpload | DropUpload) -> None:
        match command:
            case BeginUpload(name=name, size=size):
                command.reply.give(await self.uploads.begin(name, size))
            case FinishUpload(upload=upload):
                command.reply.give(await self.uploads.finish(upload))
            case DropUpload(upload=upload):
                await self.uploads.drop(upload)
                command.reply.give(None)

    async def _clear(self, command: End) -> None:
        await self._services.workspace.remove_session(self.record.id)
        await self._services.journal.remove_session(self.record.id)
        self.half_ended = False
        command.reply.give(None)

    @contextmanager
    def visit(self) -> Iterator[None]:
        """While somebody asks, uploads or watches, the session is not idle."""
        self._visitors += 1
        try:
            yield
        finally:
            self._visitors -= 1

    # --- files on their way in, in the tasks of who brings them ---------------------------------

    @asynccontextmanager
    async def receive_part(self, limit: int) -> AsyncIterator[Part]:
        """A part for an upload of up to `limit` bytes; discarded on leaving unless it was taken.

        Raises:
            QuotaExceeded, StorageFull: there is no room for another file.
        """
        self._services.gauge.refuse_low()
        with self.visit():
            async with await self.shelf.new_part(limit) as part:
                yield part

    async def examine(self, part: Part, name: str) -> FileRecord:
        """Looks at an uploaded part; what it would be as a file. Nothing is taken yet.

        Raises:
            UnsupportedMedia, UnreadableMedia, TooLarge, StorageFull.
        """
        bounds = Bounds.of(self._services.settings.limits)
        return await look_at(part, name, self.record.id, self._services, bounds)

    # --- read by the faces ----------------------------------------------------------------------

    def preflight(
        self, capability: str, request: Request, options: Options
    ) -> tuple[Forecast, Prospect]:
        """What a job would make and meet, if it were submitted now; nothing is queued.

        Raises:
            Refusal: what `submit` would refuse.
        """
        files, forecast = self._clerk.check(capability, request)
        limiter = self._services.limiters[capability]
        size = self._services.capabilities[capability].size(request, files)
        left = math.inf if options.deadline is None else options.deadline
        limiter.refuse(self.record.id, size=size, left=left)
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
        """Waits until the jobs that run now have ended, or go back to waiting."""
        for job in self._docket:
            await job.halted()

    @contextmanager
    def watch(self, since: int | None = None, job: str | None = None) -> Iterator[Watcher]:
        """A watcher of what happens after event `since` where that is known, else from now on."""
        with self.visit(), self._news.watch(since, job) as watcher:
            if self._nursery is not None and not self.leaving:
                self._nursery.start_soon(self._news.foresee)
            yield watcher

    def take_note(self) -> None:
        """Takes up the settings in force; those who watch are told within a second what changed."""
        self.shelf.follow_settings()
        self._news.hurry()

    @property
    def watchers(self) -> int:
        """How many watch now."""
        return self._news.watchers

    async def snapshot(self, watcher: Watcher) -> Snapshot:
        """Where everything stands, for a watcher that begins here."""
        return await self._news.snapshot(watcher)

    # --- told by jobs (job.Owner) ---------------------------------------------------------------

    def job_changed(self, job: Job) -> None:
        """A job's state changed."""
        self._news.changed(job)

    def job_progressed(self, job: Job) -> None:
        """A job moved on."""
        self._news.progressed(job)

    def job_made(self, files: tuple[FileRecord, ...]) -> None:
        """A job's files are in place and on record."""
        self.shelf.put(files)
