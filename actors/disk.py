"""The blocking steps of the workspace, and the threads in which they are taken.

Owns: making, naming, flushing and removing on disk; what an error of the disk is called.
Never: knows sessions, ids, or what a part is.
"""

import errno
import math
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar, TypeVarTuple

import trio

from actors.errors import Fault, StitcheryError, StorageFull, StorageReadOnly
from actors.gauge import Room
from actors.logs import Log

log = Log("disk")

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

DISK_THREADS: Final = 8
"""Threads that write, flush and remove at once. A guess: a disk serves some in parallel, and Trio's
own 40 stay free for others."""

CHUNK: Final = 1 << 18
"""Bytes that are collected before they go to a thread. Each upload under way may hold so many; four
times as many were 14 % faster here, a quarter of them half as fast."""

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_NO_LINKS: Final = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


class Disk:
    """Takes blocking calls to threads, and what the disk says about them into our words.

    Cancelling waits for the call under way: it is wholly done, or was not begun. `when_full` is
    called each time that the disk has no room.

    Raises:
        StorageFull: the disk, or this server's share of it, is full.
        StorageReadOnly: the disk takes no writes.
        Fault: the disk failed in any other way.
    """

    def __init__(self) -> None:
        self._threads = trio.CapacityLimiter(DISK_THREADS)
        self._owed: set[Path] = set()
        self.when_full: Callable[[], None] = lambda: None

    async def __call__(self, act: Callable[[*Ts], T], *args: *Ts) -> T:
        """What `act` returns."""

        def in_thread() -> T:
            with _in_our_words():
                return act(*args)

        try:
            return await trio.to_thread.run_sync(
                in_thread, limiter=self._threads, thread_name="workspace"
            )
        except StorageFull:
            self.when_full()
            raise

    def owe(self, path: Path, why: StitcheryError) -> None:
        """Takes note of a file that would not go."""
        log.warning("cannot remove a file now", file=path.name, why=why.detail)
        self._owed.add(path)

    async def pay(self) -> None:
        """Removes what would not go before; what still does not is left for the next time."""
        for path in list(self._owed):
            with suppress(StitcheryError):
                await self(remove, path)
                self._owed.discard(path)


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StorageFull(
                "Nothing more can be stored until there is room on the disk of the data folder.",
                retry_after=60,
            ) from error
        if error.errno == errno.EROFS:
            raise StorageReadOnly(
                "Nothing can be stored or removed: the disk of the data folder is read-only. What "
                "is there can be read.",
                retry_after=60,
            ) from error
        raise Fault(f"The disk of the data folder failed: {error.strerror}") from error


def create(path: Path) -> int:
    """A descriptor for writing to a new file, which is nobody else's and no link to anywhere."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        make_folder(path.parent)
        return os.open(path, flags, 0o600)


def make_folder(folder: Path) -> None:
    """Makes a private folder that lasts, with those above it."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        flush_folder(folder.parent)


def flush_folder(folder: Path) -> None:
    """Makes the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def move_all(moves: Sequence[tuple[Path, Path]]) -> None:
    """Gives each source the name of its target, durably; on failure all keep their old names.

    Raises:
        FileExistsError: there is a file of a target's name; it stays as it is.
    """
    done: list[tuple[Path, Path]] = []
    folders = {target.parent for _, target in moves}
    try:
        for folder in folders:
            make_folder(folder)
        for source, target in moves:
            _give_new_name(source, target)
            done.append((source, target))
        for folder in folders:
            flush_folder(folder)
        for source, _ in moves:
            source.unlink(missing_ok=True)  # the old name; where there are no links it is gone
    except OSError:
        for source, target in done:
            _give_old_name(source, target)
        raise


def _give_new_name(source: Path, target: Path) -> None:
    """Names the file `target`, unless there is one of that name.

    A link is exclusive by itself. Where the filesystem has none, looking first is enough: the
    folder belongs to this server, and each id to the one task that created its part exclusively.
    It may have the name already, when that could not be taken back the last time.
    """
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno == errno.EEXIST and source.samefile(target):
            return
        if error.errno not in _NO_LINKS:
            raise
        if target.exists():
            raise FileExistsError(errno.EEXIST, "there is a file of this id") from error
        source.rename(target)


def _give_old_name(source: Path, target: Path) -> None:
    # not rename alone: between two names of one file it does nothing (rename(2))
    if source.exists():
        target.unlink()
    else:
        target.rename(source)


def move_if_there(source: Path, target: Path) -> bool:
    """As `move_all` for one file; False when there is none."""
    try:
        move_all([(source, target)])
    except FileNotFoundError:
        return False
    return True


def remove(path: Path) -> bool:
    """Removes a file; whether there was one."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    _flush_removal(path.parent)
    return True


