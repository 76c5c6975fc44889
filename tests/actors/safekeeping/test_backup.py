"""A backup agrees with itself whatever happens beside it, and is there whole or not at all."""

import shutil
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from actors.journal.opening import DATABASE
from actors.journal.sqlite import SqliteJournal
from actors.safekeeping import copying, snapshot
from actors.safekeeping.backup import back_up
from actors.safekeeping.carrying import Progress
from actors.safekeeping.check import check
from actors.safekeeping.findings import Code
from actors.safekeeping.manifest import NAME
from actors.safekeeping.places import KEYS, PlaceTakenError
from actors.safekeeping.reading import UnreadableJournalError
from tests.actors.journal.makers import a_session, opened
from tests.actors.safekeeping.dying import die
from tests.actors.safekeeping.folders import (
    Folder,
    a_page_of_the_journal_zeroed,
    changed_record,
    everything,
    flip,
    store,
)
from web import keys


class StoppedError(Exception):
    pass


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "backups" / "monday"


def once_copying(act: Callable[[], None]) -> Callable[[Progress], None]:
    """Acts when the record is copied and the first bytes of files are."""
    done = threading.Event()

    def report(progress: Progress) -> None:
        if progress.step == "files" and not done.is_set():
            done.set()
            act()

    return report


def test_the_file_of_keys_is_the_one_that_tokens_are_signed_with() -> None:
    assert KEYS == keys.FILE_NAME


def test_a_backup_has_all_that_lasts_and_a_manifest(folder: Folder, place: Path) -> None:
    made, carried = back_up(folder.path, place)

    was, now = everything(folder.path), everything(place)
    assert {name for name in was if name != "journal.lock"} | {NAME} == now.keys()
    assert all(was[name] == now[name] for name in now if not name.startswith(("journal", NAME)))
    assert (made.files, made.uploads) == (len(folder.files), len(folder.uploads))
    assert made.bytes == sum(file.size for file in folder.files) + 3 * len(b"half of it")
    assert (made.left_out, made.damaged, carried.linked) == (0, 0, 0)


