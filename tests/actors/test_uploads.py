"""Resumable uploads in the tree: counted, finished once, settled after a crash, given up."""

import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from actors.capability import AnswerT, OrderT, ProgressSink
from actors.errors import (
    NotFound,
    QuotaExceeded,
    StorageFull,
    TooLarge,
    UnreadableMedia,
    WorkerCrashed,
)
from actors.journal.memory import MemoryJournal
from actors.messages import FileRecord, Media, UploadRecord
from actors.session import Session
from actors.stillness import Sight, Stillness
from actors.tree import Stitchery, open_stitchery
from actors.uploads import TooManyUploads, UploadComplete, UploadTakenOver
from actors.workers.call import Call
from conf.settings import Limits
from tests.capabilities import IdleWorkers, Nap, nap_settings

Clock = trio.testing.MockClock

HOUR = 3600.0
LONG_AGO = time.time() - 25 * HOUR
LIMITS = Limits(max_upload_mb=1, max_session_mb=2, max_session_files=5, max_unfinished_uploads=2)


class Lookers(IdleWorkers):
    """Workers that take every file for a picture, or end as they are told to."""

    end: Exception | None = None

    async def call(
        self,
        call: Call[OrderT, AnswerT],
        order: OrderT,
        *,
        on_progress: ProgressSink,
        on_killed: Callable[[int], None],
    ) -> AnswerT:
        await trio.lowlevel.checkpoint()
        if self.end is not None:
            raise self.end
        picture: Any = Media(media_type="image/png", width=1, height=1)
        return picture  # type: ignore[no-any-return]  # the only call that is made answers so


@asynccontextmanager
async def tree(
    data: Path, journal: MemoryJournal | None = None, workers: Lookers | None = None
) -> AsyncIterator[Stitchery]:
    async with open_stitchery(
        nap_settings(data, limits=LIMITS),
        capabilities={"nap": Nap()},
        journal=journal or MemoryJournal(),
        workers=workers or Lookers(),
    ) as stitchery:
        yield stitchery


async def filled(session: Session, content: bytes, size: int | None = None) -> str:
    """An upload of which `content` has come."""
    upload = await session.begin_upload("a.png", len(content) if size is None else size)
    async with session.uploads.writing(upload.id) as draft:
        await draft.write(content)
    return upload.id


def on_disk(data: Path) -> list[Path]:
    return [path for kind in ("uploads", "files", "parts") for path in data.glob(f"{kind}/*/*")]


async def again(stitchery: Stitchery, id: str) -> Session:
    session = await stitchery.sessions.find(id)
    assert session is not None
    return session


# --- room -----------------------------------------------------------------------------------------


async def test_the_whole_length_is_counted_from_the_beginning_and_over_a_restart(
    tmp_path: Path,
) -> None:
    journal = MemoryJournal()
    async with tree(tmp_path, journal) as stitchery:
        session = await stitchery.sessions.create()
        id = await filled(session, b"x", 1 << 20)
        assert session.shelf.quota.reserved_bytes == 1 << 20
    async with tree(tmp_path, journal) as stitchery:
        session = await again(stitchery, session.record.id)
        assert (session.shelf.quota.reserved_bytes, session.shelf.quota.reserved_files) == (
            1 << 20,
            1,
        )
        assert await session.uploads.size(id) == 1
        await session.drop_upload(id)
        assert (session.shelf.quota.reserved_bytes, session.shelf.quota.reserved_files) == (0, 0)


async def test_what_may_not_be_begun_leaves_nothing(tmp_path: Path) -> None:
    async with tree(tmp_path) as stitchery:
        session = await stitchery.sessions.create()
        with pytest.raises(TooLarge) as caught:
            await session.begin_upload("a", (1 << 20) + 1)
        assert caught.value.limit == "upload_bytes"
        await session.begin_upload("a", 1 << 20)
        await session.begin_upload("a", 1 << 19)
        with pytest.raises(TooManyUploads) as many:
            await session.begin_upload("a", 1)
        assert many.value.limit == "unfinished_uploads"
        assert len(on_disk(tmp_path)) == 2


