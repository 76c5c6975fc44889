"""Writes one JPEG from strips of pixels that are encoded each on its own, maybe at once.

Owns: how the entropy-coded data of strips becomes one scan: at restart markers.
Never: decodes, or knows where a strip's pixels come from.

Every strip is encoded with a restart marker after each row of MCUs, at which a decoder begins anew
(ITU T.81, F.1.1.5.1: the predictions are reset). So the strips' data follow each other with a
marker between, their markers numbered on; only the last may end within a row of MCUs.
"""

import re
import struct
from typing import IO, Final

_RESTART: Final = re.compile(rb"\xff[\xd0-\xd7]")
_FIRST: Final = 0xD0
"""Of the eight restart markers, which follow each other in turn."""

_APP0: Final = b"\xff\xe0"
_SOF: Final = (0xC0, 0xC1)
_SOS: Final = 0xDA


class Scans:
    """Puts encoded strips, in order from the top, together into `output`.

    Args:
        height: of the whole, in pixels.
        extra: further segments, such as a profile's, whole; they come behind JFIF's own, which
            has to be the first.
    """

    def __init__(self, output: IO[bytes], height: int, extra: bytes = b"") -> None:
        self._output = output
        self._height = height
        self._extra = extra
        self._restarts = 0
        self._begun = False

    def add(self, jpeg: bytearray) -> None:
        """The next strip, as `windows.encoded` made it: whole rows of MCUs, or the last one."""
        start, frame = _scan_and_frame(jpeg)
        end = len(jpeg) - 2
        if self._begun:
            self._mark()
        else:
            jpeg[frame + 3 : frame + 5] = struct.pack(">H", self._height)
            place = _behind_jfif(jpeg)
            self._output.write(jpeg[:place] + self._extra + jpeg[place:start])
            self._begun = True
        for found in _RESTART.finditer(jpeg, start, end):
            jpeg[found.start() + 1] = _FIRST + self._restarts % 8
            self._restarts += 1
        self._output.write(memoryview(jpeg)[start:end])

    def finish(self) -> None:
        """Writes the end's marker."""
        self._output.write(b"\xff\xd9")

    def _mark(self) -> None:
        self._output.write(bytes([0xFF, _FIRST + self._restarts % 8]))
        self._restarts += 1


def _behind_jfif(jpeg: bytearray) -> int:
    """Where further segments may stand."""
    return 4 + int.from_bytes(jpeg[4:6], "big") if jpeg[2:4] == _APP0 else 2


def _scan_and_frame(jpeg: bytearray) -> tuple[int, int]:
    """Where the entropy-coded data begins, and where the frame's length lies."""
    place, frame = 2, 0
    while jpeg[place + 1] != _SOS:
        if jpeg[place + 1] in _SOF:
            frame = place + 2
        place += 2 + int.from_bytes(jpeg[place + 2 : place + 4], "big")
    return place + 2 + int.from_bytes(jpeg[place + 2 : place + 4], "big"), frame
