"""Changes of the limits, pauses and drains in the book: whatever comes, it stays true."""

from collections import Counter
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.admission import Admission, MachineLimits
from actors.errors import QueueFull, UserBusy
from actors.lines import CapabilityLimits, Standing, Ticket
from actors.messages import Priority
from tests.actors.test_admission import ticket

NAMES = ("stitch", "fetch")

machines = st.builds(
    MachineLimits,
    global_jobs=st.integers(1, 5),
    jobs_per_user=st.integers(1, 5),
    queue_size=st.integers(2, 12),
    refuse_busy_user=st.booleans(),
    priority=st.booleans(),
    charge_time=st.booleans(),
    weights=st.fixed_dictionaries({}, optional={"a": st.sampled_from([0.01, 0.5, 3, 100])}),
)
rooms = st.fixed_dictionaries(
    {
        name: st.builds(
            CapabilityLimits,
            running=st.integers(1, 5),
            running_per_user=st.integers(1, 5),
            queued=st.integers(2, 12),
        )
        for name in NAMES
    }
)
names = st.sampled_from(NAMES)
enter = st.tuples(st.just("enter"), st.sampled_from("abcd"), names, st.sampled_from(Priority))
steps = st.lists(
    st.one_of(
        enter,
        enter,
        enter,  # or few would ever wait
        st.tuples(st.just("leave"), st.integers(0, 50), st.floats(0, 40)),
        st.tuples(st.just("change"), machines, rooms),
        st.tuples(st.sampled_from(["pause", "resume"]), names),
        st.tuples(st.sampled_from(["close", "reopen"])),
    ),
    min_size=20,
    max_size=60,
)


@dataclass
class Scene:
    """A book, and what was done with it."""

    book: Admission
    inside: list[Ticket] = field(default_factory=list)

    def do(self, kind: str, *given: object) -> list[Ticket]:
        """One step; the tickets that it lets run."""
        match kind, *given:
            case "enter", str(user), str(name), Priority() as priority:
                newcomer = ticket(user, name, priority)
                newcomer.owner = user
                try:
                    granted = self.book.enter(newcomer)
                except (QueueFull, UserBusy):
                    return []
                self.inside.append(newcomer)
                return granted
            case "leave", int(which), float(extra):
                if not self.inside:
                    return []
                return self.book.leave(self.inside.pop(which % len(self.inside)), extra=extra)
            case "change", MachineLimits() as machine, dict(limits):
                return self.book.change(machine, limits)
        return getattr(self.book, kind)(*given) or []

    def standing(self, standing: Standing) -> list[Ticket]:
        return [ticket for ticket in self.inside if ticket.standing is standing]


def counts(tickets: list[Ticket], machine: MachineLimits, limits: object) -> Counter[object]:
    """How many run under each limit, as far as it is exceeded."""
    assert isinstance(limits, dict)
    found: Counter[object] = Counter()
    most: dict[object, int] = {}
    for one in tickets:
        room = limits[one.capability]
        for name, limit in (
            ("all", machine.global_jobs),
            (one.user, machine.jobs_per_user),
            ((one.capability,), room.running),
            ((one.capability, one.user), room.running_per_user),
        ):
            found[name] += 1
            most[name] = limit
    return Counter({name: count for name, count in found.items() if count > most[name]})


@settings(max_examples=80)
@given(first=machines, limits=rooms, steps=steps)
def test_whatever_is_changed_none_is_killed_and_none_begins_beyond_a_limit(
    first: MachineLimits, limits: dict[str, CapabilityLimits], steps: list[tuple[str, object]]
) -> None:
    scene = Scene(Admission(first, limits))
    book = scene.book
    for kind, *rest in steps:
        before = scene.standing(Standing.RUNNING)
        granted = scene.do(kind, *rest)
        running, waiting = [scene.standing(s) for s in (Standing.RUNNING, Standing.WAITING)]

        assert {one.job for one in running} == (
            {one.job for one in before if one in scene.inside} | {one.job for one in granted}
        )
        assert (book.running, book.waiting) == (len(running), len(waiting))
        beyond = counts(running, book.machine, book.capabilities)
        for one in granted:  # a lowered limit drains: who is granted is within every one
            mine = {"all", one.user, (one.capability,), (one.capability, one.user)}
            assert not mine & beyond.keys()
            assert one.capability not in book.paused
            assert not book.closed
        for one in waiting:  # nobody waits for nothing, and all are told for what
            assert book.holds(one)
        for name in NAMES:
            line = [one for one in waiting if one.capability == name]
            assert sorted(book.position(one) or 0 for one in line) == [*range(1, len(line) + 1)]


@settings(max_examples=50)
@given(limits=rooms, machine=machines, steps=steps)
def test_with_every_hindrance_removed_all_run_in_the_end(
    limits: dict[str, CapabilityLimits], machine: MachineLimits, steps: list[tuple[str, object]]
) -> None:
    scene = Scene(Admission(machine, limits))
    for kind, *rest in steps:
        scene.do(kind, *rest)
    for name in NAMES:
        scene.book.resume(name)
    scene.book.reopen()
    while running := scene.standing(Standing.RUNNING):
        scene.inside.remove(running[0])
        scene.book.leave(running[0])

    assert (scene.inside, scene.book.running, scene.book.waiting) == ([], 0, 0)
