"""Finds out whether a data folder's journal may be opened. Blocking.

Owns: the checks, and the sentences that an operator reads when it may not, or not without a loss.
Never: changes the record: what is damaged stays as it was found. Only a copy of a damaged log is
made, since the log itself will be written over.
"""

import mmap
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

from actors.journal.aside import unfinished
from actors.journal.port import (
    DamagedJournalError,
    JournalUnusableError,
    MissingJournalError,
    NewerJournalError,
)
from actors.journal.schema import APPLICATION_ID, VERSION
from actors.journal.writeahead import INDEX, Index, Log, Loss, lost, read_index, read_log

BUSY_SECONDS: Final = 2.0
"""How long a write waits for another program that holds the database, such as a backup."""

CHECKED_WHOLE: Final = 1 << 28
"""Bytes: a greater journal is not read from end to end before it is opened. Reading takes about two
seconds a gigabyte that the system has in memory, and as long as the disk takes for the rest; the
service is to be ready within 2 s. However a life ended, its log keeps the main file whole: what
this finds are the faults of disks and of hands, and `stitchery check` finds them at any time."""

_FOLDERS: Final = ("files", "uploads")
_SOME: Final = "meta"  # the check of one small table goes through the table of tables as well
_KEPT: Final = 3
"""Copies of damaged logs that are kept, the newest; each may be as long as a log can be."""

_DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_PAGE_SIZE: Final = 4096


def inspect(path: Path) -> tuple[str, ...]:
    """Looks at the journal, which may be an empty file; what is wrong with it, in sentences.

    Nobody in this process may have it open: closing a file drops all the process's locks on it
    (sqlite.org, howtocorrupt.html, section 2.2).

    Raises:
        JournalUnusableError: it may not be opened.
    """
    log_path, index_path = _beside(path, "-wal"), _beside(path, "-shm")
    index = _index(index_path)
    log = _log(log_path, _page_size(path))
    with ExitStack() as undo:
        # One that only reads leaves the log and the main file as they are when it closes. But what
        # a first start that was killed has begun only a writing one can take back.
        mode = "rw" if _beside(path, "-journal").exists() else "ro"
        _check(connect(undo, path, mode), path)
    now = _index(index_path)
    loss = lost(log, 0 if now is None or not log.salts else now.frames, index)
    return () if loss is None else (_tell(loss, log_path),)


def refuse_missing(path: Path) -> None:
    """Refuses a folder whose journal is not there, or empty, though it must have had one.

    Raises:
        MissingJournalError: files of sessions, the journal's log, or what a repair was to replace
            are there.
    """
    if path.exists() and path.stat().st_size:
        return
    if aside := unfinished(path):
        raise MissingJournalError(
            f"The journal {path} is missing: a repair that did not come to its end has moved it to "
            f"{aside.name}. Have the repair go on (stitchery repair), or put back a backup "
            "(stitchery restore)."
        )
    state = "is empty" if path.exists() else "is missing"
    log = _beside(path, "-wal")
    if log.is_file() and log.stat().st_size:
        raise _missing(path, state, log)
    _refuse_beside_files(path, state)


def _refuse_beside_files(path: Path, state: str) -> None:
    for name in _FOLDERS:
        below = (Path(at) / file for at, _, files in os.walk(path.parent / name) for file in files)
        for found in below:
            raise _missing(path, state, found)


def _missing(path: Path, state: str, found: Path) -> MissingJournalError:
    return MissingJournalError(
        f"The journal {path} {state}, but what it listed is there (such as {found}). Put it back "
        "from a backup (stitchery restore), or have a new one made of what can be found (stitchery "
        "repair). To begin with nothing, name another folder (--data, or data in the section "
        "storage)."
    )


# --- the main file --------------------------------------------------------------------------------


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Refuses what is not a whole journal of this release or an earlier one."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables and pragma(connection, "application_id") != APPLICATION_ID:
        raise JournalUnusableError(
            f"{path} is the database of another program, not a journal. "
            "Move it away, or name another folder (--data, or data in the section storage)."
        )
    version = pragma(connection, "user_version")
    if not isinstance(version, int) or version > VERSION:
        raise NewerJournalError(
            f"The journal {path} was written by a later release (its version is {version}, this "
            f"release knows {VERSION} and those before). Install that release again, or put back "
            "the copy that was made before it was first started."
        )
    _check_pages(connection, path, tables)
    if not tables:  # all of it lay in a log that is gone, or cannot be read
        _refuse_beside_files(path, "has nothing in it")


