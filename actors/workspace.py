"""The bytes of all sessions on disk.

Owns: `files/SESSION/ID`, whole files that never change, and `parts/ID`, files on their way there;
those that are on their way for longer are kept by drafts.py.
A name on disk is an id and nothing else; what a user calls a file is no part of any path.
Never: knows what is in a file or which files are on record; the journal does. The order is: bytes
flushed, name given and flushed, record written. A crash in between leaves bytes without a record,
never a record without bytes.

All calls that touch the disk do so in threads (disk.py). A full disk raises `StorageFull`, a
read-only one `StorageReadOnly`, any other failure of it `Fault`. Cancelling waits for the step that
is under way.
"""

import hashlib
import os
import stat
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import structlog
import trio

from actors import disk
from actors.disk import CHUNK, Disk, Found, Removed
from actors.drafts import Drafts
from actors.errors import Fault, StitcheryError
from actors.gauge import Room
from actors.ids import is_id
from actors.lost import Lost, Moved, Place
from actors.quota import Allowance

log = structlog.get_logger("workspace")

READ_STEP: Final = 1 << 23
"""Bytes that are read back in one visit to a thread: a cancel waits for no more than these."""

UNLIMITED: Final = 1 << 62
"""Bytes, for a part without an allowance: more than any disk has."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What is known of a part when its last byte is on disk. `sha256` is in hexadecimal."""

    size: int
    sha256: str


# --- one file on its way --------------------------------------------------------------------------


class Part:
    """A file being written, by `write` or by a child process that was given its `path`.

    Used by one task at a time. As a context manager it is discarded on leaving, whatever happens,
    unless the workspace has adopted it.

    Attributes:
        session: whose it is.
        id: its name, now and later.
        path: where its bytes are until it is adopted.
        sealed: what `seal` found, or None before.
    """

    def __init__(
        self,
        session: str,
        id: str,
        path: Path,
        descriptor: int | None,
        disk: Disk,
        allowance: Allowance,
    ) -> None:
        self.session = session
        self.id = id
        self.path = path
        self.sealed: Sealed | None = None
        self._disk = disk
        self._allowance = allowance
        self._buffer = bytearray()
        self._digest = hashlib.sha256()
        self._size = 0  # of what write() took
        self._descriptor = descriptor  # None once closed
        self._left = False  # adopted or discarded: nothing of it is in our hands any more

    def __repr__(self) -> str:
        state = "gone" if self._left else "sealed" if self.sealed else "open"
        return f"<Part {self.id} {self._size} bytes {state}>"

    @property
    def size(self) -> int:
        """Bytes so far, those that wait for their way to the disk included."""
        return self._size

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """Appends `data`, which may be collected with what comes next before it goes to the disk.

        Raises:
            TooLarge, QuotaExceeded: the allowance ends before `data` does; none of it was taken.
            StorageFull, Fault: the disk has not taken all; what it has not waits for the next try.
        """
        self._open_descriptor()
        self._allowance.cover(self._size + len(data))
        self._buffer += data
        self._size += len(data)
        if len(self._buffer) >= CHUNK:
            await self._disk(self._flush)

    async def seal(self) -> Sealed:
        """Flushes all to the disk, closes, and tells size and digest.

        Where nothing came through `write`, what lies at `path` is measured and read: a child
        process may have written there, or put another file in its place.

        Raises:
            TooLarge, QuotaExceeded: what the child wrote exceeds the allowance.
            StorageFull: the disk is full.
            Fault: the disk failed, or no plain file of our own lies at `path`.
        """
        if self._size == 0:
            await self._read_back()
        await self._disk(self._finish)
        self.sealed = Sealed(self._size, self._digest.hexdigest())
        return self.sealed

    async def set_aside(self) -> None:
        """Closes, and leaves the bytes where they are; they are nobody's part any more.

        Cannot be cancelled. Does nothing when the part has left already.
        """
        if not self._left:
            with trio.CancelScope(shield=True):
                await self._disk(self._close)
            self._left = True
            self._allowance.release()

    async def discard(self) -> None:
        """Closes and removes, and gives the promised room back. Cannot be cancelled.

        Does nothing when the part has left already. What the disk does not let go is tried again
        by `Workspace.pay`: whoever discards is on the way out, and can do no more.
        """
        if not self._left:
            with trio.CancelScope(shield=True):
                try:
                    await self._disk(self._remove)
                except StitcheryError as error:
                    self._disk.owe(self.path, error)
            self._left = True
            self._allowance.release()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.discard()

    async def _read_back(self) -> None:
        size = await self._disk(self._reopen)
        self._allowance.cover(size)
        while step := await self._disk(self._digest_some):
            self._size += step

    # --- in a thread --------------------------------------------------------------------------

    def _flush(self) -> None:
        """Keeps what the disk would not take, so that buffer, file and digest always agree."""
        while self._buffer:
            written = os.write(self._open_descriptor(), self._buffer)
            with memoryview(self._buffer) as view:
                self._digest.update(view[:written])
            del self._buffer[:written]

    def _finish(self) -> None:
        self._flush()
        descriptor = self._open_descriptor()
        os.fsync(descriptor)
        found = os.fstat(descriptor).st_size
        self._close()
        if found != self._size:
            raise Fault(f"A part of {self._size} bytes was {found} bytes long when it was sealed.")

    def _reopen(self) -> int:
        """Opens what lies at `path` now, if it may be taken for ours; its size."""
        # NONBLOCK: opening a pipe that somebody put there would wait for its other end
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(self.path, flags)
        self._close()
        self._descriptor = descriptor
        found = os.fstat(descriptor)
        # a second name could be that of somebody else's file
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            raise Fault("What lies at the place of a part is not a plain file of its own.")
        return found.st_size

    def _digest_some(self) -> int:
        done = 0
        while done < READ_STEP and (data := os.read(self._open_descriptor(), CHUNK)):
            self._digest.update(data)
            done += len(data)
        return done

    def _remove(self) -> None:
        self._close()
        self.path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._descriptor is not None:
            # forgotten first: a close that fails has closed all the same (close(2))
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)

    def _open_descriptor(self) -> int:
        if self._descriptor is None:
            raise ValueError(f"{self!r} is closed")
        return self._descriptor

    def _has_moved(self) -> None:
        """The workspace has taken the file over."""
        self._left = True
        self._allowance.commit(self._size)


