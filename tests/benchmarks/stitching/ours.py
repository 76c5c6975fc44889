"""Plans a join as the product does, and tells how to ask for it.

Owns: the request that a task comes to, and the order that the capability makes of it, caught where
it would go to a worker.
Never: knows what an order holds: that is the capability's, and changes with it.
"""

import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

import trio

from actors.capabilities.stitch.capability import CAPABILITY
from actors.capabilities.stitch.settings import StitchSettings
from actors.capability import AnswerT, OrderT, ProgressSink
from actors.media import Probe
from actors.messages import FileRecord, Media, Progress
from actors.part import Part
from actors.pictures import probe
from actors.tree import preloaded
from actors.workers import wire
from actors.workers.call import Call
from tests.benchmarks.stitching.task import Task

GENEROUS: Final[Mapping[str, Any]] = {
    "max_result_megapixels": 10_000,
    "max_memory_mb": 1 << 14,
    "run_timeout": 3600,
}
"""What an operator would set who wants these joins done."""


def wishes(task: Task) -> dict[str, Any]:
    """The request's fields but for its inputs; fields that have their default are left out."""
    given: dict[str, Any] = {
        "layout": task.layout,
        "fit": task.fit or "none",
        "gap": task.gap,
        "format": task.format,
        "quality": task.quality,
    }
    if task.layout == "grid":
        given["columns"] = task.columns
    if task.transparent:
        given["background"] = "transparent"
    return given


def planned(task: Task, folder: Path) -> list[str]:
    """Leaves the order and how to run it in a folder; the command that does."""
    records = _records(task)
    inputs = [{"file": path} for path in task.paths]
    request = CAPABILITY.request_type.model_validate({"inputs": inputs, **wishes(task)})
    settings = StitchSettings(**GENEROUS, processors=task.processors)
    context = _Context(records, Path(task.output), task.processors)
    try:
        trio.run(CAPABILITY.run, request, settings, context)
    except _Caught as caught:
        call = {
            "target": caught.call.target,
            "preload": preloaded({CAPABILITY.name: CAPABILITY}),
            "repeats": task.repeats,
            "output": task.output,
        }
        (folder / "call.json").write_text(json.dumps(call))
        (folder / "order").write_bytes(bytes(wire.dump(caught.order)))
    return [sys.executable, "-m", "tests.benchmarks.stitching.worker", str(folder)]


def command(task: Task) -> list[str]:
    """The command that a user would type."""
    options = [f"--{name}={value}" for name, value in wishes(task).items()]
    return [sys.executable, "-m", "web", "stitch", *task.paths, *options, "-o", task.output]


def environment() -> dict[str, str]:
    """This one's, with what lets the command make the largest of the results."""
    named = {f"STITCHERY_STITCH__{name.upper()}": str(value) for name, value in GENEROUS.items()}
    return {**os.environ, **named}


def _records(task: Task) -> dict[str, FileRecord]:
    """What the service has on record of the files, since they came in."""
    return {path: _record(path) for path in dict.fromkeys(task.paths)}


def _record(path: str) -> FileRecord:
    media = probe(Probe(path=path, max_pixels=1 << 30, max_side=1 << 20), lambda _: None)
    return FileRecord(
        id=path,
        session="",
        name=Path(path).name,
        media=media,
        size=Path(path).stat().st_size,
        sha256="",
        created_at=datetime.now(UTC),
    )


class _Caught(Exception):
    """What would have gone to a worker."""

    def __init__(self, call: Call[Any, Any], order: object) -> None:
        self.call = call
        self.order = order


class _Part:
    """A part whose bytes go to the task's output."""

    def __init__(self, path: Path) -> None:
        self.path = path


class _Context:
    """Implements `actors.capability.Context` as far as to the first call of a worker."""

    job = "job"

    def __init__(self, files: Mapping[str, FileRecord], output: Path, processors: int) -> None:
        self.files = files
        self._output = output
        self._processors = processors

    def path(self, file: str) -> Path:
        return Path(file)

    async def new_part(self) -> Part:
        await trio.lowlevel.checkpoint()
        self._output.touch()
        return cast(Part, _Part(self._output))

    async def keep(self, part: Part, name: str, *, made: Media | None = None) -> FileRecord:
        raise NotImplementedError("the work comes first")

    def progress(self, progress: Progress) -> None:
        """Nobody watches."""

    @asynccontextmanager
    async def borrow(self, name: str, amount: int = 1) -> AsyncIterator[int]:
        await trio.lowlevel.checkpoint()
        yield min(amount, self._processors)

    async def work(
        self, call: Call[OrderT, AnswerT], order: OrderT, told: ProgressSink | None = None
    ) -> AnswerT:
        await trio.lowlevel.checkpoint()
        raise _Caught(call, order)
