"""The command line: serve, demo, check-config, keys, and what others have to add.

Owns: options, exit statuses, and what is printed where (results on standard output, everything
else on standard error).
Never: does the work of a command; service.py, demo.py and oneshot.py do.
"""

import dataclasses
import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click
import structlog
import trio
from pydantic import ValidationError
from rich.table import Table
from rich.text import Text

from actors.capabilities import discover
from actors.journal.port import JournalUnusableError
from actors.supervisor import BudgetSpentError
from conf.explain import Explanation, explain
from conf.load import PRESETS, Resolved, resolve
from conf.machine import this_machine
from conf.mistakes import ConfigurationError
from conf.settings import ApiKey, Log, Settings
from web import demo, logs, oneshot
from web.keys import KeysUnusableError, rotate
from web.plan import command as plan
from web.plan.words import count
from web.principals import digest_of, new_key
from web.reload import Read
from web.safekeeping import command as safekeeping
from web.service import AddressUnusableError, run_service, wait_for_signal
from web.terminal import EXIT_MISTAKEN, complain, err, out, plainly, run

log = structlog.get_logger("commands")

config_option = click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Configuration, JSON or TOML.",
)
preset_option = click.option(
    "--preset", type=click.Choice(PRESETS), help="A ready-made size; --config refines it."
)
data_option = click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), help="Data folder."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="stitchery")
def cli() -> None:
    """Stitchery: a workshop for pictures, for one person or for many at once.

    Every setting can also come from the environment, as STITCHERY_SECTION__KEY.
    """


@cli.command()
@config_option
@preset_option
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 takes a free one.")
@data_option
def serve(
    config: Path | None, preset: str | None, host: str | None, port: int | None, data: Path | None
) -> None:
    """Run the service until SIGTERM or Ctrl-C.

    SIGHUP has it read its configuration again, and change what it can while it runs.
    """
    server = {"host": host, "port": port}
    storage = {"data": None if data is None else str(data)}
    flags: dict[str, dict[str, Any]] = {"server": server, "storage": storage}
    resolved = _resolve(config, preset, flags)
    logs.set_up(resolved.settings.log)
    for warning in _explain(resolved).warnings:
        log.warning(warning.message, keys=warning.keys)
    with plainly(JournalUnusableError, KeysUnusableError, AddressUnusableError, BudgetSpentError):
        trio.run(_serve, resolved, partial(_read, config, preset, flags))


async def _serve(resolved: Resolved, reread: Read) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is somebody to take it up
    settings, shutdown = resolved.settings, trio.Event()
    start = partial(
        run_service, settings, origins=resolved.origins, reread=reread, shutdown=shutdown
    )
    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait_for_signal, shutdown, settings.server.grace)
        async with trio.open_nursery() as service:
            address = await service.start(start)
            click.echo(f"Listening on {address}")
            sys.stdout.flush()
        nursery.cancel_scope.cancel()


@cli.command("check-config")
@config_option
@preset_option
@json_option
def check_config(config: Path | None, preset: str | None, *, as_json: bool) -> None:
    """Explain a configuration, or list every mistake in it.

    Into a pipe or file, each setting is one line: key, value, origin, what is accepted.
    """
    try:
        resolved = _read(config, preset, {})
    except ConfigurationError as error:
        if as_json:
            mistakes = [dataclasses.asdict(mistake) for mistake in error.mistakes]
            click.echo(json.dumps({"ok": False, "mistakes": mistakes}, indent=2))
        else:
            _print_mistakes(error)
        sys.exit(EXIT_MISTAKEN)
    explanation = _explain(resolved)
    if as_json:
        click.echo(json.dumps({"ok": True, **dataclasses.asdict(explanation)}, indent=2))
    else:
        _print_explanation(explanation)


