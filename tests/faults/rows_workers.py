"""Workers die, hang, run away or starve: F4, F5, F21, and hostile sources meanwhile: F10."""

import resource
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import trio

from actors.workers import processes
from actors.workers.processes import Process
from tests.faults.audit import QUIET
from tests.faults.house import FETCHING, House
from tests.faults.rows import Round, row
from tests.faults.switch import Switch
from tests.faults.visitors import LARGE, Visitor
from tests.service import ENDS, Json, Section, Service, jobs_in, png
from tests.webserver import answer, drip, forever, hang, open_source, reset, say

SIGNALS: Final = (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT)

DEATHS: Final[tuple[tuple[list[str], str], ...]] = (
    *((["die", str(int(number))], "poison") for number in SIGNALS),
    (["leave", "0"], "poison"),
    (["write", "ff" * 64], "poison"),  # a length that no answer has
    (["write", "00000020" + "9a" * 3], "poison"),  # 32 bytes are promised, 3 come
    (["hang up"], "poison"),
    (["found and die"], "poison"),
    (["eat", str(1 << 30)], "work_failed"),  # it may have 64 MiB
)
"""Ways to end without an answer, and the code that the job gets for it."""

HURRIED: Final[dict[str, Section]] = {
    "mischief": {"max_crashes": 1, "retry_after": 0.01, "retry_cap": 0.02},
    "workers": {"warm": 2, "kill_grace": 0.1},
}
"""The first death is poison, so that a thousand of them take no more than a thousand workers."""

WARM_UP: Final = len(DEATHS)
"""Jobs after which the server has what it will have: threads, buffers, modules."""


@dataclass(frozen=True)
class Footprint:
    """What the server takes: descriptors, bytes of memory, processes below it."""

    descriptors: int
    memory: int
    processes: int

    @classmethod
    async def of(cls, house: House, service: Service) -> "Footprint":
        """At rest: two workers, and for a fifth of a second nobody comes or goes."""
        with trio.move_on_after(QUIET):
            before: set[Process] = set()
            while before != (now := service.processes()) or len(service.workers()) != 2:
                before = now
                await trio.sleep(0.2)
        return cls(
            len(house.descriptors()),
            processes.resident_bytes(house.program.pid),
            len(service.processes()),
        )

    def __str__(self) -> str:
        return (
            f"{self.descriptors} descriptors, {self.memory >> 20} MiB, {self.processes} processes"
        )

    def grown(self, now: "Footprint") -> bool:
        """Whether that is more than it was; of memory, more than a twentieth (and 2 MiB)."""
        return (
            now.descriptors > self.descriptors + 2  # clients come and go
            or now.processes != self.processes
            or now.memory > 1.05 * self.memory + (2 << 20)
        )


async def _mischief(visitor: Visitor, *how: str) -> Json:
    """Such a job once it has ended."""
    id = await visitor.ask("mischief", {"how": list(how)})
    assert id is not None, visitor.notes.refusals
    job = await visitor.user.end(id)
    visitor.notes.saw(job)
    return job


@row("F4", "worker dies in every way, or answers nonsense", quick=1, long=10, holds=250)
async def dying_workers(round: Round) -> None:
    """In the long form a thousand of them; the server stays as it was."""
    async with round.house(**HURRIED) as house:
        service = await Switch(house).start()
        async with round.crowd(service, 2) as crowd, round.observed(service):
            visitor = crowd.visitors[0]
            for way in DEATHS:
                await _die(round, visitor, *way)
            before = await Footprint.of(house, service)
            for number in range(11 if round.quick else 100 - WARM_UP):
                await _die(round, visitor, *DEATHS[number % len(DEATHS)])
            after = await Footprint.of(house, service)
            round.tally.remarks.append(f"round {round.number}: {before}; then {after}")
            round.check(not before.grown(after), f"grown from {before} to {after}")
            await crowd.visitors[1].stitch()
            await round.audit(house, crowd)


async def _die(round: Round, visitor: Visitor, how: list[str], code: str) -> None:
    job = await _mischief(visitor, *how)
    told = (job["error"] or {}).get("code")
    round.check((job["state"], told) == ("failed", code), f"{how}: {job['state']}, {job['error']}")
    round.tally.injected += 1
    began = trio.current_time()
    with trio.move_on_after(QUIET):
        while (await visitor.user.get("/queue"))["running"]:  # noqa: ASYNC110 -- it is outside
            await trio.sleep(0.01)
    round.tally.took(trio.current_time() - began)


