"""Where a picture has strokes as captions have; for child processes only.

Owns: what counts as a stroke, and how much of each row is strokes; which rows are black.
Never: opens a file, decides where captions are (`agreement` does).

A stroke is a bright pixel with much darker ones near by on both sides, across or down: letters of a
caption are so on any ground, since they come with a dark outline, a shadow or a bar. Only strokes
that are found in many rows on end count, as in a line of letters: edges and small lights go.
"""

import functools
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageChops, ImageFilter

from actors.capabilities.stitch.band.agreement import Strokes
from actors.capabilities.stitch.band.bars import Black

_BRIGHT: Final = 140
_CONTRAST: Final = 70
"""Levels of gray: white captions have 255, yellow ones 226; scaled and saved as JPEG they lose."""

_REACH: Final = 8
"""Pixels to either side in which it has to be darker: more than a stroke's breadth."""

_CELLS: Final = 32
_MIDDLE: Final = (12, 20)
_EDGE: Final = 2
"""Columns that a row is summed up in, those in the middle, and how many are at each edge."""

_ENDURING: Final = 5
"""Rows above and below in which a cell has strokes as well: letters are at least 11 rows high."""

_GAIN: Final = 1.5
"""How many more strokes a row may have than the least of its neighbours."""

_DARK: Final = 24
"""Levels that a cell of a black row has at most in the mean: video's black is 16, grain adds to
it."""


def cells(gray: Image.Image) -> Image.Image:
    """How much of each cell of a still's lower part is strokes: mode L, a row for each row.

    `gray` is mode L, scaled so that its rows are `agreement`'s.
    """
    found = ImageChops.multiply(
        gray.point(_from(_BRIGHT)),
        ImageChops.lighter(_contrast(gray, 1, 0), _contrast(gray, 0, 1)).point(_from(_CONTRAST)),
    )
    return _enduring(found.resize((_CELLS, gray.height), Image.Resampling.BOX))


def strokes(stills: Sequence[Image.Image]) -> list[Strokes]:
    """Sums up the cells of several stills, without what lasts from still to still.

    A scene has about as many strokes in a cell of each still; captions change.
    """
    least = functools.reduce(ImageChops.darker, stills)
    mean = stills[0]
    for place, still in enumerate(stills[1:], 2):
        mean = Image.blend(mean, still, 1 / place)
    # nothing where the least is half the mean, as in captions, and all where it is the mean
    lasting = ImageChops.subtract(ImageChops.add(least, least), mean)
    return [_summed(ImageChops.subtract(still, lasting)) for still in stills]


def black(gray: Image.Image) -> Black:
    """Which rows of a whole still are black; `gray` is mode L, scaled as for `cells`."""
    bright = gray.resize((_CELLS, gray.height), Image.Resampling.BOX).point(_from(_DARK + 1))
    return Black(whole=_rows(bright), sides=_rows(_edges(bright)))


def _edges(still: Image.Image) -> Image.Image:
    """The columns at both edges side by side."""
    edges = Image.new("L", (2 * _EDGE, still.height))
    edges.paste(still.crop((0, 0, _EDGE, still.height)), (0, 0))
    edges.paste(still.crop((_CELLS - _EDGE, 0, _CELLS, still.height)), (_EDGE, 0))
    return edges


def _summed(still: Image.Image) -> Strokes:
    middle = still.crop((_MIDDLE[0], 0, _MIDDLE[1], still.height))
    return Strokes(middle=_rows(middle), sides=_rows(_edges(still)))


def _from(level: int) -> list[int]:
    """A table that makes white of what reaches the level, and black of the rest."""
    return [0] * level + [255] * (256 - level)


def _contrast(gray: Image.Image, across: int, down: int) -> Image.Image:
    """By how much each pixel is brighter than the darkest near by, on the brighter of both sides.

    What lies beyond an edge is taken from the other one: the edges hold no captions.
    """
    darkest, reach = gray, 1
    while reach < _REACH:
        shifted = ImageChops.offset(darkest, across * reach, down * reach)
        darkest, reach = ImageChops.darker(darkest, shifted), 2 * reach
    before = ImageChops.offset(darkest, across, down)
    after = ImageChops.offset(darkest, -across * reach, -down * reach)
    return ImageChops.subtract(gray, ImageChops.lighter(before, after))


def _enduring(cells: Image.Image) -> Image.Image:
    """Less of what comes and goes within a few rows: an opening down the columns."""
    cells = cells.filter(ImageFilter.BoxBlur((0, 1)))
    least, most = cells, None
    for rows in range(-_ENDURING, _ENDURING + 1):
        least = ImageChops.darker(least, ImageChops.offset(cells, 0, rows))
    for rows in range(-_ENDURING, _ENDURING + 1):
        shifted = ImageChops.offset(least, 0, rows)
        most = ImageChops.lighter(most, shifted) if most else shifted
    return ImageChops.darker(cells, (most or cells).point(lambda level: level * _GAIN))


def _rows(cells: Image.Image) -> bytes:
    """Each row's mean."""
    return cells.resize((1, cells.height), Image.Resampling.BOX).tobytes()
