"""The commands that keep a data folder safe: backup, check, restore, repair.

Owns: their options, what they print where, and their exit statuses: 0 when all is well, 1 when
something was found or could not be done, 2 for a mistake of the caller.
Never: does the work of one; actors/safekeeping does, in a thread, so that a signal ends it tidily.
"""

import json
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import click
import trio

from actors.journal.port import JournalUnusableError
from actors.safekeeping import backup, restore
from actors.safekeeping import check as checking
from actors.safekeeping import repair as repairing
from actors.safekeeping.carrying import Progress, Report
from actors.safekeeping.check import Checked
from actors.safekeeping.findings import Code, Finding
from actors.safekeeping.places import PlaceTakenError
from actors.safekeeping.reading import UnreadableJournalError
from actors.safekeeping.repair import NothingToRepairError, Repaired
from conf.load import PRESETS, Resolved
from web.bars import Bars
from web.plan.words import count, size
from web.terminal import EXIT_FAILED, complain, err, fail, out, plainly, run

T = TypeVar("T")
Resolve = Callable[[Path | None, str | None, Mapping[str, Mapping[str, Any]]], Resolved]

_SHOWN: Final = 5
"""Findings of one kind that are shown to a person; programs get all."""

_PATIENCE: Final = 10
"""As nice(2) has it: whoever serves users goes first."""

_config = click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The service's configuration, which names its data folder.",
)
_preset = click.option("--preset", type=click.Choice(PRESETS), help="As the service's.")
_data = click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), help="The data folder itself."
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def commands(resolve: Resolve) -> Iterator[click.Command]:
    """The commands; `resolve` reads the configuration, or ends the program."""
    yield from (_backup(resolve), _check(), _restore(resolve), _repair(resolve))


def _folder(resolve: Resolve, config: Path | None, preset: str | None, data: Path | None) -> Path:
    flags = {"storage": {"data": None if data is None else str(data)}}
    return resolve(config, preset, flags).settings.storage.data


# --- backup ---------------------------------------------------------------------------------------


def _backup(resolve: Resolve) -> click.Command:
    @click.command("backup", short_help="Copy a data folder while its service runs.")
    @click.argument("dest", type=click.Path(path_type=Path))
    @_config
    @_preset
    @_data
    @click.option(
        "--link",
        is_flag=True,
        help="Share files' bytes with the data folder, on the same disk: takes no room, but what "
        "damages the disk damages both.",
    )
    @_json
    def act(
        dest: Path,
        config: Path | None,
        preset: str | None,
        data: Path | None,
        *,
        link: bool,
        as_json: bool,
    ) -> None:
        """Copy a data folder to DEST, a folder that is new or empty.

        The service may run; nobody waits for it. The copy is the folder as it was in one moment,
        and appears under its name when it is whole, or not at all.
        """
        folder = _folder(resolve, config, preset, data)
        with _plain_errors():
            made, carried = _work(partial(backup.back_up, folder, dest, link=link))
        if as_json:
            told = {**asdict(made), "linked": carried.linked, "findings": _listed(carried.damaged)}
            click.echo(json.dumps({"ok": not carried.damaged, **told}, indent=2))
        else:
            _print_backup(dest, made, carried.damaged)
        sys.exit(EXIT_FAILED if carried.damaged else 0)

    return act


def _print_backup(dest: Path, made: backup.Manifest, damaged: Sequence[Finding]) -> None:
    _say(
        f"The backup is whole: {count(made.files, 'file')} with {size(made.bytes)}, "
        f"{count(made.sessions, 'session')}, {count(made.jobs, 'job')}, "
        f"{count(made.uploads, 'unfinished upload')}."
    )
    if made.left_out:
        err.print(f"{count(made.left_out, 'file')} left out: removed by their users meanwhile.")
    if damaged:
        _print_findings(damaged)
        complain("These files were damaged before; the backup has them as they are.")
    _hint(f"To check it: stitchery check {dest} --deep")


# --- check ----------------------------------------------------------------------------------------


def _check() -> click.Command:
    @click.command("check", short_help="Check a data folder or a backup; changes nothing.")
    @click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
    @click.option("--deep", is_flag=True, help="Read every file, and compare its sha256.")
    @_json
    def act(folder: Path, *, deep: bool, as_json: bool) -> None:
        """Check FOLDER, a data folder or a backup.

        Its service may run. Nothing is changed. Ends with 1 when something is wrong; into a pipe,
        each finding is one line: code, what is wrong, what to do.
        """
        with _plain_errors():
            found = _work(partial(checking.check, folder, deep=deep))
        if as_json:
            click.echo(json.dumps(_as_json(found), indent=2))
        else:
            _print_check(found, deep=deep)
        sys.exit(EXIT_FAILED if found.findings else 0)

    return act


