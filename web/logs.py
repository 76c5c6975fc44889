"""Logs: one event a line on standard error, readable or JSON, never forged.

Owns: the set-up of structlog.
Never: writes a message itself, or shows the values of variables: a token may be among them.
"""

import logging
import sys
import traceback
from contextlib import suppress
from itertools import islice
from types import TracebackType
from typing import Any, TextIO

import structlog

from actors.logs import merge_bound
from conf.settings import Log

_LONGEST = 2000
"""Characters of one value; a client can make an address or a name as long as it likes."""

_MOST = 50
"""Members of one value."""

_LONGEST_TRACE = 20_000
"""Characters of a traceback; its end, where the error itself stands, is what is kept."""


def set_up(settings: Log) -> None:
    """Sends all logs, ours and the libraries', to standard error in one form."""
    shared: list[Any] = [
        merge_bound,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _trace,
        _one_line,
    ]
    last: Any = (
        structlog.processors.JSONRenderer()
        if settings.format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), sort_keys=False)
    )
    out = _Out(sys.stderr)
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(out),  # type: ignore[arg-type]  # all of a file that it uses
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)


class _Out:
    """Where lines go. One that cannot be written is lost, and who had it to tell goes on.

    So it is when the disk of the log is full, or its reader gone.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, line: str) -> None:
        """Writes a line, if that can be done."""
        with suppress(OSError):
            self._stream.write(line)

    def flush(self) -> None:
        """Sends on what was written, if that can be done."""
        with suppress(OSError):
            self._stream.flush()


def _trace(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Turns the error that an event brings into text, under `trace`."""
    error = _error_of(event.pop("exc_info", None))
    if error is not None:
        lines = "".join(traceback.format_exception(error)).splitlines()
        told = (line.strip() for line in lines if line.strip(" ^~|"))
        event["trace"] = _escaped(" / ".join(told)[-_LONGEST_TRACE:])
    return event


def _error_of(given: object) -> BaseException | None:
    """The error in what logging calls `exc_info`: an error, a tuple with one, or true."""
    match given:
        case BaseException():
            return given
        case (_, BaseException() as error, TracebackType() | None):
            return error
    return sys.exception() if given else None


def _one_line(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Escapes what could end a line or drive a terminal, and bounds what a client can make long."""
    return {key: value if key == "trace" else _bounded(value) for key, value in event.items()}


def _bounded(value: object) -> object:
    """The value, and what it is made of, in escaped text of a bounded length."""
    match value:
        case str():
            return _escaped(value if len(value) <= _LONGEST else value[:_LONGEST] + "…")
        case dict():
            pairs = islice(value.items(), _MOST)
            return {str(_bounded(str(key))): _bounded(each) for key, each in pairs}
        case list() | tuple() | set() | frozenset():
            return [_bounded(each) for each in islice(value, _MOST)]
        case None | bool() | int() | float():
            return value
    return _bounded(repr(value))


def _escaped(text: str) -> str:
    if text.isprintable():  # nearly all
        return text
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in text
    )
