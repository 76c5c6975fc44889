"""The fuzzer of the shortcuts: changed pictures, joined without decoding and judged by decoding.

Run: python -m tests.fuzz.splicers [--minutes N | --count N] [--seed S] [--first N] [--json]

Each case is made from its seed and its number alone, so a finding is replayed with the command that
is printed beside it. What must hold: a shortcut says that there is none (`NoShortcut`), or what it
wrote decodes to what plain Pillow makes of each picture alone, all of them good; it never raises
anything else, never holds more memory than a few times the files, and takes pictures in which
nothing was changed where it has promised to.

Owns: the joining, the judging and the invariants.
Never: makes a picture (pngs.py, jpegs.py).
"""

import io
import itertools
import json
import resource
import secrets
import sys
import time
import tracemalloc
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import click
from PIL import Image

from actors.capabilities.stitch.formats import Encoding, Format
from actors.capabilities.stitch.geometry import Box, Size, whole
from actors.capabilities.stitch.order import TRANSPARENT, JoinOrder, Look, Page, Source
from actors.capabilities.stitch.shortcuts import NoShortcut, shortcut
from actors.exif import orientation_in
from tests.fuzz.jpegs import jpegs
from tests.fuzz.pngs import bare, pngs, see_through

ENOUGH = 20
"""Findings after which a run ends."""

SPARE = 8 << 20
"""Bytes that a shortcut may hold beside a few times the pictures: pieces, and libraries' tables."""

MEASURED = 16
"""Of so many cases the memory of one is measured: that takes its time."""

SECONDS = 5.0
"""Of a processor, for pictures of some kilobytes, in the long form; they take milliseconds."""

LIMIT = 2 << 30
"""Bytes of address space in the long form: who asks for more ends with a `MemoryError`."""


_SEAMS = 2
"""Rows of a picture over which a decoder smooths colours."""


@dataclass
class Tally:
    """How the cases ended, and what was found."""

    cases: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    found: list[str] = field(default_factory=list)


def fuzz(folder: Path, *, seed: int, numbers: Iterator[int], seconds: float | None = None) -> Tally:
    """Plays the cases of these numbers; one may take `seconds`, or with None as many as it will."""
    tally = Tally()
    for number in numbers:
        case = _Case(folder, seed, number)
        tally.cases += 1
        try:
            tally.ends[case.play()] += 1
        # whatever it is, it is a finding
        except Exception as error:  # noqa: BLE001
            tally.found.append(case.told(f"{type(error).__name__}: {error}"))
        if seconds is not None and case.seconds > seconds:
            tally.found.append(case.told(f"more than {seconds} s of a processor"))
        if len(tally.found) >= ENOUGH:
            break
    return tally


class Wrong(Exception):
    """A claim that does not hold."""


class _Case:
    """One join of some pictures; `seconds` of a processor is what it took."""

    def __init__(self, folder: Path, seed: int, number: int) -> None:
        self._again = f"python -m tests.fuzz.splicers --seed {seed} --first {number} --count 1"
        dice = Random(f"{seed} {number}")
        self._format: Format = dice.choice(("png", "jpeg"))
        self._contents, self._sure = pngs(dice) if self._format == "png" else (jpegs(dice), False)
        self._suits = dice.random() < 0.95
        clear = self._format == "png" and see_through(self._contents[0]) == self._suits
        self._background = TRANSPARENT if clear else "#ffffff"
        self._gap = dice.choice((0, 0, 0, 3)) if self._format == "png" else 0
        sizes = [_size(content) for content in self._contents]
        usual = next((size for size in sizes if size), Size(1, 1))
        # of pictures that tell no size it is as if they were like another
        self._sizes = [size or usual for size in sizes]
        cuts = self._format == "png" and dice.random() < 0.5
        self._parts = [_rows(size, dice) if cuts else whole(size) for size in self._sizes]
        self._measured = number % MEASURED == 0
        self.seconds = 0.0
        self._output = folder / "out"
        self._paths = [folder / f"in{place}" for place in range(len(self._contents))]
        for path, content in zip(self._paths, self._contents, strict=True):
            path.write_bytes(content)

    def told(self, flaw: str) -> str:
        """A finding, and how it is seen again."""
        return f"{self._format}: {flaw}\n    again: {self._again}"

    def play(self) -> str:
        """Joins and judges; how it ended.

        Raises:
            Wrong, or whatever else it should not.
        """
        order = self._order()
        try:
            name = self._bounded(order)
        except NoShortcut as reason:
            if self._sure and not self._gap and self._suits:
                raise Wrong(f"nothing was changed, yet there is no shortcut: {reason}") from reason
            return f"{self._format} none: {reason}"
        if self._format == "png":
            _as_png(self._output, self._contents, self._parts, self._gap)
        else:
            _as_jpeg(self._output, self._contents)
        return f"{self._format}: {name}"

    def _bounded(self, order: JoinOrder) -> str:
        if not self._measured:
            return self._run(order)
        tracemalloc.start()
        try:
            return self._run(order)
        finally:
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            if peak > SPARE + 4 * sum(map(len, self._contents)):
                raise Wrong(f"it held {peak} bytes")

    def _run(self, order: JoinOrder) -> str:
        begun = time.process_time()
        try:
            way = shortcut(order)
            with self._output.open("w+b") as file:
                way.run(file, lambda _: None)
            return way.name
        finally:
            self.seconds = time.process_time() - begun

    def _order(self) -> JoinOrder:
        """All below each other."""
        sources: list[Source] = []
        top = 0
        for place, (path, size) in enumerate(zip(self._paths, self._sizes, strict=True)):
            sources.append(_source(place, path, size, self._parts[place], top))
            top = sources[-1].box.bottom + self._gap
        canvas = Size(self._sizes[0].width, top - self._gap)
        return JoinOrder(
            sources=tuple(sources),
            canvas=canvas,
            pages=(Page(0, canvas.height),),
            outputs=(str(self._output),),
            encoding=Encoding(format=self._format, quality=100),
            look=Look(background=self._background),
        )


