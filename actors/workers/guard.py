"""The process that stands between the server and a worker, and sees that nothing survives.

Owns: the fork into guard and worker; the sweep when the worker ends, when the server orders it,
and when the server is gone, however it went (SIGKILL too: the lifeline then reads its end).
Never: runs work, imports more than the standard library, decides when a worker should end.

It starts with the worker's channel on standard input, the lifeline on standard output and the log
on standard error; so one command line starts it anywhere, also inside a frozen executable.

The worker may rely on the kernel to die with its guard, since the guard forks from its only thread.
The guard itself must not rely on that: the server starts it from a thread that does not last.
"""

import contextlib
import os
import select
import signal
import sys
from collections.abc import Sequence

from actors.workers import processes
from actors.workers.lifeline import ASK, Report


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
    """Forks; returns the exit status in the worker and never in the guard."""
    channel, lifeline = _move_away(0, os.O_RDONLY), _move_away(1, None)
    processes.adopt_orphans()
    guard = os.getpid()
    worker = os.fork()
    if worker == 0:
        # here and in the guard: neither may go on before it is so
        os.setpgid(0, 0)
        os.close(lifeline)
        processes.die_with(guard)
        # only now, so that the guard stays small
        from actors.workers import child  # noqa: PLC0415

        return child.main(channel, preload)
    os.setpgid(worker, worker)
    os.close(channel)
    report = _watch(worker, lifeline)
    with contextlib.suppress(OSError):  # the server may be gone
        os.write(lifeline, report.pack())
    # at once: the server waits, and there is nothing here to tidy
    os._exit(0)


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


def _watch(worker: int, lifeline: int) -> Report:
    """Waits for the worker's end, an order or the server's end, then ends all that is left."""
    processes.call_yourself("stitchery-guard")
    for unwanted in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(unwanted, signal.SIG_IGN)  # the lifeline alone says when to end
    seen: set[processes.Process] = set()
    status = _wait(worker, lifeline, seen)
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


def _wait(worker: int, lifeline: int, seen: set[processes.Process]) -> int | None:
    """The worker's status when it ended; None when it shall be killed."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # a handler there must be, to be woken
    poll = select.poll()
    poll.register(woken, select.POLLIN)
    poll.register(lifeline, select.POLLIN)
    while True:
        # looked at first: it may have ended before the handler was there
        ended, status = os.waitpid(worker, os.WNOHANG)
        if ended:
            return status
        ready = {descriptor for descriptor, _ in poll.poll()}
        if woken in ready:
            os.read(woken, 64)
        if lifeline in ready:
            if os.read(lifeline, 1) != ASK:
                return None
            seen |= processes.descendants(os.getpid())
            processes.tell(seen, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