# --- all files ------------------------------------------------------------------------------------


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
        self._disk = Disk()
        self.drafts = Drafts(root, self._disk)
        self.lost = Lost(root, self._disk)

    def path(self, session: str, id: str) -> Path:
        """Where a whole file lies, if there is one."""
        return self._folder(session) / _checked(id)

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
        except BaseException:
            allowance.release()
            raise
        return Part(owner, id, path, descriptor, self._disk, allowance)

    async def adopt(self, *parts: Part) -> None:
        """Makes sealed parts whole files, all of them or none; durable when it returns.

        Several at once share the flushing of their folder. Once adopted they count as used, and
        are the caller's to record, or to `remove` when that fails.

        Raises:
            Fault: a file has the id of one of them; it stays as it is.
        """
        for part in parts:
            if part.sealed is None:
                raise ValueError(f"{part!r} must be sealed before it is adopted")
        moves = [(part.path, self.path(part.session, part.id)) for part in parts]
        await self._disk(disk.move_all, moves)
        for part in parts:
            part._has_moved()  # noqa: SLF001 - the workspace and its parts are one module

    def part_of_draft(self, session: str, id: str) -> Part:
        """A draft that is whole, as a part to be sealed and adopted: its bytes are read back then.

        Whoever does not adopt it sets it aside, unless the draft is to be discarded.
        """
        path = self.drafts.path(session, id)
        return Part(session, id, path, None, self._disk, Allowance(UNLIMITED))

    async def return_to_draft(self, session: str, id: str) -> bool:
        """Takes back that a draft was adopted, while it is not on record; False: it was not."""
        move = (self.path(session, id), self.drafts.path(session, id))
        return await self._disk(disk.move_if_there, *move)

    async def remove(self, session: str, id: str) -> bool:
        """Removes a file; False when there was none. Readers that have it open keep it."""
        return await self._disk(disk.remove, self.path(session, id))

    async def remove_each(self, session: str, ids: Collection[str]) -> Removed:
        """Removes what it can of these files of a session; those that are gone, or were not there.

        Raises:
            StorageFull, StorageReadOnly, Fault: none could be removed for sure.
        """
        return await self._disk(disk.remove_each, self._folder(session), list(map(_checked, ids)))

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
        """Removes all that a session has; how many whole files it had."""
        await self.drafts.remove_session(session)
        return await self._disk(disk.remove_folder, self._folder(session))

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

    async def sessions(self) -> tuple[str, ...]:
        """The sessions that have a folder, in order."""
        return tuple(filter(is_id, await self._disk(disk.names, self._files)))

    async def sizes(self, sessions: Iterable[str]) -> Found:
        """The bytes of the whole files of these sessions, and of all others that have a folder.

        By id, by session. A session without a folder has none.
        """
        folders = list(map(_checked, sessions))
        return await self._disk(disk.look_through, self._files, folders, is_id)

    async def sizes_of(self, session: str) -> Mapping[str, int]:
        """The bytes of one session's whole files, by id."""
        return await self._disk(disk.sizes_in, self._folder(session), is_id)

    async def ids(self, session: str) -> tuple[str, ...]:
        """The ids of a session's whole files, in order."""
        return tuple(filter(is_id, await self._disk(disk.names, self._folder(session))))


def _checked(id: str) -> str:
    if not is_id(id):
        raise ValueError(f"{id[:40]!r} is not an id; it must not become part of a path")
    return id
