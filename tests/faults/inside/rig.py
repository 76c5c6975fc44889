"""One data folder, one record and one set of processes, for trees that follow each other.

Owns: what these trees are made of, so that each run can be repeated: the real tree, sessions,
limiters, janitor and workspace, on virtual time, with a seeded order of all steps.
Never: judges (truth.py), or knows what is done with the trees (story.py).

The disk is real, but nothing goes to a thread: virtual time would jump on meanwhile. A step of the
disk is carried out in place, between two checkpoints that cannot be cancelled, as a thread's.
"""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, TypeVar, TypeVarTuple
from unittest.mock import patch

import structlog
import trio

from actors.ids import IdMaker
from actors.journal.memory import MemoryJournal
from actors.simulation.world import EPOCH, wall_clock
from actors.tree import Stitchery, open_stitchery
from conf.settings import Concurrency, Limits, Settings, Storage
from tests.capabilities import Nap, NapSettings
from tests.faults.inside.record import Record
from tests.faults.inside.work import Copy, CopySettings, Processes

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

UNLIMITED = 1 << 30


@dataclass
class Rig:
    """All that outlasts a tree.

    Attributes:
        nap_timeout: seconds for which a nap may run.
    """

    folder: Path
    seed: int = 0
    record: Record = field(default_factory=lambda: Record(MemoryJournal()))
    processes: Processes = field(default_factory=Processes)
    nap_timeout: float = 36_000

    def __post_init__(self) -> None:
        chance = Random(self.seed).getrandbits
        self._new_id = IdMaker(
            lambda: int(1000 * (EPOCH.timestamp() + trio.current_time())), chance
        )

    def settings(self) -> Settings:
        """Two jobs at once, of which a user has one: there is a line."""
        return Settings(
            concurrency=Concurrency(max_global_jobs=2, max_jobs_per_user=1),
            limits=Limits(max_queue_size=100),
            storage=Storage(data=self.folder),
            capabilities={"copy": CopySettings(), "nap": NapSettings(run_timeout=self.nap_timeout)},
        )

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Stitchery]:
        """A tree on what the last one left."""
        async with open_stitchery(
            self.settings(),
            capabilities={"copy": Copy(), "nap": Nap()},
            journal=self.record.journal(),
            workers=self.processes,
            new_id=self._new_id,
            now=wall_clock,
        ) as tree:
            yield tree


# --- steps of the disk, in place ------------------------------------------------------------------


class System:
    """The calls to the system that steps of the disk make: counted, and failed when wanted.

    Attributes:
        fails_at: number of the call that fails, and with which errno; None: none does.
        calls: how many there were.
        last: what the failed call was.
    """

    NAMES = ("open", "write", "pwrite", "read", "fsync", "link", "unlink", "rename", "mkdir",
             "rmdir", "scandir", "listdir")  # fmt: skip

    def __init__(self) -> None:
        self.fails_at: Callable[[int], int | None] = lambda _: None
        self.calls = 0
        self.injected = 0
        self.last = ""
        self.armed = False

    def met(self, name: str) -> None:
        """Raises what the call meets."""
        if not self.armed:
            return
        self.calls += 1
        number = self.fails_at(self.calls)
        if number is not None:
            self.injected += 1
            self.last = name
            raise OSError(number, os.strerror(number))


@contextmanager
def in_place(system: System | None = None) -> Iterator[System]:
    """Steps of the disk are carried out in place for the length of the block; nothing is synced."""
    system = System() if system is None else system
    inside = False

    async def run_sync(
        act: Callable[[*Ts], T],
        *args: *Ts,
        limiter: trio.CapacityLimiter | None = None,
        **_more: Any,
    ) -> T:
        nonlocal inside
        await trio.lowlevel.checkpoint_if_cancelled()
        step = object()
        if limiter is not None:
            await limiter.acquire_on_behalf_of(step)
        await trio.lowlevel.cancel_shielded_checkpoint()
        try:
            inside = True
            return act(*args)
        finally:
            inside = False
            await trio.lowlevel.cancel_shielded_checkpoint()
            if limiter is not None:
                limiter.release_on_behalf_of(step)

    def seen(name: str) -> Any:
        real = getattr(os, name)

        def call(*args: Any, **more: Any) -> Any:
            if inside:
                system.met(name)
                if name == "fsync":
                    return None  # the order of calls is what matters here
            return real(*args, **more)

        return call

    with (
        patch.object(trio.to_thread, "run_sync", run_sync),
        patch.multiple(os, **{name: seen(name) for name in System.NAMES}),
    ):
        yield system


@contextmanager
def silence() -> Iterator[None]:
    """Accidents are logged at length; here they are the purpose."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    try:
        yield
    finally:
        structlog.configure(**before)
