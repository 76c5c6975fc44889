"""Real processes, one warm worker where not said otherwise."""

import errno
import os
import signal
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
from structlog.testing import capture_logs

from actors.errors import ActorGone, Reported, WorkerCrashed, WorkFailed
from actors.messages import Progress
from actors.workers import child, guard, pool, processes, staffing, wire, worker
from actors.workers.call import Call
from actors.workers.pool import Workers
from actors.workers.worker import CannotStart
from conf.settings import Workers as Settings
from tests.actors.workers import tasks
from tests.actors.workers.conftest import Caller, at_rest, named, until
from tests.actors.workers.tasks import Number, Place, Text

# --- answers --------------------------------------------------------------------------------------


async def test_an_answer_comes_back_as_its_type(ask: Caller) -> None:
    assert await ask(tasks.ECHO, Text("größer")) == Text("größer")
    assert await ask(tasks.WHERE, Place(Path("/a"))) == Place(Path("/a/below"))
    assert ask.killed == []


async def test_one_warm_worker_serves_call_after_call(ask: Caller) -> None:
    answers = {await ask(tasks.WHOAMI, Text()) for _ in range(5)}
    assert len(answers) == 1
    assert ask.pool.statistics().started == 1


async def test_progress_arrives_in_order_and_in_full(ask: Caller) -> None:
    await ask(tasks.COUNT, Number(500))
    assert [progress.done for progress in ask.progress] == list(range(1, 501))
    assert ask.progress[-1].fraction == 1


async def test_a_fraction_a_little_over_the_whole_is_the_whole(ask: Caller) -> None:
    await ask(tasks.OVERSHOOT, Text())
    assert [progress.fraction for progress in ask.progress] == [1.0]


async def test_a_worker_loads_neither_server_nor_schemas(ask: Caller) -> None:
    loaded = (await ask(tasks.MODULES, Text())).text.split()
    assert not {"pydantic", "quart", "trio", "structlog", "actors.capability"} & set(loaded)


async def test_preloaded_modules_are_there_and_missing_ones_ignored(nursery: trio.Nursery) -> None:
    workers = Workers(Settings(warm=1), preload=["colorsys", "no.such.module"])
    await nursery.start(workers.run)
    assert "colorsys" in (await Caller(workers)(tasks.MODULES, Text())).text.split()


async def test_an_order_that_does_not_fit_is_refused_before_anything_starts(ask: Caller) -> None:
    with pytest.raises(wire.TooLong):
        await ask(tasks.ECHO, Text("x" * wire.LONGEST))
    assert await ask(tasks.ECHO, Text("x")) == Text("x")


async def test_a_large_order_and_answer_pass(ask: Caller) -> None:
    large = Text("x" * (wire.LONGEST - 1000))
    assert await ask(tasks.ECHO, large) == large


# --- errors ---------------------------------------------------------------------------------------


async def test_a_declared_error_comes_back_as_it_was_raised(ask: Caller) -> None:
    with pytest.raises(Reported) as caught:
        await ask(tasks.REFUSE, Text("broken inside"))
    problem = caught.value.problem()
    assert (problem.code, problem.status) == ("unreadable_media", 422)
    assert (problem.detail, problem.field) == ("broken inside", "/images/0")
    assert problem.more == {"sizes": [1, 2]}
    assert ask.killed == []
    assert ask.pool.statistics().started == 1


async def test_any_other_error_says_nothing_of_the_inside_but_to_the_log(ask: Caller) -> None:
    with capture_logs() as logs:
        with pytest.raises(Reported) as caught:
            await ask(tasks.STUMBLE, Text())
        await until_said(logs, "KeyError")
    problem = caught.value.problem()
    assert problem.code == "work_failed"
    assert "within" not in str(problem)
    [said] = [log["line"] for log in logs if "traceback" in log.get("line", "")]
    assert "stumble" in said
    assert "/somewhere/within" in said


