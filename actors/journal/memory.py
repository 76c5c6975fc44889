"""The journal without a disk: the same promises, kept without threads.

Owns: the shelves (shelves.py), which last as long as the object; `run` it again for a second life.
Never: waits for anything but its hook, so that a simulation on a virtual clock stays exact.

Where the one on disk may leave a write done or undone when its caller is cancelled, this one does
both: a cancel that meets the hook finds nothing written, one that comes at the end finds all.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar

import trio

from actors.journal.age import Ageing, Mark, resume
from actors.journal.paging import cut
from actors.journal.port import JournalClosedError, Known, NotOnRecordError, Page, Usage
from actors.journal.records import RecordT, decode, encode
from actors.journal.shelves import Shelf, Shelves, matching, newest
from actors.lifecycle import State
from actors.logs import Log
from actors.messages import FileRecord, Idempotency, JobRecord, SessionRecord, UploadRecord

log = Log("journal")

T = TypeVar("T")
BeforeWrite = Callable[[str], Awaitable[None]]


async def _at_once(_write: str) -> None:
    """The hook of a journal that neither delays nor fails."""


def _on_record(kind: type[RecordT], record: RecordT) -> RecordT:
    """What would come back from a disk: fails for what has no form there, shares nothing."""
    return decode(kind, encode(record))


class MemoryJournal:
    """A journal in memory; see `port.Journal` for what each method promises.

    Args:
        before_write: awaited before each write with the name of its method; may wait, and may
            raise what a disk would. Notes are written at once, without it.
        wall: the wall clock, in seconds. Unless given, Trio's clock stands for it, so that the
            lives within one run of Trio follow each other exactly.
    """

    def __init__(
        self,
        *,
        before_write: BeforeWrite = _at_once,
        wall: Callable[[], float] = trio.current_time,
    ) -> None:
        self.life = 0
        self.last_id = ""
        self.findings: tuple[str, ...] = ()
        self._before_write = before_write
        self._wall = wall
        self._open = False  # written by run() only
        self._shelves = Shelves()
        self._mark: Mark | None = None
        self._ageing = Ageing(0.0, 0.0)  # of this life; read while it is open

    def __repr__(self) -> str:
        return f"<MemoryJournal {f'life {self.life}' if self._open else 'closed'}>"

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Begins a life on what earlier ones left, and ends it when cancelled; see the port."""
        self.life += 1
        self.last_id = self._shelves.last_id()
        resumed = resume(self._mark, self._wall())
        if resumed.doubt:
            log.warning("time between two lives counts as nothing", why=resumed.doubt)
        self._ageing = Ageing(resumed.age, trio.current_time())
        self._open = True
        try:
            task_status.started()
            await trio.sleep_forever()
        finally:
            self._keep_mark()
            self._open = False

    def _keep_mark(self) -> None:
        self._mark = Mark(self.age(), self._wall())

    def _check_open(self) -> None:
        if not self._open:
            raise JournalClosedError("The journal is not open. Try again.", retry_after=1)

    async def _write(self, name: str, change: Callable[[], T]) -> T:
        self._check_open()
        await self._before_write(name)
        self._check_open()
        result = change()
        await trio.lowlevel.checkpoint()
        return result

    async def _stamp(self, name: str, change: Callable[[float], T]) -> T:
        """As `_write`, for what is stamped: with the age at the moment at which it is written."""
        return await self._write(name, lambda: change(self.age()))

    async def _read(self) -> Shelves:
        """All shelves, for a reader, after a checkpoint."""
        self._check_open()
        await trio.lowlevel.checkpoint()
        return self._shelves

    async def _shelf(self, session: str) -> Shelf | None:
        """The session's shelf, for a reader, after a checkpoint."""
        return (await self._read()).get(session)

    # --- the port ---------------------------------------------------------------------------------

    async def add_session(self, session: SessionRecord) -> None:
        """Records a new session."""
        record = _on_record(SessionRecord, session)
        await self._stamp("add_session", partial(self._shelves.add_session, record))

    async def session(self, id: str) -> SessionRecord | None:
        """The session, or None."""
        shelf = await self._shelf(id)
        return shelf.session if shelf else None

    async def session_of(self, owner: str) -> SessionRecord | None:
        """The principal's session, or None."""
        return (await self._read()).owned_by(owner)

    async def owners(self, sessions: frozenset[str]) -> Mapping[str, str]:
        """The owners of those of these sessions that have one, by session."""
        shelves = await self._read()
        found = (shelves[id].session for id in sessions if id in shelves)
        return {session.id: session.owner for session in found if session.owner is not None}

    async def remove_session(self, id: str) -> None:
        """Forgets the session with all that is its."""
        await self._write("remove_session", partial(self._shelves.remove_session, id))

    async def add_job(self, job: JobRecord, idempotency: Idempotency | None = None) -> None:
        """Records an accepted job with its key."""
        record = _on_record(JobRecord, job)
        await self._stamp("add_job", partial(self._shelves.add_job, record, idempotency))

    async def save_job(self, job: JobRecord, files: Sequence[FileRecord] = ()) -> None:
        """Records a job's newest state and the files it made."""
        record = _on_record(JobRecord, job)
        made = [_on_record(FileRecord, file) for file in files]
        await self._stamp("save_job", partial(self._shelves.save_job, record, made))

    def note_job(self, job: JobRecord) -> None:
        """Has a job's newest state written."""
        self._check_open()
        with suppress(NotOnRecordError):
            self._shelves.save_job(_on_record(JobRecord, job), (), self.age())

    async def job(self, session: str, id: str) -> JobRecord | None:
        """The session's job, or None."""
        shelf = await self._shelf(session)
        return shelf.jobs.get(id) if shelf else None

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
        shelf = await self._shelf(session)
        found = newest(shelf.jobs if shelf else {}, cursor)
        return cut(matching(found, state, capability), limit)

    async def unfinished_jobs(self) -> tuple[JobRecord, ...]:
        """All sessions' jobs that have not ended, oldest first."""
        return (await self._read()).unfinished_jobs()

    async def known_job(self, session: str, key: str) -> Known | None:
        """The job sent under the key, or None."""
        return (await self._read()).known_job(session, key)

    async def add_files(self, *files: FileRecord) -> None:
        """Records files whose bytes are in place."""
        records = [_on_record(FileRecord, file) for file in files]
        await self._stamp("add_files", partial(self._shelves.add_files, records))

    async def remove_file(self, session: str, id: str) -> bool:
        """Forgets a file; False when there was none."""
        return await self._write("remove_file", partial(self._shelves.remove_file, session, id))

    async def file(self, session: str, id: str) -> FileRecord | None:
        """The session's file, or None."""
        shelf = await self._shelf(session)
        return shelf.files.get(id) if shelf else None

    async def files(
        self, session: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[FileRecord]:
        """The session's files, newest first."""
        shelf = await self._shelf(session)
        return cut(newest(shelf.files if shelf else {}, cursor), limit)

    async def usage(self, session: str) -> Usage:
        """What the session's files come to."""
        shelf = await self._shelf(session)
        files = tuple(shelf.files.values()) if shelf else ()
        return Usage(files=len(files), size=sum(file.size for file in files))

    async def all_jobs(
        self,
        *,
        state: State | None = None,
        capability: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[JobRecord]:
        """All sessions' jobs, newest first."""
        shelves = (await self._read()).values()
        jobs = {id: job for shelf in shelves for id, job in shelf.jobs.items()}
        return cut(matching(newest(jobs, cursor), state, capability), limit)

    async def find_job(self, id: str) -> JobRecord | None:
        """The job, whosever it is, or None."""
        shelves = (await self._read()).values()
        return next((shelf.jobs[id] for shelf in shelves if id in shelf.jobs), None)

    async def add_upload(self, upload: UploadRecord) -> None:
        """Records an upload that begins."""
        record = _on_record(UploadRecord, upload)
        await self._write("add_upload", partial(self._shelves.add_upload, record))

    async def finish_upload(self, upload: UploadRecord, file: FileRecord) -> None:
        """Records an upload with the file that it became."""
        record, made = _on_record(UploadRecord, upload), _on_record(FileRecord, file)
        await self._stamp("finish_upload", partial(self._shelves.finish_upload, record, made))

    async def remove_upload(self, session: str, id: str) -> bool:
        """Forgets an upload; False when there was none."""
        return await self._write("remove_upload", partial(self._shelves.remove_upload, session, id))

    async def uploads(self, session: str | None = None) -> tuple[UploadRecord, ...]:
        """The session's uploads, or everybody's, oldest first."""
        return (await self._read()).uploads(session)

    # --- what grows old ---------------------------------------------------------------------------

    def age(self) -> float:
        """Seconds by which what is kept here has grown old."""
        if self._open:
            return self._ageing.at(trio.current_time())
        return 0.0 if self._mark is None else self._mark.age

    async def keep_age(self) -> None:
        """Records the age with the wall clock beside it."""
        await self._write("keep_age", self._keep_mark)

    async def files_before(self, age: float, *, limit: int) -> tuple[FileRecord, ...]:
        """Everybody's files that were recorded before that age, oldest first."""
        return (await self._read()).files_before(age, limit)

    async def jobs_before(self, age: float, *, limit: int) -> tuple[JobRecord, ...]:
        """Everybody's jobs that ended before that age, oldest first."""
        return (await self._read()).jobs_before(age, limit)

    async def sessions_before(self, age: float, *, limit: int) -> tuple[SessionRecord, ...]:
        """Sessions that hold nothing and were last used before that age, oldest first."""
        return (await self._read()).sessions_before(age, limit)

    def note_use(self, session: str) -> None:
        """Has it written that the session is in use now."""
        self._check_open()
        self._shelves.use_session(session, self.age())

    async def remove_jobs(self, session: str, ids: Collection[str]) -> int:
        """Forgets those of the jobs that have ended, with their keys; how many."""
        return await self._write("remove_jobs", partial(self._shelves.remove_jobs, session, ids))

    async def all_files(self) -> Mapping[str, Mapping[str, int]]:
        """Bytes by file id, by session."""
        shelves = (await self._read()).items()
        return {
            session: {id: file.size for id, file in shelf.files.items()}
            for session, shelf in shelves
            if shelf.files
        }

    async def save_learnt(self, name: str, document: str) -> None:
        """Keeps what was learnt under a name."""
        await self._write("save_learnt", partial(self._shelves.save_learnt, name, document))

    async def learnt(self) -> Mapping[str, str]:
        """All that was learnt, by name."""
        return dict((await self._read()).learnt)
