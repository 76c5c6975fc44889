"""How many may be connected at once: pure counting.

Owns: the caps, over all and for one address; how often the log hears of those turned away.
Never: sees a socket, a clock or a setting: counts and seconds come in as arguments.
"""

import math
from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Full:
    """Why one more connection is refused: HTTP status, a sentence, the name of the limit."""

    status: int
    why: str
    limit: str


class Crowd:
    """Who is connected: at most `most`, and of each site `most_of_one`.

    A site is what `Clients.site` makes of an address; None is counted with all, but never alone.
    """

    def __init__(self, most: int, most_of_one: int) -> None:
        self.count = 0  # written by `enter` and `leave` alone, as are the next
        self._of_site: Counter[str] = Counter()
        self._most = most
        self._most_of_one = most_of_one

    def refusal(self, site: str | None) -> Full | None:
        """Why one more of this site may not come in; None: it may."""
        if site is not None and self._of_site[site] >= self._most_of_one:
            return Full(
                429,
                f"your address holds {self._most_of_one} connections, as many as it may; close "
                "some, or use them again",
                "connections_per_address",
            )
        if self.count >= self._most:
            why = "as many connections are open as may be; try again soon"
            return Full(503, why, "connections")
        return None

    def enter(self, site: str | None) -> None:
        """Count one more."""
        self.count += 1
        if site is not None:
            self._of_site[site] += 1

    def leave(self, site: str | None) -> None:
        """Count one less; a site without connections is forgotten."""
        self.count -= 1
        if site is not None:
            self._of_site[site] -= 1
            if not self._of_site[site]:
                del self._of_site[site]


class Tally:
    """Counts what strangers can make happen very often, so that the log hears of it seldom."""

    def __init__(self, every: float) -> None:
        self._every = every
        self._next = -math.inf
        self._count = 0

    def add(self, now: float) -> int:
        """Count one at `now` (seconds, any steady clock); how many to tell of now, 0: none yet."""
        self._count += 1
        return self.due(now)

    def due(self, now: float) -> int:
        """How many to tell of now that were counted before; 0: none, or none yet."""
        if now < self._next or not self._count:
            return 0
        self._next = now + self._every
        count, self._count = self._count, 0
        return count
