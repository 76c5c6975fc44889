"""How often the band of captions is found: `python -m tests.benchmarks.bands`.

Draws films (`tests/films.py`), each of three to eight stills, asks for the band of each, and prints
for every kind how many answers were right; captions on pictures that are `hard` to read are not
counted among those "with captions". With `--photographs FOLDER` most stills are drawn on the
pictures of that folder, with `--font NAME` Chinese is written rather than drawn as strokes. The
processor's milliseconds a still are of decoding and looking, and differ from machine to machine.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from actors.capabilities.stitch.band.find import find
from tests.films import BARE, CAPTIONED, KINDS, Kind, Verdict, film, order, verdict

VERDICTS: tuple[Verdict, ...] = ("right", "cut", "high", "missed", "invented")


@dataclass
class Tally:
    """Of one kind of films: how many of each verdict, and the processor's seconds."""

    verdicts: Counter[Verdict] = field(default_factory=Counter)
    stills: int = 0
    seconds: float = 0.0

    def add(self, other: "Tally") -> None:
        """Counts another's as well."""
        self.verdicts += other.verdicts
        self.stills += other.stills
        self.seconds += other.seconds

    @property
    def films(self) -> int:
        """How many there were."""
        return self.verdicts.total()

    @property
    def share(self) -> float:
        """Of right answers."""
        return self.verdicts["right"] / max(1, self.films)


def tallied(
    kind: Kind, seeds: Sequence[int], photographs: Sequence[Path] = (), font: str | None = None
) -> Tally:
    """Asks for the band of one film for each seed."""
    tally = Tally()
    for seed in seeds:
        made = film(seed, kind, photographs, font)
        with tempfile.TemporaryDirectory() as folder:
            asked = order(made, Path(folder))
            start = time.process_time()
            found = find(asked, lambda _: None)
            tally.seconds += time.process_time() - start
        tally.stills += len(made.stills)
        tally.verdicts[verdict(made, found)] += 1
    return tally


def total(tallies: dict[Kind, Tally], kinds: Sequence[Kind]) -> Tally:
    """Of several kinds together."""
    whole = Tally()
    for kind in kinds:
        whole.add(tallies[kind])
    return whole


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bands")
    parser.add_argument("--films", type=int, default=40, help="of each kind (40)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (0)")
    parser.add_argument("--photographs", type=Path, help="a folder of JPEG pictures")
    parser.add_argument("--font", help="name or path of a font that has Chinese")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    photographs = sorted(options.photographs.glob("*.jpg")) if options.photographs else ()
    seeds = range(options.first, options.first + options.films)
    tallies = {kind: tallied(kind, seeds, photographs, options.font) for kind in KINDS}
    rows: dict[str, Tally] = {
        **{str(kind): tally for kind, tally in tallies.items()},
        "with captions": total(tallies, CAPTIONED),
        "without a band": total(tallies, BARE),
    }
    if options.json:
        facts = {
            name: {
                **tally.verdicts,
                "films": tally.films,
                "share": tally.share,
                "stills": tally.stills,
                "seconds": tally.seconds,
            }
            for name, tally in rows.items()
        }
        sys.stdout.write(json.dumps(facts, indent=2) + "\n")
        return
    head = "".join(f"{name:>10}" for name in VERDICTS)
    sys.stdout.write(f"{'':16}{'films':>8}{head}{'share':>9}{'ms a still':>12}\n")
    for name, tally in rows.items():
        counts = "".join(f"{tally.verdicts[one]:10}" for one in VERDICTS)
        each = 1000 * tally.seconds / tally.stills
        sys.stdout.write(f"{name:16}{tally.films:8}{counts}{tally.share:9.1%}{each:12.1f}\n")


if __name__ == "__main__":
    main()