def _check_pages(connection: sqlite3.Connection, path: Path, tables: int) -> None:
    size = path.stat().st_size
    whole = size <= CHECKED_WHOLE or not tables
    finding = pragma(connection, "quick_check(1)" if whole else f"quick_check({_SOME})")
    if finding != "ok":
        raise damaged(path, str(finding).splitlines()[-1])  # the line before names the database


def damaged(path: Path, finding: str) -> DamagedJournalError:
    """The refusal of a journal with that damage."""
    return DamagedJournalError(
        f"The journal {path} is damaged: {finding}. Nothing was changed. Put back a copy from a "
        "backup (stitchery restore), or have what can be read of it saved (stitchery repair). To "
        f"start with an empty journal, move it away with {path.name}-wal and {path.name}-shm, and "
        "the folders files and uploads with it."
    )


# --- the log --------------------------------------------------------------------------------------


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _page_size(path: Path) -> int:
    with path.open("rb") as file:
        header = file.read(18)
    return int.from_bytes(header[16:18], "big") or _PAGE_SIZE


def _index(path: Path) -> Index | None:
    try:
        with path.open("rb") as file:
            return read_index(file.read(INDEX))
    except FileNotFoundError:
        return None


def _log(path: Path, page_size: int) -> Log:
    with suppress(FileNotFoundError), path.open("rb") as file:
        if os.fstat(file.fileno()).st_size:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return read_log(content, page_size)
    return Log(b"", ())


def _tell(loss: Loss, log: Path) -> str:
    return (
        f"The journal's log {log} is damaged: of {loss.known} pages it had, {loss.taken} could be "
        f"read. At least {loss.commits} of the last writes are lost: jobs and files that were on "
        f"record may be missing or stand as they stood before. {_keep(log)}"
    )


def _keep(log: Path) -> str:
    """Copies the log aside before it is written over; says where to."""
    if not log.stat().st_size:  # SQLite has just made a new one
        return "The log itself is gone."
    earlier = _copies(log)
    kept = log.with_name(f"{log.name}.damaged-{max(earlier, default=0) + 1}")
    try:
        _copy(log, kept)
        for number in sorted(earlier)[: 1 - _KEPT]:
            earlier[number].unlink()
    except OSError as error:
        if not kept.exists():
            return f"It could not be kept ({error.strerror}), and will be written over."
    return f"As it was found, it is kept as {kept.name}."


def _copies(log: Path) -> dict[int, Path]:
    """The copies of damaged logs, by their numbers."""
    found = (path for path in log.parent.iterdir() if path.name.startswith(f"{log.name}.damaged-"))
    numbered = ((path.name.rpartition("-")[2], path) for path in found)
    return {int(number): path for number, path in numbered if number.isdecimal()}


def _copy(log: Path, kept: Path) -> None:
    with log.open("rb") as source:
        descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
                target.flush()
                os.fsync(target.fileno())
        except OSError:
            kept.unlink(missing_ok=True)
            raise


# --- for every opening ----------------------------------------------------------------------------


def connect(undo: ExitStack, path: Path, mode: str) -> sqlite3.Connection:
    """Connects to the database, to be closed by `undo`; `mode` is "ro" or "rw"."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,  # transactions begin and end where store.py says so
        check_same_thread=False,  # store.py says how many threads may be in it
    )
    undo.callback(connection.close)
    # A damaged text may be none. That is no reason to fail: sound.py looks whether it makes sense.
    connection.text_factory = partial(str, encoding="utf-8", errors="replace")
    return connection


def pragma(connection: sqlite3.Connection, name: str) -> object:
    """What the pragma answers."""
    (value,) = connection.execute(f"PRAGMA {name}").fetchone()
    return value


@contextmanager
def plain_words(path: Path) -> Iterator[None]:
    """Turns what the system and SQLite raise into refusals."""
    try:
        yield
    except OSError as error:
        raise JournalUnusableError(
            f"The data folder {path.parent} cannot be used: {_whereat(error)}. Look at its rights "
            "and its disk, or name another folder (--data, or data in the section storage)."
        ) from error
    except UnicodeDecodeError as error:  # SQLite's message quotes the damage, which is no text
        raise damaged(path, "its table of tables makes no sense") from error
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE:
            raise damaged(path, str(error)) from error
        raise JournalUnusableError(
            f"The journal {path} cannot be opened: {error}. Look at the folder's disk (space, "
            "rights, mount) and at programs that hold the file, then start again."
        ) from error


def _whereat(error: OSError) -> str:
    reason = error.strerror or str(error)
    return reason if error.filename is None else f"{reason} ({error.filename})"
