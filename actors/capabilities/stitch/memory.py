"""How much memory joining takes, told before any of it is taken.

Owns: the bytes a pixel costs while it is read, painted and written, as an upper bound.
Never: measures or limits anything: the pool limits the child by what is told here. Pure.

Formats that are written band by band need some strips, as high as the highest band, and beside them
what each thread reads: one picture as stored, and again at its size on the canvas. The others need
the canvas, and above it two peaks that follow each other: a picture that is read, then the encoder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from actors.capabilities.stitch.bands import HIGH, bands, highest, strips
from actors.capabilities.stitch.formats import FORMATS, Encoding
from actors.capabilities.stitch.geometry import Box, Size

# Pillow stores RGB in four bytes a pixel, like RGBA.
_CANVAS: Final = 4

# Of a stored pixel: what the decoder keeps (all coefficients of a progressive JPEG, two canvases of
# a WebP), the decoded picture, and copies of it in other modes (16-bit gray with a transparent
# level needs most). Peaks measured with Pillow 13 on pictures of 12 megapixels, rounded up.
_DECODERS: Final = {"image/jpeg": 12, "image/webp": 24}
_OTHER_DECODERS: Final = 22

# Of a pixel at its size on the canvas: resized, turned, its colours converted, alpha put back.
_PAINTING: Final = 13

# Of a pixel of the canvas, above the canvas itself, by the way it is written, and again where it is
# transparent; what is not named is written in strips. Each is the peak for pictures of noise, which
# are the worst, of 12 and 24 megapixels at qualities 90 and 100 (VmHWM after less before, Pillow
# 13), rounded up: progressive 4.4; indexed 4.7, with alpha 16.9; WebP 10.9, with alpha 36.8, since
# that stays lossless; lossless WebP 32.1; AVIF 28.1, with alpha 32.1.
_ENCODERS: Final = {
    "progressive": (8, 8),
    "indexed": (8, 24),
    "webp": (16, 44),
    "lossless": (40, 40),
    "avif": (36, 40),
}

_ARENA: Final = 128 << 20
"""Of the arena that glibc lets a worker's threads share, beside the process' own: 64 MiB, for which
it maps twice as much for a moment. It is addresses for the most part, but what is limited is
addresses, and a thread that gets none for its beginning is waited for without end."""

_THREAD: Final = 16 << 20
"""Of each thread: its stack (8 MiB, addresses as well); and the rows or samples it has in hand."""

# What an encoder makes of a pixel is held until it is written: never more than the pixel.
_MADE: Final = 4

_CARRIED: Final = 15
"""Rows that a strip may have to take over from the one before; of a TIFF more, but no more than a
quarter of a mebibyte."""

# Libraries that are loaded on demand, buffers, and what the allocator leaves unused.
_BASE: Final = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one picture brings: its kind, its bytes on disk, its size stored and on the canvas."""

    media_type: str
    file_size: int
    stored: Size
    painted: Size


def needed(
    loads: Sequence[Load],
    *,
    canvas: Size,
    rows: int,
    spans: Sequence[Box],
    encoding: Encoding,
    transparent: bool,
    threads: int,
) -> int:
    """Bytes that a child may come to use for the whole join, beyond what it has when idle.

    Args:
        rows: of the highest file or page that the canvas is cut into.
        spans: what is painted of each picture, on the whole canvas.
    """
    # those that paint and encode, and for each strip one that waits for them
    base = _BASE + _ARENA + 2 * threads * _THREAD
    reading = threads * max((_reading(load) for load in loads), default=0)
    if encoding.banded:
        band = min(rows, highest(bands(0, canvas.height, spans)))
        strip = canvas.width * (band + _CARRIED)
        lossless = not FORMATS[encoding.format].lossy
        # pages may have smaller bands than the whole, and more of them at once
        held = max(
            strips(pixels, threads, lossless=lossless) * pixels
            for pixels in (strip, min(strip, HIGH))
        )
        # what is made of them waits to be written, and of one more
        return base + held * _CANVAS + (held + strip) * _MADE + reading
    page = canvas.width * rows
    writing = page * _ENCODERS[_way(encoding)][transparent]
    return base + page * _CANVAS + max(reading, writing)


def looked(loads: Sequence[Load], *, threads: int) -> int:
    """Bytes that a child may come to use which only looks at the pictures, several at once."""
    reading = max((_reading(load) for load in loads), default=0)
    return _BASE + _ARENA + threads * (_THREAD + reading)


def _way(encoding: Encoding) -> str:
    """How a canvas is written that is held whole."""
    ways = {"jpeg": "progressive", "png": "indexed"}
    if encoding.format == "webp" and encoding.lossless:
        return "lossless"
    return ways.get(encoding.format, encoding.format)


def _reading(load: Load) -> int:
    decoder = _DECODERS.get(load.media_type, _OTHER_DECODERS)
    return load.file_size + load.stored.pixels * decoder + load.painted.pixels * _PAINTING
