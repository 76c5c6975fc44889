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
from actors.settling import MANY, TOLD, Parted, compare, is_elsewhere
from actors.tree import Stitchery, open_stitchery
from actors.workspace import Workspace
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


SEVERAL = {"A": dict.fromkeys("12345", 1), "B": dict.fromkeys("67890", 1), "C": {}}


@pytest.mark.parametrize(
    ("recorded", "anything", "elsewhere"),
    [
        ({"A": {"1": 5}}, None, True),
        ({"A": {}}, None, False),
        ({}, None, False),
        (SEVERAL, None, True),
        (SEVERAL, False, True),
        (SEVERAL, True, False),
        ({"A": {"1": 5}, "B": {"2": 5}}, False, False),
        ({"A": dict.fromkeys("1234567890", 1), "B": {}}, False, False),
    ],
)
def test_files_are_elsewhere_if_their_folder_is_missing_or_empty_instead_of_several_sessions(
    *, recorded: dict[str, dict[str, int]], anything: bool | None, elsewhere: bool
) -> None:
    assert sum(map(len, SEVERAL.values())) == MANY
    assert is_elsewhere(recorded, anything=anything) is elsewhere


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


async def test_files_on_a_volume_that_is_not_mounted_are_not_forgotten(tmp_path: Path) -> None:
    """Missing or empty, the start is refused, and changes nothing; with the volume back all is."""
    journal, files = MemoryJournal(), tmp_path / "files"
    async with tree(tmp_path, journal) as stitchery:
        for _ in range(2):
            session = await stitchery.sessions.create()
            for _ in range(MANY // 2):
                await stored(stitchery, session)
        recorded = await journal.all_files()
    files.rename(tmp_path / "volume")
    for found in ("missing", "empty"):
        with pytest.RaisesGroup(
            pytest.RaisesExc(
                MissingFilesError, match=f"files is {found}, .* lists 10 files.*mount"
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
