"""Has a running service take up another configuration: one asked for, or one read again at SIGHUP.

Owns: what follows a change outside of the tree, and the log's lines about what changed, what waits
for a restart, and what is mistaken.
Never: decides what may change (conf/live.py), or what a change does to jobs (the tree).
"""

import signal
from collections.abc import Callable

import structlog
import trio

from actors.tree import Stitchery
from conf.live import adopt
from conf.load import Resolved
from conf.mistakes import ConfigurationError
from web import logs

log = structlog.get_logger("configuration")

Read = Callable[[], Resolved]
"""Reads the configuration as at the start; blocks; raises ConfigurationError."""


def put_in_force(stitchery: Stitchery, resolved: Resolved) -> None:
    """Puts a changed configuration in force, all of it in one step.

    Log before what changes: it may be the log's level, and nobody turns that down unseen.
    """
    before = stitchery.services.settings
    stitchery.change(resolved.settings, resolved.origins)
    if before.log != resolved.settings.log:
        logs.set_up(resolved.settings.log)


async def follow_hangups(
    stitchery: Stitchery,
    read: Read,
    *,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Reads the configuration again at every SIGHUP, until cancelled; from `started` on.

    Only in the main thread, where signals are received.
    """
    with trio.open_signal_receiver(signal.SIGHUP) as hangups:
        task_status.started()
        async for _ in hangups:
            await reread(stitchery, read)


async def reread(stitchery: Stitchery, read: Read) -> None:
    """Puts in force what can change of a configuration that is read again.

    A mistaken one changes nothing: all its mistakes are logged, and the service goes on as it was.
    """
    try:
        found = await trio.to_thread.run_sync(read)
    except ConfigurationError as error:
        for mistake in error.mistakes:
            log.error("mistake in the configuration", mistake=str(mistake))  # noqa: TRY400 -- its words say all
        log.error("configuration not taken up", mistakes=len(error.mistakes))  # noqa: TRY400 -- the same
        return
    adopted = adopt(stitchery.configuration, found)
    for change in adopted.changed:
        log.info("setting changed", key=change.key, old=change.old, new=change.new)
    for change in adopted.waiting:
        log.warning(
            "setting waits for a restart",
            key=change.key,
            running=change.old,
            configured=change.new,
        )
    put_in_force(stitchery, adopted.resolved)
    log.info("configuration read again", changed=len(adopted.changed), waiting=len(adopted.waiting))
