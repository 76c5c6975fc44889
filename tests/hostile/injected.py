"""Pillow, broken at one place with one exception, under the real probe and the real join.

Runs in a worker: what is broken there is mended before the answer is given.
"""

import io
import struct
import subprocess
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from unittest import mock

from PIL import Image, UnidentifiedImageError

from actors.capabilities.stitch.order import Joined, JoinOrder
from actors.capabilities.stitch.work import join
from actors.media import Probe
from actors.messages import Media
from actors.pictures import probe
from actors.workers.call import Call, Report

INSIDE: Final = "the inside, which nobody outside is told"

RAISED: Final[Mapping[str, Callable[[], Exception]]] = {
    "ArithmeticError": lambda: ArithmeticError(INSIDE),
    "AssertionError": lambda: AssertionError(INSIDE),
    "AttributeError": lambda: AttributeError(INSIDE),
    "BufferError": lambda: BufferError(INSIDE),
    "CalledProcessError": lambda: subprocess.CalledProcessError(1, "gs", INSIDE),
    "DecompressionBombWarning": lambda: Image.DecompressionBombWarning(INSIDE),
    "EOFError": lambda: EOFError(INSIDE),
    "ImportError": lambda: ImportError(INSIDE),
    "IndexError": lambda: IndexError(INSIDE),
    "KeyError": lambda: KeyError(INSIDE),
    "MemoryError": lambda: MemoryError(INSIDE),
    "NotImplementedError": lambda: NotImplementedError(INSIDE),
    "OSError": lambda: OSError(INSIDE),
    "OSError with a number": lambda: OSError(5, INSIDE),
    "OverflowError": lambda: OverflowError(INSIDE),
    "RecursionError": lambda: RecursionError(INSIDE),
    "RuntimeError": lambda: RuntimeError(INSIDE),
    "StopIteration": lambda: StopIteration(INSIDE),
    "SyntaxError": lambda: SyntaxError(INSIDE),
    "SystemError": lambda: SystemError(INSIDE),
    "TimeoutError": lambda: TimeoutError(INSIDE),
    "TypeError": lambda: TypeError(INSIDE),
    "UnicodeDecodeError": lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, INSIDE),
    "UnidentifiedImageError": lambda: UnidentifiedImageError(INSIDE),
    "UnsupportedOperation": lambda: io.UnsupportedOperation(INSIDE),
    "ValueError": lambda: ValueError(INSIDE),
    "ZeroDivisionError": lambda: ZeroDivisionError(INSIDE),
    "struct.error": lambda: struct.error(INSIDE),
    "zlib.error": lambda: zlib.error(INSIDE),
    "DecompressionBombError": lambda: Image.DecompressionBombError(INSIDE),
}

READING: Final = (
    "Image.open",
    "ImageFile.ImageFile.load",
    "Image.Image.transpose",
    "Image.Image.convert",
    "Image.Image.resize",
)
PAINTING: Final = ("Image.new", "Image.Image.paste", "Image.Image.save")


@dataclass(frozen=True, slots=True)
class Broken:
    """Where (a name in PIL), by what (a key of RAISED), and what to join."""

    place: str
    by: str
    order: JoinOrder


@dataclass(frozen=True, slots=True)
class BrokenProbe:
    """The same of a probe."""

    by: str
    order: Probe


@contextmanager
def broken(place: str, by: str) -> Iterator[None]:
    """Breaks Pillow for the length of the block."""

    def breaks(*_: Any, **__: Any) -> None:
        error = RAISED[by]()
        raise error

    with mock.patch(f"PIL.{place}", breaks):
        yield


def broken_join(order: Broken, report: Report) -> Joined:
    """A join with a broken Pillow."""
    with broken(order.place, order.by):
        return join(order.order, report)


def broken_probe(order: BrokenProbe, report: Report) -> Media:
    """A look with a broken Pillow."""
    with broken("Image.open", order.by):
        return probe(order.order, report)


JOIN: Final = Call("tests.hostile.injected:broken_join", Broken, Joined)
PROBE: Final = Call("tests.hostile.injected:broken_probe", BrokenProbe, Media)
