"""The server ends when nobody expects it, or when it is told to: F1, F2, F3, F23."""

import shutil
import signal
import sys
from contextlib import suppress

import trio

from tests import pictures
from tests.faults.house import House, Inside
from tests.faults.rows import Round, row
from tests.faults.visitors import GONE, Crowd
from tests.service import Service

STORY_CALLS = 200
"""More calls than the story makes: rounds beyond its last call bring no fault about."""

SYSTEM_CALLS = ("fsync", "fdatasync", "rename", "link", "unlink", "pwrite64")
"""Where strace kills; `when` counts them for each thread."""

STRACED = 300
"""Calls of one thread. A guess: the journal's own makes the most, two for each page it writes."""


@row(
    "F1",
    "SIGKILL at a random moment, jobs in every state",
    quick=1,
    long=100,
    holds=250,
)
async def killed_at_a_random_moment(round: Round) -> None:
    """In the long form now and then again, while it takes up what was left; in the short form twice
    in a row."""
    async with round.house() as house:
        service = await house.start()
        async with round.crowd(service, 2 if round.quick else 3) as crowd:
            for _ in range(2 if round.quick else 1):
                async with crowd.busy(), round.observed(service):
                    await trio.sleep(round.chance.uniform(0.05, 0.8 if round.quick else 2))
                    await _kill(round, house)
                while not round.quick and round.chance.random() < 0.25:
                    await house.begin()
                    await trio.sleep(round.chance.uniform(0.3, 2))
                    await _kill(round, house)
                service = await house.start()
                await crowd.meet(service)
                round.tally.took(house.starts[-1])
            await round.audit(house, crowd)
            status = await house.kill(signal.SIGTERM)
            round.check(status == 0, f"SIGTERM at rest: exit status {status}")


async def _kill(round: Round, house: House) -> None:
    await house.kill()
    round.tally.injected += 1
    left = house.processes()
    round.tally.left += len(left)
    round.check(not left, f"after SIGKILL of the server {len(left)} processes live on")


# --- between two calls ----------------------------------------------------------------------------


async def _story(crowd: Crowd, service: Service) -> bool:
    """Uploads, two stitches of which one is cancelled, a fetch, a resumable upload, a removal.

    False when it broke off, since the server did.
    """
    with suppress(*GONE):
        await crowd.come(service, 1)
        [visitor] = crowd.visitors
        await visitor.stitch()
        await visitor.settled()
        if cancelled := await visitor.stitch(large=True):
            await visitor.cancel(cancelled)
        await visitor.fetch("/quick.png")
        await visitor.settled()
        await visitor.draft()
        await visitor.remove()
        return True
    return False


@row("F2", "SIGKILL before the Nth call that changes disk or record", quick=1, long=STORY_CALLS)
async def killed_before_the_nth_call(round: Round) -> None:
    """The story, from an empty folder on; the call is that of Python, counted over all threads."""
    async with round.house() as house:
        await house.begin(Inside(kill_at=round.number + 1))
        await _tell_the_story(round, house)


@row("F2s", "SIGKILL before the Nth system call of a thread (strace)", quick=0, long=STRACED)
async def killed_before_the_nth_system_call(round: Round) -> None:
    """As F2, between the kernel's calls: also those that SQLite makes within one statement."""
    strace = shutil.which("strace")
    if strace is None:
        round.tally.remarks[:] = ["there is no strace here"]
        return
    calls = ",".join(SYSTEM_CALLS)
    inject = f"inject={calls}:signal=KILL:when={round.number + 1}"
    command = (strace, "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e", inject)
    async with round.house() as house:
        await house.start()  # the journal is made, which is hundreds of calls; F2 is killed there
        await house.kill(signal.SIGTERM)
        await house.begin(command=(*command, sys.executable, "-m", "web"))
        await _tell_the_story(round, house)


