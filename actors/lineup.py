"""Has the jobs that an earlier life left stand in line again, as they stood.

Owns: the order in which they are taken up, and that each is taken up once, though sessions end or
break meanwhile.
Never: judges a job (recovery.py), or puts it in line: its session does.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial

import trio

from actors.errors import ActorGone, StitcheryError
from actors.logs import Log
from actors.messages import JobRecord
from actors.session import Session

log = Log("sessions")


class LineUp:
    """Takes up jobs by way of their sessions.

    Args:
        find: brings a session to memory; None when there is none (any more).
    """

    def __init__(self, find: Callable[[str], Awaitable[Session | None]]) -> None:
        self._find = find
        self._breaks: Counter[str] = Counter()

    def broke(self, id: str) -> None:
        """A session has broken, and somebody will call `of`: whoever was at it lets go."""
        self._breaks[id] += 1

    async def all(self, jobs: Sequence[JobRecord]) -> None:
        """Takes up the jobs of all sessions, given oldest first.

        All sessions at once, which takes a third of the time: each job brings its place along.
        """
        theirs: dict[str, list[tuple[JobRecord, int]]] = {}
        for arrival, job in enumerate(jobs, -len(jobs)):
            theirs.setdefault(job.session, []).append((job, arrival))
        async with trio.open_nursery() as nursery:
            for id, line in theirs.items():
                nursery.start_soon(partial(self._take_up, id, line, self._breaks[id]))

    async def of(self, id: str, jobs: Iterable[JobRecord]) -> None:
        """Takes up the jobs of one session that broke, behind all others."""
        await self._take_up(id, ((job, 0) for job in jobs), self._breaks[id])

    async def _take_up(self, id: str, line: Iterable[tuple[JobRecord, int]], breaks: int) -> None:
        for job, arrival in line:
            done = False
            while not done:
                session = await self._find(id)
                if session is None or self._breaks[id] != breaks:
                    return
                done = await _resume(session, job, arrival)


async def _resume(session: Session, job: JobRecord, arrival: int) -> bool:
    """False when the session has left before it could take the job up."""
    try:
        await session.resume(job, arrival)
    except ActorGone:
        await session.gone.wait()
        return False
    except StitcheryError as error:  # it is one job's: the others must not wait for it
        log.warning("a job could not be taken up", job=job.id, why=error.detail)
    return True
