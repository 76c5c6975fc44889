"""Patterns of arrivals and run times."""

from random import Random
from statistics import fmean, median

import pytest

from actors.simulation.load import (
    DAY,
    HOUR,
    UnknownPatternError,
    drawn_from,
    load_of,
    run_times_of,
    times_of,
)


def test_the_same_arguments_give_the_same_load() -> None:
    def load(seed: int) -> object:
        return load_of(
            users=5,
            jobs_per_user=4,
            capability="work",
            arrivals="day",
            run_times=run_times_of("lognormal:60,1"),
            seed=seed,
        )

    assert load(1) == load(1)
    assert load(1) != load(2)


def test_every_user_brings_as_many_jobs_as_said() -> None:
    load = load_of(
        users=3,
        jobs_per_user=4,
        capability="work",
        arrivals="together",
        run_times=run_times_of("constant:5"),
        seed=1,
    )
    users = [arrival.user for arrival in load]

    assert {user: users.count(user) for user in users} == dict.fromkeys(sorted(set(users)), 4)
    assert {(arrival.at, arrival.seconds) for arrival in load} == {(0.0, 5.0)}


def test_poisson_arrivals_have_their_rate() -> None:
    times = times_of("poisson:60", 10_000, Random(1))

    assert times == sorted(times)
    assert times[-1] == pytest.approx(10_000 / 60 * HOUR, rel=0.05)


def test_a_day_is_busiest_in_the_afternoon_and_ends_at_midnight() -> None:
    times = times_of("day", 10_000, Random(1))
    at_night = sum(2 * HOUR <= at < 4 * HOUR for at in times)
    after_noon = sum(14 * HOUR <= at < 16 * HOUR for at in times)

    assert 0 <= times[0] <= times[-1] <= DAY
    assert after_noon > 8 * at_night


def test_run_times_are_as_named() -> None:
    def drawn(pattern: str) -> list[float]:
        chance, draw = Random(1), run_times_of(pattern)
        return [draw(chance) for _ in range(10_000)]

    assert set(drawn("constant:600")) == {600.0}
    assert 20 <= min(drawn("uniform:20,40")) <= max(drawn("uniform:20,40")) <= 40
    assert fmean(drawn("uniform:20,40")) == pytest.approx(30, rel=0.02)
    assert median(drawn("lognormal:90,0.8")) == pytest.approx(90, rel=0.05)
    assert {drawn_from([3.0])(Random(1)) for _ in range(3)} == {3.0}


@pytest.mark.parametrize(
    "pattern",
    ["", "sometimes", "constant", "constant:-1", "uniform:5,1", "constant:nan", "constant:x"],
)
def test_an_unknown_pattern_is_told_with_what_is_known(pattern: str) -> None:
    with pytest.raises(UnknownPatternError, match="lognormal:MEDIAN,SIGMA"):
        run_times_of(pattern)
    with pytest.raises(UnknownPatternError, match="poisson:JOBS_PER_HOUR"):
        times_of(f"poisson:{pattern}", 1, Random(1))
