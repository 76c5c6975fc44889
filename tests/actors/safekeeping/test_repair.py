"""What can be read of a damaged journal is saved; the old one is kept, and nothing else touched."""

import shutil
import sqlite3
import struct
from contextlib import closing, suppress
from pathlib import Path
from random import Random

import pytest

from actors.journal.opening import open_store
from actors.journal.port import FolderInUseError, JournalUnusableError
from actors.journal.schema import MIGRATIONS, VERSION
from actors.journal.sqlite import SqliteJournal
from actors.safekeeping.check import check
from actors.safekeeping.findings import Code
from actors.safekeeping.pages import Pages, varint
from actors.safekeeping.reading import UnreadableJournalError
from actors.safekeeping.repair import WORKSHOP, NothingToRepairError, diagnose, repair
from actors.safekeeping.salvage import begin_empty
from tests.actors.journal.makers import a_session, opened
from tests.actors.safekeeping.dying import die
from tests.actors.safekeeping.folders import (
    DAMAGES,
    Folder,
    changed_record,
    copied,
    everything,
    flip,
    made_days_ago,
)

PAGE = 4096
TABLES = ("sessions", "jobs", "keys", "files", "uploads")


@pytest.fixture
def folder(large: Folder, tmp_path: Path) -> Folder:
    return copied(large, tmp_path / "data")


