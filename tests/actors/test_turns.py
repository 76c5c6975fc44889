"""Turns: weights, charges, priorities and pauses share them as told, and places come true."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.admission import MOST_EXTRA, Admission, MachineLimits
from actors.lines import CROWD, CapabilityLimits, Standing, Ticket
from actors.messages import Priority

ROOMY = CapabilityLimits(running=1000, running_per_user=1000, queued=10**9)
_serial = iter(range(10**12))


def book(
    total: int = 1, *rooms: str, weights: dict[str, float] | None = None, priority: bool = False
) -> Admission:
    machine = MachineLimits(
        global_jobs=total,
        jobs_per_user=1000,
        queue_size=10**9,
        priority=priority,
        weights=weights or {},
    )
    return Admission(machine, dict.fromkeys(rooms or ("stitch",), ROOMY))


def bring(
    admission: Admission,
    user: str,
    capability: str = "stitch",
    priority: Priority = Priority.NORMAL,
) -> Ticket:
    ticket = Ticket(
        job=str(next(_serial)), user=user, capability=capability, priority=priority, owner=user
    )
    admission.enter(ticket)
    return ticket


def run_out(admission: Admission, running: list[Ticket]) -> list[Ticket]:
    """Ends whoever has run longest, until nobody is left; who began, in order."""
    order = []
    while running:
        granted = admission.leave(running.pop(0))
        running += granted
        order += granted
    return order


def test_a_weight_of_three_gets_three_turns_for_one() -> None:
    admission = book(weights={"ann": 3})
    first = bring(admission, "bob")
    for _ in range(100):
        bring(admission, "ann")
        bring(admission, "bob")
    order = [ticket.user for ticket in run_out(admission, [first])]

    assert 59 <= order[:80].count("ann") <= 61


def test_a_changed_weight_holds_for_who_waits_already() -> None:
    admission = book()
    first = bring(admission, "bob")
    for _ in range(100):
        bring(admission, "ann")
        bring(admission, "bob")
    heavier = MachineLimits(global_jobs=1, jobs_per_user=1000, queue_size=10**9, weights={"ann": 3})
    admission.change(heavier, {"stitch": ROOMY})
    order = [ticket.user for ticket in run_out(admission, [first])]

    assert 59 <= order[:80].count("ann") <= 61


def test_a_heavy_user_delays_a_newcomer_by_one_turn_all_the_same() -> None:
    admission = book(weights={"hog": 1000})
    running = bring(admission, "hog")
    for _ in range(1000):
        bring(admission, "hog")
    for _ in range(10):
        [running] = admission.leave(running)
    newcomer = bring(admission, "ann")

    assert admission.leave(running) == [newcomer]


def test_a_paused_capability_grants_nothing_and_says_so_and_the_others_go_on() -> None:
    admission = book(2, "stitch", "fetch")
    running = bring(admission, "ann")
    admission.pause("stitch")
    waits, passes = bring(admission, "ann"), bring(admission, "bob", "fetch")

    assert passes.standing is Standing.RUNNING
    assert admission.leave(running) == []
    assert [(hold.limit, hold.max) for hold in admission.holds(waits)] == [("stitch.paused", 0)]
    assert admission.resume("stitch") == [waits]


def test_ones_own_low_job_is_passed_by_a_few_of_ones_high_ones_then_runs() -> None:
    admission = book(priority=True)
    running = bring(admission, "ann")
    low = bring(admission, "ann", priority=Priority.LOW)
    passed = 0
    while low.standing is Standing.WAITING:
        bring(admission, "ann", priority=Priority.HIGH)
        [running] = admission.leave(running)
        passed += 1

    assert 10 <= passed <= 20


def test_one_priority_is_first_in_first_out_within_a_user() -> None:
    chance = random.Random(5)
    admission = book(priority=True)
    first = bring(admission, "ann")
    for _ in range(200):
        bring(admission, "ann", priority=chance.choice(list(Priority)))
    order = run_out(admission, [first])

    for priority in Priority:
        arrivals = [ticket.arrival for ticket in order if ticket.priority is priority]
        assert arrivals == sorted(arrivals)


def test_high_jobs_alone_gain_a_user_a_few_turns_once() -> None:
    admission = book(priority=True)
    first = bring(admission, "bob")
    for _ in range(100):
        bring(admission, "bob")
        bring(admission, "ann", priority=Priority.HIGH)
    order = [ticket.user for ticket in run_out(admission, [first])]

    for begun in range(1, 180):
        assert order[:begun].count("ann") - order[:begun].count("bob") <= 5


plans = st.lists(
    st.tuples(
        st.sampled_from("abcd"),
        st.sampled_from(list(Priority)),
        st.sampled_from(["bring", "bring", "bring", "cancel", "end"]),
    ),
    min_size=10,
    max_size=60,
)
weights = st.dictionaries(st.sampled_from("abcd"), st.sampled_from([0.3, 1, 2.5, 7]))


def played(
    plan: list[tuple[str, Priority, str]], admission: Admission, *rooms: str
) -> list[Ticket]:
    """Plays a plan; who runs then."""
    inside: list[Ticket] = []
    for number, (user, priority, act) in enumerate(plan):
        kind = Standing.WAITING if act == "cancel" else Standing.RUNNING
        found = [ticket for ticket in inside if ticket.standing is kind]
        if act == "bring" or not found:
            inside.append(bring(admission, user, rooms[number % len(rooms)], priority))
        else:
            leaving = found[number % len(found)]
            inside.remove(leaving)
            admission.leave(leaving, extra=number % 3 / 2)
    inside.extend(bring(admission, user, rooms[0]) for user in "abcd")
    return [ticket for ticket in inside if ticket.standing is Standing.RUNNING]


@settings(max_examples=80, deadline=None)
@given(plan=plans, slots=st.integers(1, 3), weights=weights, priority=st.booleans())
def test_places_are_the_order_in_which_tickets_then_run(
    plan: list[tuple[str, Priority, str]],
    slots: int,
    weights: dict[str, float],
    *,
    priority: bool,
) -> None:
    """With priorities, weights, charges and cancelled jobs behind it."""
    admission = book(slots, weights=weights, priority=priority)
    running = played(plan, admission, "stitch")
    waiting = [ticket for _, ticket in admission.ahead(1000)]
    told = [admission.position(ticket) for ticket in waiting]

    assert told == list(range(1, len(waiting) + 1))
    assert run_out(admission, running) == waiting


@settings(max_examples=60, deadline=None)
@given(plan=plans, slots=st.integers(1, 3), weights=weights, priority=st.booleans())
def test_who_is_ahead_is_told_right_over_several_capabilities(
    plan: list[tuple[str, Priority, str]],
    slots: int,
    weights: dict[str, float],
    *,
    priority: bool,
) -> None:
    admission = book(slots, "stitch", "fetch", weights=weights, priority=priority)
    running = played(plan, admission, "stitch", "fetch")
    some = [ticket for _, ticket in admission.ahead(7)]
    waiting = [ticket for _, ticket in admission.ahead(1000)]

    assert waiting[:7] == some
    assert run_out(admission, running) == waiting


@settings(max_examples=60, deadline=None)
@given(plan=plans, weights=weights, who=st.sampled_from("abcde"))
def test_what_a_newcomer_is_told_is_what_a_newcomer_meets(
    plan: list[tuple[str, Priority, str]], weights: dict[str, float], who: str
) -> None:
    admission = book(1, weights=weights, priority=True)
    played(plan, admission, "stitch")
    told = admission.newcomers_position(who, "stitch")
    newcomer = bring(admission, who)

    assert admission.position(newcomer) == (told if newcomer.standing is Standing.WAITING else None)


def test_in_a_crowd_places_are_told_within_a_few_in_a_hundred() -> None:
    chance = random.Random(1)
    admission = book()
    running = [bring(admission, "first")]
    for _ in range(10 * CROWD):
        bring(admission, f"user{chance.randrange(3 * CROWD)}")
    order = run_out(admission, running)
    again = book()
    bring(again, "first")
    told = {}
    tickets = {ticket.arrival: ticket for ticket in order}
    copies = {arrival: bring(again, tickets[arrival].user) for arrival in sorted(tickets)}
    for place, ticket in enumerate(order, 1):
        told[place] = again.position(copies[ticket.arrival])

    assert all(
        seen is not None and abs(seen - place) <= 20 + 0.05 * place for place, seen in told.items()
    )


# --- charged by what it took ----------------------------------------------------------------------


def slot_time(*, charged: bool) -> dict[str, float]:
    """What two users got of two slots, one bringing jobs of one second, the other of ten."""
    admission = book(2)
    lengths = {"short": 1.0, "long": 10.0}
    got = dict.fromkeys(lengths, 0.0)
    ends: list[tuple[float, Ticket]] = []
    granted = [bring(admission, user) for user in lengths for _ in range(5_000)]
    granted = [ticket for ticket in granted if ticket.standing is Standing.RUNNING]
    now = 0.0
    while now < 3_000:
        ends += [(now + lengths[ticket.user], ticket) for ticket in granted]
        ends.sort(key=lambda end: (end[0], end[1].arrival))
        now, done = ends.pop(0)
        got[done.user] += lengths[done.user]
        granted = admission.leave(done, extra=lengths[done.user] - 1 if charged else 0)
    return got


def test_charged_by_time_users_of_short_and_long_jobs_get_the_same_slot_time() -> None:
    got = slot_time(charged=True)

    assert got["long"] == pytest.approx(got["short"], rel=0.05)


def test_charged_by_the_job_ten_times_longer_jobs_get_ten_times_the_slot_time() -> None:
    """What charging by time is for."""
    got = slot_time(charged=False)

    assert got["long"] == pytest.approx(10 * got["short"], rel=0.05)


def test_who_paid_for_long_jobs_still_delays_a_newcomer_by_one_job_only() -> None:
    admission = book()
    running = bring(admission, "hog")
    for _ in range(100):
        bring(admission, "hog")
    for _ in range(20):
        [running] = admission.leave(running, extra=9)
    newcomer = bring(admission, "ann")

    assert admission.leave(running, extra=9) == [newcomer]


def test_turns_that_a_limit_kept_from_a_user_are_not_saved_up() -> None:
    """A hog waits in a full capability while others take hundreds of turns in another one."""
    machine = MachineLimits(global_jobs=10, jobs_per_user=10, queue_size=10**9)
    full = CapabilityLimits(running=1, running_per_user=10, queued=10**9)
    admission = Admission(machine, {"stitch": full, "fetch": full})
    endless = bring(admission, "zoe")
    hogs = [bring(admission, "hog") for _ in range(1000)]
    fetching = [bring(admission, "ann", "fetch")]
    for _ in range(300):
        bring(admission, "ann", "fetch")
        bring(admission, "bob", "fetch")
    run_out(admission, fetching)
    newcomer = bring(admission, "new")
    order = run_out(admission, [endless])
    assert order[:2] == [hogs[0], newcomer]


def test_one_endless_job_shuts_its_user_out_for_a_bounded_time() -> None:
    admission = book()
    running = bring(admission, "ann")
    bring(admission, "ann")
    for _ in range(500):
        bring(admission, "bob")
    passed = 0
    [running] = admission.leave(running, extra=1e9)
    while running.user == "bob":
        [running] = admission.leave(running)
        passed += 1

    assert passed <= MOST_EXTRA + 2


def test_ever_new_strangers_do_not_keep_somebody_waiting_for_ever() -> None:
    """Each of them has a first job, and who has had many owes some turns."""
    admission = book()
    running = bring(admission, "ann")
    waits = bring(admission, "ann")
    strangers = 5
    for number in range(strangers):
        bring(admission, f"stranger {number}")
    [running] = admission.leave(running, extra=1e9)
    while waits.standing is Standing.WAITING:
        bring(admission, f"stranger {strangers}")
        [running] = admission.leave(running)
        strangers += 1

    assert strangers < 3 * 6 * (MOST_EXTRA + 1)


changes = st.lists(
    st.tuples(
        st.sampled_from(["bring", "bring", "leave", "leave", "change", "pause", "resume"]),
        st.integers(0, 40),
    ),
    max_size=60,
)


@settings(max_examples=80, deadline=None)
@given(acts=changes)
def test_whatever_changes_counts_are_true_lowered_limits_drain_and_no_slot_goes_begging(
    acts: list[tuple[str, int]],
) -> None:
    admission, inside = book(2, "stitch", "fetch", weights={"a": 5}, priority=True), []
    allowed = 2
    for act, number in acts:
        room, user = ("stitch", "fetch")[number % 2], "abcd"[number % 4]
        before = admission.running
        if act == "bring":
            inside.append(bring(admission, user, room, list(Priority)[number % 3]))
        elif act == "leave" and inside:
            admission.leave(inside.pop(number % len(inside)), extra=number)
        elif act == "change":
            allowed = 1 + number % 4
            machine = MachineLimits(
                global_jobs=allowed, jobs_per_user=2, queue_size=10**9, weights={"b": 1 + number}
            )
            admission.change(machine, {"stitch": ROOMY, "fetch": ROOMY})
        elif act == "pause":
            admission.pause(room)
        elif act == "resume":
            admission.resume(room)
        running = [ticket for ticket in inside if ticket.standing is Standing.RUNNING]
        waiting = [ticket for ticket in inside if ticket.standing is Standing.WAITING]
        assert (len(running), len(waiting)) == (admission.running, admission.waiting)
        assert len(running) <= max(allowed, before)
        assert all(admission.holds(ticket) for ticket in waiting)
        assert {ticket for _, ticket in admission.ahead(10**6)} == set(waiting)


@pytest.mark.parametrize("seed", [2396, 2428, 2599, 5919, 9246, *range(100)])
def test_a_newcomer_is_passed_by_nobody_twice(seed: int) -> None:
    """Not either by who lies just one turn behind. The first five seeds have such a one."""
    dice = random.Random(seed)
    slots, each = dice.randint(1, 3), dice.randint(1, 2)
    machine = MachineLimits(global_jobs=slots, jobs_per_user=each, queue_size=10**9)
    admission = Admission(machine, {"stitch": ROOMY})
    running: list[Ticket] = []
    known: set[str] = set()
    newcomers: dict[str, Counter[str]] = {}
    for number in range(40):
        if running and dice.random() < 0.5:
            begun = admission.leave(running.pop(dice.randrange(len(running))))
        else:
            user = dice.choice("abcd") if dice.random() < 0.8 else f"stranger {number}"
            if user not in known:
                newcomers[user] = Counter()
            known.add(user)
            ticket = Ticket(job=str(number), user=user, capability="stitch")
            begun = admission.enter(ticket)
        for ticket in begun:
            running.append(ticket)
            newcomers.pop(ticket.user, None)
            for passed in newcomers.values():
                passed[ticket.user] += 1
        assert all(times <= 1 for passed in newcomers.values() for times in passed.values())
