"""What becomes of bytes and records that were parted: at the start, and in a broken session."""

import errno
import shutil
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from actors.errors import Fault, NotFound, StorageFull
from actors.journal.memory import MemoryJournal
from actors.journal.port import MissingFilesError
from actors.lost import Moved, Place
from actors.messages import FileRecord, Media
from actors.session import Session
from actors.settling import TOLD, Parted, compare
from actors.tree import Stitchery, open_stitchery
from actors.workspace import FilesAway, Workspace
from tests.capabilities import IdleWorkers, Nap, nap_settings


@asynccontextmanager
async def tree(
    data: Path, journal: MemoryJournal, workspace: Workspace | None = None
) -> AsyncIterator[Stitchery]:
    async with open_stitchery(
        nap_settings(data),
        capabilities={"nap": Nap()},
        journal=journal,
        workers=IdleWorkers(),
        workspace=workspace,
    ) as stitchery:
        yield stitchery


async def stored(stitchery: Stitchery, session: Session, content: bytes = b"whole") -> str:
    """A file of the session, in place and on record."""
    async with session.receive_part(1000) as part:
        await part.write(content)
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
    return part.id


async def again(stitchery: Stitchery, session: Session) -> Session:
    found = await stitchery.sessions.find(session.record.id)
    assert found is not None
    return found


def below(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "ages.json"
    }


# --- pure -----------------------------------------------------------------------------------------

sizes = st.dictionaries(
    st.sampled_from("AB"), st.dictionaries(st.sampled_from("123"), st.integers(0, 2))
)


@given(sizes, sizes)
def test_what_agrees_stays_and_all_else_is_told_once(
    recorded: dict[str, dict[str, int]], found: dict[str, dict[str, int]]
) -> None:
    parted = compare(recorded, found)
    rows = {(session, id): size for session in recorded for id, size in recorded[session].items()}
    files = {(session, id): size for session in found for id, size in found[session].items()}
    assert set(parted.unrecorded) == files.keys() - rows.keys()
    assert set(parted.without_bytes) == rows.keys() - files.keys()
    assert set(parted.differing) == {
        place for place in rows.keys() & files.keys() if rows[place] != files[place]
    }


def test_agreement_is_nothing() -> None:
    assert compare({"A": {"1": 5}, "B": {}}, {"A": {"1": 5}}) == Parted()


# --- at the start ---------------------------------------------------------------------------------


async def test_the_start_settles_all_ways_in_which_both_can_part(tmp_path: Path) -> None:
    journal = MemoryJournal()
    async with tree(tmp_path, journal) as stitchery:
        session = await stitchery.sessions.create()
        whole, without, shorter = [await stored(stitchery, session) for _ in range(3)]
        stray, strange = stitchery.services.new_id(), stitchery.services.new_id()
    folder = tmp_path / "files" / session.record.id
    (folder / without).unlink()
    (folder / shorter).write_bytes(b"who")
    (folder / stray).write_bytes(b"nobody's")
    (folder / "notes.txt").write_bytes(b"a person's")
    (tmp_path / "files" / strange).mkdir()
    (tmp_path / "files" / strange / stray).write_bytes(b"strange")
    with capture_logs() as logs:
        async with tree(tmp_path, journal) as stitchery:
            session = await again(stitchery, session)
            assert list(session.shelf.files) == [whole]
            assert session.shelf.quota.used_files == 1
            assert (await journal.all_files()) == {session.record.id: {whole: 5}}
    assert below(tmp_path / "files") == {
        f"{session.record.id}/{whole}": b"whole",
        f"{session.record.id}/notes.txt": b"a person's",
    }
    assert below(tmp_path / "lost") == {
        f"{session.record.id}/{shorter}": b"who",
        f"{session.record.id}/{stray}": b"nobody's",
        f"{strange}/{stray}": b"strange",
    }
    [told] = [line for line in logs if line["event"] == "took up where the last life ended"]
    assert told["files_parted"] == {"without_record": 2, "without_bytes": 1, "of_another_size": 1}
    assert [line["file"] for line in logs if "gone from the disk" in line["event"]] == [without]


