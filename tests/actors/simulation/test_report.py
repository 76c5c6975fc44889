"""What became of a load, in numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.simulation.lived import Lived
from actors.simulation.report import jain, quantile, report, share_within


def lived(user: str, asked: float, started: float | None, ended: float, end: str) -> Lived:
    return Lived(
        user=user,
        capability="work",
        asked_at=asked,
        started_at=started,
        ended_at=ended,
        end=end,
    )


MIXED = [
    lived("ann", 0, 0, 100, "succeeded"),
    lived("ann", 0, 100, 200, "failed"),
    lived("bob", 50, 50, 100, "succeeded"),
    lived("bob", 60, None, 160, "expired"),
    lived("cy", 70, None, 70, "refused"),
]


def test_ends_throughput_and_utilisation_are_counted() -> None:
    found = report(MIXED, 2)

    assert found.ends == {"expired": 1, "failed": 1, "refused": 1, "succeeded": 2}
    assert (found.jobs, found.users, found.refused, found.last_finish) == (5, 3, 1, 200)
    assert found.per_hour == 2 / 200 * 3600
    assert found.utilisation == 250 / 400
    assert found.most_waiting == 2


def test_throughput_while_busy_counts_only_that_time() -> None:
    """Both slots were taken from 50 to 100, and two jobs succeeded at 100."""
    assert report(MIXED, 2).per_hour_busy == 2 / 50 * 3600


def test_there_is_none_when_the_slots_were_never_all_taken() -> None:
    assert report(MIXED, 3).per_hour_busy is None


def test_who_never_began_has_not_begun_in_time() -> None:
    assert share_within(MIXED, 50) == 2 / 5
    assert share_within(MIXED, 100) == 3 / 5


def test_a_load_that_came_to_nothing_has_no_waits() -> None:
    found = report([lived("ann", 0, None, 0, "refused")], 1)

    assert (found.to_start, found.to_finish, found.per_hour) == (None, None, 0)


@given(st.lists(st.floats(0.001, 1e6), min_size=1))
def test_jains_index_lies_between_all_for_one_and_the_same_for_all(values: list[float]) -> None:
    assert 1 / len(values) - 1e-9 <= jain(values) <= 1 + 1e-9
    assert jain([values[0]] * len(values)) == pytest.approx(1)
    assert jain([values[0]] + [0] * 9) == pytest.approx(0.1)


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.01, 1))
def test_a_quantile_is_the_least_value_that_so_many_do_not_exceed(
    values: list[float], share: float
) -> None:
    ordered = sorted(values)
    found = quantile(ordered, share)
    within = [sum(other <= value for other in values) for value in ordered]
    enough = [
        value
        for value, count in zip(ordered, within, strict=True)
        if count >= share * len(values) - 1e-6
    ]

    assert found == pytest.approx(min(enough))
