"""The door: who comes in, who is turned away, and how many files may be open for them.

Owns: accepting, the registry of connections, the caps, the words to those who are turned away.
Never: waits for a client: one that is turned away costs a place on a short bench, not a task, and
accepting goes on.
"""

import contextlib
import os
import resource
import socket
from collections import deque

import structlog
import trio

from conf.settings import Server
from web.clients import UNKNOWN
from web.edge.connection import GONE, LINGER, READ, Connection, name_of
from web.edge.crowd import Crowd, Full, Tally
from web.edge.engine import Engine
from web.edge.rules import one_line, whole_answer

log = structlog.get_logger("edge")

PAUSE = 0.1  # seconds until accept is tried again when file descriptors are used up
SPARE = 256  # descriptors for others: journal, pipes of workers, files; see conf/explain.py
BENCH = 32  # clients turned away that may still read why; the next one costs the first its place
NEWS = 10.0  # seconds between two log lines about the same trouble at the door


class Door:
    """The listening side. `inside` holds every connection there is."""

    def __init__(self, engine: Engine, options: Server) -> None:
        self.inside: set[Connection] = set()  # grown by `_admit`, shrunk by `_run_one`
        self._engine = engine
        self._options = options
        most = affordable(options.max_connections)
        self._crowd = Crowd(most, options.max_connections_per_address)
        self._bench: deque[tuple[float, trio.SocketStream]] = deque()  # until when, and who
        self._turned_away = Tally(NEWS)

    async def accept(self, listener: trio.SocketListener, nursery: trio.Nursery) -> None:
        """Let clients in, to run in `nursery`, until cancelled."""
        failures = Tally(NEWS)
        while True:
            try:
                stream = await listener.accept()
            except OSError as error:  # Trio passes on only what a pause may cure: EMFILE, ENOBUFS
                if failures.add(trio.current_time()):
                    log.warning("accept_failed", why=str(error), connections=self._crowd.count)
                await trio.sleep(PAUSE)
            else:
                self._admit(stream, nursery)

    def _admit(self, stream: trio.SocketStream, nursery: trio.Nursery) -> None:
        peer = name_of(stream.socket.getpeername)
        site = self._engine.clients.site(peer[0] if peer else UNKNOWN)
        full = self._crowd.refusal(site)
        if full is not None:
            self._turn_away(stream, full, site)
            return
        connection = Connection(self._engine, self._options, stream)
        self._crowd.enter(site)
        self.inside.add(connection)
        nursery.start_soon(self._run_one, connection, site)

    async def _run_one(self, connection: Connection, site: str | None) -> None:
        try:
            await connection.run()
        except* Exception as errors:  # noqa: BLE001  # any: uncaught, it would end them all
            log.error(  # noqa: TRY400  # one line is promised, without a traceback
                "connection_failed", client=connection.client, error=one_line(errors)
            )
        finally:
            self.inside.discard(connection)
            self._crowd.leave(site)

    # --- turned away --------------------------------------------------------------------------

    def _turn_away(self, stream: trio.SocketStream, full: Full, site: str | None) -> None:
        count = self._turned_away.add(trio.current_time())
        if count:
            log.warning("turned_away", limit=full.limit, client=site, count=count)
        with contextlib.suppress(OSError):
            os.write(stream.socket.fileno(), whole_answer(full.status, full.why, limit=full.limit))
            stream.socket.shutdown(socket.SHUT_WR)
        if len(self._bench) == BENCH:
            _show_out(self._bench.popleft()[1])
        self._bench.append((trio.current_time() + LINGER, stream))

    async def clear_bench(self) -> None:
        """Close upon those turned away when they had the time to read why, until cancelled.

        To close over bytes unread, or before they came, would take the answer back. The log hears
        of those whom no newcomer had it hear of.
        """
        try:
            while True:
                due = self._bench[0][0] if self._bench else trio.current_time() + LINGER
                await trio.sleep_until(due)
                while self._bench and self._bench[0][0] <= trio.current_time():
                    _show_out(self._bench.popleft()[1])
                if count := self._turned_away.due(trio.current_time()):
                    log.warning("turned_away", count=count)
        finally:
            while self._bench:
                _show_out(self._bench.popleft()[1])


def _show_out(stream: trio.SocketStream) -> None:
    with contextlib.suppress(*GONE):
        os.read(stream.socket.fileno(), READ)
    stream.socket.close()


def affordable(wanted: int) -> int:
    """Connections, of those wanted, for which there are descriptors with `SPARE` to others.

    The soft limit is raised for them as far as the hard one lets it, for this process and the
    children that it begins from then on; their own limits are theirs (actors/workers). Where even
    the hard one is short, a quarter of it is left to others.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + SPARE
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    most = max(1, min(wanted, max(soft - SPARE, soft * 3 // 4)))
    log.warning("fewer_connections", max_connections=wanted, got=most, descriptors=soft)
    return most
