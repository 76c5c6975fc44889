"""The tree under the virtual clock: lives of jobs, turns between users, cancelling, restarts."""

import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
from structlog.testing import capture_logs

from actors.clerk import RECORDED_WITHIN
from actors.errors import (
    JobEnded,
    NotFound,
    NotReady,
    QueueFull,
    Refusal,
    StorageFull,
    UserBusy,
)
from actors.journal.memory import MemoryJournal
from actors.journal.opening import DATABASE
from actors.journal.port import Journal
from actors.journal.records import encode
from actors.journal.schema import APPLICATION_ID, MIGRATIONS
from actors.journal.sqlite import SqliteJournal
from actors.lifecycle import State, has_ended
from actors.logs import merge_bound
from actors.messages import (
    FileRecord,
    Idempotency,
    JobRecord,
    JobView,
    Media,
    Options,
    SessionRecord,
)
from actors.part import Part
from actors.session import Session
from actors.tree import Stitchery, open_stitchery
from conf.settings import Concurrency, Limits
from tests.capabilities import IdleWorkers, Nap, NapRequest, NapSettings, nap_settings

Clock = trio.testing.MockClock


@asynccontextmanager
async def tree(
    data: Path,
    *,
    nap: Nap | None = None,
    journal: Journal | None = None,
    settings: NapSettings | None = None,
    limits: Limits | None = None,
    when_user_busy: str = "wait",
    total: int = 3,
    per_user: int = 1,
    queue_timeout: float = 3600,
) -> AsyncIterator[Stitchery]:
    concurrency = Concurrency.model_validate(
        {
            "max_global_jobs": total,
            "max_jobs_per_user": per_user,
            "queue_timeout": queue_timeout,
            "when_user_busy": when_user_busy,
        }
    )
    async with open_stitchery(
        nap_settings(data, concurrency=concurrency, limits=limits, nap=settings),
        capabilities={"nap": nap or Nap()},
        journal=journal or MemoryJournal(),
        workers=IdleWorkers(),
    ) as stitchery:
        yield stitchery


async def submit(session: Session, seconds: float = 1.0, **wishes: object) -> str:
    request = NapRequest.model_validate({"seconds": float(seconds), **wishes})
    return (await session.submit("nap", request, Options())).record.id


async def end_of(session: Session, job: str) -> JobView:
    with session.watch(job=job) as watcher:
        view = await session.job(job)
        while not has_ended(view.record.state):
            await watcher.next()
            view = await session.job(job)
    return view


