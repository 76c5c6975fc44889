"""The lines in which tickets stand: users with their lines, rooms with all lines of a capability.

Owns: tickets, and the order among those that wait, by virtual time and arrival.
Never: decides who may come in or run; admission.py does, and alone changes what stands here.

A line is one user's waiting jobs of one capability, in the user's own order. A room keeps the
lines of its capability by the key of their first job: (virtual time, arrival). All times are
integers, so that what is foretold and what then happens are computed alike, to the last unit.
"""

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import islice

from sortedcontainers import SortedDict, SortedList

from actors.messages import Priority

TURN = 1 << 20
"""Units of virtual time in one turn of a user of weight 1; fine enough for a weight of 10,000."""

PLACES = 3
"""Places in a user's own line for each turn of shift: a low job is passed by a few later ones."""

CROWD = 32
"""Lines that are looked into one by one to tell a place; of more, as many are taken as a sample.

A look costs about a microsecond; so telling a place costs a fraction of a millisecond at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityLimits:
    """What one capability may do."""

    running: int
    running_per_user: int
    queued: int


class Standing(Enum):
    """Where a ticket is in the book."""

    OUTSIDE = auto()
    WAITING = auto()
    RUNNING = auto()


@dataclass(eq=False, slots=True)
class Ticket:
    """One job's place in the book. Made by whoever asks, from `standing` on written by `Admission`.

    `owner` is the principal whose weight counts; `size` says how much work it is, in a unit of the
    capability's own: it shifts nothing, but says how long it may take.
    """

    job: str
    user: str
    capability: str
    priority: Priority = Priority.NORMAL
    owner: str | None = None
    size: float = 1.0
    standing: Standing = Standing.OUTSIDE
    arrival: int = 0
    rank: int = 0
    shift: int = 0

    @property
    def own(self) -> "Own":
        """Where it stands in its user's own line."""
        return (self.rank, self.arrival)


Key = tuple[int, float]
"""(virtual time, arrival) of a job among all users'. Arrivals are unique, so keys are; the arrival
of somebody who has not come yet is infinite."""

Own = tuple[int, float]
"""(rank, arrival) of a job in its user's own line."""


@dataclass(eq=False, slots=True)
class User:
    """One user's running jobs and turn; a job started advances `turn` by `step`.

    Remembered beyond the user's last job until the present virtual time has caught up with `turn`:
    otherwise who brings one job after the other would always be a newcomer, and next.
    """

    turn: int
    owner: str | None = None
    step: int = TURN
    running: int = 0
    waiting: int = 0
    running_in: Counter[str] = field(default_factory=Counter)
    lines: dict[str, "Line"] = field(default_factory=dict)

    def line_in(self, capability: str) -> "Line":
        """The line in which jobs of this user and capability stand, or would."""
        line = self.lines.get(capability)
        if line is None:
            line = self.lines[capability] = Line(self, capability)
        return line


