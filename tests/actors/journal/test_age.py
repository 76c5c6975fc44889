"""The arithmetic of the age."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from actors.journal.age import BELIEVABLE, Ageing, Mark, Resumed, resume

times = st.floats(-1e11, 1e11)
ages = st.floats(0, 1e11)


@given(ages, times, times)
def test_the_age_never_goes_back_between_lives(age: float, before: float, now: float) -> None:
    assert resume(Mark(age, before), now).age >= age


@given(ages, times, times)
def test_no_more_than_the_believable_is_counted(age: float, before: float, now: float) -> None:
    resumed = resume(Mark(age, before), now)
    assert resumed.age <= age + BELIEVABLE
    believed = 0 <= now - before <= BELIEVABLE
    assert (resumed.doubt == "") is believed
    if resumed.doubt:
        assert resumed.age == age


def test_a_record_without_a_mark_begins_at_nothing() -> None:
    assert resume(None, 4e9) == Resumed(0.0, "")


@given(ages, times, st.lists(times, min_size=1))
def test_within_a_life_it_follows_the_clock_and_never_falls_below_its_begin(
    begun: float, since: float, clocks: list[float]
) -> None:
    ageing = Ageing(begun, since)
    told = [ageing.at(clock) for clock in sorted(clocks)]
    assert all(one <= next for one, next in pairwise(told))
    assert told[0] >= begun


@given(st.lists(st.tuples(st.integers(0, 10**7), times), max_size=20))
def test_over_many_lives_with_a_wall_clock_gone_mad_it_only_grows(
    lives: list[tuple[int, float]],
) -> None:
    """Each life lasts some seconds and leaves its mark; the wall clock is anywhere."""
    mark, open_for = None, 0
    for lasted, wall in lives:
        resumed = resume(mark, wall)
        assert mark is None or resumed.age >= mark.age
        mark = Mark(Ageing(resumed.age, 5.0).at(5.0 + lasted), wall)
        open_for += lasted
        assert mark.age >= open_for * (1 - 1e-9)


def test_a_doubt_says_what_is_wrong_with_the_clock() -> None:
    assert resume(Mark(0, 7200), 0).doubt.startswith("the wall clock stands 7200 s before")
    assert resume(Mark(0, 0), 86400 * 365).doubt.startswith("the wall clock stands 365 days after")
