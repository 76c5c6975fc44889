"""The search for a quality whose files are small enough.

Owns: which quality is tried next, and when to stop.
Never: writes, or knows a format. Pure: sizes in, qualities out.

Each try writes the whole result, so there are few. Sizes grow with quality about as `_CURVE` says;
after the first tries what they gave is believed instead, and halving makes an end of it.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

LEAST: Final = 5
"""The lowest quality that is tried: below, nothing can be made out."""

MOST_TRIES: Final = 7

_ENOUGH: Final = 0.97
"""Of the bytes that are allowed: what uses so many gains nothing to be seen by one try more."""

_CURVE: Final = (
    (1, -3.5), (5, -3.0), (10, -2.5), (20, -1.9), (30, -1.55), (40, -1.3), (50, -1.1), (60, -0.85),
    (70, -0.6), (80, -0.4), (90, 0.0), (95, 0.27), (100, 0.85),
)  # fmt: skip
"""Quality, and the logarithm of a file's size beside that of quality 90. The middle of what JPEG,
WebP and AVIF made of two photographs and a gradient; between them lies a factor of two or three."""


class Search:
    """Finds the greatest quality, up to the one asked for, whose files hold a limit.

    While `quality` is a number, write with it and tell how large the largest file became. When it
    is None the search is over: what was written last is the result if `found`, and nothing will do
    otherwise. It ends after `MOST_TRIES` at most, whatever it is told. Where sizes grow with
    quality something is found whenever the lowest would do; unless the tries run out before, no
    greater quality would do, or the file is within 3 % of the limit.
    """

    def __init__(self, asked: int, limit: int) -> None:
        self._limit = limit
        self._least = min(LEAST, asked)
        # the greatest that is known to hold, the least that is known not to
        self._held: int | None = None
        self._refused = asked + 1
        self._sizes: dict[int, int] = {}
        self._last = asked
        self._left = MOST_TRIES
        self._span = asked
        self.quality: int | None = asked

    @property
    def found(self) -> int | None:
        """The quality that holds the limit, as far as is known."""
        return self._held

    def tell(self, size: int) -> None:
        """With `quality` the largest file became so many bytes."""
        if self.quality is None:
            raise ValueError("the search is over")
        again = self.quality == self._held
        self._left -= 1
        self._last = self.quality
        if not again:
            self._sizes[self.quality] = size
            if size <= self._limit:
                self._held = self.quality
            else:
                self._refused = self.quality
        self.quality = None if again else self._next()

    def _next(self) -> int | None:
        if self._held is None:
            if self._refused == self._least:
                return None
            return self._least if self._left == 1 else self._guess(self._least, self._refused - 1)
        if self._done(self._held):
            return None if self._last == self._held else self._held
        return self._guess(self._held + 1, self._refused - 1)

    def _done(self, held: int) -> bool:
        """Whether what holds is good enough, or no more can be tried.

        After one more try that fails, what holds has to be written again.
        """
        near = self._sizes[held] >= self._limit * _ENOUGH
        return near or self._refused - held == 1 or self._left < 2  # noqa: PLR2004 -- see above

    def _guess(self, low: int, high: int) -> int:
        """One of the qualities from `low` to `high`.

        The middle where the last guess has not halved what is left, since the curve misleads then.
        """
        span, self._span = self._span, high - low
        if len(self._sizes) > 1 and 2 * (high - low) > span:
            return (low + high) // 2
        aim = self._limit * (1 + _ENOUGH) / 2
        further = math.log(max(1.0, aim) / self._sizes[self._refused]) * self._slope()
        return max(low, min(high, _quality(_place(self._refused) + further)))

    def _slope(self) -> float:
        """How far along the curve one goes for a size e times as large."""
        if self._held is None:
            return 1.0
        sizes = self._sizes[self._refused] / max(1, self._sizes[self._held])
        return (_place(self._refused) - _place(self._held)) / math.log(sizes) if sizes > 1 else 1.0


def _place(quality: int) -> float:
    """On the curve, of a quality."""
    return _between(_CURVE, quality)


def _quality(place: float) -> int:
    """The greatest quality that lies no further on the curve."""
    return math.floor(_between([(height, quality) for quality, height in _CURVE], place))


def _between(points: Sequence[tuple[float, float]], at: float) -> float:
    """The height at a place, by the two points around it; beyond the last ones, theirs."""
    after = bisect_right(points, at, key=lambda point: point[0])
    if after == 0:
        return points[0][1]
    if after == len(points):
        return points[-1][1]
    (left, low), (right, high) = points[after - 1], points[after]
    return low + (high - low) * (at - left) / (right - left)
