"""LIFE: signals and deaths while people are at it."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import trio

from actors.workers.processes import Process
from tests.hostile.cases.case import case, expect
from tests.hostile.cases.target import Target, hanging
from tests.hostile.cases.uploads import head
from tests.hostile.cases.websockets import open_socket
from tests.service import png, told
from tests.web.rawclient import ask_for


async def stopped(target: Target, within: float) -> int:
    """Sends SIGTERM; the exit status, which must come in time."""
    assert target.program is not None
    target.program.tell(signal.SIGTERM)
    with trio.move_on_after(within):
        return await target.program.ended()
    raise AssertionError(f"not ended {within:g} s after SIGTERM: {target.program.log[-500:]}")


def still(children: set[Process]) -> list[Process]:
    """Those of the processes that have not ended."""
    return [child for child in children if Path(f"/proc/{child.pid}/exe").exists()]


@case("LIFE-01")
async def a_signal_while_idle(target: Target) -> None:
    """SIGTERM while nothing happens: status 0, at once."""
    async with target.elsewhere(server={"grace": 10}) as here:
        expect(await stopped(here, 8) == 0, "another status")


@case("LIFE-01b", slow=True)
async def a_signal_with_sockets(target: Target) -> None:
    """SIGTERM with 300 idle connections, 20 websockets, a stalled reader, half requests: status 0
    within the grace.
    """
    async with target.elsewhere(server={"grace": 3}) as here:
        user = await here.user()
        for _ in range(300):
            await here.connect()
        for _ in range(20):
            await open_socket(here, user)
        for _ in range(20):
            client = await here.connect()
            await client.send(b"GET / HTTP/1.1\r\nHost:")
        [file] = await user.upload(png(900, 900))
        slow = await here.connect(receive_buffer=4096)
        path = f"/api/v1/files/{file}/content"
        await slow.send(head(user, "GET", path, "X: y") * 50)
        expect(await stopped(here, 15) == 0, "another status")


@case("LIFE-02", slow=True)
async def a_signal_with_jobs(target: Target) -> None:
    """SIGTERM with running jobs: what is asked meanwhile is refused with 503; status 0; no child
    stays.
    """
    async with target.elsewhere(server={"grace": 2}) as here:
        user = await here.user()
        await user.long_stitch()
        children = here.service.processes()
        expect(await stopped(here, 20) == 0, "another status")
        await trio.sleep(0.5)
        alive = still(children)
        expect(alive == [], alive)


@case("LIFE-02b", slow=True)
async def two_signals(target: Target) -> None:
    """A second SIGTERM: an end at once, whatever the grace."""
    async with target.elsewhere(server={"grace": 600}) as here:
        assert here.program is not None
        user = await here.user()
        await user.long_stitch()
        here.program.tell(signal.SIGTERM)
        await trio.sleep(0.5)
        await stopped(here, 5)


@case("LIFE-03", slow=True)
async def killed_workers(target: Target) -> None:
    """Workers killed by SEGV, KILL and ABRT under a job: that job ends with a reason or is done
    again; another job goes on; the worker is replaced.
    """
    async with target.elsewhere() as here:
        user = await here.user()
        for what in (signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT):
            job = await user.long_stitch()
            for worker in here.service.workers():
                os.kill(worker.pid, what)
            end = await user.end(job)
            expect(end["state"] in ("failed", "succeeded"), end)
            expect(end["state"] == "succeeded" or end["error"]["code"], end)
            files = await user.upload(png(), png())
            await user.reaches(await user.stitch(files), "succeeded")


@case("LIFE-05", slow=True)
async def a_dead_parent(target: Target) -> None:
    """kill -9 of the server under a job: its children end within seconds."""
    async with target.elsewhere() as here:
        user = await here.user()
        await user.long_stitch()
        children = here.service.processes()
        os.kill(here.service.pid, signal.SIGKILL)
        for _ in range(50):
            alive = still(children)
            if not alive:
                return
            await trio.sleep(0.1)
        expect(False, alive)


@case("LIFE-06")
async def not_ready_while_it_stops(target: Target) -> None:
    """After SIGTERM, with a request under way: readyz is no 200, new jobs are refused."""
    async with target.elsewhere(server={"grace": 3}) as here:
        assert here.program is not None
        here.errors = target.errors = frozenset({503})
        user = await here.user()
        await user.long_stitch()
        here.program.tell(signal.SIGTERM)
        await trio.sleep(0.3)
        with suppress(OSError):  # refused: the job ended, and so did the server, before we asked
            client = await here.connect()
            await here.pour(client, ask_for("/readyz"))
            with hanging("an answer or the end"):
                rest = await client.until(b"\r\n")
            expect(b" 503" in rest or rest == b"", rest)
        with hanging("the end"):
            await here.program.ended()


@case("LIFE-07")
async def a_worker_that_stands_still(target: Target) -> None:
    """Workers stopped by SIGSTOP: others' reads go on; a cancel ends the job all the same."""
    async with target.elsewhere() as here:
        user, other = await here.user(), await here.user()
        files = await user.upload(png(), png())
        with here.service.frozen():
            job = await user.stitch(files)
            told(await other.http.get("/api/v1/session"))
            answer = await user.cancel(job)
            expect(answer.status_code in (200, 409), answer.text)
            told(await other.http.get("/api/v1/jobs"))
