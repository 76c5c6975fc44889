"""What was promised to whom, and whether the tree keeps it: judged after every single step.

Owns: the trace, the book of promises, and the invariants.
Never: acts on the tree. It looks at it from inside, which tests alone may do.

As a Trio instrument it is called after every step of every task: `after_task_step` holds what must
be true at any instant, `before_io_wait` what must be true when nothing more can happen at this
instant, because all tasks wait.
"""

import gc
import hashlib
from collections import Counter
from collections.abc import Callable
from weakref import WeakSet

import trio

from actors.job import Job
from actors.lifecycle import State, has_ended
from actors.lines import TURN, Standing, Ticket
from actors.messages import JobRecord
from actors.tree import Stitchery
from tests.simulation.chores import ChoreRequest, Deeds

Judge = Callable[[Stitchery], None]

MOST_ATTEMPTS = 3
"""The most that any day lets a job have."""


class Ledger(trio.abc.Instrument):
    """Judges one tree at a time. `broken` is the first promise that was not kept."""

    def __init__(self) -> None:
        self.broken: str | None = None
        self.stop: trio.CancelScope | None = None
        self.checks = 0
        self.steps = 0
        self.accepted: set[str] = set()
        self.ended: dict[str, State] = {}
        self.forgotten: set[str] = set()  # sessions that were ended on purpose
        self.known: dict[str, JobRecord] = {}
        self.deeds = Deeds()
        self.jobs: WeakSet[Job] = WeakSet()
        self._trace = hashlib.sha256()
        self._tree: Stitchery | None = None
        self._version = -1
        self._standings: dict[Ticket, Standing] = {}
        self._allowed: Counter[str] = Counter()
        self._lent: Counter[str] = Counter()
        self._newcomers: dict[Ticket, Counter[str]] = {}
        self._seen: set[str] = set()
        self._due: set[tuple[str, int]] = set()  # attempts, by job

    # --- told by the story ------------------------------------------------------------------------

    @property
    def trace(self) -> str:
        """The sum of all that happened, with its times."""
        return self._trace.hexdigest()

    def note(self, *facts: object) -> None:
        """Puts something that happened into the trace."""
        self._trace.update(f"{trio.current_time()!r} {facts!r}\n".encode())

    def breaks(self, promise: str) -> None:
        """A promise was not kept; the first one is what is told, and the run is stopped."""
        if self.broken is None:
            self.broken = f"at {trio.current_time()}: {promise}"
            self.note("broken", promise)
            if self.stop is not None:
                self.stop.cancel()

    def watch(self, tree: Stitchery | None) -> None:
        """From here on this tree is judged; None: none is."""
        self._tree = tree
        self._version = -1
        self._standings, self._newcomers = {}, {}
        self._allowed, self._lent = Counter(), Counter()
        self._seen = set() if tree is None else {ticket.user for ticket in tree.floor._places}

    def asked(self, record: JobRecord) -> None:
        """The journal is to write this: an attempt is due there before it begins.

        Whether it is written is the disk's affair, which may be full.
        """
        attempt = (record.id, record.attempt)
        if record.state is State.QUEUED:
            self._due.add(attempt)
        elif record.state is State.RUNNING and record.attempt > 1:
            self.checks += 1
            if attempt not in self._due:
                self.breaks(f"{record.id} begins attempt {record.attempt}, which was never due")

    def recorded(self, record: JobRecord) -> None:
        """The journal has this now."""
        error = None if record.error is None else record.error.code
        self.note("job", record.id, record.state, record.attempt, error)
        before = self.known.get(record.id)
        if before is not None and has_ended(before.state):
            if before != record:
                self.breaks(f"{record.id} had ended as {before.state}, now {record.state}")
        elif has_ended(record.state):
            self.ended[record.id] = record.state
            self._deserved(record, error)
        self._attempts(record, before)
        self.known[record.id] = record

    def _deserved(self, record: JobRecord, error: str | None) -> None:
        """Work fails when it was told to, or when its server died too often, and else never.

        What it stumbled over, and what crashed, it ends with only if that was its last attempt.
        """
        self.checks += 1
        wish = ChoreRequest.model_validate_json(record.request)
        told_to = wish.ends != "well"
        fair = {"interrupted"}
        fair |= {"work_failed", "internal_error"} if told_to else set()
        fair |= {"stumbled"} if wish.stumbles else set()
        fair |= {"worker_crashed", "poison"} if wish.crashes else set()
        if record.state is State.FAILED and error not in fair:
            self.breaks(f"{record.id} failed ({error}), though its work was fine")
        if record.state is State.SUCCEEDED and told_to:
            self.breaks(f"{record.id} succeeded, though its work failed")
        failed = self.deeds.failed[record.id]
        if record.state is State.SUCCEEDED and failed < wish.stumbles + wish.crashes:
            self.breaks(f"{record.id} succeeded before it had failed as often as it was told")

    def _attempts(self, record: JobRecord, before: JobRecord | None) -> None:
        """No attempt is counted that was not made, none twice, and none beyond the limit."""
        self.checks += 1
        begun, crashed = self.deeds.begun[record.id], self.deeds.crashed[record.id]
        last = 1 if before is None else before.attempt
        if not last <= record.attempt <= last + 1:
            self.breaks(f"{record.id} went from attempt {last} to {record.attempt}")
        if record.attempt > min(begun + 1, MOST_ATTEMPTS):
            self.breaks(f"{record.id} is at attempt {record.attempt}, of which {begun} were begun")
        if record.crashes > min(crashed, record.attempt):
            self.breaks(f"{record.id} has {record.crashes} crashes on record, and had {crashed}")

    # --- called by Trio ---------------------------------------------------------------------------

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        """Whatever holds at any instant."""
        self.steps += 1
        tree = self._tree
        if tree is None or tree.admission.version == self._version:
            return
        self._version = tree.admission.version
        self._judge(self._judge_book, tree)

    def before_io_wait(self, timeout: float) -> None:
        """Whatever holds when all tasks wait."""
        tree = self._tree
        if tree is not None and not trio.lowlevel.current_statistics().tasks_runnable:
            self._judge(self._judge_rest, tree)

    def _judge(self, judge: Judge, tree: Stitchery) -> None:
        try:
            judge(tree)
        except Exception as error:  # noqa: BLE001 -- Trio would log it and go on without us
            self.breaks(f"the ledger itself: {error!r}")

    # --- at any instant ---------------------------------------------------------------------------

    def _judge_book(self, tree: Stitchery) -> None:
        tickets = list(tree.floor._places)
        running = [ticket for ticket in tickets if ticket.standing is Standing.RUNNING]
        waiting = [ticket for ticket in tickets if ticket.standing is Standing.WAITING]
        self._counts(tree, tickets, running, waiting)
        self._limits(tree, running)
        self._nobody_idles(tree, waiting)
        begun = [
            ticket
            for ticket in running
            if self._standings.get(ticket, Standing.WAITING) is Standing.WAITING
        ]
        for ticket in begun:
            self.note("slot", ticket.job)
        self._first_in_first_out(begun, waiting)
        self._nobody_starves(tree, begun, waiting)
        self._standings = {ticket: ticket.standing for ticket in tickets}

    def _counts(
        self, tree: Stitchery, tickets: list[Ticket], running: list[Ticket], waiting: list[Ticket]
    ) -> None:
        """Every counter of the book says what a count of the tickets says."""
        book = tree.admission
        self._same("running", book.running, len(running))
        self._same("waiting", book.waiting, len(waiting))
        self._same("tickets", len(tickets), len(running) + len(waiting))
        for told, found in (
            ({name: book.counts(name)[0] for name in book.capabilities}, _by_room(running)),
            ({name: book.counts(name)[1] for name in book.capabilities}, _by_room(waiting)),
            ({name: user.running for name, user in book._users.items()}, _by_user(running)),
            ({name: user.waiting for name, user in book._users.items()}, _by_user(waiting)),
        ):
            self.checks += len(told) - 1
            self._same("a count", {name: n for name, n in told.items() if n}, found)

    def _same(self, what: str, told: object, found: object) -> None:
        self.checks += 1
        if told != found:
            self.breaks(f"{what}: the book says {told}, there are {found}")

    def _limits(self, tree: Stitchery, running: list[Ticket]) -> None:
        """No limit is exceeded, but by what ran before it was lowered."""
        book = tree.admission
        used: Counter[str] = Counter()
        most: dict[str, int] = {}
        for ticket in running:
            room = book.limits(ticket.capability)
            for name, limit in (
                ("global_jobs", book.machine.global_jobs),
                (f"jobs of {ticket.user}", book.machine.jobs_per_user),
                (f"{ticket.capability}.running", room.running),
                (f"{ticket.capability} of {ticket.user}", room.running_per_user),
            ):
                used[name] += 1
                most[name] = limit
        for name, count in used.items():
            self.checks += 1
            if count > max(most[name], self._allowed[name]):
                self.breaks(f"{name}: {count} run, {most[name]} may")
        self._allowed = used

    def _nobody_idles(self, tree: Stitchery, waiting: list[Ticket]) -> None:
        """Who waits is held by something that can be named."""
        if tree.admission._closed:
            return
        for user, capability in {(ticket.user, ticket.capability) for ticket in waiting}:
            self.checks += 1
            if not tree.admission.holds_of(user, capability):
                self.breaks(f"{user} waits for {capability}, and nothing holds it")

    def _first_in_first_out(self, begun: list[Ticket], waiting: list[Ticket]) -> None:
        """One user's jobs of one capability and priority begin in the order of their coming."""
        for ticket in begun:
            for other in waiting:
                self.checks += 1
                if (
                    (other.user, other.capability, other.shift)
                    == (ticket.user, ticket.capability, ticket.shift)
                    and other.arrival < ticket.arrival
                ):  # fmt: skip
                    self.breaks(f"{ticket.job} began before {other.job}, which had come first")

    def _nobody_starves(self, tree: Stitchery, begun: list[Ticket], waiting: list[Ticket]) -> None:
        """A newcomer is passed by each other user once, and as often as priorities say besides.

        Where priorities are on, a user may lie behind by the turns that they shift a job.
        """
        for ticket in waiting:
            if ticket.user not in self._seen:
                self._newcomers[ticket] = Counter()
        self._seen |= {ticket.user for ticket in (*waiting, *begun)}
        turns = tree.admission._slack // TURN
        here, served = set(waiting), {ticket.user for ticket in begun}
        self._newcomers = {  # who had a turn of any kind is no newcomer any more
            ticket: passed
            for ticket, passed in self._newcomers.items()
            if ticket in here and ticket.user not in served
        }
        for ticket, passed in self._newcomers.items():
            for other in begun:
                self.checks += 1
                if other.capability == ticket.capability and other.user != ticket.user:
                    passed[other.user] += 1
                    if passed[other.user] > turns + max(0, ticket.shift - other.shift):
                        self.breaks(f"{ticket.job} waits, and {other.user} had more than a turn")

    # --- when all wait ----------------------------------------------------------------------------

    def _judge_rest(self, tree: Stitchery) -> None:
        """The book knows living jobs only, and no job that has ended is kept."""
        living: set[str] = set()
        resting: set[str] = set()
        for session in tree.sessions._register.values():
            for job in session._docket:
                self.jobs.add(job)
                living.add(job.record.id)
                self.checks += 1
                if has_ended(job.record.state):
                    self.breaks(f"{job!r} has ended and is still in memory")
                if job._backoff is not None and trio.current_time() < job._backoff.until:
                    resting.add(job.record.id)
        for ticket in tree.floor._places:
            self.checks += 1
            if ticket.job not in living:
                self.breaks(f"{ticket.job} is in the book and lives no more")
            if ticket.job in resting:
                self.breaks(f"{ticket.job} backs off and has a place in the book")
        for name, (lent, total) in tree.services.lender.totals().items():
            self.checks += 1
            if lent > max(total, self._lent[name]):
                self.breaks(f"{lent} of {name} are lent, there are {total}")
            self._lent[name] = lent

    # --- at the end -------------------------------------------------------------------------------

    def judge_end(self, tree: Stitchery) -> None:
        """All has ended: nothing is left in memory, and every promise was kept once."""
        book = tree.admission
        self._same("running at the end", book.running, 0)
        self._same("waiting at the end", book.waiting, 0)
        self._same("places at the end", len(tree.floor._places), 0)
        for name, (lent, _) in tree.services.lender.totals().items():
            self._same(f"{name} lent at the end", lent, 0)
        unkept = sorted(
            job
            for job in self.accepted
            if job not in self.ended and self.known[job].session not in self.forgotten
        )
        self._same("accepted jobs without an end", unkept, [])
        unended = sorted(
            job
            for job, record in self.known.items()
            if not has_ended(record.state) and record.session not in self.forgotten
        )
        self._same("recorded jobs without an end", unended, [])

    def judge_memory(self) -> None:
        """No ended job is referred to from anywhere. To be called when the run is over."""
        gc.collect()
        if self.broken is None and self.jobs:
            self.broken = f"{len(self.jobs)} ended jobs are still referred to"


def _by_room(tickets: list[Ticket]) -> dict[str, int]:
    return Counter(ticket.capability for ticket in tickets)


def _by_user(tickets: list[Ticket]) -> dict[str, int]:
    return Counter(ticket.user for ticket in tickets)