def test_nobody_else_may_read_a_backup(folder: Folder, place: Path) -> None:
    back_up(folder.path, place)

    for path in [place, *place.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_linked_files_share_their_bytes_and_drafts_do_not(folder: Folder, place: Path) -> None:
    made, carried = back_up(folder.path, place, link=True)

    assert carried.linked == made.files == len(folder.files)
    for path in place.glob("files/*/*"):
        assert path.stat().st_nlink == 2
    for path in place.glob("uploads/*/*"):
        assert path.stat().st_nlink == 1
    assert not check(place, deep=True).findings


def test_what_its_user_removes_meanwhile_is_in_neither_files_nor_record(
    folder: Folder, place: Path
) -> None:
    gone, upload = folder.files[-1], folder.uploads[-1]

    def remove() -> None:
        folder.bytes_of(gone).unlink()
        folder.draft_of(upload).unlink()
        changed_record(
            folder.path,
            f"DELETE FROM files WHERE id = '{gone.id}'",  # noqa: S608 -- our own id
            f"DELETE FROM uploads WHERE id = '{upload.id}'",  # noqa: S608 -- our own id
        )

    made, carried = back_up(folder.path, place, report=once_copying(remove))

    assert made.left_out == 2
    assert set(carried.left_out) == {(gone.session, gone.id), (upload.session, upload.id)}
    assert (made.files, made.uploads) == (len(folder.files) - 1, len(folder.uploads) - 1)
    assert not check(place, deep=True).findings


def test_what_the_disk_lost_is_told_and_stays_on_record(folder: Folder, place: Path) -> None:
    folder.bytes_of(folder.files[0]).unlink()
    folder.draft_of(folder.uploads[0]).unlink()

    made, carried = back_up(folder.path, place)

    codes = [Code.DRAFT_MISSING, Code.FILE_MISSING]
    assert sorted(finding.code for finding in carried.damaged) == codes
    assert (made.left_out, made.damaged, made.files) == (0, 2, len(folder.files))
    assert sorted(finding.code for finding in check(place).findings) == codes


async def test_beside_a_service_what_is_missing_is_looked_at_until_its_record_has_followed(
    folder: Folder, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = folder.files[0]
    folder.bytes_of(gone).unlink()
    async with opened(SqliteJournal(folder.path)) as journal:

        def follow() -> None:
            trio.from_thread.run(journal.remove_file, gone.session, gone.id)

        monkeypatch.setattr(snapshot, "pause", follow)
        made, carried = await trio.to_thread.run_sync(back_up, folder.path, place)

    assert carried.left_out == ((gone.session, gone.id),)
    assert made.damaged == 0
    assert not check(place).findings


@pytest.mark.parametrize("kind", ["files", "uploads"])
def test_links_in_place_of_files_or_of_their_folders_are_not_followed(
    folder: Folder, place: Path, tmp_path: Path, kind: str
) -> None:
    file, upload = folder.files[0], folder.uploads[0]
    session = folder.path / kind / file.session
    session.rename(tmp_path / "elsewhere")
    session.symlink_to(tmp_path / "elsewhere")
    for path in (folder.bytes_of(folder.files[-1]), folder.draft_of(folder.uploads[-1])):
        path.rename(tmp_path / path.name)
        path.symlink_to(tmp_path / path.name)

    _, carried = back_up(folder.path, place, link=True)

    lost = {(finding.session, finding.id) for finding in carried.damaged}
    first = file if kind == "files" else upload
    for record in (first, folder.files[-1], folder.uploads[-1]):
        assert (record.session, record.id) in lost
    assert not any(path.is_symlink() for path in place.rglob("*"))
    found = {(finding.session, finding.id) for finding in check(folder.path, deep=True).findings}
    assert found == lost


def test_an_upload_that_becomes_a_file_meanwhile_is_a_whole_draft(
    folder: Folder, place: Path
) -> None:
    upload = folder.uploads[-1]
    draft = folder.draft_of(upload)

    def finish() -> None:
        draft.rename(folder.path / "files" / upload.session / upload.id)

    made, _ = back_up(folder.path, place, report=once_copying(finish))

    assert made.uploads == len(folder.uploads)
    assert (place / "uploads" / upload.session / upload.id).read_bytes() == b"half of it"
    assert not check(place, deep=True).findings


async def test_what_is_written_meanwhile_is_not_in_the_backup(folder: Folder, place: Path) -> None:
    async with opened(SqliteJournal(folder.path)) as journal:
        stop = trio.Event()

        async def write() -> None:
            while not stop.is_set():
                session = a_session()
                await journal.add_session(session)
                await journal.add_files(store(folder.path, session.id, b"new"))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(write)
            for number in range(3):
                there = place.with_name(str(number))
                made, _ = await trio.to_thread.run_sync(back_up, folder.path, there)
                assert not check(there, deep=True).findings
                assert made.files >= len(folder.files)
            stop.set()


def test_a_damaged_file_is_kept_as_it_is_and_told(folder: Folder, place: Path) -> None:
    flip(folder.bytes_of(folder.files[0]), 0)

    made, carried = back_up(folder.path, place)

    assert made.damaged == 1
    assert [finding.id for finding in carried.damaged] == [folder.files[0].id]
    assert [finding.code for finding in check(place, deep=True).findings] == [Code.FILE_CONTENT]


def test_a_damaged_journal_is_not_backed_up(folder: Folder, place: Path) -> None:
    a_page_of_the_journal_zeroed(folder)

    with pytest.raises(UnreadableJournalError, match="stitchery repair"):
        back_up(folder.path, place)

    assert not place.exists()
    assert not any(place.parent.iterdir())


def test_a_disk_that_files_would_fill_is_left_alone(
    folder: Folder, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = shutil.disk_usage(folder.path)._replace(free=folder.files[0].size)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: room)

    with pytest.raises(PlaceTakenError, match="0 MiB free"):
        back_up(folder.path, place)

    assert not any(place.parent.iterdir())


def test_links_that_cannot_be_made_need_the_room_of_copies(
    folder: Folder, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = shutil.disk_usage(folder.path)
    monkeypatch.setattr(  # for the journal and drafts there is room, and for nothing else
        shutil,
        "disk_usage",
        lambda half: room._replace(free=1000 if (half / DATABASE).exists() else 1 << 30),
    )
    back_up(folder.path, place.with_name("linked"), link=True)

    monkeypatch.setattr(copying, "link_file", lambda _source, _target: False)
    with pytest.raises(PlaceTakenError, match="Make room"):
        back_up(folder.path, place, link=True)

    assert not place.exists()


def test_what_the_service_keeps_free_is_no_room(
    folder: Folder, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = shutil.disk_usage(folder.path)._replace(free=1 << 30)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: room)

    with pytest.raises(PlaceTakenError, match="1024 MiB kept free for the service"):
        back_up(folder.path, place, floor=1 << 30)

    back_up(folder.path, place, floor=1 << 29)


def test_a_place_with_anything_in_it_is_refused(folder: Folder, place: Path) -> None:
    place.mkdir(parents=True)
    (place / "x").touch()

    with pytest.raises(PlaceTakenError, match="new or empty"):
        back_up(folder.path, place)

    assert everything(place) == {"x": b""}


def test_an_empty_folder_is_a_place(folder: Folder, place: Path) -> None:
    place.mkdir(parents=True)

    back_up(folder.path, place)

    assert not check(place).findings


def test_a_place_in_the_data_folder_is_refused(folder: Folder) -> None:
    with pytest.raises(PlaceTakenError, match="data folder itself"):
        back_up(folder.path, folder.path / "backup")


def test_a_backup_that_is_stopped_leaves_nothing(folder: Folder, place: Path) -> None:
    def stop() -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        back_up(folder.path, place, report=once_copying(stop))

    assert not any(place.parent.iterdir())


def test_what_a_killed_backup_left_is_gone_after_the_next(folder: Folder, place: Path) -> None:
    assert die("backup", folder.path, place)
    assert [path.name for path in place.parent.iterdir()] != []
    assert not place.exists()

    back_up(folder.path, place)

    assert [path.name for path in place.parent.iterdir()] == [place.name]


def test_two_backups_side_by_side_leave_each_other_alone(folder: Folder, place: Path) -> None:
    def another() -> None:
        back_up(folder.path, place.with_name("other"))

    back_up(folder.path, place, report=once_copying(another))

    for path in (place, place.with_name("other")):
        assert not check(path, deep=True).findings
