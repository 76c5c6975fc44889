"""The command line: every command by its name.

Owns: which commands there are, and the line that the help has of each.
Never: imports what a command needs before it is used: a help, or a stitch without a server, shall
not wait for the modules of a server.
"""

import signal
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import click

from actors import capabilities
from web.commands.deferred import Deferred


class _Commands(click.Group):
    """All commands. Ctrl-C is told alike while a command's modules come in and while it works."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            from web.terminal import end_by  # noqa: PLC0415 -- see "Never" above

            end_by(signal.SIGINT)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="stitchery")
def cli() -> None:
    """Stitchery: a workshop for pictures, for one person or for many at once.

    Every setting can also come from the environment, as STITCHERY_SECTION__KEY.
    """


def _serve() -> click.Command:
    from web.commands.serve import serve  # noqa: PLC0415 -- as above, here and below

    return serve


def _check_config() -> click.Command:
    from web.commands.check_config import check_config  # noqa: PLC0415

    return check_config


def _demo() -> click.Command:
    from web.commands.demo import run_demo  # noqa: PLC0415

    return run_demo


def _keys() -> click.Command:
    from web.commands.keys import keys  # noqa: PLC0415

    return keys


def _plan() -> click.Command:
    from web.commands.configured import resolve_or_end  # noqa: PLC0415
    from web.plan import command  # noqa: PLC0415

    return command.command(resolve_or_end)


def _safekeeping(name: str) -> click.Command:
    from web.commands.configured import resolve_or_end  # noqa: PLC0415
    from web.safekeeping import command  # noqa: PLC0415

    return next(found for found in command.commands(resolve_or_end) if found.name == name)


def _capability(name: str) -> click.Command:
    from web import oneshot  # noqa: PLC0415
    from web.commands.configured import for_one_job  # noqa: PLC0415

    return oneshot.command(capabilities.named(name), partial(for_one_job, name))


def _summary(name: str) -> str:
    return capabilities.summary(name)


_OURS: Final[Mapping[str, tuple[Callable[[], click.Command], str]]] = {
    "backup": (partial(_safekeeping, "backup"), "Copy a data folder while its service runs."),
    "check": (
        partial(_safekeeping, "check"),
        "Check a data folder or a backup; changes nothing.",
    ),
    "check-config": (_check_config, "Explain a configuration, or list every mistake in it."),
    "demo": (_demo, "Show the service at work: two users, live progress, a cancelled job."),
    "keys": (_keys, "Make API keys, and change the keys that sign tokens."),
    "plan": (_plan, "Tell what users would meet under these limits, or under those."),
    "repair": (partial(_safekeeping, "repair"), "Save what can be read of a damaged journal."),
    "restore": (partial(_safekeeping, "restore"), "Make a data folder of a backup."),
    "serve": (_serve, "Run the service until SIGTERM or Ctrl-C."),
}
"""How each is made, and its line in the help."""

for _name, (_make, _line) in _OURS.items():
    cli.add_command(Deferred(_name, _make, partial(str, _line)))
for _name in capabilities.names():
    cli.add_command(Deferred(_name, partial(_capability, _name), partial(_summary, _name)))
