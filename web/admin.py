"""What only those may do who run the service: see and cancel anybody's jobs.

Owns: the routes, and the line that the log gets of every use of them: who, what, whose.
Never: decides who is an admin (identity.py does).
"""

import structlog

from actors.tree import Stitchery
from web.answers import json_answer
from web.asgi import Request, Response
from web.jobs import JobQuery
from web.views import AnybodysJob, Page, Views

log = structlog.get_logger("audit")


class AdminRoutes:
    """The routes below /api/v1/admin."""

    def __init__(self, stitchery: Stitchery, views: Views) -> None:
        self._stitchery = stitchery
        self._views = views

    async def jobs(self, _: Request, admin: str, query: JobQuery) -> Response:
        """Everybody's jobs as they stand, newest first."""
        page = await self._stitchery.sessions.jobs(
            state=query.state,
            capability=query.capability,
            limit=query.limit,
            cursor=query.cursor,
        )
        log.info("admin listed jobs", admin=admin, shown=len(page.items))
        items = [self._views.anybodys_job(view) for view in page.items]
        return json_answer(Page[AnybodysJob](items=items, next=page.next))

    async def cancel(self, _: Request, admin: str, job: str) -> Response:
        """Ends anybody's job; answers when nothing of it is left, with the receipt."""
        session = await self._stitchery.sessions.session_of_job(job)
        log.info("admin cancels job", admin=admin, job=job, session=session.record.id)
        with session.visit():
            view = await session.cancel(job)
        return json_answer(self._views.anybodys_job(view))
