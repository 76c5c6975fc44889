"""The limiter: verdicts, turns and time limits under the virtual clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing

from actors.admission import Admission, MachineLimits
from actors.commands import Place, WaitedTooLongError
from actors.errors import DeadlineMissed, QueueFull
from actors.limiter import RETRY_HELD, Floor, Limiter
from actors.lines import CapabilityLimits, Ticket

ROOMY = CapabilityLimits(running=10, running_per_user=10, queued=100)


@asynccontextmanager
async def limiters(*names: str, total: int = 1, queue: int = 100) -> AsyncIterator[list[Limiter]]:
    machine = MachineLimits(global_jobs=total, jobs_per_user=10, queue_size=queue)
    floor = Floor(Admission(machine, dict.fromkeys(names, ROOMY)))
    found = [Limiter(name, floor) for name in names]
    async with trio.open_nursery() as nursery:
        for limiter in found:
            await nursery.start(limiter.run)
        yield found
        nursery.cancel_scope.cancel()


def place(job: str, capability: str = "stitch", wait: float = 1000) -> Place:
    ticket = Ticket(job=job, user=f"user of {job}", capability=capability)
    return Place(ticket=ticket, expires_at=trio.current_time() + wait)


async def test_the_first_gets_its_turn_and_the_second_when_the_first_leaves() -> None:
    async with limiters("stitch") as [limiter]:
        first, second = place("1"), place("2")
        await limiter.ask(first)
        await limiter.ask(second)
        await first.turn()
        with trio.move_on_after(0.01) as waited:
            await second.turn()
        limiter.leave(first)
        await second.turn()

    assert waited.cancelled_caught


async def test_a_slot_freed_by_one_capability_goes_to_another() -> None:
    async with limiters("stitch", "fetch") as [stitch, fetch]:
        first, second = place("1"), place("2", "fetch")
        await stitch.ask(first)
        await fetch.ask(second)
        stitch.leave(first)
        await second.turn()


async def test_a_place_expires_at_its_time_and_makes_room(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with limiters("stitch", queue=1) as [limiter]:
        running, waiting = place("1"), place("2", wait=60)
        await limiter.ask(running)
        await limiter.ask(waiting)
        began = trio.current_time()
        with pytest.raises(WaitedTooLongError):
            await waiting.turn()
        waited = trio.current_time() - began
        await limiter.ask(place("3"))

    assert waited == pytest.approx(60)


async def test_a_thousand_places_expire_each_at_its_own_time(
    autojump_clock: trio.testing.MockClock,
) -> None:
    ends: list[tuple[int, float]] = []

    async def wait(limiter: Limiter, number: int) -> None:
        mine = place(str(number), wait=number + 1)
        await limiter.ask(mine)
        try:
            await mine.turn()
        except WaitedTooLongError:
            ends.append((number, trio.current_time()))

    async with limiters("stitch", queue=2000) as [limiter]:
        await limiter.ask(place("hog"))
        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            for number in range(90):
                nursery.start_soon(wait, limiter, number)

    assert [number for number, _ in ends] == list(range(90))
    assert all(end - began == pytest.approx(number + 1) for number, end in ends)


async def test_a_refusal_tells_when_to_come_back_and_leaves_no_trace() -> None:
    async with limiters("stitch", queue=0) as [limiter]:
        running = place("1")
        await limiter.ask(running)
        limiter.leave(running, ran=8.0)
        await limiter.ask(place("2"))
        with pytest.raises(QueueFull) as caught:
            await limiter.ask(place("3"))
        load = limiter.load()

    assert caught.value.retry_after == 8
    assert (load.running, load.queued, load.mean_run) == (1, 0, 8.0)


async def test_a_restarted_limiter_still_knows_who_waits() -> None:
    machine = MachineLimits(global_jobs=1, jobs_per_user=1, queue_size=10)
    limiter = Limiter("stitch", Floor(Admission(machine, {"stitch": ROOMY})))
    first, second = place("1"), place("2")
    async with trio.open_nursery() as one_life:
        await one_life.start(limiter.run)
        await limiter.ask(first)
        await limiter.ask(second)
        one_life.cancel_scope.cancel()
    async with trio.open_nursery() as next_life:
        await next_life.start(limiter.run)
        limiter.leave(first)
        await second.turn()
        next_life.cancel_scope.cancel()


async def test_coming_and_leaving_a_thousand_times_leaves_no_time_limits_behind() -> None:
    async with limiters("stitch") as [limiter]:
        await limiter.ask(place("hog"))
        for number in range(1000):
            passing = place(str(number))
            await limiter.ask(passing)
            limiter.leave(passing)

        assert len(limiter._expiries) < 100


async def test_who_is_refused_under_a_pause_is_told_so_and_to_come_back_soon() -> None:
    async with limiters("stitch", queue=1) as [limiter]:
        limiter._floor.pause("stitch")
        await limiter.ask(place("1", wait=3600))
        with pytest.raises(QueueFull, match="stitch begins just now: it is paused") as caught:
            await limiter.ask(place("2"))

    assert caught.value.retry_after == RETRY_HELD


async def test_a_deadline_that_has_passed_already_is_told_as_nothing_left() -> None:
    async with limiters("stitch") as [limiter]:
        ran = place("1")
        await limiter.ask(ran)
        limiter.leave(ran, ran=7.77)
        late = Place(ticket=place("2").ticket, ends_by=trio.current_time() - 0.001)
        with pytest.raises(DeadlineMissed, match=r"within 0\.0 s, but would hardly end") as caught:
            await limiter.ask(late)

    assert caught.value.more == {"soonest": 7.8}
