"""Whole pictures through sinks, as a press brings them, and what lies in the files afterwards.

Owns: the formats that the contract is held against, and an independent way to read each.
Never: claims anything.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image, PdfParser

from actors.capabilities.stitch.bands import Band
from actors.capabilities.stitch.extras import NOTHING, Extras
from actors.capabilities.stitch.formats import Encoding
from actors.capabilities.stitch.geometry import Size
from actors.capabilities.stitch.hands import Share
from actors.capabilities.stitch.press import Press
from actors.capabilities.stitch.sinks import Sheet, sink


@dataclass(frozen=True)
class Case:
    """One way to write: what is wished, how plain Pillow would do it, and what it keeps.

    Attributes:
        plain: the format and options of `Image.save`; None where a tolerance is all there is.
        transparent: whether it can be seen through.
    """

    encoding: Encoding
    plain: dict[str, Any] | None
    transparent: bool


_JPEG: Final = {"format": "JPEG", "quality": 85, "subsampling": "4:2:0"}

CASES: Final = {
    "jpeg": Case(Encoding(format="jpeg", quality=85), _JPEG, transparent=False),
    "progressive": Case(
        Encoding(format="jpeg", quality=85, progressive=True), _JPEG, transparent=False
    ),
    "png": Case(Encoding(format="png"), {"format": "PNG"}, transparent=True),
    "indexed": Case(Encoding(format="png", colours=256), None, transparent=True),
    "webp": Case(
        Encoding(format="webp", quality=80),
        {"format": "WEBP", "quality": 80, "method": 2},
        transparent=True,
    ),
    "lossless": Case(Encoding(format="webp", lossless=True), {"format": "PNG"}, transparent=True),
    "avif": Case(Encoding(format="avif", quality=80), None, transparent=True),
    "tiff": Case(Encoding(format="tiff"), {"format": "PNG"}, transparent=True),
    "pdf": Case(Encoding(format="pdf", quality=85), _JPEG, transparent=False),
}


def write(
    path: Path,
    image: Image.Image,
    encoding: Encoding,
    *,
    cut: Sequence[int] = (),
    extras: Extras = NOTHING,
    threads: int = 1,
) -> None:
    """Writes the picture, in bands of these heights; one band where none are told."""
    heights = cut or [image.height]
    tops = [sum(heights[:place]) for place in range(len(heights))]
    bands = [
        Band(top, top + high, (place,))
        for place, (top, high) in enumerate(zip(tops, heights, strict=True))
    ]

    def paint(band: Band, strip: Image.Image, first: int, _share: Share) -> None:
        strip.paste(image.crop((0, band.top, image.width, band.bottom)), (0, first))

    sheet = Sheet(
        size=Size(*image.size), mode=image.mode, encoding=encoding, extras=extras, threads=threads
    )
    with path.open("w+b") as file:
        press = Press(
            sink(file, sheet),
            paint,
            width=image.width,
            mode=image.mode,
            threads=threads,
            strips=threads,
        )
        press.run(bands, lambda _: None)


def read(path: Path) -> Image.Image:
    """The picture, decoded; a PDF's is its first page's."""
    content = path.read_bytes()
    if content.startswith(b"%PDF"):
        (content, *_) = pages(content)
    with Image.open(io.BytesIO(content)) as image:
        image.load()
        return image


def pages(content: bytes) -> list[bytes]:
    """The JPEGs of a PDF's pages, as Pillow's parser finds them."""
    parser = PdfParser.PdfParser(buf=content)
    found = []
    for page in parser.pages:
        objects = parser.read_indirect(page)[b"Resources"][b"XObject"]
        image = parser.read_indirect(objects[b"P"])
        found.append(bytes(image.buf))
    return found


def plainly(image: Image.Image, how: dict[str, Any]) -> Image.Image:
    """What plain Pillow makes of the picture, decoded."""
    file = io.BytesIO()
    image.save(file, **how)
    with Image.open(file) as saved:
        saved.load()
        return saved