def _rows(size: Size, dice: Random) -> Box:
    """Some rows of it, or all."""
    top = dice.choice((0, dice.randrange(size.height)))
    bottom = dice.choice((size.height, dice.randint(top + 1, size.height)))
    return Box(0, top, size.width, bottom - top)


def _source(place: int, path: Path, size: Size, part: Box, top: int) -> Source:
    """The part as it is, at this row."""
    box = whole(part.size).moved(0, top)
    return Source(
        number=place,
        path=str(path),
        size=size,
        turn=0,
        part=part,
        box=box,
        extent=box,
        tile=box,
    )


def _size(content: bytes) -> Size | None:
    try:
        with _opened(content) as image:
            return Size(*image.size)
    except Exception:  # noqa: BLE001 -- Pillow raises anything
        return None


# --- what was made, and what should have been -----------------------------------------------------


def _alone(contents: Sequence[bytes]) -> list[Image.Image]:
    """Each picture as plain Pillow decodes it; all of them can be, and lie upright as they are."""
    images: list[Image.Image] = []
    for place, content in enumerate(contents):
        try:
            image = _decoded(content)
        except Exception:  # noqa: BLE001 -- Pillow raises anything
            # of a text that is broken a shortcut need not know
            try:
                image = _decoded(bare(content))
            except Exception as error:
                raise Wrong(f"picture {place} was taken, and cannot be decoded: {error}") from error
        if orientation_in(image.info.get("exif", b"")) not in {0, 1}:
            raise Wrong(f"picture {place} was taken, and should be turned")
        if image.info.get("icc_profile"):
            raise Wrong(f"picture {place} was taken, and has colours of its own")
        images.append(image)
    return images


def _decoded(content: bytes) -> Image.Image:
    image = _opened(content)
    image.load()
    return image


def _opened(content: bytes) -> Image.Image:
    with warnings.catch_warnings():
        # of what is odd in a file, but harmless
        warnings.simplefilter("ignore")
        return Image.open(io.BytesIO(content), formats=["PNG", "JPEG"])


def _result(path: Path) -> Image.Image:
    try:
        image = Image.open(path, formats=["PNG", "JPEG"])
        image.load()
    except Exception as error:
        raise Wrong(f"the result cannot be decoded: {error}") from error
    return image


def _as_png(path: Path, contents: Sequence[bytes], parts: Sequence[Box], gap: int) -> None:
    result, top = _result(path).convert("RGBA"), 0
    for place, (image, part) in enumerate(zip(_alone(contents), parts, strict=True)):
        here = result.crop((0, top, part.width, top + part.height))
        if here.tobytes() != image.convert("RGBA").crop(part.edges).tobytes():
            raise Wrong(f"picture {place} has other pixels")
        top += part.height + gap
    if result.height != top - gap:
        raise Wrong("the result has another height")


def _as_jpeg(path: Path, contents: Sequence[bytes]) -> None:
    """Over the seam between two pictures a decoder smooths colours: a row on each side."""
    result, top = _result(path), 0
    for place, image in enumerate(_alone(contents)):
        if image.mode != result.mode or image.width != result.width:
            raise Wrong(f"picture {place} is of another kind than the result")
        if image.height > _SEAMS:
            here = result.crop((0, top + 1, image.width, top + image.height - 1))
            if here.tobytes() != image.crop((0, 1, image.width, image.height - 1)).tobytes():
                raise Wrong(f"picture {place} has other pixels")
        top += image.height
    if result.height != top:
        raise Wrong("the result has another height")


# --- the long form --------------------------------------------------------------------------------


def _until(first: int, count: int | None, minutes: float | None) -> Iterator[int]:
    ends = None if minutes is None else time.monotonic() + 60 * minutes
    numbers = itertools.count(first) if count is None else iter(range(first, first + count))
    return itertools.takewhile(lambda _: ends is None or time.monotonic() < ends, numbers)


@click.command()
@click.option("--minutes", type=float, help="how long; by default --count decides")
@click.option("--count", type=int, help="cases to play; 20000 when --minutes is not given")
@click.option("--seed", type=int, default=lambda: secrets.randbelow(1 << 32), help="by default any")
@click.option("--first", type=int, default=0, help="number of the first case")
@click.option("--json", "as_json", is_flag=True, help="one JSON object rather than lines")
def main(minutes: float | None, count: int | None, seed: int, first: int, *, as_json: bool) -> None:
    """Joins changed pictures by the shortcuts, and tells what is wrong with what comes out."""
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
    if minutes is None and count is None:
        count = 20_000
    begun = time.monotonic()
    with TemporaryDirectory() as folder:
        numbers = _until(first, count, minutes)
        tally = fuzz(Path(folder), seed=seed, numbers=numbers, seconds=SECONDS)
    answer = {
        "seed": seed,
        "cases": tally.cases,
        "seconds": round(time.monotonic() - begun, 1),
        "ends": dict(tally.ends.most_common()),
        "found": tally.found,
    }
    if as_json:
        click.echo(json.dumps(answer, indent=1))
    else:
        for end, times in tally.ends.most_common():
            click.echo(f"{times:9} {end}")
        for flaw in tally.found:
            click.echo(flaw)
        click.echo(f"{tally.cases} cases of seed {seed}: {len(tally.found)} findings")
    sys.exit(bool(tally.found))


if __name__ == "__main__":
    main()
