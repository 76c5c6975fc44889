"""Decides who runs next, who waits, and who is refused, over all capabilities at once.

Owns: the book of waiting and running tickets, and the policy (design, rules 8 and 9):
turns are shared between users, a user's own jobs of one capability run first in first out,
priority shifts turns without ever stopping anyone, and every refusal names its limit.
Never: waits, reads a clock, starts a job, or knows an actor. Every method is one synchronous entry
into the book, so the limiters that share it can never see or make a half-done decision.

How turns are shared. Each user has a virtual time that advances by one with every job started
(start-time fair queueing: Goyal, Vin, Cheng, SIGCOMM 1996, with every job of cost one). The waiting
user with the least virtual time is next; whoever comes anew starts at the present virtual time, so
that ten thousand waiting jobs of one user delay another's first by one turn. Priority is a shift of
some turns: others pass a low job a bounded number of times, then it runs.

Costs. The lines (lines.py) are heaps whose keys only ever grow, so an entry is corrected when it
reaches the top; asking, leaving and granting take time logarithmic in the number of users, and do
not depend on how many jobs each of them has waiting.
"""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

from actors.errors import QueueFull, UserBusy
from actors.lines import CapabilityLimits, Key, Room, Standing, Ticket, User
from actors.messages import Hold, Priority

SHIFT: Mapping[Priority, int] = {Priority.HIGH: -3, Priority.NORMAL: 0, Priority.LOW: 3}
"""Turns by which a priority moves a job; three lets a high job pass three rounds of its user's."""

