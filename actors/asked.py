"""How a session is asked for what only its actor may do.

Owns: the calls by which the faces ask: each sends a command and waits for the answer.
Never: does anything itself. Who asks and goes away is answered to the wind; what was asked is done.
"""

from collections.abc import Collection, Sequence

import trio

from actors.capability import Request
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
from actors.errors import ActorGone
from actors.mailbox import Inbox
from actors.messages import (
    FileRecord,
    Idempotency,
    JobRecord,
    JobView,
    Options,
    UploadRecord,
)
from actors.part import Part


class Asked:
    """The asked side of a session. All calls raise `ActorGone` when it leaves before it answers."""

    def __init__(self) -> None:
        self._inbox: Inbox[Command | Retire] = Inbox("session")

    @property
    def leaving(self) -> bool:
        """Whether it takes no more commands; `gone` tells when another may take its place."""
        return self._inbox.closed

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
        return await self._inbox.ask(
            Submit(capability=capability, request=request, options=options, idempotency=idempotency)
        )

    async def resume(self, record: JobRecord, arrival: int = 0) -> None:
        """Takes up a job of an earlier life; returns when it stands in line again, or has ended."""
        await self._inbox.ask(Resume(record=record, arrival=arrival))

    async def cancel(self, job: str) -> JobView:
        """Ends a job; returns when nothing of it is left and its end is on record.

        Raises:
            NotFound: there is no such job. JobEnded: it has reached another end.
            NotReady: it has stopped, and its end is not on record yet.
        """
        return await self._inbox.ask(Cancel(job=job))

    async def take_files(self, files: Sequence[tuple[Part, FileRecord]]) -> None:
        """Makes examined parts files; returns when all are in place and on record.

        Cannot be cancelled: from here on the parts are the session's, and their owner must not
        discard them under its hands. It takes as long as the disk does.

        Raises:
            StorageFull: there is no room; the parts stay parts.
        """
        try:
            with trio.CancelScope(shield=True):
                await self._inbox.ask(TakeFiles(files=files))
        except ActorGone:
            # Both were cancelled, as when the tree stops: then the cancelling is what happened.
            await trio.lowlevel.checkpoint_if_cancelled()
            raise

    async def drop_file(self, file: str) -> None:
        """Removes a file.

        Raises:
            NotFound: there is no such file. FileInUse: an unfinished job needs it.
        """
        await self._inbox.ask(DropFile(file=file))

    async def sweep(self, files: Collection[str] = ()) -> frozenset[str]:
        """Removes those of these files that no job needs, and what is owed; what is gone."""
        return await self._inbox.ask(Sweep(files=files))

    async def forget_jobs(self, jobs: Collection[str]) -> int:
        """Forgets those of these jobs that have ended; how many."""
        return await self._inbox.ask(ForgetJobs(jobs=jobs))

    async def retire(self) -> bool:
        """Has it leave memory at once if nothing is under way in it; whether it does.

        It comes back from the record when it is asked for; `gone` tells when it may.
        """
        try:
            return await self._inbox.ask(Retire())
        except ActorGone:
            return True

    async def begin_upload(self, name: str, size: int) -> UploadRecord:
        """A resumable upload of `size` bytes, on record when it returns.

        Raises:
            TooLarge, QuotaExceeded, TooManyUploads, StorageFull: it may not be begun.
        """
        return await self._inbox.ask(BeginUpload(name=name, size=size))

    async def finish_upload(self, upload: str) -> UploadRecord:
        """Makes a file of an upload whose bytes are all there; goes on when the caller leaves.

        Raises:
            NotFound: there is no such upload.
            UnsupportedMedia, UnreadableMedia, TooLarge: no picture that we take; it is removed.
            StorageFull: there is no room; it stays, to be finished later.
        """
        return await self._inbox.ask(FinishUpload(upload=upload))

    async def drop_upload(self, upload: str) -> None:
        """Removes a resumable upload, unfinished or not; a file that it became stays.

        Raises:
            NotFound: there is no such upload.
        """
        await self._inbox.ask(DropUpload(upload=upload))

    async def end(self) -> None:
        """Ends the session with all that it holds."""
        await self._inbox.ask(End())