async def test_progress_of_nothing_known_is_an_error_of_the_work(ask: Caller) -> None:
    with pytest.raises(Reported):
        await ask(tasks.NOTHING_KNOWN, Text())
    assert ask.progress == []


async def test_a_function_that_is_not_there_fails_the_call_alone(ask: Caller) -> None:
    for target in ("no.such:thing", f"{tasks.MODULE}:nothing", "os:getpid"):
        with pytest.raises(Reported):
            await ask(Call(target, Text, Text), Text())
    assert await ask(tasks.ECHO, Text()) == Text()


async def test_an_order_of_another_type_is_refused_in_the_child(ask: Caller) -> None:
    wrong = Call(tasks.COUNT.target, Text, Number)
    with pytest.raises(Reported):
        await ask(wrong, Text("three"))


async def until_said(logs: Any, words: str) -> None:
    """Standard error travels apart from answers and may come later."""
    await until(lambda: any(words in log.get("line", "") for log in logs))


async def test_what_libraries_print_goes_to_the_log_and_not_into_answers(ask: Caller) -> None:
    with capture_logs() as logs:
        assert await ask(tasks.SAY, Text("\x1b[2Jhello")) == Text("\x1b[2Jhello")
        await until_said(logs, r"\x1b[2Jhello")
        await until_said(logs, "beneath")


async def test_a_flood_on_standard_error_is_read_and_mostly_dropped(ask: Caller) -> None:
    with capture_logs() as logs:
        await ask(tasks.SHOUT, Number(20_000))
        await until_said(logs, r"broken tags in \x1b[31mred")
        await ask(tasks.ECHO, Text())
    assert sum("broken tags" in log.get("line", "") for log in logs) <= 200


# --- deaths ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
async def test_a_worker_that_dies_fails_its_call_and_is_replaced(
    ask: Caller, number: signal.Signals
) -> None:
    with capture_logs() as logs, pytest.raises(WorkerCrashed, match=number.name):
        await ask(tasks.DIE, Number(number))
    assert await ask(tasks.ECHO, Text("next")) == Text("next")
    await at_rest(ask.pool)
    assert ask.pool.statistics().died == 1
    (told,) = [line for line in logs if "died" in line["event"]]
    assert told["log_level"] == "warning"
    assert number.name in told["why"]


async def test_a_worker_that_leaves_without_an_answer_fails_its_call(ask: Caller) -> None:
    with pytest.raises(WorkerCrashed, match="exit status 0"):
        await ask(tasks.LEAVE, Number(0))
    assert await ask(tasks.ECHO, Text()) == Text()


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (b"\xff" * 64, "not an answer"),  # a frame of 4 GiB
        (struct.pack("!I", 3) + b"abc", "not an answer"),
        (wire.pack(wire.Ready(1)), "not an answer"),
        (wire.pack(wire.Answered(wire.dump(3), worn=False)), "not an answer"),
        (wire.pack(wire.Answered(wire.dump("x"), worn=False))[:-3], "exit status 0"),
    ],
)
async def test_garbage_on_the_pipe_fails_the_call_and_the_worker(
    ask: Caller, written: bytes, words: str
) -> None:
    with pytest.raises(WorkerCrashed, match=words):
        await ask(tasks.WRITE, Text(written.hex()))
    assert await ask(tasks.ECHO, Text()) == Text()
    assert ask.pool.statistics().started == 2


async def test_an_answer_of_another_type_fails_the_call_and_the_worker(ask: Caller) -> None:
    with pytest.raises(WorkerCrashed, match="not an answer"):
        await ask(tasks.ANSWER_OTHERWISE, Text())
    assert len(ask.killed) == 1


async def test_a_worker_that_hangs_up_and_lives_is_ended(
    ask: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "SETTLING", 0.01)
    with pytest.raises(WorkerCrashed, match="stopped talking"):
        await ask(tasks.HANG_UP, Text())
    assert ask.killed == [1]


