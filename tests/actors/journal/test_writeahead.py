"""Logs that real SQLite wrote, damaged at every kind of place: what is lost is told."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from actors.journal.inspection import inspect
from actors.journal.opening import DATABASE, open_store
from actors.journal.statements import add_files, add_session
from actors.journal.store import Write
from actors.journal.writeahead import (
    FRAME_HEADER,
    HEADER,
    Index,
    Log,
    Loss,
    lost,
    read_index,
    read_log,
)
from tests.actors.journal.makers import a_file, a_session

LOG, INDEX = f"{DATABASE}-wal", f"{DATABASE}-shm"
COMMITS = 12
STEP = FRAME_HEADER + 4096

Change = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as a killed server leaves it: `COMMITS` files, each in a commit of its own."""
    folder = tmp_path_factory.mktemp("killed")
    store = open_store(folder)
    session = a_session()
    store.commit([Write(add_session(session, age=0))])
    store._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # what is lost are files only
    for number in range(COMMITS):
        store.commit([Write(add_files(a_file(session.id, size=number), age=0))])
    left = folder / "left"
    left.mkdir()
    for name in (DATABASE, LOG, INDEX):
        shutil.copy(folder / name, left / name)
    store.close()
    return left


def found_with(killed: Path, folder: Path, change: Change, *, index: bool) -> tuple[int, str]:
    """Inspects a copy of the folder with its log changed; how many files are lost, what is told."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(killed, folder)
    (folder / LOG).write_bytes(change((killed / LOG).read_bytes()))
    if not index:
        (folder / INDEX).unlink()
    told = inspect(folder / DATABASE)
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        ((found,),) = connection.execute("SELECT count(*) FROM files")
    return COMMITS - found, " ".join(told)


def flip(at: int) -> Change:
    return lambda log: log[:at] + bytes([log[at] ^ 0x10]) + log[at + 1 :]


def cut(at: int) -> Change:
    return lambda log: log[:at]


def add(tail: bytes, log: bytes) -> bytes:
    return log + tail


def frames(log: bytes) -> Iterator[int]:
    return iter(range(HEADER, len(log), STEP))


def places(killed: Path) -> Iterator[int]:
    """In the header: mark, page size, salt, checksum. In every sixth page: all of its header's
    fields, and three places of its content."""
    yield from (0, 10, 17, 30)
    for number, at in enumerate(frames((killed / LOG).read_bytes())):
        if number % 6 == 0:
            for offset in (2, 7, 9, 13, 19, FRAME_HEADER, FRAME_HEADER + 2000, STEP - 1):
                yield at + offset


def test_a_whole_log_is_taken_and_nothing_is_told(killed: Path, tmp_path: Path) -> None:
    for index in (True, False):
        assert found_with(killed, tmp_path / "d", lambda log: log, index=index) == (0, "")
    assert not list(tmp_path.glob("**/*damaged*"))


def test_wherever_a_bit_flips_in_the_log_of_a_killed_server_what_is_lost_is_told(
    killed: Path, tmp_path: Path
) -> None:
    for at in places(killed):
        gone, told = found_with(killed, tmp_path / "d", flip(at), index=True)
        assert gone > 0, at  # SQLite takes nothing behind a wrong bit
        assert "is damaged" in told, at
        assert "kept as journal.sqlite3-wal.damaged-1." in told
        kept = (tmp_path / "d" / f"{LOG}.damaged-1").read_bytes()
        assert kept == flip(at)((killed / LOG).read_bytes())


def test_without_its_index_more_than_one_lost_commit_is_told(killed: Path, tmp_path: Path) -> None:
    """One alone may be the last, torn by a power cut before anybody was told of it."""
    for at in places(killed):
        gone, told = found_with(killed, tmp_path / "d", flip(at), index=False)
        assert gone > 0, at
        assert "is damaged" in told or gone <= 2, at  # the one that was hit no longer looks whole


def test_wherever_the_log_of_a_killed_server_is_cut_it_is_told(
    killed: Path, tmp_path: Path
) -> None:
    log = (killed / LOG).read_bytes()
    for at in (0, 1, HEADER - 1, HEADER, *frames(log), *(at + 100 for at in frames(log))):
        gone, told = found_with(killed, tmp_path / "d", cut(at), index=True)
        assert gone > 0, at
        assert "is damaged" in told, at


def test_a_log_that_is_gone_is_told(killed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "d"
    shutil.copytree(killed, folder)
    (folder / LOG).unlink()
    store = open_store(folder)
    (told,) = store.findings
    assert "The log itself is gone." in told
    store.close()


def test_what_the_power_leaves_of_the_last_commit_is_no_damage(
    killed: Path, tmp_path: Path
) -> None:
    """The power took the index along; pages of a commit that nobody was told of lie at the end."""
    log = (killed / LOG).read_bytes()
    begun = log[HEADER : HEADER + 4] + bytes(4) + log[HEADER + 8 : HEADER + STEP]
    whole = log[-STEP:]
    for tail in (begun, begun + begun[:1000], begun + whole, bytes(5000), b"\xff" * 5000, b"x"):
        longer = partial(add, tail)
        assert found_with(killed, tmp_path / "d", longer, index=False) == (0, "")


def test_pages_of_an_earlier_filling_are_no_damage(tmp_path: Path) -> None:
    """A log is written over from its begin; what it had before still lies behind."""
    path = tmp_path / "a"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (a)")
        for _ in range(20):
            connection.execute("INSERT INTO t VALUES (zeroblob(5000))")
        connection.execute("PRAGMA wal_checkpoint(RESTART)")
        connection.execute("INSERT INTO t VALUES (1)")
        log = read_log((tmp_path / "a-wal").read_bytes(), 4096)
        index = read_index((tmp_path / "a-shm").read_bytes())
    assert index is not None
    assert index.salts == log.salts
    assert log.commits == (index.frames,)
    assert lost(log, index.frames, index) is None


def test_of_damaged_logs_the_newest_three_are_kept(killed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "d"
    shutil.copytree(killed, folder)
    (folder / f"{LOG}.damaged-old").touch()  # not ours
    for number in range(1, 13):
        for name in (LOG, INDEX, DATABASE):
            shutil.copy(killed / name, folder / name)
        damaged = flip(HEADER + STEP + number)((killed / LOG).read_bytes())
        (folder / LOG).write_bytes(damaged)
        store = open_store(folder)
        assert f"damaged-{number}." in store.findings[0]
        store.close()
        assert (folder / f"{LOG}.damaged-{number}").read_bytes() == damaged
    kept = {path.name.rpartition("-")[2] for path in folder.glob("*damaged*")}
    assert kept == {"old", "10", "11", "12"}


def test_a_damage_is_told_once_however_often_the_server_is_killed_after_it(
    killed: Path, tmp_path: Path
) -> None:
    """The commits behind it must not be taken for those of a later life."""
    folder, after = tmp_path / "d", tmp_path / "after"
    for at in places(killed):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(killed, folder)
        (folder / LOG).write_bytes(flip(at)((killed / LOG).read_bytes()))
        for told in (1, 0, 0):
            store = open_store(folder)
            assert len(store.findings) == told, (at, store.findings)
            store.commit([Write(add_session(a_session(), age=0))])
            shutil.copytree(folder, after)  # as it would be killed now
            store.close()
            shutil.rmtree(folder)
            after.rename(folder)


def test_a_log_that_cannot_be_kept_is_told_and_no_reason_to_stay_down(
    killed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    gone, told = found_with(killed, tmp_path / "d", cut(HEADER), index=True)
    assert gone == COMMITS
    assert "could not be kept (No space left on device)" in told
    assert not list((tmp_path / "d").glob("*damaged*"))


S, OTHER = b"salts..1", b"salts..2"


@pytest.mark.parametrize(
    ("log", "taken", "index", "loss"),
    [
        (Log(S, (2, 4)), 4, Index(4, 0, S), None),
        (Log(S, (2, 4)), 4, None, None),
        (Log(S, (2, 4)), 2, None, None),  # the last, torn
        (Log(S, (2, 4)), 0, None, Loss(0, 4, 2)),
        (Log(S, (2, 4)), 2, Index(4, 0, S), Loss(2, 4, 1)),  # the last, and it was told
        (Log(S, (2, 4)), 2, Index(4, 0, OTHER), None),  # of another filling: no witness
        (Log(S, (2,)), 2, Index(9, 9, S), Loss(2, 9, 1)),  # older pages hide the main file's
        (Log(S, ()), 0, Index(9, 9, S), None),  # the main file has all
        (Log(b"", ()), 0, Index(9, 3, S), Loss(0, 9, 1)),  # no log at all
        (Log(b"", ()), 0, Index(9, 9, S), None),
        (Log(b"", ()), 0, None, None),
        (Log(S, (2, 6)), 6, Index(4, 0, S), None),  # killed between its log and its index
    ],
)
def test_what_is_lost_follows_from_log_and_index(
    log: Log, taken: int, index: Index | None, loss: Loss | None
) -> None:
    assert lost(log, taken, index) == loss


@pytest.mark.parametrize("index", [b"", b"x" * 200, bytes(200), bytes(20)])
def test_an_index_that_is_none_says_nothing(index: bytes) -> None:
    assert read_index(index) is None


@pytest.mark.parametrize("log", [b"", b"x", b"x" * 32, bytes(5000), b"\xff" * 10_000])
def test_what_is_no_log_has_no_commits_that_sqlite_would_take(log: bytes) -> None:
    assert len(read_log(log, 4096).commits) <= 2
