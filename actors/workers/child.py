"""A worker: reads an order, runs it, answers, and begins again until its channel ends.

Owns: the loop, the call's limits, what becomes of an error, whether the worker is worn.
Never: keeps anything of a call: its processes are ended, its errors' insides go to the log alone.

Imports no server (Trio, Quart, pydantic): a worker starts on demand, while somebody waits.
"""

import contextlib
import errno
import gc
import importlib
import inspect
import json
import os
import signal
import sys
import threading
import traceback
import typing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from actors.errors import Problem, StitcheryError, WorkFailed
from actors.messages import Progress
from actors.workers import limits, processes, wire

MEBIBYTE: Final = 1 << 20

CALLS: Final = 256
"""Calls after which a worker is worn: what leaks slowly, leaks no further. A new one costs about
0.1 s of a processor, so that is 0.4 ms a call."""

GROWTH: Final = 256 * MEBIBYTE
"""Bytes of memory held between calls, beyond those held at the start, that make a worker worn."""

_NO_THREAD: Final = "can't start new thread"
"""What CPython says in a RuntimeError where there is no room for a thread's stack. A limit on the
number of threads would read the same; calls have none."""

NICENESS: Final = 5
"""How far a worker stands back from the server where processors are scarce: an answer takes the
server a few thousandths of a second, and should not queue behind pictures for them."""

_CHUNK: Final = 65536


def main(channel: int, preload: Sequence[str]) -> int:
    """Serves until the channel ends; returns the exit status."""
    processes.call_yourself("stitchery-work")
    processes.adopt_orphans()
    processes.give_up_privileges()
    limits.forbid_core_dumps()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # ends it, as any signal does, without a word
    _offer_to_the_killer()
    os.nice(NICENESS)
    _preload(preload)
    gc.freeze()  # what is loaded stays: looking it over after each call took 10 ms of a processor
    link = _Link(channel)
    link.send(wire.pack(wire.Ready(os.getpid())))
    resident = processes.resident_bytes()
    for number, order in enumerate(link.orders(), start=1):
        outcome = _run(order, link)
        _leave_nothing(order)
        link.send(_reply(outcome, order, worn=is_worn(number, resident)))
        del outcome
        gc.collect()  # a failed call leaves cycles, and they may hold pictures
    return 0


def is_worn(calls: int, resident: int) -> bool:
    """Whether the next call had better go to a new worker.

    Args:
        calls: how many it has run.
        resident: bytes it held at the start.
    """
    return (
        calls >= CALLS
        or processes.resident_bytes() - resident > GROWTH
        # a thread cannot be ended, only its process
        or threading.active_count() > 1
    )


class _Link:
    """The channel to the server."""

    def __init__(self, channel: int) -> None:
        self._channel = channel
        self._inbox: wire.Inbox[wire.Order] = wire.Inbox(wire.Order)

    def orders(self) -> Iterator[wire.Order]:
        while data := os.read(self._channel, _CHUNK):
            self._inbox.feed(data)
            while (order := self._inbox.take()) is not None:
                yield order

    def send(self, frame: bytes) -> None:
        rest = memoryview(frame)
        while rest:
            rest = rest[os.write(self._channel, rest) :]


class _Reporter:
    """What the function gets as `report`.

    Once muted it says nothing more: a thread left behind must not speak into the next call.
    """

    def __init__(self, link: _Link) -> None:
        self._link = link
        self._lock = threading.Lock()  # over the channel, too: any thread of the work may report
        self._muted = False

    def __call__(self, progress: Progress) -> None:
        # a sum of rounded parts may come to a little more than the whole
        fraction = min(max(progress.fraction, 0.0), 1.0)
        frame = wire.pack(wire.Progressed(replace(progress, fraction=fraction)))
        with self._lock:
            if not self._muted:
                self._link.send(frame)

    def mute(self) -> None:
        with self._lock:
            self._muted = True


class _Failed(NamedTuple):
    """What is told of an error, and whether the same work may succeed another time."""

    problem: Problem
    passing: bool


