"""Admission: turns are fair, limits hold, refusals name their limit, leaving is always right."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.admission import Admission, MachineLimits
from actors.errors import QueueFull, UserBusy
from actors.lines import CapabilityLimits, Standing, Ticket
from actors.messages import Priority

ROOMY = CapabilityLimits(running=1000, running_per_user=1000, queued=10**9)


def book(
    *,
    total: int = 1,
    per_user: int = 1,
    queue: int = 10**9,
    queued_per_user: int = 10**9,
    refuse: bool = False,
    priority: bool = False,
    **rooms: CapabilityLimits,
) -> Admission:
    machine = MachineLimits(
        global_jobs=total,
        jobs_per_user=per_user,
        queue_size=queue,
        queued_per_user=queued_per_user,
        refuse_busy_user=refuse,
        priority=priority,
    )
    return Admission(machine, rooms or {"stitch": ROOMY})


_serial = iter(range(10**12))


def ticket(user: str, capability: str = "stitch", priority: Priority = Priority.NORMAL) -> Ticket:
    return Ticket(
        job=f"{user}-{next(_serial)}", user=user, capability=capability, priority=priority
    )


def enter(admission: Admission, *users: str) -> list[Ticket]:
    tickets = [ticket(user) for user in users]
    for one in tickets:
        admission.enter(one)
    return tickets


def finish_all(admission: Admission, running: list[Ticket]) -> list[str]:
    """Ends the running ticket again and again; the users in the order in which they ran."""
    order = []
    while running:
        first = running.pop(0)
        order.append(first.user)
        running += admission.leave(first)
    return order


def test_a_free_slot_is_given_at_once() -> None:
    admission = book()
    newcomer = ticket("ann")

    assert admission.enter(newcomer) == [newcomer]
    assert newcomer.standing is Standing.RUNNING


def test_one_users_jobs_run_first_in_first_out() -> None:
    admission = book()
    tickets = enter(admission, *["ann"] * 5)

    order = [tickets[0]]
    for done in order:
        order += admission.leave(done)

    assert order == tickets


def test_users_take_turns_however_many_jobs_one_of_them_has() -> None:
    admission = book()
    tickets = enter(admission, "hog", "hog", "hog", "hog", "ann", "bob", "ann")

    assert finish_all(admission, tickets[:1]) == ["hog", "ann", "bob", "hog", "ann", "hog", "hog"]


def test_a_newcomer_waits_for_one_turn_of_a_hog_with_ten_thousand_jobs() -> None:
    admission = book()
    running = enter(admission, *["hog"] * 10_000)[0]
    for _ in range(500):
        [running] = admission.leave(running)
    newcomer = ticket("ann")
    admission.enter(newcomer)

    assert admission.position(newcomer) == 1
    assert admission.leave(running) == [newcomer]


def test_bringing_one_job_after_the_other_does_not_starve_a_neighbour() -> None:
    """Who always has just one job is not a newcomer each time."""
    admission = book()
    running = enter(admission, "serial", "hog", "hog", "hog", "hog")[0]
    order = []
    for _ in range(8):
        order.append(running.user)
        granted = admission.leave(running)
        if running.user == "serial":
            granted += admission.enter(ticket("serial"))
        [running] = granted

    assert order.count("hog") == order.count("serial") == 4


def test_a_user_at_the_limit_does_not_hold_up_the_others() -> None:
    admission = book(total=2, per_user=1)
    ann, ann_waits, bob = enter(admission, "ann", "ann", "bob")

    assert ann.standing is Standing.RUNNING
    assert ann_waits.standing is Standing.WAITING
    assert bob.standing is Standing.RUNNING
    assert admission.leave(bob) == []
    assert admission.leave(ann) == [ann_waits]


def test_a_full_capability_does_not_hold_up_another() -> None:
    admission = book(
        total=5,
        per_user=5,
        stitch=CapabilityLimits(running=1, running_per_user=5, queued=10),
        fetch=ROOMY,
    )
    enter(admission, "ann", "ann")
    fetch = ticket("ann", "fetch")

    assert admission.enter(fetch) == [fetch]


def test_a_refused_newcomer_leaves_no_trace() -> None:
    admission = book(queue=1)
    running, waiting = enter(admission, "ann", "bob")
    refused = ticket("cid")

    with pytest.raises(QueueFull) as caught:
        admission.enter(refused)

    assert caught.value.limit == "queue_size"
    assert (admission.running, admission.waiting) == (1, 1)
    assert refused.standing is Standing.OUTSIDE
    assert admission.leave(running) == [waiting]
    assert admission.leave(waiting) == []


def test_one_users_queue_refuses_nobody_elses_first_job() -> None:
    admission = book(queue=4, queued_per_user=2)
    enter(admission, "hog", "hog", "hog")
    with pytest.raises(QueueFull, match="of one user may wait") as caught:
        enter(admission, "hog")
    enter(admission, "ann")

    assert caught.value.limit == "queued_per_user"
    assert admission.waiting == 3


def test_a_queue_of_none_still_lets_run_what_can_run() -> None:
    admission = book(queue=0)
    enter(admission, "ann")

    with pytest.raises(QueueFull):
        enter(admission, "bob")


def test_a_capabilitys_own_queue_limit_is_named() -> None:
    admission = book(stitch=CapabilityLimits(running=1, running_per_user=1, queued=0), fetch=ROOMY)
    enter(admission, "ann")

    with pytest.raises(QueueFull) as caught:
        enter(admission, "bob")

    assert caught.value.limit == "stitch.queued"


def test_a_busy_user_is_refused_where_the_site_wants_it() -> None:
    admission = book(total=5, per_user=2, refuse=True)
    enter(admission, "ann", "ann", "bob")

    with pytest.raises(UserBusy) as caught:
        enter(admission, "ann")

    assert caught.value.limit == "jobs_per_user"
    assert "2" in caught.value.detail


def test_what_was_accepted_in_an_earlier_life_is_never_refused() -> None:
    admission = book(queue=0, refuse=True)
    enter(admission, "ann")
    resumed = ticket("ann")

    admission.enter(resumed, resumed=True)

    assert resumed.standing is Standing.WAITING


def test_leaving_twice_changes_nothing() -> None:
    admission = book()
    [only] = enter(admission, "ann")
    admission.leave(only)

    assert admission.leave(only) == []
    assert (admission.running, admission.waiting) == (0, 0)


def test_holds_name_what_keeps_a_ticket_back() -> None:
    admission = book(total=1, per_user=1)
    _, own, other = enter(admission, "ann", "ann", "bob")

    assert [hold.limit for hold in admission.holds(own)] == ["jobs_per_user", "global_jobs"]
    assert [(h.limit, h.used, h.max) for h in admission.holds(other)] == [("global_jobs", 1, 1)]


def test_a_raised_limit_grants_at_once_and_a_lowered_one_drains() -> None:
    admission = book(total=1)
    _first, second, third = enter(admission, "ann", "bob", "cid")
    more = MachineLimits(global_jobs=2, jobs_per_user=1, queue_size=10)
    fewer = MachineLimits(global_jobs=1, jobs_per_user=1, queue_size=10)

    assert admission.change(more, {"stitch": ROOMY}) == [second]
    assert admission.change(fewer, {"stitch": ROOMY}) == []
    assert admission.running == 2
    assert admission.leave(second) == []
    assert third.standing is Standing.WAITING


def test_a_closed_book_grants_nothing() -> None:
    admission = book()
    running, waiting = enter(admission, "ann", "bob")
    admission.close()

    assert admission.leave(running) == []
    assert waiting.standing is Standing.WAITING


def test_a_low_job_is_passed_by_others_a_bounded_number_of_times() -> None:
    admission = book(priority=True)
    [running] = enter(admission, "bob")
    low = ticket("ann", priority=Priority.LOW)
    admission.enter(low)
    passed = 0
    while low.standing is Standing.WAITING:
        admission.enter(ticket("bob", priority=Priority.HIGH))
        [running] = admission.leave(running)
        passed += 1

    assert 3 <= passed <= 10


def test_priority_counts_for_nothing_unless_it_is_enabled() -> None:
    admission = book()
    [running] = enter(admission, "bob")
    low, high = ticket("ann", priority=Priority.LOW), ticket("cid", priority=Priority.HIGH)
    admission.enter(low)
    admission.enter(high)

    assert admission.leave(running) == [low]


def test_coming_and_leaving_five_thousand_times_leaves_nothing_behind() -> None:
    admission = book()
    enter(admission, "ann", "bob")
    for serial in range(5000):
        passing = ticket(f"user{serial % 500}")
        admission.enter(passing)
        admission.leave(passing)

    assert len(admission._rooms["stitch"].ready) == 1
    assert len(admission._users) < 200


users = st.sampled_from(["ann", "bob", "cid", "dot"])
capabilities = st.sampled_from(["stitch", "fetch"])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("enter"), users, capabilities, st.sampled_from(list(Priority))),
        st.tuples(st.just("leave"), st.integers(0, 50), st.none(), st.none()),
    ),
    max_size=80,
)


@settings(max_examples=120)
@given(
    steps=steps,
    total=st.integers(1, 4),
    per_user=st.integers(1, 3),
    queue=st.integers(0, 12),
    cap=st.integers(1, 3),
    priority=st.booleans(),
)
def test_no_limit_is_ever_exceeded_and_counts_are_the_truth(
    steps: list[tuple[str, str | int, str, Priority]],
    total: int,
    per_user: int,
    queue: int,
    cap: int,
    *,
    priority: bool,
) -> None:
    admission = book(
        total=total,
        per_user=per_user,
        queue=queue,
        priority=priority,
        stitch=CapabilityLimits(running=cap, running_per_user=per_user, queued=queue),
        fetch=ROOMY,
    )
    inside: list[Ticket] = []
    for kind, who, capability, rank in steps:
        if kind == "enter":
            newcomer = ticket(str(who), capability, rank)
            try:
                admission.enter(newcomer)
            except QueueFull:
                continue
            inside.append(newcomer)
        elif inside:
            admission.leave(inside.pop(int(who) % len(inside)))
        running = [t for t in inside if t.standing is Standing.RUNNING]
        waiting = [t for t in inside if t.standing is Standing.WAITING]
        assert len(running) == admission.running <= total
        assert len(waiting) == admission.waiting <= queue
        assert all(n <= per_user for n in Counter(t.user for t in running).values())
        assert sum(t.capability == "stitch" for t in running) <= cap
        for capability_name in ("stitch", "fetch"):
            line = [t for t in waiting if t.capability == capability_name]
            ranks = sorted(admission.position(t) or 0 for t in line)
            assert ranks == list(range(1, len(line) + 1))
        for t in waiting:  # work-conserving: who waits is held by a limit
            assert admission.holds(t)


@settings(max_examples=100)
@given(seed=st.integers(0, 2**32), slots=st.integers(1, 3))
def test_position_is_the_order_in_which_tickets_then_run(seed: int, slots: int) -> None:
    chance = random.Random(seed)
    admission = book(total=slots, per_user=100)
    tickets = enter(admission, *(chance.choice("abcd") for _ in range(40)))
    running = [t for t in tickets if t.standing is Standing.RUNNING]
    waiting = [t for t in tickets if t.standing is Standing.WAITING]
    promised = sorted(waiting, key=lambda t: admission.position(t) or 0)
    order: list[Ticket] = []
    while running:
        granted = admission.leave(running.pop(0))
        running += granted
        order += granted

    assert order == promised


def test_what_a_newcomer_would_meet_is_what_it_meets() -> None:
    admission = book(total=1, queue=100)
    enter(admission, *["hog"] * 20, "ann", "bob")
    for user in ("new", "ann", "hog"):
        foreseen = admission.newcomers_position(user, "stitch")
        [newcomer] = enter(admission, user)

        assert admission.position(newcomer) == foreseen
        admission.leave(newcomer)


@settings(max_examples=100)
@given(seed=st.integers(0, 2**32), queue=st.integers(0, 5), refuse=st.booleans())
def test_asking_whether_one_may_come_in_answers_like_coming_in(
    seed: int, queue: int, *, refuse: bool
) -> None:
    chance = random.Random(seed)
    admission = book(total=2, queue=queue, refuse=refuse)
    inside: list[Ticket] = []
    for _ in range(30):
        user = chance.choice("abc")
        before = (admission.running, admission.waiting)
        try:
            admission.refuse(user, "stitch")
            may = True
        except (QueueFull, UserBusy):
            may = False
        assert (admission.running, admission.waiting) == before
        newcomer = ticket(user)
        try:
            admission.enter(newcomer)
            assert may
            inside.append(newcomer)
        except (QueueFull, UserBusy):
            assert not may
        if inside and chance.random() < 0.4:
            admission.leave(inside.pop(chance.randrange(len(inside))))
