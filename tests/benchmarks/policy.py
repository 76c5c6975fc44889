"""What a decision costs, and how fair they are: `python -m tests.benchmarks.policy`.

The book and the foresight alone, in one process, without actors: processor time in microseconds,
the median of many single calls and the 99th of a hundred, over books of growing length. Fairness
is counted in virtual time, where every job takes as long as it says.
"""

import heapq
import itertools
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from actors.admission import Admission, MachineLimits
from actors.estimate import Typical
from actors.foresight import Foresight
from actors.lines import CapabilityLimits, Standing, Ticket

CALLS = 300
SLOTS = 8
ROOMY = CapabilityLimits(running=1000, running_per_user=1000, queued=10**9)


def book(slots: int, per_user: int = 1000) -> Admission:
    """A book of two capabilities."""
    machine = MachineLimits(global_jobs=slots, jobs_per_user=per_user, queue_size=10**9)
    return Admission(machine, {"stitch": ROOMY, "fetch": ROOMY})


def ticket(user: str, capability: str = "stitch") -> Ticket:
    """A ticket of one user."""
    return Ticket(job="", user=user, capability=capability)


# --- what it costs --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filled:
    """A book in which so many jobs of so many users wait."""

    admission: Admission
    foresight: Foresight
    running: list[Ticket]
    waiting: list[Ticket]
    some: Iterator[Ticket]
    """Some of those that wait, over and over."""


def filled(jobs: int, users: int) -> Filled:
    """A book filled by turns, of which every run so far is known."""
    chance, admission = random.Random(1), book(SLOTS)
    foresight = Foresight(admission)
    for name, times in foresight.run_times.items():
        for _ in range(200):
            times.add(
                chance.lognormvariate(3, 0.6), 1.0 if name == "fetch" else chance.uniform(1, 9)
            )
    tickets = []
    for number in range(jobs + SLOTS):
        newcomer = ticket(f"user{number % users}", chance.choice(("stitch", "fetch")))
        for granted in admission.enter(newcomer):
            foresight.began(granted, 0.0)
        tickets.append(newcomer)
    running = [one for one in tickets if one.standing is Standing.RUNNING]
    waiting = [one for one in tickets if one.standing is Standing.WAITING]
    some = itertools.cycle(chance.sample(waiting, min(len(waiting), 100)))
    return Filled(admission, foresight, running, waiting, some)


def costs(of: Filled) -> dict[str, Callable[[], object]]:
    """What is called; each leaves the book as long as it was, the last with others in it."""
    admission, foresight = of.admission, of.foresight
    running = of.running
    passing: list[Ticket] = []

    def enter() -> None:
        passing.append(ticket("newcomer"))
        admission.enter(passing[-1])

    def leave() -> None:
        admission.leave(passing.pop())

    def end_and_grant() -> None:
        done = running.pop(0)
        foresight.ended(done, 1.0)
        for granted in admission.leave(done, extra=0.5):
            foresight.began(granted, 1.0)
            running.append(granted)
        admission.enter(ticket(done.user))

    def look_anew() -> None:
        admission.version += 1
        foresight.eta(next(of.some), 1.0)

    return {
        "enter the line": enter,
        "leave the line": leave,
        "position": lambda: admission.position(next(of.some)),
        "holds": lambda: admission.holds(next(of.some)),
        "eta, the book as before": lambda: foresight.eta(next(of.some), 1.0),
        "eta, the book has changed": look_anew,
        "a newcomer's wait": lambda: foresight.newcomers_wait("somebody", "stitch", 1.0),
        "end, grant the next, enter": end_and_grant,
    }


def microseconds(call: Callable[[], object]) -> Iterator[float]:
    """Processor time of single calls."""
    for _ in range(CALLS):
        began = time.thread_time_ns()
        call()
        yield (time.thread_time_ns() - began) / 1000


