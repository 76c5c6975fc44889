"""When a job's turn will come: the book played forward with what recent runs took.

Owns: the expectation of a wait and of an end, for those who stand in line and for who would come
now; how often it came true, and what is learnt from that.
Never: changes the book, reads a clock; the present comes in as an argument, in seconds.

For the jobs near the head the policy is replayed: the slots free when the jobs that run are
expected to end, and each goes to the first in line whom no limit holds (`replay`; the order is the
book's own). For those further back arithmetic does: so many jobs before, so many slots, so long a
run each (`arithmetic`). Both cost the same however many jobs wait, and one replay serves all who
ask of the same book at the same moment.
"""

import math
from dataclasses import dataclass

from actors.book import Ahead, Book
from actors.estimate import Account, Runs, RunTimes, Spread, until_end, until_end_queued
from actors.experience import Correction, Coverage
from actors.lines import Key, Standing, Ticket
from actors.messages import Eta
from actors.replay import Runner, Slots, Waiter, arithmetic, replay

HORIZON = 24
"""Jobs for which the policy is replayed: enough to see each slot change hands a few times, few
enough to be played in less than a millisecond."""


@dataclass(slots=True)
class _Run:
    """A job that runs: since when, and what it told last of how far it is."""

    began: float
    account: Account = Account()  # noqa: RUF009 -- frozen


_NEVER = (-1, math.nan)
"""A version of the book and a moment that never are."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What was told of a job when it was accepted, and how that came about."""

    at: float
    eta: Eta
    uncorrected: float
    correction: Correction | None


