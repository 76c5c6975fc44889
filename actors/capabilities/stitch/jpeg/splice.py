"""Joins JPEGs of one camera below each other by copying their scans: nothing is decoded or lost.

Owns: when that can be done, and how entropy-coded data of one picture follows another's.
Never: looks at a coefficient.

Between two pictures stands a restart marker, at which a decoder begins anew as at a scan's start.
For that, the restart interval of the whole must be the MCUs of a picture, or divide them where the
pictures have restart markers of their own; and every picture but the last must end with a whole
row of MCUs (ITU T.81, B.2.4.4 and E.1.4).
"""

import re
import struct
from collections.abc import Callable, Sequence
from io import FileIO
from pathlib import Path
from typing import IO, Final

from actors.capabilities.stitch.jpeg.segments import (
    APP0,
    APP14,
    DHT,
    DQT,
    DRI,
    EOI,
    RST0,
    SOF0,
    SOI,
    SOS,
    Form,
    Structure,
)
from actors.capabilities.stitch.jpeg.tables import is_coding
from actors.capabilities.stitch.unknown import UnknownForm

MOST_INTERVAL: Final = 65_535
"""MCUs between two restart markers: 16 bits."""

MOST_ROWS: Final = 65_500
"""libjpeg's JPEG_MAX_DIMENSION; of the format's 65,535 hardly anything reads the rest."""

_MARKER: Final = re.compile(rb"\xff[^\x00]", re.DOTALL)
_READ: Final = 1 << 18
_FILL: Final = 0xFF


def restart_interval(structures: Sequence[Structure]) -> int | None:
    """The restart interval of the pictures below each other; None when they cannot be spliced."""
    first, *_ = structures
    if any(structure.form != first.form for structure in structures):
        return None
    if sum(structure.height for structure in structures) > MOST_ROWS:
        return None
    if any(structure.height % first.form.unit[1] for structure in structures[:-1]):
        return None
    last = structures[-1].restart or structures[-1].units
    # of one alone it is its own
    intervals = {structure.restart or structure.units for structure in structures[:-1]} or {last}
    if len(intervals) != 1:
        return None
    (interval,) = intervals
    fits = last == interval if structures[-1].restart else last <= interval
    whole = all(structure.units % interval == 0 for structure in structures[:-1])
    return interval if fits and whole and interval <= MOST_INTERVAL else None


def colours_are_plain(form: Form) -> bool:
    """Whether every reader takes them for YCbCr, or gray; as it would for a JFIF head."""
    if len(form.components) == 1:
        return True
    ids = tuple(component.id for component in form.components)
    return form.transform == 1 or (form.transform is None and (form.jfif or ids == (1, 2, 3)))


def spliced(
    paths: Sequence[Path],
    structures: Sequence[Structure],
    output: IO[bytes],
    *,
    dpi: int,
    report: Callable[[int], None],
) -> None:
    """Writes the pictures below each other; `restart_interval` must have found one.

    Args:
        paths, structures: the pictures and what was found in them.
        output: where to; written from its present place.
        dpi: pixels an inch, which a JFIF head tells; there is none where the pictures have none and
            it would make readers take the colours for others.
        report: told after each picture how many are written.

    Raises:
        UnknownForm: a scan has markers that it should not have, or none at its end.
    """
    interval = restart_interval(structures)
    if interval is None:
        raise ValueError("these cannot be spliced")
    height = sum(structure.height for structure in structures)
    output.write(_head(structures[0].form, height, interval, dpi))
    room = memoryview(bytearray(1 + _READ))  # half a marker, and what is read after it
    restarts = 0
    for place, (path, structure) in enumerate(zip(paths, structures, strict=True)):
        if place:
            output.write(bytes([0xFF, RST0 + restarts % 8]))
            restarts += 1
        expected = -(-structure.units // interval) - 1
        with path.open("rb", buffering=0) as file:
            file.seek(structure.start)
            _copy(file, output, room, before=restarts, expected=expected)
        restarts += expected
        report(place + 1)
    output.write(bytes([0xFF, EOI]))


def _copy(file: FileIO, output: IO[bytes], room: memoryview, *, before: int, expected: int) -> None:
    """Copies entropy-coded data up to the end's marker; what follows that is not looked at.

    Args:
        room: where pieces of it lie meanwhile: new room for each takes as long as the copying.
        before: restart markers that were written before; these here are counted on.
        expected: as many as there should be.
    """
    seen = half = 0
    while read := file.readinto(room[half:]):
        length = half + read
        for found in _MARKER.finditer(room, 0, length):
            place = found.start() + 1
            if room[place] == EOI:
                if seen < expected:
                    raise UnknownForm("its scan has fewer restart markers than it should")
                output.write(room[: found.start()])
                return
            _check_restart(room[place], seen, expected)
            room[place] = RST0 + (before + seen) % 8
            seen += 1
        # half a marker is looked at together with its other half
        half = int(room[length - 1] == _FILL)
        output.write(room[: length - half])
        room[0] = _FILL
    raise UnknownForm("its scan has no end")


def _check_restart(marker: int, seen: int, expected: int) -> None:
    if not RST0 <= marker < RST0 + 8:
        raise UnknownForm("its scan has another end than a JPEG's")
    if seen == expected:
        raise UnknownForm("its scan has more restart markers than it should")
    if marker != RST0 + seen % 8:
        raise UnknownForm("its restart markers are out of order")


def _head(form: Form, height: int, interval: int, dpi: int) -> bytes:
    parts = [bytes([0xFF, SOI])]
    if form.jfif or colours_are_plain(form):
        parts.append(_segment(APP0, struct.pack(">5sHBHHBB", b"JFIF", 0x101, 1, dpi, dpi, 0, 0)))
    if form.transform is not None:
        parts.append(_segment(APP14, b"Adobe\0\x64\0\0\0\0" + bytes([form.transform])))
    for key, table in form.tables:
        parts.append(_segment(DHT if is_coding(key) else DQT, bytes([key & 0xFF]) + table))
    frame = struct.pack(">BHHB", 8, height, form.width, len(form.components))
    frame += b"".join(
        bytes([part.id, part.horizontal << 4 | part.vertical, part.table])
        for part in form.components
    )
    parts += [_segment(SOF0, frame), _segment(DRI, struct.pack(">H", interval))]
    parts.append(_segment(SOS, form.scan))
    return b"".join(parts)


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
