"""Nothing of a job survives its cancelling: real families of processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import trio

from actors.errors import WorkerCrashed
from actors.messages import Progress
from actors.workers import processes
from actors.workers.pool import Workers
from actors.workers.worker import KILL_PATIENCE
from conf.settings import Workers as Settings
from tests.actors.workers import tasks
from tests.actors.workers.conftest import Caller, at_rest, named
from tests.actors.workers.tasks import Number, Place, Text


def alive(family: list[processes.Process]) -> list[processes.Process]:
    return [process for process in family if processes.is_alive(process)]


async def test_cancelling_ends_children_in_and_out_of_the_group_and_daemons(ask: Caller) -> None:
    family = await ask.cancel_at_first_word(tasks.FOUND, Text())
    assert len(family) == 4
    assert alive(family) == []
    assert ask.killed == [4]


async def test_the_pool_is_whole_again_after_a_cancel(ask: Caller) -> None:
    await ask.cancel_at_first_word(tasks.SLEEP, Text())
    assert await Caller(ask.pool)(tasks.ECHO, Text("next")) == Text("next")
    statistics = ask.pool.statistics()
    assert (statistics.idle, statistics.busy, statistics.starting) == (1, 0, 0)
    assert (statistics.started, statistics.died) == (2, 0)


async def test_who_ignores_the_asking_is_killed(ask: Caller) -> None:
    [worker] = await ask.cancel_at_first_word(tasks.IGNORE_ASKING, Text())
    assert alive([worker]) == []
    assert ask.killed == [1]


async def test_who_heeds_the_asking_may_finish(nursery: trio.Nursery, tmp_path: Path) -> None:
    workers = Workers(Settings(warm=1, kill_grace=60))
    await nursery.start(workers.run)
    await Caller(workers).cancel_at_first_word(tasks.OBEY_ASKING, Place(tmp_path / "note"))
    assert (tmp_path / "note").read_text() == "asked"


async def test_without_grace_nobody_is_asked(nursery: trio.Nursery, tmp_path: Path) -> None:
    workers = Workers(Settings(warm=1, kill_grace=0))
    await nursery.start(workers.run)
    await Caller(workers).cancel_at_first_word(tasks.OBEY_ASKING, Place(tmp_path / "note"))
    assert not (tmp_path / "note").exists()


async def test_a_stopped_worker_is_killed_all_the_same(ask: Caller) -> None:
    [worker] = await ask.cancel_at_first_word(tasks.STOP, Text())
    assert alive([worker]) == []


async def test_a_spinning_worker_is_killed(ask: Caller) -> None:
    await ask.cancel_at_first_word(tasks.SPIN, Text())
    assert ask.killed == [1]


async def test_the_family_of_a_worker_that_crashes_goes_with_it(ask: Caller) -> None:
    family: list[processes.Process] = []
    ask.on_progress = lambda progress: family.extend(known(progress))
    with pytest.raises(WorkerCrashed, match="SIGSEGV"):
        await ask(tasks.FOUND_AND_DIE, Text())
    assert alive(family) == []
    assert ask.killed == [3]


def known(progress: Progress) -> list[processes.Process]:
    found = [processes.identify(int(word)) for word in progress.message.split()]
    return [process for process in found if process]


async def test_an_answer_means_that_nothing_runs_any_more(ask: Caller) -> None:
    answer = await ask(tasks.ABANDON, Text())
    left = known(Progress(fraction=1, step="", message=answer.text))
    assert alive(left) == []
    assert ask.pool.statistics().started == 1, "the worker itself stays"


async def test_an_error_of_the_caller_ends_the_worker_too(ask: Caller) -> None:
    family: list[processes.Process] = []

    def fail(progress: Progress) -> None:
        family.extend(named(progress))
        raise ConnectionResetError

    ask.on_progress = fail
    with pytest.raises(ConnectionResetError):
        await ask(tasks.FOUND, Text())
    assert alive(family) == []
    assert ask.killed == [4]


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_neither_calls_nor_kills_leave_descriptors_or_processes_behind(ask: Caller) -> None:
    await ask(tasks.ECHO, Text())
    before, family = descriptors(), len(processes.descendants(os.getpid()))
    for _ in range(200):
        await ask(tasks.ECHO, Text())
    assert descriptors() == before
    for _ in range(5):
        await ask.cancel_at_first_word(tasks.SLEEP, Text())
        with pytest.raises(WorkerCrashed):
            await ask(tasks.DIE, Number(signal.SIGKILL))
    await at_rest(ask.pool)
    assert descriptors() == before
    assert len(processes.descendants(os.getpid())) == family, "one guard and its worker"


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_thousand_deaths_leave_nothing_behind(ask: Caller) -> None:
    await ask(tasks.ECHO, Text())
    before, resident = descriptors(), processes.resident_bytes()
    family = len(processes.descendants(os.getpid()))
    for _ in range(500):
        await ask.cancel_at_first_word(tasks.SLEEP, Text())
        with pytest.raises(WorkerCrashed):
            await ask(tasks.DIE, Number(signal.SIGKILL))
    await at_rest(ask.pool)
    assert descriptors() == before
    assert len(processes.descendants(os.getpid())) == family
    assert processes.resident_bytes() < 1.05 * resident + (4 << 20)


@pytest.mark.slow
async def test_a_worker_outlives_the_thread_that_started_it(ask: Caller) -> None:
    """Trio ends that thread after 10 idle seconds; see worker.py."""
    before = await ask(tasks.WHOAMI, Text())
    await trio.sleep(11)
    assert await ask(tasks.WHOAMI, Text()) == before


def besides(others: set[processes.Process]) -> list[str]:
    """The names of our descendants, but for these."""
    found = processes.descendants(os.getpid()) - others
    return [Path(f"/proc/{each.pid}/cmdline").read_text() for each in found if alive([each])]


async def test_who_leaves_its_group_again_and_again_is_caught_in_the_end(ask: Caller) -> None:
    """A moving target: each process starts the next, in a session of its own, and is gone."""
    others = processes.descendants(os.getpid())
    with trio.fail_after(KILL_PATIENCE):
        await ask.cancel_at_first_word(tasks.RUN_AWAY, Number(20))
    assert ask.killed[0] > 1
    assert len(besides(others)) <= 3, "at most another worker, with its guards, is there"


async def test_who_multiplies_is_caught_in_the_end(ask: Caller) -> None:
    """And stays caught: nobody is left who could go on to multiply."""
    others = processes.descendants(os.getpid())
    with trio.fail_after(KILL_PATIENCE):
        await ask.cancel_at_first_word(tasks.MULTIPLY, Number(200))
    assert ask.killed[0] > 10
    assert len(besides(others)) <= 3, "at most another worker, with its guards, is there"


@pytest.mark.parametrize("after", [0.0, 0.02, 0.05, 0.1, 0.2])
def test_nothing_survives_a_server_that_is_killed_while_its_workers_start(after: float) -> None:
    """Guards that do not listen yet find the lifeline ended when they do."""
    code = (
        "import trio; from actors.workers.pool import Workers; from conf import settings; "
        "print(flush=True); trio.run(Workers(settings.Workers(warm=3)).run)"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - ours
        assert server.stdout is not None
        server.stdout.readline()
        time.sleep(after)
        family = processes.descendants(server.pid)
        family |= {grandchild for one in family for grandchild in processes.descendants(one.pid)}
        server.kill()
    while alive(list(family)):  # pytest's time limit is the bound
        time.sleep(0.002)


@pytest.mark.parametrize("who", ["stitchery-work", "stitchery-guard", "stitchery-outer"])
def test_nothing_survives_a_killed_server_whose_children_stand_still(who: str) -> None:
    """Whoever of them was stopped: what it cannot do another does, or wakes it to do it."""
    command = [sys.executable, "-m", "tests.actors.workers.server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - ours
        assert server.stdout is not None
        family = known(Progress(fraction=0, step="", message=server.stdout.readline()))
        still = {one for one in family if Path(f"/proc/{one.pid}/comm").read_text().strip() == who}
        assert len(still) >= 3, "of each three, and the daemons have their workers' name"
        processes.tell(still, signal.SIGSTOP)
        server.kill()
    while alive(family):  # pytest's time limit is the bound
        time.sleep(0.002)


def test_nothing_survives_a_server_that_is_killed() -> None:
    """The server can do nothing at SIGKILL: guards find out by themselves."""
    command = [sys.executable, "-m", "tests.actors.workers.server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - ours
        assert server.stdout is not None
        family = known(Progress(fraction=0, step="", message=server.stdout.readline()))
        assert len(alive(family)) == 5 * 3, "each of three has two guards; two have a family of 3"
        server.kill()
    while alive(family):  # pytest's time limit is the bound
        time.sleep(0.002)
