"""Two things at the same instant, over HTTP: F17. Exactly one of them is what happened."""

from collections.abc import Awaitable, Callable
from functools import partial

import httpx
import trio
import trio.testing

from tests.faults.rows import Round, row
from tests.faults.visitors import Visitor
from tests.service import Json

QUICK = 4
"""Races of each kind and visitor in a round of the short form; there are five visitors."""

LONG = 20
"""In the long form: with ten rounds and five visitors 1,000 of each kind."""

FAIR = 0.25
"""Seconds after which a fetch of `/fair.png`, which takes about so long, has run too long."""

Race = Callable[[Visitor], Awaitable[str | None]]
"""What was wrong, in words; None when all was well."""


@row("F17", "at the same instant: submits, cancels, ends, time limits", quick=1, long=10, holds=250)
async def races(round: Round) -> None:
    """Five visitors race, so that the ends of one fall among the starts of others."""
    async with round.house(
        concurrency={"max_global_jobs": 4, "max_jobs_per_user": 2},
        fetch={"open_networks": ["127.0.0.0/8"], "run_timeout": FAIR},
    ) as house:
        service = await house.start()
        async with round.crowd(service, 5) as crowd:
            for race in (same_key, start_or_cancel, two_cancels, end_or_cancel, end_or_limit):
                async with round.observed(service), trio.open_nursery() as nursery:
                    for visitor in crowd.visitors:
                        nursery.start_soon(_several, round, race, visitor)
            await house.kill()  # and what was told is what was written down
            await crowd.meet(await house.start())
            await round.audit(house, crowd, new_job=False)


async def _several(round: Round, race: Race, visitor: Visitor) -> None:
    for _ in range(QUICK if round.quick else LONG):
        wrong = await race(visitor)
        round.tally.injected += 1
        if wrong:
            round.check(False, f"{race.__name__}: {wrong}")


async def _together(*acts: Callable[[], Awaitable[httpx.Response]]) -> list[httpx.Response]:
    """All begin at the same moment; each has a connection of its own by then."""
    answers: dict[int, httpx.Response] = {}
    start = trio.Event()

    async def one(number: int, act: Callable[[], Awaitable[httpx.Response]]) -> None:
        await start.wait()
        answers[number] = await act()

    async with trio.open_nursery() as nursery:
        for number, act in enumerate(acts):
            nursery.start_soon(one, number, act)
        await trio.testing.wait_all_tasks_blocked()
        start.set()
    return [answers[number] for number in range(len(acts))]


async def same_key(visitor: Visitor) -> str | None:
    """Three submits under one key are one job."""
    asked = visitor.asks("stitch", {"inputs": [{"file": id} for id in visitor.own(2)]})
    answers = await _together(*[partial(visitor.submits, asked)] * 3)
    told = {answer.json().get("id") for answer in answers}
    if len(told) != 1 or {answer.status_code for answer in answers} != {202}:
        return f"{[(answer.status_code, answer.text[:200]) for answer in answers]}"
    visitor.notes.accept(asked.key, answers[0].json())
    await visitor.ends(asked.job or "")
    return None


async def start_or_cancel(visitor: Visitor) -> str | None:
    """A cancel that comes with the start: cancelled, and nothing of it is left."""
    id = await visitor.stitch()
    assert id is not None
    [answer] = await _together(partial(visitor.user.cancel, id))
    return await _one_end(visitor, id, [answer])


async def two_cancels(visitor: Visitor) -> str | None:
    """One of them at least is told that it did it."""
    id = await visitor.fetch("/slow.png")
    assert id is not None
    answers = await _together(*[partial(visitor.user.cancel, id)] * 2)
    return await _one_end(visitor, id, answers)


async def end_or_cancel(visitor: Visitor) -> str | None:
    """A cancel at about the time at which a job ends."""
    id = await visitor.stitch()
    assert id is not None
    await trio.sleep(visitor.chance.uniform(0, 0.12))
    [answer] = await _together(partial(visitor.user.cancel, id))
    return await _one_end(visitor, id, [answer])


async def end_or_limit(visitor: Visitor) -> str | None:
    """A job that needs about as long as it may run."""
    id = await visitor.fetch("/fair.png")
    assert id is not None
    job = await visitor.ends(id)
    if job["state"] not in ("succeeded", "failed", "timed_out"):
        return f"{id} ended as {job['state']}: {job['error']}"
    return _result_fits(job)


async def _one_end(visitor: Visitor, id: str, answers: list[httpx.Response]) -> str | None:
    """What cancels were told is what the job is."""
    job = await visitor.ends(id)
    told = sorted(answer.status_code for answer in answers)  # 409 is for whoever came later
    if told[-1] not in (200, 409) or (told[0] == 200) != (job["state"] == "cancelled"):
        return f"{id}: cancels were told {told}, it is {job['state']}"
    return _result_fits(job)


def _result_fits(job: Json) -> str | None:
    if (job["state"] == "succeeded") != (job["result"] is not None):
        return f"{job['id']} is {job['state']} with the result {job['result']}"
    return None
