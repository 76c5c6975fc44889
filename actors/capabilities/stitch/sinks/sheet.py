"""What every writer is told of the picture that it writes, and what it can be asked for.

Owns: the contract that all formats' writers fulfil.
Never: writes.
"""

from dataclasses import dataclass
from typing import Any, Final, Protocol

from PIL import Image

from actors.capabilities.stitch.extras import NOTHING, Extras
from actors.capabilities.stitch.formats import Encoding
from actors.capabilities.stitch.geometry import Size

ALL: Final = 1 << 31
"""The step of a sink that takes a picture at once: more rows than any has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One picture that is to be written: a file, or a page of one.

    Attributes:
        size: in pixels.
        mode: Pillow's: RGB, or RGBA where the format can be seen through.
        encoding: how.
        extras: what comes with the pixels.
        threads: processors that an encoder may use which does not leave that to others.
    """

    size: Size
    mode: str
    encoding: Encoding
    extras: Extras = NOTHING
    threads: int = 1


class Sink(Protocol):
    """One picture on its way into a file.

    Rows come from the top, in bands; all at once where the encoding is not `banded`.

    Attributes:
        step: rows are encoded in multiples of so many; those left over of a band go with the next
            one, but for the last, which may have any number.
    """

    step: int

    def encoded(self, strip: Image.Image, top: int, bottom: int, /) -> Any:
        """The rows of a strip from `top` up to `bottom`, ready to be written."""

    def write(self, piece: Any) -> None:
        """Appends what `encoded` made of the next rows. Raises OSError."""

    def finish(self) -> None:
        """The last rows are written. Raises OSError when the file is not whole."""
