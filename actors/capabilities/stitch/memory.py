"""How much memory joining takes, told before any of it is taken.

Owns: the bytes a pixel costs while it is read, painted and written: as an upper bound (`most`), by
which the pool limits a child, and as what it comes to in fact (`used`), which people are told.
Never: measures or limits anything. Pure.

The bound is of addresses and for the worst pictures, since a child that meets it fails; what is
used is of memory, for usual pictures, and a tenth of the bound where most is done in strips.

Formats that are written band by band need some strips, as high as the highest band, and beside them
what each thread reads: one picture as stored, and again at its size on the canvas. The others need
the canvas, and above it two peaks that follow each other: a picture that is read, then the encoder.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
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

# What follows was measured with `tests.benchmarks.stitching`'s launcher (getrusage(2), maxrss of
# the child, Pillow 13): W1 to W6 and others of their pictures, on one and on two processors.

_IDLE: Final = 23_000_000
"""Of a worker that has loaded what it needs and joined something tiny."""

_COPYING: Final = 4_000_000
"""Of each thread: buffers."""

# Of a pixel of the canvas, above the canvas itself: the encoders of pictures that are held whole.
_WRITERS: Final = {
    "progressive": 3.3,
    "indexed": 1.6,
    "webp": 6.0,
    "lossless": 17.3,
    "avif": 23.7,
}

_WAITING: Final = 1
"""Of a pixel of a strip that is kept without loss: what waits to be written."""

_SHRINKING: Final = 4
"""Of a pixel that is decoded to be scaled, above itself; and of one that comes of it."""

_EIGHTH: Final = 8
"""A JPEG's decoder halves up to so many times over."""

# Libraries that are loaded on demand, buffers, and what the allocator leaves unused.
_BASE: Final = 64 << 20


_DOT: Final = Size(1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one picture brings: its kind, its bytes on disk, its size stored and on the canvas."""

    media_type: str
    file_size: int
    stored: Size
    painted: Size


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one child has to do.

    Attributes:
        rows: of the highest file or page that the canvas is cut into.
        spans: what is painted of each picture, on the whole canvas.
    """

    loads: Sequence[Load]
    canvas: Size
    rows: int
    spans: Sequence[Box]
    encoding: Encoding
    transparent: bool
    threads: int

    @property
    def page(self) -> int:
        """Pixels of the largest page, which is held whole where it is not done in bands."""
        return self.canvas.width * self.rows

    @property
    def kept(self) -> int:
        """Bytes of a picture that is kept since it goes on with the next page."""
        if self.rows >= self.canvas.height:
            return 0
        return _CANVAS * max((load.painted.pixels for load in self.loads), default=0)

    @property
    def lossless(self) -> bool:
        """Whether its format keeps every pixel as it is."""
        return not FORMATS[self.encoding.format].lossy


def most(work: Work) -> int:
    """Bytes of addresses that a child may come to use for a whole join, beyond those when idle."""
    base = _least(work.threads) + work.kept
    reading = work.threads * max((_reading(load) for load in work.loads), default=0)
    if work.encoding.banded:
        band = min(work.rows, highest(bands(0, work.canvas.height, work.spans)))
        strip = work.canvas.width * (band + _CARRIED)
        # pages may have smaller bands than the whole, and more of them at once
        held = max(
            strips(pixels, work.threads, lossless=work.lossless) * pixels
            for pixels in (strip, min(strip, HIGH))
        )
        # what is made of them waits to be written, and of one more
        return base + held * _CANVAS + (held + strip) * _MADE + reading
    writing = work.page * _ENCODERS[_way(work.encoding)][work.transparent]
    return base + work.page * _CANVAS + max(reading, writing)


def fixed(work: Work) -> int:
    """What of `most` is the same at every scale: all but what the canvas takes."""
    stored = (_reading(replace(load, painted=_DOT)) for load in work.loads)
    hands = work.threads if work.encoding.banded else 1
    return _least(work.threads) + hands * max(stored, default=0)


def looked(loads: Sequence[Load], *, threads: int) -> int:
    """Bytes that a child may come to use which only looks at the pictures, several at once."""
    reading = max((_reading(load) for load in loads), default=0)
    return _BASE + _ARENA + threads * (_THREAD + reading)


def used(work: Work, *, copied: bool) -> int:
    """Bytes of memory that a child comes to hold, about, with all that it has when idle.

    Args:
        copied: whether what is compressed already is likely to be taken as it is.
    """
    if copied:
        return _IDLE + work.threads * _COPYING + _waiting(work)
    reading = max((_decoded(load) for load in work.loads), default=0)
    if not work.encoding.banded:
        writing = work.page * _WRITERS[_way(work.encoding)]
        return _IDLE + work.kept + work.page * _CANVAS + max(reading, int(writing))
    cut = bands(0, work.canvas.height, work.spans)
    strip = work.canvas.width * min(work.rows, highest(cut))
    held = min(len(cut), strips(strip, work.threads, lossless=work.lossless)) * strip * _CANVAS
    made = strip * _WAITING if work.lossless else 0
    return _IDLE + work.kept + held + made + work.threads * (reading + _COPYING)


def _waiting(work: Work) -> int:
    """What is copied and not written yet: rows of as many pictures as are under way, and of one.

    Scans go from file to file.
    """
    if not work.lossless:
        return 0
    rows = max(load.file_size * load.painted.pixels // load.stored.pixels for load in work.loads)
    return min(work.threads + 1, len(work.loads)) * rows


def _least(threads: int) -> int:
    # those that paint and encode, and for each strip one that waits for them
    return _BASE + _ARENA + 2 * threads * _THREAD


def _way(encoding: Encoding) -> str:
    """How a canvas is written that is held whole."""
    ways = {"jpeg": "progressive", "png": "indexed"}
    if encoding.format == "webp" and encoding.lossless:
        return "lossless"
    return ways.get(encoding.format, encoding.format)


def _reading(load: Load) -> int:
    decoder = _DECODERS.get(load.media_type, _OTHER_DECODERS)
    return load.file_size + load.stored.pixels * decoder + load.painted.pixels * _PAINTING


def _decoded(load: Load) -> int:
    """What one thread holds of a picture, of memory."""
    jpeg, scaled = load.media_type == "image/jpeg", load.painted != load.stored
    if not scaled:
        # decoded where it lies on the canvas
        return load.file_size if jpeg else load.file_size + load.stored.pixels * _CANVAS
    pixels = load.stored.pixels
    if jpeg:
        pixels //= _drafted(load) ** 2
    return load.file_size + pixels * (_CANVAS + _SHRINKING) + load.painted.pixels * _SHRINKING


def _drafted(load: Load) -> int:
    """By how much a JPEG's decoder shrinks it: 1, 2, 4 or 8."""
    times = 1
    while times < _EIGHTH and (
        load.stored.width >= 2 * times * load.painted.width
        and load.stored.height >= 2 * times * load.painted.height
    ):
        times *= 2
    return times
