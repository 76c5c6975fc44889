"""How many workers there should be.

Owns: the two sums. Pure.
Never: starts or ends one.
"""

import os
from typing import Final

IDLE_SECONDS: Final = 60.0
"""How long a worker beyond the warm ones may idle. Bursts come back within a minute or not soon; a
worker holds some 10 MiB of its own."""


def most() -> int:
    """Workers at once, where nobody says otherwise.

    The limiters bound how many jobs run; this bounds what a mistake there could cost. Work waits
    for files at times, hence more than there are processors.
    """
    return 2 * (os.cpu_count() or 1) + 4


def to_start(*, warm: int, most: int, places: int, ready: int, starting: int, wanting: int) -> int:
    """How many workers to start now.

    Args:
        warm: kept at all times.
        most: never exceeded.
        places: taken by all that exist: starting, ready, busy, ending.
        ready: have nothing to do.
        starting: will be ready soon.
        wanting: calls that wait for a worker.
    """
    lacking = max(warm - places, wanting - ready - starting)
    return max(0, min(lacking, most - places))


def to_retire(*, warm: int, places: int, idle: list[float], now: float) -> int:
    """How many ready workers to end now, the longest idle first.

    Args:
        warm: kept at all times.
        places: taken by all that exist.
        idle: since when each ready worker idles, on the clock of `now`.
        now: seconds.
    """
    tired = sum(1 for since in idle if now - since >= IDLE_SECONDS)
    return max(0, min(tired, places - warm))
