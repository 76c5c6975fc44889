"""Work that reads a file and makes others, and the processes that are said to do it.

Owns: the capability `copy`, and a pool that writes in steps, takes its time, and can be told to
fall. What it writes lies half there in between, as with a real child.
Never: starts a process or a thread.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import trio
from pydantic import Field

from actors.capability import AnswerT, Capability, Context, Forecast, OrderT, ProgressSink, Request
from actors.errors import ActorGone, WorkFailed
from actors.media import Probe
from actors.messages import FileRecord, JobResult, Media, Progress
from actors.workers.call import Call
from conf.settings import CapabilitySettings

STEPS = 4
"""Pieces in which a child writes its file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyOrder:
    """Copy the bytes at one path to another, in so many seconds."""

    source: str
    target: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """Bytes that were copied."""

    size: int


_COPY = Call("tests.faults.inside.work:copy", CopyOrder, Copied)


class CopyRequest(Request):
    """Which file, how often, and how long each takes."""

    file: str
    seconds: float = Field(1.0, ge=0)
    copies: int = Field(2, ge=0)


class CopySettings(CapabilitySettings):
    """Long copies are fine."""

    run_timeout: float = 36_000


class Copy(Capability[CopyRequest, CopySettings]):
    """Copies a file of the session."""

    name = "copy"
    summary = "Copies."
    request_type = CopyRequest
    settings_type = CopySettings
    forecast_type = Forecast

    def inputs(self, request: CopyRequest) -> Mapping[str, str]:
        return {"/file": request.file}

    def forecast(
        self, request: CopyRequest, files: Mapping[str, FileRecord], settings: CopySettings
    ) -> Forecast:
        return Forecast(memory_bytes=0)

    async def run(
        self, request: CopyRequest, settings: CopySettings, context: Context
    ) -> JobResult:
        made: list[FileRecord] = []
        source = str(context.path(request.file))
        async with context.borrow("processor"):
            for number in range(request.copies):
                part = await context.new_part()
                order = CopyOrder(source=source, target=str(part.path), seconds=request.seconds)
                await context.work(_COPY, order)
                made.append(await context.keep(part, f"copy {number}.png"))
        return JobResult(files=tuple(made))


class Processes:
    """A pool (`services.WorkersPort`) that only pretends.

    Attributes:
        alive: the processes that work now.
        calls: how many calls there were.
        passes: asked at each call whether the pool falls now.
    """

    def __init__(self, pace: float = 1.0) -> None:
        self.alive: set[int] = set()
        self.calls = 0
        self.passes: Callable[[], bool] = lambda: False
        self._pace = pace
        self._pids = itertools.count(1)
        self._scopes: set[trio.CancelScope] = set()
        self._fall: trio.Event | None = None  # None while it does not run

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        self._fall = trio.Event()
        try:
            task_status.started()
            await self._fall.wait()
            raise RuntimeError("the workers fall")
        finally:
            self._fall = None
            for scope in self._scopes:
                scope.cancel()

    def resize(self, max_workers: int) -> None:
        pass

    async def call(
        self,
        call: Call[OrderT, AnswerT],
        order: OrderT,
        *,
        on_progress: ProgressSink,
        on_killed: Callable[[int], None],
    ) -> AnswerT:
        self.calls += 1
        if self._fall is not None and self.passes():
            self._fall.set()
        with trio.CancelScope() as scope:
            if self._fall is None:
                scope.cancel()
            self._scopes.add(scope)
            try:
                return cast(AnswerT, await self._work(order, on_progress, on_killed))
            finally:
                self._scopes.discard(scope)
        raise ActorGone("The workers have just stopped.", retry_after=1)

    async def _work(
        self, order: object, on_progress: ProgressSink, on_killed: Callable[[int], None]
    ) -> Any:
        pid = next(self._pids)
        await trio.lowlevel.checkpoint_if_cancelled()
        self.alive.add(pid)
        try:
            if isinstance(order, CopyOrder):
                return await self._copy(order, on_progress)
            assert isinstance(order, Probe)
            await trio.sleep(0.1 * self._pace)
            return Media(media_type="image/png", width=1, height=1)
        except trio.Cancelled:
            with trio.CancelScope(shield=True):
                await trio.sleep(0.05 * self._pace)  # dying takes a moment
            on_killed(1)
            raise
        finally:
            self.alive.discard(pid)

    async def _copy(self, order: CopyOrder, on_progress: ProgressSink) -> Copied:
        try:  # at once, as all disk here: see rig.py
            content = Path(order.source).read_bytes()  # noqa: ASYNC240 -- as above
            step = -(-len(content) // STEPS)
            with Path(order.target).open("r+b") as target:  # noqa: ASYNC230 -- as above
                for number in range(STEPS):
                    target.write(content[number * step : (number + 1) * step])
                    target.flush()
                    on_progress(Progress(fraction=number / STEPS, step="copy"))
                    await trio.sleep(order.seconds * self._pace / STEPS)
        except OSError as error:
            raise WorkFailed(f"The copy failed: {error}") from error
        return Copied(size=len(content))