class Foresight:
    """What the book and the recent runs say of the times to come, for all capabilities.

    `tell` is asked once of every newcomer, when it is accepted; `began` is told of every start,
    `moved_on` of every step, and `ended` of every end: what was told is held against what came. The
    rest only looks.

    What it learns from is public, by capability, to be remembered from one life to the next
    (learnt.py): `run_times`; `coverage`; `corrections`, for a user's first job in line and for
    those behind it.
    """

    def __init__(self, book: Book) -> None:
        self.run_times = {name: RunTimes() for name in book.capabilities}
        self.coverage = {name: Coverage() for name in book.capabilities}
        self.corrections = {name: (Correction(), Correction()) for name in book.capabilities}
        self._book = book
        self._running: dict[Ticket, _Run] = {}
        self._told: dict[Ticket, _Told] = {}
        self._at = _NEVER
        self._freed = (_NEVER, Spread(0.0))
        self._keys: list[Key] = []
        self._board: dict[Ticket, Spread | None] = {}

    # --- told ---------------------------------------------------------------------------------

    def began(self, ticket: Ticket, now: float) -> None:
        """A ticket has got its slot."""
        self._running[ticket] = _Run(now)

    def moved_on(self, ticket: Ticket, fraction: float, now: float) -> None:
        """A running ticket has come so far (0..1); the same told again is no news."""
        run = self._running.get(ticket)
        if run is not None and fraction != run.account.fraction:
            run.account = Account(fraction, now - run.began)
            self._at, self._freed = _NEVER, (_NEVER, Spread(0.0))

    def ended(self, ticket: Ticket, now: float, ran: float | None = None) -> float | None:
        """A ticket has left; the seconds for which it held its slot, None when it held none.

        `ran` are the seconds of a run worth learning from.
        """
        run, told = self._running.pop(ticket, None), self._told.pop(ticket, None)
        if ran is not None:
            self.run_times[ticket.capability].add(ran, ticket.size)
            if told is not None:
                self.coverage[ticket.capability].add(told.eta, now - told.at)
                if told.correction is not None:
                    told.correction.add(told.uncorrected, now - told.at)
        return None if run is None else now - run.began

    def tell(self, ticket: Ticket, now: float) -> None:
        """A ticket has been accepted: what it is told now will be held against what comes."""
        plain = self._plain_eta(ticket, now)
        if plain is not None:
            eta = self._corrected(ticket, plain, now)
            self._told[ticket] = _Told(now, eta, plain.p50, self._correction(ticket))

    # --- asked --------------------------------------------------------------------------------

    def runs(self, ticket: Ticket) -> Runs | None:
        """The recent runs that speak for a ticket; None when there are none."""
        return self.run_times[ticket.capability].like(ticket.size)

    def eta(self, ticket: Ticket, now: float) -> Eta | None:
        """The time until a ticket ends that has not begun to run; None when it cannot be known."""
        plain = self._plain_eta(ticket, now)
        return None if plain is None else self._corrected(ticket, plain, now)

    def left(self, ticket: Ticket, now: float) -> Eta | None:
        """The time until a running ticket ends; None when it cannot be known, or does not run."""
        run = self._running.get(ticket)
        return None if run is None else self._left(ticket, run, now)

    def wait(self, ticket: Ticket, now: float) -> Spread | None:
        """The time until a waiting ticket begins; None when it cannot be known."""
        if self._at != (self._book.version, now) or ticket not in self._board:
            ahead = self._book.before(ticket)
            if sum(ahead.of.values()) >= HORIZON:
                return self._beyond(ahead, ticket.capability, now)
            self._look(now)
            if ticket not in self._board:
                return self._beyond(ahead, ticket.capability, now)
        return self._board[ticket]

    def newcomers_wait(self, user: str, capability: str, now: float) -> Spread | None:
        """The time until the next job of a user would begin, were it brought now."""
        ahead = self._book.newcomers_before(user, capability)
        if sum(ahead.of.values()) >= HORIZON:
            return self._beyond(ahead, capability, now)
        self._look(now)
        own = self._book.newcomers_key(user, capability)
        runs = self.run_times[capability].all()
        line = list(zip(self._keys, self._board, strict=True))
        waiters = [self._waiter(ticket) for key, ticket in line if key < own]
        waiters.append(Waiter(user, capability, None if runs is None else runs.spread))
        waiters += [self._waiter(ticket) for key, ticket in line if key > own]
        place = sum(key < own for key in self._keys)
        return replay(self._runners(now), waiters, self._slots())[place]

    def next_start(
        self, now: float, capability: str | None = None, user: str | None = None
    ) -> float | None:
        """Seconds until somebody who waits is expected to begin.

        Of one capability or of any, of one user's or of anybody's.
        """
        self._look(now)
        begins = [
            wait.mean
            for ticket, wait in self._board.items()
            if wait is not None
            and capability in {None, ticket.capability}
            and user in {None, ticket.user}
        ]
        return min(begins, default=None)

    def next_end(self, user: str, now: float) -> float | None:
        """Seconds until a running job of a user is expected to end."""
        left = [
            found.p50
            for ticket, run in self._running.items()
            if ticket.user == user and (found := self._left(ticket, run, now)) is not None
        ]
        return min(left, default=None)

    # --- inside -------------------------------------------------------------------------------

    def _plain_eta(self, ticket: Ticket, now: float) -> Eta | None:
        waits = ticket.standing is Standing.WAITING
        wait, runs = self.wait(ticket, now) if waits else Spread(0.0), self.runs(ticket)
        return None if wait is None or runs is None else until_end_queued(wait, runs)

    def _corrected(self, ticket: Ticket, plain: Eta, now: float) -> Eta:
        """The estimate in the light of experience, which brings nobody's turn before a slot's."""
        correction, runs = self._correction(ticket), self.runs(ticket)
        if correction is None or runs is None:
            return plain
        told, soonest = correction.apply(plain), until_end_queued(self._soonest(now), runs)
        return Eta(p50=max(told.p50, soonest.p50), p90=max(told.p90, soonest.p90))

    def _soonest(self, now: float) -> Spread:
        """The time until a slot frees; nothing while one is free, or nothing is known."""
        if len(self._running) < self._book.machine.global_jobs:
            return Spread(0.0)
        at = (self._book.version, now)
        if at != self._freed[0]:
            ends = [runner.left for runner in self._runners(now) if runner.left is not None]
            first = min(ends, key=lambda end: end.mean, default=Spread(0.0))
            self._freed = (at, first)
        return self._freed[1]

    def _correction(self, ticket: Ticket) -> Correction | None:
        """What experience says to such an estimate; None where nobody can come in between.

        Those who come later pass nobody's first job in line, but may pass the others.
        """
        if ticket.standing is not Standing.WAITING:
            return None
        return self.corrections[ticket.capability][self._book.is_behind_own(ticket)]

    def _look(self, now: float) -> None:
        """Replays the head of the line, unless the book and the moment are those of last time."""
        at = (self._book.version, now)
        if at == self._at:
            return
        line = self._book.ahead(HORIZON)
        waiters = [self._waiter(ticket) for _, ticket in line]
        begins = replay(self._runners(now), waiters, self._slots()) if line else []
        self._keys = [key for key, _ in line]
        self._board = {ticket: wait for (_, ticket), wait in zip(line, begins, strict=True)}
        self._at = at

    def _waiter(self, ticket: Ticket) -> Waiter:
        runs = self.runs(ticket)
        return Waiter(ticket.user, ticket.capability, None if runs is None else runs.spread)

    def _runners(self, now: float) -> list[Runner]:
        return [self._runner(ticket, run, now) for ticket, run in self._running.items()]

    def _runner(self, ticket: Ticket, run: _Run, now: float) -> Runner:
        left = self._left(ticket, run, now)
        return Runner(ticket.user, ticket.capability, None if left is None else Spread.of(left))

    def _left(self, ticket: Ticket, run: _Run, now: float) -> Eta | None:
        return until_end(self.runs(ticket), now - run.began, run.account)

    def _slots(self) -> Slots:
        machine, rooms = self._book.machine, self._book.capabilities
        return Slots(
            total=machine.global_jobs,
            per_user=machine.jobs_per_user,
            rooms=rooms,
            paused=frozenset(rooms) if self._book.closed else self._book.paused,
        )

    def _beyond(self, ahead: Ahead, capability: str, now: float) -> Spread | None:
        known = {name: times.all() for name, times in self.run_times.items()}
        runs = {name: found for name, found in known.items() if found is not None}
        wait = arithmetic(ahead, capability, runs, self._slots())
        return None if wait is None else max(wait, self._soonest(now), key=lambda end: end.mean)
