"""A day of chaos: made from a seed, played through the real tree, judged at every step.

Owns: what users, operators and accidents do, and when.
Never: judges; ledger.py does.

Times are multiples of half a second, so that very many things happen at the same instant: a cancel
with a start, an end with a limit's change.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any, cast

import structlog
import trio

from actors.commands import Place
from actors.errors import JobEnded, NotFound, StitcheryError, StorageFull
from actors.journal.memory import MemoryJournal
from actors.messages import FileRecord, Idempotency, JobRecord, Options, Priority
from actors.session import Session
from actors.simulation import clockwork
from actors.simulation.world import open_world
from actors.tree import Stitchery
from conf.settings import CapabilitySettings, Concurrency, Limits, Resources, Settings
from tests.simulation.chores import Chore, ChoreRequest, Ending
from tests.simulation.ledger import MOST_ATTEMPTS, Ledger

CAPABILITIES = ("dig", "paint", "sweep")

ENDS: tuple[Ending, ...] = ("well", "badly", "broken")

JOBS = 150
"""Jobs of one seed: enough for queues, few enough for a second."""

BETWEEN_CRASHES = 12.0
"""Seconds: the supervisor's budget is five in thirty, and two actors may fall in one accident."""

PATIENCE = 50_000.0
"""Virtual seconds after which a job that has not ended is stuck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What one seed came to: jobs asked for and accepted, checks made, and the first breach."""

    seed: int
    jobs: int
    accepted: int
    checks: int
    steps: int
    trace: str
    broken: str | None


def play(seed: int, jobs: int = JOBS) -> Day:
    """Plays the day of a seed; the same seed, the same trace, in any process."""
    ledger = Ledger()
    chaos = Chaos(seed, jobs, ledger)
    with _silence():
        try:
            clockwork.run(chaos.run, seed=seed, instruments=[ledger])
        except* Exception as errors:  # noqa: BLE001 -- whatever comes out of the tree is a finding of this seed
            ledger.broken = ledger.broken or f"the tree fell: {errors!r}"
    asked = chaos.asked
    del chaos
    ledger.judge_memory()
    return Day(
        seed=seed,
        jobs=asked,
        accepted=len(ledger.accepted),
        checks=ledger.checks,
        steps=ledger.steps,
        trace=ledger.trace,
        broken=ledger.broken,
    )


