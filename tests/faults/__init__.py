"""Faults: the real server over HTTP, and everything that can befall it (`python -m tests.faults`).

How to read it: a *house* (house.py) is a data folder and the server in it; *visitors*
(visitors.py) use it and write down what they were promised (notes.py); the *audit* (audit.py)
holds that against what is there after the fault; a *row* (rows.py) is one line of the matrix,
played in so many rounds; `rows_*.py` are the rows, a family each; wrapped.py puts faults inside the
server, switch.py such as are switched while it runs, mounts.py has small disks and read-only ones.

How to add a row: write a coroutine into the module of its family (a new one is named in
`rows.FAMILIES`), mark it, and use what the round gives:

    @row("F6", "disk full at every write", quick=2, long=40, holds=250)
    async def full(round: Round) -> None:
        async with round.house(storage={"retention_hours": 1}) as house:
            service = await house.start(Inside(fail=("write",), fail_with="ENOSPC",
                                               fail_from=round.number, fail_to=round.number))
            async with round.crowd(service, 3) as crowd:       # they have come, with files each
                async with crowd.busy(), round.observed(service):
                    await trio.sleep(1)                         # they do this and that
                    ...                                         # the fault
                    round.tally.injected += 1
                await crowd.meet(await house.start())           # if the server had to begin anew
                round.tally.took(house.starts[-1])
                await round.audit(house, crowd)                 # H1 to H4, H7
                round.check(truth, "what must hold besides, in words")

Every number that a round draws comes from `round.chance`; its `number` is 0 to `long - 1`, and the
short form plays `quick` of them, spread evenly. A round waits for nothing without end (it has five
minutes as a whole), and asserts no durations but through `round.tally`. A single visitor is
`crowd.visitors[0]`; what they do is a method each (`put`, `stitch`, `fetch`, `cancel`, `draft`,
...), and `crowd.visitors[0].user` is the `tests.service.User` for all else.
"""