async def test_a_worker_that_died_idle_costs_no_call(ask: Caller) -> None:
    victim = await ask(tasks.WHOAMI, Text())
    os.kill(victim.number, signal.SIGKILL)
    assert await ask(tasks.WHOAMI, Text()) != victim
    assert ask.killed == []


async def test_the_log_tells_how_a_worker_died_that_nobody_used(ask: Caller) -> None:
    victim = await ask(tasks.WHOAMI, Text())
    with capture_logs() as logs:
        os.kill(victim.number, signal.SIGKILL)
        await until(lambda: bool(logs))
    (told,) = logs
    assert (told["log_level"], told["worker"]) == ("warning", victim.number)
    assert told["how"] == "ended by SIGKILL"


def parent(pid: int) -> int:
    """A worker's parent is its guard."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


async def test_guards_heed_their_lifeline_and_no_signal_meant_for_the_server(ask: Caller) -> None:
    before = await ask(tasks.WHOAMI, Text())
    inner = parent(before.number)
    for unwanted in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        for each in (inner, parent(inner)):
            os.kill(each, unwanted)
    assert await ask(tasks.WHOAMI, Text()) == before


async def test_a_guard_that_does_not_react_is_killed_and_the_worker_with_it(
    ask: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "KILL_PATIENCE", 0.05)
    number = (await ask(tasks.WHOAMI, Text())).number
    os.kill(parent(number), signal.SIGSTOP)
    [process] = await ask.cancel_at_first_word(tasks.SLEEP, Text())
    assert ask.killed == [1]
    await until(lambda: not processes.is_alive(process))


async def test_a_worker_whose_guard_is_killed_dies_with_it_and_so_does_its_family(
    ask: Caller,
) -> None:
    """The kernel ends the worker, and the outer guard what the worker had started."""
    family: list[processes.Process] = []

    def kill_guard(progress: Progress) -> None:
        family.extend(named(progress))
        os.kill(parent(family[0].pid), signal.SIGKILL)

    ask.on_progress = kill_guard
    with pytest.raises(WorkerCrashed, match="with its guard"):
        await ask(tasks.FOUND, Text())
    assert not any(map(processes.is_alive, family))
    assert len(family) == 4
    assert await ask(tasks.ECHO, Text()) == Text()


async def test_a_worker_whose_outer_guard_is_killed_is_ended_with_all_its_family(
    ask: Caller,
) -> None:
    family: list[processes.Process] = []

    def kill_outer_guard(progress: Progress) -> None:
        family.extend(named(progress))
        os.kill(parent(parent(family[0].pid)), signal.SIGKILL)

    ask.on_progress = kill_outer_guard
    with pytest.raises(WorkerCrashed):
        await ask(tasks.FOUND, Text())
    assert not any(map(processes.is_alive, family))
    assert await ask(tasks.ECHO, Text()) == Text()


async def test_a_guard_that_stands_still_keeps_nothing_of_a_family_alive(
    ask: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "KILL_PATIENCE", 0.05)
    number = (await ask(tasks.WHOAMI, Text())).number
    os.kill(parent(number), signal.SIGSTOP)
    family = await ask.cancel_at_first_word(tasks.FOUND, Text())
    await until(lambda: not any(map(processes.is_alive, family)))
    assert len(family) == 4


# --- limits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", [tasks.EAT, tasks.BRANCH], ids=["bytes", "a thread's stack"])
async def test_too_much_memory_is_an_error_that_names_the_limit(
    ask: Caller, call: Call[Number, Number]
) -> None:
    with pytest.raises(Reported, match="more than 64 MiB of memory") as caught:
        await ask(call, Number(100 << 20))
    assert caught.value.limit == "memory_bytes"
    assert await ask(call, Number(32 << 20)) == Number(32 << 20)
    assert ask.pool.statistics().started == 1


async def test_too_much_processor_time_is_an_error_that_names_the_limit(ask: Caller) -> None:
    exceeded = pytest.raises(WorkFailed, match=r"more than 0\.5 seconds of processor time")
    with capture_logs() as logs, exceeded as caught:
        await ask(tasks.SPIN, Text())
    assert [(line["log_level"], line["limit"]) for line in logs] == [("info", "cpu_seconds")]
    assert caught.value.limit == "cpu_seconds"
    assert not isinstance(caught.value, WorkerCrashed)


async def test_too_large_a_file_is_an_error_that_names_the_limit(
    ask: Caller, tmp_path: Path
) -> None:
    with pytest.raises(Reported, match="a file of more than 1 MiB") as caught:
        await ask(tasks.FILL, Place(tmp_path / "large"))
    assert caught.value.limit == "output_bytes"
    assert (tmp_path / "large").stat().st_size <= 1 << 20


async def test_the_limits_of_one_call_are_not_those_of_the_next(
    ask: Caller, tmp_path: Path
) -> None:
    with pytest.raises(Reported):
        await ask(tasks.FILL, Place(tmp_path / "large"))
    wide = Call(tasks.FILL.target, Place, Place)
    await ask(wide, Place(tmp_path / "large"))
    assert (tmp_path / "large").stat().st_size == 4 << 20


async def test_endless_recursion_is_an_error_and_no_crash(ask: Caller) -> None:
    with pytest.raises(Reported, match="nested too deeply"):
        await ask(tasks.NEST, Text())
    assert ask.pool.statistics().started == 1


# --- wear -----------------------------------------------------------------------------------------


async def test_a_worn_worker_is_replaced_without_failing_anything(ask: Caller) -> None:
    answers = [(await ask(tasks.WHOAMI, Text())).number for _ in range(child.CALLS + 1)]
    assert len(set(answers[: child.CALLS])) == 1
    assert answers[child.CALLS] != answers[0]
    assert ask.killed == []
    assert ask.pool.statistics().died == 0


async def test_a_thread_left_behind_goes_with_its_worker_and_speaks_no_more(ask: Caller) -> None:
    first = await ask(tasks.LEAVE_THREAD, Text())
    said = len(ask.progress)
    assert (await ask(tasks.WHOAMI, Text())) != first
    assert len(ask.progress) == said


# --- how many -------------------------------------------------------------------------------------


async def test_calls_beyond_the_most_wait_for_a_worker_and_all_are_served(
    nursery: trio.Nursery,
) -> None:
    workers = Workers(Settings(warm=1), max_workers=3)
    await nursery.start(workers.run)
    answers: list[int] = []

    async def one() -> None:
        answers.append((await Caller(workers)(tasks.WHOAMI, Text())).number)

    async with trio.open_nursery() as calls:
        for _ in range(200):
            calls.start_soon(one)
        await trio.testing.wait_all_tasks_blocked()
        statistics = workers.statistics()
        assert statistics.busy + statistics.starting <= 3
        # on a busy machine, some have been served before all had asked
        assert statistics.waiting + len(answers) >= 190
    assert len(answers) == 200
    assert len(set(answers)) <= 3
    assert workers.statistics().waiting == 0


async def test_a_raised_number_of_workers_serves_who_waits_and_a_lowered_one_ends_none(
    nursery: trio.Nursery,
) -> None:
    workers = Workers(Settings(warm=1), max_workers=1)
    await nursery.start(workers.run)
    with trio.CancelScope() as scope:
        async with trio.open_nursery() as calls:
            begun = 0

            def count(_: object) -> None:
                nonlocal begun
                begun += 1

            for caller in (Caller(workers), Caller(workers)):
                caller.on_progress = count
                calls.start_soon(caller, tasks.SLEEP, Text())
            await until(lambda: begun == 1)
            assert workers.statistics().waiting == 1
            workers.resize(2)
            await until(lambda: begun == 2)
            workers.resize(1)
            await trio.testing.wait_all_tasks_blocked()
            assert workers.statistics().busy == 2
            scope.cancel()


async def test_waiting_for_a_worker_can_be_cancelled_and_leaves_no_trace(
    nursery: trio.Nursery,
) -> None:
    workers = Workers(Settings(warm=1), max_workers=1)
    await nursery.start(workers.run)
    asleep, first, second = trio.Event(), Caller(workers), Caller(workers)
    first.on_progress = lambda _: asleep.set()
    with trio.CancelScope() as scope:
        async with trio.open_nursery() as calls:
            calls.start_soon(first, tasks.SLEEP, Text())
            await asleep.wait()
            with trio.CancelScope() as waiting:
                calls.start_soon(trio.testing.wait_all_tasks_blocked)
                waiting.deadline = trio.current_time() + 0.01
                await second(tasks.ECHO, Text())
            assert waiting.cancelled_caught
            assert second.killed == []
            assert workers.statistics().waiting == 0
            assert workers.statistics().busy == 1
            scope.cancel()
    assert await second(tasks.ECHO, Text()) == Text()


async def test_workers_beyond_the_warm_ones_end_when_they_idle_long(
    nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staffing, "IDLE_SECONDS", 0.05)
    workers = Workers(Settings(warm=0))
    await nursery.start(workers.run)
    number = (await Caller(workers)(tasks.WHOAMI, Text())).number
    guarded = processes.identify(number)
    assert guarded is not None
    await at_rest(workers, idle=0)
    await until(lambda: not processes.is_alive(guarded))
    assert workers.statistics().died == 0


# --- start and stop -------------------------------------------------------------------------------


async def test_stopping_ends_all_workers_and_tells_the_calls() -> None:
    workers = Workers(Settings(warm=2))
    caller = Caller(workers)
    family: list[processes.Process | None] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(workers.run)

        def stop(progress: Progress) -> None:
            family.append(processes.identify(int(progress.message)))
            nursery.cancel_scope.cancel()

        caller.on_progress = stop
        with trio.CancelScope(shield=True), pytest.raises(ActorGone):
            await caller(tasks.SLEEP, Text())
    assert [process for process in family if process and processes.is_alive(process)] == []
    assert workers.statistics().idle == workers.statistics().busy == 0
    assert workers.statistics().starting == 0


async def test_a_pool_that_does_not_run_refuses_and_can_run_again() -> None:
    workers = Workers(Settings(warm=1))
    for _ in range(2):
        with pytest.raises(ActorGone):
            await Caller(workers)(tasks.ECHO, Text())
        async with trio.open_nursery() as nursery:
            await nursery.start(workers.run)
            assert await Caller(workers)(tasks.ECHO, Text()) == Text()
            nursery.cancel_scope.cancel()


async def test_a_pool_that_cannot_start_its_first_worker_does_not_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guard, "command_line", lambda _: ["/no/such/program"])
    with pytest.RaisesGroup(CannotStart, flatten_subgroups=True):
        await Workers(Settings(warm=1)).run()


async def test_a_worker_that_cannot_be_started_for_a_while_is_tried_again(
    ask: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "BACKOFF", (0.01, 0.01))
    monkeypatch.setattr(worker, "START_PATIENCE", 0.05)
    monkeypatch.setattr(worker, "KILL_PATIENCE", 0.05)
    ways: list[OSError | list[str]] = [
        OSError(errno.EMFILE, "too many open files"),
        ["/bin/false"],
        ["/bin/sleep", "3600"],
        ["/bin/echo", "on the lifeline"],
    ]

    def command_line(preload: Sequence[str], right: Any = guard.command_line) -> list[str]:
        if not ways:
            monkeypatch.setattr(worker, "START_PATIENCE", 30)
            return list(right(preload))
        way = ways.pop(0)
        if isinstance(way, OSError):
            raise way
        return way

    monkeypatch.setattr(guard, "command_line", command_line)
    with pytest.raises(WorkerCrashed):
        await ask(tasks.LEAVE, Number(0))
    assert await ask(tasks.ECHO, Text()) == Text()
    assert ways == []


async def test_the_pool_shows_its_state(workers: Workers) -> None:
    assert "idle=1" in repr(workers)
    assert "fit" in repr(workers._idle[0])