async def test_many_findings_get_a_line_each_up_to_a_number_and_then_a_count(
    tmp_path: Path,
) -> None:
    journal = MemoryJournal()
    async with tree(tmp_path, journal) as stitchery:
        session = await stitchery.sessions.create()
        for _ in range(TOLD + 5):
            await stored(stitchery, session)
    for path in (tmp_path / "files" / session.record.id).iterdir():
        path.unlink()
    with capture_logs() as logs:
        async with tree(tmp_path, journal):
            assert await journal.all_files() == {}
    lines = [line for line in logs if "gone from the disk" in line["event"]]
    assert len(lines) == TOLD + 1
    assert lines[-1]["besides"] == 5


async def test_what_the_record_says_of_itself_is_told_at_the_start(tmp_path: Path) -> None:
    journal = MemoryJournal()
    journal.findings = ("The tail was cut.",)
    with capture_logs() as logs:
        async with tree(tmp_path, journal):
            pass
    assert [line["finding"] for line in logs if "finding" in line] == ["The tail was cut."]


async def test_a_draft_on_nobodys_record_is_lost_only_if_something_has_come(
    tmp_path: Path,
) -> None:
    journal = MemoryJournal()
    async with tree(tmp_path, journal) as stitchery:
        session = await stitchery.sessions.create()
        drafts = stitchery.services.workspace.drafts
        begun, empty = stitchery.services.new_id(), stitchery.services.new_id()
        await drafts.begin(session.record.id, begun)
        await drafts.begin(session.record.id, empty)
        async with await drafts.open(session.record.id, begun) as draft:
            await draft.write(b"half")
    async with tree(tmp_path, journal):
        assert below(tmp_path / "uploads") == {}
        assert below(tmp_path / "lost") == {f"{session.record.id}/{begun}": b"half"}


@pytest.mark.parametrize("sessions", [1, 2])
async def test_files_on_a_volume_that_is_not_mounted_are_not_forgotten(
    tmp_path: Path, sessions: int
) -> None:
    """Missing or empty, the start is refused, and changes nothing; with the volume back all is."""
    journal, files = MemoryJournal(), tmp_path / "files"
    async with tree(tmp_path, journal) as stitchery:
        for _ in range(sessions):
            await stored(stitchery, await stitchery.sessions.create())
        recorded = await journal.all_files()
    files.rename(tmp_path / "volume")
    for found in ("missing", "empty"):
        with pytest.RaisesGroup(
            pytest.RaisesExc(
                MissingFilesError, match=f"files is {found}, .* lists {sessions} files.*mount"
            ),
            flatten_subgroups=True,
        ):
            async with tree(tmp_path, journal):
                pass
        assert not files.exists() or not list(files.iterdir())
        files.mkdir(exist_ok=True)
    files.rmdir()
    (tmp_path / "volume").rename(files)
    async with tree(tmp_path, journal):
        assert await journal.all_files() == recorded


async def test_files_that_somebody_has_removed_are_forgotten_if_these_were_all(
    tmp_path: Path,
) -> None:
    """As by `rm -r files/*`, or by a crash that came when the one session had half ended."""
    journal = MemoryJournal()
    async with tree(tmp_path, journal) as stitchery:
        session = await stitchery.sessions.create()
        await stored(stitchery, session)
    shutil.rmtree(tmp_path / "files" / session.record.id)
    async with tree(tmp_path, journal):
        assert await journal.all_files() == {}


async def test_files_that_are_gone_for_good_are_forgotten_when_somebody_says_so(
    tmp_path: Path,
) -> None:
    journal = MemoryJournal()
    async with tree(tmp_path, journal) as stitchery:
        await stored(stitchery, await stitchery.sessions.create())
    shutil.rmtree(tmp_path / "files")
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "gone").touch()
    async with tree(tmp_path, journal):
        assert await journal.all_files() == {}


# --- a disk that does not let it be settled -------------------------------------------------------


