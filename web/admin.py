"""What only those may do who run the service: see all, cancel, change limits, pause, drain.

Owns: the routes, and the line that the log gets of every use of them: who, what, whose.
Never: decides who is an admin (identity.py does).
"""

from dataclasses import replace

import structlog
from pydantic import Field

from actors.tree import Stitchery
from conf.live import amend, changes
from conf.mistakes import ConfigurationError
from conf.mistakes import Mistake as ConfigurationMistake
from web.answers import json_answer
from web.asgi import Request, Response
from web.bodies import read_document
from web.errors import invalid
from web.jobs import JobQuery
from web.limits import limits_in_force
from web.mistakes import Mistake
from web.operations import queue_of
from web.principals import LONGEST_NAME
from web.reload import put_in_force
from web.views import AnybodysJob, Page, Views

log = structlog.get_logger("audit")


class AnybodysJobQuery(JobQuery):
    """Which of everybody's jobs a list shows."""

    session: str | None = Field(None, max_length=64, description="only jobs of this session")
    owner: str | None = Field(
        None,
        max_length=len("user:") + LONGEST_NAME,
        description="only jobs of this owner: `key:NAME` or `user:NAME`",
    )


class AdminRoutes:
    """The routes below /api/v1/admin."""

    def __init__(self, stitchery: Stitchery, views: Views) -> None:
        self._stitchery = stitchery
        self._views = views

    async def jobs(self, _: Request, admin: str, query: AnybodysJobQuery) -> Response:
        """Everybody's jobs as they stand, newest first."""
        sessions = self._stitchery.sessions
        page = await sessions.jobs(
            session=query.session,
            owner=query.owner,
            state=query.state,
            capability=query.capability,
            limit=query.limit,
            cursor=query.cursor,
        )
        owners = await sessions.owners(frozenset(view.record.session for view in page.items))
        log.info("admin listed jobs", admin=admin, shown=len(page.items))
        items = [
            self._views.anybodys_job(view, owners.get(view.record.session)) for view in page.items
        ]
        return json_answer(Page[AnybodysJob](items=items, next=page.next))

    async def cancel(self, _: Request, admin: str, job: str) -> Response:
        """Ends anybody's job; answers when nothing of it is left, with the receipt."""
        session = await self._stitchery.sessions.session_of_job(job)
        log.info("admin cancels job", admin=admin, job=job, session=session.record.id)
        with session.visit():
            view = await session.cancel(job)
        return json_answer(self._views.anybodys_job(view, session.record.owner))

    # --- limits -------------------------------------------------------------------------------

    async def limits(self, _: Request, admin: str) -> Response:
        """Every limit that can be changed while the service runs: what it is, and who set it."""
        log.info("admin listed limits", admin=admin)
        return json_answer(limits_in_force(self._stitchery))

    async def change_limits(self, request: Request, admin: str) -> Response:
        """Changes limits, all that are named or none; holds until the next start or SIGHUP."""
        wishes = await read_document(request)
        try:
            running = self._stitchery.configuration
            wanted = amend(running, wishes)
        except ConfigurationError as error:
            log.info("admin was refused a change", admin=admin, mistakes=len(error.mistakes))
            raise invalid([_told(mistake) for mistake in error.mistakes]) from None
        changed = changes(running.settings, wanted.settings)
        told = {change.key: f"{change.old} -> {change.new}" for change in changed}
        log.info("admin changes limits", admin=admin, changed=told)
        put_in_force(self._stitchery, wanted)
        return json_answer(limits_in_force(self._stitchery))

    # --- turns --------------------------------------------------------------------------------

    async def pause(self, _: Request, admin: str, capability: str) -> Response:
        """Lets no more jobs of a capability begin, until resumed or the next start."""
        self._stitchery.pause(capability)
        log.info("admin paused capability", admin=admin, capability=capability)
        return json_answer(queue_of(self._stitchery))

    async def resume(self, _: Request, admin: str, capability: str) -> Response:
        """Lets jobs of a paused capability begin again."""
        self._stitchery.resume(capability)
        log.info("admin resumed capability", admin=admin, capability=capability)
        return json_answer(queue_of(self._stitchery))

    async def drain(self, _: Request, admin: str) -> Response:
        """Takes no new work, for maintenance, until undone or the next start; all can be read."""
        self._stitchery.close()
        log.info("admin drains the service", admin=admin)
        return json_answer(queue_of(self._stitchery))

    async def undrain(self, _: Request, admin: str) -> Response:
        """Takes work again after a drain."""
        self._stitchery.reopen()
        log.info("admin undrains the service", admin=admin)
        return json_answer(queue_of(self._stitchery))


def _told(mistake: ConfigurationMistake) -> Mistake:
    """A mistake, whose `where` is a place in the request, as an answer tells it."""
    return {"field": mistake.where, "detail": str(replace(mistake, where=""))}
