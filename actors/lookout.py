"""When to look again at the outlook of a waiting job, and whether what is seen is worth a message.

Owns: what was told last of each waiting job of one session, and when each is due for a look.
Never: looks or tells; the session does both. Times are seconds on one steady clock.

Near the head every step is news and is looked for often. Far from it a tenth of the place or of the
time is, and looks are as rare: a line of ten thousand that moves up by one makes some ten
messages, not ten thousand, and costs no more looks than that needs.
"""

import math
from collections.abc import Container, Iterable
from dataclasses import dataclass, replace

from actors.messages import Outlook

MOST_LOOKS = 50
"""Jobs of one session that are looked at in one go; the others come next time."""

NEWS = 0.1
"""Share by which a place or a time must have changed to be worth a message."""

LOOK_AGAIN = 0.05
"""Share of the expected time after which a job is looked at again."""

MOST_PATIENCE = 30.0
"""Seconds after which it is looked at again in any case."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """`outlook` was told at the moment `at`; a look is `due` at another."""

    outlook: Outlook
    at: float
    due: float


class Lookout:
    """The looks at one session's waiting jobs."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}

    def told(self, job: str, outlook: Outlook, now: float) -> None:
        """This has been told of a job, by whatever message."""
        self._seen[job] = _Seen(outlook, now, now + patience(outlook))

    def due(self, waiting: Iterable[str], now: float) -> list[str]:
        """The jobs, of those that wait, to look at now: those that have been due the longest."""
        times = {job: self._seen[job].due if job in self._seen else now for job in waiting}
        self._forget_all_but(times)
        return sorted((job for job in times if times[job] <= now), key=times.__getitem__)[
            :MOST_LOOKS
        ]

    def is_news(self, job: str, outlook: Outlook, now: float) -> bool:
        """Whether what is seen now is to be told; if so, it counts as told."""
        seen = self._seen.get(job)
        if seen is None or differs(seen.outlook, outlook, now - seen.at):
            self.told(job, outlook, now)
            return True
        self._seen[job] = _Seen(seen.outlook, seen.at, now + patience(outlook))
        return False

    def hurry(self) -> None:
        """Something has changed for all: every job is due for a look at once."""
        self._seen = {job: replace(seen, due=-math.inf) for job, seen in self._seen.items()}

    def _forget_all_but(self, waiting: Container[str]) -> None:
        self._seen = {job: seen for job, seen in self._seen.items() if job in waiting}


def differs(told: Outlook, now: Outlook, passed: float = 0) -> bool:
    """Whether an outlook differs enough from the one told some seconds ago to be worth a message.

    That time has passed is no news: whoever was told of an end may count down alone.
    """
    if _limits(told) != _limits(now):
        return True
    if told.position is None or now.position is None:
        return told.position != now.position
    if abs(told.position - now.position) > NEWS * now.position:
        return True
    if told.eta is None or now.eta is None:
        return told.eta is not now.eta
    return abs(told.eta.p50 - passed - now.eta.p50) > max(1.0, NEWS * now.eta.p50)


def patience(outlook: Outlook) -> float:
    """Seconds after which an outlook is worth another look."""
    if outlook.eta is None:
        return min(LOOK_AGAIN * (outlook.position or 0), MOST_PATIENCE)
    return min(LOOK_AGAIN * outlook.eta.p50, MOST_PATIENCE)


def _limits(outlook: Outlook) -> tuple[str, ...]:
    return tuple(hold.limit for hold in outlook.waiting_for)
