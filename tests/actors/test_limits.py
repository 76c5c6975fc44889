"""Limits in the tree: resources, deadlines, refusals that tell when, changes while it runs."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trio
import trio.testing

from actors.capability import Context
from actors.errors import DeadlineMissed, QueueFull, UserBusy
from actors.journal.memory import MemoryJournal
from actors.journal.port import JournalClosedError
from actors.lifecycle import State, has_ended
from actors.messages import FileRecord, JobRecord, JobResult, JobView, Options
from actors.session import Session
from actors.tree import Stitchery, open_stitchery
from conf.settings import Concurrency, Limits, Resources, Settings, Storage
from tests.capabilities import IdleWorkers, Nap, NapRequest, NapSettings

Clock = trio.testing.MockClock


class Grind(Nap):
    """Naps on a processor slot of its own."""

    name = "grind"

    def size(self, request: NapRequest, files: Mapping[str, FileRecord]) -> float:
        return request.seconds

    async def run(self, request: NapRequest, settings: NapSettings, context: Context) -> JobResult:
        async with context.borrow("processor"):
            return await super().run(request, settings, context)


def configured(data: Path, grind: NapSettings | None = None, **sections: object) -> Settings:
    given = {"resources": Resources(processor=1), "limits": Limits(), **sections}
    return Settings.model_validate(
        {
            "concurrency": Concurrency(max_global_jobs=3, max_jobs_per_user=3),
            "storage": Storage(data=data),
            **given,
            "capabilities": {"nap": NapSettings(), "grind": grind or NapSettings()},
        }
    )


@asynccontextmanager
async def tree(
    settings: Settings, journal: MemoryJournal | None = None
) -> AsyncIterator[Stitchery]:
    began = datetime(2026, 1, 1, tzinfo=UTC)
    async with open_stitchery(
        settings,
        capabilities={"nap": Nap(), "grind": Grind()},
        journal=journal or MemoryJournal(),
        workers=IdleWorkers(),
        now=lambda: began + timedelta(seconds=trio.current_time()),
    ) as stitchery:
        yield stitchery


async def submit(
    session: Session,
    seconds: float = 10,
    capability: str = "nap",
    deadline: float | None = None,
) -> str:
    request = NapRequest(seconds=seconds)
    return (await session.submit(capability, request, Options(deadline=deadline))).record.id


async def end_of(session: Session, job: str) -> JobView:
    with session.watch(job=job) as watcher:
        view = await session.job(job)
        while not has_ended(view.record.state):
            await watcher.next()
            view = await session.job(job)
    return view


async def holds(session: Session, job: str) -> list[tuple[str, int, int]]:
    outlook = (await session.job(job)).outlook
    return [(hold.limit, hold.used, hold.max) for hold in outlook.waiting_for]


# --- resources ------------------------------------------------------------------------------------


async def test_who_waits_for_a_processor_says_so_while_anothers_download_runs(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(configured(tmp_path)) as stitchery:
        ann, bob = await stitchery.sessions.create(), await stitchery.sessions.create()
        grinds = await submit(ann, 100, "grind")
        waits = await submit(bob, 100, "grind")
        naps = await submit(bob, 30)
        await end_of(bob, naps)
        at = trio.current_time()
        state = (await bob.job(waits)).record.state
        held = await holds(bob, waits)
        await end_of(ann, grinds)
        await end_of(bob, waits)
        took = trio.current_time() - at

    assert state is State.RUNNING
    assert held == [("resources.processor", 1, 1)]
    assert took == pytest.approx(170)


async def test_waiting_for_a_resource_does_not_use_up_the_run_time(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(configured(tmp_path, NapSettings(run_timeout=110))) as stitchery:
        session = await stitchery.sessions.create()
        jobs = [await submit(session, 100, "grind") for _ in range(3)]
        ends = [(await end_of(session, job)).record.state for job in jobs]

    assert ends == [State.SUCCEEDED] * 3


async def test_the_run_time_goes_on_when_the_resource_is_there(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(configured(tmp_path, NapSettings(run_timeout=90))) as stitchery:
        session = await stitchery.sessions.create()
        await submit(session, 80, "grind")
        late = await end_of(session, await submit(session, 100, "grind"))

    assert late.record.state is State.TIMED_OUT
    assert late.record.error is not None
    assert late.record.error.limit == "grind.run_timeout"
    assert trio.current_time() == pytest.approx(80 + 90, abs=1)


async def test_a_resource_is_waited_for_as_long_as_a_slot_and_no_longer(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(configured(tmp_path, NapSettings(queue_timeout=50))) as stitchery:
        session = await stitchery.sessions.create()
        hog = await submit(session, 300, "grind")
        starved = await end_of(session, await submit(session, 1, "grind"))
        told = starved.record.error
        lent = stitchery.services.lender.totals()["processor"]
        still = (await session.job(hog)).record.state

    assert starved.record.state is State.TIMED_OUT
    assert told is not None
    assert told.limit == "resources.processor"
    assert (lent, still) == ((1, 1), State.RUNNING)


async def test_who_is_cancelled_waiting_for_a_resource_or_holding_it_gives_it_back(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(configured(tmp_path)) as stitchery:
        session = await stitchery.sessions.create()
        jobs = [await submit(session, 1000, "grind") for _ in range(3)]
        await trio.sleep(1)
        for job in (jobs[1], jobs[0], jobs[2]):
            view = await session.cancel(job)
            assert view.record.state is State.CANCELLED
            await trio.testing.wait_all_tasks_blocked()
        lent = stitchery.services.lender.totals()["processor"]

    assert lent == (0, 1)


# --- deadlines ------------------------------------------------------------------------------------


async def test_a_deadline_that_even_luck_would_miss_is_refused_with_the_soonest_end(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(configured(tmp_path)) as stitchery:
        session = await stitchery.sessions.create()
        for _ in range(5):
            await end_of(session, await submit(session, 100))
        for _ in range(4):
            await submit(session, 100)
        with pytest.raises(DeadlineMissed) as caught:
            await submit(session, 100, deadline=150)
        with pytest.raises(DeadlineMissed):
            session.preflight("nap", NapRequest(), Options(deadline=150))
        session.preflight("nap", NapRequest(), Options(deadline=250))
        later = await submit(session, 100, deadline=250)
        unfinished = session.unfinished()
        end = await end_of(session, later)

    assert caught.value.limit == "deadline"
    assert caught.value.more["soonest"] == pytest.approx(190, abs=1)  # 200 as a rule
    assert unfinished == 5
    assert end.record.state is State.SUCCEEDED


async def test_a_deadline_that_passes_while_the_job_runs_ends_it_as_timed_out(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(configured(tmp_path)) as stitchery:
        session = await stitchery.sessions.create()
        view = await end_of(session, await submit(session, 1000, deadline=60))

    assert view.record.state is State.TIMED_OUT
    assert view.record.error is not None
    assert (view.record.error.code, view.record.error.limit) == ("deadline_passed", "deadline")
    assert trio.current_time() == pytest.approx(60, abs=1)


async def test_a_deadline_does_not_begin_anew_in_the_next_life(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    journal, began = MemoryJournal(), trio.current_time()
    async with tree(configured(tmp_path), journal) as stitchery:
        session = await stitchery.sessions.create()
        job = await submit(session, 1000, deadline=60)
        await trio.sleep(40)
        first = await session.job(job)
    async with tree(configured(tmp_path), journal) as stitchery:
        again = await stitchery.sessions.find(session.record.id)
        assert again is not None
        second = await end_of(again, job)

    assert [view.record.state for view in (first, second)] == [State.RUNNING, State.TIMED_OUT]
    assert trio.current_time() - began == pytest.approx(60, abs=1)


# --- refusals that tell when ----------------------------------------------------------------------


async def test_who_is_refused_is_told_when_one_more_may_wait_and_that_is_true(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    limits = Limits(max_queue_size=2, max_queued_per_user=2)
    async with tree(configured(tmp_path, limits=limits)) as stitchery:
        session = await stitchery.sessions.create()
        await end_of(session, await submit(session, 100))
        for _ in range(5):
            await submit(session, 100)
        await trio.sleep(30.5)
        with pytest.raises(QueueFull) as caught:
            await submit(session, 100)
        assert caught.value.retry_after is not None
        await trio.sleep(caught.value.retry_after)
        await submit(session, 100)

    assert (caught.value.limit, caught.value.retry_after) == ("queue_size", 70)


async def test_a_busy_user_is_told_when_the_next_of_his_own_ends(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    refusing = Concurrency(max_global_jobs=3, max_jobs_per_user=1, when_user_busy="refuse")
    async with tree(configured(tmp_path, concurrency=refusing)) as stitchery:
        session, other = await stitchery.sessions.create(), await stitchery.sessions.create()
        await end_of(session, await submit(session, 100))
        await submit(other, 100)
        await trio.sleep(50)
        await submit(session, 100)
        await trio.sleep(20)
        with pytest.raises(UserBusy) as caught:
            await submit(session, 100)

    assert caught.value.retry_after == 80


class Restarting(MemoryJournal):
    """A journal that is being restarted whenever a job begins."""

    def note_job(self, job: JobRecord) -> None:
        raise JournalClosedError("The journal is not open. Try again.")


async def test_a_start_that_cannot_be_noted_just_now_is_no_reason_to_fail(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(configured(tmp_path), Restarting()) as stitchery:
        session = await stitchery.sessions.create()
        end = await end_of(session, await submit(session))

    assert end.record.state is State.SUCCEEDED


# --- while it runs --------------------------------------------------------------------------------


async def test_limits_changed_while_it_runs_drain_or_grant_at_once(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    settings = configured(tmp_path)
    async with tree(settings) as stitchery:
        session = await stitchery.sessions.create()
        jobs = [await submit(session, 100) for _ in range(6)]
        for limit, running in ((5, 5), (1, 5)):
            wider = settings.concurrency.model_copy(
                update={"max_global_jobs": limit, "max_jobs_per_user": limit}
            )
            stitchery.change(settings.model_copy(update={"concurrency": wider}))
            await trio.testing.wait_all_tasks_blocked()
            assert stitchery.admission.running == running
        ends = [(await end_of(session, job)).record.state for job in jobs]

    assert ends == [State.SUCCEEDED] * 6
    assert trio.current_time() == pytest.approx(200, abs=1)


async def test_a_paused_capability_holds_its_jobs_by_name_until_it_is_resumed(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(configured(tmp_path)) as stitchery:
        session = await stitchery.sessions.create()
        runs = await submit(session, 10, "grind")
        stitchery.floor.pause("grind")
        waits = await submit(session, 10, "grind")
        passes = await submit(session, 10)
        ends = [(await end_of(session, job)).record.state for job in (runs, passes)]
        held = await holds(session, waits)
        paused = {name: limiter.load().paused for name, limiter in stitchery.limiters.items()}
        stitchery.floor.resume("grind")
        end = await end_of(session, waits)

    assert ends == [State.SUCCEEDED] * 2
    assert held == [("grind.paused", 0, 0)]
    assert paused == {"nap": False, "grind": True}
    assert end.record.state is State.SUCCEEDED


async def test_an_owners_weight_counts(tmp_path: Path, autojump_clock: Clock) -> None:
    weighted = Concurrency(max_global_jobs=1, max_jobs_per_user=1, weights={"key:batch": 3})
    begun: list[str] = []
    async with tree(configured(tmp_path, concurrency=weighted)) as stitchery:
        heavy, other = await stitchery.sessions.of("key:batch"), await stitchery.sessions.create()
        nap = stitchery.capabilities["nap"]
        assert isinstance(nap, Nap)
        await submit(other)
        mine = {await submit(heavy) for _ in range(20)}
        for _ in range(20):
            last = await submit(other)
        await end_of(other, last)
        begun = nap.begun

    assert 11 <= sum(job in mine for job in begun[1:17]) <= 13


async def test_how_long_a_size_takes_is_learnt_and_told(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(configured(tmp_path, NapSettings(max_running=1))) as stitchery:
        session = await stitchery.sessions.create()
        for seconds in (10, 1000) * 12:
            await end_of(session, await submit(session, seconds, "grind"))
        await submit(session, 10, "grind")
        small = (await session.job(await submit(session, 10, "grind"))).outlook.eta
        large = (await session.job(await submit(session, 1000, "grind"))).outlook.eta
        load = stitchery.limiters["grind"].load()

    assert small is not None
    assert large is not None
    assert small.p50 == pytest.approx(20, rel=0.01)
    assert large.p50 == pytest.approx(1020, rel=0.01)
    assert load.coverage.jobs == 23