async def test_a_job_runs_and_succeeds_with_its_result(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(tmp_path) as stitchery:
        session = await stitchery.sessions.create()
        began = trio.current_time()
        view = await end_of(session, await submit(session, 600))

    assert view.record.state is State.SUCCEEDED
    assert view.record.result is not None
    assert view.record.result.data == {"slept": 600}
    assert trio.current_time() - began == pytest.approx(600)


async def test_a_lasting_error_fails_the_job_in_its_own_words(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(tmp_path) as stitchery:
        session = await stitchery.sessions.create()
        view = await end_of(session, await submit(session, ends="badly"))

    assert view.record.state is State.FAILED
    assert view.record.error is not None
    assert (view.record.error.code, view.record.error.detail) == ("work_failed", "Bad dreams.")


async def test_a_mistake_of_ours_fails_the_job_without_telling_its_inside(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(tmp_path) as stitchery:
        session = await stitchery.sessions.create()
        view = await end_of(session, await submit(session, ends="broken"))
        next_view = await end_of(session, await submit(session))

    assert view.record.error is not None
    assert view.record.error.code == "internal_error"
    assert "ZeroDivision" not in view.record.error.detail
    assert next_view.record.state is State.SUCCEEDED


async def test_a_refused_submit_leaves_no_trace(tmp_path: Path, autojump_clock: Clock) -> None:
    async with tree(tmp_path) as stitchery:
        session = await stitchery.sessions.create()
        with pytest.raises(Refusal) as caught:
            await submit(session, refused=True)
        page = await session.jobs(state=None, capability=None, limit=10, cursor=None)

    assert caught.value.field == "/refused"
    assert page.items == ()
    assert session.unfinished() == 0


async def test_a_full_queue_refuses_and_names_its_limit(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(tmp_path, total=1, limits=Limits(max_queue_size=1)) as stitchery:
        session, other = [await stitchery.sessions.create() for _ in range(2)]
        await submit(session, 100)
        await submit(session, 100)
        with pytest.raises(QueueFull) as caught:
            await submit(other, 100)

        assert caught.value.limit == "queue_size"
        assert (session.unfinished(), other.unfinished()) == (2, 0)


async def test_a_busy_user_is_refused_where_the_site_wants_it(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(tmp_path, when_user_busy="refuse") as stitchery:
        session = await stitchery.sessions.create()
        other = await stitchery.sessions.create()
        first = await submit(session, 100)
        with pytest.raises(UserBusy):
            await submit(session)
        await submit(other)
        await end_of(session, first)
        await submit(session)


async def test_limits_hold_with_many_users_and_everybody_is_served(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    nap = Nap()
    async with tree(tmp_path, nap=nap, total=3, limits=Limits(max_queue_size=1000)) as stitchery:
        users = [await stitchery.sessions.create() for _ in range(12)]
        jobs = [(user, await submit(user, 10)) for user in users for _ in range(4)]
        views = [await end_of(user, job) for user, job in jobs]

    assert nap.most_running == 3
    assert {view.record.state for view in views} == {State.SUCCEEDED}
    assert len(nap.begun) == len(set(nap.begun)) == 48


async def test_a_user_with_fifty_jobs_does_not_delay_anothers_first(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    nap = Nap()
    async with tree(tmp_path, nap=nap, total=1) as stitchery:
        hog, other = [await stitchery.sessions.create() for _ in range(2)]
        for _ in range(50):
            await submit(hog, 10)
        began = trio.current_time()
        first = await submit(other, 10)
        await end_of(other, first)

        assert nap.begun.index(first) <= 1
        assert trio.current_time() - began <= 20.001


async def test_one_users_jobs_begin_in_the_order_of_submission(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    nap = Nap()
    async with tree(tmp_path, nap=nap) as stitchery:
        session = await stitchery.sessions.create()
        jobs = [await submit(session, 5) for _ in range(20)]
        await end_of(session, jobs[-1])

    assert nap.begun == jobs


async def test_ten_users_with_ten_minute_jobs_meet_the_known_waits(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    """Limit 1: 6 an hour, mean wait 45 min, mean finish 55, last at 100; 3: 12, 22, 40."""
    for total, wait, finish, last in ((1, 45, 55, 100), (3, 12, 22, 40), (5, 5, 15, 20)):
        async with tree(tmp_path, total=total, queue_timeout=86_400) as stitchery:
            users = [await stitchery.sessions.create() for _ in range(10)]
            began = trio.current_time()
            jobs = [(user, await submit(user, 600)) for user in users]
            ends: list[float] = []

            async def note_end(user: Session, job: str, ends: list[float] = ends) -> None:
                await end_of(user, job)
                ends.append(trio.current_time())

            async with trio.open_nursery() as nursery:
                for user, job in jobs:
                    nursery.start_soon(note_end, user, job)
            minutes = [(end - began) / 60 for end in ends]

        assert sum(minutes) / 10 == pytest.approx(finish, abs=0.01)
        assert sum(minutes) / 10 - 10 == pytest.approx(wait, abs=0.01)
        assert max(minutes) == pytest.approx(last, abs=0.01)


async def test_a_queued_job_is_cancelled_without_ever_running(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    nap = Nap()
    async with tree(tmp_path, nap=nap, total=1) as stitchery:
        session = await stitchery.sessions.create()
        first, second = [await submit(session, 100) for _ in range(2)]
        view = await session.cancel(second)
        await end_of(session, first)

    assert view.record.state is State.CANCELLED
    assert view.record.receipt is not None
    assert second not in nap.begun


async def test_a_running_job_is_cancelled_cleaned_up_and_gives_its_slot_back(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    nap = Nap()
    async with tree(tmp_path, nap=nap, total=1) as stitchery:
        session = await stitchery.sessions.create()
        first = await submit(session, 10_000, clean_up=2.0)
        second = await submit(session, 1)
        await trio.sleep(5)
        view = await session.cancel(first)
        running_after = nap.running
        next_view = await end_of(session, second)

    assert view.record.receipt is not None
    assert view.record.receipt.seconds == pytest.approx(2.0)
    assert running_after <= 1
    assert next_view.record.state is State.SUCCEEDED


async def test_cancelling_an_ended_or_unknown_job_says_so(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(tmp_path) as stitchery:
        session = await stitchery.sessions.create()
        job = await submit(session)
        await end_of(session, job)
        with pytest.raises(JobEnded, match="succeeded"):
            await session.cancel(job)
        with pytest.raises(NotFound):
            await session.cancel("0" * 34)


async def test_two_cancels_at_once_meet_one_end(tmp_path: Path, autojump_clock: Clock) -> None:
    async with tree(tmp_path) as stitchery:
        session = await stitchery.sessions.create()
        job = await submit(session, 100, clean_up=1.0)
        await trio.sleep(1)
        views: list[JobView] = []

        async def cancel() -> None:
            views.append(await session.cancel(job))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(cancel)
            nursery.start_soon(cancel)

    assert len({view.record.receipt for view in views}) == 1


@pytest.mark.parametrize("offset", [-0.1, 0.0, 0.1])
async def test_a_cancel_at_the_moment_of_the_end_meets_exactly_one_end(
    tmp_path: Path, autojump_clock: Clock, offset: float
) -> None:
    async with tree(tmp_path) as stitchery:
        session = await stitchery.sessions.create()
        job = await submit(session, 5)
        await trio.sleep(5 + offset)
        try:
            state = (await session.cancel(job)).record.state
        except JobEnded:
            state = State.SUCCEEDED
        view = await end_of(session, job)

    assert view.record.state is state
    assert (view.record.result is not None) == (state is State.SUCCEEDED)
    assert (view.record.receipt is not None) == (state is State.CANCELLED)


async def test_a_job_that_waits_too_long_expires_and_leaves_the_line(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    nap = Nap()
    async with tree(tmp_path, nap=nap, total=1, queue_timeout=60) as stitchery:
        session = await stitchery.sessions.create()
        first = await submit(session, 1000)
        second = await submit(session, 1)
        began = trio.current_time()
        view = await end_of(session, second)
        waited = trio.current_time() - began
        await session.cancel(first)

    assert view.record.state is State.EXPIRED
    assert view.record.error is not None
    assert view.record.error.limit == "queue_timeout"
    assert waited == pytest.approx(60)
    assert second not in nap.begun


async def test_a_job_that_runs_too_long_is_stopped(tmp_path: Path, autojump_clock: Clock) -> None:
    async with tree(tmp_path, settings=NapSettings(run_timeout=30)) as stitchery:
        session = await stitchery.sessions.create()
        view = await end_of(session, await submit(session, 1000))

    assert view.record.state is State.TIMED_OUT
    assert view.record.error is not None
    assert view.record.error.limit == "nap.run_timeout"


async def test_the_same_key_and_body_is_the_same_job_however_many_come_at_once(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    nap = Nap()
    async with tree(tmp_path, nap=nap) as stitchery:
        session = await stitchery.sessions.create()
        ids: set[str] = set()

        async def send() -> None:
            view = await session.submit(
                "nap", NapRequest(), Options(), Idempotency(key="k", digest="d")
            )
            ids.add(view.record.id)

        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(send)
        await end_of(session, next(iter(ids)))

    assert len(ids) == 1
    assert len(nap.begun) == 1


async def test_an_idle_session_leaves_memory_and_comes_back_with_all_it_had(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(tmp_path) as stitchery:
        session = await stitchery.sessions.create()
        job = await submit(session)
        await end_of(session, job)
        await trio.sleep(3600)
        in_memory = len(stitchery.sessions)
        again = await stitchery.sessions.find(session.record.id)
        assert again is not None
        view = await again.job(job)

    assert in_memory == 0
    assert again is not session
    assert view.record.state is State.SUCCEEDED


async def test_a_session_too_many_is_refused_and_leaves_no_record(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    journal = MemoryJournal()
    async with tree(tmp_path, journal=journal, limits=Limits(max_sessions=1)) as stitchery:
        session = await stitchery.sessions.create()
        await submit(session, 1000)
        with pytest.raises(NotReady) as caught:
            await stitchery.sessions.create()

    assert caught.value.limit == "sessions"
    assert len(journal._shelves) == 1


async def test_an_ended_session_is_gone_with_its_jobs(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    nap = Nap()
    async with tree(tmp_path, nap=nap) as stitchery:
        session = await stitchery.sessions.create()
        await submit(session, 1000)
        await trio.sleep(1)
        await session.end()

        assert await stitchery.sessions.find(session.record.id) is None
        assert nap.running == 0
        assert stitchery.admission.running == 0


async def test_unfinished_jobs_go_on_in_the_next_life_in_their_old_order(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    journal = MemoryJournal()
    async with tree(tmp_path, journal=journal) as stitchery:
        session = await stitchery.sessions.create()
        jobs = [await submit(session, 100) for _ in range(4)]
        await trio.sleep(10)
    nap = Nap()
    async with tree(tmp_path, journal=journal, nap=nap) as stitchery:
        again = await stitchery.sessions.find(session.record.id)
        assert again is not None
        views = [await end_of(again, job) for job in jobs]

    assert nap.begun == jobs
    assert [view.record.attempt for view in views] == [2, 1, 1, 1]
    assert {view.record.state for view in views} == {State.SUCCEEDED}


async def test_a_job_under_which_the_service_dies_again_and_again_fails_as_interrupted(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    journal = MemoryJournal()
    async with tree(tmp_path, journal=journal) as stitchery:
        session = await stitchery.sessions.create()
        job = await submit(session, 100)
        await trio.sleep(1)
    for _ in range(3):
        async with tree(tmp_path, journal=journal) as stitchery:
            await trio.sleep(1)
            again = await stitchery.sessions.find(session.record.id)
            assert again is not None
            view = await again.job(job)

    assert view.record.state is State.FAILED
    assert view.record.error is not None
    assert view.record.error.code == "interrupted"


async def test_a_stop_in_good_order_costs_a_running_job_no_attempt(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    journal = MemoryJournal()
    async with tree(tmp_path, journal=journal) as stitchery:
        session = await stitchery.sessions.create()
        job = await submit(session, 1000)
        await trio.sleep(1)
        await stitchery.drain()
    for _ in range(5):
        async with tree(tmp_path, journal=journal) as stitchery:
            await trio.sleep(1)
            await stitchery.drain()
    async with tree(tmp_path, journal=journal) as stitchery:
        again = await stitchery.sessions.find(session.record.id)
        assert again is not None
        view = await end_of(again, job)

    assert view.record.state is State.SUCCEEDED
    assert view.record.attempt == 1


async def test_a_job_that_outwaits_its_own_deadline_is_told_so(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(tmp_path, total=1) as stitchery:
        session = await stitchery.sessions.create()
        await submit(session, 1000)
        view = await session.submit("nap", NapRequest(), Options(deadline=5, queue_timeout=50))
        view = await end_of(session, view.record.id)

    assert view.record.state is State.EXPIRED
    assert view.record.error is not None
    assert view.record.error.limit == "deadline"


async def test_a_preflight_refuses_what_a_submit_would_refuse_and_takes_nothing(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    limits = Limits(max_queue_size=2, max_queued_per_user=2)
    async with tree(tmp_path, total=1, limits=limits) as stitchery:
        hog, other = [await stitchery.sessions.create() for _ in range(2)]
        await submit(hog, 100)
        await submit(hog, 100)
        _, prospect = other.preflight("nap", NapRequest(), Options())
        await submit(hog, 100)
        with pytest.raises(QueueFull):
            other.preflight("nap", NapRequest(), Options())

    assert prospect.position == 1
    assert [hold.limit for hold in prospect.waiting_for] == ["global_jobs"]


async def test_a_stopping_service_lets_what_runs_end_and_begins_nothing(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    journal = MemoryJournal()
    nap = Nap()
    async with tree(tmp_path, journal=journal, nap=nap) as stitchery:
        session = await stitchery.sessions.create()
        first, second = [await submit(session, 5) for _ in range(2)]
        await trio.sleep(1)
        await stitchery.drain()
        with pytest.raises(NotReady):
            await submit(session)
        states = [(await session.job(job)).record.state for job in (first, second)]

    assert states == [State.SUCCEEDED, State.QUEUED]
    assert nap.begun == [first]


async def test_the_log_has_a_line_for_each_step_of_a_job(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    with capture_logs([merge_bound]) as logs:
        async with tree(tmp_path) as stitchery:
            session = await stitchery.sessions.create()
            good, bad = [await submit(session, 5, ends=how) for how in ("well", "badly")]
            await end_of(session, bad)
            left = await submit(session, 600)
            await session.cancel(left)
            await end_of(session, left)

    def of(job: str) -> list[dict[str, Any]]:
        lines = [line for line in logs if line.get("job") == job]
        assert {(line["session"], line["log_level"]) for line in lines} == {
            (session.record.id, "info")
        }
        return [dict(line) for line in lines]

    accepted, started, ended = of(good)
    assert (accepted["event"], accepted["capability"]) == ("job accepted", "nap")
    assert (started["event"], started["attempt"]) == ("job started", 1)
    assert started["waited"] >= 0
    assert (ended["event"], ended["state"]) == ("job ended", "succeeded")
    assert ended["ran"] >= 0
    assert of(bad)[-1]["error"] == "work_failed"
    assert (of(left)[-1]["state"], of(left)[-1]["processes_ended"]) == ("cancelled", 0)


async def test_watchers_see_every_state_of_a_job_once_and_in_order(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(tmp_path) as stitchery:
        session = await stitchery.sessions.create()
        states: list[State] = []
        with session.watch() as watcher:
            await submit(session, 5)
            while not states or not has_ended(states[-1]):
                event = await watcher.next()
                view = getattr(event, "view", None)
                assert isinstance(view, JobView)
                if not states or states[-1] is not view.record.state:
                    states.append(view.record.state)

    assert states == [State.QUEUED, State.RUNNING, State.SUCCEEDED]


async def test_who_watches_is_told_when_a_job_moves_up_in_line(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(tmp_path, total=1) as stitchery:
        session = await stitchery.sessions.create()
        jobs = [await submit(session, 10) for _ in range(4)]
        positions: list[int | None] = []
        with session.watch(job=jobs[-1]) as watcher:
            while True:
                event = await watcher.next()
                view = getattr(event, "view", None)
                assert isinstance(view, JobView)
                if has_ended(view.record.state):
                    break
                positions.append(view.outlook.position)

    told = [position for position in positions if position is not None]
    assert list(dict.fromkeys(told)) == [3, 2, 1]
    assert len(told) <= 6  # that time passes makes no messages


async def test_a_broken_session_is_started_anew_and_takes_its_jobs_up_again(
    tmp_path: Path, autojump_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    nap = Nap()
    async with tree(tmp_path, nap=nap) as stitchery:
        session = await stitchery.sessions.create()
        job = await submit(session, 50)
        await trio.sleep(1)
        assert session._nursery is not None

        async def break_down() -> None:
            raise ZeroDivisionError

        session._nursery.start_soon(break_down)
        await trio.sleep(1)
        again = await stitchery.sessions.find(session.record.id)
        assert again is not None
        assert again is not session
        view = await end_of(again, job)

    assert view.record.state is State.SUCCEEDED
    assert view.record.attempt == 2
    assert Counter(nap.begun)[job] == 2


async def test_who_goes_away_while_files_are_taken_leaves_them_whole_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tree(tmp_path) as stitchery:
        session = await stitchery.sessions.create()
        workspace = stitchery.services.workspace
        adopt, begun, go_on = workspace.adopt, trio.Event(), trio.Event()

        async def slow_adopt(*parts: Part) -> None:
            begun.set()
            await go_on.wait()
            await adopt(*parts)

        request = trio.CancelScope()

        async def upload() -> None:
            with request:
                async with session.receive_part(100) as part:
                    await part.write(b"bytes")
                    sealed = await part.seal()
                    record = FileRecord(
                        id=part.id,
                        session=part.session,
                        name="a",
                        media=Media(media_type="image/png"),
                        size=sealed.size,
                        sha256=sealed.sha256,
                        created_at=datetime.now(UTC),
                    )
                    await session.take_files([(part, record)])

        monkeypatch.setattr(workspace, "adopt", slow_adopt)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(upload)
            await begun.wait()
            request.cancel()
            await trio.testing.wait_all_tasks_blocked(0.05)
            go_on.set()

        [file] = session.shelf.files.values()
        assert workspace.path(file.session, file.id).read_bytes() == b"bytes"
        quota = session.shelf.quota
        assert (quota.used_files, quota.reserved_files) == (1, 0)


async def test_a_full_disk_keeps_nobodys_jobs_from_going_on_in_the_next_life(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    full = False

    async def before_write(write: str) -> None:
        if full and write == "save_job":
            raise StorageFull("The disk is full.")

    journal = MemoryJournal(before_write=before_write)
    async with tree(tmp_path, journal=journal) as stitchery:
        session = await stitchery.sessions.create()
        jobs = [await submit(session, 10) for _ in range(2)]
        await trio.sleep(1)
    full = True
    async with tree(tmp_path, journal=journal) as stitchery:
        again = await stitchery.sessions.find(session.record.id)
        assert again is not None
        await trio.sleep(100)
        full = False
        views = [await end_of(again, job) for job in jobs]

    assert {view.record.state for view in views} == {State.SUCCEEDED}


async def test_who_cancels_while_the_end_cannot_be_recorded_is_told_that_the_job_has_stopped(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    """It ends by itself when there is room; the next who asks is told the end."""
    full = True

    async def before_write(write: str) -> None:
        if full and write == "save_job":
            raise StorageFull("The disk is full.")

    async with tree(tmp_path, journal=MemoryJournal(before_write=before_write)) as stitchery:
        session = await stitchery.sessions.create()
        job = await submit(session, 1000)
        await trio.sleep(1)
        for _ in range(2):
            began = trio.current_time()
            with pytest.raises(NotReady, match="has stopped") as caught:
                await session.cancel(job)
            assert trio.current_time() == pytest.approx(began + RECORDED_WITHIN)
            assert caught.value.retry_after is not None
            assert stitchery.admission.running == 0
            assert (await session.job(job)).record.state is State.RUNNING
        full = False
        await trio.sleep(2)
        assert (await session.job(job)).record.state is State.CANCELLED
        with pytest.raises(JobEnded, match="cancelled"):
            await session.cancel(job)


async def test_a_data_folder_of_the_first_version_goes_on_where_it_stood(tmp_path: Path) -> None:
    """With its schema of then, and its shorter ids."""
    session = SessionRecord(id="01m81q5p7hs7cbhn05kme61etm", created_at=datetime.now(UTC))
    job = JobRecord(
        id="01m81q5p7kq2j8b3v6w0xn4czd",
        session=session.id,
        capability="nap",
        request='{"seconds": 0.01}',
        inputs=(),
        created_at=session.created_at,
    )
    with closing(sqlite3.connect(tmp_path / DATABASE)) as old, old:
        for statement in MIGRATIONS[0]:
            old.execute(statement)
        old.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        old.execute("PRAGMA user_version = 1")
        old.execute("INSERT INTO sessions VALUES (?, ?)", (session.id, encode(session)))
        row = (session.id, job.id, job.capability, job.state, encode(job))
        old.execute("INSERT INTO jobs VALUES (?, ?, ?, ?, ?)", row)
    async with tree(tmp_path, journal=SqliteJournal(tmp_path)) as stitchery:
        again = await stitchery.sessions.find(session.id)
        assert again is not None
        with trio.fail_after(30):
            view = await end_of(again, job.id)
        made = await submit(again, 0)
        assert made > job.id

    assert view.record.state is State.SUCCEEDED
