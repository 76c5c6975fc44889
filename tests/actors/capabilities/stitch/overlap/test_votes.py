"""Rows that are rare elect the offset; the verdict is none unless one offset stands alone."""

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.stitch.overlap import votes
from actors.capabilities.stitch.overlap.votes import PLAIN, Finding, Verdict, candidates

GOOD = Finding(offset=100, rows=300, misfit=0.0, distance=0.5)
BAD = Finding(offset=400, rows=300, misfit=0.5, distance=40)


def verdict(findings: list[Finding]) -> Verdict:
    return votes.verdict(findings, least=20)


@given(st.integers(1, 90), st.integers(0, 5))
def test_rows_that_are_there_once_elect_their_offset(offset: int, seed: int) -> None:
    rng = Random(seed)
    page = [rng.getrandbits(64) | 1 for _ in range(200)]

    assert candidates([page[:100]], [page[offset : offset + 100]])[0] == offset


def test_a_rare_row_outweighs_many_common_ones() -> None:
    common = [7, 9, 11, 13] * 30
    above, below = [*common], [*common]
    above[91] = below[20] = 1234
    above[92] = below[21] = 1235

    assert candidates([above], [below])[0] == 71


def test_plain_rows_and_rows_at_their_own_place_do_not_vote() -> None:
    assert candidates([[5, 5 * PLAIN, 6, 3 * PLAIN]], [[5, 3 * PLAIN, 6, 5 * PLAIN]]) == []


def test_candidates_are_apart_and_few() -> None:
    rng = Random(3)
    above = [rng.randrange(1, 40) for _ in range(400)]
    below = [rng.randrange(1, 40) for _ in range(400)]

    found = candidates([above], [below])

    assert len(found) == 9
    assert all(abs(a - b) > 2 for a in found for b in found if a != b)


def test_an_offset_that_fits_alone_is_sure() -> None:
    assert verdict([BAD, GOOD]).best is GOOD
    assert verdict([BAD, GOOD]).confidence > 0.9


def test_two_offsets_that_fit_alike_are_no_answer() -> None:
    found = verdict([GOOD, replace(GOOD, offset=250, misfit=0.005)])

    assert found.best is None
    assert "repeats" in found.why


def test_an_offset_beside_the_best_is_no_rival() -> None:
    beside = replace(GOOD, offset=103, misfit=0.0, distance=3)

    assert verdict([beside, GOOD, BAD]).best is GOOD


def test_a_bad_fit_is_no_answer_though_all_others_are_worse() -> None:
    assert verdict([replace(GOOD, misfit=0.2), replace(BAD, misfit=0.9)]).best is None


def test_a_line_in_common_is_too_little() -> None:
    found = verdict([replace(GOOD, rows=6)])

    assert found.best is None
    assert "too little" in found.why


FINDINGS = st.builds(
    Finding,
    offset=st.integers(1, 2000),
    rows=st.integers(0, 2000),
    misfit=st.floats(0, 2),
    distance=st.floats(0, 255),
)


@given(st.lists(FINDINGS, max_size=7))
def test_a_verdict_is_one_of_the_findings_or_says_why_not(findings: list[Finding]) -> None:
    found = verdict(findings)

    assert (found.best in findings) if found.best else found.why
    assert 0 <= found.confidence <= 1
    assert (found.best is None) == (found.confidence == 0)
