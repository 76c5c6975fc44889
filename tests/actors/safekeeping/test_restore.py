"""A backup is put back whole, over nothing that was there, and only if it is worth it."""

import errno
from pathlib import Path

import pytest

from actors.journal.opening import DATABASE
from actors.journal.port import FolderInUseError
from actors.journal.sqlite import SqliteJournal
from actors.safekeeping.backup import back_up
from actors.safekeeping.check import check
from actors.safekeeping.findings import Code
from actors.safekeeping.places import PlaceTakenError
from actors.safekeeping.restore import UnfitBackupError, restore
from tests.actors.journal.makers import opened
from tests.actors.safekeeping.folders import Folder, changed_record, everything, flip, made_days_ago


@pytest.fixture
def backup(folder: Folder, tmp_path: Path) -> Path:
    back_up(folder.path, tmp_path / "backup")
    return tmp_path / "backup"


async def test_a_restored_folder_has_all_that_the_first_had(
    folder: Folder, backup: Path, tmp_path: Path
) -> None:
    before = everything(backup)

    done = restore(backup, tmp_path / "new")

    was, now = everything(folder.path), everything(tmp_path / "new")
    assert now.keys() == was.keys() - {"journal.lock"}
    assert all(was[name] == now[name] for name in now if not name.startswith("journal"))
    assert not done.checked.findings
    assert (done.aside, done.left_out, done.damaged) == (None, 0, ())
    assert everything(backup) == before
    async with opened(SqliteJournal(tmp_path / "new")) as journal:
        for session in folder.sessions:
            assert await journal.session(session.id) == session


async def test_what_is_restored_is_as_old_as_when_the_backup_was_made(
    folder: Folder, backup: Path, tmp_path: Path
) -> None:
    age = made_days_ago(backup / DATABASE, 10)

    restore(backup, tmp_path / "new", anyway=True)

    async with opened(SqliteJournal(tmp_path / "new")) as journal:
        assert age <= journal.age() < age + 3600
        assert not await journal.files_before(age, limit=100)


def test_a_folder_with_anything_in_it_stays_as_it_is(folder: Folder, backup: Path) -> None:
    before = everything(folder.path)

    with pytest.raises(PlaceTakenError, match="--replace"):
        restore(backup, folder.path)

    assert everything(folder.path) == before


def test_a_replaced_folder_is_moved_aside_whole(folder: Folder, backup: Path) -> None:
    before = everything(folder.path)
    folder.path.with_name("data.before-1").touch()

    done = restore(backup, folder.path, replace=True)

    assert done.aside == folder.path.with_name("data.before-2")
    assert everything(done.aside) == before
    assert not check(folder.path, deep=True).findings


async def test_a_running_servers_folder_is_never_moved(folder: Folder, backup: Path) -> None:
    async with opened(SqliteJournal(folder.path)) as journal:
        with pytest.raises(FolderInUseError):
            restore(backup, folder.path, replace=True)

        assert await journal.session(folder.sessions[0].id)
    assert not folder.path.with_name("data.before-1").exists()


def test_a_folder_that_was_moved_aside_comes_back_when_the_new_one_cannot_appear(
    folder: Folder, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(folder.path)

    def fail(half: Path, place: Path) -> None:
        raise OSError(errno.EIO, "the disk failed")

    monkeypatch.setattr("actors.safekeeping.restore.appear", fail)
    with pytest.raises(OSError, match="the disk failed"):
        restore(backup, folder.path, replace=True)

    assert everything(folder.path) == before


def test_a_backup_that_is_not_whole_is_refused_and_nothing_made(
    folder: Folder, backup: Path, tmp_path: Path
) -> None:
    (backup / "files" / folder.files[0].session / folder.files[0].id).unlink()

    with pytest.raises(UnfitBackupError) as refusal:
        restore(backup, tmp_path / "new")

    assert Code.FILE_MISSING in {finding.code for finding in refusal.value.findings}
    assert not (tmp_path / "new").exists()


def test_bytes_that_went_bad_are_found_on_the_way(
    folder: Folder, backup: Path, tmp_path: Path
) -> None:
    flip(backup / "files" / folder.files[0].session / folder.files[0].id, 0)

    with pytest.raises(UnfitBackupError):
        restore(backup, tmp_path / "new")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup", "data"]


def test_what_there_is_of_a_backup_can_be_had(folder: Folder, backup: Path, tmp_path: Path) -> None:
    gone, bad = folder.files[0], folder.files[1]
    (backup / "files" / gone.session / gone.id).unlink()
    flip(backup / "files" / bad.session / bad.id, 0)

    done = restore(backup, tmp_path / "new", anyway=True)

    assert done.left_out == 1
    assert [finding.id for finding in done.damaged] == [bad.id]
    assert not done.checked.findings
    assert done.checked.counts["files"] == len(folder.files) - 1


@pytest.mark.parametrize("table", ["files", "uploads"])
def test_what_stands_in_an_ids_place_leads_nowhere(
    folder: Folder, backup: Path, tmp_path: Path, table: str
) -> None:
    id = (folder.files if table == "files" else folder.uploads)[0].id
    (tmp_path / "evil").write_text("not ours")
    change = f"UPDATE {table} SET id = '../../../evil', document = replace(document, '{id}', "  # noqa: S608 -- our own names
    changed_record(backup, f"{change} '../../../evil') WHERE id = '{id}'")
    place = tmp_path / "sub" / "new"

    with pytest.raises(UnfitBackupError) as refusal:
        restore(backup, place)
    assert Code.RECORD in {finding.code for finding in refusal.value.findings}
    done = restore(backup, place, anyway=True)

    assert [path.name for path in (tmp_path / "sub").iterdir()] == ["new"]
    assert Code.RECORD in {finding.code for finding in done.damaged}
    assert not {Code.RECORD, Code.REFERENCE} & {one.code for one in done.checked.findings}


def test_rows_that_make_no_sense_or_refer_to_nothing_are_not_restored(
    folder: Folder, backup: Path, tmp_path: Path
) -> None:
    changed_record(
        backup,
        "UPDATE sessions SET id = '..', document = replace(document, id, '..') WHERE rowid = 1",
        "UPDATE files SET session = '..' WHERE rowid = 5",
        "UPDATE jobs SET document = '{}' WHERE rowid = 6",
    )

    done = restore(backup, tmp_path / "new", anyway=True)

    assert {one.code for one in done.damaged} == {Code.RECORD, Code.REFERENCE}
    assert {one.code for one in done.checked.findings} <= {
        Code.FILE_UNRECORDED,
        Code.DRAFT_UNRECORDED,
    }
    assert done.checked.counts["sessions"] == len(folder.sessions) - 1


def test_a_folder_that_cannot_be_put_back_is_named(
    folder: Folder, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(folder.path)

    def taken(half: Path, place: Path) -> None:
        place.write_text("somebody else's")
        raise PlaceTakenError("Something has come meanwhile.")

    monkeypatch.setattr("actors.safekeeping.restore.appear", taken)
    with pytest.raises(PlaceTakenError, match=r"come meanwhile\..* is .*data\.before-1 now"):
        restore(backup, folder.path, replace=True)

    assert everything(folder.path.with_name("data.before-1")) == before


def test_a_resting_folder_can_be_restored_like_a_backup(folder: Folder, tmp_path: Path) -> None:
    restore(folder.path, tmp_path / "new")

    assert not check(tmp_path / "new", deep=True).findings
