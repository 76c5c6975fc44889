"""What the commands that keep a data folder safe print.

Owns: their sentences. Results go to standard output, hints to standard error; to a terminal in
colours and with a few findings of each kind, into a pipe all of them, a line each.
Never: does or decides anything.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click

from actors.safekeeping.check import Checked
from actors.safekeeping.findings import ADVICE, ADVICE_OF_BACKUP, Code, Finding
from actors.safekeeping.manifest import Manifest
from actors.safekeeping.repair import Repaired
from actors.safekeeping.restore import Restored
from web.consoles import err, out
from web.plan.words import count, size
from web.shown import shown
from web.terminal import complain

_WORDS: Final = {"keys": "idempotency keys"}
"""What people call the rows of a table whose name says something else to them."""

_SHOWN: Final = 5
"""Findings of one kind that are shown to a person; programs get all."""

_LOST: Final = frozenset({Code.FILE_MISSING, Code.DRAFT_MISSING})


def show_backup(dest: Path, made: Manifest, damaged: Sequence[Finding]) -> None:
    """Tells what a backup holds, and what it had to take as it was."""
    lost = any(finding.code in _LOST for finding in damaged)
    state = "made, but not whole" if lost else "whole"
    say(
        f"The backup is {state}: {count(made.files, 'file')} with {size(made.bytes)}, "
        f"{count(made.sessions, 'session')}, {count(made.jobs, 'job')}, "
        f"{count(made.uploads, 'unfinished upload')}."
    )
    if made.left_out:
        left_out = count(made.left_out, "file or upload", "files or uploads")
        _note(f"{left_out} left out: removed meanwhile by whose they were.")
    if damaged:
        show_findings(damaged)
        complain("This was damaged before; the backup has it as it is.")
    if lost:
        complain("What the folder has lost is not in it: keep earlier backups, which may have it.")
    _hint(f"To check it: stitchery check {dest} --deep")


def as_json_of(found: Checked) -> dict[str, Any]:
    """What a check found, ready for JSON."""
    return {
        "ok": not found.findings,
        "folder": str(found.folder),
        "findings": listed(found.findings, of_backup=found.is_backup),
        "notes": found.notes,
        "server": found.server,
        "manifest": found.manifest and asdict(found.manifest),
        "counts": found.counts,
    }


def show_check(found: Checked, *, deep: bool) -> None:
    """Tells what a check found."""
    show_findings(found.findings, of_backup=found.is_backup)
    for note in found.notes:
        _hint(note)
    if found.findings:
        complain(_line(f"{count(len(found.findings), 'finding')} in {found.folder}."))
        return
    files = count(found.counts["files"], "file")
    read = "read and found as recorded" if deep else "there, with the right size"
    say(
        f"All is well in {found.folder}: the journal is whole "
        f"({count(found.counts['sessions'], 'session')}, {count(found.counts['jobs'], 'job')}), "
        f"{files} {read} ({size(found.counts['bytes'])})."
    )
    if not deep:
        _hint("Files' contents were not read; --deep does that.")


def show_restore(folder: Path, done: Restored) -> None:
    """Tells what a restore did."""
    show_findings(done.findings)
    counts = done.checked.counts
    if done.left_out:
        _note(f"{count(done.left_out, 'file')} taken off the record: the backup lacked them.")
    if done.aside is not None:
        _note(f"The folder that was there is {done.aside} now.")
    if counts:
        say(
            f"Restored to {folder}: {count(counts['files'], 'file')} with {size(counts['bytes'])}, "
            f"{count(counts['sessions'], 'session')}, {count(counts['jobs'], 'job')}."
        )
    if done.findings:
        found = count(len(done.findings), "finding")
        complain(f"It is not whole: {found}, told above. What the backup had is in it.")
    _hint(f"To start: stitchery serve --data {folder}")


def show_repair(folder: Path, done: Repaired) -> None:
    """Tells in numbers what a repair saved."""
    saved, before, dropped = done.salvaged.saved, done.salvaged.before, done.salvaged.dropped
    for table in saved:
        of = f"{before[table]:,}" if table in before else "an unknown number"
        lost = f", {dropped[table]:,} dropped (broken, or of nobody)" if dropped.get(table) else ""
        say(f"{_WORDS.get(table, table)}: {saved[table]:,} of {of} saved{lost}", mark=" ")
    if done.salvaged.renewed:
        anew = count(done.salvaged.renewed, "session")
        _note(f"{anew} begun anew for what refers to them; whose they were is lost.")
    if done.aside is None:
        say("There was no journal; an empty one was begun.")
    else:
        say(f"The journal is new; the old one is kept in {done.aside}.")
    if done.unrecorded:
        files = count(done.unrecorded, "file")
        _note(f"{files} on no record: the next start moves them to {folder / 'lost'}.")
    if done.without_bytes:
        files = count(done.without_bytes, "file")
        _note(f"{files} on record have no bytes: the next start forgets them.")
    _hint(f"To start: stitchery serve --data {folder}")


def listed(findings: Sequence[Finding], *, of_backup: bool = False) -> list[dict[str, str]]:
    """Findings, ready for JSON."""
    advice = ADVICE_OF_BACKUP if of_backup else ADVICE
    return [{**asdict(finding), "advice": advice[finding.code]} for finding in findings]


def show_findings(findings: Sequence[Finding], *, of_backup: bool = False) -> None:
    """Tells findings: for people by kind, a few of each; else all, a line each for grep."""
    advice = ADVICE_OF_BACKUP if of_backup else ADVICE
    if not out.is_terminal:
        for finding in findings:
            click.echo(f"{finding.code}\t{_line(finding.text)}\t{_line(advice[finding.code])}")
        return
    kinds: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        kinds[finding.code].append(finding)
    for found in kinds.values():
        for finding in found[:_SHOWN]:
            out.print(f"✗ {_line(finding.text)}", style="red", markup=False)
        if found[_SHOWN:]:
            out.print(f"  … and {len(found) - _SHOWN:,} more like these", style="red")
        out.print(f"  → {advice[found[0].code]}\n", markup=False)


def say(text: str, mark: str = "✓") -> None:
    """A result: with its mark for people, as it is for programs."""
    if out.is_terminal:
        style = "green" if mark.strip() else None
        out.print(f"{mark} {_line(text)}", style=style, markup=False)
    else:
        click.echo(_line(text))


def _hint(text: str) -> None:
    err.print(f"  {_line(text)}", markup=False, soft_wrap=True, style="dim")


def _note(text: str) -> None:
    err.print(_line(text), markup=False, soft_wrap=True)


def _line(text: str) -> str:
    """As it can be printed: folders and files may have names of any bytes."""
    return shown(text, len(text))
