"""Makes data folders for tests, with everything in them that lasts."""

import hashlib
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import trio

from actors.journal.opening import DATABASE
from actors.journal.sqlite import SqliteJournal
from actors.messages import FileRecord, Idempotency, SessionRecord, UploadRecord
from actors.safekeeping.findings import Code, Place
from actors.safekeeping.salvage import begin_empty
from tests.actors.journal.makers import a_file, a_job, a_session, an_upload, opened

HALF = b"half of it"


@dataclass(frozen=True)
class Folder:
    """A data folder at rest: where it is, and what is in it."""

    path: Path
    sessions: list[SessionRecord]
    files: list[FileRecord]
    uploads: list[UploadRecord]

    @property
    def journal(self) -> Path:
        return self.path / DATABASE

    def bytes_of(self, file: FileRecord) -> Path:
        return self.path / "files" / file.session / file.id

    def draft_of(self, upload: UploadRecord) -> Path:
        return self.path / "uploads" / upload.session / upload.id


def make_folder(path: Path, *, sessions: int = 3, files: int = 4, jobs: int = 5) -> Folder:
    """A folder with sessions, each with so many files, jobs, and an upload half come."""
    made = Folder(path, [a_session(f"user:{number}") for number in range(sessions)], [], [])
    chance = Random(1)
    for session in made.sessions:
        for _ in range(files):
            content = chance.randbytes(chance.randrange(20_000))
            made.files.append(store(path, session.id, content))
        upload = an_upload(session.id, size=100)
        place(path / "uploads", (session.id, upload.id), HALF)
        made.uploads.append(upload)
    (path / "keys").write_text("k" * 43 + "\n")
    (path / "keys").chmod(0o600)
    begin_empty(path / DATABASE)
    trio.run(_record, made, jobs)
    return made


async def _record(folder: Folder, jobs: int) -> None:
    async with opened(SqliteJournal(folder.path)) as journal, trio.open_nursery() as nursery:
        for session in folder.sessions:
            await journal.add_session(session)
            for number in range(jobs):
                key = Idempotency(key=f"key {number}", digest="0" * 64)
                job = a_job(session.id, request="{}" + " " * 700 * number)
                nursery.start_soon(journal.add_job, job, key)
        nursery.start_soon(journal.add_files, *folder.files)
        for upload in folder.uploads:
            nursery.start_soon(journal.add_upload, upload)


def copied(folder: Folder, path: Path) -> Folder:
    """The same in another place, to be changed."""
    shutil.copytree(folder.path, path)
    return replace(folder, path=path)


def store(path: Path, session: str, content: bytes) -> FileRecord:
    """Puts a file's bytes in place; its record, which nobody has yet."""
    sha256 = hashlib.sha256(content).hexdigest()
    file = replace(a_file(session, size=len(content)), sha256=sha256)
    place(path / "files", (session, file.id), content)
    return file


def place(folder: Path, where: Place, content: bytes) -> None:
    """Puts bytes in place."""
    path = folder.joinpath(*where)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def everything(folder: Path) -> dict[str, bytes]:
    """All files below a folder, by path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def changed_record(folder: Path, *statements: str) -> None:
    """Changes the record of a folder at rest, whatever refers to what."""
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        with connection:
            for statement in statements:
                connection.execute(statement)
        connection.execute("PRAGMA journal_mode = DELETE")


def made_days_ago(journal: Path, days: float) -> float:
    """Makes a journal look as if its last life had ended then; the age at that end."""
    with closing(sqlite3.connect(journal)) as connection, connection:
        wall = int((time.time() - days * 86400) * 1e6)
        connection.execute("UPDATE meta SET value = ? WHERE name = 'wall'", (wall,))
        connection.execute("UPDATE meta SET value = 5000000000 WHERE name = 'age'")
        connection.execute("UPDATE files SET added = 5000")
    return 5000.0


Damage = Callable[[Folder], None]

DAMAGES: dict[str, tuple[Damage, set[Code]]] = {}
"""By name: what is done to a folder at rest, and what a deep check must find of it."""


def damage(*codes: Code) -> Callable[[Damage], Damage]:
    def keep(act: Damage) -> Damage:
        DAMAGES[act.__name__] = (act, set(codes))
        return act

    return keep


def flip(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 0xFF
    path.write_bytes(data)


@damage(Code.FILE_CONTENT)
def a_byte_of_a_file_flipped(folder: Folder) -> None:
    flip(folder.bytes_of(max(folder.files, key=lambda file: file.size)), 10)


@damage(Code.FILE_SIZE)
def a_file_cut_short(folder: Folder) -> None:
    path = folder.bytes_of(max(folder.files, key=lambda file: file.size))
    path.write_bytes(path.read_bytes()[:-1])


@damage(Code.FILE_MISSING)
def a_file_gone(folder: Folder) -> None:
    folder.bytes_of(folder.files[0]).unlink()


@damage(Code.FILE_UNRECORDED)
def a_file_too_many(folder: Folder) -> None:
    store(folder.path, folder.sessions[0].id, b"whose am I?")


@damage(Code.DRAFT_MISSING)
def a_draft_gone(folder: Folder) -> None:
    folder.draft_of(folder.uploads[0]).unlink()


@damage(Code.DRAFT_SIZE)
def a_draft_too_long(folder: Folder) -> None:
    folder.draft_of(folder.uploads[0]).write_bytes(bytes(101))


@damage(Code.DRAFT_UNRECORDED)
def a_draft_too_many(folder: Folder) -> None:
    place(folder.path / "uploads", (folder.sessions[0].id, folder.files[0].id), b"")


@damage(Code.KEYS_MISSING)
def no_keys(folder: Folder) -> None:
    (folder.path / "keys").unlink()


@damage(Code.KEYS)
def keys_for_everybody(folder: Folder) -> None:
    (folder.path / "keys").chmod(0o644)


@damage(Code.KEYS_UNUSABLE)
def keys_that_are_none(folder: Folder) -> None:
    (folder.path / "keys").write_text("xx\n")


@damage(Code.JOURNAL_MISSING)
def no_journal(folder: Folder) -> None:
    folder.journal.unlink()


@damage(Code.JOURNAL_DAMAGED)
def an_empty_journal(folder: Folder) -> None:
    folder.journal.write_bytes(b"")


@damage(Code.JOURNAL_DAMAGED)
def a_journal_without_its_head(folder: Folder) -> None:
    flip(folder.journal, 3)


@damage(Code.JOURNAL_DAMAGED)
def a_journal_whose_tables_are_no_text(folder: Folder) -> None:
    data = folder.journal.read_bytes()
    folder.journal.write_bytes(data.replace(b"REFERENCES", b"REFER\xccNCES"))


@damage(Code.JOURNAL_DAMAGED)
def half_a_journal(folder: Folder) -> None:
    data = folder.journal.read_bytes()
    folder.journal.write_bytes(data[: len(data) // 2])


@damage(Code.JOURNAL_DAMAGED)
def a_journal_of_noise(folder: Folder) -> None:
    folder.journal.write_bytes(Random(1).randbytes(50_000))


@damage(Code.JOURNAL_DAMAGED)
def a_page_of_the_journal_zeroed(folder: Folder) -> None:
    data = bytearray(folder.journal.read_bytes())
    data[4096 * 5 : 4096 * 6] = bytes(4096)
    folder.journal.write_bytes(data)
