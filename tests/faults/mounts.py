"""Small filesystems for a test to fill, and folders that turn read-only.

Owns: the mounts, and that none outlives its block: they are undone lazily, whatever happened.
Never: mounts anything anywhere but where it is told to.

    if not may_mount(): ...                    # neither root nor allowed
    with tmpfs(folder, size="8m") as disk:
        disk.leave_free(100_000)               # ballast takes the rest
        disk.leave_names(3)                    # the same with names of files
        disk.make_room()                       # all of it away
        disk.grow("64m")
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

TRIES: Final = 20
"""A mount does not turn read-only while somebody writes there; who does is soon done."""

CANNOT: Final = "not played here: nothing may be mounted"
"""The remark of a row that needs it."""


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)  # noqa: S603, S607 -- by whoever runs the tests


@contextmanager
def _mounted(place: Path, *arguments: str) -> Iterator[None]:
    _mount(*arguments, str(place))
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True, capture_output=True)  # noqa: S603, S607 -- see above


@cache
def may_mount() -> bool:
    """Whether whoever runs this may."""
    with TemporaryDirectory() as folder:
        try:
            with tmpfs(Path(folder), size="64k"):
                return True
        except (OSError, subprocess.CalledProcessError):
            return False


class Disk:
    """A tmpfs that lies at `place`."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._ballast = place / "ballast"

    @property
    def free(self) -> int:
        """Bytes."""
        found = os.statvfs(self._place)
        return found.f_bavail * found.f_frsize

    def leave_free(self, size: int) -> None:
        """Takes what is free but for so many bytes, give or take what others do meanwhile."""
        with self._ballast.open("ab") as file, suppress(OSError):
            os.posix_fallocate(file.fileno(), file.tell(), max(self.free - size, 1))

    def leave_names(self, count: int) -> None:
        """Takes the names of files that are free but for so many, give or take likewise."""
        folder = self._place / "names"
        folder.mkdir(exist_ok=True)
        with suppress(OSError):
            for number in range(os.statvfs(self._place).f_ffree - count):
                (folder / f"{number}").touch()

    def make_room(self) -> None:
        """Lets go of all that was taken."""
        self._ballast.unlink(missing_ok=True)
        for file in self._place.glob("names/*"):
            file.unlink()

    def grow(self, size: str) -> None:
        """Makes it larger."""
        _mount("-o", f"remount,size={size}", str(self._place))


@contextmanager
def tmpfs(place: Path, *, size: str, names: int = 0) -> Iterator[Disk]:
    """A filesystem of so many bytes (and so many names, if it says) at a folder."""
    place.mkdir(exist_ok=True)
    with _mounted(place, "-t", "tmpfs", "-o", f"size={size},nr_inodes={names}", "none"):
        yield Disk(place)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Whoever looks for the folder by its name meanwhile finds it read-only."""
    for left in reversed(range(TRIES)):
        with _mounted(folder, "--bind", str(folder)):
            try:
                _mount("-o", "remount,bind,ro", str(folder))
            except subprocess.CalledProcessError:
                if not left:
                    raise
                continue
            yield
            return