@row("F4p", "worker dies once under a job, which succeeds; always: it is poison", quick=1, long=5)
async def passing_deaths(round: Round) -> None:
    """Killed from outside, worker, guard or both at once."""
    patient: dict[str, Section] = {
        **HURRIED,
        "mischief": {"max_crashes": 2, "retry_after": 0.01, "retry_cap": 0.02},
        "stitch": {"retry_after": 0.01, "retry_cap": 0.02},
    }
    async with round.house(**patient) as house:
        service = await Switch(house).start()
        async with round.crowd(service, 1) as crowd:
            [visitor] = crowd.visitors
            for who in ("guard",) if round.quick else ("worker", "guard", "both"):
                await _killed_once(round, service, visitor, who)
            job = await _mischief(visitor, "die", "9")
            round.check(job["attempt"] == 2, f"poison after {job['attempt']} attempts")
            await round.audit(house, crowd)


async def _killed_once(round: Round, service: Service, visitor: Visitor, who: str) -> None:
    large = next(id for id, kept in visitor.notes.files.items() if kept.size == len(LARGE))
    body: Json = {"inputs": [{"file": large}] * 60, "fit": "none", "layout": "grid"}
    id = await visitor.ask("stitch", {**body, "format": "png"})
    assert id is not None, visitor.notes.refusals
    async with visitor.user.watch(job=id) as watch:
        while not (message := await watch.next()).get("progress"):
            if any(job["state"] in ENDS for job in jobs_in(message)):
                break
    workers = service.workers()
    guards = service.processes() - workers
    doomed = {"worker": workers, "guard": guards, "both": workers | guards}[who]
    processes.tell(doomed, signal.SIGKILL)
    job = await visitor.user.end(id)
    visitor.notes.saw(job)
    round.check(job["state"] == "succeeded", f"its {who} killed once: {job['error']}")
    round.tally.injected += job["attempt"] - 1  # none, where the job was faster
    round.check(job["attempt"] <= 2, f"its {who} killed once: attempt {job['attempt']}")


# --- hung -----------------------------------------------------------------------------------------

LIMIT: Final = 2.0
"""Seconds that such a job may run."""


@dataclass(frozen=True)
class Hang:
    """A way not to end: what the work does, and what befalls its guard; `patience` in seconds."""

    how: str
    guard: signal.Signals | None = None
    patience: float = 5.0

    def __str__(self) -> str:
        return self.how if self.guard is None else f"{self.how}, its guard gets {self.guard.name}"


HANGS: Final = (
    Hang("stop"),
    Hang("bomb"),
    Hang("ignore"),
    Hang("found"),
    Hang("sleep", signal.SIGSTOP, patience=15),
    Hang("found", signal.SIGSTOP, patience=15),
    Hang("found", signal.SIGKILL),
)
"""The last ones only in the long form: a guard that stands still is given ten seconds."""


@row(
    "F5",
    "worker hangs, or runs away with daemons; is cancelled, or runs too long",
    quick=1,
    long=20,
    holds=250,
)
async def hanging_workers(round: Round) -> None:
    """Nothing is left of it within the limit, the grace, and what the guard is given."""
    sections: dict[str, Section] = {**HURRIED, "mischief": {"run_timeout": LIMIT, "max_crashes": 1}}
    async with round.house(**sections) as house:
        service = await Switch(house).start()
        async with round.crowd(service, 1) as crowd, round.observed(service):
            for place, hang in enumerate(HANGS[:4] if round.quick else HANGS):
                cancelled = (place + round.number) % 2 == 0
                await _hang(round, crowd.visitors[0], hang, cancelled=cancelled)
            await round.audit(house, crowd)


async def _hang(round: Round, visitor: Visitor, hang: Hang, *, cancelled: bool) -> None:
    id = await visitor.ask("mischief", {"how": [hang.how]})
    assert id is not None, visitor.notes.refusals
    guard = await _guard_of(visitor, id)
    below = processes.descendants(guard.pid) | {guard}
    if hang.guard is not None:
        processes.tell({guard}, hang.guard)
    round.tally.injected += 1
    began = trio.current_time()
    if cancelled:
        await visitor.cancel(id)
    job = await visitor.user.end(id)
    visitor.notes.saw(job)
    took = trio.current_time() - began
    states = {"failed"} if hang.guard is signal.SIGKILL else {"timed_out"}
    states |= {"cancelled"} if cancelled else set()
    round.check(job["state"] in states, f"{hang}: {job['state']}, {job['error']}")
    round.check(took < LIMIT + hang.patience, f"{hang}: it took {took:.1f} s to end")
    left = {process for process in below if processes.is_alive(process)}
    round.check(not left, f"{hang}: {len(left)} of {len(below)} processes survive its end")
    round.tally.left += len(left)
    round.tally.remarks.append(
        f"{hang}: {len(below)} processes, {job['state']} after {took:.2f} s, {len(left)} left"
    )
    round.tally.took(took)
    processes.tell(left, signal.SIGKILL)


