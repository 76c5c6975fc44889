"""The server ends when nobody expects it: F1, F2, F3, F23."""

import signal

import trio

from tests.faults.rows import Round, row


@row(
    "F1",
    "SIGKILL of the server at a random moment, jobs in every state",
    quick=3,
    long=100,
    holds=250,
)
async def killed_at_a_random_moment(round: Round) -> None:
    """Now and then it is killed again, while it takes up what was left."""
    async with round.house() as house:
        service = await house.start()
        async with round.crowd(service) as crowd:
            async with crowd.busy(), round.observed(service):
                await trio.sleep(round.chance.uniform(0.05, 2))
                await house.kill()
            round.tally.injected += 1
            round.check(house.ends[-1] < 10, f"the processes took {house.ends[-1]:.1f} s to end")
            while round.chance.random() < 0.25:
                await house.begin()
                await trio.sleep(round.chance.uniform(0.3, 2))
                await house.kill()
                round.tally.injected += 1
            await crowd.meet(await house.start())
            round.tally.took(house.starts[-1])
            await round.audit(house, crowd)
            status = await house.kill(signal.SIGTERM)
            round.check(status == 0, f"SIGTERM at rest: exit status {status}")
