"""Backs up or repairs as a program that dies on the way, as by SIGKILL: nothing is cleaned up.

    python -m tests.actors.safekeeping.dying backup FOLDER PLACE
    python -m tests.actors.safekeeping.dying repair FOLDER STEP

The first dies at the first byte of a file, the second at that call which names or flushes anything.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from actors import disk
from actors.safekeeping.backup import back_up
from actors.safekeeping.carrying import Progress
from actors.safekeeping.repair import repair

ROOT = Path(__file__).parents[3]
DIED = 9


def die(*arguments: object) -> bool:
    """Runs this program to its death, or its end; whether it died."""
    program = [sys.executable, "-m", "tests.actors.safekeeping.dying", *map(str, arguments)]
    return subprocess.run(program, cwd=ROOT, check=False).returncode == DIED  # noqa: S603 -- ours


def _at_first_file(progress: Progress) -> None:
    if progress.step == "files":
        os._exit(DIED)


def _at_step(number: int) -> None:
    left = [number]

    def counted(act: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            left[0] -= 1
            if not left[0]:
                os._exit(DIED)
            return act(*arguments)

        return call

    for owner, name in ((Path, "rename"), (disk, "flush_folder"), (os, "fsync")):
        setattr(owner, name, counted(getattr(owner, name)))


def main(work: str, folder: str, where: str) -> None:
    """Dies."""
    if work == "backup":
        back_up(Path(folder), Path(where), report=_at_first_file)
    else:
        _at_step(int(where))
        repair(Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
