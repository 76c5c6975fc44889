"""Pairs of pictures of all kinds that are joined, made once out of a few originals.

Owns: the kinds: cameras' and screens' pictures, as strangers store them.
Never: makes one again that is there.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageDraw, ImageFont

Store = Callable[[Image.Image, Path], None]
Pair = tuple[Path, Path]

_CUT: Final = (0, 0, 1200, 1200)
"""Of a camera's picture, which is left at its own scale."""

_LINE: Final = "The morning light comes in over the old harbour, and nobody is awake but the gulls."


def pairs(samples: Path, made: Path, folder: Path) -> dict[str, Pair]:
    """Two pictures of each kind, by its name.

    Args:
        samples: has real photographs and screenshots, `Landscape_1.jpg`, `screenshot_0.png`, ...
        made: has pictures that `tests.benchmarks.stitching` has made.
        folder: where those are stored that are made here.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = {
        "camera, lying": (samples / "Landscape_1.jpg", samples / "Landscape_3.jpg"),
        "camera, standing": (samples / "Portrait_5.jpg", samples / "Portrait_7.jpg"),
        "camera, small": (made / "small/000.jpeg", made / "small/001.jpeg"),
        **{
            f"screen {first}": (
                samples / f"screenshot_{first}.png",
                samples / f"screenshot_{second}.png",
            )
            for first, second in ((0, 3), (1, 2), (4, 5))
        },
        "screen, feed": (made / "screenshot/000.png", made / "screenshot/001.png"),
        "screen, rounded": (made / "transparent/000.png", made / "transparent/001.png"),
        **{
            f"mixture {number}": (file, file)
            for number, file in enumerate(sorted((made / "mixed").iterdir()))
        },
    }
    for name, images, stores in _drawn(samples, made):
        for how, store in stores.items():
            first, second = (
                _stored(image, store, folder / f"{name}-{how}-{place}")
                for place, image in enumerate(images)
            )
            found[f"{name}, {how}"] = (first, second)
    return found


def _drawn(samples: Path, made: Path) -> Iterator[tuple[str, list[Image.Image], dict[str, Store]]]:
    """Pictures without loss, and how they are stored."""
    screens = [samples / "screenshot_0.png", samples / "screenshot_1.png"]
    lying = [samples / "Landscape_1.jpg", samples / "Portrait_1.jpg"]
    yield "photograph", [Image.open(file).crop(_CUT) for file in lying], _PHOTOGRAPH
    sharp = [Image.open(file).resize((900, 600)) for file in lying]
    yield "sharp", sharp, _SHARP
    noisy = [made / "photograph/000.jpeg", made / "photograph/001.jpeg"]
    yield "noisy", [Image.open(file).crop(_CUT) for file in noisy], _NOISY
    yield "screen", [Image.open(file) for file in screens], _SCREEN
    yield "text", [_text(number) for number in range(2)], _TEXT


def _text(number: int) -> Image.Image:
    """A page of black text on white."""
    page = Image.new("RGB", (1080, 1600), "#ffffff")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(28)
    for line in range(40):
        start = (7 * line + 13 * number) % len(_LINE)
        draw.text((40, 30 + 38 * line), _LINE[start:] + _LINE[:start], "#202020", font)
    return page


def _plainly(format: str, **how: Any) -> Store:
    return lambda image, path: image.save(path, format, **how)


def _indexed(image: Image.Image, path: Path) -> None:
    image.quantize(256).save(path, "PNG")


def _deep(image: Image.Image, path: Path) -> None:
    """Of 16 bits a sample, the lower eight as noisy as a sensor's: Pillow writes none in colour."""
    noise = Image.effect_noise((image.width * 3, image.height), 60).tobytes()
    high, stride = image.tobytes(), image.width * 3
    rows = bytearray()
    for top in range(0, len(high), stride):
        row = bytearray(2 * stride)
        row[::2], row[1::2] = high[top : top + stride], noise[top : top + stride]
        rows += b"\1" + row[:6]  # each sample less the one on its left
        rows += bytes((here - left) & 255 for here, left in zip(row[6:], row, strict=False))
    head = struct.pack(">LLBBBBB", image.width, image.height, 16, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(rows), 6)), (b"IEND", b""))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">L", len(body)) + name + body + struct.pack(">L", zlib.crc32(name + body))
            for name, body in chunks
        )
    )


_PHOTOGRAPH: Final[dict[str, Store]] = {
    **{f"jpeg {quality}": _plainly("JPEG", quality=quality) for quality in (50, 75, 92, 100)},
    "webp 80": _plainly("WEBP", quality=80),
    "webp": _plainly("WEBP", lossless=True),
    "avif 60": _plainly("AVIF", quality=60, speed=9),
    "png": _plainly("PNG"),
    "png 16": _deep,
    "tiff": _plainly("TIFF"),
}
_SHARP: Final[dict[str, Store]] = {
    **{f"jpeg {quality}": _plainly("JPEG", quality=quality) for quality in (85, 95)},
    "jpeg 98, fine": _plainly("JPEG", quality=98, subsampling=0),
    "png": _plainly("PNG"),
}
_NOISY: Final[dict[str, Store]] = {
    "jpeg 92": _plainly("JPEG", quality=92),
    "png": _plainly("PNG"),
}
_SCREEN: Final[dict[str, Store]] = {
    **{f"jpeg {quality}": _plainly("JPEG", quality=quality) for quality in (75, 95)},
    "webp 80": _plainly("WEBP", quality=80),
    "indexed": _indexed,
    "bmp": _plainly("BMP"),
}
_TEXT: Final[dict[str, Store]] = {
    "png": _plainly("PNG"),
    "indexed": _indexed,
    "jpeg 90": _plainly("JPEG", quality=90),
    "webp": _plainly("WEBP", lossless=True),
}


def _stored(image: Image.Image, store: Store, path: Path) -> Path:
    if not path.exists():
        part = path.with_suffix(".part")
        store(image, part)
        part.rename(path)
    return path
