"""Memory is told for every way to write: of the whole canvas where it is held, else of strips."""

import itertools
from dataclasses import replace

import pytest

from actors.capabilities.stitch.formats import FORMATS, Encoding, Format
from actors.capabilities.stitch.geometry import Box, Size
from actors.capabilities.stitch.memory import Load, Work, most, used

CANVAS = Size(4_000, 30_000)


def work(
    kind: str, size: Size, count: int, encoding: Encoding, *, columns: int = 1, threads: int = 2
) -> Work:
    """Pictures of one kind and size, as they are, in so many columns."""
    load = Load(media_type=kind, file_size=size.pixels // 5, stored=size, painted=size)
    canvas = Size(size.width * columns, size.height * count // columns)
    return Work(
        loads=[load] * count,
        canvas=canvas,
        rows=canvas.height,
        spans=[
            Box(place % columns * size.width, place // columns * size.height, *sides(size))
            for place in range(count)
        ],
        encoding=encoding,
        transparent=False,
        threads=threads,
    )


def sides(size: Size) -> tuple[int, int]:
    return size.width, size.height


PHOTOGRAPH, SMALL, SCREEN = Size(4000, 3000), Size(1280, 960), Size(1080, 2400)
MEASURED = [
    (work("image/jpeg", PHOTOGRAPH, 10, Encoding(format="jpeg"), threads=1), 77_600_000),
    (work("image/jpeg", PHOTOGRAPH, 10, Encoding(format="jpeg")), 122_900_000),
    (work("image/jpeg", PHOTOGRAPH, 200, Encoding(format="png")), 93_000_000),
    (work("image/jpeg", SMALL, 100, Encoding(format="jpeg"), columns=10), 127_300_000),
    (work("image/png", SCREEN, 27, Encoding(format="jpeg"), threads=1), 37_500_000),
    (work("image/png", SCREEN, 6, Encoding(format="webp")), 177_500_000),
    (work("image/png", SCREEN, 6, Encoding(format="webp", lossless=True)), 353_500_000),
    (work("image/png", SCREEN, 6, Encoding(format="avif")), 452_700_000),
    (work("image/png", SCREEN, 6, Encoding(format="png", colours=256)), 109_100_000),
    (work("image/jpeg", PHOTOGRAPH, 4, Encoding(format="jpeg", progressive=True)), 370_700_000),
]
"""Joins, and the peaks of the workers that made them (maxrss, Pillow 13, two cores)."""


def told(encoding: Encoding, *, canvas: Size = CANVAS, transparent: bool = False) -> int:
    """For pictures of 3,000 rows each, one below the other."""
    tops = range(0, canvas.height, 3_000)
    spans = [Box(0, top, canvas.width, 3_000) for top in tops]
    return most(
        Work(
            loads=[],
            canvas=canvas,
            rows=canvas.height,
            spans=spans,
            encoding=encoding,
            transparent=transparent,
            threads=2,
        )
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


@pytest.mark.parametrize(("join", "peak"), MEASURED)
def test_what_is_used_is_told_within_half_as_much_again(join: Work, peak: int) -> None:
    assert peak / 1.5 < used(join, copied=False) < peak * 1.5


@pytest.mark.parametrize("join", [join for join, _ in MEASURED])
def test_a_limit_is_never_below_what_is_used(join: Work) -> None:
    for threads in (1, 2, 8):
        several = replace(join, threads=threads)
        assert used(several, copied=False) < most(several)


def test_copying_scans_takes_next_to_nothing_however_large_the_pictures_are() -> None:
    small, large = (
        used(work("image/jpeg", size, 30, Encoding(format="jpeg")), copied=True)
        for size in (SMALL, PHOTOGRAPH)
    )

    assert small == large < 40_000_000


def test_of_copied_rows_as_many_pictures_are_held_as_are_under_way() -> None:
    few, many = (
        used(work("image/png", PHOTOGRAPH, count, Encoding(format="png")), copied=True)
        for count in (3, 30)
    )

    assert few == many > 3 * PHOTOGRAPH.pixels // 5