@cli.command("demo")
@click.argument("pictures", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def run_demo(pictures: tuple[Path, ...]) -> None:
    """Show the service at work: two users, live progress, a cancelled job.

    With PICTURES (at least two), these are stitched; otherwise some are drawn. The stitched
    picture lands in this folder.
    """
    if len(pictures) == 1:
        raise click.UsageError("One picture cannot be stitched; give two or more, or none.")
    server = {"host": "127.0.0.1", "port": 0}
    with _temporary("small", server) as settings, plainly(demo.DemoError, OSError):
        run(demo.run, settings, list(pictures), Path.cwd(), err)


@cli.group()
def keys() -> None:
    """Make API keys, and change the keys that sign tokens."""


@keys.command("new")
@click.argument("name")
@click.option(
    "--role", type=click.Choice(["user", "admin"]), default="user", help="admin: may run it, too."
)
@json_option
def new_api_key(name: str, role: Any, *, as_json: bool) -> None:
    """Make an API key for the program NAME.

    The key is shown this once: the configuration gets its hash, with which nobody can come in.
    """
    key = new_key()
    try:
        entry = ApiKey(name=name, sha256=digest_of(key), role=role)
    except ValidationError:
        raise click.UsageError(
            f"{name[:80]!r} is no name for a key. Up to 64 small letters, digits, - and _ are "
            "accepted, the first a letter or digit, such as nightly-report."
        ) from None
    if as_json:
        click.echo(json.dumps({"key": key, "entry": entry.model_dump()}, indent=2))
        return
    click.echo(key)
    err.print("\nThis is the key; it is not shown again. Put this into the configuration:\n")
    lines = [f"{field} = {json.dumps(value)}" for field, value in entry.model_dump().items()]
    click.echo("\n".join(["[[identity.api_keys]]", *lines]))
    err.print("\nThen restart the service. The program sends: Authorization: Bearer KEY")


@keys.command("rotate")
@config_option
@preset_option
@data_option
@click.option("--drop-old", is_flag=True, help="End every token given out so far.")
def rotate_keys(
    config: Path | None, preset: str | None, data: Path | None, *, drop_old: bool
) -> None:
    """Sign tokens with a new key from now on.

    A running service takes it up within a second. Tokens that older keys have signed stay good
    until they expire; --drop-old removes those keys, as when one was seen by a stranger.
    """
    storage = {"data": None if data is None else str(data)}
    folder = _resolve(config, preset, {"storage": storage}).settings.storage.data
    with plainly(KeysUnusableError):
        held = rotate(folder, drop_old=drop_old)
    click.echo(f"A new key signs from now on; {folder} holds {count(len(held), 'key')}.")
    if drop_old:
        err.print("Every token given out before is worth nothing now: people begin new sessions.")
    else:
        err.print("Older tokens stay good. When a key must go at once, rotate with --drop-old.")


@contextmanager
def _temporary(preset: str | None, server: Mapping[str, Any]) -> Iterator[Settings]:
    """Settings for work that leaves nothing behind, and that tells no news but bad ones."""
    logs.set_up(Log(level="warning"))
    with tempfile.TemporaryDirectory(prefix="stitchery-") as folder:
        storage = {"data": folder, "min_free_mb": 0}  # whoever asks here sees the disk fill up
        yield _resolve(None, preset, {"server": server, "storage": storage}).settings


def _resolve(
    config: Path | None, preset: str | None, flags: Mapping[str, Mapping[str, Any]]
) -> Resolved:
    """The settings, or the end of the program with every mistake in them."""
    try:
        return _read(config, preset, flags)
    except ConfigurationError as error:
        _print_mistakes(error)
        sys.exit(EXIT_MISTAKEN)


def _read(
    config: Path | None, preset: str | None, flags: Mapping[str, Mapping[str, Any]]
) -> Resolved:
    given = {
        section: {key: value for key, value in keys.items() if value is not None}
        for section, keys in flags.items()
    }
    return resolve(
        file=config,
        preset=preset,
        environ=os.environ,
        overrides=given,
        sections={name: found.settings_type for name, found in discover().items()},
    )


def _explain(resolved: Resolved) -> Explanation:
    return explain(resolved.settings, origins=resolved.origins, machine=this_machine())


def _print_mistakes(error: ConfigurationError) -> None:
    for mistake in error.mistakes:
        complain(str(mistake))
    mistakes = count(len(error.mistakes), "mistake")
    err.print(f"\n{mistakes} in the configuration.", style="red")


def _print_explanation(explanation: Explanation) -> None:
    (_print_table if out.is_terminal else _print_lines)(explanation)
    out.print()
    for sentence in explanation.sentences:
        _print_sentence(f"• {sentence}")
    for warning in explanation.warnings:
        keys = f" ({', '.join(warning.keys)})" if warning.keys else ""
        _print_sentence(f"! {warning.message}{keys}", style="yellow")
    out.print("\nThe configuration is good.", style="green")


def _print_table(explanation: Explanation) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("setting", no_wrap=True)
    for heading in ("value", "what it is", "from"):
        table.add_column(heading, overflow="fold")
    for entry in explanation.entries:
        cells = (entry.key, json.dumps(entry.value), entry.description, entry.origin)
        table.add_row(*map(Text, cells))  # as text, in which brackets are no markup
    out.print(table)


def _print_lines(explanation: Explanation) -> None:
    """For grep and cut: a setting a line, unbroken, with tabs between what is told of it."""
    for entry in explanation.entries:
        accepted = entry.accepted or entry.description
        click.echo("\t".join((entry.key, json.dumps(entry.value), entry.origin, accepted)))


def _print_sentence(text: str, style: str | None = None) -> None:
    """Broken for a reader's terminal only: elsewhere words must be found whole."""
    out.print(text, style=style, markup=False, soft_wrap=not out.is_terminal)


cli.add_command(plan.command(_resolve))
for _command in safekeeping.commands(_resolve):
    cli.add_command(_command)
for _capability in discover().values():
    cli.add_command(oneshot.command(_capability, partial(_temporary, None, {})))
