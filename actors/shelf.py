"""The files of one session: what it holds, what that comes to, and who needs which.

Owns: the session's map of files and its quota. Part of the session actor: its methods run in the
session's tasks, and the map is replaced whole in single steps, so that others may read it any time.
Never: looks into a file (intake.py), or lets a client's name near a path (workspace.py).
"""

from collections.abc import Collection, Mapping, Sequence

import structlog
import trio

from actors.errors import FileInUse, NotFound, UnknownFile
from actors.messages import FileRecord
from actors.quota import Allowance, Quota
from actors.services import Services
from actors.workspace import Part

log = structlog.get_logger("shelf")

_PAGE = 1000
"""Files read from the journal at once when a session comes back to memory."""


class Shelf:
    """One session's files."""

    def __init__(self, session: str, services: Services) -> None:
        self.session = session
        self.files: Mapping[str, FileRecord] = {}
        self.quota = Quota(max_bytes=0, max_files=0)
        self._services = services
        self.follow_settings()

    def follow_settings(self) -> None:
        """Holds the session to the limits in force; what it holds beyond them stays."""
        limits = self._services.settings.limits
        self.quota.max_bytes = limits.max_session_mb << 20
        self.quota.max_files = limits.max_session_files

    async def load(self) -> None:
        """Reads what the journal has; once, before anything else.

        Bytes without a record are removed: a crash came between their name and their record, so
        nobody was ever told of them.
        """
        cursor: str | None = None
        while True:
            page = await self._services.journal.files(self.session, limit=_PAGE, cursor=cursor)
            self.put(page.items)
            cursor = page.next
            if cursor is None:
                break
        for id in await self._services.workspace.ids(self.session):
            if id not in self.files:
                await self._services.workspace.remove(self.session, id)
                log.warning("removed a file without a record", session=self.session, file=id)
        self.quota.used_files = len(self.files)
        self.quota.used_bytes = sum(file.size for file in self.files.values())

    def find(self, wanted: Mapping[str, str]) -> dict[str, FileRecord]:
        """The files that a request names, by id; `wanted` maps fields of the request to ids.

        Raises:
            UnknownFile: naming the field.
        """
        for field, id in wanted.items():
            if id not in self.files:
                raise UnknownFile(f"There is no file {id!r} in this session.", field=field)
        return {id: self.files[id] for id in wanted.values()}

    async def new_part(self, limit: int) -> Part:
        """An empty part of up to `limit` bytes, which the quota counts until it is discarded.

        Raises:
            QuotaExceeded, StorageFull: there is no room for another file.
        """
        allowance = Allowance(limit, self.quota.reserve())
        return await self._services.workspace.new_part(
            self.session, self._services.new_id(), allowance=allowance
        )

    async def take(self, files: Sequence[tuple[Part, FileRecord]]) -> None:
        """Puts sealed parts in place, then on record, then into sight; all of them or none.

        Raises:
            StorageFull: there is no room; nothing is left of them.
        """
        records = [record for _, record in files]
        # A write that is cancelled may have been done (journal/port.py): to remove the bytes then
        # could leave a record without any. So it is waited for, as long as the disk takes.
        with trio.CancelScope(shield=True):
            await self._services.workspace.adopt(*(part for part, _ in files))
            try:
                await self._services.journal.add_files(*records)
            except Exception:  # whatever it is, it goes on; nothing may be left behind
                for record in records:
                    await self._remove(record)
                raise
        self.put(records)

    def put(self, files: Collection[FileRecord]) -> None:
        """Brings files into sight that are in place and on record."""
        self.files = {**self.files, **{file.id: file for file in files}}

    async def drop(self, id: str, needed: Mapping[str, Collection[str]]) -> None:
        """Removes a file: out of sight, then its bytes, then its record (room first, rows later).

        Args:
            needed: unfinished jobs, with the files that each needs.

        Raises:
            NotFound: there is no such file. FileInUse: a job needs it.
        """
        if id not in self.files:
            raise NotFound("There is no such file.")
        jobs = [job for job, files in needed.items() if id in files]
        if jobs:
            raise FileInUse(
                f"{len(jobs)} unfinished job(s) need this file. Cancel them or await their end.",
                more={"jobs": jobs},
            )
        dropped = self.files[id]
        self.files = {other: file for other, file in self.files.items() if other != id}
        await self._remove(dropped)
        await self._services.journal.remove_file(self.session, id)

    async def _remove(self, file: FileRecord) -> None:
        """Removes a file's bytes, and what they count for."""
        await self._services.workspace.remove(self.session, file.id)
        self.quota.remove(file.size)
