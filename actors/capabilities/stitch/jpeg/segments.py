"""Reads the structure of a baseline JPEG: its tables, its size, where its scan lies.

Owns: the order and form of marker segments (ITU T.81, annex B).
Never: decodes a coefficient, or believes a length that the file does not have.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Final

from actors.capabilities.stitch.jpeg import tables
from actors.capabilities.stitch.unknown import UnknownForm

SOI, EOI, SOS, DQT, DHT, DRI, SOF0, SOF1 = 0xD8, 0xD9, 0xDA, 0xDB, 0xC4, 0xDD, 0xC0, 0xC1
APP0, APP1, APP2, APP14 = 0xE0, 0xE1, 0xE2, 0xEE
RST0: Final = 0xD0

_SKIPPED: Final = frozenset({*range(APP0, APP0 + 16), 0xFE})
"""Application data and comments: what matters of them is read from elsewhere, or not at all."""

_MOST_HEAD: Final = 1 << 22
"""Bytes before the scan. Thumbnails and profiles come to a megabyte or two."""


_EXIF: Final = b"Exif\0\0"
_FRAME: Final = struct.Struct(">BHHB")
_RESTART: Final = struct.Struct(">H")
_BITS: Final = 8
_COUNTS: Final = frozenset({1, 3})
_FACTORS: Final = range(1, 5)

_TRANSFORM: Final = 11
"""Where Adobe's segment has its word for the colours."""

_JFIF: Final = 14
"""Bytes of a JFIF head at least: readers take a shorter one for something else, or for damage."""

_MOST_BLOCKS: Final = 10
"""Of an MCU (ITU T.81, B.2.3)."""


@dataclass(frozen=True, slots=True)
class Component:
    """One component of the frame: its id, sampling factors and quantisation table."""

    id: int
    horizontal: int
    vertical: int
    table: int


