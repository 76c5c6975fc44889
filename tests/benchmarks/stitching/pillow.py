"""Joins by plain Pillow: `python -m tests.benchmarks.stitching.pillow WAY TASK`.

Owns: two ways: `naive`, what one finds in answers but right for every input, and `tuned`, one
picture at a time, shrunk while it is decoded, and written with the least effort.
Never: imports anything of the product.
"""

import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageOps

from tests.benchmarks.stitching.task import Task

Size = tuple[int, int]


def naive(task: Task) -> None:
    """Opens all, scales all, pastes all, saves."""
    images = [_flat(Image.open(path), task) for path in task.paths]
    scaled = [_scaled(image, _fitted(image.size, task)) for image in images]
    canvas = _canvas([image.size for image in scaled], task)
    for image, place in zip(scaled, _places([image.size for image in scaled], task), strict=True):
        canvas.paste(image, place)
    canvas.save(task.output, task.format, quality=task.quality)


def tuned(task: Task) -> None:
    """Holds the canvas and one picture."""
    sizes = [_fitted(_shown(path), task) for path in task.paths]
    canvas = _canvas(sizes, task)
    for path, size, place in zip(task.paths, sizes, _places(sizes, task), strict=True):
        with Image.open(path) as image:
            if task.fit:
                _draft(image, size)
            canvas.paste(_scaled(_flat(image, task), size), place)
    canvas.save(task.output, task.format, quality=task.quality, compress_level=1, method=2)


WAYS: Final[dict[str, Callable[[Task], None]]] = {"naive": naive, "tuned": tuned}


def _shown(path: str) -> Size:
    """Width and height as displayed."""
    with Image.open(path) as image:
        lying = image.getexif().get(0x0112, 1) > 4
        return (image.height, image.width) if lying else image.size


def _draft(image: Image.Image, size: Size) -> None:
    """Has a JPEG decoded at the smallest size that is not below the wanted one."""
    lying = image.getexif().get(0x0112, 1) > 4
    image.draft(None, (size[1], size[0]) if lying else size)


def _flat(image: Image.Image, task: Task) -> Image.Image:
    """Upright, of the canvas's mode, in eight bits, on white where it is seen through."""
    image = ImageOps.exif_transpose(image)
    if task.transparent:
        return image.convert("RGBA")
    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value * (1 / 257)).convert("L")
    if not image.has_transparency_data:
        return image.convert("RGB")
    see_through = image.convert("RGBA")
    white = Image.new("RGB", image.size, "white")
    white.paste(see_through, (0, 0), see_through)
    return white


def _fitted(size: Size, task: Task) -> Size:
    """The size at which a picture lies on the canvas."""
    width, height = size
    if task.fit is None:
        return size
    if task.layout == "horizontal":
        return math.floor(width * task.fit / height + 0.5), task.fit
    return task.fit, math.floor(height * task.fit / width + 0.5)


def _scaled(image: Image.Image, size: Size) -> Image.Image:
    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)


def _canvas(sizes: list[Size], task: Task) -> Image.Image:
    places = list(_places(sizes, task))
    size = (
        max(left + width for (left, _), (width, _) in zip(places, sizes, strict=True)),
        max(top + height for (_, top), (_, height) in zip(places, sizes, strict=True)),
    )
    if task.transparent:
        return Image.new("RGBA", size)
    return Image.new("RGB", size, "white")


def _places(sizes: list[Size], task: Task) -> Iterator[Size]:
    """Where each lies; those of a grid are all of one size."""
    columns = {"vertical": 1, "horizontal": len(sizes), "grid": task.columns}[task.layout]
    left = top = 0
    for number, (width, height) in enumerate(sizes, 1):
        yield left, top
        if number % columns:
            left += width + task.gap
        else:
            left, top = 0, top + height + task.gap


def main(way: str, task: Task) -> None:
    """Prints the seconds of each run."""
    Image.init()
    Image.MAX_IMAGE_PIXELS = None
    seconds = []
    for _ in range(task.repeats):
        Path(task.output).unlink(missing_ok=True)  # see `Task.repeats`
        began = time.perf_counter()
        WAYS[way](task)
        seconds.append(time.perf_counter() - began)
    sys.stdout.write(json.dumps(seconds))


if __name__ == "__main__":
    given: Any = sys.argv[1:]
    main(given[0], Task.load(given[1]))
