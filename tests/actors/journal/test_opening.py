"""Opening a data folder: whatever is wrong with it is said in plain words, or is no harm."""

import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import trio

from actors.errors import Fault
from actors.journal import inspection, opening, stamps
from actors.journal.opening import DATABASE, LOCK, open_store
from actors.journal.port import (
    DamagedJournalError,
    FolderInUseError,
    JournalUnusableError,
    MissingJournalError,
    NewerJournalError,
)
from actors.journal.queries import files_before, sessions_before, usage
from actors.journal.schema import MIGRATIONS, VERSION
from actors.journal.sqlite import SqliteJournal
from tests.actors.journal.makers import Wall, a_session, opened
from tests.actors.journal.rooms import fill, open_descriptors, write_directly


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "some" / "data folder #1?"


async def test_a_second_server_is_refused_and_the_first_goes_on(folder: Path) -> None:
    session = a_session()
    async with opened(SqliteJournal(folder)) as journal:
        with pytest.raises(FolderInUseError, match=rf"process {os.getpid()}\)"):
            open_store(folder)
        other = await trio.run_process(
            [sys.executable, "-c", OPEN, folder], capture_stdout=True, check=False
        )
        assert other.stdout.decode().startswith("FolderInUseError: The data folder ")
        await journal.add_session(session)
        assert await journal.session(session.id) == session


OPEN = """
import pathlib, sys
from actors.journal.opening import open_store
try:
    open_store(pathlib.Path(sys.argv[1]))
except Exception as error:
    print(f"{type(error).__name__}: {error}")
"""


async def test_a_journal_that_cannot_be_opened_says_so_to_whoever_starts_it(folder: Path) -> None:
    fill(folder)
    write_directly(folder, f"PRAGMA user_version = {VERSION + 1}")
    async with trio.open_nursery() as nursery:
        with pytest.raises(NewerJournalError):
            await nursery.start(SqliteJournal(folder).run)


# --- whatever is there ----------------------------------------------------------------------------


