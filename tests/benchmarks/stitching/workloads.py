"""The joins that are measured: W1 to W6 of the notes on stitching.

Owns: their names, their inputs' kinds and numbers, and how they are joined.
Never: makes a picture. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.benchmarks.stitching.task import Task

QUALITY: Final = 90

WARM: Final = 40
"""Repeats in one process, where one takes a few milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """So many pictures of one kind, joined in one way.

    Attributes:
        words: what it is.
        kind: of the pictures; see `inputs.KINDS`.
        count: of the pictures that are joined.
        distinct: of the files; they come again until there are enough.
        once: whether one round has to do, because it takes a minute.
        contenders: who takes part; None for all.
    """

    words: str
    kind: str
    count: int
    format: str
    distinct: int | None = None
    layout: str = "vertical"
    columns: int = 1
    fit: int | None = None
    gap: int = 0
    transparent: bool = False
    repeats: int = 1
    once: bool = False
    contenders: tuple[str, ...] | None = None

    @property
    def files(self) -> int:
        """How many files it needs."""
        return self.distinct or self.count

    def task(self, files: Sequence[Path], output: Path, processors: int) -> Task:
        """This join of these files, of which there must be `files`."""
        return Task(
            paths=tuple(str(files[place % len(files)]) for place in range(self.count)),
            output=str(output),
            layout=self.layout,
            columns=self.columns,
            fit=self.fit,
            gap=self.gap,
            transparent=self.transparent,
            format=self.format,
            quality=QUALITY,
            repeats=self.repeats,
            processors=processors,
        )


WORKLOADS: Final = {
    "W1": Workload(
        words="10 photographs of 4000 x 3000 below each other, to JPEG",
        kind="photograph",
        count=10,
        format="jpeg",
    ),
    "W1i": Workload(
        words="10 photographs of one camera, 4032 x 3024, below each other, to JPEG",
        kind="aligned",
        count=10,
        format="jpeg",
    ),
    "W1b": Workload(
        words="10 photographs of 4000 x 3000, scaled to a width of 1080, to JPEG",
        kind="photograph",
        count=10,
        format="jpeg",
        fit=1080,
    ),
    "W2": Workload(
        words="30 screenshots of 1080 x 2400 below each other, to PNG",
        kind="screenshot",
        count=30,
        format="png",
    ),
    "W2a": Workload(
        words="30 screenshots with alpha, to PNG",
        kind="transparent",
        count=30,
        format="png",
        transparent=True,
    ),
    "W2j": Workload(
        words="27 screenshots below each other, to JPEG",
        kind="screenshot",
        count=27,
        format="jpeg",
    ),
    "W2w": Workload(
        words="6 screenshots below each other, to WebP",
        kind="screenshot",
        count=6,
        format="webp",
    ),
    "W3": Workload(
        words="100 photographs of 1280 x 960, in 10 columns, to JPEG",
        kind="small",
        count=100,
        format="jpeg",
        layout="grid",
        columns=10,
    ),
    "W4": Workload(
        words="9 mixed pictures beside each other, 1200 high, gaps of 10, to JPEG",
        kind="mixed",
        count=9,
        format="jpeg",
        layout="horizontal",
        fit=1200,
        gap=10,
    ),
    "W5": Workload(
        words=f"2 pictures of 800 x 600, to JPEG, in a warm process, the middle of {WARM}",
        kind="tiny",
        count=2,
        format="jpeg",
        repeats=WARM,
    ),
    # Pillow would need a canvas of 9.6 GB, ImageMagick one of 19: neither is asked
    "W6": Workload(
        words="200 photographs of 4000 x 3000 below each other, to PNG",
        kind="photograph",
        count=200,
        distinct=20,
        format="png",
        once=True,
        contenders=("ours", "ours, service", "libvips, quick", "sharp join, quick"),
    ),
    "W6n": Workload(
        words="20 photographs of 4000 x 3000, to PNG, to see whether memory is the same",
        kind="photograph",
        count=20,
        format="png",
        once=True,
        contenders=("ours", "libvips, quick"),
    ),
}
