"""Plays a load through the real tree, and writes down what became of every job.

Owns: the users: each has a session and asks for a job when its time has come.
Never: decides what a job meets; the tree does.
"""

from collections.abc import Callable, Sequence
from typing import Final

import trio

from actors.errors import StitcheryError
from actors.journal.memory import MemoryJournal
from actors.lifecycle import has_ended
from actors.messages import FileRecord, JobRecord, Options, UploadRecord
from actors.sessions import Sessions
from actors.simulation import clockwork
from actors.simulation.lived import REFUSED, Lived, lived_of
from actors.simulation.load import Arrival
from actors.simulation.work import SimulatedWork, WorkRequest
from actors.simulation.world import EPOCH, open_world
from conf.settings import Settings

ALL: Final = 1 << 62
"""A page of everything."""

Tell = Callable[[int], None]


def play(
    settings: Settings, load: Sequence[Arrival], *, seed: int, on_ended: Tell = lambda _: None
) -> list[Lived]:
    """Runs the tree until every job of the load has ended; what became of them.

    Args:
        settings: with a section for every capability that the load names.
        load: in the order of time.
        seed: of the scheduler's choices.
        on_ended: told now and again how many jobs have ended.

    Raises:
        clockwork.UnknownTrioError: see there.
    """
    return clockwork.run(_Play(settings, load, on_ended).run, seed, seed=seed)


class _EndsJournal(MemoryJournal):
    """A journal that tells when a job's end is on record."""

    def __init__(self, on_end: Callable[[], None]) -> None:
        super().__init__()
        self._on_end = on_end

    async def save_job(self, job: JobRecord, files: Sequence[FileRecord] = ()) -> None:
        await super().save_job(job, files)
        if has_ended(job.state):
            self._on_end()

    async def uploads(self, session: str | None = None) -> tuple[UploadRecord, ...]:  # noqa: ARG002 -- the port's
        """None: nobody uploads here.

        Looking through all sessions for some, every few minutes of virtual time, took a fifth of
        the run of ten thousand users, and grows with their square.
        """
        await trio.lowlevel.checkpoint()
        return ()


class _Play:
    """One run: who has come, and how many jobs are still to end."""

    def __init__(self, settings: Settings, load: Sequence[Arrival], on_ended: Tell) -> None:
        self._settings = settings
        self._load = load
        self._on_ended = on_ended
        self._journal = _EndsJournal(self._one_less)
        self._left = len(load)
        self._all_ended = trio.Event()
        self._sessions: dict[str, str] = {}
        self._users: dict[str, str] = {}
        self._arriving: dict[str, trio.Lock] = {}
        self._refused: list[Lived] = []

    async def run(self, seed: int) -> list[Lived]:
        if not self._load:
            return []
        capabilities = {name: SimulatedWork() for name in self._settings.capabilities}
        async with open_world(
            self._settings, capabilities, journal=self._journal, seed=seed
        ) as stitchery:
            async with trio.open_nursery() as nursery:
                for arrival in self._load:
                    if arrival.at > trio.current_time():
                        await trio.sleep_until(arrival.at)
                    nursery.start_soon(self._ask, stitchery.sessions, arrival)
            await self._all_ended.wait()
            page = await self._journal.all_jobs(limit=ALL)
        accepted = [lived_of(record, self._users[record.session], EPOCH) for record in page.items]
        return sorted([*accepted, *self._refused], key=lambda lived: lived.asked_at)

    async def _ask(self, sessions: Sessions, arrival: Arrival) -> None:
        request = WorkRequest.model_construct(seconds=arrival.seconds)
        asked_at = trio.current_time()
        try:
            id = await self._session_of(arrival.user, sessions)
            session = await sessions.find(id)
            if session is not None:
                await session.submit(arrival.capability, request, Options())
        except StitcheryError:
            self._refused.append(
                Lived(
                    user=arrival.user,
                    capability=arrival.capability,
                    asked_at=asked_at,
                    started_at=None,
                    ended_at=asked_at,
                    end=REFUSED,
                )
            )
            self._one_less()

    async def _session_of(self, user: str, sessions: Sessions) -> str:
        """The user's session; one is begun when the user is new."""
        async with self._arriving.setdefault(user, trio.Lock()):
            if user not in self._sessions:
                id = self._sessions[user] = (await sessions.create()).record.id
                self._users[id] = user
            return self._sessions[user]

    def _one_less(self) -> None:
        self._left -= 1
        self._on_ended(len(self._load) - self._left)
        if not self._left:
            self._all_ended.set()
