"""The processes that stand between the server and a worker, and see that nothing survives.

Owns: the fork into outer guard, guard and worker; the sweep when the worker ends, when the server
orders it, and when the server is gone, however it went (SIGKILL too: the lifeline then reads its
end).
Never: runs work, imports more than the standard library, decides when a worker should end.

There are two guards, since one may be killed itself, by an operator or for want of memory. The
kernel ends the worker with its guard, but not what the worker has started: that falls to the outer
guard, which waits for nothing else, and sweeps. When the outer one is killed, the guard finds the
pipe between them closed, and does as when the server is gone. Nor does it help to stop one: the
outer guard kills a guard that stands still when the server is gone, and the guard wakes the outer
one before it leaves. (Who kills both at one stroke leaves what the worker has started.)

It starts with the worker's channel on standard input, the lifeline on standard output and the log
on standard error; so one command line starts it anywhere, also inside a frozen executable.

The worker may rely on the kernel to die with its guard, since the guard forks from its only thread.
The guards themselves must not rely on that: the server starts it from a thread that does not last.
"""

import contextlib
import os
import select
import signal
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

from actors.workers import processes
from actors.workers.lifeline import ASK, DISPLACE, Report

PATIENCE: Final = 2.0
"""Seconds that a guard is given to end all when the server is gone; hundredths are usual. If it was
at work all the same, the outer guard goes on with that."""


def command_line(preload: Sequence[str]) -> list[str]:
    """How to start a guard.

    A frozen executable is started again: its entry point must hand what follows `worker` to `main`,
    before it imports anything else.

    Args:
        preload: modules that the worker imports before it says it is ready.
    """
    if getattr(sys, "frozen", False):
        return [sys.executable, "worker", *preload]
    # -P: nobody's working folder may lend modules to the child
    return [sys.executable, "-P", "-m", "actors.workers.guard", *preload]


def main(preload: Sequence[str]) -> int:
    """Forks; returns the exit status in the worker and never in a guard."""
    channel, lifeline = _move_away(0, os.O_RDONLY), _move_away(1, None)
    beside, outer = os.pipe()  # nothing is ever written: it ends with the outer guard
    processes.adopt_orphans()
    outer_guard = os.getpid()
    guard = os.fork()
    if guard:
        os.close(channel)
        os.close(beside)
        _stand_by(guard, lifeline)
    os.close(outer)
    processes.adopt_orphans()
    guard = os.getpid()
    worker = os.fork()
    if worker:
        os.setpgid(worker, worker)
        os.close(channel)
        report = _watch(worker, lifeline, beside)
        if os.getppid() == outer_guard:
            os.kill(outer_guard, signal.SIGCONT)  # to bury us it must not stand still
        _leave(lifeline, report)
    # here and in the guard: neither may go on before it is so
    os.setpgid(0, 0)
    os.close(lifeline)
    os.close(beside)
    processes.die_with(guard)
    # only now, so that the guard stays small
    from actors.workers import child  # noqa: PLC0415

    return child.main(channel, preload)


def _stand_by(guard: int, lifeline: int) -> NoReturn:
    """The outer guard's life: does the guard's duty if that is killed. DISPLACE has it do so."""
    processes.call_yourself("stitchery-outer")
    _ignore_what_is_meant_for_others()
    signal.signal(DISPLACE, lambda *_: os.kill(guard, signal.SIGKILL))
    status = _wait_for_guard(guard, lifeline)
    signal.signal(DISPLACE, signal.SIG_IGN)
    if status == 0:  # it has left nothing, and has told so
        os._exit(0)
    seen: set[processes.Process] = set()
    processes.sweep(seen)
    _leave(lifeline, Report(None, len(seen)))


def _wait_for_guard(guard: int, lifeline: int) -> int:
    """The guard's status; one that stands still when the server is gone is killed."""
    woken, poll = _woken_by_children(), select.poll()
    patience: float | None = None
    poll.register(woken, select.POLLIN)
    poll.register(lifeline, 0)  # of which only the end is told
    while True:
        ended, status = os.waitpid(guard, os.WNOHANG)
        if ended:
            return status
        ready = {descriptor for descriptor, _ in poll.poll(patience)}
        if not ready:
            os.kill(guard, signal.SIGKILL)
        if lifeline in ready:
            poll.unregister(lifeline)
            patience = PATIENCE * 1000
        if woken in ready:
            os.read(woken, 64)


def _leave(lifeline: int, report: Report) -> NoReturn:
    with contextlib.suppress(OSError):  # the server may be gone
        os.write(lifeline, report.pack())
    # at once: the server waits, and there is nothing here to tidy
    os._exit(0)


def _ignore_what_is_meant_for_others() -> None:
    for unwanted in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(unwanted, signal.SIG_IGN)  # the lifeline alone says when to end


def _move_away(standard: int, replacement: int | None) -> int:
    """Frees a standard descriptor from its channel, so that no library's print can reach it."""
    moved = os.dup(standard)
    if replacement is None:
        os.dup2(2, standard)
    else:
        null = os.open(os.devnull, replacement)
        os.dup2(null, standard)
        os.close(null)
    return moved


def _watch(worker: int, lifeline: int, beside: int) -> Report:
    """Waits for the worker's end, an order, the server's or the outer guard's end; ends all."""
    processes.call_yourself("stitchery-guard")
    _ignore_what_is_meant_for_others()
    seen: set[processes.Process] = set()
    status = _wait(worker, lifeline, beside, seen)
    if status is None:
        status = _kill(worker, seen)
    else:
        seen |= processes.descendants(os.getpid())  # before they can be gone uncounted
        _kill_group(worker)
    processes.sweep(seen)
    return Report(status, len(seen))


def _kill(worker: int, seen: set[processes.Process]) -> int:
    """The status of the worker, which has not been reaped before."""
    below = processes.descendants(os.getpid())
    seen |= below
    _kill_group(worker)
    processes.tell(below, signal.SIGKILL)
    return os.waitpid(worker, 0)[1]


def _kill_group(worker: int) -> None:
    """At one stroke, so that forks cannot outrun it. What left the group is the sweep's."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(worker, signal.SIGKILL)


def _wait(worker: int, lifeline: int, beside: int, seen: set[processes.Process]) -> int | None:
    """The worker's status when it ended; None when it shall be killed."""
    woken, poll = _woken_by_children(), select.poll()
    poll.register(woken, select.POLLIN)
    poll.register(lifeline, select.POLLIN)
    poll.register(beside, select.POLLIN)
    while True:
        # looked at first: it may have ended before the handler was there
        ended, status = os.waitpid(worker, os.WNOHANG)
        if ended:
            return status
        ready = {descriptor for descriptor, _ in poll.poll()}
        if beside in ready:
            return None
        if woken in ready:
            os.read(woken, 64)
        if lifeline in ready:
            if os.read(lifeline, 1) != ASK:
                return None
            seen |= processes.descendants(os.getpid())
            processes.tell(seen, signal.SIGTERM)


def _woken_by_children() -> int:
    """A descriptor that can be read when a child has ended, or may have."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # a handler there must be, to be woken
    return woken


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
