"""The goals of stitching, and whether they are met. Pure.

Owns: every number that was aimed at; where the notes tell it, beside it.
Never: measures.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tests.benchmarks.stitching.contenders import OURS, SERVICE
from tests.benchmarks.stitching.measures import Measure

Found = Mapping[str, Mapping[str, Measure]]
"""The middles by workload and contender; who refused is missing."""

MEGABYTE: Final = 1_000_000

VIPS: Final = ("libvips", "libvips, quick")
SHARP: Final = ("sharp join", "sharp join, quick")
PILLOW: Final = ("Pillow",)

EVEN: Final = ("W1b", "W2j", "W2w", "W4")

_FASTER: Final[tuple[tuple[str, tuple[str, ...], float], ...]] = (
    ("W1", VIPS, 1.3),
    ("W1", SHARP[:1], 2.8),
    ("W1", PILLOW, 2.7),
    ("W1i", VIPS, 30),
    ("W1i", SHARP[:1], 70),
    ("W1i", PILLOW, 50),
    ("W2", VIPS, 6),
    ("W2", SHARP[:1], 6),
    ("W2", PILLOW, 40),
    ("W3", VIPS, 1.5),
    ("W3", SHARP[:1], 2.8),
    ("W3", PILLOW, 2.5),
    ("W5", VIPS, 1.6),
    ("W5", SHARP[:1], 2.5),
    ("W5", PILLOW, 1.4),
    *(
        (workload, peers, ratio)
        for workload in EVEN
        for peers, ratio in ((VIPS, 1.0), (SHARP, 1.0), (PILLOW, 1.2))
    ),
)
"""How many times the seconds of the quickest of these are ours to be, at least."""

_MEGABYTES: Final = (("W1", 130), ("W1i", 30), ("W6", 120))
"""Of memory, at most."""

_LEANER: Final = (("W2", 0.4), ("W3", 0.75), ("W6", 0.15), *((name, 1.0) for name in EVEN))
"""Of libvips' memory, at most."""

_OVERHEAD: Final = (0.1, 0.015)
"""Of the work, or seconds, whichever is more: what the service adds."""

_FLAT: Final = 1.1
"""Times the memory, at most, for ten times the pictures."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One goal: what was aimed at, what was reached, and whether that will do.

    `reached` is empty and `met` None where it was not measured.
    """

    workload: str
    aim: str
    reached: str = ""
    met: bool | None = None


def verdicts(found: Found) -> list[Verdict]:
    """All goals of the workloads that were measured."""
    made = [*_faster(found), *_memory(found), *_largest(found), *_overheads(found)]
    order = list(found)
    return sorted(
        (verdict for verdict in made if verdict.workload in found),
        key=lambda verdict: order.index(verdict.workload),
    )


def _faster(found: Found) -> Iterator[Verdict]:
    for workload, peers, ratio in _FASTER:
        aim = f"{ratio:g} x as fast as {peers[0]}"
        yield _at_least(workload, aim, ratio, _ratio(found, workload, peers, _seconds))


def _memory(found: Found) -> Iterator[Verdict]:
    for workload, most in _MEGABYTES:
        ours = _measure(found, workload, OURS)
        aim = f"memory at most {most} MB"
        reached = None if ours is None else ours.memory / MEGABYTE
        yield _at_most(workload, aim, most, reached, "{:.0f} MB")
    for workload, share in _LEANER:
        ratio = _ratio(found, workload, VIPS, _bytes_of_memory)
        aim = f"memory at most {share:.0%} of libvips'"
        yield _at_most(workload, aim, share, ratio and 1 / ratio, "{:.0%}")


def _largest(found: Found) -> Iterator[Verdict]:
    """What is asked of W6 alone."""
    ratio = _ratio(found, "W6", VIPS, lambda measure: measure.cpu)
    yield _at_least("W6", "1.5 x less processor time than libvips", 1.5, ratio)
    size = _ratio(found, "W6", VIPS, lambda measure: measure.size)
    yield _at_most("W6", "file at most 60% of libvips'", 0.6, size and 1 / size, "{:.0%}")
    many, few = (_measure(found, name, OURS) for name in ("W6", "W6n"))
    growth = many.memory / few.memory if many and few else None
    aim = "memory flat: the same for 20 and 200"
    yield _at_most("W6", aim, _FLAT, growth, "{:.2f} x")


def _overheads(found: Found) -> Iterator[Verdict]:
    for workload in found:
        library, service = (_measure(found, workload, name) for name in (OURS, SERVICE))
        if library and service:
            most = max(_OVERHEAD[0] * library.seconds, _OVERHEAD[1])
            added = service.seconds - library.seconds
            aim = f"service adds at most {most * 1000:.0f} ms"
            yield _at_most(workload, aim, most * 1000, added * 1000, "{:.0f} ms")


def _seconds(measure: Measure) -> float:
    return measure.seconds


def _bytes_of_memory(measure: Measure) -> float:
    return measure.memory


def _measure(found: Found, workload: str, contender: str) -> Measure | None:
    return found.get(workload, {}).get(contender)


def _ratio(
    found: Found, workload: str, peers: tuple[str, ...], number: Callable[[Measure], float]
) -> float | None:
    """The least number of these peers, over ours; None where either is missing."""
    ours = _measure(found, workload, OURS)
    theirs = [there for peer in peers if (there := _measure(found, workload, peer))]
    if ours is None or not theirs:
        return None
    return min(map(number, theirs)) / number(ours)


def _at_least(workload: str, aim: str, least: float, reached: float | None) -> Verdict:
    if reached is None:
        return Verdict(workload, aim)
    # as printed: what looks even is even
    return Verdict(workload, aim, f"{reached:.2f} x", round(reached, 2) >= least)


def _at_most(workload: str, aim: str, most: float, reached: float | None, form: str) -> Verdict:
    if reached is None:
        return Verdict(workload, aim)
    return Verdict(workload, aim, form.format(reached), reached <= most)
