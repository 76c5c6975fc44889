"""Carries what a data folder holds to another place, so that the copy agrees with itself. Blocking.

Owns: the order (the record of one moment first, then the files that it names), and what becomes of
files that their users remove meanwhile: they are taken off the copy's record.
Never: names the place where the copy will lie (places.py), or changes the folder it reads.

Whole files never change and a draft only grows, so each can be copied at any time after the record.
What is on its way (`parts/`) or was set aside (`lost/`) stays behind.
"""

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from actors.journal import statements
from actors.journal.opening import DATABASE
from actors.safekeeping import copying, reading, snapshot
from actors.safekeeping.copying import Sum
from actors.safekeeping.findings import Code, Contents, Finding, Place, Recorded
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
        left_out: files and drafts that were not there (any more).
        damaged: what is wrong with the folder itself: files are not what the record says, and were
            carried as they are; or the journal's log has lost something.
    """

    record: reading.Account
    bytes: int
    linked: int
    left_out: tuple[Place, ...]
    damaged: tuple[Finding, ...]


def carry(folder: Path, half: Path, *, link: bool = False, report: Report = nobody) -> Carried:
    """Copies the folder's record and all that it names into `half`, flushed.

    Args:
        folder: the data folder of a running service, of a resting one, or a backup.
        half: an empty folder.
        link: whether whole files may share their bytes where the disk can do that.

    Raises:
        UnreadableJournalError: the record cannot be read.
        PlaceTakenError: there is no room for all; nothing was copied that might fill the disk.
        OSError: a disk failed or is full.
    """
    journal = half / DATABASE
    lost = snapshot.copy_journal(folder, journal, _pages(report))
    record = reading.read(journal)
    carrier = _Carrier(folder, half, record.contents, report, link=link)
    carrier.look_for_room()
    carrier.copy_files()
    carrier.copy_drafts()
    with suppress(FileNotFoundError):  # a service that never started has none
        copying.copy_file((folder / KEYS).resolve(), half / KEYS)
    with reading.opened(journal) as connection:
        _forget(connection, carrier.left_out)
    with journal.open("rb") as file:
        os.fsync(file.fileno())
    return Carried(
        record=reading.read(journal) if carrier.left_out else record,
        bytes=carrier.bytes,
        linked=carrier.linked,
        left_out=tuple(carrier.left_out),
        damaged=(*lost, *carrier.damaged),
    )


def _pages(report: Report) -> snapshot.Pulse:
    def pulse(done: int, total: int) -> None:
        report(Progress("journal", done, total, "pages"))

    return pulse


def _forget(connection: sqlite3.Connection, places: list[Place]) -> None:
    connection.execute("BEGIN")
    for place in places:
        if not statements.remove_file(*place)(connection):
            statements.remove_upload(*place)(connection)
    connection.execute("COMMIT")


class _Carrier:
    """One carrying: where from, where to, and what has come of it so far."""

    def __init__(
        self, folder: Path, half: Path, contents: Contents, report: Report, *, link: bool
    ) -> None:
        self._folder = folder
        self._half = half
        self._link = link
        self._report = report
        self._contents = contents
        self._total = sum(file.size for file in contents.files.values())
        self.bytes = 0
        self.linked = 0
        self.left_out: list[Place] = []
        self.damaged: list[Finding] = []

    def look_for_room(self) -> None:
        """Refuses what would fill the disk, which the service may share.

        Raises:
            PlaceTakenError: there is no room.
        """
        free = shutil.disk_usage(self._half).free
        if self._total > free and not self._link:
            raise PlaceTakenError(
                f"The disk of {self._half.parent} has {free >> 20} MiB free, and the files are "
                f"{self._total >> 20} MiB. Make room, or name a place on another disk."
            )

    def copy_files(self) -> None:
        for place, recorded in sorted(self._contents.files.items()):
            source = self._folder / "files" / Path(*place)
            try:
                self._copy_file(source, place, recorded)
            except FileNotFoundError:
                self.left_out.append(place)

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
                    copying.copy_file(self._folder / kind / Path(*place), target, self._tell)
                    break
            else:
                self.left_out.append(place)

    def _tell(self, size: int) -> None:
        self.bytes += size
        self._report(Progress("files", self.bytes, max(self.bytes, self._total), "bytes"))


# --- what lies on a disk --------------------------------------------------------------------------


def entries(folder: Path) -> Iterator[tuple[Place, os.stat_result]]:
    """Plain files of a folder of sessions' folders, each with what is known of it.

    What leaves while we look is not told of.
    """
    for session in _names(folder):
        for id in _names(folder / session):
            with suppress(FileNotFoundError):
                facts = (folder / session / id).stat(follow_symlinks=False)
                if stat.S_ISREG(facts.st_mode):
                    yield (session, id), facts


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 -- names alone are wanted
    except (FileNotFoundError, NotADirectoryError):
        return []
