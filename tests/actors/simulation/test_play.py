"""The real tree on virtual time."""

import threading
from typing import Any

import pytest
import trio

from actors.simulation.lived import Lived
from actors.simulation.load import Arrival, load_of, run_times_of
from actors.simulation.play import play
from actors.simulation.report import report
from conf.settings import DAY, CapabilitySettings, Concurrency, Limits, Settings


def settings(slots: int, **limits: int) -> Settings:
    return Settings(
        concurrency=Concurrency(max_global_jobs=slots, queue_timeout=DAY),
        limits=Limits.model_validate({"max_queue_size": 1000, **limits}),
        capabilities={"work": CapabilitySettings(run_timeout=DAY)},
    )


def ten_users_with_ten_minutes(slots: int, **limits: int) -> list[Lived]:
    load = load_of(
        users=10,
        jobs_per_user=1,
        capability="work",
        arrivals="together",
        run_times=run_times_of("constant:600"),
        seed=1,
    )
    return play(settings(slots, **limits), load, seed=1)


@pytest.mark.parametrize(
    ("slots", "per_hour", "to_start", "to_finish", "last"),
    [(1, 6, 45, 55, 100), (3, 18, 12, 22, 40), (5, 30, 5, 15, 20)],
)
def test_ten_users_with_ten_minutes_each_meet_exactly_what_arithmetic_says(
    slots: int, per_hour: float, to_start: float, to_finish: float, last: float
) -> None:
    found = report(ten_users_with_ten_minutes(slots), slots)

    assert found.to_start is not None
    assert found.to_finish is not None
    assert found.per_hour_busy == per_hour
    assert found.to_start.mean == 60 * to_start
    assert found.to_finish.mean == 60 * to_finish
    assert found.last_finish == 60 * last
    assert found.ends == {"succeeded": 10}


def test_who_is_refused_is_counted() -> None:
    lived = ten_users_with_ten_minutes(3, max_queue_size=2)

    assert report(lived, 3).ends == {"refused": 5, "succeeded": 5}


def test_nothing_runs_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Virtual time jumps on while a thread works, so one would spoil every run."""

    def forbidden(*_: Any, **__: Any) -> None:
        raise AssertionError("a thread was started")

    monkeypatch.setattr(trio.to_thread, "run_sync", forbidden)
    monkeypatch.setattr(threading.Thread, "start", forbidden)

    assert len(ten_users_with_ten_minutes(3)) == 10


def test_the_same_seed_gives_the_same_lives() -> None:
    load = load_of(
        users=20,
        jobs_per_user=5,
        capability="work",
        arrivals="poisson:1000",
        run_times=run_times_of("lognormal:60,1"),
        seed=1,
    )

    assert play(settings(3), load, seed=1) == play(settings(3), load, seed=1)


def test_no_load_is_over_at_once() -> None:
    assert play(settings(3), [], seed=1) == []


def test_it_tells_how_many_have_ended() -> None:
    told: list[int] = []
    load = [Arrival(at=0, user="a", capability="work", seconds=1) for _ in range(3)]
    play(settings(1), load, seed=1, on_ended=told.append)

    assert told == [1, 2, 3]
