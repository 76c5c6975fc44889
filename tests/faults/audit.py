"""What must hold after every fault (H1 to H4, H7), held against the service and its disk.

Owns: the checks, and the numbers that the table shows.
Never: brings a fault about.

    finding = await audit(house, crowd)        # waits until every job has ended
    assert not finding.breaches
"""

import hashlib
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import httpx
import trio

from tests.faults.house import House
from tests.faults.visitors import Crowd, Visitor
from tests.service import ENDS, Json, User

SETTLING: Final = 120.0
"""Seconds in which all accepted jobs must have ended: some hundred on two busy processors."""

QUIET: Final = 30.0
"""Seconds in which processes, parts and slots of what has ended must be gone."""


@dataclass
class Finding:
    """What an audit found; each breach in words."""

    accepted: int = 0
    lost: int = 0
    doubled: int = 0
    left: int = 0
    breaches: list[str] = field(default_factory=list)

    def lose(self, what: str) -> None:
        """Something that was acknowledged is not there."""
        self.lost += 1
        self.breaches.append(f"lost: {what}")

    def double(self, what: str) -> None:
        """Something is there twice."""
        self.doubled += 1
        self.breaches.append(f"doubled: {what}")

    def leave(self, what: str) -> None:
        """Something is there that nobody wanted."""
        self.left += 1
        self.breaches.append(f"left over: {what}")

    def breach(self, what: str) -> None:
        """Anything else that must not be."""
        self.breaches.append(what)


async def audit(house: House, crowd: Crowd, *, new_job: bool = True) -> Finding:
    """Judges a service that runs, and with which nobody is busy just now.

    Waits until every job has ended; a job that does not is lost. With `new_job` a further job of
    each visitor must run to its end: no slot has stayed taken.
    """
    finding = Finding(accepted=crowd.accepted)
    await _counters_agree(crowd, finding)
    for visitor in crowd.visitors:
        await _jobs_are_whole(visitor, finding)
        await visitor.repeat_all()
    if new_job:
        await _slots_are_free(crowd, finding)
    for visitor in crowd.visitors:
        await _files_are_whole(visitor, house, finding)
    await _nothing_is_left(house, finding)
    await _nobody_is_counted(crowd, finding)
    for visitor in crowd.visitors:
        for breach in visitor.notes.breaches:
            finding.breach(breach)
        visitor.notes.breaches.clear()
    return finding


async def _jobs_are_whole(visitor: Visitor, finding: Finding) -> None:
    """H1: every accepted job has ended, once; H2: one job for each key."""
    with trio.move_on_after(SETTLING):
        await visitor.settled()
    jobs, name = await visitor.jobs(), visitor.notes.name
    there = Counter(job["id"] for job in jobs)
    for job in jobs:
        if job["state"] not in ENDS:
            finding.lose(f"{name}: {job['id']} does not end: {job['state']}")
        elif job["ended_at"] is None:
            finding.breach(f"{name}: {job['id']} is {job['state']} and has ended at no time")
    for id in visitor.notes.accepted.keys() - there:
        finding.lose(f"{name}: the accepted job {id} is gone")
    _nobody_is_doubled(visitor, there, finding)


def _nobody_is_doubled(visitor: Visitor, there: Counter[str], finding: Finding) -> None:
    notes = visitor.notes
    for id, count in there.items():
        if count > 1:
            finding.double(f"{notes.name}: {id} is listed {count} times")
    unknown = there.keys() - notes.accepted
    if len(unknown) > len(notes.maybe):
        finding.double(
            f"{notes.name}: {len(unknown)} jobs that nobody was told of, and only "
            f"{len(notes.maybe)} requests without an answer"
        )


async def _files_are_whole(visitor: Visitor, house: House, finding: Finding) -> None:
    """H2, H3: every file that was promised is there, once, with its bytes; and no other."""
    name, listed = visitor.notes.name, await visitor.files()
    there = {file["id"]: file for file in listed}
    if len(there) < len(listed):
        finding.double(f"{name}: a file is listed twice")
    for id, kept in visitor.notes.files.items():
        if id not in there and not kept.removal:
            finding.lose(f"{name}: the file {id} is gone")
        if id in there and kept.gone:
            finding.leave(f"{name}: the removed file {id} is listed")
    for id, file in there.items():
        await _bytes_are(visitor, id, file, finding)
    _nothing_is_unasked(visitor, there, finding)
    session = (await visitor.user.get("/session"))["id"]
    for id in house.files().get(session, set()) ^ set(there):
        finding.leave(f"{name}: {id} is either on disk or on record, not both")


