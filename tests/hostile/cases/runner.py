# ruff: noqa: E501 -- a case a row reads better than broken rows
"""Runs cases and counts: cases of one area side by side, areas one after the other.

Owns: what must hold after every case (the program lives, others are answered, no answer told our
insides) and after every area (descriptors and children are back where they were).
Never: knows what a case sends.
"""

import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import trio

from actors.workers.staffing import most
from tests.hostile.cases.case import AREAS, Case
from tests.hostile.cases.target import Target, scratch
from tests.service import Section, Service, User, open_program, png

AT_ONCE = 6
"""Cases side by side: more only wait for the server's one core."""

PROMPT = 1.0
"""Seconds within which somebody else is answered."""

LONGEST = 110.0
"""Seconds for one case."""

SETTINGS: Mapping[str, Section] = {
    "server": {"grace": 1, "header_timeout": 60},
    "concurrency": {"max_global_jobs": 2},
}
"""Of the server that all share: patient with our own clients' idle connections."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a case went; `problem` is None when it passed."""

    case: Case
    problem: str | None
    seconds: float


class Bystander:
    """Another user, who has one file and wants it, whatever the others do."""

    def __init__(self, user: User, file: str) -> None:
        self._user = user
        self._file = file

    async def served(self) -> str | None:
        """None when answered in time, at the sixth try at the latest; else what happened."""
        problem = None
        for _ in range(6):  # a machine that is busy elsewhere is not the server's fault
            begun = time.monotonic()
            try:
                with trio.fail_after(10):
                    answer = await self._user.http.get(
                        f"/api/v1/files/{self._file}", headers={"Connection": "close"}
                    )
            except (httpx.HTTPError, trio.TooSlowError) as error:
                return f"another user is not answered any more: {error!r}"
            took = time.monotonic() - begun
            if answer.status_code != 200:
                return f"another user's GET was answered {answer.status_code}"
            if took < PROMPT:
                return None
            problem = f"another user waited {took:.2f} s"
        return problem


@dataclass(frozen=True, slots=True)
class Base:
    """What the program holds: open connections and files, and workers.

    Neither its journal nor the pipes to its workers are counted. Workers that a burst brought stay for a minute, so
    they are held against the most that there may be.
    """

    held: tuple[str, ...]
    workers: int

    @staticmethod
    def of(service: Service) -> "Base":
        """What it holds now."""
        table = Path(f"/proc/{service.pid}/net/tcp").read_text().splitlines()[1:]
        sockets = {f"socket:[{line.split()[9]}]" for line in table}
        held = []
        for descriptor in Path(f"/proc/{service.pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed while we looked
                target = str(descriptor.readlink())
                if target in sockets or (target[0] == "/" and "journal" not in target):
                    held.append(re.sub(r"\d+", "", target))
        return Base(tuple(sorted(held)), len(service.workers()))


async def run(
    cases: Iterable[Case],
    url: str | None = None,
    *,
    together: bool = False,
    note: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Runs the cases.

    Each area has a program of its own, which a case that harms it cannot take from the others; or
    all have the one at `url`; or, `together`, one that is started for them all.
    """
    cases = list(cases)
    areas = [[case for case in cases if case.area == area] for area in AREAS.values()]
    outcomes: list[Outcome] = []
    for mine in [cases] if together else filter(None, areas):
        async with _target(url) as target:
            outcomes += await _run_area(mine, target, note)
    return outcomes


async def _run_area(
    cases: list[Case], target: Target, note: Callable[[Outcome], None]
) -> list[Outcome]:
    user = await target.service.user()
    [file] = await user.upload(png())
    await user.get("/jobs")
    await user.http.get("/healthz", headers={"Connection": "close"})
    bystander = Bystander(user, file)
    base = Base.of(target.service) if target.program else None
    outcomes: list[Outcome] = []
    limit = trio.CapacityLimiter(AT_ONCE)

    async def attend(case: Case) -> None:
        async with limit:
            outcome = await _attend(case, target, bystander)
        outcomes.append(outcome)
        note(outcome)

    async with trio.open_nursery() as nursery:
        for case in cases:
            if not case.alone:
                nursery.start_soon(attend, case)
    for case in cases:
        if case.alone:
            await attend(case)
    if base is not None and (left := await _left(target.service, base)):
        last = outcomes.pop()
        problem = f"after the area: {left}"
        outcomes.append(replace(last, problem="; ".join(filter(None, (last.problem, problem)))))
        note(outcomes[-1])
    return outcomes


async def _attend(case: Case, target: Target, bystander: Bystander) -> Outcome:
    begun = time.monotonic()
    problem = None
    async with AsyncExitStack() as clients:
        mine = Target(target.service, target.program, case.errors, clients=clients)
        try:
            with trio.fail_after(LONGEST):
                await case.run(mine)
        except Exception as error:  # noqa: BLE001 -- whatever went wrong is the outcome
            problem = f"{type(error).__name__}: {error}"
        problems = [problem, *mine.seen, await bystander.served()]
    told = "; ".join(filter(None, problems))[:1500]
    return Outcome(case, told or None, time.monotonic() - begun)


async def _left(service: Service, base: Base) -> str | None:
    """What is still held that was not in the beginning, after time enough to let go of it."""
    now = base
    for _ in range(100):
        try:
            now = Base.of(service)
        except FileNotFoundError:
            return "the program is gone"
        if len(now.held) <= len(base.held) and now.workers <= most():
            return None
        await trio.sleep(0.1)
    more = Counter(now.held) - Counter(base.held)
    return f"also open: {dict(more)}, workers {now.workers} of {most()}"


@asynccontextmanager
async def _target(url: str | None) -> AsyncIterator[Target]:
    if url is not None:
        async with AsyncExitStack() as clients:
            yield Target(Service(url.rstrip("/"), Path(), 0, frozenset(), clients), None)
        return
    with scratch() as folder, open_program(folder / "data", **SETTINGS) as program:
        async with program.visit() as service:
            yield Target(service, program)


def table(outcomes: list[Outcome]) -> str:
    """Area x tried x passed x failed, and the failures one by one."""
    tried, passed = Counter[str](), Counter[str]()
    for outcome in outcomes:
        tried[outcome.case.area] += 1
        passed[outcome.case.area] += outcome.problem is None
    rows = [f"{'area':24}{'tried':>6}{'passed':>7}{'failed':>7}"]
    for area in [*(area for area in AREAS.values() if tried[area]), "all"]:
        all_, good = (
            (tried.total(), passed.total()) if area == "all" else (tried[area], passed[area])
        )
        rows.append(f"{area:24}{all_:6}{good:7}{all_ - good:7}")
    failed = [outcome for outcome in outcomes if outcome.problem]
    rows += [f"\n{each.case.id}  {each.case.line}\n    {each.problem}" for each in failed]
    return "\n".join(rows)
