"""The running service: the tree, the application and the socket together.

Owns: the order in which they start and stop.
Never: parses a command line (commands.py), or knows a route (app.py).
"""

import os
import signal
import sys
from functools import partial

import structlog
import trio

from actors.tree import open_stitchery
from conf.settings import Server, Settings
from web.app import build_app
from web.asgi import Application
from web.server import serve

log = structlog.get_logger("service")


TURN_OF_A_THREAD = 0.0005
"""Seconds after which the interpreter takes turns between threads. At Python's 5 ms the journal's
thread, which lets go at every statement, waited that long for each next one while the event loop
was busy: 64 clients got between 390 and 1,200 jobs a second through, with this a steady 1,000."""


class AddressUnusableError(Exception):
    """The address cannot be listened on; the text says why, and what to do."""


async def run_service(
    settings: Settings,
    *,
    shutdown: trio.Event,
    task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serves until `shutdown` is set; `started` tells the address, as soon as work is accepted.

    After `shutdown` no new work is accepted, and what runs gets the configured grace, in which
    everything can still be read; what has not ended by then goes on in the next life. Cancelling
    stops at once.

    Raises:
        JournalUnusableError, KeysUnusableError: the data folder cannot be used.
        AddressUnusableError: the address cannot be listened on.
        BudgetSpentError: parts of the tree fell more often than restarting can mend.
    """
    sys.setswitchinterval(TURN_OF_A_THREAD)
    closing = trio.Event()
    async with open_stitchery(settings) as stitchery, trio.open_nursery() as nursery:
        app = build_app(stitchery)
        task_status.started(await _listen(app, settings.server, closing, nursery))
        await shutdown.wait()
        log.info("stopping", grace=settings.server.grace)
        # One grace for both: first for the jobs, while people still see how they end; what is left
        # of it for the answers under way.
        nursery.cancel_scope.deadline = trio.current_time() + settings.server.grace
        await stitchery.drain()
        closing.set()


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


async def wait_for_signal(shutdown: trio.Event) -> None:
    """Sets `shutdown` at the first SIGTERM or SIGINT; the second one ends the process at once.

    The children end with the process: each has a guard that notices.
    """
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for number in signals:
            if shutdown.is_set():
                signal.signal(number, signal.SIG_DFL)
                os.kill(os.getpid(), number)
            shutdown.set()
