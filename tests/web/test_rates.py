from hypothesis import given
from hypothesis import strategies as st

from web.rates import Rate


def test_a_full_bucket_gives_its_minute_at_once_then_one_by_one() -> None:
    rate = Rate(3)
    assert [rate.take("a", 100.0) for _ in range(4)] == [0, 0, 0, 20.0]
    assert rate.take("a", 119.0) == 1.0
    assert rate.take("a", 120.0) == 0
    assert rate.take("a", 120.0) == 20.0


def test_a_refused_take_takes_nothing() -> None:
    rate = Rate(1)
    assert rate.take("a", 0.0) == 0
    assert {rate.take("a", 30.0) for _ in range(100)} == {30.0}
    assert rate.take("a", 60.0) == 0


def test_one_does_not_use_what_is_anothers() -> None:
    rate = Rate(1)
    assert [rate.take(name, 0.0) for name in "abab"] == [0, 0, 60.0, 60.0]


def test_a_changed_rate_holds_from_the_next_take_on() -> None:
    rate = Rate(1)
    assert [rate.take("a", 0.0) for _ in range(2)] == [0, 60.0]
    rate.per_minute = 60
    assert rate.take("a", 0.0) == 1.0
    assert rate.take("a", 1.0) == 0
    rate.per_minute = 1
    assert rate.take("a", 1.0) == 60.0


@given(
    st.integers(1, 1000),
    st.lists(st.floats(0, 30), min_size=1, max_size=200),
)
def test_in_no_stretch_of_time_is_more_given_than_promised_and_the_wait_is_true(
    per_minute: int, steps: list[float]
) -> None:
    rate, now, taken = Rate(per_minute), 0.0, 0
    for step in steps:
        now += step
        wait = rate.take("a", now)
        if wait == 0:
            taken += 1
        else:
            assert 0 < wait <= 60 / per_minute + 1e-6
            assert rate.take("a", now + wait) == 0
            now, taken = now + wait, taken + 1
        assert taken <= per_minute * (1 + now / 60) + 1e-6


def test_memory_holds_no_more_than_was_said_however_many_come() -> None:
    rate = Rate(2, most=100)
    for number in range(10_000):
        rate.take(str(number), 0.0)
    assert len(rate) == 100
    assert rate.take("9999", 0.0) == 0
    assert rate.take("9999", 0.0) > 0


def test_who_has_not_been_here_for_a_minute_is_forgotten() -> None:
    rate = Rate(60)
    for number in range(100):
        rate.take(str(number), 0.0)
    for number in range(100):
        rate.take("a", 61.0 + number)
    assert len(rate) == 1