async def _tell_the_story(round: Round, house: House) -> None:
    service = await house.listens()
    async with round.pages() as source:
        crowd = Crowd(round.chance.random().hex(), source)
        told = service is not None and await _story(crowd, service)
        round.tally.injected += not told  # else the story has fewer calls
        await house.kill()
        service = await house.start()
        round.tally.took(house.starts[-1])
        await crowd.meet(service)
        if not crowd.visitors:
            await crowd.come(service, 1)
        await round.audit(house, crowd)


# --- told to end ----------------------------------------------------------------------------------


async def _idle(round: Round, house: House, crowd: Crowd) -> None:
    await _leaves(round, house)


async def _busy(round: Round, house: House, crowd: Crowd) -> None:
    async with crowd.busy():
        await trio.sleep(round.chance.uniform(0.1, 1))
        await _leaves(round, house)


async def _twice(round: Round, house: House, crowd: Crowd) -> None:
    await crowd.visitors[0].fetch("/never.png")
    house.program.tell(signal.SIGTERM)
    while "stopping" not in house.program.log:  # noqa: ASYNC110 -- no event of ours tells that
        await trio.sleep(0.005)
    status = await house.kill(signal.SIGTERM)
    round.check(status == -signal.SIGTERM, f"the second SIGTERM: exit status {status}")


async def _stalled(round: Round, house: House, crowd: Crowd) -> None:
    """Somebody has asked for megabytes, and reads none of them."""
    visitor = crowd.visitors[0]
    file = await visitor.put(pictures.encoded(pictures.noise(1500, 1500), "BMP"))
    address = visitor.user.http.base_url
    stream = await trio.open_tcp_stream(address.host, address.port or 80)
    async with stream:
        await stream.send_all(
            f"GET /api/v1/files/{file}/content HTTP/1.1\r\nHost: here\r\n"
            f"Authorization: Bearer {visitor.user.token}\r\n\r\n".encode()
        )
        await stream.receive_some(100)
        await _leaves(round, house)


async def _starting(round: Round, house: House, crowd: Crowd) -> None:
    """Told in `told_to_end`: there is no crowd yet."""


async def _leaves(round: Round, house: House) -> None:
    status = await house.kill(signal.SIGTERM)
    round.check(status == 0, f"SIGTERM: exit status {status}")
    round.tally.took(house.ends[-1])


async def _ends_in_order(round: Round, house: House, way: object) -> None:
    service = await house.start()
    async with round.crowd(service, 2) as crowd:
        await way(round, house, crowd)  # type: ignore[operator]
        await crowd.meet(await house.start())
        for visitor in crowd.visitors:
            for job in await visitor.jobs():
                if job["state"] in ("queued", "running"):
                    await visitor.cancel(job["id"])
        await round.audit(house, crowd)


WAYS = (_busy, _starting, _idle, _twice, _stalled)


@row("F3", "SIGTERM: busy, starting, idle, twice, a stalled reader", quick=(0,), long=50)
async def told_to_end(round: Round) -> None:
    """It ends with 0 within its grace, gives back what runs; the second signal ends it at once."""
    way = WAYS[round.number % len(WAYS)]
    async with round.house() as house:
        if way is _starting:
            await house.begin()
            await trio.sleep(round.chance.uniform(0, 1.5))
            await house.kill(signal.SIGTERM)
            round.check("Traceback" not in house.program.log, house.program.log)
            await house.start()
            await house.leave()
        else:
            await _ends_in_order(round, house, way)
        round.tally.injected += 1


@row("F23", "a second server on the same folder", quick=1, long=10, holds=250)
async def two_servers(round: Round) -> None:
    """It refuses in plain words, and the first one notices nothing."""
    async with round.house() as house, round.neighbour(house) as second:
        service = await house.start()
        async with round.crowd(service, 2) as crowd:
            async with crowd.busy(), round.observed(service):
                for _ in range(1 if round.quick else 3):
                    program = await second.begin()
                    round.check(await second.listens() is None, "a second server listens")
                    status = await second.ended()
                    log = program.log
                    round.check(status == 1, f"the second server: exit status {status}")
                    round.check("in use by another server" in log, log)
                    round.check("Traceback" not in log, log)
                    round.tally.injected += 1
            await round.audit(house, crowd)
