"""Logs: one event a line on standard error, readable or JSON, never forged.

Owns: the set-up of structlog.
Never: writes a message itself. A traceback never shows variables: they hold tokens and users' data,
and structlog's own default, which draws them, stops everybody for a second or more.
"""

import logging
import sys
from typing import Any

import structlog
from structlog.tracebacks import ExceptionDictTransformer

from conf.settings import Log

_LONGEST = 2000
"""Characters of one value; a client can make an address or a name as long as it likes."""


def set_up(settings: Log) -> None:
    """Sends all logs, ours and the libraries', to standard error in one form."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _one_line,
    ]
    if settings.format == "json":
        last: list[Any] = [
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(),
        ]
    else:
        last = [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                sort_keys=False,
                exception_formatter=structlog.dev.plain_traceback,
            )
        ]
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)


def _one_line(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Escapes what could end a line or drive a terminal, and bounds what a client can make long.

    The traceback is ours, not a client's, and stays as it is.
    """
    return {key: value if key == "exc_info" else _escaped(value) for key, value in event.items()}


def _escaped(value: object) -> object:
    if not isinstance(value, str):
        return value
    shown = value if len(value) <= _LONGEST else value[:_LONGEST] + "…"
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in shown
    )
