"""Checks a data folder, whether its service runs or not, or a backup. Blocking.

Owns: what is looked at, in which order, and what is told besides.
Never: changes a byte of the folder, or takes its lock.

While a service runs, bytes lie on the disk a moment before their record does, and are gone a moment
before it is. What seems wrong is therefore looked at again: only what stays so is told.
"""

import os
import stat
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from actors.journal.opening import DATABASE
from actors.journal.schema import VERSION
from actors.safekeeping import copying, manifest, reading, snapshot
from actors.safekeeping.carrying import Progress, Report, entries, nobody, source_of
from actors.safekeeping.findings import Code, Contents, Finding, Stored, compare, printable
from actors.safekeeping.manifest import Manifest, ManifestError
from actors.safekeeping.places import KEYS, LEAST_KEY
from actors.safekeeping.repair import WORKSHOP


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check found.

    Attributes:
        folder: that was checked.
        findings: what is wrong, in order.
        notes: what else is good to know, in sentences.
        server: the process that has the folder in use, or None.
        manifest: of a backup, or None.
        is_backup: whether it is one, as there is a manifest, whatever that says.
        counts: rows on record by table, and `bytes` of files and drafts; empty when unreadable.
    """

    folder: Path
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    server: int | None
    manifest: Manifest | None
    is_backup: bool
    counts: dict[str, int]


def check(
    folder: Path,
    *,
    deep: bool = False,
    report: Report = nobody,
    pause: Callable[[], None] = snapshot.pause,
) -> Checked:
    """Looks at everything that lasts in a folder.

    Args:
        folder: a data folder or a backup.
        deep: whether every file is read and its sha256 compared.
        report: told how far it is.
        pause: waits between two looks at a running service.

    Raises:
        OSError: the folder cannot be read, or there is no room for a copy of its journal.
    """
    server = snapshot.server_of(folder)
    try:
        record, found = _looked_at(folder, report)
        looks = 1
        while found and looks < snapshot.LOOKS and (server or snapshot.server_of(folder)):
            pause()
            record, again = _looked_at(folder, report)
            found, looks = found & again, looks + 1
    except reading.UnreadableJournalError as error:
        return _unreadable(folder, error.finding, server)
    if deep:
        suspects = {(finding.session, finding.id) for finding in found}
        found |= _contents_amiss(folder, record.contents, suspects, report)
    stored = _stored(folder)
    seen = sum(stored.files.values()) + sum(stored.drafts.values())
    about_keys = _keys_amiss(folder)
    said, about_manifest = _manifest_of(folder, record, seen)
    return Checked(
        folder=folder,
        findings=(*sorted(found), *record.findings, *about_keys, *about_manifest),
        notes=tuple(_notes(folder, record, server, said)),
        server=server,
        manifest=said,
        is_backup=_is_backup(folder),
        counts={**record.counts, "bytes": seen},
    )


def _looked_at(folder: Path, report: Report) -> tuple[reading.Account, frozenset[Finding]]:
    with tempfile.TemporaryDirectory(prefix="stitchery-check-") as scratch:
        copy = Path(scratch) / DATABASE
        lost = snapshot.copy_journal(
            folder, copy, lambda done, total: report(Progress("journal", done, total, "pages"))
        )
        record = reading.read(copy)
    return record, compare(record.contents, _stored(folder)).union(lost)


def _stored(folder: Path) -> Stored:
    return Stored(
        files={place: facts.st_size for place, facts in entries(folder / "files")},
        drafts={place: facts.st_size for place, facts in entries(folder / "uploads")},
    )


def _unreadable(folder: Path, finding: Finding, server: int | None) -> Checked:
    notes = () if server is None else (_running(server),)
    return Checked(
        folder=folder,
        findings=(finding,),
        notes=notes,
        server=server,
        manifest=None,
        is_backup=_is_backup(folder),
        counts={},
    )


def _contents_amiss(
    folder: Path, contents: Contents, suspects: set[tuple[str, str]], report: Report
) -> frozenset[Finding]:
    """Files whose bytes are not those on record; others than the suspects."""
    total = sum(file.size for file in contents.files.values())
    done = 0

    def told(size: int) -> None:
        nonlocal done
        done += size
        report(Progress("contents", done, total, "bytes"))

    amiss: set[Finding] = set()
    for place, recorded in sorted(contents.files.items()):
        if place in suspects:
            continue
        try:
            seen = copying.sum_of(source_of(folder / "files", place), told)
        except FileNotFoundError:
            continue  # its user removed it while we read others
        except OSError as error:
            text = f"files/{'/'.join(place)} cannot be read: {error.strerror}."
            amiss.add(Finding(Code.FILE_CONTENT, text, *place))
            continue
        if seen.sha256 != recorded.sha256:
            text = f"files/{'/'.join(place)} holds other bytes than it should."
            amiss.add(Finding(Code.FILE_CONTENT, text, *place))
    return frozenset(amiss)


def _is_backup(folder: Path) -> bool:
    return (folder / manifest.NAME).exists()


def _keys_amiss(folder: Path) -> list[Finding]:
    """What is wrong with the file of keys, for a service that would start on the folder."""
    path = folder / KEYS
    if not os.path.lexists(path):
        return [Finding(Code.KEYS_MISSING, "The signing keys are missing.")]
    try:
        mode = path.stat().st_mode
        keys = path.read_text(encoding="ascii").split() if stat.S_ISREG(mode) else []
    except (OSError, UnicodeDecodeError) as error:
        return [Finding(Code.KEYS_UNUSABLE, f"The signing keys cannot be read: {_why(error)}.")]
    if not keys or min(map(len, keys)) < LEAST_KEY:
        text = f"The signing keys are damaged: each must have {LEAST_KEY} characters or more."
        return [Finding(Code.KEYS_UNUSABLE, text)]
    if mode & 0o077:
        text = f"The signing keys can be read by others (mode {mode & 0o777:o})."
        return [Finding(Code.KEYS, text)]
    return []


def _why(error: Exception) -> str:
    return str(error.strerror) if isinstance(error, OSError) else "they are no plain text"


def _manifest_of(
    folder: Path, record: reading.Account, bytes: int
) -> tuple[Manifest | None, list[Finding]]:
    """The manifest of a backup, and what contradicts it."""
    try:
        said = manifest.decode((folder / manifest.NAME).read_bytes())
    except FileNotFoundError:
        return None, []
    except ManifestError as error:
        return None, [Finding(Code.MANIFEST, str(error))]
    seen = replace(
        said,
        sessions=record.counts["sessions"],
        jobs=record.counts["jobs"],
        files=record.counts["files"],
        uploads=len(record.contents.uploads),
        bytes=bytes,
        journal_sha256=copying.sum_of(folder / DATABASE).sha256,
    )
    return said, list(manifest.disagreements(said, seen))


# --- what else is good to know --------------------------------------------------------------------


def _notes(
    folder: Path, record: reading.Account, server: int | None, said: Manifest | None
) -> list[str]:
    notes = [_running(server)] if server is not None else []
    if said is not None:
        notes.append(f"A backup of {said.made_at}, made by release {said.release}.")
    if record.version < VERSION:
        notes.append(
            f"The journal's version is {record.version}; the next start brings it to {VERSION}."
        )
    if server is None and (folder / snapshot.LOG).exists():
        notes.append("The last server was killed; the next start takes up what it left.")
    parts = [path.stat().st_size for path in (folder / "parts").glob("*")]
    if parts:
        notes.append(f"parts/ holds {_amount(parts)} on their way.")
    lost = [facts.st_size for _, facts in entries(folder / "lost")]
    if lost:
        notes.append(f"lost/ holds {_amount(lost)} that were on no record and were set aside.")
    kept = sorted(printable(path.name) for path in folder.glob("*damaged-*"))
    if kept:
        notes.append(f"{', '.join(kept)}: kept of a damage; to be removed when all is well.")
    left = sorted(printable(path.name) for path in folder.glob(f"{WORKSHOP}*"))
    if left:
        notes.append(f"{', '.join(left)}: left by a killed repair; the next removes it.")
    return notes


def _amount(sizes: list[int]) -> str:
    return f"{len(sizes)} file(s), {sum(sizes)} bytes,"


def _running(server: int) -> str:
    return f"A server runs on it (process {server})."
