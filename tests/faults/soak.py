"""A long time with faults at random, and whether anything grows: F22.

Owns: lives of a server one after the other, their load and faults, and what is measured at rests.
Never: judges what was promised; audit.py does, after each life.

A life is load with rests in between, in which all jobs end and all clients leave; then its server
is killed in the midst of load. What a rest finds must be what the rest before found: what grows
from rest to rest is measured within each life, behind its first rests, and told for 1,000 jobs.
"""

import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

import trio

from actors.workers import processes
from tests.faults.audit import Onlooker, audit, percentile
from tests.faults.house import House, open_house
from tests.faults.visitors import Crowd, open_pages
from tests.service import Service
from tests.webserver import Source

VISITORS: Final = 4

WARM_UP: Final = 2
"""Rests of a life that do not count: modules, threads and pools are filled meanwhile."""

OF_A_WORKER: Final = {"descriptors": 4, "processes": 3}
"""What a worker takes of the server's descriptors, and how many processes it is of. Their number
follows the load, and is no growth: what is measured is all that is there besides."""

SLACK: Final = {"rss": 16 << 20, "descriptors": 4, "threads": 8, "processes": 3}
"""By how much a life may grow behind its warm-up, in all: Trio's threads come and go by tens of
seconds, a worker may just be coming or going, and Python's heap keeps what it once had."""


class Sample(NamedTuple):
    """What a server that rests has, its workers aside: bytes and numbers."""

    jobs: int
    rss: int
    descriptors: int
    threads: int
    processes: int
    database: int
    log: int


@dataclass
class Report:
    """What became of a soak.

    Attributes:
        lives: the rests of each life.
        kills: servers and workers that were killed.
        written: bytes that all lives have written on standard error.
    """

    lives: list[list[Sample]] = field(default_factory=list)
    seconds: float = 0.0
    servers_killed: int = 0
    workers_killed: int = 0
    accepted: int = 0
    lost: int = 0
    doubled: int = 0
    left: int = 0
    written: int = 0
    recovery: float = 0.0
    others: list[float] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)

    def judge(self) -> None:
        """Adds a breach for whatever has grown in a life beyond its slack."""
        for number, rests in enumerate(self.lives):
            for name, most in SLACK.items():
                values = [getattr(sample, name) for sample in rests[WARM_UP:]]
                if len(values) > 1 and values[-1] - min(values) > most:
                    self.breaches.append(f"life {number}: {name} grew: {values}")

    def slope(self, name: str) -> float | None:
        """Growth for 1,000 jobs: least squares over all lives, each about its own mean."""
        above = below = 0.0
        for rests in self.lives:
            points = [(sample.jobs / 1000, getattr(sample, name)) for sample in rests[WARM_UP:]]
            if len(points) < 2:
                continue
            jobs = sum(x for x, _ in points) / len(points)
            value = sum(y for _, y in points) / len(points)
            above += sum((x - jobs) * (y - value) for x, y in points)
            below += sum((x - jobs) ** 2 for x, _ in points)
        return above / below if below else None

    def lines(self) -> list[str]:
        """The numbers, for people."""
        p99 = percentile(self.others, 0.99) or 0.0
        return [
            (
                f"{self.seconds:.0f} s, {len(self.lives)} lives, {self.accepted:,} jobs accepted, "
                f"{self.servers_killed} servers and {self.workers_killed} workers killed"
            ),
            (
                f"lost {self.lost}, doubled {self.doubled}, left over {self.left}; longest "
                f"recovery {self.recovery:.2f} s; others' p99 {p99:.0f} ms"
            ),
            *(f"{name} for 1,000 jobs: {_words(name, self.slope(name))}" for name in MEASURED),
            f"log on standard error: {self.written / max(1, self.accepted):,.0f} bytes for a job",
        ]


MEASURED: Final = ("rss", "descriptors", "threads", "processes", "database", "log")


def _words(name: str, slope: float | None) -> str:
    if slope is None:
        return "not measured (too short)"
    if name in ("rss", "database", "log"):
        return f"{slope / 1024:+,.0f} KiB"
    return f"{slope:+.2f}"


