"""What became of what was told: how often it came true, and how later estimates learn from that.

Owns: the comparison of what was foretold with what came.
Never: foretells (estimate.py), reads a clock; it is told.
"""

from collections import deque
from collections.abc import Iterable
from statistics import fmean

from actors.estimate import REMEMBERED_RUNS, quantile_of_ordered
from actors.messages import Eta

LEAST_BAND = 0.02
"""Half the width of the narrowest band, as a share of the time told: a clock and a scheduler stand
between any promise and the end."""

REMEMBERED_ENDS = 1000
"""Ends over which it is told how often the estimate was right."""


class Correction:
    """What experience says to estimates of one kind: how long it then was, as a share of p50.

    A book knows nothing of those who are yet to come, and some of them will have their turn
    before: that cannot be foreseen, but learnt.
    """

    LEAST = 20
    """Ends before experience says anything; of fewer, a ninth decile is one or two."""

    def __init__(self, recent: Iterable[float] = ()) -> None:
        self.recent = deque(recent, maxlen=REMEMBERED_RUNS)
        self._known: tuple[float, float] | None = None

    def add(self, told: float, actual: float) -> None:
        """What was told as p50, uncorrected, was this in the end."""
        if told > 0:
            self.recent.append(actual / told)
            self._known = None

    def apply(self, eta: Eta) -> Eta:
        """The estimate in the light of experience."""
        if len(self.recent) < self.LEAST:
            return eta
        if self._known is None:
            ordered = sorted(self.recent)
            p50, p90 = (quantile_of_ordered(ordered, share) for share in (0.5, 0.9))
            self._known = (p50, p90 - p50)
        middle, spread = self._known
        half = max((eta.p90 - eta.p50) * middle, eta.p50 * spread)
        return Eta(p50=eta.p50 * middle, p90=eta.p50 * middle + half)


def band(eta: Eta) -> tuple[float, float]:
    """The time within which the end is expected: as far below p50 as p90 lies above, to p90.

    Never narrower than `LEAST_BAND`; where times are symmetric, four ends of five fall inside.
    """
    half = max(eta.p90 - eta.p50, LEAST_BAND * eta.p50)
    return eta.p50 - half, eta.p50 + half


class Coverage:
    """How often the end came within the band that was told when the job was accepted."""

    def __init__(self, recent: Iterable[bool] = ()) -> None:
        self.recent = deque(recent, maxlen=REMEMBERED_ENDS)

    def add(self, told: Eta, actual: float) -> None:
        """A job ended well (or ran too long) after so many seconds."""
        low, high = band(told)
        self.recent.append(low <= actual <= high)

    @property
    def jobs(self) -> int:
        """The ends that were looked at: the latest thousand."""
        return len(self.recent)

    @property
    def inside(self) -> float | None:
        """The share (0..1) of them that came within their band; None before the first."""
        return fmean(self.recent) if self.recent else None