async def test_two_beginnings_at_once_do_not_share_the_last_place(tmp_path: Path) -> None:
    async with tree(tmp_path) as stitchery:
        session = await stitchery.sessions.create()
        await session.begin_upload("a", 1)
        refused: list[TooManyUploads] = []

        async def begin() -> None:
            try:
                await session.begin_upload("a", 1)
            except TooManyUploads as error:
                refused.append(error)

        async with trio.open_nursery() as nursery:
            for _ in range(4):
                nursery.start_soon(begin)
        assert len(refused) == 3
        assert len(session.uploads) == 2


async def test_a_record_that_finds_no_room_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = MemoryJournal()
    async with tree(tmp_path, journal) as stitchery:
        session = await stitchery.sessions.create()

        async def full(_: UploadRecord) -> None:
            raise StorageFull("full")

        with monkeypatch.context() as patched:
            patched.setattr(journal, "add_upload", full)
            with pytest.raises(StorageFull):
                await session.begin_upload("a", 5)
        assert on_disk(tmp_path) == []
        assert session.shelf.quota.reserved_bytes == 0
        assert len(session.uploads) == 0


async def test_the_session_s_limit_counts_uploads_that_have_only_begun(tmp_path: Path) -> None:
    async with tree(tmp_path) as stitchery:
        session = await stitchery.sessions.create()
        await session.begin_upload("a", 1 << 20)
        await session.shelf.new_part(1 << 20)
        session.shelf.quota.max_bytes = (1 << 20) + 5
        with pytest.raises(QuotaExceeded):
            await session.begin_upload("a", 6)


# --- to the file, once ----------------------------------------------------------------------------


async def test_an_upload_becomes_a_file_once_however_often_it_is_asked_for(
    tmp_path: Path,
) -> None:
    async with tree(tmp_path) as stitchery:
        session = await stitchery.sessions.create()
        id = await filled(session, b"picture")
        files: list[str | None] = []

        async def finish() -> None:
            files.append((await session.finish_upload(id)).file)

        async with trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(finish)
        [file] = session.shelf.files
        assert files == [file] * 5
        quota = session.shelf.quota
        assert (quota.used_bytes, quota.used_files) == (7, 1)
        assert (quota.reserved_bytes, quota.reserved_files) == (0, 0)
        assert [path.read_bytes() for path in on_disk(tmp_path)] == [b"picture"]
        with pytest.raises(UploadComplete):
            async with session.uploads.writing(id):
                pass


async def test_finishing_goes_on_when_the_asker_leaves(tmp_path: Path) -> None:
    async with tree(tmp_path) as stitchery:
        session = await stitchery.sessions.create()
        id = await filled(session, b"picture")
        with trio.CancelScope() as scope:
            scope.cancel()
            await session.finish_upload(id)
        assert (await session.finish_upload(id)).file in session.shelf.files


async def test_a_file_that_is_refused_takes_its_upload_along(tmp_path: Path) -> None:
    workers = Lookers()
    async with tree(tmp_path, workers=workers) as stitchery:
        session = await stitchery.sessions.create()
        id = await filled(session, b"nonsense")
        workers.end = WorkerCrashed("it crashed")
        with pytest.raises(UnreadableMedia):
            await session.finish_upload(id)
        assert on_disk(tmp_path) == []
        with pytest.raises(NotFound):
            session.uploads.find(id)
        assert session.shelf.quota.reserved_bytes == 0


async def test_a_record_that_finds_no_room_leaves_the_upload_to_be_finished_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = MemoryJournal()
    async with tree(tmp_path, journal) as stitchery:
        session = await stitchery.sessions.create()
        id = await filled(session, b"picture")

        async def full(_: UploadRecord, __: FileRecord) -> None:
            raise StorageFull("full")

        with monkeypatch.context() as patched:
            patched.setattr(journal, "finish_upload", full)
            with pytest.raises(StorageFull):
                await session.finish_upload(id)
        assert session.shelf.files == {}
        assert session.shelf.quota.reserved_bytes == 7
        assert await session.uploads.size(id) == 7
        assert (await session.finish_upload(id)).file in session.shelf.files
        assert session.shelf.quota.reserved_bytes == 0


