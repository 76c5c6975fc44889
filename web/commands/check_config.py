"""`stitchery check-config`: what a configuration means, or all that is wrong with it.

Owns: how an explanation is printed, for people and for programs.
Never: explains (conf/explain.py does).
"""

import dataclasses
import json
import sys
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from conf.explain import Explanation
from conf.mistakes import ConfigurationError
from web.commands.configured import (
    config_option,
    explained,
    json_option,
    preset_option,
    print_mistakes,
    read,
)
from web.consoles import out
from web.terminal import EXIT_MISTAKEN


@click.command("check-config")
@config_option
@preset_option
@json_option
def check_config(config: Path | None, preset: str | None, *, as_json: bool) -> None:
    """Explain a configuration, or list every mistake in it.

    Into a pipe or file, each setting is one line: key, value, origin, what is accepted.
    """
    try:
        resolved = read(config, preset, {})
    except ConfigurationError as error:
        if as_json:
            mistakes = [dataclasses.asdict(mistake) for mistake in error.mistakes]
            click.echo(json.dumps({"ok": False, "mistakes": mistakes}, indent=2))
        else:
            print_mistakes(error)
        sys.exit(EXIT_MISTAKEN)
    explanation = explained(resolved)
    if as_json:
        click.echo(json.dumps({"ok": True, **dataclasses.asdict(explanation)}, indent=2))
    else:
        _print_explanation(explanation)


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
