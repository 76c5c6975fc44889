"""The disk fails: full, read-only, broken, slow. F6, F7, F9."""

import os
import signal
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import (
    AsyncExitStack,
    ExitStack,
    asynccontextmanager,
    closing,
    contextmanager,
)
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import trio
from trio.to_thread import run_sync as to_thread

from tests.faults import mounts
from tests.faults.audit import QUIET
from tests.faults.house import OPEN_FILES, House
from tests.faults.mounts import Disk, may_mount, read_only, tmpfs
from tests.faults.rows import Round, row
from tests.faults.switch import Switch
from tests.faults.visitors import Crowd, Visitor
from tests.service import Section, Service

HASTY: Final[dict[str, Section]] = {
    "stitch": {"retry_after": 0.05, "retry_cap": 0.2, "max_attempts": 5},
    "fetch": {"retry_after": 0.05, "retry_cap": 0.2, "max_attempts": 5},
}
"""Who has to wait for the disk tries again soon: an audit is to see the end."""

NO_FLOOR: Final[Section] = {"min_free_mb": 0}
"""New work is taken as long as the disk takes any: it is the disk that refuses."""

WHEN_FULL: Final = frozenset({"storage_full", "not_ready"})
"""What may be told of a disk without room."""

BESIDES: Final = frozenset(
    {
        *("job_ended", "file_in_use", "unknown_file", "not_found", "conflict", "queue_full"),
        *("user_busy", "result_too_large"),
    }
)
"""What visitors are told on any day."""

JANITOR: Final = 90.0
"""Seconds in which what could not be removed is tried again: it is every sixty."""

ANSWERED: Final = 10.0
"""Seconds within which a cancel is answered, on record or not."""

TICKS: Final = os.sysconf("SC_CLK_TCK")


