"""The book of one machine: who runs, who waits, and in which order their turns will come.

Owns: the state that `admission.py` changes, and all that can be told of it without changing it.
Never: changes anything. Telling a place costs a search for each user, up to a number of users.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush, heapreplace

from actors.lines import (
    TURN,
    CapabilityLimits,
    Key,
    Line,
    Own,
    Room,
    Standing,
    Ticket,
    User,
)
from actors.messages import Hold


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineLimits:
    """What all capabilities together may do.

    `queued_per_user` are the places of the queue that one user may take; `refuse_busy_user` turns a
    busy user's next job away instead of letting it wait; `weights` are turns that an owner gets for
    each one of the others'; `charge_time` makes a long job cost more than one turn.
    """

    global_jobs: int
    jobs_per_user: int
    queue_size: int
    queued_per_user: int = 1_000_000
    refuse_busy_user: bool = False
    priority: bool = False
    charge_time: bool = True
    weights: Mapping[str, float] = field(default_factory=dict)

    def step(self, owner: str | None) -> int:
        """The units of virtual time that a job of this owner's takes."""
        return max(1, round(TURN / self.weights.get(owner or "", 1)))


@dataclass(frozen=True, slots=True)
class Ahead:
    """How many jobs have their turn before one: of each capability, and `own` of its user's own.

    Of its user's jobs of other capabilities, none is known to come before.
    """

    of: Mapping[str, int]
    own: int


