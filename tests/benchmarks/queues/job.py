"""The work of every contender: a job that does nothing, and can be counted.

Owns: the file of counts: one byte a job, in memory, appended by whoever runs jobs.
Never: needs more than the standard library: the peers' workers import it.
"""

import os
import time
from functools import cache


def work() -> float:
    """Counts the job; when it began, on the clock that all processes of a machine share."""
    began = time.monotonic()
    os.write(_counts(os.environ["QUEUES_COUNTS"]), b".")
    return began


def counted() -> int:
    """How many jobs have begun."""
    return os.stat(os.environ["QUEUES_COUNTS"]).st_size  # noqa: PTH116 -- asked often, by clients


@cache
def _counts(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND)
