"""Makes JPEGs as cameras do and as attackers do; the same `Random` makes the same ones.

Owns: what a JPEG is made of (segments, tables, scans, restart markers), and the changes of each.
Never: reads what it made, or knows what should become of it.
"""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random
from typing import Any

from PIL import Image

from tests import pictures

Segment = tuple[int, bytes]

_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_SAMPLINGS = ("4:4:4", "4:2:2", "4:2:0", "4:2:0", "4:2:0")


@dataclass(frozen=True)
class Taken:
    """A JPEG taken apart: the segments up to the scan's own, what it codes, and what follows."""

    segments: tuple[Segment, ...]
    scan: bytes
    end: bytes

    def bytes(self) -> bytes:
        """The file."""
        head = b"".join(_written(marker, body) for marker, body in self.segments)
        return b"\xff\xd8" + head + self.scan + self.end


def _written(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, min(0xFFFF, len(body) + 2)) + body[:0xFFFD]


@lru_cache(maxsize=512)
def _encoded(
    width: int, height: int, mode: str, seed: int, how: tuple[tuple[str, Any], ...]
) -> Taken:
    dice = Random(f"{width} {height} {mode} {seed}")
    blocks = Image.frombytes("RGB", (8, 8), dice.randbytes(192))
    image = blocks.resize((width, height), Image.Resampling.BICUBIC).convert(mode)
    return _taken(pictures.encoded(image, "JPEG", **dict(how)))


def _taken(content: bytes) -> Taken:
    segments: list[Segment] = []
    at, marker = 2, 0
    while marker != 0xDA:
        marker = content[at + 1]
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        segments.append((marker, content[at + 4 : at + 2 + length]))
        at += 2 + length
    return Taken(tuple(segments), content[at:-2], content[-2:])


def jpegs(dice: Random) -> list[bytes]:
    """Two to four pictures to be joined: mostly of one camera, mostly one of them changed."""
    mode = dice.choice(("RGB", "RGB", "RGB", "L"))
    sampling = dice.choice(_SAMPLINGS)
    how: dict[str, Any] = {"quality": dice.choice((20, 75, 90, 98))}
    if mode == "RGB":
        how["subsampling"] = sampling
    if dice.random() < 0.4:
        how[dice.choice(("restart_marker_rows", "restart_marker_blocks"))] = dice.randint(1, 3)
    if dice.random() < 0.02:
        how["optimize"] = True
    if dice.random() < 0.02:
        how["progressive"] = True
    unit = 16 if (mode, sampling) == ("RGB", "4:2:0") else 8
    width, height = dice.choice((8, 16, 24, 33, 100)), unit * dice.randint(1, 4)
    count = dice.randint(2, 4)
    bad = {dice.randrange(count)} if dice.random() < 0.85 else set[int]()
    common = dice.randrange(1 << 30) if dice.random() < 0.3 else None
    found: list[bytes] = []
    for place in range(count):
        high = height - (dice.randint(0, 9) if place == count - 1 and dice.random() < 0.2 else 0)
        high = high + unit if dice.random() < 0.03 else max(1, high)
        made = _encoded(width, high, mode, dice.randrange(9), tuple(sorted(how.items())))
        if common is not None:
            # what is wrong with all of them may be wrong with the whole
            made = Random(common).choice(_HEAD_CHANGES)(made, Random(common))
        found.append(_changed(made, dice) if place in bad else made.bytes())
    return found


def _changed(taken: Taken, dice: Random) -> bytes:
    changes = _SCAN_CHANGES if dice.random() < 0.6 else _HEAD_CHANGES
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        taken = dice.choice(changes)(taken, dice)
    content = taken.bytes()
    if dice.random() < 0.2:
        content = dice.choice((_flip, _truncate, _trail))(content, dice)
    return content


# --- changes of the segments ----------------------------------------------------------------------

