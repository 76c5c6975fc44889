"""How often somebody may do something: a token bucket for each, in bounded memory.

Owns: the arithmetic. Pure: the time is passed in.
Never: knows who is counted, or for what.

A bucket is one number, the time at which it will be full again: that is all there is to a token
bucket with a steady refill (the generic cell rate algorithm, ITU-T I.371). A full one need not be
kept, so that memory holds those who were here within the last minute, and never more than `most`.
"""

import itertools

_MINUTE = 60.0

_ROUNDING = 1e-6
"""Seconds that are no wait, but what is left of adding fractions."""


class Rate:
    """So many a minute for each name: at once or spread over it.

    Args:
        per_minute: takes that a full bucket allows, and that a minute brings back. May be changed
            at any time: what was taken before counts as it did.
        most: names remembered. When more come at the same time, the one that has not been here for
            longest begins anew: who has so many names is held back by other limits.
    """

    def __init__(self, per_minute: int, most: int = 20_000) -> None:
        self.per_minute = per_minute
        self._most = most
        self._full_at: dict[str, float] = {}  # longest untouched first

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, name: str, now: float) -> float:
        """Takes one for `name`: 0. Or takes none: the seconds after which there will be one.

        `now` is in seconds and never goes back.
        """
        full_at = max(self._full_at.get(name, now), now) + _MINUTE / self.per_minute
        wait = full_at - now - _MINUTE
        if wait > _ROUNDING:
            return wait
        self._full_at.pop(name, None)
        self._full_at[name] = full_at
        self._forget(now)
        return 0.0

    def _forget(self, now: float) -> None:
        """Drops what is full again, two at a time: more than one take adds."""
        for name in list(itertools.islice(self._full_at, 2)):
            if self._full_at[name] <= now or len(self._full_at) > self._most:
                del self._full_at[name]
