"""What one job takes on this machine: measured with a real stitch, and what the machine has.

Owns: the sample, and the looking at memory and processors.
Never: decides anything about limits.
"""

import os
import resource
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import trio

from actors.capabilities import discover
from actors.errors import Reported
from actors.journal.memory import MemoryJournal
from actors.lifecycle import has_ended
from actors.messages import JobRecord, Options
from actors.session import Session
from actors.simulation.advice import Capacity
from actors.tree import open_stitchery
from conf.machine import this_machine
from conf.settings import Settings
from web.sketches import draw

CAPABILITY: Final = "stitch"
DRAWN: Final = 12

_CONTROL_GROUP: Final = Path("/sys/fs/cgroup/memory.max")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One real job: seconds it ran, bytes of its largest process, processors it kept busy."""

    seconds: float
    memory: int
    processors: float


def this_capacity() -> Capacity:
    """The memory and the processors that this process may use."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # no control group says less ("max" is no number)
        memory = min(memory, int(_CONTROL_GROUP.read_text()))
    return Capacity(memory=memory, processors=this_machine().processors)


async def measure(settings: Settings, pictures: Sequence[Path]) -> Measured:
    """Stitches the pictures, or some that are drawn, in a tree of its own below `settings`' data.

    Raises:
        StitcheryError: the pictures cannot be stitched.
        OSError: one cannot be read.
    """
    samples = [(path.name, await trio.Path(path).read_bytes()) for path in pictures]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    async with open_stitchery(
        settings,
        capabilities={CAPABILITY: discover()[CAPABILITY]},
        journal=MemoryJournal(),
    ) as stitchery:
        session = await stitchery.sessions.create()
        record = await _stitched(session, samples or draw(DRAWN))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = _ran(record)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    kibibytes = after.ru_maxrss // (1024 if sys.platform == "darwin" else 1)
    return Measured(seconds=seconds, memory=kibibytes << 10, processors=max(used / seconds, 0.1))


def _ran(record: JobRecord) -> float:
    if record.error is not None:
        raise Reported(record.error)
    if record.started_at is None or record.ended_at is None:
        raise ValueError("the job has not run")
    return max((record.ended_at - record.started_at).total_seconds(), 0.001)


async def _stitched(session: Session, samples: Sequence[tuple[str, bytes]]) -> JobRecord:
    """The ended job that joined the samples."""
    async with AsyncExitStack() as parts:
        taken = []
        for name, content in samples:
            part = await parts.enter_async_context(session.receive_part(len(content)))
            await part.write(content)
            taken.append((part, await session.examine(part, name)))
        await session.take_files(taken)
    request_type = discover()[CAPABILITY].request_type
    request = request_type.model_validate({"inputs": [{"file": file.id} for _, file in taken]})
    with session.watch() as watcher:
        view = await session.submit(CAPABILITY, request, Options())
        while not has_ended(view.record.state):
            await watcher.next()
            view = await session.job(view.record.id)
    return view.record
