"""Brings bytes and records together that a crash has parted, whichever of both was left behind.

Owns: the one rule of it: bytes that are on nobody's record go to `lost`; a record without its bytes
is removed, and told. A file of another size than its record says counts as both.
Never: removes bytes that somebody may want, or stops a start for what the disk does not let be
settled: that is told, and settled another time. One thing stops a start: a folder of files that
looks as if its volume were not mounted. By the rule all its records would go, and the files with
them when the volume is back. Within a life the same is told by the workspace (`FilesAway`), and
then nothing is settled.

The rule holds for all at the start of a life, and for one session when it comes to memory: between
its bytes and their records its actor may have broken, or the disk been full.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import trio

from actors.errors import StitcheryError
from actors.journal.port import MissingFilesError
from actors.logs import Log
from actors.lost import Place
from actors.messages import JobRecord
from actors.services import Services

log = Log("sessions")

TOLD: Final = 20
"""Findings of one kind that get a line each; the others are counted."""

AT_ONCE: Final = 64
"""Records removed side by side: the journal writes them as one group."""

Sizes = Mapping[str, Mapping[str, int]]
"""Bytes by id, by session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """Files without a record, records without a file, and those of both whose sizes differ."""

    unrecorded: tuple[Place, ...] = ()
    without_bytes: tuple[Place, ...] = ()
    differing: tuple[Place, ...] = ()


def compare(recorded: Sizes, found: Sizes) -> Parted:
    """What does not agree. Sessions whose folder could not be read must be in neither."""
    unrecorded: list[Place] = []
    without_bytes: list[Place] = []
    differing: list[Place] = []
    for session, files in found.items():
        rows = recorded.get(session, {})
        if rows == files:
            continue
        unrecorded += ((session, id) for id in files if id not in rows)
        differing += ((session, id) for id in files if id in rows and rows[id] != files[id])
    for session, rows in recorded.items():
        files = found.get(session, {})
        without_bytes += ((session, id) for id in rows if id not in files)
    return Parted(
        unrecorded=tuple(unrecorded),
        without_bytes=tuple(without_bytes),
        differing=tuple(differing),
    )


@dataclass(frozen=True, slots=True)
class Settled:
    """What was settled. `owed` are records that are to go, and could not be written."""

    parted: Parted
    owed: frozenset[Place]

    @property
    def gone(self) -> frozenset[Place]:
        """What must not be shown as a file, though it may still be on record."""
        return frozenset(self.parted.without_bytes).union(self.parted.differing)

    def counts(self) -> Mapping[str, int]:
        """How many there were of each kind."""
        return {
            "without_record": len(self.parted.unrecorded),
            "without_bytes": len(self.parted.without_bytes),
            "of_another_size": len(self.parted.differing),
        }


async def take_up(services: Services) -> tuple[JobRecord, ...]:
    """Settles what the last life has left behind, and tells it; the jobs that it had not ended.

    To be called before the first session of a life.

    Raises:
        MissingFilesError: there are no files where the record lists some; nothing was changed.
    """
    journal = services.journal
    await refuse_elsewhere(services)
    for finding in journal.findings:
        log.warning("the record was not as it should be", finding=finding)
    parts = await services.workspace.leftovers()
    uploads = await settle_uploads(services)
    files = await settle_all(services)
    jobs = await journal.unfinished_jobs()
    if journal.life == 1 and not any((parts, jobs, *uploads.values(), *files.values())):
        log.info("nothing to take up: this data folder is new")
    else:
        log.info(
            "took up where the last life ended",
            parts_removed=parts,
            jobs=len(jobs),
            files_parted=files,
            uploads_parted=uploads,
        )
    return jobs


async def refuse_elsewhere(services: Services) -> None:
    """Refuses a folder of files that cannot be the one of the record; the right one is claimed.

    The right one is never quite empty: who removed all files, by hand or by a crash in the midst
    of ending the one session, has left the mark of the workspace.

    Raises:
        MissingFilesError: it is missing or empty, and files are on record.
    """
    workspace = services.workspace
    try:
        anything = await workspace.holds_anything()
        if anything:
            await workspace.claim()
    except StitcheryError as error:  # what is to be settled meets the same, and tells it
        log.warning("cannot look after the folder of files", why=error.detail)
        return
    count = 0 if anything else sum(map(len, (await services.journal.all_files()).values()))
    if count:
        folder = services.settings.storage.data / "files"
        raise MissingFilesError(
            f"The folder {folder} is {'missing' if anything is None else 'empty'}, but the journal "
            f"lists {count} files there. Nothing was changed. If it is "
            "on a volume of its own, mount that; else put the files back from a backup (stitchery "
            f"restore). If they are gone for good, put an empty file into the folder (mkdir -p "
            f"{folder} && touch {folder}/gone) and start again: then the journal forgets them."
        )


