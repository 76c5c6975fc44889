"""How the service is: alive, ready, how busy.

Owns: the routes that need no session.
Never: tells anything of anybody's work.
"""

from actors.errors import NotReady
from actors.tree import Stitchery
from web.answers import json_answer
from web.asgi import Request, Response
from web.views import Coverage, Eta, Health, Line, Queue


class OperationRoutes:
    """The routes for operators and for those who wonder how long the line is."""

    def __init__(self, stitchery: Stitchery) -> None:
        self._stitchery = stitchery

    async def alive(self, _: Request) -> Response:
        """The process answers."""
        return json_answer(Health(status="alive"))

    async def ready(self, _: Request) -> Response:
        """New work is accepted; 503 while the service stops."""
        if self._stitchery.sessions.draining:
            raise NotReady("The service is stopping.", retry_after=30)
        return json_answer(Health(status="ready"))

    async def queue(self, _: Request) -> Response:
        """How busy each capability is, and what a newcomer would wait."""
        admission = self._stitchery.admission
        lines = {}
        for name, limiter in self._stitchery.limiters.items():
            load = limiter.load()
            lines[name] = Line(
                running=load.running,
                queued=load.queued,
                max_running=min(admission.limits(name).running, admission.machine.global_jobs),
                max_queued=min(admission.limits(name).queued, admission.machine.queue_size),
                paused=load.paused,
                mean_run=load.mean_run,
                expected_wait=(
                    None if load.expected_wait is None else Eta.model_validate(load.expected_wait)
                ),
                coverage=Coverage.model_validate(load.coverage),
            )
        return json_answer(
            Queue(
                running=admission.running,
                queued=admission.waiting,
                max_running=admission.machine.global_jobs,
                max_queued=admission.machine.queue_size,
                capabilities=lines,
            )
        )
