"""The running service: the tree, the application and the socket together.

Owns: the order in which they start and stop.
Never: parses a command line (commands/), or knows a route (app.py).
"""

import gc
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial

import structlog
import trio

from actors.tree import NOBODY_TOLD, Stitchery, open_stitchery
from conf.settings import Server, Settings
from web.app import build_app
from web.asgi import Application
from web.reload import Read, follow_hangups
from web.server import serve

log = structlog.get_logger("service")

STOPS = (signal.SIGTERM, signal.SIGINT)

OVERTIME = 1.0
"""Seconds beyond the grace in which 10,000 tasks may wind up, on a machine that is busy."""

TURN_OF_A_THREAD = 0.0005
"""Seconds after which the interpreter takes turns between threads. At Python's 5 ms the journal's
thread, which lets go at every statement, waited that long for each next one while the event loop
was busy: 64 clients got between 390 and 1,200 jobs a second through, with this a steady 1,000."""


class AddressUnusableError(Exception):
    """The address cannot be listened on; the text says why, and what to do."""


async def run_service(
    settings: Settings,
    *,
    origins: Mapping[str, str] = NOBODY_TOLD,
    reread: Read | None = None,
    shutdown: trio.Event,
    task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serves until `shutdown` is set; `started` tells the address, as soon as work is accepted.

    After `shutdown` no new work is accepted, and what runs gets the configured grace, in which
    everything can still be read; what has not ended by then goes on in the next life. Cancelling
    stops at once.

    `origins` tell where the settings come from; at SIGHUP they are taken from `reread` again.

    Raises:
        JournalUnusableError, KeysUnusableError: the data folder cannot be used.
        AddressUnusableError: the address cannot be listened on.
        BudgetSpentError: parts of the tree fell more often than restarting can mend.
    """
    sys.setswitchinterval(TURN_OF_A_THREAD)
    closing = trio.Event()
    async with AsyncExitStack() as stack:
        with _uncollected():
            stitchery = await stack.enter_async_context(open_stitchery(settings, origins=origins))
        await stack.enter_async_context(_following(stitchery, reread))
        async with trio.open_nursery() as nursery:
            app = build_app(stitchery)
            address = await _listen(app, settings.server, closing, nursery)
            log.info("listening", address=address)
            task_status.started(address)
            await shutdown.wait()
            log.info("stopping", grace=settings.server.grace)
            # One grace for both: first for the jobs, while people still see how they end; what is
            # left of it for the answers under way.
            nursery.cancel_scope.deadline = trio.current_time() + settings.server.grace
            unfinished = stitchery.sessions.unfinished()
            await stitchery.drain()
            closing.set()
        left = stitchery.sessions.unfinished()
    log.info("stopped", jobs_ended=unfinished - left, jobs_for_the_next_start=left)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Within the block nothing is searched for garbage.

    A start makes what lasts: with ten thousand jobs to take up the searches were two fifths of it.
    """
    searches = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searches:
            gc.enable()


@asynccontextmanager
async def _following(stitchery: Stitchery, reread: Read | None) -> AsyncIterator[None]:
    """Within the block the service takes up its configuration anew at SIGHUP, if that is read."""
    async with trio.open_nursery() as nursery:
        if reread is not None:
            await nursery.start(follow_hangups, stitchery, reread)
        yield
        nursery.cancel_scope.cancel()


async def _listen(
    app: Application, server: Server, closing: trio.Event, nursery: trio.Nursery
) -> str:
    """Serves in the nursery; the address."""
    try:
        return str(await nursery.start(partial(serve, app, server, shutdown=closing)))
    except (OSError, UnicodeError) as error:  # the second: a host beyond what a name may be
        why = error.strerror if isinstance(error, OSError) else error
        raise AddressUnusableError(
            f"{server.host}, port {server.port}, cannot be listened on: {why}. Stop what listens "
            "there, or name another with --host and --port (port 0 takes a free one)."
        ) from error


async def wait_for_signal(shutdown: trio.Event, grace: float) -> None:
    """Sets `shutdown` at the first SIGTERM or SIGINT; the second one ends the process at once.

    From the first on the second is the kernel's to deliver, whatever our tasks are busy with. What
    has not ended `OVERTIME` seconds after the grace ends with the process, in which nothing is left
    that must last: the journal has all that was promised. The children end with the process too:
    each has a guard that notices.
    """
    token = trio.lowlevel.current_trio_token()

    def stop(_number: int, _frame: object) -> None:
        for each in STOPS:
            signal.signal(each, signal.SIG_DFL)
        signal.signal(signal.SIGALRM, _leave)
        signal.setitimer(signal.ITIMER_REAL, grace + OVERTIME)
        # The process is to end: to search the remains of 10,000 sockets for garbage took 10 s.
        gc.disable()
        gc.freeze()
        token.run_sync_soon(shutdown.set)

    before = {each: signal.signal(each, stop) for each in STOPS}
    try:
        await trio.sleep_forever()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        if not shutdown.is_set():
            for each, handler in before.items():
                signal.signal(each, handler)


def _leave(_number: int, _frame: object) -> None:
    os._exit(0)
