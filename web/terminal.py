"""The terminal: what commands print, and how they end.

Owns: lines on standard error, the exit statuses, and what a signal does to a command.
Never: knows what a command does; draws (consoles.py has what that takes).
"""

import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn, TypeVar

import click
import trio

from web.edge.rules import leaves_of

T = TypeVar("T")

EXIT_FAILED = 1
EXIT_MISTAKEN = 2
"""As click and most shells' own commands: 2 is a mistake of the caller."""

_EXIT_SIGNALLED = 128
"""As shells tell it: this, and the signal's number."""


class StoppedError(Exception):
    """A signal ended the command."""

    def __init__(self, number: int) -> None:
        super().__init__(f"Stopped by {signal.Signals(number).name}.")
        self.number = number


def tell(text: str, colour: str) -> None:
    """One line on standard error, however long: a pipe or a log may read it.

    In colour where a terminal shows it, unless NO_COLOR (no-color.org) or a TERM that has none
    says otherwise.
    """
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    click.secho(text, err=True, fg=colour, color=False if plain else None)


def is_watched() -> bool:
    """Whether somebody may look at standard error while the command runs."""
    return sys.stderr.isatty()


def complain(text: str) -> None:
    """Tells what is wrong."""
    tell(f"✗ {text}", "red")


def fail(text: str) -> NoReturn:
    """Ends the program, which could not do what it was told."""
    complain(text)
    sys.exit(EXIT_FAILED)


def end_by(number: int) -> NoReturn:
    """Ends the program as a signal asked."""
    complain(str(StoppedError(number)))
    sys.exit(_EXIT_SIGNALLED + number)


@contextmanager
def plainly(*foreseen: type[Exception]) -> Iterator[None]:
    """Ends the program with an error's own words, where they are meant for people."""
    try:
        yield
    except* foreseen as errors:
        fail("; ".join(str(error) for error in leaves_of(errors)))


def run(act: Callable[..., Awaitable[T]], *arguments: object) -> T:
    """Runs a command's work to its end. SIGINT and SIGTERM cancel it, so that nothing is left over.

    Raises:
        ExceptionGroup: of what the work raises.
    """
    try:
        return trio.run(_until_signal, act, arguments)
    except StoppedError as stopped:
        end_by(stopped.number)


async def _until_signal(act: Callable[..., Awaitable[T]], arguments: tuple[object, ...]) -> T:
    numbers: list[int] = []
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_cancel_at, signals, numbers, nursery.cancel_scope)
            result = await act(*arguments)
            nursery.cancel_scope.cancel()
            return result
    raise StoppedError(*numbers)


async def _cancel_at(
    signals: AsyncIterator[int], numbers: list[int], scope: trio.CancelScope
) -> None:
    number = await anext(signals)
    signal.signal(number, signal.SIG_DFL)  # a second one does not wait for us
    numbers.append(number)
    scope.cancel()
