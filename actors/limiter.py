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
from collections.abc import Mapping
from dataclasses import dataclass

import trio

from actors.admission import Admission, MachineLimits
from actors.commands import Ask, Leave, Place
from actors.errors import DeadlineMissed, QueueFull, StitcheryError, UserBusy
from actors.estimate import Runs, Spread, Typical
from actors.experience import Coverage
from actors.foresight import Foresight
from actors.lines import CapabilityLimits, Standing, Ticket
from actors.logs import Log
from actors.mailbox import Inbox
from actors.messages import Eta, Hold, Outlook

log = Log("limiter")

RETRY_HELD = 30.0
"""Seconds told to who is refused while nothing begins, since an operator wants it so: nobody knows
for how long. As the service says when it takes no work at all."""

RETRY_UNKNOWN = 5.0
"""Seconds told to who is refused before the first run has taught us anything; a guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How busy one capability is, and how often the ends came as told."""

    running: int
    queued: int
    paused: bool
    mean_run: float | None
    expected_wait: Eta | None
    coverage: Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What a user's next job would meet. `wait` is None where nothing is known of it."""

    position: int
    waiting_for: tuple[Hold, ...]
    wait: Eta | None


class Floor:
    """What the limiters of one machine share: the book, who stands where, and what runs took.

    A limiter that frees a slot wakes whoever is next, of whichever capability. What `foresight` and
    `typical` have learnt is public, to be remembered from one life to the next (learnt.py);
    `lesson` is set when that becomes more, and replaced by whoever has taken note.
    """

    def __init__(self, admission: Admission) -> None:
        self.admission = admission
        self.foresight = Foresight(admission)
        self.typical = Typical()
        self.lesson = trio.Event()
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

    def leave(self, place: Place, ran: float | None = None) -> None:
        """Takes a place out of the book; `ran` is seconds of a run worth learning from."""
        ticket, extra = place.ticket, 0.0
        try:
            held = self.foresight.ended(ticket, trio.current_time(), ran)
            extra = 0.0 if held is None else self.typical.further_turns(held)
            if ran is not None:
                self.typical.add(ran)
            self.lesson.set()
        finally:  # whatever becomes of what is learnt, the slot is free
            self._places.pop(ticket, None)
            self._wake(self.admission.leave(ticket, extra=extra))

    def change(self, machine: MachineLimits, rooms: Mapping[str, CapabilityLimits]) -> None:
        """Puts other limits in force; a raised one grants at once, a lowered one drains."""
        self._wake(self.admission.change(machine, rooms))

    def pause(self, capability: str) -> None:
        """Begins no more jobs of a capability; those that run go on, newcomers may wait."""
        self.admission.pause(capability)

    def resume(self, capability: str) -> None:
        """Ends a pause."""
        self._wake(self.admission.resume(capability))

    def close(self) -> None:
        """Begins no more jobs of any capability; those that run go on."""
        self.admission.close()

    def reopen(self) -> None:
        """Ends that."""
        self._wake(self.admission.reopen())

    def _wake(self, granted: list[Ticket]) -> None:
        for ticket in granted:
            self.foresight.began(ticket, trio.current_time())
            self._places[ticket].go()


