"""The disk fails at one call, whichever: F6n, F7n."""

from typing import Final

from tests.faults.rows import Round, row
from tests.faults.rows_disk import HASTY, NO_FLOOR, recovered, sweep
from tests.faults.switch import Switch
from tests.faults.visitors import Visitor

STEP: Final = 12
"""Calls that a round fails, one after the other, each in a scenario of its own."""

SCENARIO: Final = 72
"""Calls that a scenario comes to, about."""


async def _scenario(visitor: Visitor) -> None:
    """Everything that writes, once; whatever is refused is left."""
    await visitor.put()
    await visitor.draft()
    await visitor.stitch()
    await visitor.fetch("/quick.png")
    job = await visitor.fetch("/slow.png")
    await visitor.look()
    if job is not None:
        await visitor.cancel(job)
    await visitor.remove()
    await visitor.settled()


def _calls(round: Round) -> range:
    """The numbers of the calls that fail in this round: a few of all, or all of a stretch."""
    if round.quick:
        return range(1, SCENARIO, SCENARIO // 6)
    return range(1 + round.number * STEP, 1 + (round.number + 1) * STEP)


async def _fail_each(round: Round, error: str, *names: str, forgiving: bool) -> None:
    async with round.house(**HASTY, storage=NO_FLOOR) as house:
        switch = Switch(house)
        service = await switch.start()
        async with round.crowd(service, 1) as crowd:
            [visitor] = crowd.visitors
            visitor.notes.forgiving = forgiving
            async with round.observed(service):
                for number in _calls(round):
                    switch.fail(*names, with_=error, only=number)
                    await _scenario(visitor)
                    switch.off()
                    await recovered(round, visitor)
            visitor.notes.forgiving = False
            round.tally.injected += len(switch.fired)
            await visitor.settled()
            await sweep(round, house, crowd)
            round.tally.remarks.append(f"round {round.number}: {visitor.notes.refusals}")
            await round.audit(house, crowd)


@row("F6n", "ENOSPC at the Nth call of disk and journal", quick=1, long=8, holds=250)
async def full_at_a_call(round: Round) -> None:
    """All calls but those that need no room."""
    names = ("open", "write", "fsync", "link", "rename", "mkdir", "begin", "execute", "commit")
    await _fail_each(round, "ENOSPC", *names, forgiving=False)


@row("F7n", "EIO at the Nth call of disk and journal", quick=1, long=8, holds=250)
async def broken_at_a_call(round: Round) -> None:
    """All calls there are; here 500 may be an answer."""
    await _fail_each(round, "EIO", forgiving=True)
