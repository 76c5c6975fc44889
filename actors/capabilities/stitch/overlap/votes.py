"""Which offsets two screenshots suggest, and whether one of them is sure. Pure.

Owns: the election of candidates by rows that both show, and the verdict over what a closer look at
the candidates found.
Never: sees a picture: rows come as signatures, findings as numbers.

A row has several signatures, each of some of its columns, since noise or a button that spoils one
leaves the others. Two equal ones, one in each shot, are a vote for the offset between them. What a
shot shows often votes for many offsets, so that each counts little; a line of text that is there
once settles the matter. Elections name the right offset nearly always, but never know when there is
none: that is for the verdict, which asks how well the best candidate fits, and how much worse the
others do. Rows that repeat (a list, a grid) fit at several offsets equally well.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import compress
from typing import Final

Signatures = Sequence[Sequence[int]]
"""For each segment of eight columns the numbers that stand for its rows, a byte for a column."""

PLAIN: Final = 0x0101010101010101
"""What a number whose bytes are equal is a multiple of: nothing is drawn there."""

_PAIRS: Final = 36
"""Of what occurs more often than six times in each shot not all pairs vote: it bounds the time."""

_COMMON: Final = 9
"""Pairs. What occurs so often in both shots shows how the page repeats itself."""

_CANDIDATES: Final = 6
"""The right offset is hardly ever beyond the third; the others are its rivals."""

_RIVALS: Final = 3

_LOOKED_AT: Final = 60
"""Offsets of an election among which candidates are chosen: where a picture is soft, most are
beside each other."""

_STRIDE: Final = 3
"""Every third row of the second shot votes: the rows between would say the same."""

_BESIDE: Final = 2
"""Rows. Offsets as close as this to a candidate owe their votes to it."""

_NEAR: Final = 12
"""Rows. Offsets as close as this fit alike where the picture is soft; they are no rivals."""

_WORST_FIT: Final = 0.15
"""Share of what is drawn that may differ: pictures that move, letters that were scaled."""

_SLACK: Final = 0.0064
"""Added to both fits, so that a rival must also be worse by something that can be seen."""

SURE: Final = 0.6
"""The least confidence that is an answer: the next best fits more than twice as badly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a closer look at one offset found.

    Attributes:
        rows: how many of the overlap have something on them.
        misfit: the share of what is drawn there that differs; may exceed 1.
        distance: mean difference of what is drawn there, in levels of gray.
    """

    offset: int
    rows: int
    misfit: float
    distance: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The finding that is sure, or None and why there is none."""

    best: Finding | None
    confidence: float
    why: str


def candidates(above: Signatures, below: Signatures) -> list[int]:
    """The offsets that deserve a closer look, at least 1 each, and none beside a better one.

    First those with most votes; then those by which the page repeats itself most, which must be
    looked at as rivals: who is not asked cannot object.

    Args:
        above: of the first shot's rows.
        below: of the second's, in the same segments.
    """
    votes = _Votes()
    for upper, lower in zip(above, below, strict=True):
        votes.count(upper, lower)
    chosen: list[int] = []
    for election, most in ((votes.rare, _CANDIDATES), (votes.common, _CANDIDATES + _RIVALS)):
        for offset in nlargest(_LOOKED_AT, election, key=election.__getitem__):
            if len(chosen) >= most:
                break
            if all(abs(offset - other) > _BESIDE for other in chosen):
                chosen.append(offset)
    return chosen


def verdict(findings: Iterable[Finding], least: int) -> Verdict:
    """The one offset that fits well and much better than all others, if there is such a one.

    `least` is how many rows with something on them an overlap must have to count.
    """
    seen = [finding for finding in findings if finding.rows >= least]
    if not seen:
        return Verdict(None, 0.0, "The two show too little in common to compare.")
    best = min(seen, key=lambda finding: finding.misfit + finding.distance / 100)
    if best.misfit > _WORST_FIT:
        return Verdict(None, 0.0, "Nothing that the first shows was found in the second.")
    rivals = [each.misfit for each in seen if abs(each.offset - best.offset) > _NEAR]
    confidence = 1 - (best.misfit + _SLACK) / (min(rivals, default=1.0) + _SLACK)
    if confidence < SURE:
        return Verdict(None, 0.0, "What they show repeats, so that several places fit alike.")
    return Verdict(best, confidence, "")


class _Votes:
    """Offsets with their votes: by what is rare in both shots, and by what is common."""

    def __init__(self) -> None:
        self.rare: defaultdict[int, float] = defaultdict(float)
        self.common: defaultdict[int, float] = defaultdict(float)

    def count(self, upper: Sequence[int], lower: Sequence[int]) -> None:
        """Adds the votes of one segment: from all places in the first shot to some in the second.

        What is the same at its own place in both is of the header or a button, and has no vote.
        """
        voting = lower[::_STRIDE]
        shared = {one for one in set(upper).intersection(voting) if one % PLAIN}
        moved: defaultdict[int, list[int]] = defaultdict(list)
        for row in _where(shared, voting, _STRIDE):
            if lower[row] != (upper[row] if row < len(upper) else 0):
                moved[lower[row]].append(row)
        starts: defaultdict[int, list[int]] = defaultdict(list)
        for row in _where(moved, upper, 1):
            starts[upper[row]].append(row)
        for signature, ends in moved.items():
            self._vote(starts[signature], ends)

    def _vote(self, begins: list[int], ends: list[int]) -> None:
        """Adds the votes of one signature by its places in both shots."""
        pairs = len(begins) * len(ends)
        if pairs > _PAIRS:
            stride = -(-pairs // _PAIRS)
            ends = ends[min(stride, len(ends)) // 2 :: stride]
        elections = [(self.rare, 1 / pairs**2)]
        if pairs >= _COMMON:
            elections.append((self.common, 1 / pairs))
        for votes, weight in elections:
            for end in ends:
                for start in begins:
                    if start > end:
                        votes[start - end] += weight


def _where(wanted: Container[int], signatures: Sequence[int], stride: int) -> Iterator[int]:
    """The rows at which there is one of those that are wanted."""
    rows = range(0, stride * len(signatures), stride)
    return compress(rows, map(wanted.__contains__, signatures))
