"""Commands that are made when somebody asks for them.

Owns: the stand-in of a command, by which a group knows it.
Never: knows which commands there are.
"""

import gc
from collections.abc import Callable
from functools import cached_property
from typing import Any

import click


class Deferred(click.Command):
    """Stands for a command in its group; what that needs is imported with its first use.

    Args:
        name: of the command.
        make: the command; called once.
        line: that the group's help has of it.
    """

    def __init__(
        self, name: str, make: Callable[[], click.Command], line: Callable[[], str]
    ) -> None:
        super().__init__(name)
        self._make = make
        self._line = line

    @cached_property
    def command(self) -> click.Command:
        """What it stands for."""
        made = self._make()
        if not gc.isenabled():  # the program has it rest while modules come in (__main__.py)
            gc.freeze()
            gc.enable()
        return made

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002 -- click's; ours are short
        """The line in the group's help."""
        return self._line()

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """The context of the command itself: from here on the stand-in has no part in it."""
        return self.command.make_context(info_name, args, parent, **extra)
