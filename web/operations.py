"""How the service is: alive, ready, how busy.

Owns: the routes that need no session.
Never: tells anything of anybody's work.
"""

from actors.limiter import Limiter
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
        """New work is accepted; 503 while the service stops or is being maintained.

        On a disk with too little room (`storage.min_free_mb`) the status is `full`, and the answer
        still 200: a balancer that sent people elsewhere would take from them what can be read.
        """
        self._stitchery.services.refuse_closed()
        return json_answer(Health(status="full" if self._stitchery.services.gauge.low else "ready"))

    async def queue(self, _: Request) -> Response:
        """How busy each capability is, and what a newcomer would wait."""
        return json_answer(queue_of(self._stitchery))


def queue_of(stitchery: Stitchery) -> Queue:
    """How busy a service is."""
    admission = stitchery.admission
    return Queue(
        running=admission.running,
        queued=admission.waiting,
        max_running=admission.machine.global_jobs,
        max_queued=admission.machine.queue_size,
        draining=stitchery.services.closed is not None,
        capabilities={
            name: _line(stitchery, name, limiter) for name, limiter in stitchery.limiters.items()
        },
    )


def _line(stitchery: Stitchery, name: str, limiter: Limiter) -> Line:
    admission, load = stitchery.admission, limiter.load()
    limits, wait = admission.limits(name), load.expected_wait
    return Line(
        running=load.running,
        queued=load.queued,
        max_running=min(limits.running, admission.machine.global_jobs),
        max_queued=min(limits.queued, admission.machine.queue_size),
        paused=load.paused,
        mean_run=load.mean_run,
        expected_wait=None if wait is None else Eta.model_validate(wait),
        coverage=Coverage.model_validate(load.coverage),
    )
