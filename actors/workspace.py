"""The bytes of all sessions on disk.

Owns: `files/SESSION/ID`, whole files that never change, and where parts lie, `parts/ID`, which are
on their way there (part.py); those that are on their way for longer are kept by drafts.py.
A name on disk is an id and nothing else; what a user calls a file is no part of any path.
Never: knows what is in a file or which files are on record; the journal does. The order is: bytes
flushed, name given and flushed, record written. A crash in between leaves bytes without a record,
never a record without bytes.

`files/.mounted` is made before the first file and never removed. When it is missing later, so is
the volume, and what is asked of the files is refused (`FilesAway`): none may be taken for gone.

All calls that touch the disk do so in threads (disk.py). A full disk raises `StorageFull`, a
read-only one `StorageReadOnly`, any other failure of it `Fault`. Cancelling waits for the step that
is under way.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Final, TypeVar, TypeVarTuple

from actors import disk
from actors.disk import Disk, Found, Removed
from actors.drafts import Drafts
from actors.errors import NotReady
from actors.gauge import Room
from actors.ids import is_id
from actors.logs import Log
from actors.lost import Lost, Moved, Place
from actors.part import UNLIMITED, Part
from actors.quota import Allowance

log = Log("workspace")

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

MARK: Final = ".mounted"
"""Below `files`; no id. A folder, since to those who look for files it is none."""


class FilesAway(NotReady):
    """The folder of files is not there, or another one; what is on record may be back later."""

    report = True


class Workspace:
    """The files of all sessions below `root`, a folder that belongs to this server alone.

    Attributes:
        drafts: those that come in stretches.
        lost: those that are nobody's any more.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files = root / "files"
        self._parts = root / "parts"
        self._claimed = False
        self._disk = Disk()
        self.drafts = Drafts(root, self._disk)
        self.lost = Lost(root, self._disk)

    def path(self, session: str, id: str) -> Path:
        """Where a whole file lies, if there is one."""
        return self._files.joinpath(_checked(session), _checked(id))

    def _folder(self, session: str) -> Path:
        return self._files / _checked(session)

    async def new_part(self, session: str, id: str, *, allowance: Allowance | None = None) -> Part:
        """An empty part, created exclusively: it is nobody else's, and no link to anywhere.

        Args:
            session: whose it is.
            id: its name; used for nothing before.
            allowance: how large it may become. From here on its promised room ends with the part:
                as used when the part is adopted, as free when it is discarded or never came to be.

        Raises:
            Fault: something has this id already.
        """
        allowance = allowance or Allowance(UNLIMITED)
        try:
            path = self._parts / _checked(id)
            owner = _checked(session)
            descriptor = await self._disk(disk.create, path)
        except BaseException:  # cancelled, too: the promised room ends here
            allowance.release()
            raise
        return Part(owner, id, path, descriptor, self._disk, allowance)

    async def adopt(self, *parts: Part) -> None:
        """Makes sealed parts whole files, all of them or none; durable when it returns.

        Several at once share the flushing of their folder. Once adopted they count as used, and
        are the caller's to record, or to `remove` when that fails.

        Raises:
            Fault: a file has the id of one of them; it stays as it is.
            FilesAway: nothing was moved.
        """
        for part in parts:
            if part.sealed is None:
                raise ValueError(f"{part!r} must be sealed before it is adopted")
        moves = [(part.path, self.path(part.session, part.id)) for part in parts]
        await self.claim()
        await self._at_home(disk.move_all, moves)
        for part in parts:
            part.has_moved()

    def part_of_draft(self, session: str, id: str) -> Part:
        """A draft that is whole, as a part to be sealed and adopted: its bytes are read back then.

        Whoever does not adopt it sets it aside, unless the draft is to be discarded.
        """
        path = self.drafts.path(session, id)
        return Part(session, id, path, None, self._disk, Allowance(UNLIMITED))

    async def return_to_draft(self, session: str, id: str) -> bool:
        """Takes back that a draft was adopted, while it is not on record; False: it was not.

        Raises:
            FilesAway: nobody can tell.
        """
        move = (self.path(session, id), self.drafts.path(session, id))
        return await self._at_home(disk.move_if_there, *move)

    async def remove(self, session: str, id: str) -> bool:
        """Removes a file; False when there was none. Readers that have it open keep it."""
        return await self._disk(disk.remove, self.path(session, id))

    async def remove_each(self, session: str, ids: Collection[str]) -> Removed:
        """Removes what it can of these files of a session; those that are gone, or were not there.

        Raises:
            StorageFull, StorageReadOnly, Fault, FilesAway: none could be removed for sure.
        """
        names = list(map(_checked, ids))
        return await self._at_home(disk.remove_each, self._folder(session), names)

    async def put_aside(self, places: Iterable[Place], age: float) -> Moved:
        """Moves whole files to `lost`, where they are as old as the journal's age says."""
        moves = [(place, self.path(*place)) for place in places]
        return await self.lost.put(moves, age)

    async def put_drafts_aside(self, places: Iterable[Place], age: float) -> Moved:
        """The same with drafts."""
        moves = [(place, self.drafts.path(*place)) for place in places]
        return await self.lost.put(moves, age)

    async def leave(self, session: str) -> None:
        """Removes the folders of a session that holds nothing; what lies in them stays."""
        await self._disk(disk.remove_if_empty, self._folder(session))
        await self._disk(disk.remove_if_empty, self.drafts.folder(session))

    async def remove_session(self, session: str) -> int:
        """Removes all that a session has, and what it has lost; how many whole files it had.

        Raises:
            FilesAway: its files are still there.
        """
        removed = await self._at_home(disk.remove_folder, self._folder(session))
        await self.drafts.remove_session(session)
        await self.lost.remove_session(session)
        return removed

    async def room(self) -> Room:
        """What is left on the disk."""
        return await self._disk(disk.room, self._root)

    def when_full(self, tell: Callable[[], None]) -> None:
        """Has it told each time that the disk has no room."""
        self._disk.when_full = tell

    async def pay(self) -> None:
        """Removes parts that the disk would not let go before, as far as it does now."""
        await self._disk.pay()

    async def leftovers(self) -> int:
        """Removes the parts of earlier lives; how many. To be called before the first new part.

        Those that the disk does not let go stay, and are told.
        """
        found = await self._disk(disk.clear_what_goes, self._parts)
        for part, why in found.stuck.items():
            log.warning("cannot remove a part of an earlier life", part=part, why=why)
        return len(found.gone)

    async def holds_anything(self) -> bool | None:
        """Whether anything lies in the folder of whole files; None when it is not there."""
        return await self._disk(disk.holds_anything, self._files)

    async def claim(self) -> None:
        """From here on the folder of files is known, and another in its place is refused."""
        if not self._claimed:
            await self._disk(disk.make_folder, self._files / MARK)
            self._claimed = True

    async def refuse_away(self) -> None:
        """Lets pass while the files are where they were.

        Raises:
            FilesAway: they are not.
        """
        await self._at_home(lambda: None)

    async def sizes(self, sessions: Iterable[str]) -> Found:
        """The bytes of the whole files of these sessions, and of all others that have a folder.

        By id, by session. A session without a folder has none.

        Raises:
            FilesAway: nobody can tell.
        """
        folders = list(map(_checked, sessions))
        found = await self._at_home(disk.look_through, self._files, folders, is_id)
        await self.refuse_away()
        return found

    async def sizes_of(self, session: str) -> Mapping[str, int]:
        """The bytes of one session's whole files, by id.

        Raises:
            FilesAway: nobody can tell.
        """
        found = await self._at_home(disk.sizes_in, self._folder(session), is_id)
        await self.refuse_away()
        return found

    async def _at_home(self, act: Callable[[*Ts], T], *args: *Ts) -> T:
        """What `act` returns, unless the files are away."""

        def in_thread() -> T:
            self._refuse_other()
            return act(*args)

        return await self._disk(in_thread)

    def _refuse_other(self) -> None:
        if self._claimed and not (self._files / MARK).is_dir():
            raise FilesAway(
                "The files are not there just now: the volume that holds them seems not to be "
                "mounted. None is forgotten. Try again when it is back.",
                retry_after=60,
            )


def _checked(id: str) -> str:
    if not is_id(id):
        raise ValueError(f"{id[:40]!r} is not an id; it must not become part of a path")
    return id
