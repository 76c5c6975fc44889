"""Makes a backup of a data folder, while its service runs or rests. Blocking.

Owns: what a backup consists of: all that lasts in a data folder, and a manifest.
Never: stops or slows the service, leaves half a backup under its name, or writes into the folder.
"""

import os
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from actors import disk
from actors.journal.opening import DATABASE
from actors.safekeeping import copying, manifest
from actors.safekeeping.carrying import Carried, Report, carry, nobody
from actors.safekeeping.manifest import Manifest
from actors.safekeeping.places import PlaceTakenError, appear, building, is_free


def back_up(
    folder: Path, place: Path, *, link: bool = False, floor: int = 0, report: Report = nobody
) -> tuple[Manifest, Carried]:
    """Makes a backup; whole and on disk when it returns.

    It is the folder as it was in one moment, without what its users removed while it was made. What
    is damaged already is carried as it is, what the disk has lost stays on record, and it is told.

    Args:
        folder: the data folder; its service may run.
        place: where the backup will lie; nothing, or an empty folder.
        link: whether whole files may share their bytes with the folder's, where both lie on one
            disk: it takes no room and no time, and what damages one damages both.
        floor: bytes that stay free on the folder's disk, if the backup lies there too.
        report: told how far it is; what it raises ends the work, and nothing of it is left.

    Raises:
        PlaceTakenError: there is something at that place, or it lies in the data folder.
        UnreadableJournalError: the folder's journal cannot be read.
        OSError: a disk failed or is full.
    """
    if not is_free(place):
        raise PlaceTakenError(
            f"There is something at {place} already. Name a folder that is new or empty."
        )
    if place.resolve().is_relative_to(folder.resolve()):
        raise PlaceTakenError(f"{place} lies in the data folder itself. Name a place outside.")
    with building(place) as half:
        began = datetime.now(UTC)
        carried = carry(folder, half, link=link, floor=floor, report=report)
        made = Manifest(
            release=version("stitchery"),
            schema=carried.record.version,
            made_at=began.isoformat(timespec="seconds"),
            sessions=carried.record.counts["sessions"],
            jobs=carried.record.counts["jobs"],
            files=carried.record.counts["files"],
            uploads=len(carried.record.contents.uploads),
            bytes=carried.bytes,
            left_out=len(carried.left_out),
            damaged=len(carried.damaged),
            journal_sha256=copying.sum_of(half / DATABASE).sha256,
        )
        _write(half / manifest.NAME, manifest.encode(made))
        appear(half, place)
    return made, carried


def _write(path: Path, text: bytes) -> None:
    with open(disk.create(path), "wb") as file:  # noqa: PTH123 -- a descriptor, not a path
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
