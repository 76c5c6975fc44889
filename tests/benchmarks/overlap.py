"""How well overlaps of scrolling screenshots are found: `python -m tests.benchmarks.overlap`.

Draws pairs of screenshots (`tests/screens.py`), compares each, and counts: exact (to the row),
wrong (another offset than the true one, or one where there is none), none (no answer where there is
one). `--pairs 300` and `--seed 0` say which; `--json` prints the numbers alone. 300 pairs take
about two minutes, most of which goes into drawing them.
"""

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from actors.capabilities.stitch.geometry import Box, Size
from actors.capabilities.stitch.order import View
from actors.capabilities.stitch.overlap.find import joint
from actors.capabilities.stitch.overlap.look import look
from tests import pictures, screens


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was found of one pair, and what it took in seconds of the processor.

    `reading` is decoding and narrowing both pictures, of which `decoding` is what Pillow needs for
    the mere decoding; `comparing` is all else.
    """

    capture: screens.Capture
    offset: int | None
    confidence: float
    decoding: float
    reading: float
    comparing: float

    @property
    def verdict(self) -> str:
        """`exact`, `wrong`, `none` or `rightly none`."""
        (true,) = self.capture.offsets
        if self.offset is None:
            return "rightly none" if true is None else "none"
        return "exact" if self.offset == true else "wrong"

    @property
    def has_ink(self) -> bool:
        """Whether the two have a row in common on which there is anything."""
        return self.capture.offsets[0] is not None and self.capture.inked[0] > 0


def outcome(capture: screens.Capture, folder: Path) -> Outcome:
    """Compares the two shots of a capture."""
    shots = [shot(folder, f"{number}", content) for number, content in enumerate(capture.shots)]
    started = time.process_time()
    for each in shots:
        _decode(each.path)
    decoded = time.process_time()
    above, below = (look(each) for each in shots)
    read = time.process_time()
    found = joint(above, below)
    return Outcome(
        capture=capture,
        offset=found.offset,
        confidence=found.confidence,
        decoding=decoded - started,
        reading=read - decoded,
        comparing=time.process_time() - read,
    )


def outcomes(pairs: int, seed: int = 0) -> Iterator[Outcome]:
    """Draws and compares so many."""
    with tempfile.TemporaryDirectory() as folder:
        for capture in screens.pairs(pairs, seed=seed):
            yield outcome(capture, Path(folder))


def shot(folder: Path, name: str, content: bytes) -> View:
    """A shot that lies in the folder, to be looked at as it is."""
    path = pictures.saved(folder, name, content)
    with Image.open(path) as image:
        width, height = image.size
    return View(
        number=0, path=path, size=Size(width, height), turn=0, part=Box(0, 0, width, height)
    )


def summary(found: Iterable[Outcome]) -> dict[str, float]:
    """Counts, shares and milliseconds for each pair."""
    seen = list(found)
    inked = [each for each in seen if each.has_ink]
    apart = [each for each in seen if each.capture.offsets[0] is None]
    counts = Counter(each.verdict for each in seen)
    return {
        "pairs": len(seen),
        "with ink": len(inked),
        "exact": sum(each.verdict == "exact" for each in inked),
        "exact share": sum(each.verdict == "exact" for each in inked) / max(1, len(inked)),
        "wrong": counts["wrong"],
        "wrong share": counts["wrong"] / max(1, len(seen)),
        "without overlap": len(apart),
        "of these joined": sum(each.offset is not None for each in apart),
        "ms decoding": 1000 * sum(each.decoding for each in seen) / len(seen),
        "ms reading": 1000 * sum(each.reading for each in seen) / len(seen),
        "ms comparing": 1000 * sum(each.comparing for each in seen) / len(seen),
    }


def _decode(path: str) -> None:
    with Image.open(path) as image:
        image.draft("L", image.size)
        image.load()


def _table(found: list[Outcome]) -> str:
    lines = ["| pairs | all | with ink | exact | none | wrong | rightly none |", "|---" * 7 + "|"]
    groups = [(kind, [e for e in found if e.capture.kind == kind]) for kind in screens.KINDS]
    traits = sorted({trait for each in found for trait in each.capture.traits})
    groups += [(f"*{trait}*", [e for e in found if trait in e.capture.traits]) for trait in traits]
    for name, group in [*groups, ("**all**", found)]:
        counts = Counter(each.verdict for each in group if each.has_ink)
        wrong = sum(each.verdict == "wrong" for each in group)
        right = sum(each.verdict == "rightly none" for each in group)
        inked = sum(each.has_ink for each in group)
        lines.append(
            f"| {name} | {len(group)} | {inked} | {counts['exact']} | {counts['none']} "
            f"| {wrong} | {right} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = list(outcomes(asked.pairs, asked.seed))
    numbers = summary(found)
    if asked.json:
        print(json.dumps(numbers))  # noqa: T201 the command's result
        return
    print(_table(found))  # noqa: T201 the command's result
    print("\n".join(f"{name}: {value:.4g}" for name, value in numbers.items()))  # noqa: T201 dito


if __name__ == "__main__":
    main()
