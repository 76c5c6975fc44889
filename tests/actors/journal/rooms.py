"""Data folders with something in them, for tests that look at the files."""

import sqlite3
from contextlib import closing
from pathlib import Path

from actors.journal.opening import DATABASE, open_store
from actors.journal.statements import add_files, add_session
from actors.journal.store import Write
from tests.actors.journal.makers import a_file, a_session


def write_directly(folder: Path, statement: str, *arguments: str) -> None:
    with closing(sqlite3.connect(folder / DATABASE)) as connection, connection:
        connection.execute(statement, arguments)


def fill(folder: Path, files: int = 500) -> str:
    """Makes a journal of some pages; the session that owns them."""
    session = a_session()
    store = open_store(folder)
    store.commit([Write(add_session(session, age=0))])
    store.commit([Write(add_files(a_file(session.id), age=0)) for _ in range(files)])
    store.close()
    return session.id


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
