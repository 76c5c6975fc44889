"""A check finds every damage that matters, at rest and beside a server, and changes nothing."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random

import pytest

from actors.journal.schema import APPLICATION_ID, VERSION
from actors.journal.sqlite import SqliteJournal
from actors.safekeeping.backup import back_up
from actors.safekeeping.check import Checked, check
from actors.safekeeping.findings import Code
from actors.safekeeping.snapshot import LOOKS
from tests.actors.journal.makers import a_session, opened
from tests.actors.safekeeping.folders import (
    DAMAGES,
    Folder,
    everything,
    flip,
    store,
)


def codes(found: Checked) -> set[Code]:
    return {finding.code for finding in found.findings}


@contextmanager
def changed(folder: Folder) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(folder.journal)) as connection:
        with connection:
            yield connection
        connection.execute("PRAGMA journal_mode = DELETE")


def test_a_whole_folder_has_no_findings(folder: Folder) -> None:
    found = check(folder.path, deep=True)

    assert not found.findings
    assert not found.notes
    assert found.server is None
    assert found.counts["files"] == len(folder.files)


def test_a_backup_has_no_findings_and_tells_what_it_is(folder: Folder, tmp_path: Path) -> None:
    made, _ = back_up(folder.path, tmp_path / "backup")

    found = check(tmp_path / "backup", deep=True)

    assert not found.findings
    assert found.manifest == made
    assert made.made_at in found.notes[0]


@pytest.mark.parametrize("name", DAMAGES)
def test_each_damage_is_found_for_what_it_is(folder: Folder, tmp_path: Path, name: str) -> None:
    act, expected = DAMAGES[name]
    act(folder)
    before = everything(folder.path)

    found = check(folder.path, deep=True)

    assert codes(found) == expected
    assert all(finding.advice for finding in found.findings)
    assert everything(folder.path) == before


@pytest.mark.parametrize("name", DAMAGES)
def test_each_damage_of_a_backup_is_found(folder: Folder, tmp_path: Path, name: str) -> None:
    back_up(folder.path, tmp_path / "backup")
    act, expected = DAMAGES[name]
    act(Folder(tmp_path / "backup", folder.sessions, folder.files, folder.uploads))

    found = check(tmp_path / "backup", deep=True)

    assert codes(found) - {Code.MANIFEST} == expected


@pytest.mark.parametrize("seed", range(4))
def test_a_changed_byte_anywhere_in_a_journal_is_found_in_a_backup_and_harmless_elsewhere(
    folder: Folder, tmp_path: Path, seed: int
) -> None:
    back_up(folder.path, tmp_path / "backup")
    chance = Random(seed)
    for path in (tmp_path / "backup", folder.path):
        journal = path / folder.journal.name
        whole = journal.read_bytes()
        for _ in range(10):
            data = bytearray(whole)
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            journal.write_bytes(data)

            found = check(path)

            assert found.findings or path == folder.path
            assert json.dumps([finding.text for finding in found.findings]).isascii()


def test_a_record_that_makes_no_sense_is_found(folder: Folder) -> None:
    with changed(folder) as connection:
        connection.execute("UPDATE jobs SET document = '{}' WHERE rowid = 1")
        connection.execute("UPDATE jobs SET document = CAST(x'ff' AS TEXT) WHERE rowid = 2")
        connection.execute(
            "UPDATE sessions SET document = (SELECT document FROM sessions WHERE rowid = 1)"
            " WHERE rowid = 2"
        )

    assert [finding.code for finding in check(folder.path).findings] == [Code.RECORD] * 3


def test_a_row_that_refers_to_nothing_is_found(folder: Folder) -> None:
    with changed(folder) as connection:
        connection.execute("DELETE FROM jobs WHERE rowid = 1")

    assert codes(check(folder.path)) == {Code.REFERENCE}


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        (f"PRAGMA user_version = {VERSION + 1}", Code.JOURNAL_NEWER),
        (f"PRAGMA application_id = {APPLICATION_ID + 1}", Code.JOURNAL_FOREIGN),
    ],
)
def test_a_journal_of_others_is_told_from_a_damaged_one(
    folder: Folder, statement: str, code: Code
) -> None:
    with changed(folder) as connection:
        connection.execute(statement)

    assert codes(check(folder.path)) == {code}


def test_what_is_no_data_folder_is_told_so(tmp_path: Path) -> None:
    assert codes(check(tmp_path)) == {Code.FOLDER}
    assert codes(check(tmp_path / "nothing")) == {Code.FOLDER}


async def test_a_killed_servers_folder_is_read_with_its_log_and_left_as_it_is(
    folder: Folder, tmp_path: Path
) -> None:
    async with opened(SqliteJournal(folder.path)) as journal:
        await journal.add_session(a_session())
        shutil.copytree(folder.path, tmp_path / "killed")
    before = everything(tmp_path / "killed")
    assert f"{folder.journal.name}-wal" in before

    found = check(tmp_path / "killed")

    assert not found.findings
    assert "killed" in found.notes[0]
    assert found.counts["sessions"] == len(folder.sessions) + 1
    assert everything(tmp_path / "killed") == before


async def test_what_a_damaged_log_has_lost_is_found(folder: Folder, tmp_path: Path) -> None:
    async with opened(SqliteJournal(folder.path)) as journal:
        for _ in range(5):
            await journal.add_session(a_session())
        shutil.copytree(folder.path, tmp_path / "killed")
    log = tmp_path / "killed" / f"{folder.journal.name}-wal"
    flip(log, 32 + 24 + 100)  # in its first page
    before = everything(tmp_path / "killed")

    assert codes(check(tmp_path / "killed")) == {Code.JOURNAL_TAIL}
    assert everything(tmp_path / "killed") == before
    _, carried = back_up(tmp_path / "killed", tmp_path / "backup")
    assert [finding.code for finding in carried.damaged] == [Code.JOURNAL_TAIL]
    assert not check(tmp_path / "backup", deep=True).findings


async def test_a_log_that_is_gone_is_found_by_its_index(folder: Folder, tmp_path: Path) -> None:
    async with opened(SqliteJournal(folder.path)) as journal:
        await journal.add_session(a_session())
        shutil.copytree(folder.path, tmp_path / "killed")
    (tmp_path / "killed" / f"{folder.journal.name}-wal").unlink()

    [finding] = check(tmp_path / "killed").findings

    assert finding.code is Code.JOURNAL_TAIL
    assert "missing" in finding.text


async def test_a_running_servers_folder_is_read_and_told_whose_it_is(folder: Folder) -> None:
    async with opened(SqliteJournal(folder.path)) as journal:
        await journal.add_session(a_session())

        found = check(folder.path, deep=True)

        assert not found.findings
        assert found.server is not None
        assert str(found.server) in found.notes[0]


async def test_bytes_whose_record_follows_are_no_finding_beside_a_server(folder: Folder) -> None:
    async with opened(SqliteJournal(folder.path)):
        file = store(folder.path, folder.sessions[0].id, b"on its way")
        pauses = []

        def pause() -> None:
            folder.bytes_of(file).unlink()
            pauses.append(1)

        assert not check(folder.path, pause=pause).findings
        assert len(pauses) == 1


async def test_what_stays_amiss_beside_a_server_is_found(folder: Folder) -> None:
    async with opened(SqliteJournal(folder.path)):
        store(folder.path, folder.sessions[0].id, b"for good")
        pauses: list[int] = []

        found = check(folder.path, pause=lambda: pauses.append(1))

        assert codes(found) == {Code.FILE_UNRECORDED}
        assert len(pauses) == LOOKS - 1


def test_what_was_set_aside_or_is_on_its_way_is_told_and_no_finding(folder: Folder) -> None:
    for name in ("parts/x", "lost/s/x", "damaged-1/journal.sqlite3"):
        (folder.path / name).parent.mkdir(parents=True, exist_ok=True)
        (folder.path / name).write_bytes(b"12345")

    found = check(folder.path)

    assert not found.findings
    assert [note.partition(" ")[0] for note in found.notes] == [*("parts/", "lost/", "damaged-1:")]