def _processor_seconds(house: House) -> float:
    """What the server itself has used."""
    stat = Path(f"/proc/{house.program.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / TICKS


@asynccontextmanager
async def _without_spinning(round: Round, house: House, seconds: float) -> AsyncIterator[None]:
    """After what the block does, the server rests: it uses under a fifth of a processor."""
    yield
    before = _processor_seconds(house)
    await trio.sleep(seconds)
    used = (_processor_seconds(house) - before) / seconds
    round.tally.remarks.append(f"round {round.number}: {used:.0%} of a processor during the fault")
    round.check(used < 0.2, f"{used:.0%} of a processor while nothing could go on")


def _check_codes(round: Round, crowd: Crowd, allowed: frozenset[str]) -> None:
    """Only these refusals, and those of any day."""
    told: dict[str, int] = {}
    for visitor in crowd.visitors:
        for code, count in visitor.notes.refusals.items():
            told[code] = told.get(code, 0) + count
    round.tally.remarks.append(f"round {round.number}: refused {told}")
    round.check(told.keys() <= allowed | BESIDES, f"refused with {told}")


async def recovered(round: Round, visitor: Visitor) -> None:
    """Waits until an upload is taken again; what that takes is the row's recovery."""
    began = trio.current_time()
    while await visitor.put() is None:  # noqa: ASYNC110 -- the server tells nobody
        await trio.sleep(0.02)
    round.tally.took(trio.current_time() - began)


async def sweep(round: Round, house: House, crowd: Crowd) -> None:
    """Parts that could not be removed while the disk failed go within a minute, or at the next
    start, for which the short form has no patience."""
    left = len(house.parts())
    began = trio.current_time()
    if left and round.quick:
        await house.kill(signal.SIGTERM)
        await crowd.meet(await house.start())
    with trio.move_on_after(JANITOR):
        while house.parts():  # noqa: ASYNC110 -- it is outside
            await trio.sleep(0.1)
    if left:
        round.tally.remarks.append(
            f"round {round.number}: {left} parts went after {trio.current_time() - began:.1f} s"
        )


async def _goes_on(round: Round, visitor: Visitor, disk: Disk) -> None:
    """Without room, files can be read and removed, and a cancelled job stops, which is told.

    Its end is told when it is on record, which may take room; its slot is free at once.
    """
    notes = visitor.notes
    file, job = await _something(visitor)
    await visitor.user.reaches(job, "running")
    async with trio.open_nursery() as nursery:
        await to_thread(disk.leave_free, 0)
        round.tally.injected += 1
        answered = trio.Event()
        nursery.start_soon(_cancels, visitor, job, answered)
        read = await visitor.user.http.get(f"/api/v1/files/{file}/content")
        round.check(read.status_code == 200, f"reading a file: {read.text[:200]}")
        freed = trio.current_time()
        with trio.fail_after(QUIET):
            while (await visitor.user.get("/queue"))["running"]:  # noqa: ASYNC110 -- it is outside
                await trio.sleep(0.01)
        round.tally.remarks.append(f"slot back after {1000 * (trio.current_time() - freed):.0f} ms")
        notes.files[file].removal = True
        gone = await visitor.user.http.delete(f"/api/v1/files/{file}")
        notes.files[file].gone = gone.status_code == 204
        round.check(notes.files[file].gone, f"removing a file: {gone.status_code} {gone.text}")
        with trio.move_on_after(ANSWERED - (trio.current_time() - freed)):
            await answered.wait()
        round.check(answered.is_set(), f"cancelling a job was not answered within {ANSWERED:g} s")
        if round.number % 4 < 2:
            await to_thread(disk.make_room)
        else:
            await to_thread(disk.grow, "96m")
    with trio.fail_after(QUIET):
        ended = await visitor.ends(job)
    round.check(ended["state"] == "cancelled", f"cancelling a job: {ended} {notes.refusals}")


async def _cancels(visitor: Visitor, job: str, answered: trio.Event) -> None:
    await visitor.cancel(job)
    answered.set()


@row("F6", "disk full at any moment, and room again", quick=1, long=30, holds=250)
async def full(round: Round) -> None:
    """In two rounds of three, the floor is not there to keep the disk from being full; in every
    second one the log is on the same disk; in some there are no names of files rather than no room.
    """
    if not may_mount():
        round.tally.remarks.append(mounts.CANNOT)
        return
    folder = round.folder / "data" if round.number % 2 else round.folder
    names = 2000 if round.number % 5 == 4 else 0
    floor: Section = NO_FLOOR if round.number % 3 < 2 else {"min_free_mb": 4}
    with tmpfs(folder, size="48m", names=names) as disk:
        async with round.house(**HASTY, storage=floor) as house:
            service = await house.start()
            async with round.crowd(service) as crowd:
                async with crowd.busy(), round.observed(service):
                    for _ in range(1 if round.quick else 3):
                        await trio.sleep(round.chance.uniform(0.1, 0.6))
                        await _fill(disk, round, names)
                        await trio.sleep(round.chance.uniform(0.5, 1.5))
                        await to_thread(disk.make_room)
                await recovered(round, crowd.visitors[0])
                for visitor in crowd.visitors:
                    await visitor.settled()
                await _goes_on(round, crowd.visitors[0], disk)
                await recovered(round, crowd.visitors[0])
                await round.audit(house, crowd)
                _check_codes(round, crowd, WHEN_FULL)


async def _fill(disk: Disk, round: Round, names: int) -> None:
    if names:
        await to_thread(disk.leave_names, round.chance.randrange(4))
    else:
        await to_thread(disk.leave_free, round.chance.choice((0, 0, 20_000, 300_000)))
    round.tally.injected += 1


async def _something(visitor: Visitor) -> tuple[str, str]:
    """A file that nobody needs, and a job that does not end."""
    file = job = None
    while file is None:
        file = await visitor.put()
    while job is None:
        job = await visitor.fetch("/never.png")
    return file, job


# --- read-only ------------------------------------------------------------------------------------


@row("F7", "data folder read-only while it runs, and writable again", quick=1, long=10, holds=250)
async def read_only_for_a_while(round: Round) -> None:
    """The folders of files truly, by a mount over each; the journal, which holds its files open,
    by the error that its writes would get."""
    async with round.house(**HASTY, storage=NO_FLOOR) as house:
        switch = Switch(house)
        service = await switch.start()
        async with round.crowd(service) as crowd:
            async with round.observed(service):
                async with crowd.busy():
                    await trio.sleep(round.chance.uniform(0.2, 1))
                    with _all_read_only(house):
                        switch.fail(with_="EROFS")
                        round.tally.injected += 1
                        await trio.sleep(0.5 if round.quick else 2)
                async with _without_spinning(round, house, 1 if round.quick else 5):
                    switch.fail(with_="EROFS")
                    await crowd.visitors[0].put()
                switch.off()
            await recovered(round, crowd.visitors[0])
            await sweep(round, house, crowd)
            await round.audit(house, crowd)
            _check_codes(round, crowd, frozenset({*WHEN_FULL, "storage_read_only"}))


@contextmanager
def _all_read_only(house: House) -> Iterator[None]:
    with ExitStack() as stack:
        if may_mount():
            for name in ("files", "parts", "uploads"):
                if (house.data / name).is_dir():
                    stack.enter_context(read_only(house.data / name))
        yield


@row("F7s", "a start on a folder that is read-only", quick=(0,), long=2)
async def read_only_from_the_start(round: Round) -> None:
    """New, or with a journal: it says so and leaves."""
    if not may_mount():
        round.tally.remarks.append(mounts.CANNOT)
        return
    async with round.house() as house:
        house.data.mkdir()
        if round.number % 2:
            await house.start()
            await house.kill(signal.SIGTERM)
        with read_only(house.data):
            program = await house.begin()
            status = await house.ended()
            round.tally.injected += 1
            said = program.log
        round.check(status not in (0, -signal.SIGKILL), f"exit status {status}")
        round.check("Traceback" not in said and str(house.data) in said, f"it said: {said}")
        await house.start()


# --- descriptors ----------------------------------------------------------------------------------


@row("F7d", "descriptors used up by clients, and free again", quick=1, long=5)
async def out_of_descriptors(round: Round) -> None:
    """Clients hold more sockets than the server may have; then they let go."""
    async with round.house(**HASTY) as house:
        service = await house.start(limits={OPEN_FILES: 96})
        async with round.crowd(service, 1) as crowd:
            [visitor] = crowd.visitors
            async with _holding(service, 200):
                round.tally.injected += 1
                async with _without_spinning(round, house, 1 if round.quick else 5):
                    await trio.sleep(0.2)
                with trio.move_on_after(2):
                    await visitor.stitch()
            await recovered(round, visitor)
            await round.audit(house, crowd)


@asynccontextmanager
async def _holding(service: Service, count: int) -> AsyncIterator[None]:
    """So many connections on which nothing is said."""
    address = urlsplit(service.address)
    async with AsyncExitStack() as stack:
        for _ in range(count):
            stream = await trio.open_tcp_stream(str(address.hostname), int(address.port or 0))
            await stack.enter_async_context(stream)
        yield


# --- a slow journal, a locked one -----------------------------------------------------------------


@row("F9", "journal slow (200 ms a commit), or locked by others", quick=1, long=5, holds=250)
async def slow_journal(round: Round) -> None:
    """Others only read; what they wait is measured."""
    async with round.house(**HASTY) as house:
        switch = Switch(house)
        service = await switch.start()
        async with round.crowd(service) as crowd:
            async with round.observed(service), crowd.busy():
                switch.slow(commit=0.2)
                await trio.sleep(1 if round.quick else 5)
                switch.off()
                with _locked(house):
                    await trio.sleep(1 if round.quick else 5)
                round.tally.injected += 2
            await recovered(round, crowd.visitors[0])
            await round.audit(house, crowd)
            _check_codes(round, crowd, frozenset({"not_ready"}))


@contextmanager
def _locked(house: House) -> Iterator[None]:
    """Nobody else may write."""
    with closing(sqlite3.connect(house.data / "journal.sqlite3", isolation_level=None)) as other:
        other.execute("PRAGMA busy_timeout = 10000")
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")
