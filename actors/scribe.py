"""How what happens to a job gets on record, whatever the journal does meanwhile.

Owns: what is written again, what may be lost, and what is looked up when a write ends in doubt.
Never: decides what happens to a job; says anything before it is on record.

A journal may fail a write that it has done all the same: the disk is slow to say so, the journal
falls right behind the commit (`JournalClosedError` tells nothing of it). Nothing here is thereby
done twice: a job is added once and looked for; an end is one record, written until it stands.
"""

import math
from collections.abc import Sequence

import trio

from actors.errors import StitcheryError
from actors.journal.port import Journal, JournalClosedError, NotOnRecordError
from actors.logs import Log
from actors.messages import FileRecord, Idempotency, JobRecord

log = Log("scribe")

LOOK_AGAIN = 0.1
"""Seconds between looks for a job of which nobody knows whether it was added: the supervisor has a
fallen journal back within a few of them."""

LOOK_FOR = 30.0
"""Seconds after which nobody looks any more: as long as a client waits, and the supervisor's budget
lasts. If the job was added, the next life finds it."""

RECORD_AGAIN = 1.0
"""Seconds before an end that could not be written is tried again: the disk was full, and a person
or the janitor makes room in seconds, not in milliseconds."""

TELL_AGAIN = 60.0
"""Seconds after which the log is told once more that an end is still not on record. A disk may stay
full for hours, under hundreds of jobs."""


async def add(journal: Journal, record: JobRecord, idempotency: Idempotency | None) -> None:
    """Writes a new job down; it is accepted when this returns, and not on record when it raises.

    Cancelling leaves open which of both.

    Raises:
        KeyTakenError, NotOnRecordError, StorageFull, ...: as the journal's `add_job`.
    """
    try:
        await journal.add_job(record, idempotency)
    except NotOnRecordError:
        raise
    except StitcheryError as error:
        if not await _is_there(journal, record):
            raise
        log.warning("a job was added, though the journal said it was not", detail=error.detail)


def note(journal: Journal, record: JobRecord) -> None:
    """Has it written that a job runs, or no longer does; nobody waits for that.

    If a crash loses the note, of the server or of the journal alone, the next life finds the job
    queued, as it should; it is no reason for the work to fail.
    """
    try:
        journal.note_job(record)
    except StitcheryError as error:
        log.debug("a note of a job was lost", detail=error.detail)


async def save(journal: Journal, record: JobRecord) -> None:
    """Writes down that a job is queued (again), and goes on if that cannot be.

    What is lost then is nothing that a next life would not find out: a job that it finds running
    has spent its attempt, too.
    """
    try:
        await journal.save_job(record)
    except StitcheryError as error:
        log.warning("a job's attempt could not be noted", detail=error.detail)


async def save_end(
    journal: Journal, record: JobRecord, files: Sequence[FileRecord], shield: trio.CancelScope
) -> None:
    """Writes an end down, however long that takes: before it is on record it is not told.

    Args:
        journal: where.
        record: of the job that has ended.
        files: that it made; written with it, or not at all.
        shield: around this; it lets cancelling in only while room on the disk is waited for.
    """
    tell_at = -math.inf
    while True:
        try:
            await journal.save_job(record, files)
        except NotOnRecordError:
            return  # the session has ended: nobody is left to read the record
        except StitcheryError as error:
            if trio.current_time() >= tell_at:
                log.warning("an end could not be recorded; trying again", detail=error.detail)
                tell_at = trio.current_time() + TELL_AGAIN
            shield.shield = False
            await trio.sleep(RECORD_AGAIN)
            shield.shield = True
        else:
            return


async def conclude(journal: Journal, record: JobRecord) -> None:
    """Writes down, as `save_end`, the end of a job that is not begun any more."""
    with trio.CancelScope(shield=True) as shield:
        await save_end(journal, record, (), shield)


async def _is_there(journal: Journal, record: JobRecord) -> bool:
    """Whether the job is on record after all; waits for a journal that is being restarted."""
    with trio.move_on_after(LOOK_FOR):
        while True:
            try:
                return await journal.job(record.session, record.id) is not None
            except JournalClosedError:
                await trio.sleep(LOOK_AGAIN)
            except StitcheryError:  # reading fails as well: nothing can be known
                return False
    return False
