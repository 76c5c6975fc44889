"""Sizes and boxes, in whole pixels.

Owns: the shapes that every part of stitching speaks of, and how they are scaled, turned and cut.
Never: opens a file, knows a layout, pydantic or Pillow. Pure.
"""

from dataclasses import dataclass
from typing import Final, Literal

Turn = Literal[0, 90, 180, 270]
"""Degrees clockwise."""

Gravity = Literal[
    "north_west", "north", "north_east",
    "west", "center", "east",
    "south_west", "south", "south_east",
]  # fmt: skip
"""Which side of something larger is meant."""

_LYING: Final = frozenset({90, 270})


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in pixels, both at least 1."""

    width: int
    height: int

    @property
    def pixels(self) -> int:
        """How many there are."""
        return self.width * self.height

    @property
    def side(self) -> int:
        """The longer side."""
        return max(self.width, self.height)

    def turned(self, turn: int) -> "Size":
        """The size after a turn."""
        return Size(self.height, self.width) if turn in _LYING else self

    def times(self, numerator: int, denominator: int) -> "Size":
        """In proportion; a side is never less than 1."""
        return Size(
            proportion(self.width, numerator, denominator),
            proportion(self.height, numerator, denominator),
        )


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, in pixels from an upper left corner."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column that is no longer inside."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row that is no longer inside."""
        return self.top + self.height

    @property
    def size(self) -> Size:
        """Its width and height."""
        return Size(self.width, self.height)

    @property
    def edges(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom, as Pillow wants them."""
        return (self.left, self.top, self.right, self.bottom)

    def grown(self, left: int, top: int, right: int, bottom: int) -> "Box":
        """With so many pixels more on each side."""
        return Box(
            self.left - left, self.top - top, self.width + left + right, self.height + top + bottom
        )

    def moved(self, left: int, top: int) -> "Box":
        """Further to the right and down."""
        return Box(self.left + left, self.top + top, self.width, self.height)


def whole(size: Size) -> Box:
    """All of something."""
    return Box(0, 0, size.width, size.height)


def proportion(length: int, numerator: int, denominator: int) -> int:
    """`length * numerator / denominator`, rounded half up, at least 1."""
    return max(1, rounded(length, numerator, denominator))


def rounded(length: int, numerator: int, denominator: int) -> int:
    """`length * numerator / denominator`, rounded half up: the one way for all lengths."""
    return (2 * length * numerator + denominator) // (2 * denominator)


def share(spare: int, gravity: Gravity) -> tuple[int, int]:
    """What of spare room lies to the left, and above, when something is drawn to a side.

    `spare` counts for both directions: call it for each and take what is needed.
    """
    across = {"west": 0, "east": spare}
    along = {"north": 0, "south": spare}
    words = gravity.split("_")
    left = next((across[word] for word in words if word in across), spare // 2)
    top = next((along[word] for word in words if word in along), spare // 2)
    return left, top


def covering(part: Box, size: Size, gravity: Gravity) -> Box:
    """What of a picture's part fills a size of another shape, as much of it as possible."""
    # the side that is too long for the shape is cut, in proportion
    width = min(part.width, proportion(part.height, size.width, size.height))
    height = min(part.height, proportion(part.width, size.height, size.width))
    left, _ = share(part.width - width, gravity)
    _, top = share(part.height - height, gravity)
    return Box(part.left + left, part.top + top, width, height)


def within(size: Size, width: int | None, height: int | None) -> Size:
    """The largest size in proportion that is within the bound; a side is never less than 1.

    None leaves a side free; with both free the size stays.
    """
    fitting = []
    if width is not None:
        fitting.append(Size(width, proportion(size.height, width, size.width)))
    if height is not None:
        fitting.append(Size(proportion(size.width, height, size.height), height))
    # where both sides are bound, the smaller one is within both
    return min(fitting, key=lambda scaled: scaled.pixels, default=size)