def _as_json(found: Checked) -> dict[str, Any]:
    return {
        "ok": not found.findings,
        "folder": str(found.folder),
        "findings": _listed(found.findings),
        "notes": found.notes,
        "server": found.server,
        "manifest": found.manifest and asdict(found.manifest),
        "counts": found.counts,
    }


def _print_check(found: Checked, *, deep: bool) -> None:
    _print_findings(found.findings)
    for note in found.notes:
        _hint(note)
    if found.findings:
        complain(f"{count(len(found.findings), 'finding')} in {found.folder}.")
        return
    files = count(found.counts["files"], "file")
    read = "read and found as recorded" if deep else "there, with the right size"
    _say(
        f"All is well in {found.folder}: the journal is whole "
        f"({count(found.counts['sessions'], 'session')}, {count(found.counts['jobs'], 'job')}), "
        f"{files} {read} ({size(found.counts['bytes'])})."
    )
    if not deep:
        _hint("Files' contents were not read; --deep does that.")


# --- restore --------------------------------------------------------------------------------------


def _restore(resolve: Resolve) -> click.Command:
    @click.command("restore", short_help="Make a data folder of a backup.")
    @click.argument("source", metavar="BACKUP", type=click.Path(exists=True, path_type=Path))
    @_config
    @_preset
    @_data
    @click.option("--replace", is_flag=True, help="Move a folder that is there to NAME.before-N.")
    @click.option("--anyway", is_flag=True, help="Take a backup that is not whole for what it has.")
    @_json
    def act(
        source: Path,
        config: Path | None,
        preset: str | None,
        data: Path | None,
        *,
        replace: bool,
        anyway: bool,
        as_json: bool,
    ) -> None:
        """Make a data folder of BACKUP.

        The backup is checked first and stays as it is. The folder appears when it is whole, or not
        at all; one that is there is never removed.
        """
        folder = _folder(resolve, config, preset, data)
        with _plain_errors():
            done = _work(partial(restore.restore, source, folder, replace=replace, anyway=anyway))
        findings = (*done.damaged, *done.checked.findings)
        if as_json:
            told = {"aside": done.aside and str(done.aside), "left_out": done.left_out}
            told |= _as_json(done.checked) | {"ok": not findings, "findings": _listed(findings)}
            click.echo(json.dumps(told, indent=2))
        else:
            _print_restore(folder, done, findings)
        sys.exit(EXIT_FAILED if findings else 0)

    return act


def _print_restore(folder: Path, done: restore.Restored, findings: Sequence[Finding]) -> None:
    _print_findings(findings)
    counts = done.checked.counts
    if done.left_out:
        err.print(f"{count(done.left_out, 'file')} taken off the record: the backup lacked them.")
    if done.aside is not None:
        err.print(f"The folder that was there is {done.aside} now.", soft_wrap=True)
    if counts:
        _say(
            f"Restored to {folder}: {count(counts['files'], 'file')} with {size(counts['bytes'])}, "
            f"{count(counts['sessions'], 'session')}, {count(counts['jobs'], 'job')}."
        )
    _hint(f"To start: stitchery serve --data {folder}")


# --- repair ---------------------------------------------------------------------------------------


def _repair(resolve: Resolve) -> click.Command:
    @click.command("repair", short_help="Save what can be read of a damaged journal.")
    @_config
    @_preset
    @_data
    @click.option("--yes", is_flag=True, help="Do not ask.")
    @_json
    def act(
        config: Path | None, preset: str | None, data: Path | None, *, yes: bool, as_json: bool
    ) -> None:
        """Make a new journal of what can be read of a damaged or missing one.

        Only while no service has the folder. The old journal is kept, in damaged-N/ beside it. A
        recent backup is better than a repair, where there is one.
        """
        folder = _folder(resolve, config, preset, data)
        with _plain_errors():
            try:
                found = repairing.diagnose(folder)
            except NothingToRepairError as error:
                _nothing_to_repair(error, as_json=as_json)
            if not yes:
                _ask(found)
            done = repairing.repair(folder)
        if as_json:
            told = {**asdict(done), "aside": done.aside and str(done.aside)}
            click.echo(json.dumps({"ok": True, **told}, indent=2))
        else:
            _print_repair(folder, done)

    return act


