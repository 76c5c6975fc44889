"""Who stands below this process, and how all of them are ended.

Owns: the ties between parent and child that the kernel offers, and the sweep.
Never: signals a process that is not its own descendant; knows orders, answers, or the server.

A process that calls `adopt_orphans` is the parent of last resort for everything below it: a child
that leaves its process group, or a daemon that forks twice, still ends up with us (prctl(2),
PR_SET_CHILD_SUBREAPER). So "I have no children" means "nothing of it is left". Elsewhere than on
Linux there is neither that nor /proc: there, what leaves the process group is not found.
"""

import contextlib
import ctypes
import os
import signal
import sys
import time
from typing import Final, NamedTuple

LINUX: Final = sys.platform == "linux"

# the numbers are those of prctl(2)
_SET_PARENT_DEATH_SIGNAL = 1
_SET_NAME = 15
_SET_CHILD_SUBREAPER = 36
_SET_NO_NEW_PRIVILEGES = 38

_PAUSES = (0.0005, 0.05)
"""Seconds between two looks of a sweep, growing from the first to the second."""

_KERNEL_LISTS = os.path.exists(f"/proc/self/task/{os.getpid()}/children")  # noqa: PTH110
"""Whether the kernel lists each thread's children (CONFIG_PROC_CHILDREN, most do): 0.05 ms for 300
children, where a look at every process of a machine that runs 370 takes 5 ms."""


class Process(NamedTuple):
    """One process, told apart from a later one of the same number by when it started (ticks)."""

    pid: int
    started: int


def adopt_orphans() -> None:
    """Makes this process the parent of whatever below it loses its own."""
    _prctl(_SET_CHILD_SUBREAPER, 1)


def die_with(parent: int) -> None:
    """Lets the kernel kill this process when `parent` ends.

    The kernel watches the thread that forked, not the process: only a parent that forks from its
    main thread may be named. Trio starts processes from threads that end after 10 idle seconds.
    """
    _prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before we said so
        os.kill(os.getpid(), signal.SIGKILL)


def give_up_privileges() -> None:
    """Nothing started from here can become another user, whom we could not kill."""
    _prctl(_SET_NO_NEW_PRIVILEGES, 1)


def call_yourself(name: str) -> None:
    """The name that ps and top show; the kernel keeps 15 bytes."""
    if LINUX:
        _libc().prctl(_SET_NAME, name.encode(), 0, 0, 0)


def descendants(root: int) -> set[Process]:
    """All live processes below `root`, as far as one look can tell; without the unreaped dead."""
    found: set[Process] = set()
    parents = [root]
    while parents:
        for pid in _children(parents.pop()):
            parents.append(pid)
            look = _look(pid)
            if look and look.lives:
                found.add(look.process)
    return found


def sweep(seen: set[Process]) -> None:
    """Kills and reaps everything below this process; returns when nothing is left.

    A process may fork while we look, hence look again. One that the kernel cannot end (it waits for
    a broken disk) keeps us here.

    Args:
        seen: takes in every live process that was found.
    """
    shortest, longest = _PAUSES
    pause = shortest
    while reap():
        below = descendants(os.getpid())
        if not below and not LINUX:
            break
        tell(below, signal.SIGKILL)
        # whoever forks without end must not be given time to
        pause = shortest if below - seen else min(2 * pause, longest)
        seen |= below
        time.sleep(pause)


def reap() -> bool:
    """Buries the dead; whether any child is left."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return True


def tell(processes: set[Process], what: signal.Signals) -> None:
    """Sends a signal to each that is still there."""
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, what)


def is_alive(process: Process) -> bool:
    """Whether that very process runs (or sleeps, or is stopped)."""
    look = _look(process.pid)
    return look is not None and look.process == process and look.lives


def identify(pid: int) -> Process | None:
    """The process of this number, None when there is none."""
    look = _look(pid)
    return look.process if look else None


def resident_bytes(pid: int | str = "self") -> int:
    """Memory that a process holds now; 0 where that cannot be told."""
    return _pages(pid, 1)


def address_space_bytes(pid: int | str = "self") -> int:
    """Address space of a process, what RLIMIT_AS counts; 0 where that cannot be told."""
    return _pages(pid, 0)


def _pages(pid: int | str, column: int) -> int:
    data = _read(f"/proc/{pid}/statm")
    return int(data.split()[column]) * os.sysconf("SC_PAGESIZE") if data else 0


def _children(pid: int) -> list[int]:
    return _listed_children(pid) if _KERNEL_LISTS else _scanned_children(pid)


def _listed_children(pid: int) -> list[int]:
    task = f"/proc/{pid}/task"
    lists = [_read(f"{task}/{thread}/children") for thread in _names(task)]
    return [int(child) for text in lists if text for child in text.split()]


def _scanned_children(pid: int) -> list[int]:
    looks = [_look(int(name)) for name in _names("/proc") if name.isdigit()]
    return [look.process.pid for look in looks if look and look.parent == pid]


class _Look(NamedTuple):
    process: Process
    state: str
    parent: int

    @property
    def lives(self) -> bool:
        return self.state not in "ZX"


def _look(pid: int) -> _Look | None:
    data = _read(f"/proc/{pid}/stat")
    if not data:
        return None
    # the name may hold spaces and brackets; what follows its last bracket begins with field 3
    fields = data.rpartition(b")")[2].split()
    return _Look(Process(pid, int(fields[19])), fields[0].decode(), int(fields[1]))


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - the guard stays small without pathlib
    except OSError:  # the process ended, or there is no /proc
        return []


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - as above
            return file.read()
    except OSError:  # it ended between our finding and our reading it
        return None


def _prctl(option: int, value: int) -> None:
    if LINUX and _libc().prctl(option, value, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl({option}): {os.strerror(number)}")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
