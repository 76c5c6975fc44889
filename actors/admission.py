"""Decides who runs next, who waits, and who is refused, over all capabilities at once.

Owns: the book of waiting and running tickets, and the policy (design, rules 8 and 9):
turns are shared between users, a user's own jobs of one capability run first in first out,
priority shifts turns without ever stopping anyone, and every refusal names its limit.
Never: waits, reads a clock, starts a job, or knows an actor. Every method is one synchronous entry
into the book, so the limiters that share it can never see or make a half-done decision.

How turns are shared. Each user has a virtual time that advances by one turn with every job started,
divided by the user's weight (start-time fair queueing: Goyal, Vin, Cheng, SIGCOMM 1996). The
waiting user with the least virtual time is next; whoever comes anew starts at the present virtual
time, so that ten thousand waiting jobs of one user delay another's first by one turn. The present
moves on with every start, by less than a turn in a round of all users, so that ever new strangers
do not keep anybody waiting for ever. Turns that a limit kept a user from taking are not saved up: a
user who lay behind is at the present again with the first job that may start. What a job cost
beyond one turn is known, and charged, when it leaves; so virtual times only grow, and a newcomer
still waits for one turn.

Priority. Between users it shifts a job by some turns of its user, within a user by some places: a
low job is passed a bounded number of times, then it runs. Where priorities are on, a newcomer may
be passed by as many turns as they shift a job, in place of one.

Costs. Entering, leaving and granting take time logarithmic in the number of users who wait, and do
not depend on how many jobs each of them has waiting.
"""

from collections.abc import Mapping

from actors.book import Book, MachineLimits
from actors.errors import QueueFull, UserBusy
from actors.lines import TURN, CapabilityLimits, Room, Standing, Ticket, User
from actors.messages import Priority

__all__ = ["SHIFT", "Admission", "MachineLimits"]

SHIFT: Mapping[Priority, int] = {Priority.HIGH: -3, Priority.NORMAL: 0, Priority.LOW: 3}
"""Turns by which a priority moves a job; three lets a high job pass three rounds of its user's."""

MOST_EXTRA = 100.0
"""Turns that one job may cost besides the first: who ran for days is not shut out for days."""

_FORGET_FROM = 64
"""Users in the book before it is worth looking for some to forget; a guess."""


def _slack(machine: MachineLimits) -> int:
    """Units by which a user may lie behind the present in the ordinary course of turns.

    It is less than the longest step, with the most that priorities move a job; who lies as far
    behind was held by a limit.
    """
    shifts = SHIFT.values() if machine.priority else (0,)
    longest = max(TURN, *(machine.step(owner) for owner in machine.weights), 0)
    return longest * (1 + max(shifts) - min(shifts))