async def settle_files(services: Services, recorded: Sizes, found: Sizes) -> Settled:
    """Settles what lies below `files/` with what is on record; the same sessions in both."""
    parted = compare(recorded, found)
    _tell("a file was on nobody's record; it lies in lost/ now", parted.unrecorded)
    _tell("a file is gone from the disk; it is forgotten", parted.without_bytes)
    _tell("a file is not as long as it was; it lies in lost/ now", parted.differing)
    stuck = await put_aside(services, [*parted.unrecorded, *parted.differing])
    owed = await forget(services, (*parted.without_bytes, *parted.differing))
    if stuck or owed:
        log.warning("not all could be settled", files_stuck=len(stuck), records_owed=len(owed))
    return Settled(parted, owed)


async def put_aside(services: Services, places: Collection[Place]) -> Collection[Place]:
    """Moves whole files to `lost`; those that would not move."""
    if not places:
        return ()
    try:
        moved = await services.workspace.put_aside(places, services.journal.age())
    except StitcheryError as error:
        log.warning("cannot put files aside", files=len(places), why=error.detail)
        return places
    for place, why in list(moved.stuck.items())[:TOLD]:
        log.warning("cannot put a file aside", session=place[0], file=place[1], why=why)
    return moved.stuck.keys()


async def forget(services: Services, places: Iterable[Place]) -> frozenset[Place]:
    """Removes the records of files whose bytes are gone; those that could not be written."""
    owed: set[Place] = set()

    async def remove(place: Place) -> None:
        try:
            await services.journal.remove_file(*place)
        except StitcheryError as error:
            if not owed:
                log.warning("cannot forget a file now", file=place[1], why=error.detail)
            owed.add(place)

    each = list(places)
    for begin in range(0, len(each), AT_ONCE):
        async with trio.open_nursery() as nursery:
            for place in each[begin : begin + AT_ONCE]:
                nursery.start_soon(remove, place)
    return frozenset(owed)


async def settle_all(services: Services) -> Mapping[str, int]:
    """Settles the files of all sessions; how many of each kind were parted."""
    recorded = await services.journal.all_files()
    try:
        found = await services.workspace.sizes(recorded)
    except StitcheryError as error:
        log.warning("cannot look through the files", why=error.detail)
        return {}
    for session, why in list(found.unread.items())[:TOLD]:
        log.warning("cannot look through the files of a session", session=session, why=why)
    readable = {session: rows for session, rows in recorded.items() if session not in found.unread}
    return (await settle_files(services, readable, found.sizes)).counts()


async def settle_uploads(services: Services) -> Mapping[str, int]:
    """Brings drafts and records together that a crash has parted; how many of each were parted.

    Before `settle_all`, since a draft that was adopted and not recorded goes back to be one.
    """
    journal, workspace = services.journal, services.workspace
    drafts = dict(await workspace.drafts.all())
    lost = returned = 0
    for record in await journal.uploads():
        place = (record.session, record.id)
        if record.file is not None or drafts.pop(place, None) is not None:
            continue
        try:
            if await workspace.return_to_draft(*place):
                returned += 1  # adopted, but the crash came before the record of the file
            else:
                lost += 1
                await journal.remove_upload(*place)
        except StitcheryError as error:  # it is given up in time
            log.warning("cannot settle an upload", upload=record.id, why=error.detail)
    await _clear_drafts(services, {place: stretch.size for place, stretch in drafts.items()})
    return {"without_bytes": lost, "without_record": len(drafts), "returned": returned}


async def _clear_drafts(services: Services, drafts: Mapping[Place, int]) -> None:
    """Removes drafts on nobody's record that are empty; what has come of others is put aside."""
    for place in (place for place, size in drafts.items() if not size):
        try:
            await services.workspace.drafts.remove(*place)
        except StitcheryError as error:
            log.warning("cannot remove an upload", upload=place[1], why=error.detail)
    begun = [place for place, size in drafts.items() if size]
    if begun:
        _tell("an upload was on nobody's record; what came of it lies in lost/ now", begun)
        try:
            await services.workspace.put_drafts_aside(begun, services.journal.age())
        except StitcheryError as error:
            log.warning("cannot put uploads aside", uploads=len(begun), why=error.detail)


def _tell(what: str, places: Collection[Place]) -> None:
    for session, id in list(places)[:TOLD]:
        log.warning(what, session=session, file=id)
    if len(places) > TOLD:
        log.warning(what, besides=len(places) - TOLD)
