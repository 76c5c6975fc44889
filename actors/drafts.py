"""Files that come in stretches, with any time in between, restarts included.

Owns: `uploads/SESSION/ID`, files that grow at their end and are not whole yet; one writer of each.
Never: knows how long one will be, whose turn it is, or what is in it. How much has come is what
lies on the disk, and nothing else says so.

All calls that touch the disk do so in threads and raise as `Disk` does (disk.py).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import trio

from actors import disk
from actors.disk import CHUNK, Disk
from actors.errors import NotFound, StitcheryError
from actors.ids import is_id


@dataclass(frozen=True, slots=True)
class Stretch:
    """How much of a draft lies on the disk: bytes, and when the last came (seconds since 1970)."""

    size: int
    changed_at: float


class Draft:
    """A draft that is being written at its end, by one task.

    As a context manager it is flushed and closed on leaving, whatever happens: what `write` took
    is on the disk then, unless the disk fails. That cannot be cancelled.

    Attributes:
        size: bytes so far, those that wait for their way to the disk included.
    """

    def __init__(self, descriptor: int, size: int, disk: Disk) -> None:
        self.size = size
        self._descriptor = descriptor
        self._disk = disk
        self._buffer = bytearray()
        self._flushed = size

    async def write(self, data: bytes) -> None:
        """Appends `data`, which may be collected with what comes next before it goes to the disk.

        Raises:
            StorageFull, Fault: the disk has not taken all.
        """
        self._buffer += data
        self.size += len(data)
        if len(self._buffer) >= CHUNK:
            await self._disk(self._flush)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with trio.CancelScope(shield=True):
            await self._disk(self._finish)

    def _flush(self) -> None:
        # At its own place, not at the end: if a session breaks, its last writer may still flush
        # while the first of the next one writes, and nothing may come to lie there twice.
        while self._buffer:
            written = os.pwrite(self._descriptor, self._buffer, self._flushed)
            self._flushed += written
            del self._buffer[:written]

    def _finish(self) -> None:
        try:
            self._flush()
            os.fsync(self._descriptor)
        finally:
            os.close(self._descriptor)


class Drafts:
    """The drafts of all sessions below `root`."""

    def __init__(self, root: Path, disk: Disk) -> None:
        self._root = root / "uploads"
        self._disk = disk

    def path(self, session: str, id: str) -> Path:
        """Where a draft lies, if there is one."""
        if not is_id(id):
            raise ValueError(f"{id[:40]!r} is not an id; it must not become part of a path")
        return self.folder(session) / id

    def folder(self, session: str) -> Path:
        """Where a session's drafts lie."""
        if not is_id(session):
            raise ValueError(f"{session[:40]!r} is not an id; it must not become part of a path")
        return self._root / session

    async def begin(self, session: str, id: str) -> None:
        """An empty draft; durable when it returns.

        Raises:
            Fault: something has this id already.
        """
        await self._disk(_create, self.path(session, id))

    async def open(self, session: str, id: str) -> Draft:
        """The draft, to be written on from where it ends.

        Raises:
            NotFound: there is none (any more).
        """
        opened = await self._disk(_open, self.path(session, id))
        if opened is None:
            raise NotFound("There is no such upload (any more).")
        return Draft(*opened, self._disk)

    async def size(self, session: str, id: str) -> int:
        """Bytes that lie on the disk.

        Raises:
            NotFound: there is no such draft (any more).
        """
        stretch = await self._disk(_look, self.path(session, id))
        if stretch is None:
            raise NotFound("There is no such upload (any more).")
        return stretch.size

    async def remove(self, session: str, id: str) -> bool:
        """Removes a draft; False when there was none."""
        return await self._disk(disk.remove, self.path(session, id))

    def owe(self, session: str, id: str, why: StitcheryError) -> None:
        """Takes note of a draft that the disk would not let go; `Workspace.pay` tries again."""
        self._disk.owe(self.path(session, id), why)

    async def remove_session(self, session: str) -> int:
        """Removes all drafts of a session; how many."""
        return await self._disk(disk.remove_folder, self.folder(session))

    async def all(self) -> Mapping[tuple[str, str], Stretch]:
        """What lies on the disk, by session and id."""
        return await self._disk(_look_at_all, self._root)


# --- in a thread ----------------------------------------------------------------------------------


def _create(path: Path) -> None:
    os.close(disk.create(path))
    disk.flush_folder(path.parent)


def _open(path: Path) -> tuple[int, int] | None:
    """A descriptor to write to, and how many bytes are there; None where there is no file."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    return descriptor, os.fstat(descriptor).st_size


def _look(path: Path) -> Stretch | None:
    try:
        found = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return Stretch(found.st_size, found.st_mtime)


def _look_at_all(root: Path) -> dict[tuple[str, str], Stretch]:
    found: dict[tuple[str, str], Stretch] = {}
    folders = (name for name in disk.names(root) if not (root / name).is_symlink())
    for session in filter(is_id, folders):
        for id in filter(is_id, disk.names(root / session)):
            stretch = _look(root / session / id)
            if stretch is not None:  # it may leave while we look
                found[session, id] = stretch
    return found
