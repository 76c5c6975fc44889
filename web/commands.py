"""The command line: serve, demo, check-config, and one command for each capability.

Owns: options, exit statuses, and what is printed where (results on standard output, everything
else on standard error).
Never: does the work of a command; service.py, demo.py and oneshot.py do.
"""

import dataclasses
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import click
import trio
from rich.console import Console
from rich.table import Table

from actors.capabilities import discover
from actors.journal.port import JournalUnusableError
from actors.supervisor import BudgetSpentError
from conf.explain import explain
from conf.load import PRESETS, Resolved, resolve
from conf.machine import this_machine
from conf.mistakes import ConfigurationError
from conf.settings import Log
from web import demo, logs, oneshot
from web.keys import KeysUnusableError
from web.service import run_service, wait_for_signal

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

EXIT_FAILED = 1
EXIT_MISTAKEN = 2
"""As click and most shells' own commands: 2 is a mistake of the caller."""

config_option = click.option(
    "--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="JSON or TOML."
)
preset_option = click.option("--preset", type=click.Choice(PRESETS), help="A ready-made size.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="stitchery")
def cli() -> None:
    """Stitchery: a workshop for pictures, for one person or for many at once."""


@cli.command()
@config_option
@preset_option
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 takes a free one.")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Data folder.")
def serve(
    config: Path | None, preset: str | None, host: str | None, port: int | None, data: Path | None
) -> None:
    """Run the service until SIGTERM or Ctrl-C."""
    server = {"host": host, "port": port}
    storage = {"data": None if data is None else str(data)}
    resolved = _resolve(config, preset, {"server": server, "storage": storage})
    logs.set_up(resolved.settings.log)
    try:
        trio.run(_serve, resolved)
    except* (JournalUnusableError, KeysUnusableError, OSError) as errors:
        _fail("; ".join(str(error) for error in _leaves(errors)))
    except* BudgetSpentError as errors:
        _fail(
            f"{'; '.join(str(error) for error in _leaves(errors))}. Nothing accepted is lost: "
            "start the service again. The log tells what broke."
        )


async def _serve(resolved: Resolved) -> None:
    shutdown = trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait_for_signal, shutdown)
        async with trio.open_nursery() as service:
            address = await service.start(_run_service, resolved, shutdown)
            click.echo(f"Listening on {address}")
            sys.stdout.flush()
        nursery.cancel_scope.cancel()


async def _run_service(
    resolved: Resolved, shutdown: trio.Event, *, task_status: trio.TaskStatus[str]
) -> None:
    await run_service(resolved.settings, shutdown=shutdown, task_status=task_status)


@cli.command("check-config")
@config_option
@preset_option
@json_option
def check_config(config: Path | None, preset: str | None, *, as_json: bool) -> None:
    """Explain a configuration, or list every mistake in it."""
    try:
        resolved = _read(config, preset, {})
    except ConfigurationError as error:
        if as_json:
            mistakes = [dataclasses.asdict(mistake) for mistake in error.mistakes]
            click.echo(json.dumps({"ok": False, "mistakes": mistakes}, indent=2))
        else:
            _print_mistakes(error)
        sys.exit(EXIT_MISTAKEN)
    explanation = explain(resolved.settings, origins=resolved.origins, machine=this_machine())
    if as_json:
        click.echo(json.dumps({"ok": True, **dataclasses.asdict(explanation)}, indent=2))
        return
    table = Table("setting", "value", "what it is", "from", box=None, pad_edge=False)
    for entry in explanation.entries:
        table.add_row(entry.key, json.dumps(entry.value), entry.description, entry.origin)
    out.print(table)
    out.print()
    for sentence in explanation.sentences:
        out.print(f"• {sentence}", markup=False)
    for warning in explanation.warnings:
        out.print(f"! {warning.message} ({', '.join(warning.keys)})", style="yellow", markup=False)
    out.print("\nThe configuration is good.", style="green")


@cli.command("demo")
@click.argument("pictures", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def run_demo(pictures: tuple[Path, ...]) -> None:
    """Show the service at work: two users, live progress, a cancelled job.

    With PICTURES (at least two), these are stitched; otherwise some are drawn.
    """
    if len(pictures) == 1:
        raise click.UsageError("One picture cannot be stitched; give two or more, or none.")
    settings = _resolve(None, "small", {}).settings
    logs.set_up(Log(level="warning"))
    try:
        trio.run(demo.run, settings, list(pictures), Path.cwd(), err)
    except* (demo.DemoError, OSError) as errors:
        _fail("; ".join(str(error) for error in _leaves(errors)))


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


def _print_mistakes(error: ConfigurationError) -> None:
    for mistake in error.mistakes:
        err.print(f"✗ {mistake.key}", style="bold red", markup=False, end="")
        err.print(f"  ({mistake.where})", style="dim", markup=False)
        err.print(f"  {mistake.message}", markup=False)
        if mistake.hint:
            err.print(f"  {mistake.hint}", style="yellow", markup=False)
    count = len(error.mistakes)
    err.print(f"\n{count} mistake{'s' if count > 1 else ''} in the configuration.", style="red")


def _fail(text: str) -> NoReturn:
    err.print(f"✗ {text}", style="red", markup=False, soft_wrap=True)  # a path stays whole
    sys.exit(EXIT_FAILED)


def _leaves(group: BaseExceptionGroup[Any]) -> list[BaseException]:
    found: list[BaseException] = []
    for error in group.exceptions:
        found += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found


for _capability in discover().values():
    cli.add_command(oneshot.command(_capability, err))