_FURTHER: tuple[Segment, ...] = (
    (0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"), (0xE0, b"JFIF\0"), (0xE1, b"JFIF\0\1\1\0\0\1\0\1\0\0"),
    (0xEE, b"Adobe\0\x64\0\0\0\0\0"), (0xEE, b"Adobe\0\x64\0\0\0\0\1"),
    (0xEE, b"Adobe\0\x64\0\0\0\0\2"), (0xEE, b"Adobe\0\x64"), (0xE1, b"Adobe\0\x64\0\0\0\0\0"),
    (0xE1, pictures.exif(1)), (0xE1, pictures.exif(3)), (0xE1, pictures.exif(2)[:20]),
    (0xE1, pictures.exif(2)[20:]), (0xE1, b"Exif\0\0"), (0xE2, pictures.exif(3)),
    (0xE1, b"Exif\0\0II*\0\x14\0\0\0"), (0xE1, b"Exif\0\0" + pictures.exif(3)[14:]),
    (0xE2, b"ICC_PROFILE\0\1\1" + pictures.swapped_profile()),
    (0xE2, b"ICC_PROFILE\0\1\1" + pictures.srgb_profile()), (0xE2, b"ICC_PROFILE"),
    (0xE5, b"ICC_PROFILE\0\1\1" + pictures.swapped_profile()), (0xE2, b"MPF\0II*\0"),
    (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation='3'/>"),
    (0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\0"), (0xFE, b"comment"), (0xFE, b""),
    (0xDD, b"\0\0"), (0xDD, b"\0\1"), (0xDD, b"\0\2"), (0xDD, b"\xff\xff"), (0xDD, b"\0"),
    (0xDC, b"\0\x08"), (0xCC, b"\0\0"), (0xF0, b""), (0x01, b""), (0xD0, b""), (0xC8, b""),
    (0xDB, b"\0" + b"\1" * 64), (0xDB, b"\1" + b"\xff" * 64), (0xDB, b"\2" + bytes(64)),
    (0xDB, b"\x10" + b"\0\1" * 64), (0xDB, b"\0" + b"\1" * 63), (0xDB, b"\4" + b"\1" * 64),
    (0xC4, bytes(17)), (0xC4, b"\0" + b"\xff" * 16 + bytes(4080)), (0xC4, b"\0\3" + bytes(18)),
    (0xC4, b"\0\1" + bytes(16)), (0xC4, b"\x10\1" + bytes(15) + b"\xff"),
    (0xC4, b"\0\0\1" + bytes(14) + b"\x1f"), (0xC4, b"\x01\0\1" + bytes(14) + b"\x05"),
    (0xC0, b"\x08\0\x10\0\x10\1\1\x11\0"), (0xDA, b"\1\1\0\0\x3f\0"),
)  # fmt: skip


def _insert(taken: Taken, dice: Random) -> Taken:
    place = dice.randrange(len(taken.segments))
    parts = taken.segments
    return replace(taken, segments=(*parts[:place], dice.choice(_FURTHER), *parts[place:]))


def _drop(taken: Taken, dice: Random) -> Taken:
    place = dice.randrange(len(taken.segments))
    parts = taken.segments
    return replace(taken, segments=parts[:place] + parts[place + 1 :] or parts)


def _double(taken: Taken, dice: Random) -> Taken:
    place = dice.randrange(len(taken.segments))
    parts, times = taken.segments, dice.choice((2, 2, 200) if len(taken.segments) < 99 else (2,))
    return replace(
        taken, segments=(*parts[:place], *parts[place : place + 1] * times, *parts[place + 1 :])
    )


def _swap(taken: Taken, dice: Random) -> Taken:
    parts = list(taken.segments)
    one, other = dice.randrange(len(parts)), dice.randrange(len(parts))
    parts[one], parts[other] = parts[other], parts[one]
    return replace(taken, segments=tuple(parts))


def _rename(taken: Taken, dice: Random) -> Taken:
    place = dice.randrange(len(taken.segments))
    parts = list(taken.segments)
    marker = dice.choice((0xC0, 0xC1, 0xC2, 0xC3, 0xC9, 0xE0, 0xE1, 0xEE, 0xFE, 0xDB, 0xC4))
    parts[place] = marker, parts[place][1]
    return replace(taken, segments=tuple(parts))


def _change_body(taken: Taken, dice: Random) -> Taken:
    """One byte of a segment, often of a frame or a scan, or its length."""
    parts = list(taken.segments)
    telling = [n for n, (marker, _) in enumerate(parts) if marker in {0xC0, 0xC1, 0xDA, 0xDD}]
    place = dice.choice(telling if telling and dice.random() < 0.5 else range(len(parts)))
    marker, body = parts[place]
    changed = bytearray(body)
    match dice.randrange(6):
        case 0:
            del changed[dice.randrange(len(changed) + 1) :]
        case 1:
            changed += dice.randbytes(dice.randint(1, 9))
        case _ if changed:
            values = (0, 1, 2, 3, 0x10, 0x11, 0x12, 0x14, 0x21, 0x22, 0x41, 0x44, 0xFF)
            changed[dice.randrange(len(changed))] = dice.choice((*values, dice.randrange(256)))
    parts[place] = marker, bytes(changed)
    return replace(taken, segments=tuple(parts))


def _change_table(taken: Taken, dice: Random) -> Taken:
    """One entry of a table for coding: how many codes of a length, or what a code stands for."""
    parts = list(taken.segments)
    places = [n for n, (marker, body) in enumerate(parts) if marker == 0xC4 and len(body) > 20]
    if not places:
        return taken
    place = dice.choice(places)
    body = bytearray(parts[place][1])
    body[dice.randrange(len(body) if dice.random() < 0.5 else 18)] = dice.randrange(256)
    parts[place] = 0xC4, bytes(body)
    return replace(taken, segments=tuple(parts))


# --- changes of the scan --------------------------------------------------------------------------


def _flip_scan(taken: Taken, dice: Random) -> Taken:
    changed = bytearray(taken.scan)
    for _ in range(dice.randint(1, 3) if changed else 0):
        changed[dice.randrange(len(changed))] = dice.choice((0, 0xFF, dice.randrange(256)))
    return replace(taken, scan=bytes(changed))


def _insert_marker(taken: Taken, dice: Random) -> Taken:
    place = dice.randrange(len(taken.scan) + 1)
    marker = dice.choice((b"\xff\xd0", b"\xff\xd7", b"\xff\xd9", b"\xff\xff", b"\xff", b"\xff\0",
                          b"\xff\xff\xd0", b"\xff\xff\xd9", b"\xff\xda", b"\xff\xfe\0\2",
                          b"\xff\xdc\0\4\0\x08", b"\xff\x01", b"\xff\xd0\xff\xd1"))  # fmt: skip
    return replace(taken, scan=taken.scan[:place] + marker + taken.scan[place:])


def _change_restart(taken: Taken, dice: Random) -> Taken:
    found = list(_RESTART.finditer(taken.scan))
    if not found:
        return taken
    place = dice.choice(found).start()
    new = dice.choice((b"", b"\xff\xd0", b"\xff\xd3", b"\xff\xd9", b"\xff\xff", b"\xff\0"))
    return replace(taken, scan=taken.scan[:place] + new + taken.scan[place + 2 :])


def _shorten(taken: Taken, dice: Random) -> Taken:
    return replace(taken, scan=taken.scan[: dice.randrange(len(taken.scan) + 1)])


def _lengthen(taken: Taken, dice: Random) -> Taken:
    more = dice.choice(
        (bytes(9), taken.scan, b"\xff\0" * 40, dice.randbytes(40).replace(b"\xff", b""))
    )
    return replace(taken, scan=taken.scan + more)


def _scan_again(taken: Taken, dice: Random) -> Taken:
    return replace(taken, end=_written(*taken.segments[-1]) + taken.scan + taken.end)


def _other_end(taken: Taken, dice: Random) -> Taken:
    end = dice.choice(
        (b"", b"\xff", b"\xff\xff\xd9", b"\xff\xdc\0\4\0\x10\xff\xd9", b"\xff\xd0\xff\xd9")
    )
    return replace(taken, end=end)


_Change = Callable[[Taken, Random], Taken]
_HEAD_CHANGES: tuple[_Change, ...] = (
    _insert, _insert, _insert, _drop, _double, _swap, _rename, _change_body, _change_body,
    _change_body, _change_table, _change_table, _change_table,
)  # fmt: skip
_SCAN_CHANGES: tuple[_Change, ...] = (
    _flip_scan, _flip_scan, _flip_scan, _insert_marker, _insert_marker, _change_restart,
    _change_restart, _shorten, _lengthen, _scan_again, _other_end,
)  # fmt: skip


# --- changes of the file --------------------------------------------------------------------------


def _flip(content: bytes, dice: Random) -> bytes:
    changed = bytearray(content)
    changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _truncate(content: bytes, dice: Random) -> bytes:
    return content[: dice.randrange(4, len(content))]


def _trail(content: bytes, dice: Random) -> bytes:
    return content + dice.choice((b"\0", b"\xff\xd9", b"PK\3\4", dice.randbytes(50), content))
