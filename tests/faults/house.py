"""A data folder and the server that lives in it, again and again, whatever befalls it.

Owns: the lives of the server (started, ended, how long both took), the faults that are put inside
of it (wrapped.py does so there), and what is left of it outside: processes, descriptors, parts.
Never: judges; audit.py does. Knows users; visitors.py does.

    async with open_house(folder, concurrency={"max_global_jobs": 2}) as house:
        service = await house.start()              # a tests.service.Service
        ...
        await house.kill()                         # SIGKILL; waits for all of its processes to end
        service = await house.start(Inside(clock=7200))
"""

import json
import os
import resource
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import trio

from actors.workers import processes
from actors.workers.processes import Process
from tests.service import Launch, Program, Section, Service

MARK: Final = "STITCHERY_TEST_HOUSE"
"""The variable in the environment of all that a house has started, down to daemons of workers."""

PATIENCE: Final = 60.0
"""Seconds after which a wait has failed. Nothing takes so long unless it hangs."""

FETCHING: Final[Mapping[str, Section]] = {
    "server": {"grace": 2},
    "concurrency": {"max_global_jobs": 3, "max_jobs_per_user": 2},
    "fetch": {"open_networks": ["127.0.0.0/8"]},
    "workers": {"warm": 1},
}
"""Sources of tests are on the loopback; several jobs at once, so that there are all states."""


@dataclass(frozen=True, kw_only=True)
class Inside:
    """What wrapped.py is to do inside of the server, before it runs and while it does.

    "Calls" are those that change what lies below the data folder: open (to create), write, pwrite,
    fsync, fdatasync, link, rename, replace, unlink, mkdir, rmdir, ftruncate, and of the journal
    begin, commit and execute. They are counted from 1, over all threads.

    Attributes:
        clock: seconds by which the wall clock is set; `House.set_clock` changes it later.
        trace: whether each call is noted; `House.trace` has them.
        kill_at: the process kills itself before the call of this number.
        fail: names of calls that fail, "commit" and such among them; empty for every one.
        fail_with: the error of those that fail ("ENOSPC", "EIO", "EROFS", ...); None: none fails.
        fail_from, fail_to: the numbers of the first and the last call that may fail, counted among
            those that `fail` names.
    """

    clock: float | None = None
    trace: bool = False
    kill_at: int | None = None
    fail: tuple[str, ...] = ()
    fail_with: str | None = None
    fail_from: int = 1
    fail_to: int = 1 << 62


