"""From what a request names to what a layout sees: which pictures, in which order, what of each.

Owns: the order by name and by time, and what turn and crop leave of a picture.
Never: opens a file; records tell all. Pure.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from actors.capabilities.stitch.geometry import Box, Size
from actors.capabilities.stitch.layouts.arrangement import LayoutMistake
from actors.capabilities.stitch.request import Order, StitchInput, StitchRequest
from actors.capabilities.stitch.wishes import Crop, pixels
from actors.errors import UnsupportedMedia
from actors.messages import FileRecord

_NUMBERS: Final = re.compile(r"(\d+)")
_LONGEST_NUMBER: Final = 20
"""Digits; what is longer is no counter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """A picture that is to be joined.

    Attributes:
        number: its place in the request, from 0.
        size: as displayed.
        part: what turn and crop leave, in pixels of the turned picture.
    """

    number: int
    wish: StitchInput
    record: FileRecord
    size: Size
    part: Box


def picks(
    request: StitchRequest, files: Mapping[str, FileRecord]
) -> tuple[tuple[Pick, ...], dict[int, UnsupportedMedia]]:
    """The pictures in the order in which they are joined; and why the others are none, by place.

    Raises:
        LayoutMistake: a crop leaves nothing.
    """
    good, bad = list[Pick](), dict[int, UnsupportedMedia]()
    for number, wish in enumerate(request.inputs):
        record = files[wish.file]
        size = shown_size(record)
        if size is None:
            bad[number] = UnsupportedMedia(
                f"It is of the kind {record.media.media_type}; pictures are joined here.",
                field=f"/inputs/{number}",
            )
            continue
        part = _part(size.turned(wish.turn), wish.crop, number)
        good.append(Pick(number=number, wish=wish, record=record, size=size, part=part))
    return _sorted(good, request.order), bad


def natural(name: str) -> str:
    """A key by which names sort as people sort them: 2 before 10, without regard to case.

    A number lies where its first digit would, behind dots and dashes and before letters. It is a
    text since there may be hundreds of names with hundreds of characters, and texts compare fast.
    """
    pieces = _NUMBERS.split(name.casefold())
    pieces[1::2] = map(_counted, pieces[1::2])
    return "".join(pieces)


@lru_cache(1024)
def _counted(digits: str) -> str:
    """A digit, how many there are, and all of them: the shorter number is the smaller one."""
    if len(digits) > _LONGEST_NUMBER:
        return digits
    plain = str(int(digits))
    return f"0{len(plain):c}{plain}"


def _sorted(good: Sequence[Pick], order: Order) -> tuple[Pick, ...]:
    if order == "name":
        return tuple(sorted(good, key=lambda pick: natural(pick.record.name)))
    if order == "time":
        return tuple(sorted(good, key=_time))
    return tuple(good)


def _time(pick: Pick) -> tuple[bool, str]:
    taken = pick.record.media.taken
    return (taken is None, taken or "")


def shown_size(record: FileRecord) -> Size | None:
    """Of a picture, as displayed; None of what is none."""
    width, height = record.media.width, record.media.height
    if not record.media.media_type.startswith("image/") or not width or not height:
        return None
    return Size(width, height)


def _part(size: Size, crop: Crop | None, number: int) -> Box:
    if crop is None:
        return Box(0, 0, size.width, size.height)
    left, right = pixels(crop.left, size.width), pixels(crop.right, size.width)
    top, bottom = pixels(crop.top, size.height), pixels(crop.bottom, size.height)
    part = Box(left, top, size.width - left - right, size.height - top - bottom)
    if part.width < 1 or part.height < 1:
        raise LayoutMistake(
            f"inputs/{number}/crop",
            f"The crop leaves nothing of a picture of {size.width} x {size.height} pixels: "
            f"{left} + {right} of its width and {top} + {bottom} of its height are cut off.",
        )
    return part
