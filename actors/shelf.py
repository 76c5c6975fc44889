"""The files of one session: what it holds, what that comes to, and who needs which.

Owns: the session's map of files and its quota. Part of the session actor: its methods run in the
session's tasks, and the map is replaced whole in single steps, so that others may read it any time.
Never: looks into a file (intake.py), or lets a client's name near a path (workspace.py).
"""

from collections.abc import Collection, Mapping, Sequence

import trio

from actors.errors import Fault, FileInUse, NotFound, StitcheryError, UnknownFile
from actors.logs import Log
from actors.messages import FileRecord
from actors.part import Part
from actors.quota import Allowance, Quota
from actors.services import Services
from actors.settling import forget, settle_files

log = Log("shelf")

_PAGE = 1000
"""Files read from the journal at once when a session comes back to memory."""


class Shelf:
    """One session's files.

    Attributes:
        files: by id; replaced whole.
        owed: files that are to be gone, and are still on record or on disk: `sweep` tries again.
    """

    def __init__(self, session: str, services: Services) -> None:
        self.session = session
        self.files: Mapping[str, FileRecord] = {}
        self.owed: set[str] = set()
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

        Where the disk does not agree, the rule of settling.py holds: what is shown is there.
        """
        cursor: str | None = None
        recorded: dict[str, FileRecord] = {}
        while True:
            page = await self._services.journal.files(self.session, limit=_PAGE, cursor=cursor)
            recorded |= {file.id: file for file in page.items}
            cursor = page.next
            if cursor is None:
                break
        gone = await self._settle(recorded)
        self.put([file for id, file in recorded.items() if id not in gone])
        self.quota.used_files = len(self.files)
        self.quota.used_bytes = sum(file.size for file in self.files.values())

    async def _settle(self, recorded: Mapping[str, FileRecord]) -> frozenset[str]:
        """Which of the files on record are none; where the disk cannot tell, all are."""
        try:
            found = await self._services.workspace.sizes_of(self.session)
        except StitcheryError as error:
            log.warning("cannot look through a session", session=self.session, why=error.detail)
            return frozenset()
        sizes = {id: file.size for id, file in recorded.items()}
        settled = await settle_files(self._services, {self.session: sizes}, {self.session: found})
        self.owed = {id for _, id in settled.owed}
        return frozenset(id for _, id in settled.gone)

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
                await self._take_back(records)
                raise
        self.put(records)

    def put(self, files: Collection[FileRecord]) -> None:
        """Brings files into sight that are in place and on record."""
        self.files = {**self.files, **{file.id: file for file in files}}

    async def drop(self, id: str, needed: Mapping[str, Collection[str]]) -> None:
        """Removes a file: out of sight, then its bytes, then its record (room first, rows later).

        Without its bytes it is gone for good: a record that there is no room to remove is owed,
        and tried again by `sweep`; after a crash settling.py removes it.

        Args:
            needed: unfinished jobs, with the files that each needs.

        Raises:
            NotFound: there is no such file. FileInUse: a job needs it.
            StorageReadOnly, Fault: the disk does not let it go; it stays.
        """
        if id not in self.files:
            raise NotFound("There is no such file.")
        jobs = [job for job, files in needed.items() if id in files]
        if jobs:
            raise FileInUse(
                f"{len(jobs)} unfinished job(s) need this file. Cancel them or await their end.",
                more={"jobs": jobs},
            )
        stuck = await self._drop_all({id})
        if stuck:
            raise Fault(f"The disk of the data folder does not let a file go: {stuck[id]}")

    async def sweep(
        self, ids: Collection[str], needed: Mapping[str, Collection[str]]
    ) -> frozenset[str]:
        """Removes those of these files that no job needs, and all records owed; what is gone.

        Of what is not gone nothing has changed: a job needs it, or the disk does not let it go.
        """
        kept = {id for files in needed.values() for id in files}
        free = set(ids) - kept
        stuck = await self._drop_all(free | self.owed)
        return frozenset(free - stuck.keys() - self.owed)

    async def _drop_all(self, ids: Collection[str]) -> Mapping[str, str]:
        """Removes files that nobody needs; why some could not be, which are in sight again."""
        if not ids:
            return {}
        hidden = {id: file for id, file in self.files.items() if id in ids}
        self.files = {id: file for id, file in self.files.items() if id not in hidden}
        try:
            removed = await self._services.workspace.remove_each(self.session, ids)
        except BaseException:  # cancelled, too: they are still there
            self.put(hidden.values())
            raise
        self.put([hidden[id] for id in removed.stuck if id in hidden])
        for id in removed.gone & hidden.keys():
            self.quota.remove(hidden[id].size)
        self.owed |= removed.gone
        owed = await forget(self._services, ((self.session, id) for id in removed.gone))
        self.owed = (self.owed - removed.gone) | {id for _, id in owed}
        return removed.stuck

    async def _take_back(self, files: Collection[FileRecord]) -> None:
        """Removes bytes that were not recorded, and records that were all the same; in time, all.

        An answer that did not come says neither that it was written nor that it was not.
        """
        for file in files:
            self.quota.remove(file.size)
        self.owed |= {file.id for file in files}
        try:
            await self._drop_all(self.owed)
        except StitcheryError as error:
            log.warning("cannot take files back now", session=self.session, why=error.detail)
