"""One capability's limiter: the actor that decides when its next job may run.

Owns: the capability's inbox, the time limits of those who wait, and what recent runs took.
The decisions themselves are `admission.py`'s; all limiters enter into one book, since a slot that
one capability frees may be due to another (design, "draws on the machine's limits"). An entry is a
synchronous call, so no limiter can come between another's question and its answer.
Never: starts, stops or knows a job; it gives out the right to run, and takes it back.

The talk between a job and its limiter is four messages: `Ask`, its verdict, `go` (or `expired`) on
the place, `Leave`. After the verdict nobody asks back.
"""

import heapq
import math
from dataclasses import dataclass

import trio

from actors.admission import Admission
from actors.commands import Ask, Leave, Place
from actors.errors import QueueFull, StitcheryError
from actors.estimate import (
    RunTimes,
    until_end_by_progress,
    until_end_queued,
    until_end_running,
    wait_for_turn,
)
from actors.lines import Standing, Ticket
from actors.mailbox import Inbox
from actors.messages import Eta, Hold, Outlook

RETRY_UNKNOWN = 5.0
"""Seconds told to who is refused before the first run has taught us anything; a guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How busy one capability is."""

    running: int
    queued: int
    mean_run: float | None
    expected_wait: Eta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What a user's next job would meet. `wait` is None where nothing is known of it."""

    position: int
    waiting_for: tuple[Hold, ...]
    wait: Eta | None


class Floor:
    """What the limiters of one machine share: the book, and who stands where.

    A limiter that frees a slot wakes whoever is next, of whichever capability.
    """

    def __init__(self, admission: Admission) -> None:
        self.admission = admission
        self._places: dict[Ticket, Place] = {}

    def enter(self, place: Place, *, resumed: bool) -> None:
        """Enters a place into the book, or raises the refusal."""
        self._places[place.ticket] = place
        try:
            granted = self.admission.enter(place.ticket, resumed=resumed)
        except BaseException:  # refused or broken: nobody stands where nobody was let in
            del self._places[place.ticket]
            raise
        self._wake(granted)

    def leave(self, place: Place) -> None:
        """Takes a place out of the book."""
        self._places.pop(place.ticket, None)
        self._wake(self.admission.leave(place.ticket))

    def _wake(self, granted: list[Ticket]) -> None:
        for ticket in granted:
            self._places[ticket].go()


