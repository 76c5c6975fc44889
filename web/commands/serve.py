"""`stitchery serve`: the service, until a signal ends it.

Owns: the command's options, and its first line of output.
Never: does the work of the service (service.py does).
"""

import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

import click
import structlog
import trio

from actors.journal.port import JournalUnusableError
from actors.supervisor import BudgetSpentError
from conf.load import Resolved
from web import logs
from web.commands.configured import (
    config_option,
    data_option,
    explained,
    preset_option,
    read,
    resolve_or_end,
)
from web.keys import KeysUnusableError
from web.reload import Read
from web.service import AddressUnusableError, run_service, wait_for_signal
from web.terminal import plainly

log = structlog.get_logger("commands")


@click.command()
@config_option
@preset_option
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 takes a free one.")
@data_option
def serve(
    config: Path | None, preset: str | None, host: str | None, port: int | None, data: Path | None
) -> None:
    """Run the service until SIGTERM or Ctrl-C.

    SIGHUP has it read its configuration again, and change what it can while it runs.
    """
    server = {"host": host, "port": port}
    storage = {"data": None if data is None else str(data)}
    flags: dict[str, dict[str, Any]] = {"server": server, "storage": storage}
    resolved = resolve_or_end(config, preset, flags)
    logs.set_up(resolved.settings.log)
    for warning in explained(resolved).warnings:
        log.warning(warning.message, keys=warning.keys)
    with plainly(JournalUnusableError, KeysUnusableError, AddressUnusableError, BudgetSpentError):
        trio.run(_serve, resolved, partial(read, config, preset, flags))


async def _serve(resolved: Resolved, reread: Read) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is somebody to take it up
    settings, shutdown = resolved.settings, trio.Event()
    start = partial(
        run_service, settings, origins=resolved.origins, reread=reread, shutdown=shutdown
    )
    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait_for_signal, shutdown, settings.server.grace)
        async with trio.open_nursery() as service:
            address = await service.start(start)
            click.echo(f"Listening on {address}")
            sys.stdout.flush()
        nursery.cancel_scope.cancel()
