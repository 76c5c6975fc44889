"""Makes the pictures that are joined, once, in a folder.

Owns: what a picture of each kind is, and how it is stored.
Never: makes one again that is there.
"""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from PIL import Image

from tests.benchmarks.stitching import photographs, screenshots

_CAMERA: Final = {"quality": 92, "subsampling": "4:2:0"}
_SCREEN: Final = (936, 480)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture, and how Pillow is to store it."""

    image: Image.Image
    format: str
    how: dict[str, Any]


Draw = Callable[[list[Path], int], Drawn]
"""Draws the picture of a number, out of photographs."""


def prepared(kind: str, count: int, photos: list[Path], folder: Path) -> list[Path]:
    """So many files of a kind, made where they are not there yet."""
    home = folder / kind
    home.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return list(pool.map(partial(_made, kind, photos, home), range(count)))


def _made(kind: str, photos: list[Path], home: Path, number: int) -> Path:
    there = list(home.glob(f"{number:03}.*"))
    if there:
        return there[0]
    drawn = KINDS[kind](photos, number)
    path = home / f"{number:03}.{drawn.format.lower()}"
    part = home / f"part{number}"
    drawn.image.save(part, drawn.format, **drawn.how)
    part.rename(path)
    return path


# --- the kinds ------------------------------------------------------------------------------------


def _photograph(size: tuple[int, int], photos: list[Path], number: int) -> Drawn:
    return Drawn(photographs.photograph(photos, number, size), "JPEG", dict(_CAMERA))


def _screenshot(photos: list[Path], number: int) -> Drawn:
    photo = photographs.photograph(photos, number, _SCREEN)
    return Drawn(screenshots.screenshot(number, photo, screenshots.fonts()), "PNG", {})


def _transparent(photos: list[Path], number: int) -> Drawn:
    return Drawn(screenshots.rounded(_screenshot(photos, number).image), "PNG", {})


def _mixed(photos: list[Path], number: int) -> Drawn:
    draw, size = _MIXTURE[number]
    return draw(photographs.photograph(photos, number, size))


def _plain(image: Image.Image) -> Drawn:
    return Drawn(image, "JPEG", dict(_CAMERA))


def _lying(image: Image.Image) -> Drawn:
    """To be turned by a quarter, says its EXIF."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return Drawn(image, "JPEG", {**_CAMERA, "exif": exif})


def _with_alpha(image: Image.Image) -> Drawn:
    image.putalpha(Image.radial_gradient("L").resize(image.size).point(lambda value: 255 - value))
    return Drawn(image, "PNG", {})


def _deep(image: Image.Image) -> Drawn:
    """Gray, of 16 bits."""
    return Drawn(image.convert("I").point(lambda value: value * 257).convert("I;16"), "PNG", {})


def _pressed(image: Image.Image) -> Drawn:
    return Drawn(image.convert("CMYK"), "JPEG", dict(_CAMERA))


def _indexed(image: Image.Image) -> Drawn:
    return Drawn(image.quantize(256), "PNG", {})


def _webp(image: Image.Image) -> Drawn:
    return Drawn(image, "WEBP", {"quality": 85})


def _progressive(image: Image.Image) -> Drawn:
    return Drawn(image, "JPEG", {**_CAMERA, "progressive": True})


def _gray(image: Image.Image) -> Drawn:
    return Drawn(image.convert("L"), "JPEG", {"quality": 92})


_MIXTURE: Final[tuple[tuple[Callable[[Image.Image], Drawn], tuple[int, int]], ...]] = (
    (_plain, (3000, 2000)),
    (_lying, (2400, 1800)),
    (_with_alpha, (1600, 1200)),
    (_deep, (1600, 1200)),
    (_pressed, (1800, 1350)),
    (_indexed, (1400, 1050)),
    (_webp, (2000, 1500)),
    (_progressive, (2800, 2100)),
    (_gray, (2000, 1500)),
)

KINDS: Final[dict[str, Draw]] = {
    "photograph": partial(_photograph, (4000, 3000)),
    "aligned": partial(_photograph, (4032, 3024)),
    "small": partial(_photograph, (1280, 960)),
    "tiny": partial(_photograph, (800, 600)),
    "screenshot": _screenshot,
    "transparent": _transparent,
    "mixed": _mixed,
}
