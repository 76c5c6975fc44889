"""How far others differ from one: `python -m tests.benchmarks.stitching.difference ONE OTHER...`.

Owns: the decoding by plain Pillow, and the sums. Prints a list of JSON, one entry for each other.
Never: knows who made them.
"""

import hashlib
import json
import math
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageChops

_ROWS: Final = 4096
_LEVELS: Final = 256


def difference(one: Image.Image, other: Image.Image) -> dict[str, float | str]:
    """Mean and greatest absolute difference of a sample, and the ratio to noise in decibels.

    The last is missing where nothing differs.
    """
    if one.size != other.size:
        return {"words": f"{other.width} x {other.height}, not {one.width} x {one.height}"}
    counts = [0] * _LEVELS
    for top in range(0, one.height, _ROWS):
        box = (0, top, one.width, min(top + _ROWS, one.height))
        found = ImageChops.difference(one.crop(box), other.crop(box)).histogram()
        for level, count in enumerate(found):
            counts[level % _LEVELS] += count
    return sums(counts)


def sums(counts: Sequence[int]) -> dict[str, float | str]:
    """What `difference` tells, out of how many samples differ by each number of levels."""
    samples = sum(counts)
    square = sum(level * level * count for level, count in enumerate(counts)) / samples
    told: dict[str, float | str] = {
        "mean": sum(level * count for level, count in enumerate(counts)) / samples,
        "most": max(level for level, count in enumerate(counts) if count),
    }
    if square:
        told["decibels"] = 10 * math.log10((_LEVELS - 1) ** 2 / square)
    return told


def main(paths: Sequence[str]) -> None:
    """Prints the differences; a file of the same bytes as one before is not looked at again."""
    Image.MAX_IMAGE_PIXELS = None
    first, *others = paths
    reference = _opened(first)
    known: dict[str, Any] = {_digest(first): sums([1, *[0] * (_LEVELS - 1)])}
    for path in others:
        if _digest(path) not in known:
            known[_digest(path)] = difference(reference, _opened(path).convert(reference.mode))
    sys.stdout.write(json.dumps([known[_digest(path)] for path in others]))


@cache
def _digest(path: str) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _opened(path: str) -> Image.Image:
    image = Image.open(path)
    image.load()
    return image


if __name__ == "__main__":
    main(sys.argv[1:])