class Stubborn(Workspace):
    """A disk that reads, and neither moves nor removes."""

    async def put_aside(self, places: Iterable[Place], age: float) -> Moved:
        await trio.lowlevel.checkpoint()
        raise Fault("The disk of the data folder failed: Read-only file system")

    async def put_drafts_aside(self, places: Iterable[Place], age: float) -> Moved:
        return await self.put_aside(places, age)


async def test_a_disk_that_lets_nothing_move_stops_no_start(tmp_path: Path) -> None:
    journal = MemoryJournal()
    async with tree(tmp_path, journal) as stitchery:
        session = await stitchery.sessions.create()
        whole, shorter = [await stored(stitchery, session) for _ in range(2)]
    stray = tmp_path / "files" / session.record.id / stitchery.services.new_id()
    stray.write_bytes(b"nobody's")
    (tmp_path / "files" / session.record.id / shorter).write_bytes(b"who")
    async with tree(tmp_path, journal, Stubborn(tmp_path)) as stitchery:
        session = await again(stitchery, session)
        assert list(session.shelf.files) == [whole]
    assert stray.exists()


async def test_a_folder_that_cannot_be_read_forgets_none_of_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = MemoryJournal()
    async with tree(tmp_path, journal) as stitchery:
        session, other = [await stitchery.sessions.create() for _ in range(2)]
        file = await stored(stitchery, session)
        gone = await stored(stitchery, other)
    (tmp_path / "files" / other.record.id / gone).unlink()
    with monkeypatch.context() as broken:
        broken.setattr("os.scandir", _refusing(session.record.id))
        async with tree(tmp_path, journal):
            assert await journal.all_files() == {session.record.id: {file: 5}}


def _refusing(session: str) -> Any:
    import os  # noqa: PLC0415 -- the one that is about to be replaced

    scandir = os.scandir

    def refuse(path: Any) -> Any:
        if str(path).endswith(session):
            raise OSError(errno.EIO, "Input/output error")
        return scandir(path)

    return refuse


class FullJournal(MemoryJournal):
    """One that takes no removal of a file while it is full."""

    def __init__(self) -> None:
        super().__init__(before_write=self._refuse)
        self.full = False

    async def _refuse(self, write: str) -> None:
        if self.full and write == "remove_file":
            raise StorageFull("The disk is full.", retry_after=1)


async def test_what_a_full_disk_does_not_forget_at_the_start_is_not_shown_and_owed(
    tmp_path: Path,
) -> None:
    journal = FullJournal()
    async with tree(tmp_path, journal) as stitchery:
        session = await stitchery.sessions.create()
        file = await stored(stitchery, session)
    (tmp_path / "files" / session.record.id / file).unlink()
    journal.full = True
    async with tree(tmp_path, journal) as stitchery:
        session = await again(stitchery, session)
        assert session.shelf.files == {}
        assert session.shelf.owed == {file}
        journal.full = False
        await session.sweep()
        assert session.shelf.owed == set()
        assert await journal.all_files() == {}


# --- within a life --------------------------------------------------------------------------------


async def test_a_file_removed_while_the_record_has_no_room_never_comes_back(
    tmp_path: Path,
) -> None:
    journal = FullJournal()
    async with tree(tmp_path, journal) as stitchery:
        session = await stitchery.sessions.create()
        file = await stored(stitchery, session)
        journal.full = True
        await session.drop_file(file)
        assert session.shelf.files == {}
        assert session.shelf.quota.used_bytes == 0
        with pytest.raises(NotFound):
            await session.drop_file(file)
        await session.retire()
        session = await again(stitchery, session)
        assert session.shelf.files == {}
        assert await journal.file(session.record.id, file) is not None
        journal.full = False
        await session.sweep()
        assert await journal.file(session.record.id, file) is None


async def test_a_file_that_the_disk_does_not_let_go_stays_in_sight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = MemoryJournal()
    async with tree(tmp_path, journal) as stitchery:
        session = await stitchery.sessions.create()
        stuck, other = [await stored(stitchery, session) for _ in range(2)]
        path = stitchery.services.workspace.path(session.record.id, stuck)
        path.unlink()
        path.mkdir()
        with pytest.raises(Fault):
            await session.drop_file(stuck)
        assert await session.sweep([stuck, other]) == {other}
        assert list(session.shelf.files) == [stuck]
        assert session.shelf.quota.used_files == 1