class Limiter:
    """The limiter of one capability."""

    def __init__(self, capability: str, floor: Floor) -> None:
        self.capability = capability
        self._floor = floor
        self._inbox: Inbox[Ask | Leave] = Inbox(f"limiter of {capability}")
        self._expiries: list[tuple[float, int, Place]] = []

    def __repr__(self) -> str:
        running, queued = self._floor.admission.counts(self.capability)
        return f"<Limiter {self.capability} running={running} queued={queued}>"

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serves until cancelled. May be run again after a crash: what waits still stands."""
        self._take_up(self._inbox.let_go())
        task_status.started()
        while True:
            with trio.move_on_at(self._next_expiry()):
                self._handle(await self._inbox.receive())
                self._inbox.let_go()
            self._expire(trio.current_time())

    # --- asked by jobs ------------------------------------------------------------------------

    async def ask(self, place: Place, *, resumed: bool = False) -> None:
        """Takes a place in line; `place.turn()` waits for the slot.

        Cancelling leaves open whether the place was taken: leave it in any case.

        Raises:
            QueueFull, UserBusy: the verdict is a refusal; nothing was taken.
        """
        await self._inbox.ask(Ask(place=place, resumed=resumed))

    def leave(self, place: Place, ran: float | None = None) -> None:
        """Gives the slot or the place in line back; right in every state, also twice.

        Taken note of before anything that is asked later.
        """
        self._inbox.post(Leave(place=place, ran=ran))

    def moved_on(self, place: Place, fraction: float) -> None:
        """Takes note that a running job has come so far (0..1)."""
        self._floor.foresight.moved_on(place.ticket, fraction, trio.current_time())

    # --- asked by anybody: read at once, nothing changes ------------------------------------------

    def outlook_queued(self, place: Place) -> Outlook:
        """What a job may expect that has not begun. With its slot in hand it is next."""
        ticket = place.ticket
        position = self._floor.admission.position(ticket)
        if position is None:
            position = 1
        return Outlook(
            position=position,
            waiting_for=self._floor.admission.holds(ticket),
            eta=self._floor.foresight.eta(ticket, trio.current_time()),
        )

    def outlook_running(self, place: Place) -> Outlook:
        """What a job may expect that runs."""
        return Outlook(eta=self._floor.foresight.left(place.ticket, trio.current_time()))

    def load(self) -> Load:
        """How busy the capability is, and what a newcomer would wait."""
        admission = self._floor.admission
        running, queued = admission.counts(self.capability)
        return Load(
            running=running,
            queued=queued,
            paused=self.capability in admission.paused,
            mean_run=self._floor.foresight.run_times[self.capability].mean(),
            expected_wait=self.prospect("").wait,
            coverage=self._floor.foresight.coverage[self.capability],
        )

    def prospect(self, user: str) -> Prospect:
        """What the next job of a user would meet; "" is somebody new."""
        admission = self._floor.admission
        wait = self._newcomers_wait(user)
        return Prospect(
            position=admission.newcomers_position(user, self.capability),
            waiting_for=admission.holds_of(user, self.capability),
            wait=None if wait is None else Eta(p50=wait.mean, p90=wait.p90),
        )

    def until_one_ends(self, user: str) -> float:
        """Whole seconds until one of a user's jobs is expected to end, of whatever capability."""
        foresight, now = self._floor.foresight, trio.current_time()
        ends = foresight.next_end(user, now)
        return _whole(foresight.next_start(now) if ends is None else ends)

    def refuse(self, user: str, *, size: float = 1.0, left: float = math.inf) -> None:
        """Lets a user's next job pass, or says why it may not come in; nothing is taken.

        The job is of that size, as its capability counts, and is to end within `left` seconds.

        Raises:
            QueueFull, UserBusy, DeadlineMissed: as `ask` would.
        """
        try:
            self._floor.admission.refuse(user, self.capability)
        except (QueueFull, UserBusy) as refusal:
            refusal.retry_after = self._retry_after(user, refusal.limit)
            raise
        if left < math.inf:
            self._refuse_late(user, size, left)

    # --- inside -------------------------------------------------------------------------------

    def _handle(self, message: Ask | Leave) -> None:
        match message:
            case Ask():
                with self._inbox.answering(message):
                    self._answer(message)
            case Leave(place=place, ran=ran):
                self._floor.leave(place, ran)

    def _take_up(self, message: Ask | Leave | None) -> None:
        """Tries what it fell over once more: a place that is not left would be lost for good."""
        try:
            if message is not None:
                self._handle(message)
        except Exception:  # whatever it is, those who wait behind it must not fall with it
            log.exception("a message broke the limiter twice", message=type(message).__name__)

    def _answer(self, ask: Ask) -> None:
        """The verdict: a place, or the refusal."""
        place = ask.place
        try:
            if not ask.resumed:
                left = place.ends_by - trio.current_time()
                self.refuse(place.ticket.user, size=place.ticket.size, left=left)
            self._floor.enter(place, resumed=True)
        except StitcheryError as refusal:
            ask.reply.refuse(refusal)
        else:
            if not ask.resumed:  # what those were told, they were told before
                self._floor.foresight.tell(place.ticket, trio.current_time())
            self._watch_time(place)
            ask.reply.give(None)

    def _refuse_late(self, user: str, size: float, left: float) -> None:
        """Refuses a job that would miss its deadline even if everything went well.

        That is: if the wait and the run were both of the shortest tenth.
        """
        wait = self._newcomers_wait(user)
        runs = self._runs(Ticket(job="", user=user, capability=self.capability, size=size))
        if wait is None or runs is None:
            return
        soonest = wait.p10 + runs.p10
        if soonest > left:
            raise DeadlineMissed(
                f"The job is to end within {max(left, 0):.1f} s, but would hardly end within "
                f"{soonest:.1f} s. Allow it a later deadline, or submit it when fewer jobs wait.",
                field="/options/deadline",
                limit="deadline",
                more={"soonest": round(soonest, 1)},
            )

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

    def _runs(self, ticket: Ticket) -> Runs | None:
        return self._floor.foresight.runs(ticket)

    def _newcomers_wait(self, user: str) -> Spread | None:
        """What the next job of a user would wait; nothing where no limit holds it."""
        if not self._floor.admission.holds_of(user, self.capability):
            return Spread(0.0)
        now = trio.current_time()
        return self._floor.foresight.newcomers_wait(user, self.capability, now)

    def _retry_after(self, user: str, limit: str | None) -> float:
        """Whole seconds until the limit that refused is expected to let one more in.

        That is when one of those who wait begins or expires, or when a busy user's job ends. A
        guess while nothing is known.
        """
        foresight, now = self._floor.foresight, trio.current_time()
        if limit == "jobs_per_user":
            return self.until_one_ends(user)
        own = self.capability if limit == f"{self.capability}.queued" else None
        begins = foresight.next_start(now, own, user if limit == "queued_per_user" else None)
        if begins is None and (wait := self._newcomers_wait(user)) is not None:
            begins = wait.mean
        if begins is None and self._floor.admission.is_held(self.capability):
            begins = RETRY_HELD
        expires = self._next_expiry() - now
        return _whole(min(expires, math.inf if begins is None else begins))


def _whole(seconds: float | None) -> float:
    """Whole seconds, as a Retry-After has them, one at least."""
    if seconds is None or math.isinf(seconds):
        return RETRY_UNKNOWN
    return max(1.0, math.ceil(seconds))
