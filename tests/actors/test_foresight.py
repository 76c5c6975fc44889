"""Foresight: what is foretold is what the policy then does, at a cost that does not grow."""

import heapq
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.admission import Admission, MachineLimits
from actors.estimate import RunTimes, Spread
from actors.experience import Correction
from actors.foresight import HORIZON, Foresight
from actors.lines import CapabilityLimits, Standing, Ticket
from actors.replay import Runner, Slots, Waiter, replay

ROOMY = CapabilityLimits(running=1000, running_per_user=1000, queued=10**9)


class Play:
    """A book played forward: jobs of a capability all take as long as `lengths` says."""

    def __init__(
        self,
        lengths: dict[str, float],
        total: int = 1,
        per_user: int = 1000,
        rooms: dict[str, CapabilityLimits] | None = None,
    ) -> None:
        limits = dict.fromkeys(lengths, ROOMY) | (rooms or {})
        machine = MachineLimits(
            global_jobs=total, jobs_per_user=per_user, queue_size=10**9, charge_time=False
        )
        self.lengths = lengths
        self.now = 0.0
        self.admission = Admission(machine, limits)
        self.foresight = Foresight(self.admission)
        self.times = self.foresight.run_times
        for name, seconds in lengths.items():
            for _ in range(5):
                self.times[name].add(seconds)
        self.began: dict[Ticket, float] = {}
        self.ends: list[tuple[float, int, Ticket]] = []

    def bring(self, user: str, capability: str = "stitch", size: float = 1.0) -> Ticket:
        ticket = Ticket(job="", user=user, capability=capability, size=size)
        self._begin(self.admission.enter(ticket))
        return ticket

    def end_one(self) -> None:
        self.now, _, done = heapq.heappop(self.ends)
        self.foresight.ended(done, self.now)
        self._begin(self.admission.leave(done))

    def _begin(self, granted: list[Ticket]) -> None:
        for ticket in granted:
            self.foresight.began(ticket, self.now)
            self.began[ticket] = self.now
            end = self.now + self.lengths[ticket.capability]
            heapq.heappush(self.ends, (end, ticket.arrival, ticket))


jobs = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from(["stitch", "fetch"])),
    min_size=1,
    max_size=35,
)


@settings(max_examples=80, deadline=None)
@given(jobs=jobs, total=st.integers(1, 4), per_user=st.integers(1, 3), stitching=st.integers(1, 3))
def test_what_is_foretold_of_jobs_near_the_head_comes_true_to_the_second(
    jobs: list[tuple[str, str]], total: int, per_user: int, stitching: int
) -> None:
    """Under limits of all kinds, with run times that are known."""
    rooms = {"stitch": CapabilityLimits(running=stitching, running_per_user=2, queued=10**9)}
    play = Play({"stitch": 60.0, "fetch": 7.0}, total, per_user, rooms=rooms)
    tickets = [play.bring(user, capability) for user, capability in jobs]
    told = {
        ticket: play.foresight.wait(ticket, play.now)
        for ticket in tickets
        if ticket.standing is Standing.WAITING
    }
    while play.ends:
        play.end_one()

    for ticket, wait in told.items():
        assert wait is not None
        if len(told) <= HORIZON and _in_one_capability(ticket, jobs):
            assert wait.mean == pytest.approx(play.began[ticket])


def _in_one_capability(ticket: Ticket, jobs: list[tuple[str, str]]) -> bool:
    """Whether all users have jobs of one capability only: elsewhere a held job lends its turn."""
    return all(len({name for user, name in jobs if user == who}) == 1 for who, _ in jobs)


def test_far_back_the_wait_is_told_by_arithmetic_within_a_few_in_a_hundred() -> None:
    play = Play({"stitch": 10.0}, total=3)
    tickets = [play.bring(f"user{number % 50}") for number in range(1000)]
    told = {ticket: play.foresight.wait(ticket, 0) for ticket in tickets[3:]}
    while play.ends:
        play.end_one()

    for ticket, wait in told.items():
        assert wait is not None
        assert wait.mean == pytest.approx(play.began[ticket], rel=0.05, abs=10)


def test_a_hogs_last_job_waits_for_the_hogs_own_limit() -> None:
    play = Play({"stitch": 10.0}, total=3, per_user=1)
    tickets = [play.bring("hog") for _ in range(200)]
    wait = play.foresight.wait(tickets[-1], 0)

    assert wait is not None
    assert wait.mean == pytest.approx(1990, rel=0.02)


def test_a_newcomer_is_told_what_a_newcomer_meets() -> None:
    for waiting in (0, 5, HORIZON * 3):
        play = Play({"stitch": 10.0}, total=2)
        for number in range(waiting + 2):
            play.bring(f"user{number}")
        told = play.foresight.newcomers_wait("new", "stitch", 0)
        newcomer = play.bring("new")
        while play.ends:
            play.end_one()

        assert told is not None
        assert told.mean == pytest.approx(play.began[newcomer], abs=6)


def test_nothing_is_foretold_of_what_is_paused_or_never_ran() -> None:
    play = Play({"stitch": 10.0}, total=1)
    play.bring("ann")
    waits = play.bring("bob")
    play.admission.pause("stitch")

    assert play.foresight.wait(waits, 0) is None
    play.admission.resume("stitch")
    told = play.foresight.wait(waits, 0)
    assert told is not None
    assert told.mean == 10
    play.times["stitch"] = RunTimes()  # as if nothing had run
    assert play.foresight.wait(waits, 1) is None