class Admission(Book):
    """The book, and every change of it. The limiters share one within one Trio run."""

    def __init__(self, machine: MachineLimits, rooms: Mapping[str, CapabilityLimits]) -> None:
        super().__init__(machine, rooms)
        self._slack = _slack(machine)
        self._forget_at = _FORGET_FROM

    # --- entries ----------------------------------------------------------------------------

    def enter(self, ticket: Ticket, *, resumed: bool = False) -> list[Ticket]:
        """Takes a newcomer into the book; returns the tickets that may run now (perhaps itself).

        A `resumed` job was accepted in an earlier life and is therefore never refused. A ticket may
        bring its arrival, below 0: it has come before all who bring none.

        Raises:
            QueueFull, UserBusy: a limit refuses; the book is as it was.
        """
        if not resumed:
            self.refuse(ticket.user, ticket.capability)
        user = self._user_of(ticket)
        room = self._rooms[ticket.capability]
        self._arrivals += 1
        ticket.arrival = ticket.arrival or self._arrivals  # who came in an earlier life says when
        ticket.shift = SHIFT[ticket.priority] if self._machine.priority else 0
        ticket.standing = Standing.WAITING
        self._busy += not user.waiting
        user.waiting += 1
        room.waiting += 1
        self._waiting += 1
        line = user.line_in(ticket.capability)
        line.add(ticket)
        room.place(line, at_limit=self._at_limit(user, room))
        return self.grant()

    def leave(self, ticket: Ticket, *, extra: float = 0.0) -> list[Ticket]:
        """Takes a ticket out, wherever it stands; returns the tickets that may run now.

        `extra` are the turns that a job which ran has cost its user besides the first; no more
        than `MOST_EXTRA` are charged. Leaving twice, or without having entered, changes nothing.
        """
        if ticket.standing is Standing.OUTSIDE:
            return []
        user = self._users[ticket.user]
        room = self._rooms[ticket.capability]
        if ticket.standing is Standing.WAITING:
            self._stop_waiting(user, room, ticket)
            room.place(user.lines[room.name], at_limit=self._at_limit(user, room))
        else:
            user.running -= 1
            user.running_in[ticket.capability] -= 1
            room.running -= 1
            self._running -= 1
            if self._machine.charge_time:
                user.turn += round(min(max(extra, 0.0), MOST_EXTRA) * user.step)
            self._place_lines(user)
        ticket.standing = Standing.OUTSIDE
        self._forget_users()
        return self.grant()

    def grant(self) -> list[Ticket]:
        """Gives free slots to whoever is next, until no slot is free or nobody may have one."""
        self.version += 1
        granted = []
        while self._running < self._machine.global_jobs and not self._closed:
            ready = [room for room in self._rooms.values() if self._has_next(room)]
            if not ready:
                break
            granted.append(self._start(min(ready, key=lambda room: room.ready.peekitem(0)[0])))
        return granted

    def change(self, machine: MachineLimits, rooms: Mapping[str, CapabilityLimits]) -> list[Ticket]:
        """Puts other limits in force; a lowered one drains, it never stops what runs."""
        self._machine = machine
        self._slack = _slack(machine)
        for name, room in self._rooms.items():
            room.limits = rooms[name]
        for user in self._users.values():
            user.step = machine.step(user.owner)
            self._place_lines(user)
        return self.grant()

    def refuse(self, user: str, capability: str) -> None:
        """Lets a user's next job pass, or says why it may not come in; changes nothing.

        Raises:
            UserBusy: it would have to wait for the user's own jobs, where the site wants no such.
            QueueFull: it would have to wait where no room is left, for all or for this user.
        """
        self._refuse_busy(self._users.get(user))
        # Free slots never go begging: who is held by no limit, and only such a one, runs at once.
        if self.holds_of(user, capability):
            self._refuse_overflow(user, capability)

    def pause(self, capability: str) -> None:
        """Grants nothing more to a capability; what waits goes on waiting, what runs may leave."""
        self._rooms[capability].paused = True
        self.version += 1

    def resume(self, capability: str) -> list[Ticket]:
        """Ends a pause; returns the tickets that may run now."""
        self._rooms[capability].paused = False
        return self.grant()

    def close(self) -> None:
        """Grants nothing any more; what waits goes on waiting, what runs may leave."""
        self._closed = True
        self.version += 1

    def reopen(self) -> list[Ticket]:
        """Grants again; returns the tickets that may run now."""
        self._closed = False
        return self.grant()

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

    def _refuse_overflow(self, name: str, capability: str) -> None:
        room, user = self._rooms[capability], self._users.get(name)
        held = f" Nothing of {capability} begins just now: it is paused."
        for limit, waiting, most, whose in (
            ("queue_size", self._waiting, self._machine.queue_size, ""),
            (f"{capability}.queued", room.waiting, room.limits.queued, f" of {capability}"),
            (
                "queued_per_user",
                0 if user is None else user.waiting,
                self._machine.queued_per_user,
                " of one user",
            ),
        ):
            if waiting >= most:
                raise QueueFull(
                    f"{most} job(s){whose} may wait and as many do."
                    f"{held if self.is_held(capability) else ''} Try again later.",
                    limit=limit,
                )

    def _user_of(self, ticket: Ticket) -> User:
        """The user of a newcomer; who had nobody waiting is at the present, or still has to pay."""
        user = self._users.get(ticket.user)
        if user is None:
            user = self._users[ticket.user] = User(turn=self._turn)
        if not user.waiting:
            user.turn = max(user.turn, self._turn)
            user.owner = ticket.owner
            user.step = self._machine.step(ticket.owner)
        return user

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

    def _place_lines(self, user: User) -> None:
        """Puts a user's lines where they belong, after the user's turn or running jobs changed."""
        for name, line in user.lines.items():
            room = self._rooms[name]
            room.place(line, at_limit=self._at_limit(user, room))

    def _has_next(self, room: Room) -> bool:
        """Whether somebody there may have a slot."""
        return bool(room.ready) and not room.paused and room.running < room.limits.running

    def _at_limit(self, user: User, room: Room) -> bool:
        return (
            user.running >= self._machine.jobs_per_user
            or user.running_in[room.name] >= room.limits.running_per_user
        )

    def _start(self, room: Room) -> Ticket:
        line = room.ready.peekitem(0)[1]
        user, ticket = line.user, line.first()
        self._stop_waiting(user, room, ticket)
        user.running += 1
        user.running_in[room.name] += 1
        room.running += 1
        self._running += 1
        present = self._turn
        self._turn = max(present + user.step // (2 * self._busy + 2), user.turn)
        if user.turn + self._slack <= present:  # whom a limit held meanwhile has saved nothing up
            user.turn = present
        user.turn += user.step
        self._place_lines(user)
        ticket.standing = Standing.RUNNING
        return ticket

    def _stop_waiting(self, user: User, room: Room, ticket: Ticket) -> None:
        user.lines[room.name].remove(ticket)
        user.waiting -= 1
        self._busy -= not user.waiting
        room.waiting -= 1
        self._waiting -= 1