def _nothing_to_repair(error: NothingToRepairError, *, as_json: bool) -> NoReturn:
    if as_json:
        click.echo(json.dumps({"ok": True, "repaired": False}, indent=2))
    else:
        _say(str(error))
    sys.exit(0)


def _ask(found: Finding) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError(f"{found.text} Nothing was changed. To have it repaired: --yes.")
    complain(found.text)
    if found.code is Code.JOURNAL_MISSING:
        err.print("An empty one is begun; the next start sets the files aside in lost/.")
    else:
        err.print("What can be read goes into a new journal; the old one is kept, in damaged-N/.")
    click.confirm("Repair it?", abort=True, err=True)


def _print_repair(folder: Path, done: Repaired) -> None:
    saved, before, dropped = done.salvaged.saved, done.salvaged.before, done.salvaged.dropped
    for table in saved:
        of = f" of {before[table]:,}" if table in before else ""
        lost = f", {dropped[table]:,} dropped (broken, or of nobody)" if dropped.get(table) else ""
        _say(f"{table}: {saved[table]:,}{of} saved{lost}", mark=" ")
    if done.salvaged.renewed:
        anew = count(done.salvaged.renewed, "session")
        err.print(f"{anew} begun anew for what refers to them; whose they were is lost.")
    if done.aside is None:
        _say("There was no journal; an empty one was begun.")
    else:
        _say(f"The journal is new; the old one is kept in {done.aside}.")
    if done.unrecorded:
        files = count(done.unrecorded, "file")
        err.print(f"{files} on no record: the next start moves them to {folder / 'lost'}.")
    if done.without_bytes:
        files = count(done.without_bytes, "file")
        err.print(f"{files} on record have no bytes: the next start forgets them.")
    _hint(f"To start: stitchery serve --data {folder}")


# --- what they share ------------------------------------------------------------------------------


def _work(act: Callable[..., T]) -> T:
    """Does the work in a thread, with bars for who looks on; a signal ends it tidily."""

    async def in_thread() -> T:
        with Bars(err) as bars:

            def report(progress: Progress) -> None:
                trio.from_thread.check_cancelled()
                bars.show(progress.step, "running", _fraction(progress), _amount(progress))

            return await trio.to_thread.run_sync(_call, act, report)

    return run(in_thread)


def _call(act: Callable[..., T], report: Report) -> T:
    os.nice(_PATIENCE)  # of this thread alone (nice(2), NPTL)
    return act(report=report)


def _fraction(progress: Progress) -> float:
    return progress.done / progress.total if progress.total else 1.0


def _amount(progress: Progress) -> str:
    if progress.unit == "bytes":
        return f"{size(progress.done)} of {size(progress.total)}"
    return f"{progress.done:,} of {count(progress.total, 'page')}"


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Ends the program with what is wrong, in plain words."""
    with plainly(
        JournalUnusableError, PlaceTakenError, UnreadableJournalError, restore.UnfitBackupError
    ):
        try:
            yield
        except* OSError as errors:
            fail("; ".join(_of_disk(error) for error in errors.exceptions))


def _of_disk(error: Exception) -> str:
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}. Nothing half-made was left."
    return str(error)


def _listed(findings: Sequence[Finding]) -> list[dict[str, str]]:
    return [{**asdict(finding), "advice": finding.advice} for finding in findings]


def _print_findings(findings: Sequence[Finding]) -> None:
    if not out.is_terminal:
        for finding in findings:
            click.echo(f"{finding.code}\t{finding.text}\t{finding.advice}")
        return
    kinds: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        kinds[finding.code].append(finding)
    for found in kinds.values():
        for finding in found[:_SHOWN]:
            out.print(f"✗ {finding.text}", style="red", markup=False)
        if found[_SHOWN:]:
            out.print(f"  … and {len(found) - _SHOWN:,} more like these", style="red")
        out.print(f"  → {found[0].advice}\n", markup=False)


def _say(text: str, mark: str = "✓") -> None:
    """A result: with its mark for people, as it is for programs."""
    if out.is_terminal:
        out.print(f"{mark} {text}", style="green" if mark.strip() else None, markup=False)
    else:
        click.echo(text)


def _hint(text: str) -> None:
    err.print(f"  {text}", markup=False, soft_wrap=True, style="dim")
