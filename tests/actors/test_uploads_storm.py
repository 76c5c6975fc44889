"""Resumable uploads under a storm: what is counted, recorded and stored agrees in the end."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from actors.capability import AnswerT, OrderT, ProgressSink
from actors.errors import ActorGone, Fault, StitcheryError, WorkerCrashed
from actors.journal.memory import MemoryJournal
from actors.session import Session
from actors.tree import Stitchery
from actors.workers.call import Call
from tests.actors.test_uploads import Lookers, again, on_disk, tree
from tests.service import until

ROUNDS = 20
AT_ONCE = 6
MOST_WRITTEN = 200_000
DEADLY = 0.2


class Moody(Lookers):
    """Workers that die over some of the pictures."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    async def call(
        self,
        call: Call[OrderT, AnswerT],
        order: OrderT,
        *,
        on_progress: ProgressSink,
        on_killed: Callable[[int], None],
    ) -> AnswerT:
        if self._chance.random() < DEADLY:
            raise WorkerCrashed("It died.")
        return await super().call(call, order, on_progress=on_progress, on_killed=on_killed)


class Storm:
    """Somebody who does anything to the uploads of one session, and leaves at any time."""

    def __init__(self, stitchery: Stitchery, session: Session, chance: random.Random) -> None:
        self.session = session
        self._stitchery = stitchery
        self._chance = chance
        self._ids: list[str] = []

    async def blow(self) -> None:
        """Many things at once, again and again. Only refusals may come of them."""
        for _ in range(ROUNDS):
            async with trio.open_nursery() as nursery:
                for _ in range(AT_ONCE):
                    nursery.start_soon(self._gust)

    async def _gust(self) -> None:
        acts = (self._begin, self._write, self._write, self._look, self._drop, self._tidy)
        self._ids = [one.id for one in await self._stitchery.services.journal.uploads()]
        try:
            with trio.move_on_after(self._chance.choice((0, 0.002, 0.01, 1))):
                await (self._chance.choice(acts) if self._ids else self._begin)()
        except ActorGone:
            self.session = await again(self._stitchery, self.session.record.id)
        except Fault:
            raise
        except StitcheryError:
            pass

    def _any(self) -> str:
        return self._chance.choice(self._ids)

    async def _begin(self) -> None:
        size = self._chance.choice((3, 10, 300_000))
        await self.session.begin_upload("a.png", size)

    async def _write(self) -> None:
        uploads, id = self.session.uploads, self._any()
        async with uploads.writing(id) as draft:
            left = uploads.find(id).size - draft.size
            for _ in range(3):
                size = min(left, self._chance.choice((1, 5, MOST_WRITTEN)))
                await draft.write(bytes(size))
                await trio.lowlevel.checkpoint()
                left -= size
        await self._look(id)

    async def _look(self, id: str | None = None) -> None:
        id = id or self._any()
        if await self.session.uploads.size(id) == self.session.uploads.find(id).size:
            await self.session.finish_upload(id)

    async def _drop(self) -> None:
        await self.session.drop_upload(self._any())

    async def _tidy(self) -> None:
        if self.session.shelf.files:
            await self.session.drop_file(self._chance.choice(list(self.session.shelf.files)))
        else:
            await self.session.retire()


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_meets_what_counted_is_what_is_recorded_and_stored(
    tmp_path: Path, seed: int
) -> None:
    chance, journal = random.Random(seed), MemoryJournal()
    async with tree(tmp_path, journal, Moody(chance)) as stitchery:
        storm = Storm(stitchery, await stitchery.sessions.create(), chance)
        await storm.blow()
        session = await again(stitchery, storm.session.record.id)
        await until(lambda: session.idle)
        unfinished = {one.id: one.size for one in await journal.uploads() if one.file is None}
        files = {id: file.size for id, file in session.shelf.files.items()}
        quota = session.shelf.quota
        assert (quota.reserved_files, quota.reserved_bytes) == (
            len(unfinished),
            sum(unfinished.values()),
        )
        assert (quota.used_files, quota.used_bytes) == (len(files), sum(files.values()))
        assert sorted(path.name for path in on_disk(tmp_path)) == sorted([*unfinished, *files])
        await session.end()
        assert on_disk(tmp_path) == []