@dataclass
class House:
    """See the module. Times are in seconds.

    Attributes:
        data: the data folder.
        starts: how long each start took until it listened.
        ends: how long each end took until none of its processes was left.
    """

    data: Path
    sections: Mapping[str, Section]
    starts: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    _program: Program | None = None
    _clients: AsyncExitStack = field(default_factory=AsyncExitStack)
    _began: float = 0.0
    _mark: str = field(default_factory=lambda: secrets.token_hex(8))

    # --- lives ------------------------------------------------------------------------------------

    async def start(self, inside: Inside | None = None, /, **how: Any) -> Service:
        """A further life, begun with what `begin` takes; returns when it listens.

        Fails when it does not listen: where it may not, use `begin` and `listens`.
        """
        await self.begin(inside, **how)
        service = await self.listens()
        assert service is not None, self.program.log
        return service

    async def listens(self) -> Service | None:
        """Waits for a life that was begun; None when it ended instead."""
        program = self.program
        line = await trio.to_thread.run_sync(lambda: program.line)
        if not line.startswith("Listening on "):
            return None
        self.starts.append(trio.current_time() - self._began)
        return await self._clients.enter_async_context(program.visit())

    async def begin(
        self,
        inside: Inside | None = None,
        /,
        *,
        environment: Mapping[str, str] | None = None,
        limits: Mapping[int, int] | None = None,
        command: tuple[str, ...] | None = None,
        **sections: Section,
    ) -> Program:
        """A further life that need not come to listen; returns at once.

        `sections` refine the house's own, for this life. `limits` are those of resource(3);
        `command` is what runs instead of `python -m web`, such as strace with that.
        """
        await self.leave()
        self._began = trio.current_time()
        launch = Launch(environment={MARK: self._mark, **(environment or {})}, limits=limits or {})
        if inside is not None:
            self._trace_file.unlink(missing_ok=True)
            self.set_clock(inside.clock or 0.0)
            launch = replace(
                launch,
                command=(sys.executable, "-m", "tests.faults.wrapped"),
                environment={**launch.environment, "STITCHERY_TEST_INSIDE": self._order(inside)},
            )
        if command is not None:
            launch = replace(launch, command=command)
        merged = {
            name: {**self.sections.get(name, {}), **sections.get(name, {})}
            for name in {*self.sections, *sections}
        }
        self._program = Program(self.data, launch, **merged)
        return self._program

    def _order(self, inside: Inside) -> str:
        return json.dumps(
            {
                "data": str(self.data.absolute()),
                "clock": None if inside.clock is None else str(self._clock_file),
                "trace": str(self._trace_file) if inside.trace else None,
                "kill_at": inside.kill_at,
                "fail": inside.fail,
                "fail_with": inside.fail_with,
                "fail_from": inside.fail_from,
                "fail_to": inside.fail_to,
            }
        )

    @property
    def program(self) -> Program:
        """The life that is, or the last one."""
        assert self._program is not None, "it was never started"
        return self._program

    def lives(self) -> bool:
        """Whether the server runs."""
        server = processes.identify(self.program.pid)
        return server is not None and processes.is_alive(server)

    async def kill(self, what: signal.Signals = signal.SIGKILL) -> int:
        """Sends the server a signal and waits until nothing of it is left; the exit status."""
        self.program.tell(what)
        return await self.ended()

    async def ended(self) -> int:
        """Waits for the end of this life and of all its processes; the exit status."""
        began = trio.current_time()
        status = await self.program.ended()
        with trio.move_on_after(PATIENCE):
            while self.processes():  # noqa: ASYNC110 -- no event of ours tells that they end
                await trio.sleep(0.005)
        self.ends.append(trio.current_time() - began)
        self.program.close()  # its clients stay: whoever is busy finds it gone, not themselves
        return status

    async def leave(self) -> None:
        """Closes the clients of this life, and ends it if it lives."""
        clients, self._clients = self._clients, AsyncExitStack()
        with trio.CancelScope(shield=True):
            await clients.aclose()
        if self._program is not None:
            self._program.close()

    # --- what can be seen of it -------------------------------------------------------------------

    def processes(self) -> set[Process]:
        """Every live process that this house has started, whatever it has become since."""
        mark = f"{MARK}={self._mark}".encode()
        found: set[Process] = set()
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            with suppress(OSError):  # it ended while we looked, or is another user's
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    process = processes.identify(int(folder.name))
                    if process is not None and processes.is_alive(process):
                        found.add(process)
        return found

    def strays(self) -> set[Process]:
        """Those of them that are not below the server that runs."""
        server = processes.identify(self.program.pid)
        below = processes.descendants(self.program.pid)
        return {each for each in self.processes() if each not in below and each != server}

    def descriptors(self) -> dict[int, str]:
        """What the server has open, by number: sockets, pipes, files."""
        found: dict[int, str] = {}
        with suppress(FileNotFoundError):
            for entry in os.scandir(f"/proc/{self.program.pid}/fd"):
                with suppress(FileNotFoundError):
                    found[int(entry.name)] = os.readlink(entry.path)  # noqa: PTH115 -- no real path
        return found

    def parts(self) -> set[Path]:
        """Files on their way; legitimate only while a job or an upload is under way."""
        return set(self.data.glob("parts/*"))

    def files(self) -> dict[str, set[str]]:
        """The ids of whole files on disk, by session."""
        return {
            folder.name: {file.name for file in folder.iterdir()}
            for folder in self.data.glob("files/[!.]*")  # beside the mark of the volume
        }

    # --- inside -----------------------------------------------------------------------------------

    @property
    def _trace_file(self) -> Path:
        return self.data.with_name(f"{self.data.name}.trace")

    @property
    def _clock_file(self) -> Path:
        return self.data.with_name(f"{self.data.name}.clock")

    def trace(self) -> list[str]:
        """The calls of this life so far, as "name what": the first is number 1."""
        return self._trace_file.read_text().splitlines() if self._trace_file.exists() else []

    def set_clock(self, seconds: float) -> None:
        """Sets the wall clock of the life that was started with one, so many seconds off."""
        beside = self._clock_file.with_suffix(".new")
        beside.write_text(repr(seconds))
        beside.rename(self._clock_file)

    def close(self) -> None:
        """Ends all that was ever started here, however deep it hides."""
        if self._program is not None:
            self._program.close()
        for _ in range(100):
            left = self.processes()
            if not left:
                break
            processes.tell(left, signal.SIGKILL)


@asynccontextmanager
async def open_house(folder: Path, **sections: Section) -> AsyncIterator[House]:
    """A house whose data folder is made in `folder`; nothing of it lives on after the block."""
    given = {
        name: {**FETCHING.get(name, {}), **sections.get(name, {})}
        for name in {*FETCHING, *sections}
    }
    house = House(folder / "data", given)
    try:
        yield house
    finally:
        with trio.CancelScope(shield=True):
            await house.leave()
        house.close()


OPEN_FILES: Final = resource.RLIMIT_NOFILE
"""For `start(limits={OPEN_FILES: 64})`."""
