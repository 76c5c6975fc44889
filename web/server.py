"""The edge of the product: the way up and the way down.

Owns: listening, serving until the shutdown, the order in which everything ends.
Never: touches one client's socket (edge/connection.py), decides who comes in (edge/door.py),
parses a byte (edge/http.py and edge/websocket.py, with Hypercorn), knows a route. Speaks no TLS: a
reverse proxy in front does, see `server.proxies`.
"""

import structlog
import trio
from hypercorn.typing import ASGIFramework

from conf.settings import Server
from web.edge.door import Door
from web.edge.engine import Engine

log = structlog.get_logger("edge")

IN_ONE_GO = 100  # connections that begin to end before others get a turn
HURRY = 0.5  # part of the grace after which a reader that stalls is given up


async def serve(
    app: ASGIFramework,
    options: Server,
    *,
    shutdown: trio.Event,
    task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve `app` until `shutdown` is set, then leave within `options.grace` + about 1 second.

    `task_status.started` gets the address, "http://HOST:PORT" with the real port. At shutdown
    no more connections are accepted and idle ones are closed at once, websockets get 1001,
    running requests have `options.grace` seconds, clients that do not read half of them. Being
    cancelled is the same without the grace. The soft limit of open files is raised as far as
    `options.max_connections` needs it.
    Raises OSError when the address cannot be had, and what the application's lifespan raises.
    """
    listeners = await trio.open_tcp_listeners(options.port, host=options.host)
    try:
        engine = Engine(app, options)
        async with engine.lifespan():
            task_status.started(_address(options.host, listeners[0]))
            await _run(Door(engine, options), listeners, shutdown, engine, options.grace)
    finally:
        for listener in listeners:
            listener.socket.close()


def _address(host: str, listener: trio.SocketListener) -> str:
    port = listener.socket.getsockname()[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _run(
    door: Door,
    listeners: list[trio.SocketListener],
    shutdown: trio.Event,
    engine: Engine,
    grace: float,
) -> None:
    async with trio.open_nursery() as nursery:
        try:
            async with trio.open_nursery() as doors:
                doors.start_soon(door.clear_bench)
                for listener in listeners:
                    doors.start_soon(door.accept, listener, nursery)
                await shutdown.wait()
                doors.cancel_scope.cancel()
        except trio.Cancelled:  # as all their tasks are, which would take long to say goodbye
            await engine.stop()
            for connection in tuple(door.inside):
                connection.stop()
            raise
        for listener in listeners:
            listener.socket.close()
        nursery.cancel_scope.deadline = trio.current_time() + grace
        log.info("closing", connections=len(door.inside), grace=grace)
        await engine.stop()
        for connection in door.inside:
            connection.stop(grace * HURRY)
        await _clear(door)


async def _clear(door: Door) -> None:
    """Cancel what said goodbye."""
    for number, connection in enumerate(tuple(door.inside), 1):
        connection.cancel_if_parting()
        if number % IN_ONE_GO == 0:
            await trio.lowlevel.checkpoint()
