"""Folders that appear whole or not at all. Blocking.

Owns: building a folder beside its place, giving it its name, and what killed builders left.
Never: replaces or removes anything that has a name of its own.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from actors import disk

KEYS: Final = "keys"
"""The file of the keys that sign tokens, one a line; its contents are web/keys.py's."""

LEAST_KEY: Final = 32
"""Characters of a key, at least: with a shorter one web/keys.py lets no service start."""

_UNFINISHED: Final = ".stitchery-unfinished-"

_NOTHING: Final = frozenset({"lost+found"})
"""What a filesystem keeps at its own top."""


class PlaceTakenError(Exception):
    """A folder cannot be made where it is wanted; the text says why and what to do."""


def is_free(place: Path) -> bool:
    """Whether there is nothing at a place, or an empty folder."""
    if place.is_symlink() and not place.exists():
        return False
    if not place.exists():
        return True
    return place.is_dir() and not set(disk.names(place)) - _NOTHING - _unfinished(place)


def _unfinished(folder: Path) -> set[str]:
    return {path.name for path in folder.glob(f"{_UNFINISHED}*")}


@contextmanager
def building(place: Path) -> Iterator[Path]:
    """An empty private folder, to be filled and handed to `appear`; else gone at the end.

    It lies beside its place, or inside where that is a disk of its own. What killed builders left
    there is removed first: those who live hold a lock on theirs.
    """
    inside = place.is_mount()
    beside = place if inside else place.parent
    disk.make_folder(beside)
    _sweep(beside)
    half, descriptor = _locked_folder(beside)
    try:
        yield half
    finally:
        if half.exists():
            shutil.rmtree(half, ignore_errors=True)
        os.close(descriptor)


def _locked_folder(beside: Path) -> tuple[Path, int]:
    """A new folder, and the descriptor that holds its lock."""
    while True:
        half = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=beside))
        descriptor = os.open(half, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if half.exists():
            return half, descriptor
        os.close(descriptor)  # somebody swept it in the moment before it was locked


def appear(half: Path, place: Path) -> None:
    """Flushes what was built, and gives it its name; durable when it returns.

    Where the place is a disk of its own, its contents are moved one by one; what makes it a data
    folder or a backup comes last.

    Raises:
        PlaceTakenError: something came there meanwhile.
        OSError: the disk failed.
    """
    for folder, _, _ in os.walk(half):
        disk.flush_folder(Path(folder))
    if half.parent == place:
        for path in sorted(half.iterdir(), key=_folders_and_keys_first):
            path.rename(place / path.name)
        half.rmdir()
        disk.flush_folder(place)
        return
    try:
        half.rename(place)  # also onto an empty folder, and onto nothing else (rename(2))
    except OSError as error:
        if not is_free(place):
            raise PlaceTakenError(f"Something has come to {place} meanwhile.") from error
        raise
    disk.flush_folder(place.parent)


def _folders_and_keys_first(path: Path) -> tuple[bool, bool, str]:
    return path.is_file(), path.name != KEYS, path.name  # then journal, manifest


def _sweep(folder: Path) -> None:
    for path in folder.glob(f"{_UNFINISHED}*"):
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path)
            finally:
                os.close(descriptor)
