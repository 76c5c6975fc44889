"""The commands that keep a data folder safe: backup, check, restore, repair.

Owns: their options, and their exit statuses: 0 when all is well, 1 when something was found or
could not be done, 2 for a mistake of the caller.
Never: does the work of one (actors/safekeeping does, in a thread, so that a signal ends it tidily),
or prints what came of it (view.py).
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
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
from actors.safekeeping.findings import Code, Finding
from actors.safekeeping.places import PlaceTakenError
from actors.safekeeping.reading import UnreadableJournalError
from actors.safekeeping.repair import NothingToRepairError, RepairFailedError
from conf.load import PRESETS, Resolved
from conf.settings import Storage
from web.bars import Bars
from web.consoles import err
from web.edge.rules import leaves_of
from web.plan.words import count, size
from web.safekeeping import view
from web.shown import shown
from web.terminal import EXIT_FAILED, complain, fail, run

T = TypeVar("T")
Resolve = Callable[[Path | None, str | None, Mapping[str, Mapping[str, Any]]], Resolved]

_FORESEEN: Final = (
    *(JournalUnusableError, PlaceTakenError, UnreadableJournalError),
    *(restore.UnfitBackupError, RepairFailedError),
)
"""Errors whose own words are meant for people."""

_PATIENCE: Final = 5
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


def _storage(
    resolve: Resolve, config: Path | None, preset: str | None, data: Path | None
) -> Storage:
    flags = {"storage": {"data": None if data is None else str(data)}}
    return resolve(config, preset, flags).settings.storage


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
        storage = _storage(resolve, config, preset, data)
        floor = storage.min_free_mb << 20
        with _plain_errors(dest, as_json=as_json):
            made, carried = _work(
                partial(backup.back_up, storage.data, dest, link=link, floor=floor)
            )
        if as_json:
            told = {
                **asdict(made),
                "linked": carried.linked,
                "findings": view.listed(carried.damaged),
            }
            click.echo(json.dumps({"ok": not carried.damaged, **told}, indent=2))
        else:
            view.show_backup(dest, made, carried.damaged)
        sys.exit(EXIT_FAILED if carried.damaged else 0)

    return act


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
        with _plain_errors(folder, as_json=as_json):
            found = _work(partial(checking.check, folder, deep=deep))
        if as_json:
            click.echo(json.dumps(view.as_json_of(found), indent=2))
        else:
            view.show_check(found, deep=deep)
        sys.exit(EXIT_FAILED if found.findings else 0)

    return act


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
        folder = _storage(resolve, config, preset, data).data
        with _plain_errors(folder, as_json=as_json):
            done = _work(partial(restore.restore, source, folder, replace=replace, anyway=anyway))
        if as_json:
            told = {"aside": done.aside and str(done.aside), "left_out": done.left_out}
            told |= view.as_json_of(done.checked) | {
                "ok": not done.findings,
                "findings": view.listed(done.findings),
            }
            click.echo(json.dumps(told, indent=2))
        else:
            view.show_restore(folder, done)
        sys.exit(EXIT_FAILED if done.findings else 0)

    return act


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
        folder = _storage(resolve, config, preset, data).data
        with _plain_errors(folder, as_json=as_json):
            try:
                found = repairing.diagnose(folder)
            except NothingToRepairError as error:
                _nothing_to_repair(error, as_json=as_json)
        if not yes:
            _ask(found, as_json=as_json)
        further = "Put that right and repair again: it goes on where it was."
        with _plain_errors(folder, further, as_json=as_json):
            done = repairing.repair(folder)
        if as_json:
            told = {**asdict(done), "aside": done.aside and str(done.aside)}
            click.echo(json.dumps({"ok": True, **told}, indent=2))
        else:
            view.show_repair(folder, done)

    return act


def _nothing_to_repair(error: NothingToRepairError, *, as_json: bool) -> NoReturn:
    if as_json:
        click.echo(json.dumps({"ok": True, "repaired": False}, indent=2))
    else:
        view.say(str(error))
    sys.exit(0)


def _ask(found: Finding, *, as_json: bool) -> None:
    if not sys.stdin.isatty():
        words = f"{found.text} Nothing was changed. To have it repaired: --yes."
        if as_json:
            _told_as_json(words)
        raise click.UsageError(words)
    complain(found.text)
    if found.code is Code.JOURNAL_MISSING:
        err.print(
            "A new one is made of what is left, such as its log. The next start sets files that "
            "are on no record then aside, in lost/."
        )
    else:
        err.print("What can be read goes into a new journal; the old one is kept, in damaged-N/.")
    click.confirm("Repair it?", abort=True, err=True)


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
def _plain_errors(
    place: Path, so_far: str = "Nothing was changed.", *, as_json: bool
) -> Iterator[None]:
    """Ends the program with what is wrong, in plain words, and as JSON for programs.

    Args:
        place: that is worked on, where a disk does not say more.
        so_far: how things are when a disk fails.
        as_json: whether a program reads it.
    """
    try:
        yield
    except* _FORESEEN as errors:
        words = "; ".join(str(error) for error in leaves_of(errors))
        if as_json:
            _told_as_json(words)
        fail(words)
    except* OSError as errors:
        words = "; ".join(_of_disk(error, place) for error in leaves_of(errors))
        if as_json:
            _told_as_json(f"{words}. {so_far}")
        fail(shown(f"{words}. {so_far}", 1000))


def _told_as_json(words: str) -> None:
    click.echo(json.dumps({"ok": False, "error": words}, indent=2))


def _of_disk(error: BaseException, place: Path) -> str:
    if not isinstance(error, OSError) or error.strerror is None:
        return f"{place}: {error}"
    return f"{error.filename or place}: {error.strerror}"
