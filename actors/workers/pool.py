"""Lends workers to calls.

Owns: every worker process of the server; how many there are; who waits for one; what a worker's
end means to the call that had it.
Never: decides which job may run (the limiters do) or how long (the job does).
"""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Never, TypeVar

import trio

from actors.errors import ActorGone, Reported, WorkersGone, WorkFailed
from actors.logs import Log
from actors.messages import Progress
from actors.workers import deaths, staffing, wire
from actors.workers.call import Call
from actors.workers.worker import CannotStart, Lost, Unheard, Worker
from conf.settings import Workers as Settings

log = Log("workers")

OrderT = TypeVar("OrderT")
AnswerT = TypeVar("AnswerT")

TRIES = 3
"""Workers that may be gone before they read one order: more than one is an attack or a sick
machine, not bad luck."""

BACKOFF = (0.1, 10.0)
"""Seconds to wait after a worker could not start: at first, and at most; doubled each time."""

SETTLING = 5.0
"""Seconds for the guard to tell of a worker's death after the channel has ended. A thousandth is
usual; who is not dead by then has closed the channel and lives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """How the pool stands, and what it has seen since it was made."""

    idle: int
    busy: int
    starting: int
    waiting: int
    started: int
    died: int


class Workers:
    """The actor. `run` serves until cancelled and may be run again; `call` is for everybody.

    Args:
        settings: how many are kept warm, how long a cancelled one is given.
        preload: modules that each worker imports before it is lent; missing ones are ignored.
        max_workers: processes at once; calls beyond it wait. None: `staffing.most`.
    """

    def __init__(
        self, settings: Settings, *, preload: Sequence[str] = (), max_workers: int | None = None
    ) -> None:
        self._settings = settings
        self._preload = tuple(preload)
        self._most = max(staffing.most() if max_workers is None else max_workers, settings.warm)
        # Written by this object alone, and never across a checkpoint.
        self._nursery: trio.Nursery | None = None
        self._first = trio.Event()  # a worker was ready once: they can be started here
        self._calls: set[trio.CancelScope] = set()
        self._places = 0  # taken by workers in any state, from before the start to after the end
        self._employed: set[Worker] = set()  # of these, those that were ready once
        self._idle: list[Worker] = []  # of these, those to be lent; the last came back last
        # One token for each that enters _idle, so that calls are served in turn. One that dies
        # there may leave its token on the way to a call, which then finds the list empty.
        self._tokens = trio.Semaphore(0)
        self._waiting = 0
        self._busy = 0
        self._started = 0
        self._died = 0

    def __repr__(self) -> str:
        return f"<Workers {self.statistics()}>"

    def statistics(self) -> Statistics:
        """How it stands now."""
        return Statistics(
            idle=len(self._idle),
            busy=self._busy,
            starting=self._places - len(self._employed),
            waiting=self._waiting,
            started=self._started,
            died=self._died,
        )

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Keeps workers; ready when the first one is, or at once if none is kept warm.

        Cancelling ends all of them; calls under way raise `ActorGone`.

        Raises:
            CannotStart: in a group; not one worker could ever be started.
        """
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            try:
                self._refill()
                if self._settings.warm:
                    await self._first.wait()
                task_status.started()
                await self._retire_idle()
            finally:
                # within the nursery: each worker that ends now would be replaced otherwise
                self._nursery = None
                for scope in self._calls:
                    scope.cancel()

    def resize(self, max_workers: int) -> None:
        """Allows another number of processes at once; with fewer, none is ended for it."""
        self._most = max(max_workers, self._settings.warm)
        self._refill()

    async def call(
        self,
        call: Call[OrderT, AnswerT],
        order: OrderT,
        *,
        on_progress: Callable[[Progress], None],
        on_killed: Callable[[int], None],
    ) -> AnswerT:
        """Runs `call` in a worker; waits for one to be free.

        Cancelling ends the worker and all that it started, and returns when nothing of it is left.

        Args:
            call: the function.
            order: its argument.
            on_progress: gets what the function reports, in its order; must not wait.
            on_killed: gets the number of processes that had to end because the call was cancelled
                or failed in a way that leaves a worker nobody can trust. Not called otherwise.

        Raises:
            Reported: what the function raised, or the limit that it met.
            WorkFailed: it used more processor time than it may.
            WorkerCrashed: the worker died or wrote nonsense.
            WorkersGone: several died before they began; the work had no part in it.
            ActorGone: the pool does not run, or stopped meanwhile.
            TooLong: the order does not fit into a frame.
        """
        frame = wire.pack(
            wire.Order(
                call.target,
                wire.dump(order),
                memory_bytes=call.memory_bytes,
                cpu_seconds=call.cpu_seconds,
                output_bytes=call.output_bytes,
            )
        )
        with self._while_running():
            outcome = await self._try_workers(call, frame, on_progress, on_killed)
            if isinstance(outcome, Reported):
                raise outcome
            return outcome
        raise ActorGone("The workers are being stopped or restarted; try again", retry_after=1)

    # --- one call -------------------------------------------------------------------------------

    @contextmanager
    def _while_running(self) -> Iterator[None]:
        """Leaves the block when the pool stops."""
        with trio.CancelScope() as scope:
            if self._nursery is None:
                scope.cancel()
            self._calls.add(scope)
            try:
                yield
            finally:
                self._calls.discard(scope)

    async def _try_workers(
        self,
        call: Call[Any, AnswerT],
        frame: bytes,
        on_progress: Callable[[Progress], None],
        on_killed: Callable[[int], None],
    ) -> AnswerT | Reported:
        for _ in range(TRIES):
            with suppress(Unheard):
                async with self._lent(on_killed) as worker:
                    return await self._ask(worker, call, frame, on_progress)
        raise WorkersGone(f"{TRIES} processes ended one after the other before they began to work")

    @asynccontextmanager
    async def _lent(self, on_killed: Callable[[int], None]) -> AsyncIterator[Worker]:
        """A worker for one call; whatever happens to the call, the worker is seen to."""
        worker = await self._take()
        self._busy += 1
        try:
            yield worker
        except Unheard:
            log.warning("a worker was gone before it had its work", worker=worker.pid)
            worker.retire()
            raise
        except BaseException:
            # It is at work still, or not to be trusted. Cancelled goes on when it is gone.
            with trio.CancelScope(shield=True):
                on_killed(await worker.end(self._settings.kill_grace))
            raise
        else:
            if worker.fit:
                self._hand(worker)
            else:
                worker.retire()
        finally:
            self._busy -= 1

    async def _ask(
        self,
        worker: Worker,
        call: Call[Any, AnswerT],
        frame: bytes,
        on_progress: Callable[[Progress], None],
    ) -> AnswerT | Reported:
        try:
            reply = await worker.ask(frame, on_progress)
            if isinstance(reply, wire.Raised):
                return Reported(wire.problem_of(reply), passing=reply.passing)
            return wire.load(reply.answer, call.answer_type)
        except Lost:
            with trio.move_on_after(SETTLING):
                await worker.gone.wait()
            cause = self._cause(worker, call)
            _tell(worker, cause)
            raise cause from None
        except wire.Nonsense as error:
            log.error("worker wrote nonsense", worker=worker.pid, reason=str(error))  # noqa: TRY400 - the worker's words are no traceback of ours
            raise deaths.by_nonsense() from error

    def _cause(self, worker: Worker, call: Call[Any, Any]) -> WorkFailed:
        if not worker.gone.is_set():
            return deaths.by_silence()
        if worker.report is None or worker.report.status is None:
            return deaths.of_guard()
        return deaths.of_worker(worker.report.status, call.cpu_seconds)

    # --- who is there ---------------------------------------------------------------------------

    async def _take(self) -> Worker:
        with suppress(trio.WouldBlock):  # a pass through the scheduler less, if one is there
            self._tokens.acquire_nowait()
            return self._idle.pop()
        self._waiting += 1
        try:
            while True:
                self._refill()
                await self._tokens.acquire()
                if self._idle:
                    return self._idle.pop()
        finally:
            self._waiting -= 1

    def _hand(self, worker: Worker) -> None:
        worker.since = trio.current_time()
        self._idle.append(worker)
        self._tokens.release()

    def _withdraw(self, worker: Worker) -> None:
        if worker in self._idle:
            self._idle.remove(worker)
            with suppress(trio.WouldBlock):
                self._tokens.acquire_nowait()

    def _refill(self) -> None:
        if self._nursery is None:
            return
        lacking = staffing.to_start(
            warm=self._settings.warm,
            most=self._most,
            places=self._places,
            ready=len(self._idle),
            starting=self._places - len(self._employed),
            wanting=self._waiting,
        )
        for _ in range(lacking):
            self._places += 1
            self._nursery.start_soon(self._occupy)

    async def _occupy(self) -> None:
        """Fills one place until its worker has ended; the next one gets a new place."""
        pause, longest = BACKOFF
        try:
            while not await self._employ():
                await trio.sleep(pause)
                pause = min(2 * pause, longest)
        finally:
            self._places -= 1
            self._refill()

    async def _employ(self) -> bool:
        """One worker's life; false when it could not begin, though others could before."""
        worker = Worker(self._preload)
        try:
            await worker.live(partial(self._welcome, worker))
        except CannotStart as error:
            if not self._first.is_set():
                raise
            log.error("worker cannot be started", reason=error.detail)  # noqa: TRY400 - it is tried again; the reason says all
            return False
        finally:
            idle = worker in self._idle
            self._withdraw(worker)
            self._employed.discard(worker)
        if worker.died:
            self._died += 1
            if idle:  # of the others, those who had them tell
                how = deaths.manner(worker.report and worker.report.status)
                log.warning("a worker died that had no work", worker=worker.pid, how=how)
        return True

    def _welcome(self, worker: Worker) -> None:
        self._first.set()
        self._started += 1
        self._employed.add(worker)
        self._hand(worker)

    async def _retire_idle(self) -> Never:
        while True:
            await trio.sleep(staffing.IDLE_SECONDS / 4)
            tired = staffing.to_retire(
                warm=self._settings.warm,
                places=self._places,
                idle=[worker.since for worker in self._idle],
                now=trio.current_time(),
            )
            for worker in self._idle[:tired]:
                self._withdraw(worker)
                worker.retire()


def _tell(worker: Worker, cause: WorkFailed) -> None:
    """The line of a worker that was lost at work; that it is the job's task adds which job."""
    if cause.limit is None:
        log.warning("a worker died at work", worker=worker.pid, why=cause.detail)
    else:  # which did what it is for
        log.info("a limit ended the work", worker=worker.pid, limit=cause.limit, why=cause.detail)
