"""Runs one command and tells what it took: `python -I -S launcher.py`, the order on standard input.

Owns: the measuring, in a process so small that its own memory is not seen: the kernel counts that
of who starts a program as the program's own peak.
Never: imports anything of ours, or knows what it runs.

The order is {"argv", "env", "cwd", "out", "err", "timeout"}; the answer {"status", "wall", "cpu",
"memory"}: seconds, processor seconds of it and all it waited for, and bytes of the largest of them
(getrusage(2)). A command that takes too long is ended, and has no status.
"""

import json
import os
import signal
import sys
import time


def run(order: dict) -> dict:  # type: ignore[type-arg]  # whatever JSON has
    """Starts the command in a group of its own, and waits for its end."""
    began = time.perf_counter()
    child = os.fork()
    if child == 0:
        become(order)
    late = []

    def end(*_: object) -> None:
        late.append(True)
        os.killpg(child, signal.SIGKILL)

    signal.signal(signal.SIGALRM, end)
    signal.alarm(order["timeout"])
    _, status, used = os.wait4(child, 0)
    return {
        "status": None if late else os.waitstatus_to_exitcode(status),
        "wall": time.perf_counter() - began,
        "cpu": used.ru_utime + used.ru_stime,
        "memory": used.ru_maxrss << 10,
    }


def become(order: dict) -> None:  # type: ignore[type-arg]  # as above
    """Is the command from here on."""
    try:
        os.setpgid(0, 0)
        for name, place in (("out", 1), ("err", 2)):
            os.dup2(os.open(order[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), place)
        os.chdir(order["cwd"])
        os.execvpe(order["argv"][0], order["argv"], order["env"])  # noqa: S606 -- it is the point
    finally:
        os._exit(127)


if __name__ == "__main__":
    json.dump(run(json.load(sys.stdin)), sys.stdout)
