"""What a command is configured by: the options that name it, and the settings that come of them.

Owns: how commands read a configuration, and how they tell what is wrong with one.
Never: carries a command out.
"""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from actors import capabilities
from actors.logs import bad_news_only
from conf.environment import variable
from conf.explain import Explanation, explain
from conf.load import PRESETS, Resolved, resolve
from conf.machine import this_machine
from conf.mistakes import ConfigurationError
from conf.settings import Log, Settings
from web.terminal import EXIT_MISTAKEN, complain, tell

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


def _tell_bad_news_only() -> None:
    from web import logs  # noqa: PLC0415 -- structlog, which one job has no use for

    logs.set_up(Log(level="warning"))


@contextmanager
def for_one_job(capability: str) -> Iterator[Settings]:
    """Settings for one job of a capability, which leaves nothing behind.

    No process is kept ready: one is started when there is something for it. Only bad news are
    told, and what it takes to tell them is loaded when there are some.

    Raises:
        ConfigurationError: with every mistake in them.
    """
    with bad_news_only(_tell_bad_news_only), _leaving_nothing() as storage:
        flags = {"storage": storage, "workers": {"warm": 0}}
        yield read(None, None, flags, only=capability).settings


@contextmanager
def temporary(preset: str | None, server: Mapping[str, Any]) -> Iterator[Settings]:
    """Settings for a service that leaves nothing behind and tells no news but bad ones.

    Where they have mistakes, it is the end of the program.
    """
    _tell_bad_news_only()
    with _leaving_nothing() as storage:
        yield resolve_or_end(None, preset, {"server": server, "storage": storage}).settings


@contextmanager
def _leaving_nothing() -> Iterator[dict[str, Any]]:
    """The storage in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="stitchery-") as folder:
        yield {"data": folder, "min_free_mb": 0}  # whoever asks here sees the disk fill up


def resolve_or_end(
    config: Path | None, preset: str | None, flags: Mapping[str, Mapping[str, Any]]
) -> Resolved:
    """The settings, or the end of the program with every mistake in them."""
    try:
        return read(config, preset, flags)
    except ConfigurationError as error:
        print_mistakes(error)
        sys.exit(EXIT_MISTAKEN)


def read(
    config: Path | None,
    preset: str | None,
    flags: Mapping[str, Mapping[str, Any]],
    *,
    only: str | None = None,
) -> Resolved:
    """The settings of a file, a preset, the environment and flags, of which None says nothing.

    With `only` a capability's name, others' sections are there as far as the environment has them:
    what is not used need not be loaded.

    Raises:
        ConfigurationError: with every mistake in them.
    """
    given = {
        section: {key: value for key, value in keys.items() if value is not None}
        for section, keys in flags.items()
    }
    return resolve(
        file=config,
        preset=preset,
        environ=os.environ,
        overrides=given,
        sections={
            name: capabilities.named(name).settings_type
            for name in capabilities.names()
            if only in {None, name} or _is_set(name)
        },
    )


def _is_set(section: str) -> bool:
    """Whether the environment has something of a section."""
    return any(name.startswith(variable(section, "")) for name in os.environ)


def explained(resolved: Resolved) -> Explanation:
    """What the settings mean on this machine."""
    return explain(resolved.settings, origins=resolved.origins, machine=this_machine())


def print_mistakes(error: ConfigurationError) -> None:
    """A line for each, and how many there are."""
    for mistake in error.mistakes:
        complain(str(mistake))
    number = len(error.mistakes)
    tell(f"\n{number} mistake{'s'[: number != 1]} in the configuration.", "red")
