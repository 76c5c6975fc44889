"""The journal on disk: an actor with one SQLite writer, whose commits are groups.

Owns: the open store and its two ways in, the groups of writes and the reading connections.
Never: lets a thread touch what Trio's tasks touch, or a reader wait for the writer.

A lesson from measuring: of all that a durable write costs, the sync is nearly everything. Readers
have connections of their own, on which SQLite's write-ahead log shows the last commit.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import trio

from actors.journal import queries, statements
from actors.journal.age import Ageing, Mark
from actors.journal.groups import BACKLOG, Groups, Statistics
from actors.journal.opening import open_store
from actors.journal.port import JournalClosedError, Known, Page, Usage
from actors.journal.sound import Sound
from actors.journal.statements import T, Work
from actors.journal.store import READERS, Store, Write
from actors.lifecycle import State
from actors.logs import Log
from actors.messages import FileRecord, Idempotency, JobRecord, SessionRecord, UploadRecord

log = Log("journal")

TOLD: Final = 100
"""Rows that make no sense of which the log tells in a life."""


class _Opening:
    """What belongs to one opening of the store, from its first task to its last."""

    def __init__(self, store: Store, backlog: int, begun: float) -> None:
        self.groups = Groups(store.commit, backlog=backlog)
        self.ageing = Ageing(begun, trio.current_time())
        self.told: set[str] = set()  # of rows that make no sense
        self._store = store
        self._readers = trio.CapacityLimiter(READERS)

    async def read(self, work: Work[T]) -> T:
        """Carries `work` out in a thread; waits for a connection when all are busy."""
        return await trio.to_thread.run_sync(
            self._store.read, work, limiter=self._readers, thread_name="journal reader"
        )

    async def close(self, mark: Mark) -> None:
        """Waits for the reads under way, then closes the store with this mark."""
        for _ in range(READERS):
            await self._readers.acquire_on_behalf_of(object())
        try:
            # where the disk takes it no more, the next life goes on from an earlier one
            await trio.to_thread.run_sync(self._store.commit, [Write(statements.keep_mark(mark))])
        finally:
            await trio.to_thread.run_sync(self._store.close)


class SqliteJournal:
    """A journal in a data folder; see `port.Journal` for what each method promises.

    Args:
        folder: the data folder, for this server alone; made when it is not there.
        backlog: writes that may wait for their group before further writers wait for room.
        wall: the wall clock, in seconds.
    """

    def __init__(
        self, folder: Path, *, backlog: int = BACKLOG, wall: Callable[[], float] = time.time
    ) -> None:
        self.life = 0
        self.last_id = ""
        self.findings: tuple[str, ...] = ()
        self._folder = folder
        self._backlog = backlog
        self._wall = wall
        self._last_age = 0.0  # of the last life
        self._opening: _Opening | None = None  # written by run() only; None while not open

    def __repr__(self) -> str:
        state = f"life {self.life}" if self._opening else "closed"
        return f"<SqliteJournal {self._folder} {state}>"

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Opens the record, reports started, and writes until cancelled; see the port."""
        store = await trio.to_thread.run_sync(partial(open_store, self._folder, wall=self._wall))
        # what this process has told counts also where the last mark could not be kept
        opening = _Opening(store, self._backlog, max(store.resumed.age, self._last_age))
        try:
            self.life, self.last_id, self.findings = store.life, store.last_id, store.findings
            if store.resumed.doubt:
                log.warning("time between two lives counts as nothing", why=store.resumed.doubt)
            self._opening = opening
            task_status.started()
            await opening.groups.run()
        finally:
            mark = Mark(opening.ageing.at(trio.current_time()), self._wall())
            self._last_age = mark.age
            self._opening = None
            # Not bounded by a time: a thread that waits for the disk cannot be called back.
            with trio.CancelScope(shield=True):
                await opening.close(mark)

    def statistics(self) -> Statistics:
        """What was written since it was opened."""
        return self._open().groups.statistics()

    def _open(self) -> _Opening:
        if self._opening is None:
            raise JournalClosedError("The journal is not open. Try again.", retry_after=1)
        return self._opening

    async def _write(self, work: Work[T]) -> T:
        return await self._open().groups.write(work)

    async def _read(self, work: Work[T]) -> T:
        return await self._open().read(work)

    async def _read_sound(self, work: Work[Sound[T]]) -> T:
        """What makes sense of what `work` finds; the rest is told, once in a life."""
        opening = self._open()
        found = await opening.read(work)
        new = [row for row in found.passed if row not in opening.told][: TOLD - len(opening.told)]
        for row in new:
            log.warning(
                "a row of the journal makes no sense; it is passed over",
                row=row,
                advice="have what can be read saved (stitchery repair)",
            )
        opening.told.update(new)
        return found.taken

    # --- the port ---------------------------------------------------------------------------------

    async def add_session(self, session: SessionRecord) -> None:
        """Records a new session."""
        await self._write(statements.add_session(session, age=self.age()))

    async def session(self, id: str) -> SessionRecord | None:
        """The session, or None."""
        return await self._read(queries.session(id))

    async def session_of(self, owner: str) -> SessionRecord | None:
        """The principal's session, or None."""
        return await self._read(queries.session_of(owner))

    async def owners(self, sessions: frozenset[str]) -> Mapping[str, str]:
        """The owners of those of these sessions that have one, by session."""
        return await self._read(queries.owners(sessions))

    async def remove_session(self, id: str) -> None:
        """Forgets the session with all that is its."""
        await self._write(statements.remove_session(id))

    async def add_job(self, job: JobRecord, idempotency: Idempotency | None = None) -> None:
        """Records an accepted job with its key."""
        await self._write(statements.add_job(job, idempotency, age=self.age()))

    async def save_job(self, job: JobRecord, files: Sequence[FileRecord] = ()) -> None:
        """Records a job's newest state and the files it made."""
        await self._write(statements.save_job(job, files, age=self.age()))

    def note_job(self, job: JobRecord) -> None:
        """Has a job's newest state written with the next group."""
        self._open().groups.note(statements.save_job(job, (), age=self.age()))

    async def job(self, session: str, id: str) -> JobRecord | None:
        """The session's job, or None."""
        return await self._read(queries.job(session, id))

    async def jobs(
        self,
        session: str,
        *,
        state: State | None = None,
        capability: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[JobRecord]:
        """The session's jobs, newest first."""
        return await self._read(queries.jobs(session, state, capability, limit, cursor))

    async def unfinished_jobs(self) -> tuple[JobRecord, ...]:
        """All sessions' jobs that have not ended, oldest first."""
        return await self._read_sound(queries.unfinished_jobs)

    async def known_job(self, session: str, key: str) -> Known | None:
        """The job sent under the key, or None."""
        return await self._read(queries.known_job(session, key))

    async def add_files(self, *files: FileRecord) -> None:
        """Records files whose bytes are in place."""
        await self._write(statements.add_files(*files, age=self.age()))

    async def remove_file(self, session: str, id: str) -> bool:
        """Forgets a file; False when there was none."""
        return await self._write(statements.remove_file(session, id))

    async def file(self, session: str, id: str) -> FileRecord | None:
        """The session's file, or None."""
        return await self._read(queries.file(session, id))

    async def files(
        self, session: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[FileRecord]:
        """The session's files, newest first."""
        return await self._read(queries.files(session, limit, cursor))

    async def usage(self, session: str) -> Usage:
        """What the session's files come to."""
        return await self._read(queries.usage(session))

    async def all_jobs(
        self,
        *,
        state: State | None = None,
        capability: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[JobRecord]:
        """All sessions' jobs, newest first."""
        return await self._read(queries.all_jobs(state, capability, limit, cursor))

    async def find_job(self, id: str) -> JobRecord | None:
        """The job, whosever it is, or None."""
        return await self._read(queries.find_job(id))

    async def add_upload(self, upload: UploadRecord) -> None:
        """Records an upload that begins."""
        await self._write(statements.add_upload(upload))

    async def finish_upload(self, upload: UploadRecord, file: FileRecord) -> None:
        """Records an upload with the file that it became."""
        await self._write(statements.finish_upload(upload, file, age=self.age()))

    async def remove_upload(self, session: str, id: str) -> bool:
        """Forgets an upload; False when there was none."""
        return await self._write(statements.remove_upload(session, id))

    async def uploads(self, session: str | None = None) -> tuple[UploadRecord, ...]:
        """The session's uploads, or everybody's, oldest first."""
        return await self._read_sound(queries.uploads(session))

    # --- what grows old ---------------------------------------------------------------------------

    def age(self) -> float:
        """Seconds by which what is kept here has grown old."""
        if self._opening is None:
            return self._last_age
        return self._opening.ageing.at(trio.current_time())

    async def keep_age(self) -> None:
        """Records the age with the wall clock beside it."""
        await self._write(statements.keep_mark(Mark(self.age(), self._wall())))

    async def files_before(self, age: float, *, limit: int) -> tuple[FileRecord, ...]:
        """Everybody's files that were recorded before that age, oldest first."""
        return await self._read_sound(queries.files_before(age, limit))

    async def jobs_before(self, age: float, *, limit: int) -> tuple[JobRecord, ...]:
        """Everybody's jobs that ended before that age, oldest first."""
        return await self._read_sound(queries.jobs_before(age, limit))

    async def sessions_before(self, age: float, *, limit: int) -> tuple[SessionRecord, ...]:
        """Sessions that hold nothing and were last used before that age, oldest first."""
        return await self._read_sound(queries.sessions_before(age, limit))

    def note_use(self, session: str) -> None:
        """Has it written with the next group that the session is in use now."""
        self._open().groups.note(statements.use_session(session, age=self.age()))

    async def remove_jobs(self, session: str, ids: Collection[str]) -> int:
        """Forgets those of the jobs that have ended, with their keys; how many."""
        return await self._write(statements.remove_jobs(session, ids))

    async def all_files(self) -> Mapping[str, Mapping[str, int]]:
        """Bytes by file id, by session."""
        return await self._read_sound(queries.all_files)

    async def save_learnt(self, name: str, document: str) -> None:
        """Keeps what was learnt under a name."""
        await self._write(statements.save_learnt(name, document))

    async def learnt(self) -> Mapping[str, str]:
        """All that was learnt, by name."""
        return await self._read(queries.learnt)