def changing(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        (folder / DATABASE).write_bytes(change((folder / DATABASE).read_bytes()))

    return act


def beside(ending: str, content: bytes) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        (folder / f"{DATABASE}{ending}").write_bytes(content)

    return act


def foreign(folder: Path) -> None:
    (folder / DATABASE).unlink()
    write_directly(folder, "CREATE TABLE theirs (a)")
    write_directly(folder, "PRAGMA user_version = 1")


def newer(folder: Path) -> None:
    write_directly(folder, f"PRAGMA user_version = {VERSION + 7}")


def gone(folder: Path) -> None:
    (folder / DATABASE).unlink()


def a_folder_instead(folder: Path) -> None:
    gone(folder)
    (folder / DATABASE).mkdir()


def a_pipe_instead(folder: Path) -> None:
    gone(folder)
    (folder / DATABASE).symlink_to("/dev/null")


def a_link_to_nowhere(folder: Path) -> None:
    gone(folder)
    (folder / DATABASE).symlink_to("/nowhere/at/all")


def without_tables(folder: Path) -> None:
    """A first life was killed that had written into its log only, and the log is gone."""
    gone(folder)
    write_directly(folder, "PRAGMA journal_mode = WAL")


def bytes_in(name: str) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        (folder / name / "s").mkdir(parents=True)
        (folder / name / "s" / "f").write_bytes(b"bytes")

    return act


def both(*acts: Callable[[Path], None]) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        for one in acts:
            one(folder)

    return act


emptied = changing(lambda _: b"")

DAMAGED = {
    "the header zeroed": changing(lambda c: b"\0" * 100 + c[100:]),
    "the first page zeroed": changing(lambda c: b"\0" * 4096 + c[4096:]),
    "a flipped page size": changing(lambda c: c[:16] + b"\x03\x03" + c[18:]),
    "cut in half": changing(lambda c: c[: len(c) // 2]),
    "cut in a page": changing(lambda c: c[:5000]),
    "cut in the header": changing(lambda c: c[:50]),
    "pages zeroed": changing(lambda c: c[:4096] + b"\0" * 40_000 + c[44_096:]),
    "not a database": changing(lambda _: b"Dear diary, " * 1000),
}
REFUSED: dict[str, tuple[Callable[[Path], None], type[JournalUnusableError], str]] = {
    name: (act, DamagedJournalError, r"is damaged: .*from a backup")
    for name, act in DAMAGED.items()
} | {
    "of a later release": (newer, NewerJournalError, f"its version is {VERSION + 7}"),
    "of another program": (foreign, JournalUnusableError, "another program"),
    "gone beside files": (both(gone, bytes_in("files")), MissingJournalError, "is missing.*s/f"),
    "gone beside uploads": (both(gone, bytes_in("uploads")), MissingJournalError, "repair"),
    "empty beside files": (both(emptied, bytes_in("files")), MissingJournalError, "is empty"),
    "gone beside its log": (both(gone, beside("-wal", b"x" * 99)), MissingJournalError, "-wal"),
    "empty beside its log": (both(emptied, beside("-wal", b"x" * 99)), MissingJournalError, "-wal"),
    "without tables beside files": (
        both(without_tables, bytes_in("files")),
        MissingJournalError,
        "has nothing in it.*s/f",
    ),
    "a folder in its place": (a_folder_instead, JournalUnusableError, "Is a directory"),
    "a link to nowhere": (a_link_to_nowhere, JournalUnusableError, "cannot be used: No such"),
    "a folder for a log": (
        lambda folder: (folder / f"{DATABASE}-wal").mkdir(),
        JournalUnusableError,
        "cannot be used: Is a directory",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_opened_is_refused_in_plain_words_and_left_as_it_is(
    folder: Path, case: str
) -> None:
    act, error, words = REFUSED[case]
    fill(folder)
    act(folder)
    before = open_descriptors()
    content = {
        path: path.read_bytes()
        for path in folder.glob("**/*")
        if path.is_file() and path.name != LOCK
    }
    with pytest.raises(JournalUnusableError, match=words) as caught:
        open_store(folder)
    assert type(caught.value) is error
    assert str(caught.value).endswith((".", ")"))
    assert open_descriptors() == before
    assert {path: path.read_bytes() for path in content} == content


STARTS: dict[str, tuple[Callable[[Path], None], int]] = {
    "as it was": (lambda _folder: None, 3),
    "gone, and nothing else": (gone, 0),
    "empty, and nothing else": (emptied, 0),
    "without tables, and nothing else": (without_tables, 0),
    "gone beside folders of sessions without files": (
        both(gone, lambda folder: (folder / "files" / "s").mkdir(parents=True)),
        0,
    ),
    "nonsense for an index": (beside("-shm", b"\xff" * 32768), 3),
    "nonsense for a short log": (beside("-wal", b"\xff" * 5000), 3),
    "an empty log": (beside("-wal", b""), 3),
    "a log of zeros": (beside("-wal", bytes(99_999)), 3),
    "nonsense for a rollback journal": (beside("-journal", b"\xff" * 999), 3),
    "files on record": (bytes_in("files"), 3),
}


@pytest.mark.parametrize("case", STARTS)
def test_what_does_no_harm_is_no_reason_to_stay_down(folder: Path, case: str) -> None:
    act, files = STARTS[case]
    fill(folder, files=3)
    act(folder)
    store = open_store(folder)
    assert store.findings == ()
    ((found,),) = store.read(lambda c: c.execute("SELECT count(*) FROM files").fetchall())
    assert found == files
    store.close()


def test_nonsense_in_the_place_of_a_long_log_is_told(folder: Path) -> None:
    fill(folder, files=3)
    beside("-wal", b"\xff" * 9999)(folder)
    store = open_store(folder)
    assert "is damaged" in store.findings[0]
    store.close()


def test_a_refused_journal_opens_when_it_was_put_back(folder: Path) -> None:
    fill(folder)
    whole = (folder / DATABASE).read_bytes()
    DAMAGED["cut in half"](folder)
    with pytest.raises(DamagedJournalError):
        open_store(folder)
    (folder / DATABASE).write_bytes(whole)
    for path in folder.glob("*-*"):
        path.unlink()
    open_store(folder).close()


@pytest.mark.parametrize("where", ["a file", "a file/below", "/proc/nowhere"])
def test_a_folder_that_cannot_be_one_is_named(tmp_path: Path, where: str) -> None:
    (tmp_path / "a file").write_text("in the way")
    with pytest.raises(JournalUnusableError, match=r"cannot be used: .*name another folder"):
        open_store(tmp_path / where)


@pytest.mark.parametrize("name", [DATABASE, LOCK])
def test_a_folder_without_rights_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Injected: whoever runs the tests may have all rights."""
    real = os.open

    def forbidden(path: os.PathLike[str], *arguments: int, **more: int) -> int:
        if Path(path).name == name:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments, **more)

    fill(folder)
    monkeypatch.setattr(os, "open", forbidden)
    with pytest.raises(JournalUnusableError, match=rf"Permission denied \(.*{name}\)\. Look"):
        open_store(folder)


def test_a_great_journal_is_checked_in_part_only(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Damage within its rows is left to `stitchery check`; a cut is seen all the same."""
    fill(folder)
    monkeypatch.setattr(inspection, "CHECKED_WHOLE", 1000)
    whole = (folder / DATABASE).read_bytes()
    (folder / DATABASE).write_bytes(whole[:-8192] + bytes(8192))
    open_store(folder).close()
    (folder / DATABASE).write_bytes(whole[:-8192])
    with pytest.raises(DamagedJournalError):
        open_store(folder)


def test_the_age_never_goes_back_though_its_last_mark_was_lost(folder: Path) -> None:
    """A killed life has stamped rows with ages that no mark says; then the clock is set back."""
    fill(folder)
    write_directly(folder, "UPDATE files SET added = 777")
    wall = Wall()
    wall.now = 0
    store = open_store(folder, wall=wall)
    assert store.resumed.age == 777
    assert "before the end of the last life" in store.resumed.doubt
    store.close()


GARBAGE = ["1e12", "1e300", "9e999", "-9e999", "-1.0", "-1e300", "'text'", "x'00'"]


@pytest.mark.parametrize("stamp", GARBAGE)
def test_a_stamp_that_no_life_can_have_made_ages_nothing_and_is_made_anew(
    folder: Path, stamp: str
) -> None:
    """One row of three; else the janitor would remove the others, or this one, at once."""
    session = fill(folder, files=3)
    write_directly(folder, "UPDATE meta SET value = 9e6 WHERE name = 'age'")
    for row in ("files SET added = {} WHERE rowid = 2", "sessions SET used = {}"):
        write_directly(folder, "UPDATE " + row.format(stamp))
    for findings in (2, 0):
        store = open_store(folder)
        assert 9 <= store.resumed.age < 60
        assert len(store.findings) == findings
        assert all("kept longer" in finding for finding in store.findings)
        assert len(store.read(files_before(9.0, 10)).taken) == 2
        assert store.read(sessions_before(9.0, 10)).taken == ()
        assert len(store.read(files_before(1e9, 10)).taken) == 3
        assert store.read(usage(session)).files == 3
        store.close()


def test_stamps_are_looked_for_by_their_indexes(folder: Path) -> None:
    """However many rows there are, an opening does not read them."""
    fill(folder, files=3)
    asked: list[str] = []
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        connection.set_trace_callback(asked.append)
        stamps.reached(connection, 1.0)
        stamps.renew(connection, 1.0)
        connection.set_trace_callback(None)
        statements = [sql for sql in asked if not sql.startswith("BEGIN")]
        assert len(statements) == 6
        for sql in statements:
            plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
            assert not [step for *_, step in plan if step.startswith("SCAN")], (sql, plan)


@pytest.mark.parametrize("name", ["age", "wall", "life"])
def test_a_journal_that_has_lost_one_of_its_own_numbers_opens_and_its_life_is_a_later_one(
    folder: Path, name: str
) -> None:
    fill(folder, files=3)
    write_directly(folder, "DELETE FROM meta WHERE name = ?", name)
    wall = Wall()
    store = open_store(folder, wall=wall)
    assert store.life == (int(wall.now) if name == "life" else 2)
    store.close()


def test_a_migration_keeps_what_is_on_record(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = fill(folder, files=3)
    step = ("ALTER TABLE files ADD COLUMN seen INTEGER", "CREATE INDEX seen ON files (seen)")
    monkeypatch.setattr(opening, "MIGRATIONS", (*MIGRATIONS, step))
    monkeypatch.setattr(inspection, "VERSION", VERSION + 1)
    for _ in range(2):
        store = open_store(folder)
        assert store.read(usage(session)).files == 3
        columns = store.read(lambda c: c.execute("SELECT seen FROM files").fetchall())
        assert columns == [(None,)] * 3
        store.close()


def test_a_migration_that_fails_changes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = fill(folder, files=3)
    monkeypatch.setattr(inspection, "VERSION", VERSION + 1)
    step = ("ALTER TABLE files ADD COLUMN seen INTEGER", "nonsense")
    with monkeypatch.context() as patch:
        patch.setattr(opening, "MIGRATIONS", (*MIGRATIONS, step))
        with pytest.raises(JournalUnusableError, match="cannot be opened"):
            open_store(folder)
    store = open_store(folder)
    with pytest.raises(Fault):
        store.read(lambda c: c.execute("SELECT seen FROM files"))
    assert store.read(usage(session)).files == 3
    store.close()