_FORGET_FROM = 64
"""Users in the book before it is worth looking for some to forget; a guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineLimits:
    """What all capabilities together may do.

    `refuse_busy_user` turns a busy user's next job away instead of letting it wait.
    """

    global_jobs: int
    jobs_per_user: int
    queue_size: int
    refuse_busy_user: bool = False
    priority: bool = False


class Admission:
    """The book of one machine. Not thread-safe; the limiters share it within one Trio run."""

    def __init__(self, machine: MachineLimits, rooms: Mapping[str, CapabilityLimits]) -> None:
        self._machine = machine
        self._rooms = {name: Room(name, limits) for name, limits in rooms.items()}
        self._users: dict[str, User] = {}
        self._running = 0
        self._waiting = 0
        self._arrivals = 0
        self._turn = 0
        self._forget_at = _FORGET_FROM
        self._closed = False

    def __repr__(self) -> str:
        return f"<Admission running={self._running} waiting={self._waiting}>"

    # --- entries ----------------------------------------------------------------------------

    def enter(self, ticket: Ticket, *, resumed: bool = False) -> list[Ticket]:
        """Takes a newcomer into the book; returns the tickets that may run now (perhaps itself).

        A `resumed` job was accepted in an earlier life and is therefore never refused.

        Raises:
            QueueFull, UserBusy: a limit refuses; the book is as it was.
        """
        if not resumed:
            self.refuse(ticket.user, ticket.capability)
        user = self._users.get(ticket.user)
        if user is None:
            user = self._users[ticket.user] = User(turn=self._turn)
        room = self._rooms[ticket.capability]
        self._arrivals += 1
        ticket.arrival = self._arrivals
        ticket.shift = SHIFT[ticket.priority] if self._machine.priority else 0
        ticket.standing = Standing.WAITING
        if not user.waiting:
            user.turn = max(user.turn, self._turn)
        user.waiting += 1
        room.waiting += 1
        self._waiting += 1
        flow = user.flow_of(ticket)
        flow.queue[ticket.arrival] = ticket
        room.list(flow)
        return self.grant()

    def leave(self, ticket: Ticket) -> list[Ticket]:
        """Takes a ticket out, wherever it stands; returns the tickets that may run now.

        Leaving twice, or without having entered, changes nothing.
        """
        if ticket.standing is Standing.OUTSIDE:
            return []
        user = self._users[ticket.user]
        room = self._rooms[ticket.capability]
        if ticket.standing is Standing.WAITING:
            self._stop_waiting(user, room, ticket)
            room.drop_empty()
        else:
            user.running -= 1
            user.running_in[ticket.capability] -= 1
            room.running -= 1
            self._running -= 1
            self._list_flows(user)
        ticket.standing = Standing.OUTSIDE
        self._forget_users()
        return self.grant()

    def grant(self) -> list[Ticket]:
        """Gives free slots to whoever is next, until no slot is free or nobody may have one."""
        granted = []
        while self._running < self._machine.global_jobs and not self._closed:
            ready = [room for room in self._rooms.values() if self._settle(room)]
            if not ready:
                break
            granted.append(self._start(min(ready, key=lambda room: room.heap[0][0])))
        return granted

    def change(self, machine: MachineLimits, rooms: Mapping[str, CapabilityLimits]) -> list[Ticket]:
        """Puts other limits in force; a lowered one drains, it never stops what runs."""
        self._machine = machine
        for name, room in self._rooms.items():
            room.limits = rooms[name]
        for user in self._users.values():
            self._list_flows(user)
        return self.grant()

    def close(self) -> None:
        """Grants nothing any more; what waits goes on waiting, what runs may leave."""
        self._closed = True

    # --- what can be seen ---------------------------------------------------------------------

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

    def counts(self, capability: str) -> tuple[int, int]:
        """(running, waiting) of one capability."""
        room = self._rooms[capability]
        return room.running, room.waiting

    def limits(self, capability: str) -> CapabilityLimits:
        """The limits in force for one capability."""
        return self._rooms[capability].limits

    def refuse(self, user: str, capability: str) -> None:
        """Lets a user's next job pass, or says why it may not come in; changes nothing.

        Raises:
            UserBusy: it would have to wait for the user's own jobs, where the site wants no such.
            QueueFull: it would have to wait where no room is left.
        """
        self._refuse_busy(self._users.get(user))
        # Free slots never go begging: who is held by no limit, and only such a one, runs at once.
        if self._closed or self.holds_of(user, capability):
            self._refuse_overflow(capability)

    def position(self, ticket: Ticket) -> int | None:
        """How many-th the ticket is in its capability's line under the policy; 1 is next.

        None when it does not wait. Exact for the jobs that are in the book: of every user, the
        jobs that come before are counted, not visited, so it costs a search for each flow.
        """
        if ticket.standing is not Standing.WAITING:
            return None
        user = self._users[ticket.user]
        own = user.own_before(ticket)
        mark = (user.turn + own + ticket.shift, ticket.arrival)
        return own + self._others_before(ticket.user, ticket.capability, mark) + 1

    def newcomers_position(self, name: str, capability: str) -> int:
        """How many-th a user's next job of normal priority would be; 1 is next, or runs at once."""
        user = self._users.get(name) or User(turn=self._turn)
        turn = user.turn if user.waiting else max(user.turn, self._turn)
        own = user.waiting_in(capability, up_to=0)
        return own + self._others_before(name, capability, (turn + own, self._arrivals + 1)) + 1

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
        holds = (
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

    def _refuse_busy(self, user: User | None) -> None:
        if user is None or not self._machine.refuse_busy_user:
            return
        if user.running + user.waiting >= self._machine.jobs_per_user:
            raise UserBusy(
                f"You have {user.running + user.waiting} unfinished job(s) and may have "
                f"{self._machine.jobs_per_user}. Wait until one has ended, or cancel one.",
                limit="jobs_per_user",
            )

    def _refuse_overflow(self, capability: str) -> None:
        room = self._rooms[capability]
        for limit, waiting, most in (
            ("queue_size", self._waiting, self._machine.queue_size),
            (f"{capability}.queued", room.waiting, room.limits.queued),
        ):
            if waiting >= most:
                raise QueueFull(
                    f"{most} job(s) may wait and as many do. Try again later.", limit=limit
                )

    def _forget_users(self) -> None:
        """Drops users who left and owe no turn; now and then, so that it costs nothing a job."""
        if len(self._users) < self._forget_at:
            return
        self._users = {
            name: user
            for name, user in self._users.items()
            if user.running or user.waiting or user.turn > self._turn
        }
        self._forget_at = 2 * len(self._users) + _FORGET_FROM

    def _list_flows(self, user: User) -> None:
        for (capability, _), flow in user.flows.items():
            self._rooms[capability].list(flow)

    def _settle(self, room: Room) -> bool:
        """Mends the top of a room's heap; whether somebody there may have a slot.

        Flows of users at their limit are taken off; `leave` lists them again.
        """
        if room.running >= room.limits.running:
            return False
        while room.heap:
            key, flow = room.heap[0]
            if not flow.queue or self._at_limit(flow.user, room):
                heapq.heappop(room.heap)
                flow.listed = False
            elif flow.key() != key:
                heapq.heapreplace(room.heap, (flow.key(), flow))
            else:
                return True
        return False

    def _at_limit(self, user: User, room: Room) -> bool:
        return (
            user.running >= self._machine.jobs_per_user
            or user.running_in[room.name] >= room.limits.running_per_user
        )

    def _start(self, room: Room) -> Ticket:
        flow = room.heap[0][1]
        user, ticket = flow.user, flow.first()
        self._stop_waiting(user, room, ticket)
        user.running += 1
        user.running_in[room.name] += 1
        room.running += 1
        self._running += 1
        self._turn = max(self._turn, user.turn)
        user.turn += 1
        ticket.standing = Standing.RUNNING
        return ticket

    def _stop_waiting(self, user: User, room: Room, ticket: Ticket) -> None:
        del user.flow_of(ticket).queue[ticket.arrival]
        user.waiting -= 1
        room.waiting -= 1
        self._waiting -= 1

    def _others_before(self, name: str, capability: str, mark: Key) -> int:
        return sum(
            other.before(capability, mark)
            for other_name, other in self._users.items()
            if other_name != name
        )
