"""Takes a steady copy of a folder's journal, whoever may be writing it. Blocking.

Owns: how a journal is read in its own place, and who has it.
Never: changes a byte of the folder, takes its lock, or keeps the server from writing.

Of a running service the copy is made by SQLite under one read transaction: it is the record of one
moment, however much is written meanwhile, and the write-ahead log grows by what is written until
it is done. A journal at rest, or that a killed server left, is copied as the files it consists of;
what lies in its write-ahead log is brought into the copy.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from actors.journal.aside import unfinished
from actors.journal.inspection import inspect
from actors.journal.opening import DATABASE, LOCK
from actors.journal.port import JournalUnusableError
from actors.safekeeping.copying import copy_file
from actors.safekeeping.findings import Code, Finding
from actors.safekeeping.reading import UNREADABLE, UnreadableJournalError, connect, plain_errors

LOG: Final = f"{DATABASE}-wal"
INDEX: Final = f"{DATABASE}-shm"
_ENDINGS: Final = ("", "-wal", "-shm")

_STEP: Final = 2000
"""Pages that are copied between two reports."""

_TRIES: Final = 5

LOOKS: Final = 3
"""At what seems wrong in the folder of a running service. Its bytes lie on the disk a moment before
their record does, and are gone a moment before it is."""

_PAUSE: Final = 1.0
"""Seconds between looks: many times what a record takes to follow its bytes."""

Pulse = Callable[[int, int], None]
"""Told how much is done, and of how much. It may raise, which ends the work."""


def pause() -> None:
    """Waits between two looks."""
    time.sleep(_PAUSE)


def server_of(folder: Path) -> int | None:
    """The process that has the folder's lock, or None. Looks on without touching the lock.

    The kernel lists locks by the file's device and number (proc(5), /proc/locks). Some filesystems
    give it another device than they give us, so a number is also believed beside the process that
    the file names itself.
    """
    try:
        found = (folder / LOCK).stat()
        named = (folder / LOCK).read_bytes()[:20].decode("ascii", "replace").strip()
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    device = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}"
    for line in lines:
        words = line.split()
        if len(words) > 5 and words[1] == "FLOCK" and words[5].endswith(f":{found.st_ino}"):  # noqa: PLR2004 -- see proc(5)
            holder = words[4]
            if words[5].startswith(device) or holder == named:
                return int(holder)
    return None


# --- the copy -------------------------------------------------------------------------------------


def copy_journal(
    folder: Path,
    target: Path,
    pulse: Pulse = lambda _done, _total: None,
    *,
    taken: bool = False,
) -> tuple[Finding, ...]:
    """Copies the record of one moment into a new file, which is one file and at rest.

    What a killed server's log had and SQLite will not take is a finding.

    Args:
        folder: a data folder or a backup.
        target: the new file.
        pulse: told of pages, while they are copied of a running service.
        taken: whether the caller holds the folder's lock, so that nobody writes.

    Raises:
        UnreadableJournalError: it is missing, damaged, or of another program.
        OSError: a disk failed.
    """
    source = folder / DATABASE
    if not source.is_file():
        raise UnreadableJournalError(_missing(folder))
    for _ in range(_TRIES):
        if not taken and server_of(folder) is not None:
            _copy_live(source, target, pulse)
            break
        if _copy_resting(source, target) and (taken or server_of(folder) is None):
            break
    else:
        text = f"The journal {source} did not keep still: its server starts and stops."
        raise UnreadableJournalError(Finding(Code.JOURNAL_DAMAGED, text))
    os.chmod(target, 0o600)  # noqa: PTH101 -- one line as the others
    findings = tuple(_lost_in_log(target))
    with plain_errors(target), closing(connect(target, "rw")) as connection:
        connection.execute("PRAGMA journal_mode = DELETE").fetchone()  # takes the log in
    return findings


def _missing(folder: Path) -> Finding:
    if not folder.is_dir():
        return Finding(Code.FOLDER, f"There is no folder {folder}.")
    if aside := unfinished(folder / DATABASE):
        text = f"A repair did not come to its end: the journal lies in {aside.name}."
        return Finding(Code.REPAIR_UNFINISHED, text)
    had = (folder / LOG).exists() or any((folder / name).is_dir() for name in ("files", "uploads"))
    if not had:
        return Finding(Code.FOLDER, f"{folder} is no data folder: there is no {DATABASE} in it.")
    return Finding(Code.JOURNAL_MISSING, f"The journal {folder / DATABASE} is missing.")


def _copy_live(source: Path, target: Path, pulse: Pulse) -> None:
    """Copies under one read transaction."""
    target.unlink(missing_ok=True)
    with plain_errors(source), closing(connect(source, "ro")) as connection:
        connection.execute("BEGIN")
        # The first read fixes the moment. A backup without it begins anew whenever somebody writes.
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with closing(connect(target, "rwc")) as copy:
            connection.backup(
                copy,
                pages=_STEP,
                sleep=0,
                progress=lambda _status, left, total: pulse(total - left, total),
            )


def _copy_resting(source: Path, target: Path) -> bool:
    """Copies the files; False: a server began to write meanwhile."""
    before = _stamps(source)
    for ending in _ENDINGS:
        copy = target.with_name(target.name + ending)
        copy.unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            copy_file(source.with_name(source.name + ending), copy)
    return _stamps(source) == before


def _lost_in_log(copy: Path) -> Iterator[Finding]:
    """What the log of a copy has lost; looked for before SQLite takes the log in."""
    log, index = (copy.with_name(f"{copy.name}-{ending}") for ending in ("wal", "shm"))
    if not log.exists() and not index.exists():
        return
    how = "damaged" if log.exists() else "missing"
    with suppress(JournalUnusableError, *UNREADABLE):  # what else is wrong is found by reading
        if inspect(copy):
            text = f"The journal's log is {how}: the last changes of a killed server are lost."
            yield Finding(Code.JOURNAL_TAIL, text)
    for kept in copy.parent.glob(f"{copy.name}-wal.*"):
        kept.unlink()  # the log that was copied is still where it was


def _stamps(source: Path) -> list[tuple[int, int, int] | None]:
    found: list[tuple[int, int, int] | None] = []
    for ending in _ENDINGS[:2]:  # the index changes when somebody looks
        try:
            facts = source.with_name(source.name + ending).stat()
        except FileNotFoundError:
            found.append(None)
        else:
            found.append((facts.st_ino, facts.st_mtime_ns, facts.st_size))
    return found
