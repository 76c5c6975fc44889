"""Who joins: ours in three ways, plain Pillow in two, and the peers.

Owns: the command of each for a task, and where each takes part.
Never: runs one (runs.py does).
"""

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from tests.benchmarks.stitching import magick, ours
from tests.benchmarks.stitching.peers import Peers
from tests.benchmarks.stitching.task import Task
from tests.benchmarks.stitching.workloads import Workload

_HERE: Final = Path(__file__).parent

OURS: Final = "ours"
SERVICE: Final = "ours, service"

_CODED: Final = frozenset({"png", "webp"})
_ALL: Final = frozenset({"jpeg", "png", "webp"})


@dataclass(frozen=True, slots=True)
class Command:
    """What is started; `inside` says whether it prints the seconds of its runs itself."""

    argv: list[str]
    environment: Mapping[str, str]
    inside: bool = True


@dataclass(frozen=True, slots=True)
class Contender:
    """One line of the table.

    Attributes:
        name: of the line.
        peer: what must be installed for it; empty for nothing.
        command: makes the command for a task, which may keep files in the folder; None for the
            service, which is asked in another way.
        formats: of results; where its way is no other than a line above, it has no line.
        warm: whether it can do a thing several times in one process.
    """

    name: str
    peer: str
    command: Callable[[Task, Path, Peers], Command] | None
    formats: frozenset[str] = _ALL
    warm: bool = True

    def joins(self, workload: Workload) -> bool:
        """Whether it takes part."""
        invited = workload.contenders is None or self.name in workload.contenders
        return invited and workload.format in self.formats


def _library(task: Task, folder: Path, _peers: Peers) -> Command:
    return Command(ours.planned(task, folder), os.environ)


def _program(task: Task, _folder: Path, _peers: Peers) -> Command:
    return Command(ours.command(task), ours.environment(), inside=False)


def _pillow(way: str, task: Task, folder: Path, _peers: Peers) -> Command:
    argv = [sys.executable, "-m", "tests.benchmarks.stitching.pillow", way, _saved(task, folder)]
    return Command(argv, os.environ)


def _vips(way: str, task: Task, folder: Path, peers: Peers) -> Command:
    argv = [str(peers.vips), "-I", str(_HERE / "vips.py"), way, _saved(task, folder)]
    return Command(argv, {**os.environ, "VIPS_CONCURRENCY": str(task.processors)})


def _sharp(way: str, task: Task, folder: Path, peers: Peers) -> Command:
    argv = [shutil.which("node") or "node", str(_HERE / "sharp.cjs"), way, _saved(task, folder)]
    return Command(argv, {**os.environ, "NODE_PATH": str(peers.sharp)})


def _magick(policy: str, task: Task, _folder: Path, peers: Peers) -> Command:
    argv = [str(peers.convert), *magick.arguments(task)]
    return Command(argv, peers.magick_environment(policy), inside=False)


def _saved(task: Task, folder: Path) -> str:
    task.save(folder / "task.json")
    return str(folder / "task.json")


CONTENDERS: Final = (
    Contender(OURS, "", _library),
    Contender("ours, command", "", _program, warm=False),
    Contender(SERVICE, "", None),
    Contender("Pillow", "", partial(_pillow, "naive")),
    Contender("Pillow, tuned", "", partial(_pillow, "tuned")),
    Contender("libvips", "libvips", partial(_vips, "plain")),
    Contender("libvips, quick", "libvips", partial(_vips, "quick"), _CODED),
    Contender("sharp join", "sharp", partial(_sharp, "join")),
    Contender("sharp join, quick", "sharp", partial(_sharp, "quick")),
    Contender("sharp composite", "sharp", partial(_sharp, "composite")),
    Contender("ImageMagick", "ImageMagick", partial(_magick, "open"), warm=False),
    Contender("ImageMagick, Debian's", "ImageMagick", partial(_magick, "debian"), warm=False),
)
"""`quick` asks the peer's encoder for the least effort: PNG's level 1, WebP's effort 2, and of JPEG
no optimised coding. ImageMagick has its limits lifted, or is as Debian installs it."""
