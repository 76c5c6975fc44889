"""One join as every contender is asked for it.

Owns: the values, and their form as JSON, in which contenders of other languages read them.
Never: joins. Imports nothing but the standard library: it is part of what is measured.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be joined, how, and into which file.

    Attributes:
        paths: the pictures, in order; one may come again.
        output: is written over.
        layout: `vertical`, `horizontal` or `grid`.
        columns: of a grid.
        fit: the width (vertical) or height (horizontal) that all get; None leaves them as they are.
        gap: pixels between neighbours, white.
        transparent: whether the canvas has an alpha channel.
        format: `jpeg`, `png` or `webp`.
        quality: of jpeg (4:2:0) and webp.
        repeats: how often it is done, in one process; each is timed, and writes the file anew: over
            one that is there, ext4 waits for the disk.
        processors: as many may be used.
    """

    paths: tuple[str, ...]
    output: str
    layout: str
    columns: int
    fit: int | None
    gap: int
    transparent: bool
    format: str
    quality: int
    repeats: int
    processors: int

    def save(self, path: Path) -> None:
        """Writes it as JSON."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, path: str) -> Self:
        """Reads what `save` wrote."""
        given = json.loads(Path(path).read_text())
        return cls(**{**given, "paths": tuple(given["paths"])})