def rows(path: Path) -> dict[str, set[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        return {
            table: set(connection.execute(f"SELECT * FROM {table}").fetchall())  # noqa: S608
            for table in TABLES
        }


def zero(path: Path, page: int) -> None:
    with path.open("r+b") as file:
        file.seek(page * PAGE)
        file.write(bytes(PAGE))


def life(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        ((value,),) = connection.execute("SELECT value FROM meta WHERE name = 'life'").fetchall()
    return int(value)


def test_a_whole_journal_is_left_alone(folder: Folder) -> None:
    before = everything(folder.path)

    with pytest.raises(NothingToRepairError):
        repair(folder.path)

    assert everything(folder.path) == before


async def test_with_its_first_page_lost_every_row_is_saved_all_the_same(folder: Folder) -> None:
    was = rows(folder.journal)
    zero(folder.journal, 0)
    broken = folder.journal.read_bytes()

    done = repair(folder.path)

    assert rows(folder.journal) == was
    assert done.aside is not None
    assert (done.aside / folder.journal.name).read_bytes() == broken
    assert not check(folder.path, deep=True).findings
    async with opened(SqliteJournal(folder.path)) as journal:
        assert journal.life > 1


async def test_the_time_for_which_a_journal_lay_damaged_counts_for_nothing(folder: Folder) -> None:
    age = made_days_ago(folder.journal, 10)
    zero(folder.journal, folder.journal.stat().st_size // PAGE - 1)

    repair(folder.path)

    async with opened(SqliteJournal(folder.path)) as journal:
        assert age <= journal.age() < age + 3600


@pytest.mark.parametrize("seed", range(6))
def test_of_lost_pages_only_their_own_rows_are_lost(folder: Folder, seed: int) -> None:
    was = rows(folder.journal)
    before = life(folder.journal)
    pages = folder.journal.stat().st_size // PAGE
    chance = Random(seed)
    for page in chance.sample(range(1, pages), 3):
        zero(folder.journal, page)
    try:
        done = repair(folder.path)
    except NothingToRepairError:
        return  # they held nothing

    now = rows(folder.journal)
    for table in TABLES:
        if not done.salvaged.renewed:
            assert now[table] <= was[table]
        assert len(now[table]) == done.salvaged.saved[table] + (
            done.salvaged.renewed if table == "sessions" else 0
        )
    assert sum(map(len, now.values())) > sum(map(len, was.values())) // 3
    assert len({row[0] for row in now["sessions"]} ^ {row[0] for row in was["sessions"]}) == 0
    codes = {finding.code for finding in check(folder.path).findings}
    assert codes <= {Code.FILE_UNRECORDED, Code.DRAFT_UNRECORDED}
    assert life(folder.journal) >= before


def test_a_lost_session_is_begun_anew_for_what_it_holds(folder: Folder) -> None:
    with closing(sqlite3.connect(folder.journal)) as connection:
        ((root,),) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'sessions'"
        ).fetchall()
    was = rows(folder.journal)
    zero(folder.journal, root - 1)

    done = repair(folder.path)

    now = rows(folder.journal)
    assert done.salvaged.renewed == len(folder.sessions)
    assert all(now[table] == was[table] for table in TABLES if table != "sessions")
    assert not check(folder.path, deep=True).findings


def test_records_that_make_no_sense_are_dropped_and_counted(folder: Folder) -> None:
    with closing(sqlite3.connect(folder.journal)) as connection, connection:
        connection.execute("UPDATE jobs SET document = '{}' WHERE rowid = 1")

    done = repair(folder.path)

    assert done.salvaged.dropped == {"jobs": 1, "keys": 1}  # the key was the job's
    assert done.salvaged.before["jobs"] == 8 * 12
    assert not check(folder.path).findings


def test_records_that_name_no_ids_or_another_session_are_dropped(folder: Folder) -> None:
    changed_record(
        folder.path,
        "UPDATE files SET id = '../x', document = replace(document, id, '../x') WHERE rowid = 1",
        "UPDATE files SET session = (SELECT id FROM sessions WHERE rowid = 2) WHERE rowid = 2",
    )

    done = repair(folder.path)

    assert done.salvaged.dropped == {"files": 2}
    assert {finding.code for finding in check(folder.path).findings} == {Code.FILE_UNRECORDED}


async def test_what_lies_in_a_killed_servers_log_is_saved(folder: Folder, tmp_path: Path) -> None:
    session = a_session()
    async with opened(SqliteJournal(folder.path)) as journal:
        await journal.add_session(session)
        shutil.copytree(folder.path, tmp_path / "killed")
    killed = tmp_path / "killed"
    zero(killed / folder.journal.name, 6)

    done = repair(killed)

    assert done.aside is not None
    assert (done.aside / f"{folder.journal.name}-wal").exists()
    assert not (killed / f"{folder.journal.name}-wal").exists()
    assert session.id in {row[0] for row in rows(killed / folder.journal.name)["sessions"]}


def test_a_missing_journal_is_begun_empty_and_files_stay(folder: Folder) -> None:
    folder.journal.unlink()
    before = everything(folder.path)

    done = repair(folder.path)

    assert done.aside is None
    assert done.unrecorded == len(folder.files) + len(folder.uploads)
    assert before.items() <= everything(folder.path).items()


def a_row_of_no_columns(page: bytearray) -> None:
    """Makes the first row of a leaf one that says of itself that it has no columns."""
    (at,) = struct.unpack_from(">H", page, 8)
    _, at = varint(bytes(page), at)  # its size
    _, at = varint(bytes(page), at)  # its number
    page[at] = 1  # the length of its head, which is this byte alone


def test_a_row_that_no_table_takes_is_counted_as_not_saved(folder: Folder) -> None:
    was = rows(folder.journal)
    with closing(sqlite3.connect(folder.journal)) as connection:
        ((root,),) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'keys'"
        ).fetchall()
    data = bytearray(folder.journal.read_bytes())
    leaf = next(Pages(bytes(data)).leaves_of(root)) - 1
    page = data[leaf * PAGE : (leaf + 1) * PAGE]
    a_row_of_no_columns(page)
    folder.journal.write_bytes(data[: leaf * PAGE] + page + data[(leaf + 1) * PAGE :])

    done = repair(folder.path)

    now = rows(folder.journal)
    assert done.salvaged.dropped == {"keys": 1}
    assert (len(was["keys"] - now["keys"]), now["jobs"] == was["jobs"]) == (1, True)
    assert not check(folder.path).findings


def test_a_journal_that_says_it_may_not_be_written_is_damaged_and_saved(folder: Folder) -> None:
    was = rows(folder.journal)
    flip(folder.journal, 18)  # the format that a writer must know (sqlite.org/fileformat2.html)
    assert [finding.code for finding in check(folder.path).findings] == [Code.JOURNAL_DAMAGED]

    repair(folder.path)

    assert rows(folder.journal) == was
    with pytest.raises(NothingToRepairError):
        diagnose(folder.path)


async def test_a_log_that_a_killed_repair_has_set_aside_is_gone_on_with(
    folder: Folder, tmp_path: Path
) -> None:
    session, killed = a_session(), tmp_path / "killed"
    async with opened(SqliteJournal(folder.path)) as journal:
        await journal.add_session(session)
        killed.mkdir()
        (killed / "damaged-1").mkdir()
        for path in folder.path.glob(f"{folder.journal.name}-*"):
            shutil.copy(path, killed / "damaged-1")
    with pytest.raises(JournalUnusableError):
        open_store(killed)

    done = repair(killed)

    assert done.aside == killed / "damaged-1"
    assert session.id in {row[0] for row in rows(killed / folder.journal.name)["sessions"]}


@pytest.mark.parametrize("seed", range(3))
def test_no_changed_byte_ends_a_repair(folder: Folder, seed: int) -> None:
    chance, whole = Random(seed), folder.journal.read_bytes()
    for _ in range(8):
        data = bytearray(whole)
        for _ in range(40):
            data[chance.randrange(100, len(data))] = chance.randrange(256)
        folder.journal.write_bytes(data)

        with suppress(NothingToRepairError):  # all of them lay where nothing is
            repair(folder.path)

        with pytest.raises(NothingToRepairError):
            diagnose(folder.path)


@pytest.mark.parametrize("begins_whole", [True, False], ids=["whole log", "log without page 1"])
async def test_with_the_journal_gone_what_its_log_holds_is_saved_and_the_log_kept(
    folder: Folder, tmp_path: Path, *, begins_whole: bool
) -> None:
    session, killed = a_session(), tmp_path / "killed"
    async with opened(SqliteJournal(folder.path)) as journal:
        await journal.add_session(session)
        if begins_whole:
            with closing(sqlite3.connect(folder.journal)) as connection, connection:
                connection.execute("PRAGMA user_version")
                connection.execute("CREATE TABLE more (name TEXT PRIMARY KEY)")  # writes page 1
                connection.execute("DROP TABLE more")
        shutil.copytree(folder.path, killed)
    (killed / folder.journal.name).unlink()
    left = {path.name: path.read_bytes() for path in killed.glob(f"{folder.journal.name}-*")}
    log = left[f"{folder.journal.name}-wal"]
    frames = range(32, len(log) - PAGE, 24 + PAGE)
    assert (1 in {struct.unpack_from(">I", log, at)[0] for at in frames}) == begins_whole

    done = repair(killed)

    assert done.aside is not None
    assert {path.name: path.read_bytes() for path in done.aside.glob("*-*")} == left
    assert session.id in {row[0] for row in rows(killed / folder.journal.name)["sessions"]}
    with pytest.raises(NothingToRepairError):
        diagnose(killed)
    async with opened(SqliteJournal(killed)) as journal:
        assert not journal.findings


@pytest.mark.parametrize("name", [name for name in DAMAGES if "journal" in name])
async def test_no_service_starts_on_a_damage_and_after_its_repair_it_does(
    folder: Folder, name: str
) -> None:
    DAMAGES[name][0](folder)
    with pytest.raises(JournalUnusableError):
        open_store(folder.path)

    repair(folder.path)

    async with opened(SqliteJournal(folder.path)) as journal:
        assert journal.life > 1


async def test_a_journal_of_an_earlier_release_stays_one(tmp_path: Path) -> None:
    path = tmp_path / "data" / "journal.sqlite3"
    begin_empty(path, VERSION - 1)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO sessions (id, document) VALUES ('x', '{}')")

    repair(path.parent)

    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchall() == [(len(MIGRATIONS) - 1,)]
    async with opened(SqliteJournal(path.parent)):
        pass


async def test_a_running_servers_folder_is_not_repaired(folder: Folder) -> None:
    async with opened(SqliteJournal(folder.path)):
        with pytest.raises(FolderInUseError):
            repair(folder.path)


def test_what_a_repair_cannot_help_is_refused(folder: Folder, tmp_path: Path) -> None:
    with closing(sqlite3.connect(folder.journal)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
        connection.execute("PRAGMA journal_mode = DELETE")
    before = everything(folder.path)

    for path in (folder.path, tmp_path):
        with pytest.raises(UnreadableJournalError):
            diagnose(path)

    assert everything(folder.path) == before


@pytest.mark.parametrize("step", [1, 2, 3, 5, 7])
def test_a_repair_that_is_killed_is_gone_on_with_by_the_next(folder: Folder, step: int) -> None:
    was = rows(folder.journal)
    flip(folder.journal, 3)
    for kind in ("files", "uploads"):  # nothing but what the killed one left tells of a loss
        shutil.rmtree(folder.path / kind)
    assert die("repair", folder.path, step)

    if not folder.journal.exists():
        with pytest.raises(JournalUnusableError, match="stitchery repair"):
            open_store(folder.path)
        assert [one.code for one in check(folder.path).findings] == [Code.REPAIR_UNFINISHED]
    with suppress(NothingToRepairError):  # the killed one had come to its end
        repair(folder.path)

    assert rows(folder.journal) == was


def test_what_a_killed_repair_left_is_told_and_goes_with_the_next(folder: Folder) -> None:
    left = folder.path / f"{WORKSHOP}killed"
    left.mkdir()
    shutil.copy(folder.journal, left)

    assert any(left.name in note for note in check(folder.path).notes)

    flip(folder.journal, 3)
    repair(folder.path)
    assert not [*folder.path.glob(f"{WORKSHOP}*")]


def test_a_log_without_its_journal_is_set_aside(folder: Folder) -> None:
    folder.journal.unlink()
    log = folder.journal.with_name(f"{folder.journal.name}-wal")
    log.write_bytes(b"what is left")

    done = repair(folder.path)

    assert done.aside is not None
    assert (done.aside / log.name).read_bytes() == b"what is left"
    assert not log.exists()
