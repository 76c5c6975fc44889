"""What a row of the matrix is, the list of them, and how one is played and judged.

Owns: rounds, seeds, the numbers of a row.
Never: knows any fault; the modules `rows_*.py` do, a family each.
"""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Final

import trio

from tests.faults.audit import Finding, Onlooker, audit, percentile
from tests.faults.house import House, open_house
from tests.faults.visitors import Crowd, open_pages
from tests.service import Section, Service
from tests.webserver import Source

FAMILIES: Final = (
    "rows_kills",
    "rows_damage",
    "rows_clock",
    "rows_races",
    "rows_upgrade",
    "rows_disk",
    "rows_calls",
    "rows_workers",
)
"""The modules that have rows, in the order of the table."""

ROUND: Final = 300.0
"""Seconds after which a round hangs."""


@dataclass
class Tally:
    """The numbers of one row, over its rounds. Times in seconds.

    Attributes:
        injected: faults that were brought about.
        accepted: jobs that were accepted in all.
        recovery: the longest time from a start to listening after a fault, or whatever else the row
            calls its recovery; None where there is none.
        others: how long the answers to others took while the faults happened.
        remarks: measured facts that the table has no column for.
        breaches: what was not as it must be, each with the round that repeats it.
    """

    injected: int = 0
    accepted: int = 0
    lost: int = 0
    doubled: int = 0
    left: int = 0
    recovery: float | None = None
    others: list[float] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)

    @property
    def others_p99(self) -> float | None:
        """Milliseconds."""
        return percentile(self.others, 0.99)

    def took(self, seconds: float) -> None:
        """A recovery took so long."""
        self.recovery = max(self.recovery or 0.0, seconds)


@dataclass
class Round:
    """One round of a row: what it may use, and where it writes down what happened.

    Attributes:
        number: 0, 1, ... of `of`; in the short form there are fewer, spread over the same range.
        chance: seeded by the seed, the row and the number.
        folder: empty, and gone after the round.
        quick: whether this is the short form.
    """

    number: int
    of: int
    chance: Random
    folder: Path
    quick: bool
    tally: Tally

    def check(self, truth: object, what: str) -> None:
        """Writes a breach down unless `truth`."""
        if not truth:
            self.tally.breaches.append(f"round {self.number}: {what}")

    @asynccontextmanager
    async def house(self, **sections: Section) -> AsyncIterator[House]:
        """A house in the round's folder."""
        async with open_house(self.folder, **sections) as house:
            yield house

    @asynccontextmanager
    async def neighbour(self, house: House) -> AsyncIterator[House]:
        """Another house with the same data folder, to which it has a way of its own."""
        way = house.data.with_name("neighbour")
        way.symlink_to(house.data, target_is_directory=True)
        other = House(way, house.sections)
        try:
            yield other
        finally:
            with trio.CancelScope(shield=True):
                await other.leave()
            other.close()

    @asynccontextmanager
    async def pages(self) -> AsyncIterator[Source]:
        """The pages that visitors fetch."""
        async with open_pages() as source:
            yield source

    @asynccontextmanager
    async def crowd(self, service: Service, count: int = 3) -> AsyncIterator[Crowd]:
        """Visitors that have come in, and the pages that they fetch."""
        async with self.pages() as source:
            crowd = Crowd(self.chance.random().hex(), source)
            await crowd.come(service, count)
            yield crowd

    @asynccontextmanager
    async def observed(self, service: Service) -> AsyncIterator[None]:
        """Within the block somebody else reads, and how long they wait is measured."""
        onlooker, user = Onlooker(), await service.user()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(onlooker.look, user)
            yield
            nursery.cancel_scope.cancel()
        self.tally.others += onlooker.seconds

    async def audit(self, house: House, crowd: Crowd, *, new_job: bool = True) -> Finding:
        """Audits, and adds what was found to the numbers of the row."""
        finding = await audit(house, crowd, new_job=new_job)
        self.tally.accepted += finding.accepted
        self.tally.lost += finding.lost
        self.tally.doubled += finding.doubled
        self.tally.left += finding.left
        for breach in finding.breaches:
            self.check(False, breach)
        return finding


Play = Callable[[Round], Awaitable[None]]


@dataclass(frozen=True)
class Row:
    """One row: `play` is called for each round; `long` is how many there are.

    `quick` are those of the short form: so many, spread evenly, or just these. 0: there is none.
    """

    name: str
    title: str
    play: Play
    quick: int | tuple[int, ...]
    long: int
    holds: float | None = None
    """The others' p99, milliseconds, above which the row fails in the long form; None: not held."""

    def numbers(self, *, quick: bool, count: int | None = None) -> list[int]:
        """The numbers of the rounds: all, or the short form's, or `count` spread evenly."""
        if quick and isinstance(self.quick, tuple) and count is None:
            return list(self.quick)
        few = count if count is not None else self.quick if quick else self.long
        assert isinstance(few, int)
        return sorted({(2 * place + 1) * self.long // (2 * few) for place in range(few)})


ROWS: Final[dict[str, Row]] = {}
"""All rows by name, once `load` was called."""


def row(
    name: str, title: str, *, quick: int | tuple[int, ...], long: int, holds: float | None = None
) -> Callable[[Play], Play]:
    """Makes the function a row of the matrix."""

    def keep(play: Play) -> Play:
        assert name not in ROWS, name
        ROWS[name] = Row(name, title, play, quick, long, holds)
        return play

    return keep


def load() -> dict[str, Row]:
    """All rows."""
    for family in FAMILIES:
        import_module(f"tests.faults.{family}")
    return ROWS


async def play(
    row: Row,
    *,
    seed: int,
    quick: bool,
    numbers: Sequence[int] | None = None,
    told: Callable[[], object] = lambda: None,
) -> Tally:
    """Plays the rounds of a row, or those of these numbers. `told` is called after each.

    Never raises for what a round finds: whatever a round raises is a breach.
    """
    tally = Tally()
    for number in row.numbers(quick=quick) if numbers is None else numbers:
        await _play_round(row, number, tally, seed=seed, quick=quick)
        told()
    p99 = tally.others_p99
    if not quick and row.holds is not None and p99 is not None and p99 > row.holds:
        tally.breaches.append(f"others waited {p99:.0f} ms at p99, {row.holds:.0f} may be")
    return tally


async def _play_round(row: Row, number: int, tally: Tally, *, seed: int, quick: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="faults-", ignore_cleanup_errors=True) as folder:
        round = Round(
            number=number,
            of=row.long,
            chance=Random(f"{seed} {row.name} {number}"),
            folder=Path(folder),
            quick=quick,
            tally=tally,
        )
        try:
            with trio.fail_after(ROUND):
                await row.play(round)
        except Exception as error:  # noqa: BLE001 -- whatever goes wrong is a finding of this round
            round.check(False, "".join(_words(error)))


def _words(error: BaseException) -> Iterator[str]:
    """What went wrong, and where in these files."""
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _words(each)
        return
    places = []
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if "/tests/" in name:
            places.append(f"{Path(name).name}:{trace.tb_lineno}")
        trace = trace.tb_next
    yield f"{type(error).__name__}: {error} (at {' '.join(places)}) "
