"""Puts a backup in the place of a data folder. Blocking.

Owns: what is asked of a backup before, and what becomes of a folder that was there.
Never: removes anything, or changes the backup.
"""

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from actors import disk
from actors.journal.opening import DATABASE
from actors.safekeeping import reading
from actors.safekeeping.carrying import Report, carry, nobody
from actors.safekeeping.check import Checked, check
from actors.safekeeping.findings import Finding
from actors.safekeeping.places import PlaceTakenError, appear, building, is_free
from actors.safekeeping.taking import taken
from actors.safekeeping.wall import forget_mark


class UnfitBackupError(Exception):
    """A backup was not restored; `findings` say what is wrong with it."""

    def __init__(self, backup: Path, findings: tuple[Finding, ...]) -> None:
        more = f" (and {len(findings) - 1} more; stitchery check tells)" if findings[1:] else ""
        super().__init__(
            f"The backup {backup} is not whole: {findings[0].text}{more} Nothing was changed. Take "
            "another one; or restore what there is of this one with --anyway."
        )
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did.

    Attributes:
        checked: what a check of the new folder found.
        aside: where the folder that was there lies now, or None.
        left_out: files and uploads on record of which the backup had no bytes.
        damaged: what is wrong with the backup: files that are not what its record says were taken
            as they are, records that make no sense were left out.
    """

    checked: Checked
    aside: Path | None
    left_out: int
    damaged: tuple[Finding, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong now, each thing once: a check may say more of what was damaged before."""
        told = {(finding.session, finding.id) for finding in self.checked.findings if finding.id}
        before = [one for one in self.damaged if (one.session, one.id) not in told]
        return (*before, *self.checked.findings)


def restore(
    backup: Path,
    folder: Path,
    *,
    replace: bool = False,
    anyway: bool = False,
    report: Report = nobody,
) -> Restored:
    """Makes a data folder of a backup; whole and on disk when it returns.

    What is in it is as old as it was when the backup was made.

    Args:
        backup: a backup, or a data folder at rest.
        folder: where it will lie; nothing, or an empty folder.
        replace: whether a folder that is there is moved aside, to NAME.before-N.
        anyway: whether a backup that is not whole is taken for what it has.
        report: told how far it is; what it raises ends the work, and nothing of it is left.

    Raises:
        PlaceTakenError: there is something at that place.
        FolderInUseError: a server runs on the folder that would be moved aside.
        UnfitBackupError: the backup is not whole.
        UnreadableJournalError: its journal cannot be read at all.
        OSError: a disk failed or is full.
    """
    if not is_free(folder) and not replace:
        raise PlaceTakenError(
            f"There is something at {folder} already. Name a folder that is new or empty; or have "
            "this one moved aside, with --replace."
        )
    found = check(backup, report=report)
    if found.findings and not anyway:
        raise UnfitBackupError(backup, found.findings)
    with building(folder) as half, ExitStack() as held:
        carried = carry(backup, half, clean=True, report=report)
        if carried.damaged and not anyway:
            raise UnfitBackupError(backup, carried.damaged)
        with reading.opened(half / DATABASE) as connection:
            forget_mark(connection)
        aside = None
        if not is_free(folder):
            held.enter_context(taken(folder))
            aside = _move_aside(folder)
        try:
            appear(half, folder)
        except (OSError, PlaceTakenError) as error:
            if aside is not None:
                _put_back(aside, folder, error)
            raise
    return Restored(check(folder), aside, len(carried.left_out), carried.damaged)


def _put_back(aside: Path, folder: Path, why: Exception) -> None:
    try:
        aside.rename(folder)
    except OSError as error:
        text = f"{why} The folder that was there is {aside} now, as it was."
        raise PlaceTakenError(text) from error


def _move_aside(folder: Path) -> Path:
    if folder.is_mount():
        raise PlaceTakenError(
            f"{folder} is a disk of its own and cannot be moved aside. Move what is in it."
        )
    number = 1
    while os.path.lexists(aside := folder.with_name(f"{folder.name}.before-{number}")):
        number += 1
    folder.rename(aside)
    disk.flush_folder(folder.parent)
    return aside
