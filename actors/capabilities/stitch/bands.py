"""Cuts a canvas into bands that can be painted and written one after the other.

Owns: which rows belong together, since a picture lies across them.
Never: paints, or knows a format. Pure: numbers in, numbers out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from actors.capabilities.stitch.geometry import Box, Size


@dataclass(frozen=True, slots=True)
class Band:
    """Rows of the canvas from `top` up to `bottom`, and the pictures that lie in them.

    `places` are those of the pictures in the order in which they were given. Every picture lies
    in one band, and wholly.
    """

    top: int
    bottom: int
    places: tuple[int, ...]

    @property
    def height(self) -> int:
        """In pixels."""
        return self.bottom - self.top


def bands(canvas: Size, boxes: Sequence[Box]) -> tuple[Band, ...]:
    """The least bands of a canvas, from its top to its bottom; they follow each other.

    What is empty above a picture belongs to its band, and what is empty below all to the last.
    """
    found: list[Band] = []
    for place in sorted(range(len(boxes)), key=lambda place: boxes[place].top):
        box = boxes[place]
        if found and box.top < found[-1].bottom:
            last = found.pop()
            bottom, places = max(last.bottom, box.bottom), (*last.places, place)
            found.append(Band(last.top, bottom, tuple(sorted(places))))
        else:
            found.append(Band(found[-1].bottom if found else 0, box.bottom, (place,)))
    last = found.pop()
    return (*found, Band(last.top, canvas.height, last.places))


def whole(canvas: Size, count: int) -> tuple[Band, ...]:
    """One band: the canvas with all its pictures."""
    return (Band(0, canvas.height, tuple(range(count))),)


def highest(cut: Iterable[Band]) -> int:
    """Rows of the highest band."""
    return max(band.height for band in cut)
