"""What has had its time goes, by the journal's age and nobody's clock, and nothing goes early."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from actors.disk import Found, Removed
from actors.errors import NotFound, StorageFull
from actors.gauge import Room
from actors.janitor import BATCH, BETWEEN_LOOKS, Due, by_session
from actors.journal.memory import MemoryJournal
from actors.journal.port import Journal
from actors.journal.sqlite import SqliteJournal
from actors.lifecycle import State
from actors.messages import FileRecord, Idempotency, Media, Options
from actors.session import Session
from actors.simulation.work import EmptyWorkspace
from actors.tree import Stitchery, open_stitchery
from actors.workspace import Workspace
from conf.settings import Limits, Sessions, Storage
from tests.capabilities import IdleWorkers, Nap, NapRequest, nap_settings

Clock = trio.testing.MockClock
HOUR = 3600.0
RETENTION = 2 * HOUR
UNUSED = 6 * HOUR
LOOK = 2 * BETWEEN_LOOKS


class FileNapRequest(NapRequest):
    """A nap on a file, which it needs while it has not ended."""

    file: str | None = None


class FileNap(Nap):
    """Sleeps on files."""

    request_type = FileNapRequest

    def inputs(self, request: NapRequest) -> Mapping[str, str]:
        file = request.file if isinstance(request, FileNapRequest) else None
        return {} if file is None else {"/file": file}


class Heap(EmptyWorkspace):
    """Files that lie in memory: their sizes by id, by session."""

    def __init__(self) -> None:
        super().__init__()
        self.left = Room()
        self.files: dict[str, dict[str, int]] = {}
        self.removed: list[int] = []  # how many at once

    async def room(self) -> Room:
        await trio.lowlevel.checkpoint()
        return self.left

    async def sizes(self, sessions: object) -> Found:
        await trio.lowlevel.checkpoint()
        return Found({session: dict(files) for session, files in self.files.items()}, {})

    async def sizes_of(self, session: str) -> Mapping[str, int]:
        await trio.lowlevel.checkpoint()
        return dict(self.files.get(session, {}))

    async def remove_each(self, session: str, ids: Collection[str]) -> Removed:
        await trio.lowlevel.checkpoint()
        files = self.files.get(session, {})
        self.removed.append(len(files.keys() & set(ids)))
        for id in ids:
            files.pop(id, None)
        return Removed(frozenset(ids), {})


class FullJournal(MemoryJournal):
    """Takes no write while it is full, removals and notes of the age included."""

    def __init__(self) -> None:
        super().__init__(before_write=self._refuse)
        self.full = False

    async def _refuse(self, write: str) -> None:
        if self.full:
            raise StorageFull("The disk is full.", retry_after=1)


@asynccontextmanager
async def tree(
    journal: Journal,
    workspace: Workspace,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    data: Path = Path("/proc/nothing"),
    **limits: int,
) -> AsyncIterator[Stitchery]:
    settings = nap_settings(data, limits=Limits.model_validate(limits))
    kept = {
        "storage": Storage(data=data, retention_hours=RETENTION / HOUR),
        "sessions": Sessions(max_age_days=UNUSED / HOUR / 24),
    }
    async with open_stitchery(
        settings.model_copy(update=kept),
        capabilities={"nap": FileNap()},
        journal=journal,
        workers=IdleWorkers(),
        workspace=workspace,
        now=now,
    ) as stitchery:
        yield stitchery


async def stored(stitchery: Stitchery, session: Session, *, lies_in: Heap) -> str:
    """A file on record, in sight, and in the heap."""
    record = FileRecord(
        id=stitchery.services.new_id(),
        session=session.record.id,
        name="a",
        media=Media(media_type="image/png"),
        size=7,
        sha256="0" * 64,
        created_at=stitchery.services.now(),
    )
    lies_in.files.setdefault(session.record.id, {})[record.id] = record.size
    await stitchery.services.journal.add_files(record)
    session.shelf.put([record])
    session.shelf.quota.used_files += 1
    session.shelf.quota.used_bytes += record.size
    return record.id


async def submit(
    session: Session, seconds: float = 1.0, file: str | None = None, key: str | None = None
) -> str:
    request = FileNapRequest.model_validate({"seconds": seconds, "file": file})
    keyed = None if key is None else Idempotency(key=key, digest="d")
    return (await session.submit("nap", request, Options(), keyed)).record.id


async def again(stitchery: Stitchery, id: str) -> Session:
    session = await stitchery.sessions.find(id)
    assert session is not None
    return session


# --- pure -----------------------------------------------------------------------------------------

records = st.builds(
    FileRecord,
    id=st.text("abcdef", min_size=1, max_size=3),
    session=st.sampled_from("AB"),
    name=st.just("a"),
    media=st.just(Media(media_type="image/png")),
    size=st.just(1),
    sha256=st.just(""),
    created_at=st.just(datetime(2000, 1, 1, tzinfo=UTC)),
)


@given(st.lists(records, max_size=9, unique_by=lambda record: record.id), st.data())
def test_a_round_tries_each_once_and_ends(found: list[FileRecord], data: st.DataObject) -> None:
    due, left = Due(), list(found)
    tried: list[str] = []
    last = False
    with patch("actors.janitor.BATCH", 2):
        while not last:
            last = len(left) < due.limit
            ids = [record.id for record in due.piece(left[: due.limit])]
            assert len(ids) <= 2
            tried += ids
            kept = data.draw(st.sets(st.sampled_from(ids))) if ids else set()
            due.keep(kept)
            left = [record for record in left if record.id not in ids or record.id in kept]
        assert due.limit == 2
        assert sorted(tried) == sorted(record.id for record in found)
        assert due.piece(left[: due.limit]) == left[:2]


@given(st.lists(records))
def test_nothing_is_lost_in_sorting_by_session(found: list[FileRecord]) -> None:
    sorted_out = by_session(found)
    assert sum(map(len, sorted_out.values())) == len(found)
    assert all(record.id in sorted_out[record.session] for record in found)


# --- files ----------------------------------------------------------------------------------------


async def test_a_file_goes_when_its_time_is_over_wherever_its_session_is(
    autojump_clock: Clock,
) -> None:
    journal, heap = MemoryJournal(), Heap()
    async with tree(journal, heap) as stitchery:
        here, away = [await stitchery.sessions.create() for _ in range(2)]
        for session in (here, away):
            await stored(stitchery, session, lies_in=heap)
        with here.visit():
            await trio.sleep(RETENTION - LOOK)
            late = await stored(stitchery, here, lies_in=heap)
            assert len(await journal.all_files()) == 2
            assert here.record.id in stitchery.sessions._register
            assert away.record.id not in stitchery.sessions._register
            await trio.sleep(2 * LOOK)
            assert await journal.all_files() == {here.record.id: {late: 7}}
            assert heap.files == {here.record.id: {late: 7}, away.record.id: {}}
            assert here.shelf.quota.used_bytes == 7
            assert away.record.id not in stitchery.sessions._register


async def test_a_file_that_an_unfinished_job_needs_stays_until_that_has_ended(
    autojump_clock: Clock,
) -> None:
    journal, heap = MemoryJournal(), Heap()
    async with tree(journal, heap) as stitchery:
        session = await stitchery.sessions.create()
        needed, free = [await stored(stitchery, session, lies_in=heap) for _ in range(2)]
        stitchery.pause("nap")
        settings = stitchery.services.settings
        nap = settings.capabilities["nap"].model_copy(update={"queue_timeout": 9 * HOUR})
        stitchery.change(settings.model_copy(update={"capabilities": {"nap": nap}}))
        job = await submit(session, file=needed)
        await trio.sleep(RETENTION + LOOK)
        assert free not in session.shelf.files
        assert heap.files == {session.record.id: {needed: 7}}
        stitchery.resume("nap")
        await trio.sleep(LOOK)
        assert (await session.job(job)).record.state is State.SUCCEEDED
        assert heap.files == {session.record.id: {}}


async def test_ten_times_a_look_is_removed_in_pieces_one_look_after_the_other(
    autojump_clock: Clock,
) -> None:
    journal, heap = MemoryJournal(), Heap()
    async with tree(journal, heap) as stitchery:
        session = await stitchery.sessions.create()
        for _ in range(10 * BATCH):
            await stored(stitchery, session, lies_in=heap)
        await trio.sleep(RETENTION + LOOK)
        assert heap.files == {session.record.id: {}}
        assert [count for count in heap.removed if count] == [BATCH] * 10


# --- jobs and sessions ----------------------------------------------------------------------------


async def test_an_ended_job_is_forgotten_with_its_key_and_an_unfinished_one_is_not(
    autojump_clock: Clock,
) -> None:
    journal, heap = MemoryJournal(), Heap()
    async with tree(journal, heap) as stitchery:
        session = await stitchery.sessions.create()
        with session.visit():
            ended = await submit(session, key="same")
            living = await submit(session, seconds=RETENTION - 10 * LOOK)
            await trio.sleep(RETENTION - LOOK)
            assert await submit(session, key="same") == ended
            await trio.sleep(2 * LOOK)
            assert await submit(session, key="same") != ended
            with pytest.raises(NotFound):
                await session.job(ended)
            assert (await session.job(living)).record.state is State.SUCCEEDED


async def test_a_session_that_nobody_uses_is_forgotten_unless_it_holds_something(
    autojump_clock: Clock,
) -> None:
    journal, heap = MemoryJournal(), Heap()
    async with tree(journal, heap) as stitchery:
        unused, used = [(await stitchery.sessions.create()).record.id for _ in range(2)]
        late = await stitchery.sessions.create()
        for _ in range(int(UNUSED / HOUR)):
            await trio.sleep(HOUR)
            await again(stitchery, used)
        await stored(stitchery, late, lies_in=heap)
        await trio.sleep(LOOK)
        assert await stitchery.sessions.find(unused) is None
        await again(stitchery, used)
        await again(stitchery, late.record.id)
        await trio.sleep(UNUSED + LOOK)
        assert await stitchery.sessions.find(late.record.id) is None
        assert len(stitchery.sessions) == 0


async def test_use_is_noted_once_an_hour_and_never_for_the_janitor(
    autojump_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, heap = MemoryJournal(), Heap()
    noted: list[str] = []
    monkeypatch.setattr(journal, "note_use", noted.append)
    async with tree(journal, heap) as stitchery:
        session = await stitchery.sessions.create()
        id = session.record.id
        with session.visit():
            for _ in range(120):
                await again(stitchery, id)
                await trio.sleep(60)
            await stored(stitchery, session, lies_in=heap)
        assert noted == [id, id]
        await trio.sleep(RETENTION + LOOK)
        assert heap.files == {id: {}}
        assert noted == [id, id]


# --- clocks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("year", [1970, 2100])
async def test_a_wall_clock_that_jumps_removes_nothing(year: int, autojump_clock: Clock) -> None:
    journal, heap = MemoryJournal(), Heap()
    now = datetime.now(UTC)
    async with tree(journal, heap, now=lambda: now) as stitchery:
        session = await stitchery.sessions.create()
        file = await stored(stitchery, session, lies_in=heap)
        job = await submit(session)
        await trio.sleep(LOOK)
        now = datetime(year, 1, 1, tzinfo=UTC)
        await trio.sleep(RETENTION - 2 * LOOK)
        await again(stitchery, session.record.id)
        assert await journal.all_files() == {session.record.id: {file: 7}}
        assert (await journal.job(session.record.id, job)) is not None


@pytest.mark.parametrize("year", [1970, 2100])
async def test_a_wall_clock_that_jumps_gives_no_upload_up(
    year: int, tmp_path: Path, mock_clock: Clock
) -> None:
    journal = MemoryJournal()
    now = datetime.now(UTC)
    async with tree(journal, Workspace(tmp_path), now=lambda: now, data=tmp_path) as stitchery:
        session = await stitchery.sessions.create()
        before = await session.begin_upload("a", 5)
        await passed(mock_clock, HOUR, lambda: True)
        now = datetime(year, 1, 1, tzinfo=UTC)
        session = await again(stitchery, session.record.id)
        after = await session.begin_upload("b", 5)
        await passed(mock_clock, 22 * HOUR, lambda: True)
        assert await journal.uploads() == (before, after)


# --- a full disk ----------------------------------------------------------------------------------


async def test_on_a_full_disk_the_bytes_go_and_the_records_follow_when_there_is_room(
    autojump_clock: Clock,
) -> None:
    journal, heap = FullJournal(), Heap()
    async with tree(journal, heap) as stitchery:
        session = await stitchery.sessions.create()
        id = session.record.id
        file = await stored(stitchery, session, lies_in=heap)
        job = await submit(session)
        await trio.sleep(RETENTION / 2)
        journal.full = True
        await trio.sleep(RETENTION)
        assert heap.files == {id: {}}
        session = await again(stitchery, id)
        assert session.shelf.files == {}
        assert await journal.file(id, file) is not None
        assert await journal.job(id, job) is not None
        journal.full = False
        await trio.sleep(LOOK)
        assert await journal.file(id, file) is None
        assert await journal.job(id, job) is None


async def test_where_nothing_can_go_it_takes_its_time(autojump_clock: Clock) -> None:
    """Else it would ask for more and more rows in vain, five times a second."""
    asked: list[float] = []

    class Watched(MemoryJournal):
        async def files_before(self, age: float, *, limit: int) -> tuple[FileRecord, ...]:
            asked.append(trio.current_time())
            return await super().files_before(age, limit=limit)

    class Stuck(Heap):
        async def remove_each(self, session: str, ids: Collection[str]) -> Removed:
            await trio.lowlevel.checkpoint()
            return Removed(frozenset(), dict.fromkeys(ids, "Operation not permitted"))

    journal, heap = Watched(), Stuck()
    async with tree(journal, heap) as stitchery:
        session = await stitchery.sessions.create()
        for _ in range(3 * BATCH):
            await stored(stitchery, session, lies_in=heap)
        await trio.sleep(RETENTION + LOOK)
        asked.clear()
        await trio.sleep(10 * BETWEEN_LOOKS)
        assert 1 < len(asked) <= 11


async def test_what_is_owed_is_paid_long_before_its_time(autojump_clock: Clock) -> None:
    journal, heap = FullJournal(), Heap()
    async with tree(journal, heap) as stitchery:
        session = await stitchery.sessions.create()
        file = await stored(stitchery, session, lies_in=heap)
        journal.full = True
        await session.drop_file(file)
        with session.visit():
            await trio.sleep(HOUR)
            assert await journal.file(session.record.id, file) is not None
            journal.full = False
            await trio.sleep(LOOK)
            assert await journal.file(session.record.id, file) is None


async def test_little_room_has_it_looked_for_what_is_due_at_once(autojump_clock: Clock) -> None:
    journal, heap = MemoryJournal(), Heap()
    ages: list[float] = []

    class Watched(MemoryJournal):
        async def keep_age(self) -> None:
            ages.append(self.age())
            await super().keep_age()

    journal = Watched()
    async with tree(journal, heap) as stitchery:
        await trio.sleep(BETWEEN_LOOKS / 2)
        looks = len(ages)
        heap.left = Room(1)
        stitchery.services.gauge.hurry()
        await trio.sleep(1)
        assert stitchery.services.gauge.low
        assert len(ages) == looks + 1


async def test_with_no_room_in_memory_it_comes_again_later(autojump_clock: Clock) -> None:
    journal, heap = MemoryJournal(), Heap()
    async with tree(journal, heap, max_sessions=1) as stitchery:
        old = await stitchery.sessions.create()
        await stored(stitchery, old, lies_in=heap)
        busy = await stitchery.sessions.create()
        with busy.visit():
            await trio.sleep(RETENTION + LOOK)
            assert heap.files[old.record.id] != {}
        await trio.sleep(LOOK)
        assert heap.files[old.record.id] == {}


# --- over a real disk -----------------------------------------------------------------------------


async def test_on_a_real_disk_files_jobs_lost_ones_and_sessions_go_in_their_time(
    tmp_path: Path, mock_clock: Clock
) -> None:
    journal = SqliteJournal(tmp_path)
    async with tree(journal, Workspace(tmp_path), data=tmp_path) as stitchery:
        session = await stitchery.sessions.create()
        async with session.receive_part(10) as part:
            await part.write(b"1234567")
            sealed = await part.seal()
            record = FileRecord(
                id=part.id,
                session=session.record.id,
                name="a",
                media=Media(media_type="image/png"),
                size=sealed.size,
                sha256=sealed.sha256,
                created_at=stitchery.services.now(),
            )
            await session.take_files([(part, record)])
        stray = tmp_path / "lost" / session.record.id / stitchery.services.new_id()
        stray.parent.mkdir(parents=True)
        stray.write_bytes(b"x")
        await session.retire()

        def lying() -> list[Path]:
            return [*tmp_path.glob("files/*/*"), *tmp_path.glob("lost/*/*")]

        # the first look at what is lost begins its time
        await passed(mock_clock, HOUR / 2, (tmp_path / "lost" / "ages.json").exists)
        await passed(mock_clock, RETENTION - HOUR, lambda: True)
        assert len(lying()) == 2
        await passed(mock_clock, 2 * HOUR, lambda: not lying())
        await soon(partial(journal.files_before, journal.age() + 1, limit=9))
        await passed(mock_clock, UNUSED, lambda: not list(tmp_path.glob("files/[!.]*")))
        await soon(partial(journal.sessions_before, journal.age() + 1, limit=9))


async def passed(clock: Clock, seconds: float, happened: Callable[[], bool]) -> None:
    """Lets virtual time pass, and waits until what is done in threads has happened."""
    clock.jump(seconds)
    began = time.monotonic()
    while not happened() or time.monotonic() < began + 0.05:
        assert time.monotonic() < began + 60
        clock.jump(1)
        await trio.to_thread.run_sync(time.sleep, 0.002)


async def soon(read: Callable[[], Awaitable[tuple[object, ...]]]) -> None:
    """Waits until a list on record is empty: bytes and folders go first, their rows a commit later.

    Virtual time stands: it is that look of the janitor, and none of its next.
    """
    began = time.monotonic()
    while await read():
        assert time.monotonic() < began + 60
        await trio.to_thread.run_sync(time.sleep, 0.002)