class Book:
    """Who stands where. Not thread-safe; written by `Admission`, its child, alone."""

    def __init__(self, machine: MachineLimits, rooms: Mapping[str, CapabilityLimits]) -> None:
        self._machine = machine
        self._rooms = {name: Room(name, limits) for name, limits in rooms.items()}
        self._users: dict[str, User] = {}
        self._running = 0
        self._waiting = 0
        self._busy = 0  # users with somebody waiting
        self._arrivals = 0
        self._turn = 0
        self._closed = False
        self._asked: tuple[int, Ticket] | None = None  # what `_answer` answers
        self._answer = Ahead({}, 0)
        self.version = 0
        """Changes with every change of the book: what was told of one version holds for it."""

    def is_held(self, capability: str) -> bool:
        """Whether an operator lets nothing of a capability begin."""
        return self._closed or self._rooms[capability].paused

    def __repr__(self) -> str:
        return f"<{type(self).__name__} running={self._running} waiting={self._waiting}>"

    # --- counts and limits --------------------------------------------------------------------

    @property
    def running(self) -> int:
        """Jobs that hold a slot, all users and capabilities."""
        return self._running

    @property
    def waiting(self) -> int:
        """Jobs that wait for a slot, all users and capabilities."""
        return self._waiting

    @property
    def machine(self) -> MachineLimits:
        """The limits in force over all capabilities."""
        return self._machine

    @property
    def capabilities(self) -> Mapping[str, CapabilityLimits]:
        """The limits in force for each capability."""
        return {name: room.limits for name, room in self._rooms.items()}

    @property
    def paused(self) -> frozenset[str]:
        """The capabilities to which nothing is granted."""
        return frozenset(name for name, room in self._rooms.items() if room.paused)

    @property
    def closed(self) -> bool:
        """Whether nothing is granted at all."""
        return self._closed

    def counts(self, capability: str) -> tuple[int, int]:
        """(running, waiting) of one capability."""
        room = self._rooms[capability]
        return room.running, room.waiting

    def limits(self, capability: str) -> CapabilityLimits:
        """The limits in force for one capability."""
        return self._rooms[capability].limits

    # --- places -------------------------------------------------------------------------------

    def position(self, ticket: Ticket) -> int | None:
        """How many-th the ticket is in its capability's line under the policy; 1 is next.

        None when it does not wait. Exact for the jobs that are in the book, as far as nobody is
        held by a limit of his own and up to `lines.CROWD` users: of every user, the jobs that come
        before are counted, not visited. In a crowd, an estimate of the same cost (`Room.before`).
        """
        if ticket.standing is not Standing.WAITING:
            return None
        return self.before(ticket).of[ticket.capability] + 1

    def before(self, ticket: Ticket) -> Ahead:
        """How many jobs have their turn before a waiting ticket's.

        Who asks for its position asks next for its time, so the last answer is kept.
        """
        if self._asked != (self.version, ticket):
            user, line = self._users[ticket.user], self._users[ticket.user].lines[ticket.capability]
            self._answer = self._before(user, line, ticket.own, ticket.shift)
            self._asked = (self.version, ticket)
        return self._answer

    def is_behind_own(self, ticket: Ticket) -> bool:
        """Whether a waiting ticket has jobs of its user and capability before it."""
        return self._users[ticket.user].lines[ticket.capability].first() is not ticket

    def newcomers_position(self, user: str, capability: str) -> int:
        """How many-th a user's next job of normal priority would be; 1 is next, or runs at once."""
        line = self._line_of(user, capability)
        own = (line.brought + 1, math.inf)
        return line.index(own) + self._rooms[capability].before(line.mark(own, 0), line) + 1

    def newcomers_key(self, user: str, capability: str) -> Key:
        """The key by which a user's next job of normal priority would stand among all."""
        line = self._line_of(user, capability)
        return line.mark((line.brought + 1, math.inf), 0)

    def newcomers_before(self, user: str, capability: str) -> Ahead:
        """How many jobs would have their turn before a user's next job of normal priority."""
        line = self._line_of(user, capability)
        return self._before(line.user, line, (line.brought + 1, math.inf), 0)

    def ahead(self, most: int) -> list[tuple[Key, Ticket]]:
        """Who is next over all capabilities, in the order in which the turns come, at most so many.

        Exact as long as nobody is held by a limit: whoever is, is passed until it lets go.
        """
        heap = [
            (line.head(), 0, line) for room in self._rooms.values() for line in room.lines(most)
        ]
        heapify(heap)
        begun: Counter[User] = Counter()
        found: list[tuple[Key, Ticket]] = []
        while heap and len(found) < most:
            key, index, line = heap[0]
            # The user's turn has moved on by every job that begins before, of any capability.
            late = (begun[line.user] - index) * line.user.step
            due = line.due(index)
            if (now := (due[0] + late, due[1])) > key:
                heapreplace(heap, (now, index, line))
                continue
            begun[line.user] += 1
            found.append((key, line.jobs.peekitem(index)[1]))
            heappop(heap)
            if index + 1 < len(line.jobs):
                heappush(heap, (key, index + 1, line))
        return found

    def holds(self, ticket: Ticket) -> tuple[Hold, ...]:
        """The limits that keep a waiting ticket from running now, nearest to the user first.

        Empty when only others' turns are before it, or when it does not wait.
        """
        if ticket.standing is not Standing.WAITING:
            return ()
        return self.holds_of(ticket.user, ticket.capability)

    def holds_of(self, name: str, capability: str) -> tuple[Hold, ...]:
        """The limits that keep the next job of a user from running now."""
        user = self._users.get(name) or User(turn=0)
        room = self._rooms[capability]
        paused = (Hold(limit=f"{capability}.paused", used=room.running, max=0),)
        closed = (Hold(limit="drain", used=self._running, max=0),)
        holds = (
            *(closed if self._closed else ()),
            *(paused if room.paused else ()),
            Hold(limit="jobs_per_user", used=user.running, max=self._machine.jobs_per_user),
            Hold(
                limit=f"{capability}.running_per_user",
                used=user.running_in[capability],
                max=room.limits.running_per_user,
            ),
            Hold(limit=f"{capability}.running", used=room.running, max=room.limits.running),
            Hold(limit="global_jobs", used=self._running, max=self._machine.global_jobs),
        )
        return tuple(hold for hold in holds if hold.used >= hold.max)

    # --- inside -------------------------------------------------------------------------------

    def _before(self, user: User, line: Line, own: Own, shift: int) -> Ahead:
        mark, before = line.mark(own, shift), line.index(own)
        of = {name: room.before(mark, user.lines.get(name)) for name, room in self._rooms.items()}
        of[line.capability] += before
        return Ahead(of, before)

    def _line_of(self, name: str, capability: str) -> Line:
        """The line in which a user's next job would stand; nothing changes by looking."""
        user = self._users.get(name) or User(turn=self._turn)
        if user.waiting:
            return user.lines.get(capability) or Line(user, capability)
        return Line(User(turn=max(user.turn, self._turn)), capability)
