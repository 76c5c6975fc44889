"""Work that is cancelled: whether it is, and what of its errors is not that.

Owns: these two looks.
Never: cancels anything, or decides what an error means.
"""

import math

import trio


def is_cancelled() -> bool:
    """Whether the task is to end here, whoever said so."""
    return trio.current_effective_deadline() == -math.inf


def but_cancelling(error: BaseException) -> BaseException | None:
    """Of what work raised, all but `trio.Cancelled`; None where that is all.

    Work whose tasks are cancelled raises a group of that and of what breaks while they clean up.
    """
    if isinstance(error, BaseExceptionGroup):
        return error.split(trio.Cancelled)[1]
    return None if isinstance(error, trio.Cancelled) else error