def _nothing_is_unasked(visitor: Visitor, there: dict[str, Json], finding: Finding) -> None:
    """H2: no job has a second result, no upload a second file."""
    notes = visitor.notes
    maybe = Counter(notes.maybe_files)
    for id in there.keys() - notes.files:
        file = there[id]
        if file["job"] is None and maybe[file["sha256"]] > 0:
            maybe[file["sha256"]] -= 1  # it was never acknowledged, and it is there: just as well
        else:
            finding.double(f"{notes.name}: nobody was promised the file {id} of {file['job']}")


async def _bytes_are(visitor: Visitor, id: str, file: Json, finding: Finding) -> None:
    answered = await visitor.user.http.get(f"/api/v1/files/{id}/content")
    digest = hashlib.sha256(answered.content).hexdigest()
    promised = visitor.notes.files[id].sha256 if id in visitor.notes.files else file["sha256"]
    if answered.status_code != 200 or digest != promised or len(answered.content) != file["size"]:
        finding.lose(f"{visitor.notes.name}: the bytes of {id} ({answered.status_code}, {digest})")


async def _slots_are_free(crowd: Crowd, finding: Finding) -> None:
    """H4, H7: everybody's next job runs."""
    for visitor in crowd.visitors:
        job = await visitor.fetch("/quick.png")
        if job is None:
            finding.leave(f"{visitor.notes.name} gets no new job: {visitor.notes.refusals}")
    for visitor in crowd.visitors:
        await _jobs_are_whole(visitor, finding)


async def _counters_agree(crowd: Crowd, finding: Finding) -> None:
    """H7: what the service counts is what the lists say. Asked until both stand still."""
    counted, listed = (0, 0), (0, 0)
    with trio.move_on_after(QUIET):
        while True:
            before = await _counted(crowd)
            states = Counter([job["state"] for each in crowd.visitors for job in await each.jobs()])
            counted, listed = await _counted(crowd), (states["running"], states["queued"])
            if before == counted == listed:
                return
            await trio.sleep(0.02)
    finding.breach(f"running and queued are counted as {counted}, and listed as {listed}")


async def _counted(crowd: Crowd) -> tuple[int, int]:
    queue = await crowd.visitors[0].user.get("/queue")
    return queue["running"], queue["queued"]


async def _nobody_is_counted(crowd: Crowd, finding: Finding) -> None:
    """H7: with all ended, all counters are zero."""
    queue: Json = {}
    with trio.move_on_after(QUIET):
        while True:
            queue = await crowd.visitors[0].user.get("/queue")
            lines = [queue, *queue["capabilities"].values()]
            if not any(line["running"] or line["queued"] for line in lines):
                return
            await trio.sleep(0.02)
    finding.leave(f"all has ended, and the queue counts {queue}")


async def _nothing_is_left(house: House, finding: Finding) -> None:
    """H3, H4: no part, no process beside the server's own, no descriptor of a file."""
    with trio.move_on_after(QUIET):
        while house.parts() or house.strays() or _open_files(house):  # noqa: ASYNC110 -- outside
            await trio.sleep(0.02)
    for part in house.parts():
        finding.leave(f"the part {part.name}")
    for process in house.strays():
        finding.leave(f"the process {process.pid}")
    for descriptor in _open_files(house):
        finding.leave(f"an open descriptor of {descriptor}")
    if any(line.startswith("Traceback") for line in house.program.log.splitlines()):
        finding.breach(f"a traceback on standard error: {house.program.log[-2000:]}")


def _open_files(house: House) -> list[str]:
    """Users' files that the server has open."""
    folders = tuple(str(house.data / name) for name in ("files", "parts", "uploads"))
    return [path for path in house.descriptors().values() if path.startswith(folders)]


class Onlooker:
    """Somebody else, who only reads, while faults happen to others (H5).

    Attributes:
        seconds: how long each answer took. Those that a dying server did not give do not count.
    """

    EVERY: Final = 0.03
    """Seconds between two questions."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def look(self, user: User) -> None:
        """Asks until cancelled, or until the server is gone."""
        with suppress(httpx.TransportError):
            while True:
                began = trio.current_time()
                answered = await user.http.get("/api/v1/session")
                answered.raise_for_status()
                self.seconds.append(trio.current_time() - began)
                await trio.sleep(self.EVERY)

    @property
    def p99(self) -> float | None:
        """Milliseconds; None when nothing was asked."""
        return percentile(self.seconds, 0.99)


def percentile(seconds: list[float], share: float) -> float | None:
    """Milliseconds below which that share lies; None of nothing."""
    if not seconds:
        return None
    return 1000 * sorted(seconds)[min(len(seconds) - 1, int(share * len(seconds)))]