def test_an_unknown_run_hides_what_comes_after_it_only() -> None:
    slots = Slots(total=2, per_user=9, rooms={"stitch": ROOMY, "new": ROOMY})
    runners = [Runner("a", "new", None), Runner("b", "stitch", Spread(5.0))]
    waiters = [Waiter("c", "stitch", Spread(5.0)), Waiter("d", "new", None)]

    assert replay(runners, [*waiters, Waiter("e", "stitch", None)], slots) == [
        Spread(5.0),
        Spread(10.0),
        None,
    ]


def test_the_next_start_and_a_users_next_end_are_told() -> None:
    play = Play({"stitch": 10.0, "fetch": 4.0}, total=2)
    play.bring("ann")
    play.bring("bob", "fetch")
    play.bring("cid")
    play.bring("dot", "fetch")

    assert play.foresight.next_start(0) == 4
    assert play.foresight.next_start(0, "fetch") == 10
    assert play.foresight.next_end("ann", 3) == 7
    assert play.foresight.next_end("nobody", 3) is None


class Day(Play):
    """A play in which runs take as long as chance says, and the ends are learnt from."""

    def __init__(self, seed: int, slots: int) -> None:
        self.chance = random.Random(seed)
        self.took: dict[Ticket, float] = {}
        super().__init__({"stitch": 20.0}, total=slots, per_user=2)

    def bring(self, user: str, capability: str = "stitch", size: float = 1.0) -> Ticket:
        ticket = super().bring(user, capability, size)
        self.foresight.tell(ticket, self.now)
        return ticket

    def end_one(self) -> None:
        self.now, _, done = heapq.heappop(self.ends)
        self.foresight.ended(done, self.now, self.took.pop(done))
        self._begin(self.admission.leave(done))

    def _begin(self, granted: list[Ticket]) -> None:
        for ticket in granted:
            self.foresight.began(ticket, self.now)
            self.took[ticket] = self.chance.lognormvariate(3, 0.6)
            heapq.heappush(self.ends, (self.now + self.took[ticket], ticket.arrival, ticket))


def covered(seed: int, slots: int, hog: int, hours: float) -> float:
    """The share of jobs whose end came within the band told at acceptance."""
    day = Day(seed, slots)
    arrivals = sorted(day.chance.uniform(0, hours * 3600) for _ in range(900))
    for number, arrival in enumerate(arrivals):
        while day.ends and day.ends[0][0] <= arrival:
            day.end_one()
        day.now = arrival
        day.bring("hog" if number % 10 < hog else f"user{day.chance.randrange(40)}")
    while day.ends:
        day.end_one()
    share = day.foresight.coverage["stitch"].inside
    assert share is not None
    return share


@pytest.mark.parametrize(("slots", "hog", "hours"), [(1, 0, 3), (2, 3, 3), (3, 5, 6), (2, 0, 12)])
def test_of_a_mixed_day_four_ends_of_five_come_within_their_bands(
    slots: int, hog: int, hours: float
) -> None:
    """With more work than can be done, with hogs, and on a quiet day; 0.80 to 0.88 were seen."""
    assert 0.75 <= covered(7, slots, hog, hours) <= 0.95


@settings(max_examples=80, deadline=None)
@given(
    known=st.lists(st.tuples(st.floats(0.1, 100), st.floats(0, 100)), max_size=12),
    sizes=st.lists(st.floats(0, 100), min_size=2, max_size=HORIZON + 6),
    steps=st.lists(st.tuples(st.floats(0.01, 1), st.floats(0, 50)), max_size=4),
    experience=st.sampled_from([None, 0.2, 3.0]),
)
def test_nobody_behind_the_only_slot_is_told_an_end_before_that_of_who_holds_it(
    known: list[tuple[float, float]],
    sizes: list[float],
    steps: list[tuple[float, float]],
    experience: float | None,
) -> None:
    """Whatever ran before, however the running job gets on, and whatever experience says."""
    play = Play({"stitch": 10.0})
    play.times["stitch"] = RunTimes()
    for seconds, size in known:
        play.times["stitch"].add(seconds, size)
    for correction in play.foresight.corrections["stitch"]:
        for _ in range(Correction.LEAST if experience else 0):
            correction.add(1.0, experience or 1.0)
    tickets = [play.bring(f"user{number}", size=size) for number, size in enumerate(sizes)]
    for fraction, later in steps:
        play.now += later
        play.foresight.moved_on(tickets[0], fraction, play.now)
    running = play.foresight.left(tickets[0], play.now)

    for ticket in tickets[1:]:
        told, runs = play.foresight.eta(ticket, play.now), play.foresight.runs(ticket)
        if told is not None and running is not None and runs is not None:
            assert told.p50 >= running.p50 + runs.p50 - 1e-6
            assert told.p90 >= running.p90 + runs.p50 - 1e-6


def test_a_large_job_after_many_small_ones_is_told_by_its_own_account_and_counts_down() -> None:
    """A sixth was read in 3.6 s; the rest is encoded at once, and says nothing meanwhile."""
    play = Play({"stitch": 0.05})
    play.times["stitch"] = RunTimes()
    for _ in range(10):
        play.times["stitch"].add(0.05, 0.01)
    large, behind = play.bring("ann", size=72), play.bring("bob", size=72)
    play.foresight.moved_on(large, 1 / 6, 3.6)
    told = [play.foresight.left(large, 3.6 + later) for later in range(17)]
    waits = [play.foresight.eta(behind, 3.6 + later) for later in range(17)]

    assert [eta and eta.p50 for eta in told] == [
        pytest.approx(max(18 - later, 1.8)) for later in range(17)
    ]
    for eta, wait in zip(told, waits, strict=True):
        assert eta is not None
        assert wait is not None
        assert (wait.p50 > eta.p50, wait.p90 > eta.p90) == (True, True)
