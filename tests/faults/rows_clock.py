"""The wall clock goes wrong: F15. It labels; nothing may be measured by it."""

from collections.abc import Mapping
from typing import Final

import trio

from tests.faults.house import House, Inside
from tests.faults.rows import Round, row
from tests.faults.visitors import Crowd, Visitor
from tests.service import ENDS, Json, Service
from web.principals import digest_of, new_key

HOUR: Final = 3600.0
YEAR: Final = 365.25 * 24 * HOUR

SHIFTS: Final[Mapping[str, float]] = {
    "2100": 74 * YEAR,
    "two hours back": -2 * HOUR,
    "two hours on": 2 * HOUR,
    "1970": -56 * YEAR,
}
"""Seconds by which it goes wrong; 1970 and 2100 are meant from the 2020s."""

MOMENTS: Final = ("it runs", "it is down")
"""When it goes wrong."""


@row(
    "F15",
    "the clock at 1970, 2100, 2 h on or back, running or down",
    quick=(0,),
    long=len(SHIFTS) * len(MOMENTS),
)
async def wrong_clock(round: Round) -> None:
    """Nothing expires, ids stay unique and in order, waits go by themselves; when the clock is
    right again, all is as before. Its users have API keys: the expiry of tokens is of the wall."""
    shift = list(SHIFTS.values())[round.number % len(SHIFTS)]
    running = round.number // len(SHIFTS) % 2 == 0
    keys = [new_key() for _ in range(2)]
    entries = [
        {"name": f"key-{number}", "sha256": digest_of(key)} for number, key in enumerate(keys)
    ]
    async with (
        round.house(identity={"api_keys": entries}, concurrency={"max_global_jobs": 2}) as house,
        round.pages() as source,
    ):
        service = await house.start(Inside(clock=0.0))
        crowd = Crowd(round.chance.random().hex(), source)
        await crowd.come(service, 2, keys)
        guest = await service.user()
        before = await _everything(crowd)
        for visitor in crowd.visitors:
            await visitor.stitch()
            await visitor.settled()
        round.tally.injected += 1
        if running:
            await _goes_wrong(round, house, crowd, shift)
        else:
            service = await _begins_wrong(round, house, crowd, shift)
        await _life_goes_on(round, crowd, before)
        service = await _begins_wrong(round, house, crowd, 0.0)
        status = (await (await service.user(guest.token)).http.get("/api/v1/session")).status_code
        round.check(status == 200, f"a token, when the clock was right again: {status}")
        await _life_goes_on(round, crowd, before)
        await round.audit(house, crowd)


async def _begins_wrong(round: Round, house: House, crowd: Crowd, shift: float) -> Service:
    """A life that has this clock from its first moment."""
    await house.kill()
    service = await house.start(Inside(clock=shift))
    round.tally.took(house.starts[-1])
    await crowd.meet(service)
    return service


async def _goes_wrong(round: Round, house: House, crowd: Crowd, shift: float) -> None:
    """With jobs that wait: one for long, which stays, and one for a second, which expires."""
    blocker, waiter = crowd.visitors
    for visitor in (blocker, blocker):
        await visitor.fetch("/never.png")
    stays = await _wait_for(waiter, HOUR / 2)
    leaves = await _wait_for(waiter, 1)
    house.set_clock(shift)
    expired = await waiter.ends(leaves)
    round.check(expired["state"] == "expired", f"a job that waits 1 s: {expired['state']}")
    job = await waiter.user.job(stays)
    round.check(job["state"] == "queued", f"a job that waits half an hour: {job['state']}")
    for id in blocker.notes.accepted:
        await blocker.cancel(id)
    receipts = [job["receipt"] for job in blocker.notes.ended.values() if job["receipt"]]
    round.check(all(receipt["seconds"] >= 0 for receipt in receipts), f"{receipts}")
    ended = await waiter.ends(stays)
    round.check(ended["state"] == "succeeded", f"it ends as {ended['state']}")


async def _wait_for(visitor: Visitor, seconds: float) -> str:
    body: Json = {"inputs": [{"file": id} for id in visitor.own(2)]}
    id = await visitor.ask("stitch", {**body, "options": {"queue_timeout": seconds}})
    assert id is not None
    return id


async def _everything(crowd: Crowd) -> set[str]:
    """Ids of all jobs and files."""
    return {
        item["id"]
        for visitor in crowd.visitors
        for item in [*await visitor.jobs(), *await visitor.files()]
    }


async def _life_goes_on(round: Round, crowd: Crowd, before: set[str]) -> None:
    """All is there, and what comes now has ids that are greater than all."""
    await trio.sleep(0.5)  # whoever removes what is due has its chance
    known = await _everything(crowd)
    round.check(before <= known, f"gone with the clock: {before - known}")
    for visitor in crowd.visitors:
        await visitor.stitch()
        await visitor.put()
        jobs = await visitor.settled()
        round.check(all(job["state"] in ENDS for job in jobs), "a job does not end")
    new = await _everything(crowd) - known
    round.check(len(new) >= 2 * len(crowd.visitors), f"of the new ones only {len(new)} are there")
    for id in new:
        round.check(id > max(known), f"{id} is new, and sorts before {max(known)}")