@dataclass(frozen=True, slots=True)
class Form:
    """What pictures must share for the scan of one to follow the scan of another.

    Attributes:
        width: in pixels.
        components: of the frame.
        tables: all quantisation and Huffman tables as bytes, by their keys (see `jpeg.tables`).
        scan: the parameters of the scan, as bytes.
        transform: Adobe's word for the colours, or None.
        jfif: whether the JFIF head is there, by which readers tell colours, too.
    """

    width: int
    components: tuple[Component, ...]
    tables: tuple[tuple[int, bytes], ...]
    scan: bytes
    transform: int | None
    jfif: bool

    @property
    def unit(self) -> tuple[int, int]:
        """Width and height in pixels of what is coded together (an MCU)."""
        if len(self.components) == 1:
            return 8, 8
        return (
            8 * max(component.horizontal for component in self.components),
            8 * max(component.vertical for component in self.components),
        )

    @property
    def units_across(self) -> int:
        """MCUs of a row of them."""
        return -(-self.width // self.unit[0])


@dataclass(frozen=True, slots=True)
class Structure:
    """One picture: its form, its height, its restart interval in MCUs (0: none), and its scan.

    Attributes:
        start: where the entropy-coded data begins.
        exif: the EXIF segments' bytes as one, or none.
        profiled: whether it brings a profile of its own.
    """

    form: Form
    height: int
    restart: int
    start: int
    exif: bytes
    profiled: bool

    @property
    def units(self) -> int:
        """MCUs of the picture."""
        return self.form.units_across * -(-self.height // self.form.unit[1])


def read_structure(file: IO[bytes]) -> Structure:
    """Walks the segments of a file up to its scan.

    Raises:
        UnknownForm: progressive, arithmetic, lossless, of more scans than one, or not formed as the
            standard says.
    """
    file.seek(0)
    if file.read(2) != bytes([0xFF, SOI]):
        raise UnknownForm("it does not begin as a JPEG does")
    reading = _Reading()
    while (marker := _marker(file)) != SOS:
        reading.take(marker, _body(file))
    scan = _body(file)
    return reading.finish(scan, file.tell())


class _Reading:
    """What the segments have said so far; `take` is given one after the other."""

    def __init__(self) -> None:
        self._frame: tuple[int, int, tuple[Component, ...]] | None = None
        self._tables: dict[int, bytes] = {}
        self._restart = 0
        self._transform: int | None = None
        self._jfif = False
        self._exif = b""
        self._profiled = False
        self._takers: dict[int, Callable[[bytes], None]] = {
            SOF0: self._take_frame,
            SOF1: self._take_frame,
            DQT: lambda body: self._take_tables(tables.read_steps, body),
            DHT: lambda body: self._take_tables(tables.read_codes, body),
            DRI: self._take_restart,
            APP0: self._take_jfif,
            APP1: self._take_exif,
            APP2: self._take_profile,
            APP14: self._take_adobe,
        }

    def take(self, marker: int, body: bytes) -> None:
        if marker in self._takers:
            self._takers[marker](body)
        elif marker not in _SKIPPED:
            raise UnknownForm(f"it has a segment of the kind {marker:#x}")

    def _take_frame(self, body: bytes) -> None:
        if self._frame is not None:
            raise UnknownForm("it has two frames")
        self._frame = _frame(body)

    def _take_tables(self, read: Callable[[bytes], dict[int, bytes]], body: bytes) -> None:
        try:
            self._tables.update(read(body))
        except tables.NoTable as error:
            raise UnknownForm(str(error)) from error

    def _take_restart(self, body: bytes) -> None:
        if len(body) != _RESTART.size:
            raise UnknownForm("its restart interval has another length")
        (self._restart,) = _RESTART.unpack(body)

    def _take_jfif(self, body: bytes) -> None:
        if body.startswith(b"JFIF") and len(body) < _JFIF:
            raise UnknownForm("its JFIF head is cut short")
        self._jfif = self._jfif or body.startswith(b"JFIF\0")

    def _take_exif(self, body: bytes) -> None:
        """What is too long for one segment goes on in the next."""
        if body.startswith(_EXIF):
            self._exif += body.removeprefix(_EXIF) if self._exif else body

    def _take_profile(self, body: bytes) -> None:
        self._profiled = self._profiled or body.startswith(b"ICC_PROFILE")

    def _take_adobe(self, body: bytes) -> None:
        if body.startswith(b"Adobe") and len(body) > _TRANSFORM:
            self._transform = body[_TRANSFORM]

    def finish(self, scan: bytes, start: int) -> Structure:
        if self._frame is None:
            raise UnknownForm("it has no frame")
        width, height, components = self._frame
        _check_scan(scan, components, self._tables)
        known = tuple(sorted(self._tables.items()))
        form = Form(width, components, known, scan, self._transform, self._jfif)
        return Structure(form, height, self._restart, start, self._exif, self._profiled)


def _marker(file: IO[bytes]) -> int:
    """The next marker; fill bytes before it are passed over."""
    if file.tell() > _MOST_HEAD:
        raise UnknownForm("its head is too long")
    if file.read(1) != b"\xff":
        raise UnknownForm("a segment does not begin where the one before ends")
    while (byte := file.read(1)) == b"\xff":
        pass
    if not byte:
        raise UnknownForm("it is cut short")
    return byte[0]


def _body(file: IO[bytes]) -> bytes:
    head = file.read(2)
    length = int.from_bytes(head, "big") - 2
    body = file.read(max(0, length))
    if length < 0 or len(body) < length:
        raise UnknownForm("a segment is cut short")
    return body


def _frame(body: bytes) -> tuple[int, int, tuple[Component, ...]]:
    if len(body) < _FRAME.size:
        raise UnknownForm("its frame is cut short")
    precision, height, width, count = _FRAME.unpack_from(body)
    if len(body) != _FRAME.size + 3 * count:
        raise UnknownForm("its frame has another length")
    components = tuple(
        Component(id, sampling >> 4, sampling & 15, table)
        for id, sampling, table in struct.iter_unpack(">BBB", body[_FRAME.size :])
    )
    known = all(
        part.horizontal in _FACTORS and part.vertical in _FACTORS and part.table < tables.PLACES
        for part in components
    )
    if precision != _BITS or not width or not height or count not in _COUNTS or not known:
        raise UnknownForm("its frame is of no known form")
    _check_sampling(components)
    return width, height, components


def _check_sampling(components: tuple[Component, ...]) -> None:
    """Passes components that a decoder can tell apart, bring to one size, and take together."""
    across = max(part.horizontal for part in components)
    down = max(part.vertical for part in components)
    even = not any(across % part.horizontal or down % part.vertical for part in components)
    blocks = sum(part.horizontal * part.vertical for part in components)
    together = len(components) == 1 or blocks <= _MOST_BLOCKS
    if not even or not together or len({part.id for part in components}) < len(components):
        raise UnknownForm("its components are of no known form")


def _check_scan(scan: bytes, components: tuple[Component, ...], known: dict[int, bytes]) -> None:
    """Passes the one scan of all components, whose tables are all there."""
    count = len(components)
    if len(scan) != 4 + 2 * count or scan[0] != count or scan[-3:] != b"\x00\x3f\x00":
        raise UnknownForm("it has more scans than one")
    wanted = {tables.steps(component.table) for component in components}
    for component, (id, places) in zip(
        components, struct.iter_unpack(">BB", scan[1:-3]), strict=True
    ):
        if id != component.id:
            raise UnknownForm("its scan has other components than its frame")
        wanted |= {tables.codes(places >> 4), tables.codes(0x10 | places & 15)}
    if not wanted <= known.keys():
        raise UnknownForm("a table is missing")
