"""Real photographs: found, and brought to a size as a camera would have taken them.

Owns: which of the pictures in a folder are taken, and what is done to one.
Never: downloads (peers.py does), or stores a picture.
"""

from pathlib import Path
from typing import Final

from PIL import Image, ImageChops, ImageOps

PACKAGES: Final = ("mate-backgrounds", "ukui-wallpapers", "lomiri-wallpapers")
"""Debian's, which have real photographs."""

_LEAST: Final = 1_200_000
"""Pixels of a picture that is taken; smaller ones are icons and drawings."""

_ENDINGS: Final = frozenset({".jpg", ".jpeg"})

_GRAIN: Final = 2.2
"""Standard deviation of a sensor's noise: without it, enlarged pictures compress too well."""


class NoPhotographsError(Exception):
    """A folder holds none; says what to do."""


def found(folder: Path) -> list[Path]:
    """The photographs below a folder, always in the same order.

    Raises:
        NoPhotographsError: there are none.
    """
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in _ENDINGS]
    large = [path for path in paths if _pixels(path) >= _LEAST]
    if not large:
        raise NoPhotographsError(
            f"There is no JPEG of {_LEAST / 1e6:g} megapixels or more below {folder}. "
            "Name a folder that has some with --photographs, or have them installed by --install."
        )
    return large


def photograph(paths: list[Path], number: int, size: tuple[int, int]) -> Image.Image:
    """One of a row of photographs, RGB, each unlike the others: they come again mirrored."""
    turn, place = divmod(number, len(paths))
    with Image.open(paths[place]) as image:
        image.draft("RGB", size)
        fitted = ImageOps.fit(image.convert("RGB"), size, Image.Resampling.BICUBIC)
    mirrored = ImageOps.mirror(fitted) if turn % 2 else fitted
    return _grained(mirrored)


def _pixels(path: Path) -> int:
    with Image.open(path) as image:
        return image.width * image.height


def _grained(image: Image.Image) -> Image.Image:
    grain = Image.merge("RGB", [Image.effect_noise(image.size, _GRAIN) for _ in range(3)])
    return ImageChops.add(image, grain, scale=1, offset=-128)
