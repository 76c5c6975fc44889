"""What a live service's journal knows of its past: who came when, and how long the work took.

Owns: reading ended jobs beside a running server, without holding it up or changing a byte.
Never: opens the journal as its own (no lock, no migration, no write).
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from actors.journal.opening import DATABASE
from actors.journal.records import decode
from actors.journal.schema import APPLICATION_ID
from actors.lifecycle import ENDS
from actors.messages import JobRecord
from actors.simulation.lived import Lived, lived_of
from actors.simulation.load import Arrival

LATEST: Final = 100_000
"""Jobs that are read at most, the latest; more would say nothing that these do not."""

_ENDED: Final = "SELECT document FROM jobs WHERE state IN ({}) ORDER BY id DESC LIMIT ?".format(  # noqa: S608 -- our words
    ", ".join(f"'{end}'" for end in sorted(ENDS))
)


class NoHistoryError(Exception):
    """There is nothing to learn from; the text says why and what to do."""


def ended_jobs(data: Path) -> list[Lived]:
    """The latest ended jobs of a data folder in the order of their coming, from the first on.

    Blocks. A server may be running on the folder: its log is read as of this moment.

    Raises:
        NoHistoryError: there is no journal that can be read, or no job in it has run.
    """
    path = data / DATABASE
    if not path.is_file():
        raise NoHistoryError(
            f"{data} holds no journal ({DATABASE}); name the data folder of a service (--data)."
        )
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as found:
            if found.execute("PRAGMA application_id").fetchone() != (APPLICATION_ID,):
                raise NoHistoryError(f"{path} is the database of another program.")
            rows = found.execute(_ENDED, (LATEST,)).fetchall()
        records = [decode(JobRecord, document) for (document,) in reversed(rows)]
    except (sqlite3.Error, msgspec.DecodeError) as error:
        raise NoHistoryError(f"The journal {path} cannot be read: {error}.") from error
    lived = _from_the_first(records)
    if not run_times(lived):
        raise NoHistoryError(
            f"No job in {path} has run to its end yet, so it says nothing about the next. "
            "Give --run-times instead."
        )
    return lived


def run_times(lived: Sequence[Lived]) -> list[float]:
    """Seconds of the runs that say how long the work takes: those that ran to their end."""
    return [
        job.ended_at - job.started_at
        for job in lived
        if job.started_at is not None and job.end in {"succeeded", "timed_out"}
    ]


def as_load(lived: Sequence[Lived]) -> list[Arrival]:
    """The same users with the same jobs at the same times. Jobs that never ran bring no work."""
    return [
        Arrival(
            at=job.asked_at,
            user=job.user,
            capability=job.capability,
            seconds=job.ended_at - job.started_at,
        )
        for job in lived
        if job.started_at is not None
    ]


def _from_the_first(records: Sequence[JobRecord]) -> list[Lived]:
    stamped = [record for record in records if record.ended_at is not None]
    zero: datetime | None = min((record.created_at for record in stamped), default=None)
    if zero is None:
        return []
    lived = [lived_of(record, record.session, zero) for record in stamped]
    return sorted(lived, key=lambda job: job.asked_at)