def print_costs(console: Console) -> None:
    """A row for each decision, a column for each length of the line."""
    sizes = [(10, 10), (1000, 10), (100_000, 10), (100_000, 10_000)]
    table = Table(title="microseconds a decision: median (99th of a hundred)")
    table.add_column("jobs waiting, of users")
    columns = []
    for jobs, users in sizes:
        table.add_column(f"{jobs:,} of {users:,}", justify="right")
        told = {}
        for name, call in costs(filled(jobs, users)).items():
            times = sorted(microseconds(call))
            told[name] = f"{statistics.median(times):.1f} ({times[CALLS * 99 // 100]:.0f})"
        columns.append(told)
    for name in columns[0]:
        table.add_row(name, *(column[name] for column in columns))
    console.print(table)


# --- how fair it is -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fairness:
    """How a day went: Jain's index of the slot time that users got while all of them had work, how
    long a newcomer waited at most, in seconds, and how many of the hog's jobs began meanwhile."""

    jain: float
    worst_newcomer: float
    hogs_turns: int


def jain(shares: Sequence[float]) -> float:
    """1 when all are equal, 1/n when one has all (Jain, Chiu, Hawe 1984)."""
    return sum(shares) ** 2 / (len(shares) * sum(share**2 for share in shares))


def under_a_hog(lengths: Callable[[str, random.Random], float], *, slots: int) -> Fairness:
    """A hog brings 10,000 jobs at once; nine others always have one; newcomers bring one each."""
    chance, admission, typical = random.Random(7), book(slots), Typical()
    now, worst, begun, most = 0.0, 0.0, 0, 0
    got: defaultdict[str, float] = defaultdict(float)
    ends: list[tuple[float, int, Ticket, float]] = []
    came: dict[Ticket, tuple[float, int]] = {}

    def begin(granted: list[Ticket]) -> None:
        nonlocal worst, begun, most
        for found in granted:
            length = lengths(found.user, chance)
            heapq.heappush(ends, (now + length, found.arrival, found, length))
            begun += found.user == "hog"
            if found in came:
                moment, turns = came[found]
                worst, most = max(worst, now - moment), max(most, begun - turns)

    for _ in range(10_000):
        begin(admission.enter(ticket("hog")))
    others = [f"other{number}" for number in range(9)]
    for other in others:
        begin(admission.enter(ticket(other)))
        begin(admission.enter(ticket(other)))
    for serial in range(5000):
        now, _, done, length = heapq.heappop(ends)
        got[done.user] += length
        extra = typical.further_turns(length)
        typical.add(length)
        begin(admission.leave(done, extra=extra))
        if done.user in others:
            begin(admission.enter(ticket(done.user)))
        if serial % 50 == 0:
            newcomer = ticket(f"new{serial}")
            came[newcomer] = now, begun
            begin(admission.enter(newcomer))
    shares = [got[user] for user in ("hog", *others)]
    return Fairness(jain(shares), worst, most)


def print_fairness(console: Console) -> None:
    """Under one hog with 10,000 jobs."""
    kinds: dict[str, Callable[[str, random.Random], float]] = {
        "every job takes 1 s": lambda user, chance: 1.0,  # noqa: ARG005 -- one form for all kinds
        "the hog's take 10 s, others' 1 s": lambda user, chance: 10.0 if user == "hog" else 1.0,  # noqa: ARG005 -- as above
        "others' take 10 s, the hog's 1 s": lambda user, chance: 1.0 if user == "hog" else 10.0,  # noqa: ARG005 -- as above
        "log-normal, median 3 s": lambda user, chance: chance.lognormvariate(1.1, 0.8),  # noqa: ARG005 -- as above
    }
    table = Table(title="a hog with 10,000 jobs, nine who always have work, a hundred newcomers")
    for heading in (
        "run times",
        "slots",
        "Jain's index of slot time",
        "worst newcomer's wait, s",
        "of the hog's jobs",
    ):
        table.add_column(heading, justify="right")
    for name, lengths in kinds.items():
        for slots in (1, 3):
            found = under_a_hog(lengths, slots=slots)
            numbers = f"{found.jain:.4f}", f"{found.worst_newcomer:.1f}", str(found.hogs_turns)
            table.add_row(name, str(slots), *numbers)
    console.print(table)


def main() -> None:
    """Both tables."""
    console = Console(width=140)
    print_costs(console)
    print_fairness(console)


if __name__ == "__main__":
    main()
