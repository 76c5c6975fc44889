"""Hypercorn for one server: its configuration, the application's lifespan, the answers of our own.

Owns: what all connections share.
Never: sees a byte of a client.
"""

import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import structlog
import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.logging import Logger
from hypercorn.protocol.events import Body, EndBody, Response
from hypercorn.protocol.h11 import STREAM_ID
from hypercorn.trio.lifespan import Lifespan
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ASGIFramework, ConnectionState

from conf.settings import Server
from web.clients import Clients
from web.edge.rules import HEAD_LIMIT, MESSAGE_LIMIT, Names, one_line, problem

log = structlog.get_logger("edge")

Send = Callable[[Any], Awaitable[None]]

LIFESPAN = 5.0  # seconds for the application's own winding up; ours has none


class Engine:
    """Hypercorn for one server: the application, its lifespan, what all connections share."""

    def __init__(self, app: ASGIFramework, options: Server) -> None:
        self.app = ASGIWrapper(app)
        self.rest = options.header_timeout
        self.clients = Clients(options)
        self.names = Names(options.hosts, options.host)
        self.config = Config()
        self.config.logger_class = _Log
        self.config.include_server_header = False
        self.config.h11_max_incomplete_size = HEAD_LIMIT
        self.config.websocket_max_message_size = MESSAGE_LIMIT
        self.config.websocket_ping_interval = options.ping_interval
        self.config.shutdown_timeout = LIFESPAN
        self.context = WorkerContext(None)
        self.state = ConnectionState({})  # filled by the application while it starts

    @contextlib.asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """The application is started inside; one that knows no lifespan is served as well."""
        lifespan = Lifespan(self.app, self.config, self.state)
        async with trio.open_nursery() as nursery:
            await nursery.start(lifespan.handle_lifespan)
            await lifespan.wait_for_startup()
            yield
            await lifespan.wait_for_shutdown()
            nursery.cancel_scope.cancel()

    async def stop(self) -> None:
        """From now on every answer closes its connection."""
        await self.context.terminated.set()


async def answer(
    send: Send, status: int, why: str, *, head_only: bool = False, incident: str = ""
) -> None:
    """An answer of our own instead of the application's, and the last on its connection.

    `incident` is the number under which the log has the cause.
    """
    headers, body = problem(status, why, **({"incident": incident} if incident else {}))
    await send(Response(stream_id=STREAM_ID, headers=headers, status_code=status))
    if not head_only:
        await send(Body(stream_id=STREAM_ID, data=body))
    await send(EndBody(stream_id=STREAM_ID))


class _Log(Logger):
    """Hypercorn's logger, turned into lines of ours."""

    def __init__(self, config: Config) -> None:  # noqa: ARG002  # not super's: it opens handlers
        self.error_logger = None

    async def access(self, request: Any, response: Any, request_time: float) -> None:
        """Say nothing: http.py writes the line, which also knows bytes and who was cut."""

    async def warning(self, message: str, *args: Any, **kwargs: Any) -> None:
        """Pass on what Hypercorn's lifespan has to say."""
        log.warning(message, *args, **kwargs)

    async def exception(self, message: str, *args: Any, **kwargs: Any) -> None:
        """Pass on a failure of the application's lifespan, which is being handled."""
        error = sys.exception()
        log.error(message, *args, error=error and one_line(error), **kwargs)