@contextmanager
def _silence() -> Iterator[None]:
    """Accidents are logged at length; here they are the purpose."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    try:
        yield
    finally:
        structlog.configure(**before)


class ChaosJournal(MemoryJournal):
    """Slow at times, full at times, and it falls when it is told to."""

    def __init__(self, chance: Random, ledger: Ledger) -> None:
        super().__init__(before_write=self._hinder)
        self.full = False
        self.falls = trio.Event()
        self._chance = chance
        self._ledger = ledger

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        async with trio.open_nursery() as nursery:
            await nursery.start(super().run)
            task_status.started()
            await self.falls.wait()
            self.falls = trio.Event()
            raise OSError("the journal falls")

    async def _hinder(self, write: str) -> None:
        if self._chance.random() < 0.05:
            await trio.sleep(self._chance.choice([0, 0.5, 1]))
        if self.full and write != "remove_session":
            raise StorageFull("The disk is full.", retry_after=1)

    async def add_job(self, job: JobRecord, idempotency: Idempotency | None = None) -> None:
        try:
            await super().add_job(job, idempotency)
        finally:
            self._tell(job)

    async def save_job(self, job: JobRecord, files: Sequence[FileRecord] = ()) -> None:
        self._ledger.asked(job)
        try:
            await super().save_job(job, files)
        finally:
            self._tell(job)

    def note_job(self, job: JobRecord) -> None:
        self._ledger.asked(job)
        super().note_job(job)
        self._tell(job)

    def _tell(self, job: JobRecord) -> None:
        """Tells the ledger what is on record now, written or not."""
        shelf = self._shelves.get(job.session)
        record = None if shelf is None else shelf.jobs.get(job.id)
        if record is not None and record is not self._ledger.known.get(job.id):
            self._ledger.recorded(record)


class Chaos:
    """One day: its users, its operator, its accidents."""

    def __init__(self, seed: int, jobs: int, ledger: Ledger) -> None:
        self.asked = 0
        self._seed = seed
        self._most = jobs
        self._chance = Random(seed)
        self._ledger = ledger
        self._journal = ChaosJournal(Random(seed + 1), ledger)
        self._sessions: list[str] = []
        self._tree: Stitchery | None = None

    async def run(self) -> None:
        """Two or three lives on one journal; the last one ends when all jobs have."""
        lives = self._chance.choice([1, 2, 2, 3])
        with trio.CancelScope() as self._ledger.stop:
            for life in range(lives):
                await self._live(life, last=life == lives - 1)

    async def _live(self, life: int, *, last: bool) -> None:
        capabilities = {name: Chore(self._ledger.deeds) for name in CAPABILITIES}
        self._ledger.note("life", life)
        self._journal.full = False  # a server is started when there is room
        async with open_world(
            self._settings(), capabilities, journal=self._journal, seed=self._seed * 8 + life
        ) as tree:
            self._tree = tree
            self._ledger.watch(tree)
            share = self._most // (1 if last else 3)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._accidents, tree)
                nursery.start_soon(self._operate, tree)
                async with trio.open_nursery() as users:
                    for _ in range(self._chance.randint(3, 10)):
                        users.start_soon(self._be_user, tree, share)
                    if not last:
                        await trio.sleep(self._time(100))
                        users.cancel_scope.cancel()
                nursery.cancel_scope.cancel()
            if last:
                await self._see_out(tree)
            elif self._chance.random() < 0.7:
                await tree.drain()
            self._ledger.watch(None)
        self._tree = None

    async def _see_out(self, tree: Stitchery) -> None:
        """Removes every hindrance and waits until all has ended."""
        self._journal.full = False
        for name in tree.admission.paused:
            tree.floor.resume(name)
        with trio.move_on_after(PATIENCE) as patience:
            while self._unfinished(tree):  # noqa: ASYNC110 -- virtual time, and no event tells
                await trio.sleep(10)
            await trio.sleep(30)
        if patience.cancelled_caught:
            self._ledger.breaks("some jobs never ended")
        elif self._ledger.broken is None:
            self._ledger.judge_end(tree)

    def _unfinished(self, tree: Stitchery) -> bool:
        return any(session.unfinished() for session in tree.sessions._register.values())

    # --- users ------------------------------------------------------------------------------------

    async def _be_user(self, tree: Stitchery, most: int) -> None:
        chance = self._chance
        hurry = chance.choice([2, 10, 40, 100])
        known = bool(self._sessions) and chance.random() < 0.3
        id = chance.choice(self._sessions) if known else await self._new_session(tree)
        async with trio.open_nursery() as nursery:
            while self.asked < most and id is not None:
                for _ in range(chance.choice([1, 1, 1, 1, 1, 1, 8])):
                    self.asked += 1
                    nursery.start_soon(self._ask, tree, id)
                await trio.sleep(self._time(hurry) if hurry else 0.5)

    async def _new_session(self, tree: Stitchery) -> str | None:
        try:
            id = (await tree.sessions.create()).record.id
        except StitcheryError as error:
            self._ledger.note("no session", error.code)
            return None
        self._sessions.append(id)
        return id

    async def _ask(self, tree: Stitchery, id: str) -> None:
        chance = self._chance
        capability, request, options = self._wish()
        cancels = chance.random() < 0.25
        later = self._time(20)
        try:
            session = await tree.sessions.find(id)
            if session is None:
                return
            view = await session.submit(capability, request, options)
            self._ledger.accepted.add(view.record.id)
            self._ledger.note("accepted", view.record.id)
            if cancels:
                await trio.sleep(later)
                await self._cancel(session, view.record.id)
        except StitcheryError as error:
            self._ledger.note("refused", id, error.code, error.limit)

    async def _cancel(self, session: Session, job: str) -> None:
        """Cancels; `cancelled` must be what it then is, for good."""
        try:
            view = await session.cancel(job)
        except (JobEnded, NotFound):
            return
        self._ledger.note("cancelled", job)
        if self._ledger.known[job].state != view.record.state or view.record.receipt is None:
            self._ledger.breaks(f"{job} was cancelled, and is {self._ledger.known[job].state}")

    def _wish(self) -> tuple[str, ChoreRequest, Options]:
        chance = self._chance
        request = ChoreRequest(
            seconds=self._time(chance.choice([0, 4, 20, 60])),
            ends=chance.choices(ENDS, [90, 7, 3])[0],
            clean_up=chance.choice([0, 0, 0, 0.5, 2]),
            borrows=chance.choice([0, 0, 1, 2]),
            stumbles=chance.choices([0, 1, 2, 9], [80, 10, 5, 5])[0],
            crashes=chance.choices([0, 1, 2, 9], [88, 6, 3, 3])[0],
        )
        options = Options(
            priority=chance.choice(list(Priority)),
            queue_timeout=self._time(60) + 0.5 if chance.random() < 0.15 else None,
            deadline=self._time(90) + 0.5 if chance.random() < 0.1 else None,
        )
        return chance.choice(CAPABILITIES), request, options

    def _time(self, most: float) -> float:
        """A multiple of half a second, often of ten: ties."""
        step = self._chance.choice([0.5, 0.5, 10])
        return step * self._chance.randint(0, int(most / step))

    # --- the operator -----------------------------------------------------------------------------

    async def _operate(self, tree: Stitchery) -> None:
        """Changes limits, pauses, ends sessions."""
        while True:
            await trio.sleep(5 + self._time(40))
            act = self._chance.choice(["change", "change", "pause", "end session"])
            self._ledger.note("operator", act)
            if act == "change":
                tree.change(self._settings())
            elif act == "pause":
                name = self._chance.choice(CAPABILITIES)
                tree.floor.pause(name)
                await trio.sleep(self._time(20))
                tree.floor.resume(name)
            elif self._sessions:
                await self._end_session(tree, self._chance.choice(self._sessions))

    async def _end_session(self, tree: Stitchery, id: str) -> None:
        self._ledger.forgotten.add(id)
        try:
            session = await tree.sessions.find(id)
            if session is not None:
                await session.end()
        except StitcheryError as error:
            self._ledger.note("not ended", error.code)

    def _settings(self) -> Settings:
        chance = self._chance
        together = chance.choice([1, 2, 3, 5, 8])
        return Settings(
            concurrency=Concurrency(
                max_global_jobs=together,
                max_jobs_per_user=chance.randint(1, together),
                queue_timeout=chance.choice([120, 3600]),
                enable_priority=chance.random() < 0.5,
                when_user_busy="refuse" if chance.random() < 0.1 else "wait",
                charge_run_time=chance.random() < 0.7,
            ),
            limits=Limits(max_queue_size=chance.choices([3, 1000], [1, 9])[0]),
            resources=Resources(processor=chance.choice([1, 2, 4])),
            capabilities={name: self._section() for name in CAPABILITIES},
        )

    def _section(self) -> CapabilitySettings:
        chance = self._chance
        running = chance.choice([1, 2, 1000])
        return CapabilitySettings(
            max_running=running,
            max_running_per_user=chance.choice([1, running]),
            max_queued=chance.choices([5, 1000], [1, 9])[0],
            queue_timeout=chance.choice([None, None, 60]),
            run_timeout=chance.choice([10, 600, 600]),
            max_attempts=chance.choice([1, MOST_ATTEMPTS, MOST_ATTEMPTS]),
            max_crashes=chance.choice([1, 2]),
            retry_after=chance.choice([0, 0.5, 10]),
            retry_cap=chance.choice([10, 120]),
        )

    # --- accidents --------------------------------------------------------------------------------

    async def _accidents(self, tree: Stitchery) -> None:
        """Actors fall, and the disk is full for a while."""
        while True:
            await trio.sleep(BETWEEN_CRASHES + self._time(60))
            act = self._chance.choice(["limiter", "session", "journal", "disk"])
            self._ledger.note("accident", act)
            if act == "limiter":
                self._fell_limiter(tree)
            elif act == "session":
                self._fell_session(tree)
            elif act == "journal":
                self._journal.falls.set()
            else:
                self._journal.full = True
                await trio.sleep(self._time(10))
                self._journal.full = False

    def _fell_limiter(self, tree: Stitchery) -> None:
        """Sends a limiter what it cannot handle."""
        limiter = tree.limiters[self._chance.choice(CAPABILITIES)]
        limiter.leave(cast(Place, None))

    def _fell_session(self, tree: Stitchery) -> None:
        """A task of a session breaks."""
        register = tree.sessions._register
        if register:
            session: Any = register[self._chance.choice(sorted(register))]
            if session._nursery is not None and not session.leaving:
                session._nursery.start_soon(_break)


async def _break() -> None:
    raise RuntimeError("a session falls")
