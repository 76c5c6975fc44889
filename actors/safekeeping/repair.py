"""The way out for a data folder whose journal is damaged or missing. Blocking.

Owns: what becomes of the old journal (`damaged-N/`, whole and for good) and of the new one.
Never: works on a folder that a server has, touches files, or does anything before it is agreed to.

The old journal leaves its place before the new one takes it. A repair that is ended in between is
gone on with by the next one, from what lies in the newest `damaged-N/` that has no report; until
then no service starts on the folder.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import msgspec

from actors import disk
from actors.journal.aside import REPORT, following, unfinished
from actors.journal.opening import DATABASE
from actors.safekeeping import reading, snapshot
from actors.safekeeping.carrying import entries
from actors.safekeeping.findings import Code, Finding, Stored, compare, printable
from actors.safekeeping.reading import UNREADABLE, UnreadableJournalError
from actors.safekeeping.salvage import Salvaged, begin_empty, lay_over, salvage
from actors.safekeeping.taking import taken as holding

WORKSHOP: Final = ".stitchery-repair-"
"""The name of a repair's workshop begins so; one that stays is of a repair that was killed."""

_OLD: Final = (DATABASE, snapshot.LOG, snapshot.INDEX)
"""In the order in which they leave: without the first there is nothing to start on."""

_BEYOND: Final = frozenset({Code.FOLDER, Code.JOURNAL_NEWER, Code.JOURNAL_FOREIGN})


class NothingToRepairError(Exception):
    """The journal is whole."""


class RepairFailedError(Exception):
    """No new journal could be made; the text says where the old one is, and what to do."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair did.

    Attributes:
        aside: where the old journal lies now; None where there was none.
        salvaged: rows that were saved, and not.
        unrecorded: files and drafts that are on no record now; the next start moves them to lost/.
        without_bytes: files and uploads on record whose bytes are not there.
    """

    aside: Path | None
    salvaged: Salvaged
    unrecorded: int
    without_bytes: int


def diagnose(folder: Path, *, taken: bool = False) -> Finding:
    """What a repair would be about. Changes nothing.

    Args:
        folder: the data folder.
        taken: whether the caller holds its lock.

    Raises:
        NothingToRepairError: the journal is whole.
        UnreadableJournalError: this is nothing that a repair helps with.
        OSError: the folder cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="stitchery-repair-") as scratch:
        copy = Path(scratch) / DATABASE
        try:
            snapshot.copy_journal(folder, copy, taken=taken)
            findings = reading.read(copy).findings
        except reading.UnreadableJournalError as error:
            if error.finding.code in _BEYOND:
                raise
            return error.finding
    if not findings:
        raise NothingToRepairError(f"The journal of {folder} is whole; nothing was changed.")
    return findings[0]


def repair(folder: Path) -> Repaired:
    """Makes a new journal of what can be read of the old one; durable when it returns.

    Raises:
        FolderInUseError: a server runs on the folder.
        NothingToRepairError, UnreadableJournalError: as `diagnose`.
        RepairFailedError: what was read of the old one makes no whole journal.
        OSError: the disk failed or is full. To be called again then.
    """
    with holding(folder):
        diagnose(folder, taken=True)
        aside = _set_aside(folder)
        with _workshop(folder) as shop:
            new = shop / "new.sqlite3"
            salvaged, record = _made(new, aside, shop)
            with new.open("rb") as file:
                os.fsync(file.fileno())
            new.rename(folder / DATABASE)
        disk.flush_folder(folder)
        if aside is not None:
            (aside / REPORT).write_bytes(msgspec.json.encode(asdict(salvaged)))
    stored = Stored(
        files={place: facts.st_size for place, facts in entries(folder / "files")},
        drafts={place: facts.st_size for place, facts in entries(folder / "uploads")},
    )
    codes = [finding.code for finding in compare(record.contents, stored)]
    return Repaired(
        aside,
        salvaged,
        unrecorded=sum(code in {Code.FILE_UNRECORDED, Code.DRAFT_UNRECORDED} for code in codes),
        without_bytes=sum(code in {Code.FILE_MISSING, Code.DRAFT_MISSING} for code in codes),
    )


def _made(new: Path, aside: Path | None, shop: Path) -> tuple[Salvaged, reading.Account]:
    """Makes the new journal: what is saved in it, and what it says."""
    try:
        if aside is None:
            begin_empty(new)
            salvaged = Salvaged({}, {}, {})
        else:
            salvaged = salvage(_scratch_copy(aside, shop), new)
        return salvaged, reading.read(new)
    except UnreadableJournalError as error:
        where = "" if aside is None else f" The old journal is kept as it was, in {aside}."
        raise RepairFailedError(
            f"No new journal could be made ({printable(error.__cause__ or error)}).{where} "
            "Restore a backup (stitchery restore --replace), or repair again with a later release: "
            "it goes on with what is kept."
        ) from error


def _set_aside(folder: Path) -> Path | None:
    """Moves what there is of the old journal to a folder of its own.

    None where there is nothing, nor was: a new one beside an old log would be read with it.
    """
    there = [name for name in _OLD if os.path.lexists(folder / name)]
    begun = unfinished(folder / DATABASE)
    if begun is not None and _goes_on(begun, there):
        aside = begun
    elif there:
        aside = following(folder)
        aside.mkdir(mode=0o700)
    else:
        return None
    for name in there:
        (folder / name).rename(aside / name)
    disk.flush_folder(aside)
    disk.flush_folder(folder)
    return aside


def _goes_on(begun: Path, there: list[str]) -> bool:
    """Whether what is there still belongs to what an earlier repair has set aside."""
    return DATABASE not in there and not any(os.path.lexists(begun / name) for name in there)


@contextmanager
def _workshop(folder: Path) -> Iterator[Path]:
    """A folder on the same disk, gone at the end, and with it those that killed repairs left."""
    for left in folder.glob(f"{WORKSHOP}*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=WORKSHOP, dir=folder) as shop:
        yield Path(shop)


def _scratch_copy(aside: Path, shop: Path) -> Path:
    """A copy to work on, with what its log holds where that can still be brought in."""
    copy = shop / DATABASE
    copy.touch(mode=0o600)
    for name in _OLD[:2]:
        with suppress(FileNotFoundError):
            shutil.copyfile(aside / name, shop / name)
    if not (copy.stat().st_size and _takes_log_in(copy)):
        lay_over(aside / snapshot.LOG, copy)
    return copy


def _takes_log_in(copy: Path) -> bool:
    with suppress(*UNREADABLE), closing(sqlite3.connect(copy)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return True
    return False
