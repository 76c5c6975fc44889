"""Memory is told for every way to write: of the whole canvas where it is held, else of strips."""

import itertools

import pytest

from actors.capabilities.stitch.formats import FORMATS, Encoding, Format
from actors.capabilities.stitch.geometry import Box, Size
from actors.capabilities.stitch.memory import needed

CANVAS = Size(4_000, 30_000)


def told(encoding: Encoding, *, canvas: Size = CANVAS, transparent: bool = False) -> int:
    """For pictures of 3,000 rows each, one below the other."""
    tops = range(0, canvas.height, 3_000)
    spans = [Box(0, top, canvas.width, 3_000) for top in tops]
    return needed(
        [],
        canvas=canvas,
        rows=canvas.height,
        spans=spans,
        encoding=encoding,
        transparent=transparent,
        threads=2,
    )


@pytest.mark.parametrize("form", FORMATS)
def test_every_wish_with_every_format_has_its_memory(form: Format) -> None:
    """Wishes that a format does not know cost nothing: what would fit instead is asked so."""
    for progressive, colours, lossless, transparent in itertools.product(
        (False, True), (None, 16), (False, True), (False, True)
    ):
        encoding = Encoding(
            format=form, progressive=progressive, colours=colours, lossless=lossless
        )
        once, twice = (
            told(encoding, canvas=Size(4_000, height), transparent=transparent)
            for height in (30_000, 60_000)
        )
        assert (once == twice) == encoding.banded
        assert once > 4 * CANVAS.pixels or encoding.banded


def test_a_wish_of_another_format_changes_nothing() -> None:
    assert told(Encoding(format="png", progressive=True)) == told(Encoding(format="png"))
    assert told(Encoding(format="jpeg", colours=8)) == told(Encoding(format="jpeg"))
    assert told(Encoding(format="tiff", lossless=True)) == told(Encoding(format="tiff"))
