"""Whoever runs the service changes it while it runs: limits, pauses, a drain; nothing is killed."""

import json
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import trio
import trio.testing

from actors.errors import Conflict, NotReady, QuotaExceeded
from actors.lifecycle import State
from actors.messages import JobProgressed, Options
from actors.session import Session
from actors.tree import Stitchery, open_stitchery
from conf.live import amend
from conf.settings import Concurrency, Limits, Settings
from tests.capabilities import IdleWorkers, MemoryJournal, Nap, NapRequest, nap_settings
from tests.service import (
    WAIT,
    Program,
    Service,
    User,
    open_program,
    open_service,
    png,
    refused,
    told,
)
from tests.service import until as happens
from tests.web.rawclient import Client
from web.principals import digest_of, new_key

Clock = trio.testing.MockClock

KEEPER, LEAKED, FRESH = new_key(), new_key(), new_key()
IDENTITY = {
    "api_keys": [{"name": "keeper", "sha256": digest_of(KEEPER), "role": "admin"}],
}


# --- inside, on virtual time ----------------------------------------------------------------------


@asynccontextmanager
async def tree(data: Path, nap: Nap, limits: Limits | None = None) -> AsyncIterator[Stitchery]:
    concurrency = Concurrency(max_global_jobs=5, max_jobs_per_user=5)
    async with open_stitchery(
        nap_settings(data, concurrency=concurrency, limits=limits),
        capabilities={"nap": nap},
        journal=MemoryJournal(),
        workers=IdleWorkers(),
    ) as stitchery:
        yield stitchery


async def submit(session: Session, seconds: float) -> str:
    return (await session.submit("nap", NapRequest(seconds=seconds), Options())).record.id


async def settle() -> None:
    await trio.testing.wait_all_tasks_blocked()


def at_once(most: int) -> dict[str, object]:
    return {"concurrency": {"max_global_jobs": most, "max_jobs_per_user": min(most, 5)}}


def change(stitchery: Stitchery, wishes: dict[str, object]) -> Settings:
    wanted = amend(stitchery.configuration, wishes)
    stitchery.change(wanted.settings, wanted.origins)
    return wanted.settings


