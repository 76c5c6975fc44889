"""What became of one job, whether it was simulated or is on a live service's record.

Owns: that value. Pure. Times are seconds from a moment that all jobs of a set share.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from actors.lifecycle import State
from actors.messages import JobRecord

SUCCEEDED: Final = str(State.SUCCEEDED)
REFUSED: Final = "refused"
"""The end of a job that was not accepted; such a one is on no record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """One job: when it was asked for, began (None: never) and ended, and how."""

    user: str
    capability: str
    asked_at: float
    started_at: float | None
    ended_at: float
    end: str


def lived_of(record: JobRecord, user: str, zero: datetime) -> Lived:
    """What the record of an ended job says, in seconds after `zero`.

    Raises:
        ValueError: the job has not ended.
    """

    def seconds(stamp: datetime) -> float:
        return (stamp - zero).total_seconds()

    if record.ended_at is None:
        raise ValueError(f"job {record.id} has not ended")
    return Lived(
        user=user,
        capability=record.capability,
        asked_at=seconds(record.created_at),
        started_at=None if record.started_at is None else seconds(record.started_at),
        ended_at=seconds(record.ended_at),
        end=str(record.state),
    )