def _run(order: wire.Order, link: _Link) -> msgspec.Raw | _Failed:
    report = _Reporter(link)
    try:
        function, kind = _find(order.target)
        argument = wire.load(order.argument, kind)
        with limits.applied(
            memory_bytes=order.memory_bytes,
            cpu_seconds=order.cpu_seconds,
            output_bytes=order.output_bytes,
        ):
            answer = function(argument, report)
        return wire.dump(answer)
    except Exception as error:  # noqa: BLE001 - decoders raise anything; all of it is told on
        return _failed(error, order)
    finally:
        report.mute()


@cache
def _find(target: str) -> tuple[Callable[[Any, Any], Any], Any]:
    """The function, and the type that its first parameter is annotated with."""
    module, _, name = target.partition(":")
    function = getattr(importlib.import_module(module), name)
    first = next(iter(inspect.signature(function).parameters))
    kind = typing.get_type_hints(function)[first]
    # what is imported stays: the collector, which runs after each call, need not look at it again
    gc.freeze()
    return function, kind


def _failed(error: Exception, order: wire.Order) -> _Failed:
    ours = _ours(error, order)
    return _Failed(ours.problem(), ours.passing)


def _ours(error: Exception, order: wire.Order) -> StitcheryError:
    """What the error means to the asker; a limit that was met would be met again."""
    match error:
        case StitcheryError():
            return error
        case _ if _wants_memory(error):
            return WorkFailed(
                f"The work needed more than {order.memory_bytes // MEBIBYTE} MiB of memory; "
                "try fewer or smaller inputs",
                limit="memory_bytes",
            )
        case OSError(errno=errno.EFBIG):
            return WorkFailed(
                f"The work would have written a file of more than {order.output_bytes // MEBIBYTE} "
                "MiB; try fewer or smaller inputs",
                limit="output_bytes",
            )
        case RecursionError():
            return WorkFailed("The input is nested too deeply to be worked on")
        case _:
            return _unforeseen(error, order)


def _wants_memory(error: Exception) -> bool:
    match error:
        case MemoryError() | OSError(errno=errno.ENOMEM):
            return True
        case RuntimeError():
            return str(error) == _NO_THREAD
        case _:
            return False


def _unforeseen(error: Exception, order: wire.Order) -> WorkFailed:
    """The log learns all, the asker that it was not their fault."""
    _note(
        "work raised what it does not declare",
        target=order.target,
        error=type(error).__name__,
        traceback=traceback.format_exception(error),
    )
    return WorkFailed(
        "The work met an error that was not foreseen; it has been noted for the operator"
    )


def _leave_nothing(order: wire.Order) -> None:
    """Ends what the work started and did not end, so that an answer means that it is over."""
    sys.stdout.flush()
    left: set[processes.Process] = set()
    processes.sweep(left)
    if left:
        _note("work left processes behind", target=order.target, ended=len(left))


def _reply(outcome: msgspec.Raw | _Failed, order: wire.Order, *, worn: bool) -> bytes:
    try:
        if isinstance(outcome, _Failed):
            return wire.pack(wire.Raised(outcome.problem, worn, outcome.passing))
        return wire.pack(wire.Answered(outcome, worn))
    # a status that is no error, members that MessagePack cannot carry, more than fits a frame
    except (ValueError, TypeError) as error:
        return wire.pack(wire.Raised(_unforeseen(error, order).problem(), worn))


def _preload(names: Sequence[str]) -> None:
    for name in names:
        with contextlib.suppress(ModuleNotFoundError):  # who needs it will say so
            importlib.import_module(name)


def _offer_to_the_killer() -> None:
    """When the machine is out of memory, a worker goes before its guard and before the server."""
    with contextlib.suppress(OSError):  # a kernel without it
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")


def _note(event: str, **facts: object) -> None:
    """One line on standard error, which the server puts into its log."""
    line = json.dumps({"event": event, **facts}, default=str) + "\n"
    os.write(2, line.encode("ascii", "backslashreplace"))
