"""The black-box cases as tests: a choice of them in CI, all of them under `slow`."""

import pytest

from tests.hostile.cases.areas import CASES, SKIPPED
from tests.hostile.cases.case import AREAS, Case
from tests.hostile.cases.runner import Outcome, run, table

IN_CI = frozenset(
    {"one-packet-kill", "http-parsing", "json-and-numbers", "websocket", "range-and-conditional"}
)
"""Areas of which CI runs a choice; the others start servers of their own or make many users."""

OPEN = {
    "HDR-11": "the cookie's name is fixed by the contract, without the prefix __Host-",
}
"""Cases that fail, each with what is so; whoever mends one takes it out of here."""


def problems(outcomes: list[Outcome]) -> list[Outcome]:
    """Those that went wrong and are not known to."""
    return [each for each in outcomes if each.problem and each.case.id not in OPEN]


def in_ci(case: Case) -> bool:
    """One of each class: those that stand in the list or fill its gaps, without their siblings."""
    return not case.slow and case.id[-1].isdigit() and case.area in IN_CI


def test_every_case_has_an_area_a_line_and_an_id_that_is_not_skipped() -> None:
    for case in CASES.values():
        assert case.area in AREAS.values()
        assert case.line
        assert case.id not in SKIPPED
    assert all(SKIPPED.values())
    assert len(CASES) > 250


@pytest.mark.timeout(300)
async def test_what_strangers_send_does_no_harm() -> None:
    outcomes = await run(filter(in_ci, CASES.values()), together=True)
    assert problems(outcomes) == [], table(outcomes)


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_nothing_that_strangers_send_does_harm() -> None:
    outcomes = await run(CASES.values())
    assert problems(outcomes) == [], table(outcomes)
