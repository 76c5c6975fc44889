"""The resumable uploads of one session: begun, written by one at a time, finished exactly once.

Owns: which uploads there are, whose turn it is to write, their room in the quota, and the way of a
whole upload to a file. Part of the session actor, as the shelf is: `begin`, `finish` and `drop`
run in the session's own tasks, so that they come to their end when the asker has gone.
Never: speaks a protocol (web/uploads.py), or remembers how much has come: the disk says that.

Bytes go before rows and come before them: a crash leaves a draft without a record, or a record
without a draft, and `settle` removes both when the next life begins.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import trio

from actors.drafts import Draft
from actors.errors import (
    Conflict,
    Fault,
    NotFound,
    Refusal,
    StitcheryError,
    TooLarge,
    UnreadableMedia,
    UnsupportedMedia,
)
from actors.intake import Bounds, look_at
from actors.logs import Log
from actors.messages import UploadRecord
from actors.names import clean_name
from actors.quota import Reservation, too_large
from actors.services import Services
from actors.shelf import Shelf

log = Log("uploads")

_LASTING = frozenset({UnsupportedMedia.code, UnreadableMedia.code, TooLarge.code})
"""Codes of what is wrong with the bytes themselves: to examine them again would find the same."""


class TooManyUploads(Refusal):
    code = "too_many_uploads"
    title = "You have as many unfinished uploads as one session may"
    status = 429


class UploadTakenOver(Conflict):
    code = "upload_taken_over"
    title = "A newer request has taken this upload over"


class UploadComplete(Conflict):
    code = "upload_complete"
    title = "This upload is complete"


@dataclass(eq=False, slots=True)
class _Upload:
    """An upload in memory.

    Attributes:
        newest: the request that writes, or waits to.
        adrift: its bytes lie where those of a file do, and it has become none.
    """

    record: UploadRecord
    room: Reservation | None
    lock: trio.Lock = field(default_factory=trio.Lock)
    newest: trio.CancelScope | None = None
    adrift: bool = False

    def let_go(self) -> None:
        """Asks whoever writes to leave; what has come is flushed before they do."""
        if self.newest is not None:
            self.newest.cancel()
            self.newest = None


class Uploads:
    """One session's uploads.

    Attributes:
        owed: uploads that are gone, and may be on record: their removal there is tried again.
    """

    def __init__(self, session: str, services: Services, shelf: Shelf) -> None:
        self._session = session
        self._services = services
        self._shelf = shelf
        self._uploads: dict[str, _Upload] = {}
        self.owed: set[str] = set()

    def __len__(self) -> int:
        """How many are not finished."""
        return sum(1 for upload in self._uploads.values() if upload.record.file is None)

    async def load(self) -> None:
        """Reads what the journal has, and counts it again; once, before anything else.

        An unfinished one without its bytes is none: its actor broke before the record was removed.
        But first they are looked for where they are if it broke while it was being finished.
        """
        for record in await self._services.journal.uploads(self._session):
            if record.file is None and await self._is_gone(record.id):
                self.owed.add(record.id)
                continue
            room = self._shelf.quota.renew(record.size) if record.file is None else None
            self._uploads[record.id] = _Upload(record, room)

    def find(self, id: str) -> UploadRecord:
        """The upload as it stands.

        Raises:
            NotFound: there is none (any more).
        """
        return self._find(id).record

    async def size(self, id: str) -> int:
        """Bytes that have come, once whoever was writing has let go.

        Raises:
            NotFound: there is no such upload (any more).
        """
        upload = self._find(id)
        upload.let_go()
        async with upload.lock:
            record = self._find(id).record
            if record.file is not None:
                return record.size
            await self._bring_back(upload)
            return await self._services.workspace.drafts.size(self._session, id)

    @asynccontextmanager
    async def writing(self, id: str) -> AsyncIterator[Draft]:
        """The upload's bytes, to be written on; whoever was writing lets go first.

        Raises:
            NotFound: there is no such upload (any more).
            UploadComplete: it has become a file.
            UploadTakenOver: a newer request came meanwhile; what was written is kept.
        """
        upload = self._find(id)
        upload.let_go()
        with trio.CancelScope() as turn:
            upload.newest = turn
            async with upload.lock:
                if upload.record.file is not None:
                    raise UploadComplete("The upload has become a file; HEAD tells which.")
                await self._bring_back(upload)
                async with await self._services.workspace.drafts.open(self._session, id) as draft:
                    yield draft
            if upload.newest is turn:
                upload.newest = None
            return
        raise UploadTakenOver("What had come is kept. HEAD tells from where to go on.")

    def let_go(self) -> None:
        """The session ends: nobody writes any more."""
        for upload in self._uploads.values():
            upload.let_go()

    # --- in tasks of the session ------------------------------------------------------------------

    async def begin(self, name: str, size: int) -> UploadRecord:
        """A new upload of `size` bytes; it lasts when it returns.

        Raises:
            TooLarge, QuotaExceeded: it may not be that large. TooManyUploads. StorageFull.
        """
        self._services.gauge.refuse_low()
        limits = self._services.settings.limits
        if size > limits.max_upload_mb << 20:
            raise too_large(limits.max_upload_mb << 20)
        if len(self) >= limits.max_unfinished_uploads:
            raise TooManyUploads(
                f"This session has {len(self)} unfinished uploads and may have "
                f"{limits.max_unfinished_uploads}. Finish or remove some.",
                limit="unfinished_uploads",
                retry_after=60,
            )
        record = UploadRecord(
            id=self._services.new_id(),
            session=self._session,
            name=clean_name(name),
            size=size,
            created_at=self._services.now(),
        )
        upload = _Upload(record, self._shelf.quota.reserve(size))
        self._uploads[record.id] = upload  # from here on it counts; nobody knows its id yet
        try:
            await self._services.workspace.drafts.begin(self._session, record.id)
            await self._services.journal.add_upload(record)
        except BaseException:  # cancelled, too: nobody will ever know its id
            with trio.CancelScope(shield=True):
                await self._discard(upload, at_any_rate=True)
                await self._forget(record.id)  # what was not answered may have been written
            raise
        return record

    async def finish(self, id: str) -> UploadRecord:
        """Makes a whole upload a file, unless it is one; the upload with its `file`.

        Raises:
            NotFound: there is no such upload (any more).
            UnsupportedMedia, UnreadableMedia, TooLarge: no picture that we take; it is removed.
            StorageFull: there is no room for the record; it stays, to be finished later.
        """
        upload = self._find(id)
        async with upload.lock:
            if self._find(id).record.file is None:
                await self._finish(upload)
        await self._forget_oldest()
        return upload.record

    async def drop(self, id: str) -> None:
        """Removes an upload; a file that it became stays.

        Without its bytes it is gone for good: a record that cannot be removed now is owed.

        Raises:
            NotFound: there is no such upload (any more).
            Fault: the disk does not let it go; it stays.
        """
        upload = self._find(id)
        upload.let_go()
        async with upload.lock:
            self._find(id)
            await self._bring_back(upload)
            await self._discard(upload)
            await self._forget(id)

    async def pay(self) -> None:
        """Removes the records that are owed."""
        for id in list(self.owed):
            await self._forget(id)

    # --- inside -----------------------------------------------------------------------------------

    def _find(self, id: str) -> _Upload:
        try:
            return self._uploads[id]
        except KeyError:
            raise NotFound("There is no such upload (any more).") from None

    async def _finish(self, upload: _Upload) -> None:
        record, services = upload.record, self._services
        await self._bring_back(upload)
        part = services.workspace.part_of_draft(self._session, record.id)
        try:
            bounds = Bounds.of(services.settings.limits)
            file = await look_at(part, record.name, self._session, services, bounds)
            if file.size != record.size:
                raise Fault(f"An upload of {record.size} bytes had {file.size} when it was whole.")
            # A write that is cancelled may have been done (journal/port.py), so it is waited for.
            with trio.CancelScope(shield=True):
                await services.workspace.adopt(part)
                finished = replace(record, file=file.id)
                try:
                    await services.journal.finish_upload(finished, file)
                except Exception:  # whatever it is, it goes on; the bytes stay to be finished
                    upload.adrift = True
                    await self._bring_back(upload)
                    raise
        except StitcheryError as error:
            if error.problem().code in _LASTING:
                await part.set_aside()
                await self._discard(upload, at_any_rate=True)
                await self._forget(record.id)
            raise
        finally:
            await part.set_aside()
        upload.record = finished
        if upload.room is not None:
            upload.room.commit(record.size)
        self._shelf.put([file])

    async def _bring_back(self, upload: _Upload) -> None:
        """Makes an upload a draft again that was adopted, and could not be recorded as a file."""
        if upload.adrift:
            await self._services.workspace.return_to_draft(self._session, upload.record.id)
            upload.adrift = False

    async def _discard(self, upload: _Upload, *, at_any_rate: bool = False) -> None:
        """Its bytes, then its room, then out of sight.

        Args:
            upload: nobody writes to it, and nobody will.
            at_any_rate: what the disk does not let go is removed later (`Workspace.pay`).
        """
        try:
            await self._services.workspace.drafts.remove(self._session, upload.record.id)
        except StitcheryError as error:
            if not at_any_rate:
                raise
            self._services.workspace.drafts.owe(self._session, upload.record.id, error)
        if upload.room is not None:
            upload.room.release()
        self._uploads.pop(upload.record.id, None)

    async def _forget(self, id: str) -> None:
        """Removes the record of an upload that is gone, now or another time."""
        self.owed.add(id)
        try:
            await self._services.journal.remove_upload(self._session, id)
        except StitcheryError as error:
            log.warning("cannot forget an upload now", upload=id, why=error.detail)
        else:
            self.owed.discard(id)

    async def _is_gone(self, id: str) -> bool:
        """Whether an upload has no bytes, where the disk can tell; if adopted they come back."""
        workspace = self._services.workspace
        try:
            try:
                await workspace.drafts.size(self._session, id)
            except NotFound:
                return not await workspace.return_to_draft(self._session, id)
        except StitcheryError as error:
            log.warning("cannot look for an upload", upload=id, why=error.detail)
        return False

    async def _forget_oldest(self) -> None:
        """Of finished uploads as many are remembered as may be unfinished: they cost room too."""
        finished = [id for id, upload in self._uploads.items() if upload.record.file is not None]
        for id in finished[: -self._services.settings.limits.max_unfinished_uploads]:
            if self._uploads.pop(id, None) is not None:  # else another came first, while we wrote
                await self._forget(id)
