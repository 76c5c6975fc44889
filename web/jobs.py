"""Jobs: submitted, foreseen, listed, read, cancelled.

Owns: the routes; each parses, asks the session, and renders.
Never: decides whether a job may run, or waits for one to end.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import Field

from actors.capability import AnyCapability
from actors.errors import NotFound
from actors.kinds import readable
from actors.lifecycle import State
from actors.session import Session
from actors.tree import Stitchery
from conf.schema import is_number
from conf.settings import CapabilitySettings
from web.answers import json_answer
from web.asgi import Request, Response
from web.bodies import ListQuery, read_idempotency, read_submission
from web.views import Capabilities, CapabilityView, Eta, Hold, Job, Page, Preflight, Views


class JobQuery(ListQuery):
    """Which jobs a list shows."""

    state: State | None = Field(None, description="only jobs in this state")
    capability: str | None = Field(None, description="only jobs of this capability")


class JobRoutes:
    """The routes of capabilities and of jobs."""

    def __init__(self, stitchery: Stitchery, views: Views) -> None:
        self._stitchery = stitchery
        self._views = views

    async def capabilities(self, _: Request) -> Response:
        """What can be done here: names, JSON Schemas of the requests, limits, kinds of pictures."""
        items = [self._capability(found) for found in self._stitchery.capabilities.values()]
        return json_answer(Capabilities(items=items, next=None, media_types=list(readable())))

    async def submit(self, request: Request, session: Session, capability: str) -> Response:
        """Accepts a job: it is on disk when this answers."""
        submission = await read_submission(request, self._find(capability))
        view = await session.submit(
            capability,
            submission.request,
            submission.options,
            read_idempotency(request, submission),
        )
        answer = json_answer(self._views.job(view), HTTPStatus.ACCEPTED)
        answer.headers["Location"] = f"/api/v1/jobs/{view.record.id}"
        return answer

    async def preflight(self, request: Request, session: Session, capability: str) -> Response:
        """What a job would make and how long it would wait; nothing is queued."""
        submission = await read_submission(request, self._find(capability))
        forecast, prospect = session.preflight(capability, submission.request, submission.options)
        return json_answer(
            Preflight(
                forecast=forecast.model_dump(mode="json"),
                position=prospect.position,
                waiting_for=[Hold.model_validate(hold) for hold in prospect.waiting_for],
                wait=None if prospect.wait is None else Eta.model_validate(prospect.wait),
            )
        )

    async def list(self, _: Request, session: Session, query: JobQuery) -> Response:
        """My jobs, newest first."""
        page = await session.jobs(
            state=query.state,
            capability=query.capability,
            limit=query.limit,
            cursor=query.cursor,
        )
        return json_answer(
            Page[Job](items=[self._views.job(view) for view in page.items], next=page.next)
        )

    async def show(self, _: Request, session: Session, job: str) -> Response:
        """One job as it stands."""
        return json_answer(self._views.job(await session.job(job)))

    async def cancel(self, _: Request, session: Session, job: str) -> Response:
        """Ends a job; answers when nothing of it is left, with the receipt."""
        return json_answer(self._views.job(await session.cancel(job)))

    def _find(self, name: str) -> AnyCapability:
        try:
            return self._stitchery.capabilities[name]
        except KeyError:
            known = ", ".join(self._stitchery.capabilities)
            raise NotFound(f"There is no capability {name[:40]!r}; there are: {known}.") from None

    def _capability(self, capability: AnyCapability) -> CapabilityView:
        services = self._stitchery.services
        admission = self._stitchery.admission
        limits = admission.limits(capability.name)
        section = services.settings_of(capability.name)
        queue_timeout = section.queue_timeout or services.settings.concurrency.queue_timeout
        own = _own_numbers(capability.name, section)
        return CapabilityView(
            name=capability.name,
            summary=capability.summary,
            request=_narrowed(capability.request_type.model_json_schema(), own),
            limits={
                "global_jobs": admission.machine.global_jobs,
                "jobs_per_user": admission.machine.jobs_per_user,
                "queue_size": admission.machine.queue_size,
                "queued_per_user": admission.machine.queued_per_user,
                f"{capability.name}.running": min(limits.running, admission.machine.global_jobs),
                f"{capability.name}.running_per_user": min(
                    limits.running_per_user, admission.machine.jobs_per_user
                ),
                f"{capability.name}.queued": min(limits.queued, admission.machine.queue_size),
                "queue_timeout": queue_timeout,
                f"{capability.name}.run_timeout": section.run_timeout,
                **own,
            },
            paused=capability.name in admission.paused,
        )


def _own_numbers(name: str, section: CapabilitySettings) -> dict[str, int | float]:
    """The numbers that are set for this capability alone, as `NAME.SETTING`."""
    kind = type(section)
    own = {
        key: getattr(section, key)
        for key in kind.model_fields
        if key not in CapabilitySettings.model_fields and is_number(kind, key)
    }
    return {f"{name}.{key}": value for key, value in own.items() if value is not None}


def _narrowed(schema: dict[str, Any], limits: Mapping[str, int | float]) -> dict[str, Any]:
    """The schema of a request with lists no longer than the limit that their `x-limit` names."""
    for field in schema["properties"].values():
        if (most := limits.get(field.get("x-limit", ""))) is not None:
            field["maxItems"] = min(field["maxItems"], most)
    return schema
