"""Reads SQLite's write-ahead log, to tell what of it SQLite will not take.

Owns: the layout of the log and of its index (sqlite.org/walformat.html), and what both say.
Never: opens a file, or judges pages: SQLite does, and takes a log up to the first page whose
checksum is wrong. It says nothing of what lay behind.

Two witnesses tell that something lay there. Every page of one filling of the log carries the salts
of that filling, so commits behind the damage can be counted. And the index, which outlives a killed
process, says how far its log went; it is only believed where it speaks of the same filling.

The power may go while the last commit is being written, whose pages reach the disk in any order. So
one commit that is not whole is no damage: nobody was told that it is on record.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

HEADER: Final = 32
FRAME_HEADER: Final = 24
INDEX: Final = 136
"""Bytes of the index that `read_index` wants."""

_VERSION: Final = 3007000
_MAGIC: Final = {0x377F0682: "<", 0x377F0683: ">"}  # to the byte order of the checksums
_INDEX_HEADER: Final = struct.Struct("=III BBH II II 8s II")


class Bytes(Protocol):
    """What the log is read from: bytes, or a map of the file."""

    def __len__(self) -> int: ...
    def __getitem__(self, span: slice, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Index:
    """What the index says: the log's `frames`, how many of them are `copied` to the main file."""

    frames: int
    copied: int
    salts: bytes


@dataclass(frozen=True, slots=True)
class Log:
    """What the log itself says: its salts, and which of its frames (from 1) end a commit."""

    salts: bytes
    commits: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Loss:
    """What SQLite dropped: it took `taken` of at least `known` frames; `commits` lay behind."""

    taken: int
    known: int
    commits: int


def read_index(index: bytes) -> Index | None:
    """The index, or None where these are not the bytes of a whole one."""
    if len(index) < INDEX or index[:48] != index[48:96]:
        return None
    version, _, _, whole, _, _, frames, _, _, _, salts, _, _ = _INDEX_HEADER.unpack(index[:48])
    if version != _VERSION or not whole:
        return None
    (copied,) = struct.unpack_from("=I", index, 96)
    return Index(frames, copied, salts)


def read_log(log: Bytes, page_size: int) -> Log:
    """The log's present filling.

    Args:
        log: the whole log.
        page_size: bytes of a page of the database, where the log's own header does not tell.
    """
    header = log[:HEADER]
    if _is_whole(header):
        page_size, salts = struct.unpack(">I", header[8:12])[0], header[16:24]
    else:  # the first page is always of the present filling
        salts = log[HEADER + 8 : HEADER + 16]
    return Log(salts, tuple(_commits(log, page_size, salts)))


def _is_whole(header: bytes) -> bool:
    order = _MAGIC.get(int.from_bytes(header[:4], "big"))
    if order is None or len(header) < HEADER:
        return False
    words = struct.unpack(f"{order}6I", header[:24])
    first = second = 0
    for one, two in zip(words[::2], words[1::2], strict=True):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + two + first) & 0xFFFFFFFF
    return (first, second) == struct.unpack(">2I", header[24:])


def _commits(log: Bytes, page_size: int, salts: bytes) -> Iterator[int]:
    step = FRAME_HEADER + page_size
    for number, at in enumerate(range(HEADER, len(log) - step + 1, step), 1):
        frame = log[at : at + FRAME_HEADER]
        if frame[8:16] == salts and frame[4:8] != b"\0\0\0\0":
            yield number


def lost(log: Log, taken: int, index: Index | None) -> Loss | None:
    """What was on record and is no more; None when SQLite took all.

    Args:
        log: the log as it was found.
        taken: frames that SQLite took of it.
        index: the index as it was found, before SQLite made a new one.
    """
    behind = [number for number in log.commits if number > taken]
    if index is not None and index.salts == (log.salts or index.salts):
        if taken == 0 and index.copied >= index.frames:
            return None  # the main file has it all
        if index.frames > taken:
            return Loss(taken, max(index.frames, *log.commits, 0), max(len(behind), 1))
    if len(behind) > 1:
        return Loss(taken, behind[-1], len(behind))
    return None
