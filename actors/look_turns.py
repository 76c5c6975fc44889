"""Who may have an uploaded file looked at next. Pure.

Owns: the turns of all users, the bounds, and the order: who used least of late goes first.
Never: waits, measures time, knows what a turn is used for.

A look at a good file takes a hundredth of a second; at a hostile one it takes the processor for as
long as its limit allows. So nobody has more than a few turns at once, and those who used much of
late may not hold the last ones together: whoever comes with a good file finds one free.
"""

import math
from collections import Counter, deque
from dataclasses import dataclass
from typing import Final

HEAVY: Final = 0.5
"""Seconds of use that make a user a heavy one: fifty good files at once, or one bad."""

FORGIVEN: Final = 0.1
"""Seconds of use that are forgotten in each second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many turns there are at once: in all, one user's, and how many heavy users leave."""

    all: int
    per_user: int
    spared: int


@dataclass(slots=True, eq=False)
class Turn:
    """One turn, asked for or held."""

    user: str
    held: bool = False
    since: float = 0.0


@dataclass(slots=True)
class _Account:
    used: float = 0.0
    at: float = 0.0

    def due(self, now: float) -> float:
        return max(0.0, self.used - (now - self.at) * FORGIVEN)


class Turns:
    """All turns of one service. Times are seconds on any clock that does not go back."""

    def __init__(self, share: Share) -> None:
        self._share = share
        self._held: set[Turn] = set()
        self._waiting: dict[str, deque[Turn]] = {}
        self._accounts: dict[str, _Account] = {}

    def __repr__(self) -> str:
        return f"<Turns {len(self._held)} held, {sum(map(len, self._waiting.values()))} waiting>"

    def ask(self, turn: Turn, now: float) -> list[Turn]:
        """Stands in line; the turns that are held from now on, perhaps this one."""
        self._waiting.setdefault(turn.user, deque()).append(turn)
        return self._grant(now)

    def leave(self, turn: Turn, now: float) -> list[Turn]:
        """Gives a turn back, or leaves the line; the turns that are held from now on."""
        if turn.held:
            self._held.discard(turn)
            account = self._accounts.setdefault(turn.user, _Account())
            account.used, account.at = account.due(now) + now - turn.since, now
        else:
            self._waiting[turn.user].remove(turn)
            self._tidy(turn.user)
        self._forget(now)
        return self._grant(now)

    def _grant(self, now: float) -> list[Turn]:
        granted: list[Turn] = []
        while (user := self._next(now)) is not None:
            turn = self._waiting[user].popleft()
            self._tidy(user)
            turn.held, turn.since = True, now
            self._held.add(turn)
            granted.append(turn)
        return granted

    def _next(self, now: float) -> str | None:
        """Of the users who wait and may have a turn, who used least; of equals, who came first."""
        if len(self._held) >= self._share.all:
            return None
        holders = Counter(turn.user for turn in self._held)
        heavy = sum(held for user, held in holders.items() if self._used(user, now) > HEAVY)
        most = math.inf if heavy < self._share.all - self._share.spared else HEAVY
        found, least = None, math.inf
        for user in self._waiting:
            used = self._used(user, now)
            if holders[user] < self._share.per_user and used <= most and used < least:
                found, least = user, used
            if least == 0:  # nobody used less: of the thousands who may wait, few are asked
                break
        return found

    def _used(self, user: str, now: float) -> float:
        """By the turns that have ended, and by those that last."""
        account = self._accounts.get(user)
        lasting = sum(now - turn.since for turn in self._held if turn.user == user)
        return lasting + (account.due(now) if account else 0.0)

    def _tidy(self, user: str) -> None:
        if not self._waiting[user]:
            del self._waiting[user]

    def _forget(self, now: float) -> None:
        """Accounts that came to nothing go; so many stay as there were users of late."""
        for user in [user for user, one in self._accounts.items() if not one.due(now)]:
            del self._accounts[user]
