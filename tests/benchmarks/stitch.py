"""How fast stitch joins beside the plain way: `python -m tests.benchmarks.stitch`.

Draws its own pictures, measures each contender in a fresh process, in turns so that a busy moment
of the machine strikes all, and prints medians. Seconds differ from machine to machine; ratios are
what to compare. Takes under a minute.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from actors.capabilities.stitch.geometry import Arrangement, Format, Size, plan
from actors.capabilities.stitch.order import JoinOrder, Source
from actors.capabilities.stitch.work import join
from tests import pictures

ROUNDS = 3
ROOT = Path(__file__).parents[2]


# --- the work -------------------------------------------------------------------------------------


def photograph(width: int, height: int) -> Image.Image:
    """Smooth with some noise, which compresses about as a camera's picture does."""
    return Image.blend(pictures.gradient(width, height), pictures.noise(width, height), 0.08)


def screenshot(number: int) -> Image.Image:
    """Flat cards with small marks in rows, as text is to an encoder, and a photograph."""
    image = Image.new("RGB", (1080, 2400), "#f0f2f5")
    draw = ImageDraw.Draw(image)
    for top in range(60, 2300, 300):
        draw.rounded_rectangle((30, top, 1050, top + 270), 24, fill="white")
        for line in range(5):
            draw.text((60, top + 30 + 40 * line), f"{number} {top} {line} words " * 9, fill="#222")
    image.paste(photograph(900, 400), (90, 1000 + 10 * number))
    return image


@dataclass(frozen=True)
class Workload:
    """So many pictures of one kind, joined below each other."""

    count: int
    draw: Callable[[int], Image.Image]
    stored: str
    format: Format

    def prepare(self, folder: Path) -> list[str]:
        """Writes two different pictures; they come again until there are enough."""
        drawn = [
            pictures.saved(
                folder, f"{number}", pictures.encoded(self.draw(number), self.stored, quality=92)
            )
            for number in range(min(self.count, 2))
        ]
        return [drawn[number % len(drawn)] for number in range(self.count)]


WORKLOADS = {
    "10 photographs of 12 MP -> JPEG": Workload(
        10, lambda _: photograph(4000, 3000), "JPEG", "jpeg"
    ),
    "30 screenshots -> PNG": Workload(30, screenshot, "PNG", "png"),
    "2 pictures of 800 x 600 -> JPEG": Workload(2, lambda _: photograph(800, 600), "JPEG", "jpeg"),
}


# --- the contenders -------------------------------------------------------------------------------


def ours(paths: list[str], format: Format, output: str) -> None:
    """The call that a worker runs."""
    sizes = []
    for path in paths:
        with Image.open(path) as image:
            sizes.append(Size(*image.size))
    made = plan(sizes, Arrangement(layout="vertical", fit="none"))
    sources = tuple(
        Source(path=path, size=size, box=box)
        for path, size, box in zip(paths, sizes, made.boxes, strict=True)
    )
    order = JoinOrder(
        sources=sources,
        canvas=made.canvas,
        background="#ffffff",
        format=format,
        quality=90,
        output=output,
    )
    join(order, lambda _: None)


def naive(paths: list[str], format: Format, output: str) -> None:
    """What one finds in answers: open all, paste all, save."""
    images = [Image.open(path).convert("RGB") for path in paths]
    canvas = Image.new(
        "RGB",
        (max(image.width for image in images), sum(image.height for image in images)),
        "white",
    )
    top = 0
    for image in images:
        canvas.paste(image, (0, top))
        top += image.height
    canvas.save(output, format, quality=90)


CONTENDERS = {"ours": ours, "naive": naive}


# --- the measuring --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Measure:
    """One run: seconds of the call, most memory of the process, bytes of the result."""

    seconds: float
    memory: int
    size: int


def measured(contender: str, paths: list[str], format: Format, output: Path) -> Measure:
    """Runs a contender in a process of its own."""
    order = json.dumps([contender, paths, format, str(output)])
    run = subprocess.run(  # noqa: S603 - this very module
        [sys.executable, "-m", "tests.benchmarks.stitch", order],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, memory = json.loads(run.stdout)
    return Measure(seconds, memory, output.stat().st_size)


def measure_here(order: str) -> None:
    """The child's part: runs once and tells seconds and peak memory."""
    contender, paths, format, output = json.loads(order)
    Image.preinit()
    start = time.perf_counter()
    CONTENDERS[contender](paths, format, output)
    seconds = time.perf_counter() - start
    # not getrusage: its peak begins with that of the process which started this one
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    sys.stdout.write(json.dumps([seconds, int(peak.split()[1]) << 10]))


def compare(title: str, workload: Workload, folder: Path) -> None:
    """Measures the contenders in turns and prints their medians."""
    paths = workload.prepare(folder)
    runs: dict[str, list[Measure]] = {contender: [] for contender in CONTENDERS}
    for _ in range(ROUNDS):
        for contender, found in runs.items():
            found.append(measured(contender, paths, workload.format, folder / "out"))
    seconds = {
        contender: statistics.median(run.seconds for run in found)
        for contender, found in runs.items()
    }
    sys.stdout.write(f"{title}\n")
    for contender, found in runs.items():
        sys.stdout.write(
            f"  {contender:6} {seconds[contender]:8.3f} s"
            f" {seconds['naive'] / seconds[contender]:6.2f} x naive"
            f" {max(run.memory for run in found) / 1e6:8.0f} MB of memory"
            f" {found[0].size / 1e6:8.2f} MB of result\n"
        )


def main() -> None:
    """Compares all workloads, or measures one run when asked to by `measured`."""
    if len(sys.argv) > 1:
        measure_here(sys.argv[1])
        return
    for title, workload in WORKLOADS.items():
        with tempfile.TemporaryDirectory() as folder:
            compare(title, workload, Path(folder))


if __name__ == "__main__":
    main()
