"""Joins through a running service, as a user of its API does.

Owns: the service's start, what is uploaded, and the watching of its processes meanwhile.
Never: reaches into the service.

Seconds are those from the request for a job to the message of its end, on a socket that was open
before; the client's own share is in them.
"""

import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import httpx
import trio

from actors.workers import processes
from tests.benchmarks.stitching.measures import Measure, Refused
from tests.benchmarks.stitching.ours import GENEROUS, wishes
from tests.benchmarks.stitching.task import Task
from tests.service import ENDS, Json, Program, Service, User, Watch, open_program, told

_TICK: Final = os.sysconf("SC_CLK_TCK")
_LOOK: Final = 0.02
"""Seconds between two looks at the memory of the workers, which may be gone after their job."""

_LIMITS: Final = {"max_session_mb": 1 << 15}


@contextmanager
def running(folder: Path) -> Iterator["Running"]:
    """A service with an empty folder of its own."""
    with open_program(folder / "data", stitch=GENEROUS, limits=_LIMITS) as program:
        yield Running(program)


class Running:
    """A running service, and one user of it."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._token: str | None = None
        self._ids: dict[str, str] = {}

    def measured(self, task: Task) -> list[Measure] | Refused:
        """Joins as often as the task says; the result of the last is at its output."""
        return trio.run(self._measured, task)

    async def _measured(self, task: Task) -> list[Measure] | Refused:
        async with self._program.visit() as service:
            user = await service.user(self._token)
            self._token = user.token
            for path in dict.fromkeys(task.paths):
                if path not in self._ids:
                    content = await trio.Path(path).read_bytes()
                    answer = await user.put(content, path.rpartition("/")[2])
                    self._ids[path] = told(answer, 201)["id"]
            runs = []
            for _ in range(task.repeats):
                run = await self._one(service, user, task)
                if isinstance(run, Refused):
                    return run
                runs.append(run)
            return runs

    async def _one(self, service: Service, user: User, task: Task) -> Measure | Refused:
        files = [self._ids[path] for path in task.paths]
        before = _spent(service.pid)
        async with user.watch() as watch, _looking(service) as seen:
            await watch.next()  # what was before: of the joins so far
            began = time.perf_counter()
            answer = await user.ask(files, **wishes(task))
            if answer.status_code != httpx.codes.ACCEPTED:
                return Refused(answer.json()["detail"])
            id = answer.json()["id"]
            job = await _end(watch, id)
            seconds = time.perf_counter() - began
            seen.look()
        if job["state"] != "succeeded":
            return Refused(str(job["error"]))
        [file] = job["result"]["files"]
        self._take(file["id"], Path(task.output))
        await user.http.delete(f"/api/v1/files/{file['id']}")
        return Measure(
            seconds=seconds,
            wall=seconds,
            cpu=_spent(service.pid) - before,
            memory=seen.most,
            size=file["size"],
        )

    def _take(self, id: str, output: Path) -> None:
        """Keeps the result, which lies under its id, after the service has forgotten it."""
        [path] = self._program.data.glob(f"files/*/{id}")
        output.unlink(missing_ok=True)
        output.hardlink_to(path)


async def _end(watch: Watch, id: str) -> Json:
    """The job at its end."""
    return await watch.job(lambda job: bool(job["id"] == id and job["state"] in ENDS))


class _Sight:
    """The most memory that a worker of the service has had."""

    def __init__(self, service: Service) -> None:
        self.most = 0
        self._service = service
        for worker in service.workers():
            # forgets the peak so far (proc(5))
            Path(f"/proc/{worker.pid}/clear_refs").write_text("5")

    def look(self) -> None:
        """Looks at all that are there."""
        for worker in self._service.workers():
            self.most = max(self.most, _peak(worker.pid))

    async def keep_looking(self) -> None:
        """Until cancelled: a worker may be gone before its job is known to have ended."""
        while True:
            self.look()
            await trio.sleep(_LOOK)


@asynccontextmanager
async def _looking(service: Service) -> AsyncIterator[_Sight]:
    """Looks while the block lasts."""
    sight = _Sight(service)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(sight.keep_looking)
        yield sight
        nursery.cancel_scope.cancel()


def _peak(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):  # it ended while we looked
        return 0
    found = [int(line.split()[1]) << 10 for line in status.splitlines() if "VmHWM" in line]
    return max(found, default=0)


def _spent(pid: int) -> float:
    """Processor seconds of a process and all below it, those that have ended included."""
    pids = {pid, *(child.pid for child in processes.descendants(pid))}
    return sum(map(_ticks, pids)) / _TICK


def _ticks(pid: int) -> int:
    """Its own and those of the children it has waited for (proc_pid_stat(5), fields 14 to 17)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(map(int, stat.rpartition(")")[2].split()[11:15]))
