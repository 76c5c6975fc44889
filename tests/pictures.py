"""Pictures for tests: drawn, broken, and hostile. Bytes in memory, which tests write as needed.

Everything is made here, so that no test depends on a file of somebody's.
"""

import io
import struct
import zlib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms

Colour = tuple[int, ...]

RED: Colour = (255, 0, 0)
GREEN: Colour = (0, 255, 0)
BLUE: Colour = (0, 0, 255)
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
YELLOW: Colour = (255, 255, 0)


def encoded(image: Image.Image, format: str, **how: Any) -> bytes:
    """The picture as a file of this format ("JPEG", "PNG", ...)."""
    file = io.BytesIO()
    image.save(file, format, **how)
    return file.getvalue()


def saved(folder: Path, name: str, content: bytes) -> str:
    """Writes the bytes; the path as the text that an order carries."""
    path = folder / name
    path.write_bytes(content)
    return str(path)


def plain(width: int, height: int, colour: Colour = RED, mode: str = "RGB") -> Image.Image:
    """One colour."""
    return Image.new(mode, (width, height), colour if len(colour) > 1 else colour[0])


def gradient(width: int, height: int) -> Image.Image:
    """Smooth in all directions, so that every scaling of it looks alike."""
    across = Image.linear_gradient("L").transpose(Image.Transpose.ROTATE_90)
    down = Image.linear_gradient("L")
    around = Image.radial_gradient("L")
    return Image.merge("RGB", [band.resize((width, height)) for band in (across, down, around)])


def noise(width: int, height: int) -> Image.Image:
    """What no encoder can shrink."""
    return Image.effect_noise((width, height), 60).convert("RGB")


# --- orientation ------------------------------------------------------------------------------


def corners(width: int, height: int) -> Image.Image:
    """Four quarters, each of its own colour: red, green / blue, yellow. No turn leaves it as is."""
    image = Image.new("RGB", (width, height), YELLOW)
    middle = (width // 2, height // 2)
    image.paste(RED, (0, 0, *middle))
    image.paste(GREEN, (middle[0], 0, width, middle[1]))
    image.paste(BLUE, (0, middle[1], middle[0], height))
    return image


def lying(upright: Image.Image, orientation: int) -> Image.Image:
    """How a camera stores `upright` when it writes this EXIF orientation."""
    turn = Image.Transpose
    inverse = {
        2: turn.FLIP_LEFT_RIGHT,
        3: turn.ROTATE_180,
        4: turn.FLIP_TOP_BOTTOM,
        5: turn.TRANSPOSE,
        6: turn.ROTATE_90,
        7: turn.TRANSVERSE,
        8: turn.ROTATE_270,
    }
    return upright.transpose(inverse[orientation]) if orientation in inverse else upright


def exif(orientation: int) -> bytes:
    """EXIF that holds an orientation and nothing else."""
    data = Image.Exif()
    data[0x0112] = orientation
    return data.tobytes()


# --- PNG by hand, for what Pillow does not write -------------------------------------------------


def png(
    width: int,
    height: int,
    *,
    depth: int = 8,
    colour_type: int = 2,
    rows: Iterable[bytes] = (),
    chunks: Sequence[tuple[bytes, bytes]] = (),
) -> bytes:
    """A PNG of raw rows; `chunks` come between header and pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\x00" + row for row in rows))
    parts = [(b"IHDR", header), *chunks, (b"IDAT", pixels), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


def gray16(levels: Sequence[int], transparent: int | None = None) -> bytes:
    """A row of 16-bit gray pixels, one of whose levels may be transparent."""
    chunks = [] if transparent is None else [(b"tRNS", struct.pack(">H", transparent))]
    row = struct.pack(f">{len(levels)}H", *levels)
    return png(len(levels), 1, depth=16, colour_type=0, rows=[row], chunks=chunks)


# --- profiles -----------------------------------------------------------------------------------


@cache
def srgb_profile() -> bytes:
    """What a well-behaved editor embeds; always the same, though the library dates each anew."""
    return bytes(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())


def swapped_profile() -> bytes:
    """A profile in which red means green and green red: nobody can overlook that it was used."""
    profile = bytearray(srgb_profile())
    (count,) = struct.unpack(">I", profile[128:132])
    entries = {bytes(profile[at : at + 4]): at for at in range(132, 132 + 12 * count, 12)}
    red, green = entries[b"rXYZ"] + 4, entries[b"gXYZ"] + 4
    profile[red : red + 8], profile[green : green + 8] = (
        profile[green : green + 8],
        profile[red : red + 8],
    )
    return bytes(profile)


def gray_profile(gamma: float) -> bytes:
    """The least that is a profile of gray: a white point and a curve."""
    white = struct.pack(">4s4xiii", b"XYZ ", 63190, 65536, 54061)
    curve = struct.pack(">4s4xIH2x", b"curv", 1, round(gamma * 256))
    table = struct.pack(">I4sII4sII", 2, b"wtpt", 156, len(white), b"kTRC", 176, len(curve))
    body = table + white + curve
    head = struct.pack(
        ">I4sI4s4s4s12x4s28xiii48x",
        128 + len(body), b"lcms", 0x02400000, b"mntr", b"GRAY", b"XYZ ", b"acsp",
        63190, 65536, 54061,
    )  # fmt: skip
    return head + body


# --- hostile ------------------------------------------------------------------------------------


def webp_bomb(width: int, height: int) -> bytes:
    """32 bytes of lossless WebP whose every pixel has the same colour, at no cost in bits."""
    bits, filled = 0, 0
    header = [(width - 1, 14), (height - 1, 14), (0, 1), (0, 3)]
    no_transforms = [(0, 1), (0, 1), (0, 1)]
    one_symbol_codes = [(1, 1), (0, 1), (0, 1), (0, 1)] * 5
    for value, length in header + no_transforms + one_symbol_codes:
        bits |= value << filled
        filled += length
    data = (b"\x2f" + bits.to_bytes((filled + 7) // 8, "little")).ljust(12, b"\x00")
    return struct.pack("<4sI4s4sI", b"RIFF", 12 + len(data), b"WEBP", b"VP8L", len(data)) + data


def png_bomb(width: int, height: int) -> bytes:
    """A header that promises this many pixels, over a few of them."""
    return png(width, height, colour_type=0, rows=[bytes(min(width, 1000))])


def truncated(content: bytes, share: float = 0.6) -> bytes:
    """The beginning of a file, as a lost connection leaves it."""
    return content[: int(len(content) * share)]
