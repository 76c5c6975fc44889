"""Whether a job whose work failed is tried again, and after how long.

Owns: that decision, the wait between two attempts, and the words about poison. Pure.
Never: waits, reads a clock, or changes a record. All times are seconds.

An attempt is one run of a job's work. What may pass (`StitcheryError.passing`) is tried again after
a backoff while attempts are left. A crash is an attempt that ended with the death of its worker
process; after a few of those the job is poison, since each costs the service more than a failure.
"""

import hashlib
import math
from dataclasses import dataclass

from actors.errors import Poison, StitcheryError, WorkerCrashed, WorkerDismissed, WorkersGone
from actors.messages import Hold, JobRecord
from conf.settings import CapabilitySettings


@dataclass(frozen=True, slots=True)
class Retry:
    """The verdict that another attempt is made, `after` seconds.

    One that spends nothing is for an attempt that the end of the service took away.
    """

    after: float
    error: StitcheryError
    spends: bool = True


@dataclass(frozen=True, slots=True)
class Backoff:
    """The time between two attempts, as moments on one clock."""

    since: float
    until: float

    def hold(self, now: float) -> Hold:
        """What keeps the job from its next attempt."""
        gone = min(now, self.until) - self.since
        return Hold(limit="retry_backoff", used=int(gone), max=math.ceil(self.until - self.since))


def is_crash(error: StitcheryError) -> bool:
    """Whether an attempt that failed so ended with the death of its worker process.

    Where others ended the worker, the work had no part in it.
    """
    others_did = isinstance(error, WorkersGone | WorkerDismissed)
    return isinstance(error, WorkerCrashed) and not others_did


def judge(
    record: JobRecord,
    error: StitcheryError,
    settings: CapabilitySettings,
    *,
    left: float,
) -> Retry | StitcheryError:
    """What becomes of a running job whose attempt failed: a retry, or the error that it ends with.

    Args:
        record: the job, with this attempt counted among its crashes if it was one.
        error: why the attempt failed.
        settings: of its capability.
        left: seconds to its deadline; a retry that could only begin then is none.
    """
    if not error.passing:
        return error
    if is_crash(error) and record.crashes >= settings.max_crashes:
        return _poison(record, error)
    if record.attempt >= settings.max_attempts:
        return error
    after = backoff(
        record.id,
        record.attempt,
        base=settings.retry_after,
        cap=settings.retry_cap,
        told=error.retry_after,
    )
    return Retry(after, error) if after < left else error


def backoff(job: str, attempt: int, *, base: float, cap: float, told: float | None = None) -> float:
    """Seconds from the failure of an attempt (counted from 1) until the next one may begin.

    Twice as long after each attempt, and half of that left to chance, so that jobs which failed
    together do not come back together ("equal jitter", Brooker, Exponential Backoff And Jitter,
    2015). Chance is drawn from the job's id: the same job waits as long in every simulation. What
    the error told as `retry_after` goes before that. The whole is never beyond the cap.
    """
    # the power is bounded, since a float has an end: 2 ** 60 seconds are beyond any cap
    longest = min(cap, base * 2.0 ** min(attempt - 1, 60))
    own = longest * (1 + _chance(job, attempt)) / 2
    return min(cap, own + (told or 0.0))


def _chance(job: str, attempt: int) -> float:
    """A number of 0 to 1, the same for the same arguments, as if drawn for each."""
    digest = hashlib.blake2b(f"{job} {attempt}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / (1 << 64)


def _poison(record: JobRecord, last: StitcheryError) -> Poison:
    times = "once" if record.crashes == 1 else f"{record.crashes} times"
    return Poison(
        f"The work ended its process {times} in {record.attempt} attempt(s), so it is not tried "
        f"again. The last time: {last.detail}",
        more={"crashes": record.crashes},
    )