async def soak(
    folder: Path, seconds: float, seed: int, told: Callable[[float], object] = lambda _: None
) -> Report:
    """Soaks for so long, and a life's end more. `told` hears the seconds that have passed."""
    began, chance, report = trio.current_time(), Random(seed), Report()
    length = min(120.0, max(5.0, seconds / 6))
    async with open_house(folder, limits={"max_queue_size": 200}) as house, open_pages() as source:
        last: Crowd | None = None
        while (passed := trio.current_time() - began) < seconds:
            told(passed)
            service = await house.start()
            report.recovery = max(report.recovery, house.starts[-1])
            await _judge_last(house, service, last, report)
            last = await _live(house, service, source, chance, length, report)
        service = await house.start()
        await _judge_last(house, service, last, report)
        status = await house.kill(signal.SIGTERM)
        if status != 0:
            report.breaches.append(f"SIGTERM at the end: exit status {status}")
    report.seconds = trio.current_time() - began
    report.judge()
    return report


async def _judge_last(house: House, service: Service, crowd: Crowd | None, report: Report) -> None:
    """What the killed life had promised."""
    if crowd is None:
        return
    await crowd.meet(service)
    finding = await audit(house, crowd)
    report.accepted += finding.accepted
    report.lost += finding.lost
    report.doubled += finding.doubled
    report.left += finding.left
    report.breaches += [f"life {len(report.lives) - 1}: {each}" for each in finding.breaches]


async def _live(
    house: House,
    service: Service,
    source: Source,
    chance: Random,
    length: float,
    report: Report,
) -> Crowd:
    """One life, from its first rest to its violent end; who was there."""
    crowd, rests = Crowd(chance.random().hex(), source), list[Sample]()
    report.lives.append(rests)
    await crowd.come(service, VISITORS)
    ends, load = trio.current_time() + length, length / 8
    while trio.current_time() < ends:
        await _load(service, crowd, chance, load, report)
        rests.append(await _rest(house, service, crowd))
    async with crowd.busy():
        await trio.sleep(chance.uniform(0.1, load))
        report.written += len(house.program.log)
        await house.kill()
    report.servers_killed += 1
    return crowd


async def _load(
    service: Service, crowd: Crowd, chance: Random, seconds: float, report: Report
) -> None:
    """All are busy, somebody looks on, and now and then a worker dies."""
    onlooker = Onlooker()
    async with crowd.busy(), trio.open_nursery() as nursery:
        nursery.start_soon(onlooker.look, await service.user())
        ends = trio.current_time() + seconds
        while trio.current_time() < ends:
            await trio.sleep(chance.uniform(0.2, max(0.4, seconds / 2)))
            workers = service.workers()
            if workers and chance.random() < 0.5:
                processes.tell({chance.choice(sorted(workers))}, signal.SIGKILL)
                report.workers_killed += 1
        nursery.cancel_scope.cancel()
    report.others += onlooker.seconds


async def _rest(house: House, service: Service, crowd: Crowd) -> Sample:
    """All jobs end, all clients leave; what the server has then."""
    for visitor in crowd.visitors:
        with trio.fail_after(120):
            await visitor.settled()
    await service.clients.aclose()  # which may be used again
    await trio.sleep(0.3)  # it notices that they have left
    sample = _sample(house, service, crowd)
    await crowd.meet(service)
    return sample


def _sample(house: House, service: Service, crowd: Crowd) -> Sample:
    pid, workers = house.program.pid, len(service.workers())
    sizes = {path.name: path.stat().st_size for path in house.data.glob("journal.sqlite3*")}
    return Sample(
        jobs=crowd.accepted,
        rss=processes.resident_bytes(pid),
        descriptors=len(house.descriptors()) - workers * OF_A_WORKER["descriptors"],
        threads=len(list(Path(f"/proc/{pid}/task").iterdir())),
        processes=len(house.processes()) - workers * OF_A_WORKER["processes"],
        database=sizes["journal.sqlite3"],
        log=sizes.get("journal.sqlite3-wal", 0),
    )
