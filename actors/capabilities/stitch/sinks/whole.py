"""Writes a picture by an encoder of Pillow's that wants all of it at once.

Owns: the use of Pillow's plain `save`, as a sink.
Never: chooses how.
"""

import importlib
from typing import IO, Any

from PIL import Image

from actors.capabilities.stitch.extras import Extras
from actors.capabilities.stitch.sinks.sheet import ALL


class WholeSink:
    """The encoder writes to the file by itself, in whichever thread `write` runs.

    Args:
        format: Pillow's name of it, as its plugin's name begins.
        how: what its plugin understands.
    """

    step = ALL

    def __init__(self, file: IO[bytes], format: str, extras: Extras, **how: Any) -> None:
        # without this, Pillow would import its forty plugins to find the one
        importlib.import_module(f"PIL.{format}ImagePlugin")
        self._file = file
        self._format = format.upper()
        self._how = {**how, "icc_profile": extras.profile, "exif": extras.exif or b""}

    def encoded(self, strip: Image.Image, _top: int, _bottom: int) -> Image.Image:
        """All of the strip, as it is."""
        return strip

    def write(self, piece: Image.Image) -> None:
        """See `Sink`."""
        piece.save(self._file, self._format, **self._how)

    def finish(self) -> None:
        """The encoder has written all."""
