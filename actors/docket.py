"""The jobs of one session: those that live here, and those on record.

Owns: the session's map of living jobs, and how lists are drawn from it and the journal, which lags
behind the living. Part of the session actor: only its tasks change the map.
Never: starts, ends or judges a job.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from actors.errors import NotFound
from actors.job import Job
from actors.journal.port import Journal, Page
from actors.lifecycle import State, has_ended
from actors.messages import JobRecord, JobView

LATEST = 100
"""Ended jobs that are shown to who begins to watch: what fits on a page."""


class Docket:
    """One session's jobs. A job is shown from the moment in which it is accepted."""

    def __init__(self, session: str, journal: Journal) -> None:
        self._session = session
        self._journal = journal
        self._living: dict[str, Job] = {}

    def __len__(self) -> int:
        return len(self._living)

    def __iter__(self) -> Iterator[Job]:
        """The living jobs as they are now; the map may change while they are gone through."""
        return iter(list(self._living.values()))

    def enter(self, job: Job) -> None:
        """A job lives from here on: its inputs are needed, whether or not it will be accepted."""
        self._living[job.record.id] = job

    def leave(self, job: Job) -> None:
        """A job has ended, or was refused."""
        del self._living[job.record.id]

    def get(self, id: str) -> Job | None:
        """The living job of this id, if it was accepted."""
        job = self._living.get(id)
        return job if job is not None and job.accepted else None

    def needed(self) -> Mapping[str, tuple[str, ...]]:
        """The files that living jobs need, by job."""
        return {id: job.record.inputs for id, job in self._living.items()}

    async def forget(self, jobs: Collection[str]) -> int:
        """Forgets those of these jobs that have ended, with their keys; how many."""
        ended = [id for id in jobs if id not in self._living]
        return await self._journal.remove_jobs(self._session, ended)

    def newest(self, record: JobRecord) -> JobView:
        """The job of a record as it stands now."""
        job = self.get(record.id)
        return JobView(record=record) if job is None else job.view()

    async def view(self, id: str) -> JobView:
        """One job as it stands.

        Raises:
            NotFound: there is no such job.
        """
        job = self.get(id)
        if job is not None:
            return job.view()
        record = await self._journal.job(self._session, id)
        if record is None:
            raise NotFound("There is no such job.")
        return self.newest(record)

    async def page(
        self, *, state: State | None, capability: str | None, limit: int, cursor: str | None
    ) -> Page[JobView]:
        """A page of the jobs, newest first.

        Raises:
            Refusal: `cursor` is none that a page gave.
        """
        if state is not None and not has_ended(state):
            return page_of_living(self, state, capability, limit, cursor)
        page = await self._journal.jobs(
            self._session, state=state, capability=capability, limit=limit, cursor=cursor
        )
        return Page(tuple(self.newest(record) for record in page.items), page.next)

    async def latest(self) -> tuple[JobView, ...]:
        """All living jobs and the latest others, newest first."""
        page = await self._journal.jobs(self._session, limit=LATEST)
        records = {record.id: record for record in page.items}
        records |= {id: job.record for id, job in self._living.items() if job.accepted}
        return tuple(self.newest(records[id]) for id in sorted(records, reverse=True))


def page_of_living(
    jobs: Iterable[Job], state: State, capability: str | None, limit: int, cursor: str | None
) -> Page[JobView]:
    """A page of those of the jobs that live in this state, newest first."""
    found = sorted(
        (
            job
            for job in jobs
            if job.accepted
            and job.record.state is state
            and capability in {None, job.record.capability}
            and (cursor is None or job.record.id < cursor)
        ),
        key=lambda job: job.record.id,
        reverse=True,
    )
    shown = found[:limit]
    more = shown[-1].record.id if len(found) > limit else None
    return Page(tuple(job.view() for job in shown), more)