async def _guard_of(visitor: Visitor, id: str) -> Process:
    """The guard of the worker that does a job, as soon as its work has told its number."""
    async with visitor.user.watch(job=id) as watch:
        while True:
            message = await watch.next()
            for told in (message, *jobs_in(message)):
                if words := (told.get("progress") or {}).get("message"):
                    return _parent(words.split()[0])


def _parent(pid: str) -> Process:
    stat = Path(f"/proc/{pid}/stat").read_text()
    found = processes.identify(int(stat.rpartition(")")[2].split()[1]))
    assert found is not None
    return found


# --- little memory --------------------------------------------------------------------------------


@row("F21", "memory is short for workers: jobs die, the server lives", quick=1, long=5, holds=250)
async def short_of_memory(round: Round) -> None:
    """The kernel gives each worker hardly more address space than it has at rest. A limit of the
    whole machine's kind (a cgroup) is not tried: it would be one of the test's surroundings."""
    async with round.house(**HURRIED) as house:
        service = await Switch(house).start()
        async with round.crowd(service, 2) as crowd, round.observed(service):
            visitor, other = crowd.visitors
            for worker in service.workers():
                most = processes.address_space_bytes(worker.pid) + (8 << 20)
                resource.prlimit(worker.pid, resource.RLIMIT_AS, (most, most))
                round.tally.injected += 1
            for _ in range(4):
                await visitor.stitch(large=True)
                await other.stitch(large=True)
            told = {
                (job["state"], (job["error"] or {}).get("limit"))
                for each in crowd.visitors
                for job in await each.settled()
            }
            round.tally.remarks.append(f"round {round.number}: {told}")
            round.check(("failed", "memory_bytes") in told, f"no job met the limit: {told}")
            processes.tell(service.workers(), signal.SIGKILL)  # the next ones have memory again
            await round.audit(house, crowd)


# --- hostile sources ------------------------------------------------------------------------------


@row("F10", "hostile sources while disk and workers fail", quick=1, long=10, holds=250)
async def hostile_sources(round: Round) -> None:
    """Slow, endless, cut off, reset and silent ones, fetched while writes fail now and then."""
    hostile = {
        "/drip": drip(bytes(1000), every=0.2, first=answer(length=1000)),
        "/endless": forever(bytes(1 << 16), first=answer(length=None)),
        "/cut": say(answer(png(), length=10_000)),
        "/reset": reset(answer(png()[:30], length=10_000)),
        "/silent": hang(),
    }
    fetching: Section = {
        "timeout": 1,
        "total_timeout": 2,
        "max_file_mb": 1,
        "retry_after": 0.01,
        "retry_cap": 0.02,
    }
    async with round.house(**{**HURRIED, "fetch": {**FETCHING["fetch"], **fetching}}) as house:
        switch = Switch(house)
        service = await switch.start()
        async with (
            round.crowd(service, 2) as crowd,
            open_source(hostile) as source,
            round.observed(service),
        ):
            before = await Footprint.of(house, service)
            for number in range(5 if round.quick else 20):
                urls = [source.url(path) for path in round.chance.sample(sorted(hostile), 3)]
                await crowd.visitors[0].ask("fetch", {"urls": urls})
                fault = round.chance.choice(("ENOSPC", "EMFILE", "worker", None))
                if fault == "worker":
                    processes.tell(service.workers(), signal.SIGKILL)
                elif fault is not None:
                    switch.fail("write", "open", with_=fault, only=round.chance.randrange(1, 4))
                round.tally.injected += fault is not None
                await trio.sleep(round.chance.uniform(0, 0.3))
                if number % 3 == 2:
                    await crowd.visitors[0].cancel()
            switch.off()
            await crowd.visitors[0].settled()
            round.check(not before.grown(await Footprint.of(house, service)), "it has grown")
            await round.audit(house, crowd)
