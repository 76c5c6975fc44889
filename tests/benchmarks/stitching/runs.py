"""Runs contenders in turns, so that a busy moment of the machine strikes all.

Owns: the rounds, the files that contenders make meanwhile, and what becomes of a refusal.
Never: knows how a contender joins, or judges.
"""

import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.stitching.contenders import Command, Contender
from tests.benchmarks.stitching.measures import Measure, Refused, middle
from tests.benchmarks.stitching.peers import Peers
from tests.benchmarks.stitching.service import Running
from tests.benchmarks.stitching.task import Task
from tests.benchmarks.stitching.workloads import Workload

ROOT: Final = Path(__file__).parents[3]

REFERENCE: Final = "Pillow"
"""What all pictures are compared with."""

SLOW: Final = 6.0
"""Seconds from which on once has to do: who takes so long is not measured to tell small differences
from each other."""

_TIMEOUT: Final = 600
_TRACEBACK: Final = "Traceback (most recent call last):"


@dataclass(slots=True)
class Line:
    """What became of one contender at one workload."""

    runs: list[Measure] = field(default_factory=list)
    refused: str = ""
    difference: dict[str, Any] = field(default_factory=dict)

    @property
    def middle(self) -> Measure | None:
        """The middle of its runs, if it did it."""
        return middle(self.runs) if self.runs else None

    @property
    def done(self) -> bool:
        """Whether further rounds go on without it."""
        return bool(self.refused) or any(run.wall > SLOW for run in self.runs)


Lines = dict[str, Line]


@dataclass(frozen=True, slots=True)
class Stage:
    """What runs need: where files may lie, what is installed, and the running service."""

    folder: Path
    peers: Peers
    service: Running
    processors: int

    def measured(
        self,
        workload: Workload,
        files: Sequence[Path],
        contenders: Sequence[Contender],
        rounds: int,
        tell: Callable[[str], None],
    ) -> Lines:
        """The contenders' lines at one workload."""
        lines = {contender.name: Line() for contender in contenders}
        outputs = {name: self.folder / f"{place}" for place, name in enumerate(lines)}
        for turn in range(1 if workload.once else rounds):
            for contender in contenders:
                line = lines[contender.name]
                if line.done:
                    continue
                tell(f"round {turn + 1}: {contender.name}")
                task = workload.task(files, outputs[contender.name], self.processors)
                self._take(line, self._run(contender, task))
                if workload.once:
                    outputs[contender.name].unlink(missing_ok=True)
        tell("comparing")
        _compare({name: outputs[name] for name, line in lines.items() if line.runs}, lines)
        for output in outputs.values():
            output.unlink(missing_ok=True)
        return lines

    def _take(self, line: Line, found: Measure | Refused) -> None:
        if isinstance(found, Refused):
            line.refused = found.words
        else:
            line.runs.append(found)

    def _run(self, contender: Contender, task: Task) -> Measure | Refused:
        if contender.command is None:
            found = self.service.measured(task)
            return found if isinstance(found, Refused) else middle(found)
        room = self.folder / "room"
        room.mkdir()
        try:
            command = contender.command(task, room, self.peers)
            return _launched(command, room, Path(task.output))
        finally:
            shutil.rmtree(room)


def _launched(command: Command, room: Path, output: Path) -> Measure | Refused:
    """Runs a command by the launcher."""
    order = {
        "argv": command.argv,
        "env": dict(command.environment),
        "cwd": str(ROOT),
        "out": str(room / "out"),
        "err": str(room / "err"),
        "timeout": _TIMEOUT,
    }
    launcher = Path(__file__).with_name("launcher.py")
    done = subprocess.run(  # noqa: S603 -- our own words
        [sys.executable, "-I", "-S", str(launcher)],
        input=json.dumps(order),
        capture_output=True,
        check=True,
        text=True,
    )
    told = json.loads(done.stdout)
    if told["status"] != 0 or not output.exists():
        return Refused(_words(room / "err") or f"ended with {told['status']}")
    seconds = json.loads((room / "out").read_text()) if command.inside else [told["wall"]]
    return Measure(
        seconds=statistics.median(seconds),
        wall=told["wall"],
        cpu=told["cpu"],
        memory=told["memory"],
        size=output.stat().st_size,
    )


def _words(file: Path) -> str:
    """How its complaint begins, or, of a traceback, how it ends."""
    lines = file.read_text(errors="replace").strip().splitlines()
    return next(iter(lines[-1:] if lines[:1] == [_TRACEBACK] else lines), "")


def _compare(outputs: Mapping[str, Path], lines: Lines) -> None:
    """Tells each line how far its picture is from the reference's, where there is one."""
    if REFERENCE not in outputs:
        return
    module = "tests.benchmarks.stitching.difference"
    paths = [str(outputs[REFERENCE]), *map(str, outputs.values())]
    done = subprocess.run(  # noqa: S603 -- our own words
        [sys.executable, "-m", module, *paths], cwd=ROOT, capture_output=True, check=True, text=True
    )
    for name, found in zip(outputs, json.loads(done.stdout), strict=True):
        lines[name].difference = found