def _flush_removal(folder: Path) -> None:
    """Makes it durable that something was removed, if the disk does that.

    It is gone all the same; if it comes back after a crash, the start of the next life settles it.
    """
    with suppress(OSError):
        flush_folder(folder)


@dataclass(frozen=True, slots=True)
class Removed:
    """What became of files that were to go, by name: what is gone now, and why others are not."""

    gone: frozenset[str]
    stuck: Mapping[str, str]


def refuse_link(folder: Path) -> None:
    """Refuses a link in the place of a folder of ours: what is behind it is somebody else's.

    Raises:
        NotADirectoryError: it is one.
    """
    if folder.is_symlink():
        raise NotADirectoryError(errno.ENOTDIR, "a link lies in the place of a folder")


def remove_each(folder: Path, names: Collection[str]) -> Removed:
    """Removes what it can of these files of a folder; none there is none left.

    Raises:
        OSError: the disk is read-only, so that none can go. NotADirectoryError: as `refuse_link`.
    """
    refuse_link(folder)
    gone: set[str] = set()
    stuck: dict[str, str] = {}
    for name in names:
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as error:
            if error.errno == errno.EROFS and not gone:
                raise
            stuck[name] = error.strerror or str(error)
        else:
            gone.add(name)
    if gone:
        _flush_removal(folder)
    return Removed(frozenset(gone), stuck)


def clear_what_goes(folder: Path) -> Removed:
    """Removes what it can of a folder's entries."""
    gone: set[str] = set()
    stuck: dict[str, str] = {}
    for name in names(folder):
        try:
            remove_whatever(folder / name)
        except OSError as error:
            stuck[name] = error.strerror or str(error)
        else:
            gone.add(name)
    return Removed(frozenset(gone), stuck)


@dataclass(frozen=True, slots=True)
class Found:
    """Bytes of files by name, by folder; of folders that could not be read, why not.

    What is no plain file has -1 bytes.
    """

    sizes: Mapping[str, Mapping[str, int]]
    unread: Mapping[str, str]


def look_through(root: Path, folders: Iterable[str], fits: Callable[[str], bool]) -> Found:
    """The files in the folders below a root, these and all others, as far as their names fit."""
    sizes: dict[str, Mapping[str, int]] = {}
    unread: dict[str, str] = {}
    for folder in {*filter(fits, names(root)), *folders}:
        try:
            sizes[folder] = sizes_in(root / folder, fits)
        except OSError as error:
            unread[folder] = error.strerror or str(error)
    return Found(sizes, unread)


def sizes_in(folder: Path, fits: Callable[[str], bool]) -> dict[str, int]:
    """The bytes of a folder's files, by name; none when it is not there.

    Raises:
        NotADirectoryError: as `refuse_link`.
    """
    refuse_link(folder)
    sizes: dict[str, int] = {}
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if fits(entry.name):
                plain = entry.is_file(follow_symlinks=False)
                sizes[entry.name] = entry.stat(follow_symlinks=False).st_size if plain else -1
    return sizes


def remove_whatever(path: Path) -> None:
    """Removes what lies there, a file or a whole folder, if anything does; follows no link."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def remove_folder(folder: Path) -> int:
    """Removes a folder with all in it; how many entries it had. Of a link the link goes."""
    if folder.is_symlink():
        folder.unlink()
        return 0
    removed = 0
    with suppress(FileNotFoundError):
        with os.scandir(folder) as entries:
            for entry in entries:
                remove_whatever(Path(entry))
                removed += 1
        folder.rmdir()
    return removed


def remove_if_empty(folder: Path) -> None:
    """Removes a folder in which nothing lies."""
    with suppress(OSError):
        folder.rmdir()


def room(folder: Path) -> Room:
    """What is left to those who are not root, on the filesystem of a folder (or its parent)."""
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    found = os.statvfs(folder)
    return Room(
        free=found.f_bavail * found.f_frsize,
        names=found.f_favail if found.f_files else math.inf,  # some count no names
    )


def holds_anything(folder: Path) -> bool | None:
    """Whether anything at all lies in a folder; None when it is not there."""
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except FileNotFoundError:
        return None


def names(folder: Path) -> tuple[str, ...]:
    """The names in a folder, in order; none when it is not there."""
    try:
        return tuple(sorted(path.name for path in folder.iterdir()))
    except FileNotFoundError:
        return ()