class Limiter:
    """The limiter of one capability."""

    def __init__(self, capability: str, floor: Floor) -> None:
        self.capability = capability
        self._floor = floor
        self._inbox: Inbox[Ask | Leave] = Inbox(f"limiter of {capability}")
        self._run_times = RunTimes()
        self._expiries: list[tuple[float, int, Place]] = []

    def __repr__(self) -> str:
        running, queued = self._floor.admission.counts(self.capability)
        return f"<Limiter {self.capability} running={running} queued={queued}>"

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serves until cancelled. May be run again after a crash: what waits still stands."""
        task_status.started()
        while True:
            with trio.move_on_at(self._next_expiry()):
                self._handle(await self._inbox.receive())
            self._expire(trio.current_time())

    # --- asked by jobs ------------------------------------------------------------------------

    async def ask(self, place: Place, *, resumed: bool = False) -> None:
        """Takes a place in line; `place.turn()` waits for the slot.

        Cancelling leaves open whether the place was taken: leave it in any case.

        Raises:
            QueueFull, UserBusy: the verdict is a refusal; nothing was taken.
        """
        message = Ask(place=place, resumed=resumed)
        self._inbox.post(message)
        await message.reply.wait()

    def leave(self, place: Place, ran: float | None = None) -> None:
        """Gives the slot or the place in line back; right in every state, also twice.

        Taken note of before anything that is asked later.
        """
        self._inbox.post(Leave(place=place, ran=ran))

    # --- asked by anybody: read at once, nothing changes ------------------------------------------

    def outlook_queued(self, place: Place) -> Outlook:
        """What a job may expect that has not begun. With its slot in hand it is next."""
        position = self._floor.admission.position(place.ticket)
        if position is None:
            return Outlook(position=1)
        return Outlook(
            position=position,
            waiting_for=self._floor.admission.holds(place.ticket),
            eta=until_end_queued(self._run_times.recent(), position, self._slots()),
        )

    def outlook_running(self, elapsed: float, fraction: float) -> Outlook:
        """What a job may expect that has come so far (0..1) in `elapsed` seconds."""
        own = until_end_by_progress(elapsed, fraction)
        return Outlook(eta=own or until_end_running(self._run_times.recent(), elapsed))

    def load(self) -> Load:
        """How busy the capability is, and what a newcomer would wait."""
        running, queued = self._floor.admission.counts(self.capability)
        return Load(
            running=running,
            queued=queued,
            mean_run=self._run_times.mean(),
            expected_wait=self.prospect("").wait,
        )

    def prospect(self, user: str) -> Prospect:
        """What the next job of a user would meet; "" is somebody new.

        The line can be foreseen; when the user's own limits let go, not yet.
        """
        admission = self._floor.admission
        position = admission.newcomers_position(user, self.capability)
        holds = admission.holds_of(user, self.capability)
        if not holds:
            wait: Eta | None = Eta(p50=0, p90=0)
        elif any(hold.limit in {"global_jobs", f"{self.capability}.running"} for hold in holds):
            wait = wait_for_turn(self._run_times.recent(), position - 1, self._slots())
        else:
            wait = None
        return Prospect(position=position, waiting_for=holds, wait=wait)

    def refuse(self, user: str) -> None:
        """Lets a user's next job pass, or says why it may not come in; nothing is taken.

        Raises:
            QueueFull, UserBusy: as `ask` would.
        """
        try:
            self._floor.admission.refuse(user, self.capability)
        except QueueFull as refusal:
            refusal.retry_after = self._retry_after()
            raise

    # --- inside -------------------------------------------------------------------------------

    def _handle(self, message: Ask | Leave) -> None:
        match message:
            case Ask():
                with self._inbox.answering(message):
                    self._answer(message)
            case Leave(place=place, ran=ran):
                if ran is not None:
                    self._run_times.add(ran)
                self._floor.leave(place)

    def _answer(self, ask: Ask) -> None:
        """The verdict: a place, or the refusal."""
        try:
            self._floor.enter(ask.place, resumed=ask.resumed)
        except StitcheryError as refusal:
            if isinstance(refusal, QueueFull):
                refusal.retry_after = self._retry_after()
            ask.reply.refuse(refusal)
        else:
            self._watch_time(ask.place)
            ask.reply.give(None)

    def _watch_time(self, place: Place) -> None:
        if place.ticket.standing is Standing.WAITING and place.expires_at < math.inf:
            heapq.heappush(self._expiries, (place.expires_at, place.ticket.arrival, place))
            self._forget_gone()

    def _forget_gone(self) -> None:
        """Keeps the heap in proportion to those who wait, however many came and left."""
        _, queued = self._floor.admission.counts(self.capability)
        if len(self._expiries) > 2 * queued + 64:
            self._expiries = [
                entry for entry in self._expiries if entry[2].ticket.standing is Standing.WAITING
            ]
            heapq.heapify(self._expiries)

    def _next_expiry(self) -> float:
        while self._expiries and self._expiries[0][2].ticket.standing is not Standing.WAITING:
            heapq.heappop(self._expiries)
        return self._expiries[0][0] if self._expiries else math.inf

    def _expire(self, now: float) -> None:
        while self._next_expiry() <= now:
            place = heapq.heappop(self._expiries)[2]
            self._floor.leave(place)
            place.expire()

    def _slots(self) -> int:
        admission = self._floor.admission
        return min(admission.machine.global_jobs, admission.limits(self.capability).running)

    def _retry_after(self) -> float:
        """Seconds until one more job has ended, so that one more may wait."""
        wait = wait_for_turn(self._run_times.recent(), 0, self._slots())
        return math.ceil(wait.p50) if wait is not None else RETRY_UNKNOWN