async def test_bytes_that_find_no_way_back_from_a_file_are_no_less_the_uploads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the record of the file nor the way back to a draft: both go another time."""
    journal = MemoryJournal()
    async with tree(tmp_path, journal) as stitchery:
        session = await stitchery.sessions.create()
        one, two = [await filled(session, content) for content in (b"one", b"two")]

        async def full(*_: object) -> bool:
            raise StorageFull("full")

        async def fail(*ids: str) -> None:
            with monkeypatch.context() as patched:
                patched.setattr(journal, "finish_upload", full)
                patched.setattr(stitchery.services.workspace, "return_to_draft", full)
                for id in ids:
                    with pytest.raises(StorageFull):
                        await session.finish_upload(id)

        await fail(one, two, one)
        assert await session.uploads.size(one) == 3
        await session.finish_upload(one)
        await session.retire()
        session = await again(stitchery, session.record.id)
        await session.finish_upload(two)
        assert session.shelf.files.keys() == {one, two}
        dropped = await filled(session, b"three")
        await fail(dropped)
        await session.drop_upload(dropped)
        assert sorted(path.name for path in on_disk(tmp_path)) == sorted([one, two])
        assert not session.uploads.owed
        assert not (tmp_path / "lost").exists()


async def test_of_finished_uploads_only_the_newest_are_remembered(tmp_path: Path) -> None:
    journal = MemoryJournal()
    async with tree(tmp_path, journal) as stitchery:
        session = await stitchery.sessions.create()
        ids = [await filled(session, b"picture") for _ in range(2)]
        for id in ids:
            await session.finish_upload(id)
        third = await filled(session, b"picture")
        await session.finish_upload(third)
        assert [upload.id for upload in await journal.uploads()] == [ids[1], third]
        assert len(session.shelf.files) == 3


async def test_two_that_finish_at_once_forget_each_old_one_once(tmp_path: Path) -> None:
    async with tree(tmp_path) as stitchery:
        session = await stitchery.sessions.create()
        ids = [await filled(session, b"picture") for _ in range(2)]
        for id in ids:
            await session.finish_upload(id)
        ids.append(await filled(session, b"picture"))
        fewer = LIMITS.model_copy(update={"max_unfinished_uploads": 1})
        settings = stitchery.services.settings
        stitchery.services.settings = settings.model_copy(update={"limits": fewer})
        async with trio.open_nursery() as nursery:
            for id in ids[1:]:
                nursery.start_soon(session.finish_upload, id)
        assert session.uploads.find(ids[2]).file is not None


async def test_the_newest_of_many_writers_has_its_turn_and_the_others_are_told(
    tmp_path: Path,
) -> None:
    async with tree(tmp_path) as stitchery:
        session = await stitchery.sessions.create()
        id = await filled(session, b"", 100)
        told: list[int] = []

        async def write(number: int) -> None:
            try:
                async with session.uploads.writing(id) as draft:
                    await draft.write(b"x")
                    await trio.sleep_forever()
            except UploadTakenOver:
                told.append(number)

        async with trio.open_nursery() as nursery:
            for number in range(5):
                nursery.start_soon(write, number)
                await trio.testing.wait_all_tasks_blocked()
            assert await session.uploads.size(id) >= 1
            assert sorted(told) == [0, 1, 2, 3, 4]
            nursery.cancel_scope.cancel()


# --- after a crash --------------------------------------------------------------------------------


async def test_a_crash_between_the_file_and_its_record_leaves_an_upload_to_be_finished(
    tmp_path: Path,
) -> None:
    journal = MemoryJournal()
    async with tree(tmp_path, journal) as stitchery:
        session = await stitchery.sessions.create()
        id = await filled(session, b"picture")
    [draft] = on_disk(tmp_path)
    file = tmp_path / "files" / session.record.id / id
    file.parent.mkdir(parents=True)
    draft.rename(file)
    async with tree(tmp_path, journal) as stitchery:
        session = await again(stitchery, session.record.id)
        assert session.shelf.files == {}
        assert await session.uploads.size(id) == 7
        await session.finish_upload(id)
        assert list(session.shelf.files) == [id]
        assert file.read_bytes() == b"picture"


async def test_bytes_without_a_record_and_records_without_bytes_are_gone_at_the_start(
    tmp_path: Path,
) -> None:
    journal = MemoryJournal()
    async with tree(tmp_path, journal) as stitchery:
        session = await stitchery.sessions.create()
        kept, no_bytes = await filled(session, b"a", 5), await filled(session, b"b", 5)
        no_record = stitchery.services.new_id()
        await stitchery.services.workspace.drafts.begin(session.record.id, no_record)
    (tmp_path / "uploads" / session.record.id / no_bytes).unlink()
    async with tree(tmp_path, journal) as stitchery:
        assert [upload.id for upload in await journal.uploads()] == [kept]
        assert [path.name for path in on_disk(tmp_path)] == [kept]
        session = await again(stitchery, session.record.id)
        assert session.shelf.quota.reserved_bytes == 5


# --- in time --------------------------------------------------------------------------------------


async def test_an_upload_without_a_byte_for_long_is_given_up(
    tmp_path: Path, mock_clock: Clock
) -> None:
    journal = MemoryJournal()
    async with tree(tmp_path, journal) as stitchery:
        session = await stitchery.sessions.create()
        await filled(session, b"a", 9)
        moving = await filled(session, b"b", 9)

        async def pass_hours(hours: int) -> None:
            for _ in range(hours):
                mock_clock.jump(HOUR)
                await settled(stitchery)

        await pass_hours(23)
        session = await again(stitchery, session.record.id)
        async with session.uploads.writing(moving) as draft:
            await draft.write(b"c")
        await pass_hours(2)
        assert [upload.id for upload in await journal.uploads()] == [moving]
        await pass_hours(25)
        assert await journal.uploads() == ()
        assert on_disk(tmp_path) == []


async def settled(stitchery: Stitchery) -> None:
    """Waits until nobody is in a thread any more: the mock clock does not see threads.

    A session that comes to memory and gives uploads up goes to the disk a dozen times.
    """
    for _ in range(12):
        await trio.testing.wait_all_tasks_blocked(0.001)
        await stitchery.services.workspace.drafts.all()


async def test_what_stood_still_while_the_service_was_off_is_given_up_at_the_start(
    tmp_path: Path,
) -> None:
    journal = MemoryJournal()
    async with tree(tmp_path, journal) as stitchery:
        session = await stitchery.sessions.create()
        await filled(session, b"a", 5)
    [draft] = on_disk(tmp_path)
    os.utime(draft, (LONG_AGO, LONG_AGO))
    async with tree(tmp_path, journal):
        assert await journal.uploads() == ()
        assert on_disk(tmp_path) == []


async def test_an_upload_that_the_disk_does_not_let_go_stops_neither_the_start_nor_the_others(
    tmp_path: Path,
) -> None:
    journal = MemoryJournal()
    async with tree(tmp_path, journal) as stitchery:
        session = await stitchery.sessions.create()
        stuck, other = await filled(session, b"a", 5), await filled(session, b"b", 5)
    folder = tmp_path / "uploads" / session.record.id
    (folder / stuck).unlink()
    (folder / stuck).mkdir()
    for draft in (folder / stuck, folder / other):
        os.utime(draft, (LONG_AGO, LONG_AGO))
    async with tree(tmp_path, journal):
        assert [upload.id for upload in await journal.uploads()] == [stuck]
        assert on_disk(tmp_path) == [folder / stuck]


sights = st.dictionaries(
    st.sampled_from("abc"),
    st.builds(Sight, size=st.integers(0, 3), age=st.floats(-100, 100)),
)


@given(st.lists(st.tuples(st.floats(0, 50), sights), max_size=8))
def test_nothing_that_changed_within_the_time_is_given_up(
    looks: list[tuple[float, dict[str, Sight]]],
) -> None:
    stillness, now = Stillness(), 0.0
    before: dict[str, Sight] = {}
    for passed, seen in looks:
        now += passed
        due = stillness.look(now, seen, 60)
        for id in due:
            assert id in seen
            if id in before:
                assert before[id].size == seen[id].size
            else:
                assert seen[id].age >= 60
        before = seen


def test_a_wall_clock_that_jumps_gives_up_nothing_that_is_known() -> None:
    stillness = Stillness()
    assert stillness.look(0, {"a": Sight(1, 0)}, 60) == []
    assert stillness.look(30, {"a": Sight(1, 1e9)}, 60) == []
    assert stillness.look(59, {"a": Sight(1, -1e9)}, 60) == []
    assert stillness.look(60, {"a": Sight(1, 0)}, 60) == ["a"]
