"""The parts' ways into the log, and what is said of all lines of a task.

Owns: that a part's lines carry its name, and when structlog is loaded: with the first line. It
takes a tenth of a second with all that it could draw, and a command that joins two pictures has
nothing to write.
Never: says where lines go or what they look like (web/logs.py does, where there is a face).
"""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

_bound: ContextVar[Mapping[str, object]] = ContextVar("bound", default=MappingProxyType({}))
_preparations: list[Callable[[], None]] = []
"""What is to be done before the first line, and has not been done."""

_NEWS: Final = frozenset({"debug", "info"})
"""Lines that tell of nothing bad."""


class Log:
    """The log of one part; it has structlog's methods: `debug`, `info`, `warning`, and so on."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, method: str) -> Any:
        """A method of structlog's logger."""
        if _preparations and method in _NEWS:
            return _drop
        while _preparations:
            _preparations.pop()()
        return getattr(self._lines, method)

    @cached_property
    def _lines(self) -> Any:
        import structlog  # noqa: PLC0415 -- see above

        return structlog.get_logger(self._name)


def _drop(*_: object, **__: object) -> None:
    """Writes nothing."""


@contextmanager
def bad_news_only(prepare: Callable[[], None]) -> Iterator[None]:
    """Drops all lines of the block below a warning; `prepare` is called before the first other.

    It has structlog keep to that from then on.
    """
    _preparations.append(prepare)
    try:
        yield
    finally:
        _preparations.clear()


def bind(**facts: object) -> None:
    """All lines that this task writes from now on, or those that it begins, tell these facts."""
    _bound.set({**_bound.get(), **facts})


@contextmanager
def bound(**facts: object) -> Iterator[None]:
    """All lines that are written in the block, or by tasks that begin there, tell these facts."""
    token = _bound.set({**_bound.get(), **facts})
    try:
        yield
    finally:
        _bound.reset(token)


def merge_bound(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Adds the facts that are bound, as a processor of structlog's; a line's own go first."""
    return {**_bound.get(), **event}
