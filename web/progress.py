"""Progress over a websocket: every event of a session, for as long as its reader reads.

Owns: one subscription a socket.
Never: keeps events (actors/progress.py does), or lets a reader's pace reach a job.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Never

import trio
from pydantic import Field

from actors.errors import Refusal
from actors.messages import Event, JobProgressed
from actors.progress import LaggedError, Watcher
from actors.session import Session
from actors.tree import Stitchery
from web.asgi import Websocket
from web.bodies import Number, Query
from web.identity import subprotocol_of
from web.views import Views

PACE = 0.05
"""Seconds between two messages of progress to one reader: twenty a second look like motion, and
what comes in between is told by the newest. A change of state, such as an end, does not
wait."""

TRY_AGAIN_LATER = 1013
"""Close code for a reader that fell behind (IANA registry of RFC 6455 codes)."""

ENDED = 1008
"""Close code when the session has ended under the reader: it may not watch any more."""

RESTARTED = 1012
"""Close code when the session is being restarted (IANA registry, as above)."""


class TooManyWatchers(Refusal):
    code = "too_many_watchers"
    title = "This session is watched as often as it may be"
    status = 429


class ProgressQuery(Query):
    """From where, and what, to watch."""

    since: Number | None = Field(None, ge=0, description="the `seq` of the last event I have")
    job: str | None = Field(None, max_length=64, description="only this job")


class ProgressRoutes:
    """The websocket /api/v1/progress."""

    def __init__(self, stitchery: Stitchery, views: Views) -> None:
        self._stitchery = stitchery
        self._views = views

    async def watch(self, socket: Websocket, session: Session, query: ProgressQuery) -> None:
        """Every event of my session, or of one job; `since` resumes."""
        if query.job is not None:
            await session.job(query.job)  # refuses what is not there
        self._refuse_crowd(session)
        with session.watch(query.since, query.job) as watcher:
            await socket.accept(subprotocol=subprotocol_of(socket))
            if not watcher.replays:
                await self._send(socket, await session.snapshot(watcher))
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_disregard, socket)
                await self._tell(socket, session, watcher)
                nursery.cancel_scope.cancel()

    async def _tell(self, socket: Websocket, session: Session, watcher: Watcher) -> None:
        """Sends events until there will be no more; says goodbye with the reason."""
        try:
            await pass_on(watcher, partial(self._send, socket))
        except LaggedError:
            await socket.close(TRY_AGAIN_LATER, "read faster, then come again with ?since=")
        except EOFError:
            if session.ended:
                await socket.close(ENDED, "the session has ended")
            else:
                await socket.close(RESTARTED, "come again with ?since=")

    async def _send(self, socket: Websocket, event: Event) -> None:
        await socket.send(self._views.message(event).model_dump_json())

    def _refuse_crowd(self, session: Session) -> None:
        most = self._stitchery.services.settings.limits.max_watchers_per_session
        if session.watchers >= most:
            raise TooManyWatchers(
                f"{most} sockets watch this session; close one first.", limit="watchers"
            )


async def pass_on(watcher: Watcher, send: Callable[[Event], Awaitable[None]]) -> Never:
    """Sends each event as it comes, but progress at a pace that people can follow.

    Raises:
        LaggedError, EOFError: as `Watcher.next`.
    """
    while True:
        event = await watcher.next()
        await send(event)
        if isinstance(event, JobProgressed):
            with trio.move_on_after(PACE):
                await watcher.urgent()


async def _disregard(socket: Websocket) -> None:
    """Nothing is asked over this socket, but unread words would hide pongs and a goodbye."""
    while True:
        await socket.receive()
