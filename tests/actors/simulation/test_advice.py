"""The smallest limits that meet a wish."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from actors.simulation.advice import Bound, Capacity, Need, Trial, advise, bound_of

GIGABYTE = 1 << 30


def met_from(slots: int, per_user: int = 1) -> Callable[[int, int], Trial]:
    """A load for which so many slots are enough."""

    def attempt(global_jobs: int, own: int) -> Trial:
        enough = global_jobs >= slots and own >= per_user
        share = 1.0 if enough else global_jobs / 10_000
        return Trial(global_jobs=global_jobs, per_user=own, share=share, most_waiting=10)

    return attempt


@given(st.integers(1, 1000))
def test_the_smallest_number_of_slots_is_found(slots: int) -> None:
    found = advise(met_from(slots), wish=0.9, bound=Bound(slots=1000, by="memory"), per_user=1)

    assert found.met
    assert found.best.global_jobs == slots


def test_a_users_own_share_is_found_too() -> None:
    found = advise(met_from(4, 3), wish=0.9, bound=Bound(slots=9, by="memory"), per_user=None)

    assert (found.best.global_jobs, found.best.per_user, found.queue_size) == (4, 4, 15)


def test_what_the_machine_cannot_hold_is_told() -> None:
    found = advise(met_from(40), wish=0.9, bound=Bound(slots=8, by="processors"), per_user=1)

    assert not found.met
    assert found.best.global_jobs == 8
    assert found.needed is not None
    assert found.needed.global_jobs == 40


def test_a_wish_that_nothing_meets_is_told() -> None:
    found = advise(met_from(4000), wish=0.9, bound=Bound(slots=8, by="memory"), per_user=1, most=64)

    assert (found.met, found.needed, found.best.global_jobs) == (False, None, 8)


@given(st.integers(1, 99), st.integers(1, 9), st.none() | st.integers(1, 9))
def test_the_slots_that_are_given_are_kept(slots: int, needed: int, own: int | None) -> None:
    bound = Bound(slots=4, by="memory")
    found = advise(met_from(needed), wish=0.9, bound=bound, per_user=own, slots=slots)

    assert found.best.global_jobs == slots
    assert found.met == (slots >= needed) == (found.needed is not None)


def test_memory_and_processors_bound_a_machine() -> None:
    machine = Capacity(memory=10 * GIGABYTE, processors=16)

    assert bound_of(machine, Need(memory=2 * GIGABYTE)) == Bound(slots=4, by="memory")
    assert bound_of(machine, Need(memory=0, processors=2)) == Bound(slots=8, by="processors")
    assert bound_of(machine, Need(memory=99 * GIGABYTE)).slots == 1
