"""Cuts a page of a canvas into bands that can be painted and written one after the other.

Owns: which rows belong together, since a picture lies across them, and what pictures leave bare.
Never: paints, or knows a format. Pure: numbers in, numbers out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from actors.capabilities.stitch.geometry import Box

HIGH: Final = 4_000_000
"""Pixels; of a band that has more, two are much to hold."""


@dataclass(frozen=True, slots=True)
class Band:
    """Rows of the canvas from `top` up to `bottom`, and the pictures that lie in them.

    `places` are those of the pictures in the order in which they were given. Every picture lies
    in one band, as far as the page reaches.
    """

    top: int
    bottom: int
    places: tuple[int, ...]

    @property
    def height(self) -> int:
        """In pixels."""
        return self.bottom - self.top


def bands(top: int, bottom: int, spans: Sequence[Box]) -> tuple[Band, ...]:
    """The least bands of the rows from `top` up to `bottom`; they follow each other.

    What is empty above a picture belongs to its band, and what is empty below all to the last.

    Args:
        top: the page's first row, on the canvas.
        bottom: the row behind its last.
        spans: what is painted of each picture, on the canvas; it may lie on other pages.
    """
    found: list[Band] = []
    for place in _inside(top, bottom, spans):
        span = spans[place]
        end = min(span.bottom, bottom)
        if found and span.top < found[-1].bottom:
            last = found.pop()
            places = tuple(sorted((*last.places, place)))
            found.append(Band(last.top, max(last.bottom, end), places))
        else:
            found.append(Band(found[-1].bottom if found else top, end, (place,)))
    last = found.pop() if found else Band(top, bottom, ())
    return (*found, Band(last.top, bottom, last.places))


def bare(area: Box, boxes: Iterable[Box]) -> list[Box]:
    """What boxes leave of an area, in boxes that lie apart."""
    left = [area]
    for box in boxes:
        left = [part for one in left for part in _around(one, box)]
    return left


def whole(top: int, bottom: int, spans: Sequence[Box]) -> tuple[Band, ...]:
    """One band: the page with all its pictures."""
    return (Band(top, bottom, tuple(sorted(_inside(top, bottom, spans)))),)


def highest(cut: Iterable[Band]) -> int:
    """Rows of the highest band."""
    return max(band.height for band in cut)


def strips(pixels: int, threads: int, *, lossless: bool) -> int:
    """How many bands are held at once, so that so many threads have enough to do.

    One a thread; but of large bands only one where writing them, which threads share, takes far
    more time than reading: so it does without loss.

    Args:
        pixels: of the largest band.
    """
    return 1 if lossless and pixels > HIGH else threads


def _around(one: Box, other: Box) -> list[Box]:
    """What the other leaves of one: above, below, and on both sides."""
    top, bottom = max(one.top, other.top), min(one.bottom, other.bottom)
    left, right = max(one.left, other.left), min(one.right, other.right)
    if top >= bottom or left >= right:
        return [one]
    parts = [
        Box(one.left, one.top, one.width, top - one.top),
        Box(one.left, bottom, one.width, one.bottom - bottom),
        Box(one.left, top, left - one.left, bottom - top),
        Box(right, top, one.right - right, bottom - top),
    ]
    return [part for part in parts if part.width and part.height]


def _inside(top: int, bottom: int, spans: Sequence[Box]) -> list[int]:
    """The pictures of a page, from the one that begins first on."""
    inside = [place for place, span in enumerate(spans) if span.top < bottom and span.bottom > top]
    return sorted(inside, key=lambda place: spans[place].top)