@dataclass(eq=False, slots=True)
class Line:
    """One user's waiting jobs of one capability, by rank: sequence number and shift together.

    The i-th of them (from 0) would start at the virtual time `turn + (i + shift) * step`; nobody
    passes the one before, so what counts is the latest of these up to and with the i-th.

    Invariant: `key` is the key under which the line stands in its room's `ready`, or None.
    """

    user: User
    capability: str
    jobs: "SortedDict[Own, Ticket]" = field(default_factory=SortedDict)
    shifts: "dict[int, SortedList[Own]]" = field(default_factory=dict)
    brought: int = 0
    key: Key | None = None

    def add(self, ticket: Ticket) -> None:
        """Takes a ticket in, where its rank puts it."""
        self.brought += 1
        ticket.rank = self.brought + ticket.shift * PLACES
        self.jobs[ticket.own] = ticket
        self.shifts.setdefault(ticket.shift, SortedList()).add(ticket.own)

    def remove(self, ticket: Ticket) -> None:
        """Takes a ticket out."""
        del self.jobs[ticket.own]
        members = self.shifts[ticket.shift]
        members.remove(ticket.own)
        if not members:
            del self.shifts[ticket.shift]

    def first(self) -> Ticket:
        """Who is next of this line; there must be one."""
        return self.jobs.peekitem(0)[1]

    def head(self) -> Key:
        """The key of the first."""
        first = self.first()
        return self._key(0, first.shift, first.arrival)

    def index(self, own: Own) -> int:
        """How many of the line come before this rank and arrival."""
        return self.jobs.bisect_left(own)

    def mark(self, own: Own, shift: int) -> Key:
        """The key that counts for a job standing, or about to stand, there."""
        keys = [self._key(self.index(own), shift, own[1])]
        if self.shifts.keys() <= {shift}:
            return keys[0]
        for other, members in self.shifts.items():
            # Of one shift, the last before it has the latest key.
            if place := members.bisect_left(own):
                last = members[place - 1]
                keys.append(self._key(self.index(last), other, last[1]))
        return max(keys)

    def before(self, mark: Key) -> int:
        """How many of the line start before the mark: all that come before the first that cannot.

        Costs a search for each shift, however long the line is.
        """
        if len(self.shifts) == 1:
            return self._before_alike(mark, *self.shifts)
        return min(self._first_after(mark, shift) for shift in self.shifts)

    def _before_alike(self, mark: Key, shift: int) -> int:
        """As `before`, of a line whose jobs all have this shift: plain division."""
        rounds, rest = divmod(mark[0] - self.user.turn, self.user.step)
        index, count = rounds + bool(rest) - shift, len(self.jobs)
        if index >= count:
            return count
        if index < 0:
            return 0
        tied = not rest and self.jobs.peekitem(index)[1].arrival < mark[1]
        return index + tied

    def due(self, index: int) -> Key:
        """The key that counts for the job at this index."""
        own, ticket = self.jobs.peekitem(index)
        if len(self.shifts) == 1:
            return self._key(index, ticket.shift, ticket.arrival)
        return self.mark(own, ticket.shift)

    def _first_after(self, mark: Key, shift: int) -> int:
        """The index of the first job of that shift whose key is not before the mark."""
        units, step = mark[0] - self.user.turn, self.user.step
        index = max(0, -(-units // step) - shift)
        members = self.shifts[shift]
        for _ in range(
            2
        ):  # on the stroke of the mark itself, arrivals decide; then come later ones
            if index >= len(self.jobs):
                break
            place = members.bisect_left(self.jobs.peekitem(index)[0])
            if place == len(members):
                break
            found = members[place]
            index = self.index(found)
            if self._key(index, shift, found[1]) >= mark:
                return index
            index += 1
        return len(self.jobs)

    def _key(self, index: int, shift: int, arrival: float) -> Key:
        return (self.user.turn + (index + shift) * self.user.step, arrival)


@dataclass(eq=False, slots=True)
class Room:
    """One capability's waiting room.

    `ready` has the lines whose user may begin another job here, in the order of their turns;
    `aside` those whose user is at a limit: no more than jobs run. Every line that is not empty
    stands in one of them.
    """

    name: str
    limits: CapabilityLimits
    paused: bool = False
    running: int = 0
    waiting: int = 0
    ready: "SortedDict[Key, Line]" = field(default_factory=SortedDict)
    aside: dict[Line, None] = field(default_factory=dict)

    def place(self, line: Line, *, at_limit: bool) -> None:
        """Puts a line where it belongs now."""
        key = None if at_limit or not line.jobs else line.head()
        if key != line.key:
            if line.key is not None:
                del self.ready[line.key]
            if key is not None:
                self.ready[key] = line
            line.key = key
        if key is None and line.jobs:
            self.aside[line] = None
        else:
            self.aside.pop(line, None)

    def lines(self, most: int) -> list[Line]:
        """The lines that come first, at most so many of those that are ready, and all aside."""
        return [*islice(self.ready.values(), most), *self.aside]

    def before(self, mark: Key, but: Line | None) -> int:
        """How many jobs of all lines but one start before the mark.

        Exact where each line has one job, or no more than `CROWD` lines have their turn before.
        Of more, every so-many-th line is asked how many jobs it has besides its first.
        """
        count = sum(line.before(mark) for line in self.aside if line is not but)
        earlier = self.ready.bisect_left(mark)
        if but is not None and but.key is not None and but.key < mark:
            count -= but.before(mark)
        if self.waiting == len(self.ready) + len(self.aside):
            return count + earlier
        if earlier <= CROWD:
            return count + sum(line.before(mark) for line in islice(self.ready.values(), earlier))
        asked = range(0, earlier, -(-earlier // CROWD))
        further = sum(self.ready.peekitem(index)[1].before(mark) - 1 for index in asked)
        return count + earlier + round(further * earlier / len(asked))
