"""Experience: how often what was told came true, and what is told in its light."""

from actors.experience import LEAST_BAND, Coverage, band
from actors.messages import Eta


def test_the_band_lies_as_far_below_the_middle_as_above_and_is_never_nothing() -> None:
    assert band(Eta(p50=10, p90=14)) == (6, 14)
    assert band(Eta(p50=100, p90=100)) == (100 - 100 * LEAST_BAND, 100 + 100 * LEAST_BAND)


def test_coverage_is_the_share_of_ends_inside_their_bands() -> None:
    coverage = Coverage()
    assert (coverage.jobs, coverage.inside) == (0, None)
    for actual in (5, 7, 13, 15):
        coverage.add(Eta(p50=10, p90=14), actual)

    assert (coverage.jobs, coverage.inside) == (4, 0.5)
