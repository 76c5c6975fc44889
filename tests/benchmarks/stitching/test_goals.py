"""Goals are judged by the numbers that they name, and by nothing that is missing."""

from dataclasses import replace

from tests.benchmarks.stitching.goals import Verdict, verdicts
from tests.benchmarks.stitching.measures import Measure, middle

OURS = Measure(seconds=1.0, wall=1.2, cpu=1.0, memory=100_000_000, size=10)


def judged(workload: str, aim: str, **contenders: Measure) -> Verdict:
    named = {name.replace("_", " "): found for name, found in contenders.items()}
    found = verdicts({workload: named, "W6n": named})
    return next(verdict for verdict in found if (verdict.workload, verdict.aim) == (workload, aim))


def test_a_ratio_that_is_just_reached_is_met() -> None:
    rival = replace(OURS, seconds=1.3)
    verdict = judged("W1", "1.3 x as fast as libvips", ours=OURS, libvips=rival)
    assert verdict.reached == "1.30 x"
    assert verdict.met is True


def test_a_ratio_below_is_missed() -> None:
    rival = replace(OURS, seconds=1.29)
    verdict = judged("W1", "1.3 x as fast as libvips", ours=OURS, libvips=rival)
    assert verdict.met is False


def test_of_several_ways_of_a_peer_the_best_counts() -> None:
    quick = {"libvips, quick": replace(OURS, seconds=0.9)}
    verdict = judged(
        "W4", "1 x as fast as libvips", ours=OURS, libvips=replace(OURS, seconds=2), **quick
    )
    assert verdict.reached == "0.90 x"


def test_without_a_peer_nothing_is_claimed() -> None:
    verdict = judged("W1", "1.3 x as fast as libvips", ours=OURS)
    assert verdict == Verdict("W1", "1.3 x as fast as libvips", "", None)


def test_memory_is_held_against_the_leanest_way_of_libvips() -> None:
    verdict = judged(
        "W2", "memory at most 40% of libvips'", ours=OURS, libvips=replace(OURS, memory=200_000_000)
    )
    assert (verdict.reached, verdict.met) == ("50%", False)


def test_a_service_may_add_a_tenth_of_long_work() -> None:
    service = {"ours, service": replace(OURS, seconds=1.09)}
    assert judged("W3", "service adds at most 100 ms", ours=OURS, **service).met is True


def test_a_service_may_add_fifteen_milliseconds_to_short_work() -> None:
    short = replace(OURS, seconds=0.01)
    service = {"ours, service": replace(OURS, seconds=0.03)}
    assert judged("W5", "service adds at most 15 ms", ours=short, **service).met is False


def test_the_middle_is_each_numbers_own() -> None:
    runs = [replace(OURS, seconds=s, memory=m) for s, m in ((1.0, 30), (2.0, 10), (9.0, 20))]
    assert (middle(runs).seconds, middle(runs).memory) == (2.0, 20)
