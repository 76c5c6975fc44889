"""Carries what a data folder holds to another place, so that the copy agrees with itself. Blocking.

Owns: the order (the record of one moment first, then the files that it names), the room for it, and
what becomes of files that are not there: what their users removed meanwhile is taken off the copy's
record; what the disk lost stays on it, and is told.
Never: names the place where the copy will lie (places.py), or changes the folder it reads.

Whole files never change and a draft only grows, so each can be copied at any time after the record.
What is on its way (`parts/`) or was set aside (`lost/`) stays behind.
"""

import errno
import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from actors.journal import statements
from actors.journal.opening import DATABASE
from actors.safekeeping import copying, reading, snapshot
from actors.safekeeping.copying import Sum
from actors.safekeeping.findings import (
    Code,
    Contents,
    Finding,
    Place,
    Recorded,
    Stored,
    compare,
)
from actors.safekeeping.places import KEYS, PlaceTakenError

_UNIT: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work is: `step` in words, and how much of how much, in `unit`."""

    step: str
    done: int
    total: int
    unit: str


Report = Callable[[Progress], None]
"""Told how far the work is. It may raise, which ends the work; nothing half-made is left then."""


def nobody(_progress: Progress) -> None:
    """Tells nobody."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What was carried.

    Attributes:
        record: what the journal of the copy says, without what was left out.
        bytes: of files and drafts.
        linked: files that share their bytes with the folder's.
        left_out: files and drafts that were taken off the copy's record, since they were not there.
        damaged: what is wrong with the folder itself: files are not what the record says, or not
            there and on record all the same; rows make no sense; the journal's log has lost
            something. It was carried as it is.
    """

    record: reading.Account
    bytes: int
    linked: int
    left_out: tuple[Place, ...]
    damaged: tuple[Finding, ...]


def carry(
    folder: Path,
    half: Path,
    *,
    link: bool = False,
    clean: bool = False,
    floor: int = 0,
    report: Report = nobody,
) -> Carried:
    """Copies the folder's record and all that it names into `half`, flushed.

    Args:
        folder: the data folder of a running service, of a resting one, or a backup.
        half: an empty folder.
        link: whether whole files may share their bytes where the disk can do that.
        clean: whether the copy's record keeps only what can be used: neither files that the folder
            has lost, nor rows that make no sense.
        floor: bytes that stay free where both lie on one disk: below them the folder's service
            takes no new work.
        report: told how far it is.

    Raises:
        UnreadableJournalError: the record cannot be read.
        PlaceTakenError: there is no room for all; nothing was copied that might fill the disk.
        OSError: a disk failed or is full.
    """
    journal = half / DATABASE
    room = _Room(half, floor if _on_one_disk(folder, half) else 0)
    room.look(_size_of(folder / DATABASE) + _size_of(folder / snapshot.LOG))
    lost = snapshot.copy_journal(folder, journal, _pages(report))
    record = reading.read(journal)
    carrier = _Carrier(folder, half, record.contents, report, link=link)
    room.look(carrier.needs())
    carrier.copy_files()
    carrier.copy_drafts()
    with suppress(FileNotFoundError):  # a service that never started has none
        copying.copy_file((folder / KEYS).resolve(), half / KEYS)
    missing = frozenset() if clean else _still_on_record(folder, carrier.missing, half)
    left_out = set(carrier.missing).difference((one.session, one.id) for one in missing)
    unfit = record.unfit if clean else ()
    with reading.opened(journal) as connection:
        _forget(connection, left_out, unfit)
    with journal.open("rb") as file:
        os.fsync(file.fileno())
    return Carried(
        record=reading.read(journal) if left_out or unfit else record,
        bytes=carrier.bytes,
        linked=carrier.linked,
        left_out=tuple(sorted(left_out)),
        damaged=(*lost, *record.findings, *sorted(missing), *carrier.damaged),
    )


def _pages(report: Report) -> snapshot.Pulse:
    def pulse(done: int, total: int) -> None:
        report(Progress("journal", done, total, "pages"))

    return pulse


def _forget(
    connection: sqlite3.Connection, places: Iterable[Place], unfit: Iterable[reading.Numbered]
) -> None:
    connection.execute("BEGIN")
    for place in places:
        if not statements.remove_file(*place)(connection):
            statements.remove_upload(*place)(connection)
    for table, row in unfit:
        connection.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (row,))  # noqa: S608 -- a name from sqlite_master
    connection.execute("COMMIT")


def _still_on_record(folder: Path, places: Collection[Place], half: Path) -> frozenset[Finding]:
    """What of these places the folder still has on record, though not on its disk."""
    found = frozenset[Finding]()
    for look in range(snapshot.LOOKS if places else 0):
        if look:
            snapshot.pause()
        with tempfile.TemporaryDirectory(dir=half) as scratch:
            copy = Path(scratch) / DATABASE
            snapshot.copy_journal(folder, copy)
            now = reading.read(copy).contents
        files = {place: now.files[place] for place in places if place in now.files}
        uploads = {place: now.uploads[place] for place in places if place in now.uploads}
        found = compare(Contents(files, uploads), Stored({}, {}))
        if not found or snapshot.server_of(folder) is None:
            break
    return found


def _on_one_disk(folder: Path, half: Path) -> bool:
    return folder.exists() and folder.stat().st_dev == half.stat().st_dev


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


@dataclass(frozen=True, slots=True)
class _Room:
    """The room where a copy is made: what its disk has free, above the floor."""

    half: Path
    floor: int

    def look(self, needed: int) -> None:
        """Refuses what would fill the disk, which the service may share.

        Raises:
            PlaceTakenError: there is no room.
        """
        free = shutil.disk_usage(self.half).free
        if needed + self.floor > free:
            kept = f", with {self.floor >> 20} MiB kept free for the service" if self.floor else ""
            raise PlaceTakenError(
                f"The disk of {self.half.parent} has {free >> 20} MiB free, and {needed >> 20} MiB "
                f"are to be copied{kept}. Make room, or name a place on another disk."
            )


class _Carrier:
    """One carrying: where from, where to, and what has come of it so far."""

    def __init__(
        self, folder: Path, half: Path, contents: Contents, report: Report, *, link: bool
    ) -> None:
        self._folder = folder
        self._half = half
        self._report = report
        self._contents = contents
        self._total = sum(file.size for file in contents.files.values())
        self.bytes = 0
        self.linked = 0
        self.missing: list[Place] = []
        self.damaged: list[Finding] = []
        self._link = link and self._can_link()

    def needs(self) -> int:
        """Bytes that the copy will take."""
        drafts = (self._folder / "uploads" / Path(*place) for place in self._contents.uploads)
        return (0 if self._link else self._total) + sum(map(_size_of, drafts))

    def _can_link(self) -> bool:
        """Whether the two places can share a file; tried with one."""
        probe = self._half / "probe"
        for place in self._contents.files:
            with suppress(FileNotFoundError):
                linked = copying.link_file(source_of(self._folder / "files", place), probe)
                probe.unlink(missing_ok=True)
                return linked
        return False

    def copy_files(self) -> None:
        for place, recorded in sorted(self._contents.files.items()):
            try:
                self._copy_file(source_of(self._folder / "files", place), place, recorded)
            except FileNotFoundError:
                self.missing.append(place)

    def _copy_file(self, source: Path, place: Place, recorded: Recorded) -> None:
        target = self._half / "files" / Path(*place)
        if self._link and copying.link_file(source, target):
            self.linked += 1
            seen = Sum(source.stat().st_size, recorded.sha256)
            self._tell(seen.size)
        else:
            seen = copying.copy_file(source, target, self._tell)
        if seen != Sum(recorded.size, recorded.sha256):
            text = f"files/{'/'.join(place)} is not what the record says."
            self.damaged.append(Finding(Code.FILE_CONTENT, text, *place))

    def copy_drafts(self) -> None:
        """Copies what had come of uploads; one that became a file meanwhile is a whole draft."""
        for place in sorted(self._contents.uploads):
            target = self._half / "uploads" / Path(*place)
            for kind in ("uploads", "files"):
                with suppress(FileNotFoundError):
                    source = source_of(self._folder / kind, place)
                    copying.copy_file(source, target, self._tell)
                    break
            else:
                self.missing.append(place)

    def _tell(self, size: int) -> None:
        self.bytes += size
        self._report(Progress("files", self.bytes, max(self.bytes, self._total), "bytes"))


# --- what lies on a disk --------------------------------------------------------------------------


def source_of(folder: Path, place: Place) -> Path:
    """Where the bytes of a file or draft lie, in a folder of sessions' folders.

    Raises:
        FileNotFoundError: there is no such file. A link that leads to one is none: whoever makes a
            backup could have it lead anywhere.
    """
    path = folder.joinpath(*place)
    if not (_is_folder(path.parent) and stat.S_ISREG(path.lstat().st_mode)):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    return path


def entries(folder: Path) -> Iterator[tuple[Place, os.stat_result]]:
    """Plain files of a folder of sessions' folders, each with what is known of it.

    What leaves while we look is not told of, nor what lies behind a link.
    """
    for session in _names(folder):
        for id in _names(folder / session) if _is_folder(folder / session) else ():
            with suppress(FileNotFoundError):
                facts = (folder / session / id).stat(follow_symlinks=False)
                if stat.S_ISREG(facts.st_mode):
                    yield (session, id), facts


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 -- names alone are wanted
    except (FileNotFoundError, NotADirectoryError):
        return []
