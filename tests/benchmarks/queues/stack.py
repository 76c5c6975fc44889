"""The processes of one contender: started, weighed, and gone at the end.

Owns: everything below this process while the block lasts; the clock of all their processor time.
Never: knows what they do. One stack at a time: whatever stands below this process belongs to it.
"""

import json
import os
import select
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from actors.workers import processes

TICKS = os.sysconf("SC_CLK_TCK")
MEBIBYTE = 1 << 20

PATIENCE = 90.0
"""Seconds after which a client that has not answered never will."""


class StackBrokeError(Exception):
    """A process of the stack ended or does not answer; the text is what they said."""


class Stack:
    """The running processes. `open_stack` makes it."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = {**os.environ, **environment}
        self._started: dict[str, subprocess.Popen[str]] = {}

    def start(self, role: str, command: Sequence[str]) -> None:
        """Starts one process; what it says on standard error is kept."""
        with (self._folder / f"{role}.log").open("w") as log:
            client = role == "client"
            self._started[role] = subprocess.Popen(  # noqa: S603 -- our own words
                command,
                env=self._environment,
                stdin=subprocess.PIPE if client else subprocess.DEVNULL,
                stdout=subprocess.PIPE if client else log,
                stderr=log,
                text=True,
                start_new_session=True,  # so that Ctrl-C is ours, and what follows from it
            )

    def ask(self, **order: object) -> dict[str, Any]:
        """Has the client do something; what came of it.

        Raises:
            StackBrokeError: it ended instead, or is silent.
        """
        client = self._started["client"]
        _pipe(client.stdin).write(f"{json.dumps(order)}\n")
        _pipe(client.stdin).flush()
        answers, _, _ = select.select([_pipe(client.stdout)], [], [], PATIENCE)
        if answers and (line := _pipe(client.stdout).readline()):
            answer: dict[str, Any] = json.loads(line)
            return answer
        raise StackBrokeError(self.logs())

    def logs(self) -> str:
        """The end of what each process said."""
        return "\n".join(
            f"{log.name}: {log.read_text()[-2000:]}" for log in sorted(self._folder.glob("*.log"))
        )

    def processor_seconds(self) -> dict[str, float]:
        """What its processes have used, by role, those that have ended included; in hundredths."""
        return {
            role: sum(map(processor_seconds_of, _family(process.pid)))
            for role, process in self._started.items()
        }

    def mebibytes(self) -> dict[str, float]:
        """Proportional set size by role: what is shared counts in parts."""
        return {
            role: sum(map(_pss, _family(process.pid))) for role, process in self._started.items()
        }


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


def _family(root: int) -> list[int]:
    return [root, *(each.pid for each in processes.descendants(root))]


def processor_seconds_of(pid: int) -> float:
    """User and system time, of the process and of its buried children (proc_pid_stat(5))."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):  # it ended just now
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS


def _pss(pid: int) -> float:
    """In mebibytes (proc_pid_smaps(5))."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):  # it ended just now
        return 0.0
    [size] = [line.split()[1] for line in text.splitlines() if line.startswith("Pss:")]
    return int(size) * 1024 / MEBIBYTE


@contextmanager
def open_stack(folder: Path, environment: Mapping[str, str]) -> Iterator[Stack]:
    """A stack without processes yet; at the end of the block nothing of it is left.

    The caller has called `processes.adopt_orphans`, so that nothing can slip away.
    """
    try:
        yield Stack(folder, environment)
    finally:
        processes.sweep(set())
