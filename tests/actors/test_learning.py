"""Learning: what runs have taught outlives the server, and never holds anybody up."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog.testing
import trio
import trio.testing

from actors.admission import Admission, MachineLimits
from actors.errors import StorageFull
from actors.journal.memory import MemoryJournal
from actors.learning import EVERY, LAST_WITHIN, TOGETHER, Learning
from actors.lifecycle import State
from actors.limiter import Floor
from actors.lines import CapabilityLimits
from actors.messages import Options
from actors.tree import open_stitchery
from conf.settings import Concurrency
from tests.capabilities import IdleWorkers, Nap, NapRequest, nap_settings

ROOMY = CapabilityLimits(running=10, running_per_user=10, queued=100)

Clock = trio.testing.MockClock


def a_floor(*names: str) -> Floor:
    machine = MachineLimits(global_jobs=1, jobs_per_user=1, queue_size=10)
    return Floor(Admission(machine, dict.fromkeys(names or ["nap"], ROOMY)))


def learn(floor: Floor, seconds: float, capability: str = "nap") -> None:
    floor.foresight.run_times[capability].add(seconds)
    floor.typical.add(seconds)
    floor.lesson.set()


def known(floor: Floor, capability: str = "nap") -> float | None:
    return floor.foresight.run_times[capability].mean()


class Counting(MemoryJournal):
    """Counts what is saved; breaks and waits as it is told."""

    def __init__(self) -> None:
        super().__init__(before_write=self._before)
        self.saved = 0
        self.full = False
        self.hangs = False

    async def _before(self, write: str) -> None:
        if write == "save_learnt":
            self.saved += 1
            if self.hangs:
                await trio.sleep_forever()
            if self.full:
                raise StorageFull("No room.")


@asynccontextmanager
async def life(journal: MemoryJournal, floor: Floor) -> AsyncIterator[Learning]:
    """A journal, and the memory on it; stopped in the tree's order."""
    learning = Learning(floor, journal)
    async with trio.open_nursery() as nursery:
        await nursery.start(journal.run)
        async with trio.open_nursery() as inner:
            await inner.start(learning.run)
            yield learning
            inner.cancel_scope.cancel()
        nursery.cancel_scope.cancel()


async def test_what_was_learnt_is_known_in_the_next_life(autojump_clock: Clock) -> None:
    journal, floor, next_one = MemoryJournal(), a_floor("nap", "work"), a_floor("nap", "work")
    async with life(journal, floor):
        learn(floor, 3.0)
        learn(floor, 5.0, "work")
    async with life(journal, next_one):
        assert (known(next_one), known(next_one, "work")) == (3.0, 5.0)
        assert next_one.typical.further_turns(5.0) == floor.typical.further_turns(5.0) > 0


async def test_it_is_written_once_a_minute_and_only_when_something_is_new(
    autojump_clock: Clock,
) -> None:
    journal, floor = Counting(), a_floor("nap", "work")
    async with life(journal, floor):
        await trio.sleep(3 * EVERY + 1)
        assert journal.saved == 0
        learn(floor, 3.0)
        await trio.sleep(EVERY + 1)
        assert journal.saved == 2  # of the capability, and of all
        assert set(await journal.learnt()) == {"nap", TOGETHER}
        await trio.sleep(3 * EVERY)
        assert journal.saved == 2


async def test_a_full_disk_only_skips_a_turn(autojump_clock: Clock) -> None:
    journal, floor = Counting(), a_floor()
    async with life(journal, floor):
        journal.full = True
        learn(floor, 3.0)
        await trio.sleep(2 * EVERY + 1)
        assert await journal.learnt() == {}
        journal.full = False
        await trio.sleep(EVERY)
        assert set(await journal.learnt()) == {"nap", TOGETHER}


async def test_a_closed_journal_only_skips_a_turn(autojump_clock: Clock) -> None:
    journal, floor = MemoryJournal(), a_floor()
    async with trio.open_nursery() as nursery:
        await nursery.start(Learning(floor, journal).run)
        assert known(floor) is None
        learn(floor, 3.0)
        await trio.sleep(EVERY + 1)
        await nursery.start(journal.run)
        await trio.sleep(EVERY)
        assert set(await journal.learnt()) == {"nap", TOGETHER}
        nursery.cancel_scope.cancel()


async def test_a_disk_that_hangs_holds_the_stop_up_for_a_bounded_time(
    autojump_clock: Clock,
) -> None:
    journal, floor = Counting(), a_floor()
    async with life(journal, floor):
        journal.hangs = True
        learn(floor, 3.0)
        began = trio.current_time()
    assert trio.current_time() - began == pytest.approx(LAST_WITHIN)


async def test_what_cannot_be_read_is_told_in_one_line_and_learnt_anew(
    autojump_clock: Clock,
) -> None:
    journal, floor, next_one = MemoryJournal(), a_floor("nap", "work"), a_floor("nap", "work")
    async with life(journal, floor):
        learn(floor, 3.0)
        learn(floor, 5.0, "work")
        await trio.sleep(EVERY + 1)
        await journal.save_learnt("nap", '{"version": 7}')
        await journal.save_learnt("gone", "a capability of another day")
    with structlog.testing.capture_logs() as lines:
        async with life(journal, next_one):
            assert (known(next_one), known(next_one, "work")) == (None, 5.0)
            learn(next_one, 4.0)
    assert [(line["log_level"], line.get("of")) for line in lines] == [("warning", "nap")]
    async with life(journal, third := a_floor()):
        assert known(third) == 4.0


async def test_a_restarted_actor_keeps_what_it_knows(autojump_clock: Clock) -> None:
    journal, floor = MemoryJournal(), a_floor()
    async with life(journal, floor) as learning:
        learn(floor, 3.0)
        async with trio.open_nursery() as nursery:  # as after a fall: the same object once more
            await nursery.start(learning.run)
            assert known(floor) == 3.0
            nursery.cancel_scope.cancel()


async def test_a_restarted_tree_tells_the_first_job_its_end_at_once(
    autojump_clock: Clock, tmp_path: Path
) -> None:
    journal = MemoryJournal()
    settings = nap_settings(tmp_path, concurrency=Concurrency(max_global_jobs=1))
    told = []
    for _ in range(2):
        async with open_stitchery(
            settings, capabilities={"nap": Nap()}, journal=journal, workers=IdleWorkers()
        ) as stitchery:
            session = await stitchery.sessions.create()
            view = await session.submit("nap", NapRequest(seconds=10), Options())
            told.append(view.outlook.eta)
            await trio.sleep(11)
            assert (await session.job(view.record.id)).record.state is State.SUCCEEDED

    assert told[0] is None
    assert told[1] is not None
    assert told[1].p50 == pytest.approx(10, rel=0.01)