@pytest.mark.parametrize("mount_point", [True, False])
async def test_while_the_volume_of_the_files_is_away_none_is_forgotten_or_removed(
    tmp_path: Path, *, mount_point: bool
) -> None:
    """Nor is anything put where it was; with the volume back all is as before."""
    journal, files = MemoryJournal(), tmp_path / "files"
    async with tree(tmp_path, journal) as stitchery:
        session = await stitchery.sessions.create()
        kept = {await stored(stitchery, session) for _ in range(3)}
        files.rename(tmp_path / "volume")
        if mount_point:
            files.mkdir()
        await session.retire()
        session = await again(stitchery, session)
        assert session.shelf.files.keys() == kept
        with pytest.raises(FilesAway):
            await session.drop_file(min(kept))
        with pytest.raises(FilesAway):
            await stored(stitchery, session)
        with pytest.raises(FilesAway):
            await session.end()
        assert not files.exists() or not list(files.iterdir())
        if mount_point:
            files.rmdir()
        (tmp_path / "volume").rename(files)
        session = await again(stitchery, session)
        assert session.shelf.files.keys() == kept
        await session.drop_file(min(kept))
        assert (await journal.all_files())[session.record.id].keys() == kept - {min(kept)}
        assert not (tmp_path / "lost").exists()


async def test_with_the_whole_data_folder_away_no_upload_is_forgotten(tmp_path: Path) -> None:
    journal, data = MemoryJournal(), tmp_path / "data"
    async with tree(data, journal) as stitchery:
        session = await stitchery.sessions.create()
        await stored(stitchery, session)
        upload = await session.begin_upload("a", 9)
        data.rename(tmp_path / "volume")
        await session.retire()
        session = await again(stitchery, session)
        assert not session.uploads.owed
        (tmp_path / "volume").rename(data)
        assert session.uploads.find(upload.id) == upload
        assert await session.uploads.size(upload.id) == 0


async def test_a_link_in_the_place_of_a_session_leads_nowhere(tmp_path: Path) -> None:
    """What is behind it is not ours: neither taken for files nor removed with the session."""
    journal, behind = MemoryJournal(), tmp_path / "home"
    data = tmp_path / "data"
    async with tree(data, journal) as stitchery:
        session = await stitchery.sessions.create()
        file = await stored(stitchery, session)
        folder = data / "files" / session.record.id
        folder.rename(behind)
        (behind / stitchery.services.new_id()).write_bytes(b"a person's")
        held = below(behind)
        folder.symlink_to(behind)
        await session.retire()
        session = await again(stitchery, session)
        assert session.shelf.files.keys() == {file}
        with pytest.raises(Fault):
            await session.drop_file(file)
        await session.end()
        assert not folder.is_symlink()
    assert below(behind) == held


async def test_an_ended_session_takes_along_what_it_has_lost(tmp_path: Path) -> None:
    journal = MemoryJournal()
    async with tree(tmp_path, journal) as stitchery:
        session, other = [await stitchery.sessions.create() for _ in range(2)]
        for one in (session, other):
            await stored(stitchery, one)
            stray = tmp_path / "files" / one.record.id / stitchery.services.new_id()
            stray.write_bytes(b"private")
            await one.retire()
        session, other = [await again(stitchery, one) for one in (session, other)]
        await session.end()
        [left] = below(tmp_path / "lost")
        assert left.startswith(other.record.id)


async def test_a_session_that_broke_between_bytes_and_record_is_settled_when_it_comes_back(
    tmp_path: Path,
) -> None:
    journal = MemoryJournal()
    async with tree(tmp_path, journal) as stitchery:
        session = await stitchery.sessions.create()
        file = await stored(stitchery, session)
        stray = stitchery.services.new_id()
        (tmp_path / "files" / session.record.id / stray).write_bytes(b"half a settlement")
        await session.retire()
        session = await again(stitchery, session)
        assert list(session.shelf.files) == [file]
        assert below(tmp_path / "lost") == {f"{session.record.id}/{stray}": b"half a settlement"}
