"""Reads the pages of an SQLite file one by one, past whatever is damaged. Pure.

Owns: the parts of the file format (sqlite.org/fileformat2.html) that tables need: b-tree pages,
cells, records, overflow chains, the list of free pages.
Never: believes a page: a number in it may say anything, so each is held against what can be.
"""

import struct
from collections.abc import Iterator, Sequence
from mmap import mmap
from typing import Final

Value = int | float | str | bytes | None
Row = tuple[Value, ...]

PAGE_SIZE: Final = 4096
"""Of our own files; for one whose first page is lost."""

_INTERIOR: Final = 5
_LEAF: Final = 13
_HEADER: Final = 100
"""Bytes of the file's own header, at the start of the first page."""

_SIGNATURE: Final = b"SQLite format 3\0"
_MOST_LEVELS: Final = 20
_INTEGERS: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_FLOAT: Final = 7
_CONSTANTS: Final[dict[int, Value]] = {0: None, 8: 0, 9: 1}


class DamagedPageError(Exception):
    """What lies there cannot be what it says."""


class Pages:
    """The pages of one file, from 1.

    Attributes:
        size: of a page, in bytes.
        count: of pages.
        version: that the file's owner gave it; 0 where the header is lost.
    """

    def __init__(self, data: bytes | mmap) -> None:
        self._data = data
        self._has_header = data[: len(_SIGNATURE)] == _SIGNATURE and len(data) >= _HEADER
        self.size = self._page_size()
        self.count = len(data) // self.size
        self.version: int = struct.unpack_from(">I", data, 60)[0] if self._has_header else 0

    def _page_size(self) -> int:
        (size,) = struct.unpack_from(">H", self._data[:_HEADER].ljust(_HEADER, b"\0"), 16)
        size = 1 << 16 if size == 1 else size
        plausible = 512 <= size <= 1 << 16 and not size & (size - 1)  # noqa: PLR2004 -- the format's bounds
        return size if self._has_header and plausible else PAGE_SIZE

    def __getitem__(self, number: int) -> bytes:
        """The page of that number.

        Raises:
            DamagedPageError: there is none.
        """
        if not 1 <= number <= self.count:
            raise DamagedPageError(number)
        return self._data[(number - 1) * self.size : number * self.size]

    def free(self) -> set[int]:
        """The pages that hold nothing any more, as far as their list can be read."""
        found: set[int] = set()
        if not self._has_header:
            return found
        (trunk,) = struct.unpack_from(">I", self._data, 32)
        while 1 <= trunk <= self.count and trunk not in found:
            found.add(trunk)
            page = self[trunk]
            trunk, leaves = struct.unpack_from(">II", page)
            leaves = min(leaves, self.size // 4 - 2)
            found.update(struct.unpack_from(f">{leaves}I", page, 8))
        return found

    def leaves_of(self, root: int) -> Iterator[int]:
        """The leaves of the table that begins there, in order, as far as they can be reached."""
        yield from self._leaves(root, set(), 0)

    def _leaves(self, number: int, seen: set[int], level: int) -> Iterator[int]:
        if not 1 <= number <= self.count or number in seen or level > _MOST_LEVELS:
            return
        seen.add(number)
        page, start = self[number], _start(number)
        if page[start] == _LEAF:
            yield number
        elif page[start] == _INTERIOR:
            places = [*_cells(page, start, 12), start + 8]  # the last one is the page's own
            for (child,) in [struct.unpack_from(">I", page, place) for place in places]:
                yield from self._leaves(child, seen, level + 1)

    def is_leaf(self, number: int) -> bool:
        """Whether the page says that it holds rows of a table."""
        return self[number][_start(number)] == _LEAF

    def rows(self, number: int) -> Iterator[Row | None]:
        """The rows of a leaf, and None in the place of each that cannot be read."""
        page, start = self[number], _start(number)
        for offset in _cells(page, start, 8):
            try:
                yield record(self._payload(page, offset))
            except (DamagedPageError, IndexError, struct.error, UnicodeDecodeError):
                yield None

    def _payload(self, page: bytes, offset: int) -> bytes:
        size, offset = varint(page, offset)
        _, offset = varint(page, offset)  # the row's number
        if size > len(self._data):
            raise DamagedPageError(size)
        most, least = self.size - 35, (self.size - 12) * 32 // 255 - 23
        if size <= most:
            return _stretch(page, offset, size)
        here = least + (size - least) % (self.size - 4)
        here = here if here <= most else least
        (next,) = struct.unpack_from(">I", page, offset + here)
        return _stretch(page, offset, here) + self._overflow(next, size - here)

    def _overflow(self, number: int, size: int) -> bytes:
        parts = []
        while size > 0:
            page = self[number]
            (number,) = struct.unpack_from(">I", page)
            parts.append(page[4 : 4 + size])
            size -= len(parts[-1])
        return b"".join(parts)


def _start(number: int) -> int:
    return _HEADER if number == 1 else 0


def _cells(page: bytes, start: int, header: int) -> Sequence[int]:
    """Where the cells of a b-tree page begin; those that can be."""
    (count,) = struct.unpack_from(">H", page, start + 3)
    count = min(count, (len(page) - start - header) // 2)
    found = struct.unpack_from(f">{count}H", page, start + header)
    return [offset for offset in found if start + header <= offset < len(page) - 3]


def _stretch(page: bytes, offset: int, size: int) -> bytes:
    if offset + size > len(page):
        raise DamagedPageError(offset)
    return page[offset : offset + size]


def varint(data: bytes, offset: int) -> tuple[int, int]:
    """The number there, of one to nine bytes, and where it ends.

    Raises:
        IndexError: the data end before it.
    """
    value = 0
    for place in range(8):
        byte = data[offset + place]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:  # noqa: PLR2004 -- the top bit: one more follows
            return value, offset + place + 1
    return value << 8 | data[offset + 8], offset + 9


def record(payload: bytes) -> Row:
    """The values of a row.

    Raises:
        DamagedPageError, IndexError, struct.error, UnicodeDecodeError: it is none.
    """
    end, offset = varint(payload, 0)
    kinds = []
    while offset < end:
        kind, offset = varint(payload, offset)
        kinds.append(kind)
    values = []
    for kind in kinds:
        value, offset = _value(payload, kind, offset)
        values.append(value)
    return tuple(values)


def _value(payload: bytes, kind: int, offset: int) -> tuple[Value, int]:
    if kind in _CONSTANTS:
        return _CONSTANTS[kind], offset
    if kind in _INTEGERS:
        size = _INTEGERS[kind]
        return int.from_bytes(_stretch(payload, offset, size), "big", signed=True), offset + size
    if kind == _FLOAT:
        (value,) = struct.unpack_from(">d", payload, offset)
        return value, offset + 8
    if kind < 12:  # noqa: PLR2004 -- 10 and 11 are never in a file
        raise DamagedPageError(kind)
    size = (kind - 12) // 2
    data = _stretch(payload, offset, size)
    return data.decode() if kind % 2 else data, offset + size
