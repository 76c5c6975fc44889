"""The lines in which tickets stand: users with their flows, rooms with their heaps.

Owns: tickets, and the order among those that wait, by virtual time and arrival.
Never: decides who may come in or run; admission.py does, and alone changes what stands here.

A flow is one user's jobs of one capability and shift. A capability's flows stand in its room's heap
by (virtual time + shift, arrival of their first job).
"""

import heapq
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum, auto

from sortedcontainers import SortedDict

from actors.messages import Priority


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
    """One job's place in the book. Written only by `Admission`; read by whoever holds it."""

    job: str
    user: str
    capability: str
    priority: Priority = Priority.NORMAL
    standing: Standing = Standing.OUTSIDE
    arrival: int = 0
    shift: int = 0


Key = tuple[int, int]
"""(virtual time, arrival). Arrivals are unique, so keys are; flows need no order of their own."""


@dataclass(eq=False, slots=True)
class User:
    """One user's running jobs and turn.

    Remembered beyond the user's last job until the present virtual time has caught up with `turn`:
    otherwise who brings one job after the other would always be a newcomer, and next.
    """

    turn: int
    running: int = 0
    waiting: int = 0
    running_in: Counter[str] = field(default_factory=Counter)
    flows: dict[tuple[str, int], "Flow"] = field(default_factory=dict)

    def flow_of(self, ticket: Ticket) -> "Flow":
        """The flow in which a ticket of this user stands, or would."""
        key = (ticket.capability, ticket.shift)
        flow = self.flows.get(key)
        if flow is None:
            flow = self.flows[key] = Flow(self, ticket.shift)
        return flow

    def waiting_in(self, capability: str, *, up_to: int) -> int:
        """How many jobs of a capability wait whose shift is at most `up_to`."""
        return sum(
            len(flow.queue)
            for (name, shift), flow in self.flows.items()
            if name == capability and shift <= up_to
        )

    def own_before(self, ticket: Ticket) -> int:
        """The user's own jobs of the ticket's capability that run before it.

        One user's flows share the virtual time, so a smaller shift goes first as a whole.
        """
        ahead = self.waiting_in(ticket.capability, up_to=ticket.shift - 1)
        return ahead + self.flow_of(ticket).queue.bisect_left(ticket.arrival)

    def before(self, capability: str, mark: Key) -> int:
        """How many of the user's jobs of the capability have a key below `mark`.

        The i-th of them starts at the virtual time `turn + i`: keys only grow with i.
        """
        before = 0
        turn = self.turn
        for shift in sorted(shift for name, shift in self.flows if name == capability):
            queue = self.flows[capability, shift].queue
            earlier = min(max(mark[0] - turn - shift, 0), len(queue))
            before += earlier
            tied = earlier < len(queue) and turn + earlier + shift == mark[0]
            if tied and queue.peekitem(earlier)[1].arrival < mark[1]:
                before += 1
            turn += len(queue)
        return before


@dataclass(eq=False, slots=True)
class Flow:
    """One user's waiting jobs of one capability and shift, in the order of their arrival.

    Invariant: `listed` is true exactly while an entry of this flow stands in its room's heap.
    """

    user: User
    shift: int
    queue: "SortedDict[int, Ticket]" = field(default_factory=SortedDict)
    listed: bool = False

    def first(self) -> Ticket:
        """The ticket that came first; there must be one."""
        return self.queue.peekitem(0)[1]

    def key(self) -> Key:
        """Where the flow stands now, by its first ticket."""
        return (self.user.turn + self.shift, self.first().arrival)


@dataclass(eq=False, slots=True)
class Room:
    """One capability's waiting room.

    `heap` may hold emptied flows, and keys that have grown since; who looks mends the top first.
    """

    name: str
    limits: CapabilityLimits
    running: int = 0
    waiting: int = 0
    heap: list[tuple[Key, Flow]] = field(default_factory=list)

    def list(self, flow: Flow) -> None:
        """Makes sure that a flow with somebody waiting stands in the heap."""
        if flow.queue and not flow.listed:
            flow.listed = True
            heapq.heappush(self.heap, (flow.key(), flow))

    def drop_empty(self) -> None:
        """Keeps the heap in proportion to those who wait, however many came and left."""
        if len(self.heap) > 2 * self.waiting + 16:
            for _, flow in self.heap:
                flow.listed = bool(flow.queue)
            self.heap = [entry for entry in self.heap if entry[1].listed]
            heapq.heapify(self.heap)