async def test_from_five_to_one_none_is_killed_and_the_next_begins_when_none_runs(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    nap = Nap()
    async with tree(tmp_path, nap) as stitchery:
        session = await stitchery.sessions.create()
        jobs = [await submit(session, 10 * (number + 1)) for number in range(5)]
        waiting = [await submit(session, 10) for _ in range(2)]
        await settle()
        change(stitchery, at_once(1))
        counts = []
        for _ in range(7):
            await settle()
            counts.append((nap.running, len(nap.begun)))
            await trio.sleep(10)
        views = [(await session.job(job)).record for job in (*jobs, *waiting)]

    assert counts == [(5, 5), (4, 5), (3, 5), (2, 5), (1, 5), (1, 6), (1, 7)]
    assert {record.state for record in views} == {State.SUCCEEDED}
    assert {record.attempt for record in views} == {1}


async def test_a_raised_limit_begins_those_who_wait_in_the_same_moment(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    nap = Nap()
    async with tree(tmp_path, nap) as stitchery:
        change(stitchery, at_once(1))
        session = await stitchery.sessions.create()
        for _ in range(6):
            await submit(session, 1000)
        await settle()
        before, moment = nap.running, trio.current_time()
        change(stitchery, at_once(5))
        await settle()

        assert (before, nap.running) == (1, 5)
        assert trio.current_time() == moment


async def test_a_capabilitys_own_limits_change_too(tmp_path: Path, autojump_clock: Clock) -> None:
    nap = Nap()
    async with tree(tmp_path, nap) as stitchery:
        session = await stitchery.sessions.create()
        change(stitchery, {"nap": {"max_running": 2, "run_timeout": 50}})
        jobs = [await submit(session, 100) for _ in range(3)]
        await settle()
        running = nap.running
        change(stitchery, {"nap": {"max_running": 3, "run_timeout": 1000}})
        await trio.sleep(300)
        states = [(await session.job(job)).record.state for job in jobs]

    assert running == 2
    assert states == [State.TIMED_OUT, State.TIMED_OUT, State.SUCCEEDED]


async def test_what_a_session_may_hold_follows_also_for_sessions_that_are_there(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(tmp_path, Nap()) as stitchery:
        session = await stitchery.sessions.create()
        session.shelf.quota.reserve(1 << 20).commit(1 << 20)
        change(stitchery, {"limits": {"max_session_files": 1}})
        with pytest.raises(QuotaExceeded) as files:
            session.shelf.quota.reserve()
        change(stitchery, {"limits": {"max_session_files": 9, "max_session_mb": 1}})
        with pytest.raises(QuotaExceeded) as room:
            session.shelf.quota.reserve(1)

    assert (files.value.limit, room.value.limit) == ("session_files", "session_bytes")


async def test_a_session_leaves_memory_as_soon_as_the_present_limit_says(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(tmp_path, Nap()) as stitchery:
        change(stitchery, {"sessions": {"idle_minutes": 1}})
        await stitchery.sessions.create()
        await trio.sleep(59)
        before = len(stitchery.sessions)
        await trio.sleep(2)

        assert (before, len(stitchery.sessions)) == (1, 0)


async def test_who_watches_hears_of_a_pause_within_a_second_however_long_the_wait(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(tmp_path, Nap()) as stitchery:
        change(stitchery, at_once(1))
        session = await stitchery.sessions.create()
        await submit(session, 10_000)
        await trio.sleep(10_001)  # from now on it is known how long they take
        _, waiting = [await submit(session, 10_000) for _ in range(2)]
        with session.watch(job=waiting) as watcher:
            await trio.sleep(100)
            stitchery.pause("nap")
            moment = trio.current_time()
            held: set[str] = set()
            while "nap.paused" not in held:
                event = await watcher.next()
                if isinstance(event, JobProgressed):
                    held = {hold.limit for hold in event.view.outlook.waiting_for}
            assert trio.current_time() - moment <= 1


async def test_a_drain_begins_nothing_keeps_the_line_and_is_undone(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    nap = Nap()
    async with tree(tmp_path, nap) as stitchery:
        change(stitchery, at_once(1))
        session = await stitchery.sessions.create()
        first, second = [await submit(session, 10) for _ in range(2)]
        await settle()
        stitchery.close()
        stitchery.close()
        with pytest.raises(NotReady) as caught:
            await submit(session, 1)
        await trio.sleep(1000)
        drained = [await session.job(job) for job in (first, second)]
        gone = session.record.id
        stitchery.reopen()
        stitchery.reopen()
        await trio.sleep(11)
        found = await stitchery.sessions.find(gone)
        assert found is not None
        states = [(await found.job(job)).record.state for job in (first, second)]

    assert caught.value.retry_after
    assert [view.record.state for view in drained] == [State.SUCCEEDED, State.QUEUED]
    assert [hold.limit for hold in drained[1].outlook.waiting_for] == ["drain"]
    assert drained[1].outlook.eta is None
    assert states == [State.SUCCEEDED] * 2


async def test_a_drained_service_brings_sessions_back_to_be_read(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(tmp_path, Nap()) as stitchery:
        session = await stitchery.sessions.create()
        job = await submit(session, 1)
        await trio.sleep(1000)
        assert len(stitchery.sessions) == 0
        stitchery.close()
        again = await stitchery.sessions.find(session.record.id)
        assert again is not None
        assert (await again.job(job)).record.state is State.SUCCEEDED
        with pytest.raises(NotReady):
            await submit(again, 1)
        with pytest.raises(NotReady):
            await stitchery.sessions.create()


async def test_a_service_that_stops_is_brought_back_by_nothing(
    tmp_path: Path, autojump_clock: Clock
) -> None:
    async with tree(tmp_path, Nap()) as stitchery:
        stitchery.close()
        await stitchery.drain()
        stitchery.close()
        with pytest.raises(Conflict):
            stitchery.reopen()
        with pytest.raises(NotReady, match="stopping"):
            await stitchery.sessions.create()


async def test_what_steps_may_borrow_follows(tmp_path: Path, autojump_clock: Clock) -> None:
    async with tree(tmp_path, Nap()) as stitchery:
        change(stitchery, {"resources": {"processor": 7, "graphics": 2}})

        assert stitchery.services.lender.totals() == {"processor": (0, 7), "graphics": (0, 2)}


# --- over HTTP ------------------------------------------------------------------------------------


async def patch(keeper: User, **sections: Any) -> httpx.Response:
    return await keeper.http.patch("/api/v1/admin/limits", json=sections)


async def tell(keeper: User, what: str) -> dict[str, Any]:
    return told(await keeper.http.post(f"/api/v1/admin/{what}"))


async def value(keeper: User, section: str, key: str) -> tuple[object, str]:
    found = (await keeper.get("/admin/limits"))["sections"][section][key]
    return found["value"], found["origin"]


async def test_limits_change_over_http_and_hold_for_whoever_comes_next(tmp_path: Path) -> None:
    async with open_service(
        tmp_path, identity=IDENTITY, concurrency={"max_global_jobs": 2}
    ) as service:
        keeper, ann, ben = [await service.user(key) for key in (KEEPER, None, None)]
        files = {user: await user.upload(png(), png()) for user in (ann, ben)}
        with service.frozen():
            told(await patch(keeper, concurrency={"max_global_jobs": 1}, log={"level": "info"}))
            first, second = [await user.stitch(files[user]) for user in (ann, ben)]
            await ann.reaches(first, "running")
            held = await ben.job(second)
            answer = await patch(
                keeper, concurrency={"max_global_jobs": 5}, limits={"max_queue_size": 0},
                stitch={"max_queued": 7},
            )  # fmt: skip
            await ben.reaches(second, "running", "succeeded")
            queue = await keeper.get("/queue")
            assert refused(await ann.ask(files[ann]), 429, "queue_full")["limit"] == "queue_size"
        await ann.reaches(first, "succeeded")

    assert [hold["limit"] for hold in held["waiting_for"]] == ["global_jobs"]
    sections = told(answer)["sections"]
    assert sections["concurrency"]["max_global_jobs"]["value"] == 5
    assert sections["limits"]["max_queue_size"]["origin"] == "changed while running"
    assert sections["stitch"]["max_queued"]["value"] == 7
    assert sections["stitch"]["run_timeout"]["unit"] == "seconds"
    assert (queue["max_running"], queue["max_queued"]) == (5, 0)


async def test_the_size_of_uploads_and_the_number_of_new_sessions_follow(tmp_path: Path) -> None:
    async with open_service(tmp_path, identity=IDENTITY, server={"uncounted": []}) as service:
        keeper, ann = await service.user(KEEPER), await service.user()
        told(await patch(
            keeper, limits={"max_session_files": 1}, identity={"new_sessions_per_minute": 1}
        ))  # fmt: skip
        assert (await ann.get("/session"))["limits"]["session_files"] == 1
        told(await ann.put(png()), 201)
        assert refused(await ann.put(png()), 413, "quota_exceeded")["limit"] == "session_files"
        refused(await ann.http.post("/api/v1/sessions"), 429, "too_many_new_sessions")
        told(await patch(keeper, identity={"new_sessions_per_minute": 100}))
        told(await ann.http.post("/api/v1/sessions"), 201)


async def test_a_mistaken_change_changes_nothing_and_tells_every_mistake(tmp_path: Path) -> None:
    async with open_service(tmp_path, identity=IDENTITY) as service:
        keeper = await service.user(KEEPER)
        before = await keeper.get("/admin/limits")
        problem = refused(
            await patch(
                keeper,
                limits={"max_queue_size": 7, "max_queue": 1},
                concurrency={"max_jobs_per_user": 9},
                server={"port": 1},
            ),
            422,
            "invalid_request",
        )
        assert {mistake["field"] for mistake in problem["mistakes"]} == {
            "/limits/max_queue", "/concurrency/max_jobs_per_user", "/server/port",
        }  # fmt: skip
        assert await keeper.get("/admin/limits") == before


async def test_a_paused_capability_keeps_its_line_and_says_so_everywhere(tmp_path: Path) -> None:
    async with open_service(tmp_path, identity=IDENTITY) as service:
        keeper, ann = await service.user(KEEPER), await service.user()
        files = await ann.upload(png(), png())
        with service.frozen():
            running = await ann.stitch(files)
            await ann.reaches(running, "running")
            paused = await tell(keeper, "capabilities/stitch/pause")
            assert await tell(keeper, "capabilities/stitch/pause") == paused
        await ann.reaches(running, "succeeded")
        waits = await ann.job(await ann.stitch(files))
        shown = {item["name"]: item["paused"] for item in (await ann.get("/capabilities"))["items"]}
        resumed = await tell(keeper, "capabilities/stitch/resume")
        await ann.reaches(waits["id"], "succeeded")
        missing = await keeper.http.post("/api/v1/admin/capabilities/nothing/pause")

    assert paused["capabilities"]["stitch"]["paused"]
    assert waits["waiting_for"] == [{"limit": "stitch.paused", "used": 0, "max": 0}]
    assert shown == {"fetch": False, "stitch": True}
    assert not resumed["capabilities"]["stitch"]["paused"]
    refused(missing, 404, "not_found")


async def test_a_drained_service_is_read_and_takes_nothing_until_it_is_undone(
    tmp_path: Path,
) -> None:
    async with open_service(tmp_path, identity=IDENTITY) as service:
        keeper, ann = await service.user(KEEPER), await service.user()
        files = await ann.upload(png(), png())
        with service.frozen():
            running, waiting = await ann.stitch(files), await ann.stitch(files)
            await ann.reaches(running, "running")
            drained = await tell(keeper, "drain")
        await ann.reaches(running, "succeeded")
        for asked in (
            await ann.ask(files),
            await ann.http.get("/readyz"),
            await ann.http.post("/api/v1/sessions"),
        ):
            problem = refused(asked, 503, "not_ready")
            assert "maintained" in problem["detail"]
            assert int(asked.headers["Retry-After"]) >= 1
        held = await ann.job(waiting)
        assert await ann.content(files[0])
        assert (await ann.get("/queue"))["draining"]
        undone = await tell(keeper, "undrain")
        await ann.reaches(waiting, "succeeded")
        told(await ann.http.get("/readyz"))

    assert drained["draining"]
    assert not undone["draining"]
    assert held["waiting_for"][0]["limit"] == "drain"


# --- the program: its log, and SIGHUP -------------------------------------------------------------


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A program for all stories here, which ends in good order after them."""
    with open_program(
        tmp_path_factory.mktemp("kept") / "data", identity=IDENTITY, limits={"max_queue_size": 7}
    ) as program:
        yield program
        program.tell(signal.SIGTERM)
        assert trio.run(program.ended) == 0


def rewrite(program: Program, **sections: dict[str, object]) -> None:
    file = program.data.with_name(f"{program.data.name}.json")
    said = json.loads(file.read_text())
    for name, keys in sections.items():
        said.setdefault(name, {}).update(keys)
    file.write_text(json.dumps(said))


async def hang_up(program: Program, line: str) -> str:
    """The log's lines until one that says this."""
    before = len(program.log)
    program.tell(signal.SIGHUP)
    await happens(lambda: line in program.log[before:])
    return program.log[before:]


def lines_of(log: str, *words: str) -> list[str]:
    return [line for line in log.splitlines() if all(word in line for word in words)]


async def test_sighup_reads_the_file_again_and_a_mistaken_one_changes_nothing(
    kept: Program,
) -> None:
    async with kept.visit() as service:
        keeper = await service.user(KEEPER)
        told(await patch(keeper, limits={"max_sessions": 11}))
        rewrite(
            kept, limits={"max_queue_size": 8}, workers={"warm": 2}, sessions={"idle_minutes": 7}
        )
        log = await hang_up(kept, "configuration read again")
        sessions = await value(keeper, "limits", "max_sessions")
        queue_size, origin = await value(keeper, "limits", "max_queue_size")
        rewrite(kept, limits={"max_queue_size": -1}, nothing={}, log={"level": "loud"})
        mistaken = await hang_up(kept, "configuration not taken up")
        assert await value(keeper, "limits", "max_queue_size") == (8, origin)
        told(await keeper.http.get("/readyz"))

    assert sessions == (10_000, "default")
    assert queue_size == 8
    assert "data.json" in origin
    assert lines_of(log, "setting changed", "limits.max_queue_size", "old=7", "new=8")
    assert lines_of(log, "waits for a restart", "workers.warm", "running=1", "configured=2")
    assert len(lines_of(log, " setting ", "sessions.idle_minutes")) == 1
    assert len(lines_of(mistaken, "mistake in the configuration")) == 3


async def test_keys_and_users_of_a_proxy_come_and_go_with_sighup(tmp_path: Path) -> None:
    """A key that leaked is worth nothing from then on, nor is what was opened with it."""
    stranger, ann = {"Authorization": ""}, {"Authorization": "", "X-Remote-User": "ann"}
    with open_program(
        tmp_path / "data", identity=IDENTITY, server={"proxies": ["127.0.0.1"]}
    ) as program:
        async with program.visit() as service:
            stays, leaked, fresh = [await service.user(key) for key in (KEEPER, LEAKED, FRESH)]
            refused(await leaked.http.get("/api/v1/session"), 401, "no_session")
            await _let_in(program, leaked)
            mine = (await leaked.get("/session"))["id"]
            refused(await stays.http.get("/api/v1/admin/limits", headers=ann), 401, "no_session")
            async with await _dial(service, leaked) as ending, stays.watch() as open_still:
                await open_still.next()
                await _let_in(
                    program, fresh, open=False, user_header="X-Remote-User", admins=["ann"]
                )
                with trio.fail_after(WAIT):
                    assert await ending.goodbye() == 1008
                assert not open_still.socket.closed
            refused(await leaked.http.get("/api/v1/session"), 401, "no_session")
            assert (await fresh.get("/session"))["id"] == mine
            told(await stays.http.get("/api/v1/admin/limits", headers=ann))
            refused(await stays.http.post("/api/v1/sessions", headers=stranger), 403, "forbidden")


async def _dial(service: Service, user: User) -> Client:
    """A progress socket that has got its snapshot."""
    url = urlsplit(service.address)
    client = Client(await trio.open_tcp_stream(str(url.hostname), url.port or 0))
    await client.upgrade(b"/api/v1/progress", f"Authorization: Bearer {user.token}\r\n".encode())
    assert await client.frame() is not None
    return client


async def _let_in(program: Program, robot: User, **more: object) -> None:
    """Has the program know this one and the keeper, and nobody else by name."""
    key = {"name": "robot", "sha256": digest_of(robot.token)}
    rewrite(program, identity={"api_keys": [*IDENTITY["api_keys"], key], **more})
    assert "identity." in await hang_up(program, "configuration read again")


async def test_the_log_has_one_line_of_who_did_what(kept: Program) -> None:
    async with kept.visit() as service:
        before = len(kept.log)
        await _do_all(await service.user(KEEPER))
        await _be_refused(await service.user())
        lines = lines_of(kept.log[before:], "admin ")

    assert len(lines) == 7
    assert all("key:keeper" in line for line in lines)
    [changed] = lines_of(kept.log[before:], "admin changes limits")
    assert "3 -> 4" in changed


async def test_the_logs_level_follows_and_nobody_turns_it_down_unseen(kept: Program) -> None:
    async with kept.visit() as service:
        keeper, before = await service.user(KEEPER), len(kept.log)
        told(await patch(keeper, log={"level": "error"}))
        seen = len(kept.log)
        await keeper.get("/admin/limits")
        told(await patch(keeper, log={"level": "info"}))
        await keeper.get("/admin/limits")

    assert lines_of(kept.log[before:seen], "admin changes limits", "error")
    assert len(lines_of(kept.log[seen:], "admin ")) == 1


async def _do_all(keeper: User) -> None:
    await keeper.get("/admin/limits")
    told(await patch(keeper, concurrency={"max_global_jobs": 4}))
    refused(await patch(keeper, concurrency={"max_global_jobs": 0}), 422, "invalid_request")
    for what in ("capabilities/stitch/pause", "capabilities/stitch/resume", "drain", "undrain"):
        await tell(keeper, what)


async def _be_refused(stranger: User) -> None:
    before = await stranger.get("/queue")
    for what in ("capabilities/stitch/pause", "capabilities/nothing/pause", "drain"):
        refused(await stranger.http.post(f"/api/v1/admin/{what}"), 403, "forbidden")
    refused(await patch(stranger, limits={"max_queue_size": 1}), 403, "forbidden")
    assert await stranger.get("/queue") == before
