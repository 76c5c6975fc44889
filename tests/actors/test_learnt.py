"""What was learnt comes back as it was; what is none of ours is told apart, and bounded."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.admission import Admission, MachineLimits
from actors.estimate import REMEMBERED_RUNS, RunTimes, Typical
from actors.experience import REMEMBERED_ENDS
from actors.foresight import Foresight
from actors.learnt import (
    LONGEST,
    MOST,
    UnreadableError,
    document_of,
    document_of_all,
    take_up,
    typical_of,
)
from actors.lines import CapabilityLimits
from actors.messages import Eta

seconds = st.floats(0, 1e6)
sizes = st.floats(0, 1e12)
runs = st.lists(st.tuples(seconds, sizes), max_size=300)
ends = st.lists(st.tuples(st.floats(0.001, 1e6), seconds), max_size=300)

ROOMY = CapabilityLimits(running=10, running_per_user=10, queued=100)


def foresight() -> Foresight:
    machine = MachineLimits(global_jobs=1, jobs_per_user=1, queue_size=10)
    return Foresight(Admission(machine, {"stitch": ROOMY}))


@given(runs, ends, ends, st.lists(st.booleans(), max_size=1200), sizes)
def test_what_is_taken_up_estimates_as_what_was_put_down(
    ran: list[tuple[float, float]],
    first: list[tuple[float, float]],
    behind: list[tuple[float, float]],
    inside: list[bool],
    size: float,
) -> None:
    before, after = foresight(), foresight()
    for took, of in ran:
        before.run_times["stitch"].add(took, of)
    for correction, told in zip(before.corrections["stitch"], (first, behind), strict=True):
        for expected, actual in told:
            correction.add(expected, actual)
    for end in inside:
        before.coverage["stitch"].add(Eta(p50=10, p90=14), 10 if end else 20)
    document = document_of(before, "stitch")
    take_up(after, "stitch", document)

    old, new = before.run_times["stitch"], after.run_times["stitch"]
    assert new.mean() == old.mean()
    assert _told(new, size) == _told(old, size)
    for one, other in zip(before.corrections["stitch"], after.corrections["stitch"], strict=True):
        assert other.apply(Eta(p50=1, p90=2)) == one.apply(Eta(p50=1, p90=2))
    assert after.coverage["stitch"].inside == before.coverage["stitch"].inside
    assert after.coverage["stitch"].jobs == before.coverage["stitch"].jobs
    assert document_of(after, "stitch") == document


def _told(times: RunTimes, size: float) -> tuple[float, ...] | None:
    found = times.like(size)
    return None if found is None else (found.p10, found.p50, found.p90)


@given(st.lists(seconds, max_size=300), seconds)
def test_turns_cost_after_it_what_they_cost_before(ran: list[float], held: float) -> None:
    before = Typical()
    for took in ran:
        before.add(took)

    assert typical_of(document_of_all(before)).further_turns(held) == before.further_turns(held)


def test_numbers_beyond_all_bounds_are_put_down_as_the_greatest() -> None:
    before, after = foresight(), foresight()
    before.run_times["stitch"].add(1e300, 1e300)
    before.corrections["stitch"][0].add(1e-300, 1e300)
    take_up(after, "stitch", document_of(before, "stitch"))

    assert after.run_times["stitch"].mean() == MOST


GOOD = {"version": 1, "runs": [[0.0, 1.0]], "first": [1.0], "behind": [], "inside": "101"}


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"version": None},
        {"more": 1},
        {"runs": [[0.0]]},
        {"runs": [[0.0, -1.0]]},
        {"runs": [[0.0, 1e300]]},
        {"runs": [[1e9, 1.0]]},
        {"runs": [[0.0, 1.0]] * (REMEMBERED_RUNS + 1)},
        {"first": ["1"]},
        {"behind": [None]},
        {"inside": "102"},
        {"inside": "1" * (REMEMBERED_ENDS + 1)},
    ],
    ids=str,
)
def test_a_document_of_another_form_changes_nothing(change: dict[str, object]) -> None:
    seen = foresight()
    seen.run_times["stitch"].add(7.0)
    take_up(seen, "stitch", json.dumps(GOOD))  # this one is
    with pytest.raises(UnreadableError):
        take_up(seen, "stitch", json.dumps({**GOOD, **change}))

    assert list(seen.run_times["stitch"].recent) == [(0.0, 1.0)]


def test_a_long_document_is_not_even_read() -> None:
    with pytest.raises(UnreadableError, match="may have"):
        typical_of(json.dumps({"version": 1, "runs": []}) + " " * LONGEST)


@given(st.text())
def test_any_text_is_read_or_told_apart(text: str) -> None:
    ways: list[Callable[[], object]] = [
        lambda: take_up(foresight(), "stitch", text),
        lambda: typical_of(text),
    ]
    for act in ways:
        with pytest.raises(UnreadableError):
            act()
