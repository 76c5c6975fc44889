"""Joins all cases, and prints how near the forecasts came.

Owns: the order of things, and the table.
Never: joins (`measured` does).
"""

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

from tests.benchmarks.forecasts.cases import wishes
from tests.benchmarks.forecasts.measured import measured
from tests.benchmarks.forecasts.pictures import pairs


def main() -> None:
    """Whoever names a file finds each case in it, a line each, and can go on where it ended."""
    arguments = _arguments()
    cases = list(_cases(arguments))
    for title, told, took in (("bytes", "told", "bytes"), ("seconds", "told_seconds", "seconds")):
        sys.stdout.write(f"{title:32} cases  within 1.5x  within 2x\n")
        for kind, near in _shares(cases, told, took).items():
            sys.stdout.write(f"{kind:32} {near[0]:5} {near[1]:10.0%} {near[2]:10.0%}\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("samples", type=Path)
    parser.add_argument("made", type=Path)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "forecasts")
    parser.add_argument("--cases", type=Path, help="a file for what came of each")
    parser.add_argument("--most", type=int, default=sys.maxsize, help="cases that are tried")
    return parser.parse_args()


def _cases(arguments: argparse.Namespace) -> Iterable[dict[str, Any]]:
    found = pairs(arguments.samples, arguments.made, arguments.folder)
    tried = list(product(found.items(), wishes()))
    # any beginning is a fair sample
    Random(0).shuffle(tried)
    for (name, pair), wish in tried[: arguments.most]:
        case = {"pair": name, "wish": wish, **measured(pair, wish)}
        if arguments.cases:
            with arguments.cases.open("a") as file:
                file.write(json.dumps(case) + "\n")
        yield case


def _shares(
    cases: Iterable[Mapping[str, Any]], told: str, took: str
) -> dict[str, tuple[int, float, float]]:
    """Of each kind of case: how many, and the shares within 1.5 and 2 times of what was told."""
    off = defaultdict[str, list[float]](list)
    for case in cases:
        if took not in case:
            continue
        ratio = max(case[told] / case[took], case[took] / case[told])
        for kind in ("all", _kind(case["wish"]), f"scale {case['wish']['scale']}"):
            off[kind].append(ratio)
    return {
        kind: (
            len(ratios),
            sum(ratio <= 1.5 for ratio in ratios) / len(ratios),
            sum(ratio <= 2 for ratio in ratios) / len(ratios),
        )
        for kind, ratios in sorted(off.items())
    }


def _kind(wish: Mapping[str, Any]) -> str:
    """A format with what is wished besides."""
    shown = [f"{name} {value}" for name, value in wish.items() if name not in {"format", "scale"}]
    return " ".join([wish["format"], *shown])


if __name__ == "__main__":
    main()
