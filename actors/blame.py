"""What is told of a job that ended without a result: which limit, or whose mistake.

Owns: the words. Durations are seconds.
Never: decides that a job ends, or how.
"""

import secrets
from collections.abc import Iterator

from actors.errors import DeadlinePassed, Fault, Problem, RanTooLong, StitcheryError, WaitedTooLong
from actors.logs import Log

log = Log("job")


def waited_too_long(waited: float) -> Problem:
    """No slot was free before the queue timeout."""
    return WaitedTooLong(
        f"The job waited {waited:g} s without a free slot and expired. "
        "Submit it again, or allow it a later queue_timeout.",
        limit="queue_timeout",
    ).problem()


def ran_too_long(limit: str, run_timeout: float) -> Problem:
    """The work took longer than the operator allows."""
    return RanTooLong(
        f"The job ran for {run_timeout:g} s, which is as long as it may.", limit=limit
    ).problem()


def missed_deadline(wished: float) -> Problem:
    """The job still waited, or ran, when it was to have ended."""
    return DeadlinePassed(
        f"The job was to end within {wished:g} s, and had not ended then. Allow it a later "
        "deadline, or submit it when fewer jobs wait.",
        limit="deadline",
    ).problem()


def starved(resource: str, waited: float) -> Problem:
    """A step of the work waited for a resource for as long as the operator lets anything wait."""
    return RanTooLong(
        f"The job waited {waited:g} s for {resource}, which is as long as it may. Submit it again.",
        limit=resource,
    ).problem()


def cause_of(error: Exception) -> StitcheryError:
    """The one of our errors that stands for an error of the work.

    Of a group, the first lasting one speaks if all are ours: what else passes does not help. A
    foreign error is a mistake of ours: it goes to the log under an incident number, and only the
    number goes out.
    """
    leaves = list(_leaves(error))
    ours = [leaf for leaf in leaves if isinstance(leaf, StitcheryError)]
    if len(ours) == len(leaves):
        return next((leaf for leaf in ours if not leaf.passing), ours[0])
    incident = secrets.token_hex(8)
    log.error("work broke", incident=incident, exc_info=error)
    return Fault(
        "The work broke in a way that we did not foresee. It is in the log under this incident.",
        more={"incident": incident},
    )


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error
