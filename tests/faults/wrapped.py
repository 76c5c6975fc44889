"""The server with a fault inside: `python -m tests.faults.wrapped serve ...`, started by house.py.

Owns: counting, tracing and failing the calls that change the data folder, and setting its clock.
Never: is imported by a test; decides which fault (the variable STITCHERY_TEST_INSIDE does).

Python's names are replaced, not the kernel's: what SQLite does between two statements is one step
here. `strace` injects there (rows_kills.py), where there is one.
"""

import datetime as dt
import errno
import functools
import inspect
import json
import os
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

R = TypeVar("R")

PATHS: Final = ("link", "rename", "replace", "unlink", "mkdir", "rmdir", "truncate")
"""Calls whose first argument is a path."""

DESCRIPTORS: Final = ("write", "pwrite", "fsync", "fdatasync", "ftruncate")
"""Calls whose first argument is a descriptor."""

_write, _open = os.write, os.open


class Faults:
    """Counts the calls, and does to them what was ordered."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._order = order
        self._data = order["data"]
        self._count = 0
        self._counted = 0  # of those that may fail
        self._lock = threading.Lock()
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._trace = _open(order["trace"], flags, 0o600) if order["trace"] else None

    def meet(self, name: str, what: str) -> None:
        """Called before each call; raises when it is to fail, and does not return when it is to be
        the last."""
        with self._lock:
            self._count += 1
            if self._trace is not None:
                _write(self._trace, f"{name} {what}\n".encode())
            if self._count == self._order["kill_at"]:
                os.kill(os.getpid(), signal.SIGKILL)
            self._fail(name, what)

    def _fail(self, name: str, what: str) -> None:
        named = self._order["fail"]
        if self._order["fail_with"] is None or (named and name not in named):
            return
        self._counted += 1
        if self._order["fail_from"] <= self._counted <= self._order["fail_to"]:
            raise error_of(self._order["fail_with"], name, what)

    def concerns(self, place: object, folder: object = None) -> str | None:
        """The path below the data folder that a call is about; None when it is about another."""
        if isinstance(place, int):
            try:
                path = os.readlink(f"/proc/self/fd/{place}")  # noqa: PTH115 -- sockets are no paths
            except OSError:
                return None
        else:
            path = os.path.abspath(os.fsdecode(os.fspath(place)))  # type: ignore[call-overload]  # noqa: PTH100 -- pathlib's would call what is replaced here
            if isinstance(folder, int):
                path = self.concerns(folder) or path
        return str(path) if str(path).startswith(self._data) else None


_SQLITES: Final = {
    "ENOSPC": (sqlite3.SQLITE_FULL, "database or disk is full"),
    "EROFS": (sqlite3.SQLITE_READONLY, "attempt to write a readonly database"),
}
"""What SQLite makes of an error of the system."""


def error_of(code: str, name: str, what: str) -> Exception:
    """What a call raises that fails with that error."""
    number = getattr(errno, code)
    if name not in ("begin", "commit", "execute"):
        return OSError(number, os.strerror(number), what)
    kind, text = _SQLITES.get(code, (sqlite3.SQLITE_IOERR, "disk I/O error"))
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = kind
    return error


def around_paths(faults: Faults, name: str, call: Callable[..., R]) -> Callable[..., R]:
    """The call of os, counted where it is about the data folder."""

    @functools.wraps(call)
    def counted(place: Any, *args: Any, **more: Any) -> R:
        if what := faults.concerns(place, more.get("dir_fd")):
            faults.meet(name, what)
        return call(place, *args, **more)

    return counted


def around_open(faults: Faults) -> Callable[..., int]:
    """os.open, counted where it creates."""

    @functools.wraps(_open)
    def counted(place: Any, flags: int, *args: Any, **more: Any) -> int:
        if flags & os.O_CREAT and (what := faults.concerns(place, more.get("dir_fd"))):
            faults.meet("open", what)
        return _open(place, flags, *args, **more)

    return counted


def around_journal(faults: Faults) -> None:
    """Counts the statements of writing connections."""

    def meet(sql: str) -> None:
        word = sql.split(None, 1)[0].upper()
        if word in ("BEGIN", "COMMIT"):
            faults.meet(word.lower(), "journal")
        elif word in ("INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP"):
            faults.meet("execute", " ".join(sql.split())[:60])

    class Counted(sqlite3.Connection):
        def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
            meet(sql)
            return super().execute(sql, *args)

        def executemany(self, sql: str, *args: Any) -> sqlite3.Cursor:
            meet(sql)
            return super().executemany(sql, *args)

    connect = sqlite3.connect

    @functools.wraps(connect)
    def counting(*args: Any, **more: Any) -> Any:
        more.setdefault("factory", Counted)
        return connect(*args, **more)

    sqlite3.connect = counting


def set_clock(file: Path) -> None:
    """The wall clock goes wrong by what the file says, now and whenever that changes."""

    def off() -> float:
        return float(file.read_text())

    seconds, nanoseconds = time.time, time.time_ns
    time.time = lambda: seconds() + off()
    time.time_ns = lambda: nanoseconds() + int(off() * 1e9)

    class Shifted(dt.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return dt.datetime.fromtimestamp(seconds() + off(), tz)

    import web.commands.serve  # noqa: F401, PLC0415 -- all modules are there, and their types resolved

    for name, module in list(sys.modules.items()):
        ours = name.partition(".")[0] in ("actors", "web", "conf")
        if ours and "datetime.now(" in _source(module):
            module.datetime = Shifted  # type: ignore[attr-defined]  # it looks its clock up by that name


def _source(module: Any) -> str:
    try:
        return inspect.getsource(module)
    except (OSError, TypeError):
        return ""


def put_in(faults: Faults) -> None:
    """From here on, `faults` meets every call."""
    for name in (*PATHS, *DESCRIPTORS):
        setattr(os, name, around_paths(faults, name, getattr(os, name)))
    os.open = around_open(faults)
    around_journal(faults)


def main() -> None:
    """Puts the faults in, then runs the command line as ever."""
    order = json.loads(os.environ["STITCHERY_TEST_INSIDE"])
    if order["clock"] is not None:
        set_clock(Path(order["clock"]))
    if order["trace"] or order["kill_at"] or order["fail_with"]:
        put_in(Faults(order))
    from web.commands import cli  # noqa: PLC0415 -- it must find the replaced names

    cli(prog_name="stitchery")


if __name__ == "__main__":
    main()
