"""What holds in every layout: nothing overlaps, all lies on the canvas, a scale scales all."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.stitch.decor.room import caption_height
from actors.capabilities.stitch.geometry import Box, whole
from actors.capabilities.stitch.layouts import largest_scale, plan, scaled
from actors.capabilities.stitch.layouts.arrangement import (
    Arrangement,
    Item,
    LayoutMistake,
    Plan,
)
from actors.capabilities.stitch.layouts.frames import shared
from tests.actors.capabilities.stitch.layouts.drawn import (
    ITEMS,
    JUSTIFIED,
    TABLES,
    TEMPLATES,
    apart,
    boxes,
    inside,
    items,
    surrounded,
)

ARRANGEMENTS = st.one_of(TABLES, JUSTIFIED, TEMPLATES)


def laid(pictures: list[Item], arrangement: Arrangement) -> Plan:
    try:
        return plan(pictures, arrangement)
    except LayoutMistake as mistake:
        field, sentence = mistake.args
        # some are too small for what is to lie around them; that is said, and where
        assert field in {"areas", "width", "height"}
        assert sentence.endswith(".")
        return Plan(whole(pictures[0].part.size).size, (), 12)


@given(ITEMS, ARRANGEMENTS)
def test_nothing_overlaps_and_all_lies_on_the_canvas(
    pictures: list[Item], arrangement: Arrangement
) -> None:
    made = laid(pictures, arrangement)

    for found in ([place.extent for place in made.places], [place.tile for place in made.places]):
        assert apart(found)
        assert all(inside(box, whole(made.canvas)) for box in found)


@given(ITEMS, ARRANGEMENTS)
def test_border_and_caption_have_their_room(pictures: list[Item], arrangement: Arrangement) -> None:
    made = laid(pictures, arrangement)

    border = scaled(arrangement).border
    for item, place in zip(pictures, made.places, strict=bool(made.places)):
        assert surrounded(place, border)
        if place.caption:
            assert inside(place.caption, place.extent)
            assert place.caption.width == place.extent.width
            assert place.caption.bottom == place.extent.bottom
            assert item.caption


@given(ITEMS, ARRANGEMENTS)
def test_what_is_shown_is_of_the_picture_and_keeps_its_shape(
    pictures: list[Item], arrangement: Arrangement
) -> None:
    for item, place in zip(pictures, laid(pictures, arrangement).places, strict=False):
        assert place.part == item.part or arrangement.scaling == "cover"
        assert inside(place.part, item.part)
        # one with less than a pixel gets one, and others of its row have one less
        off = len(pictures) if arrangement.layout == "justified" else 1
        assert is_not_distorted(place.part, place.box, off)


def is_not_distorted(part: Box, box: Box, off: int = 1) -> bool:
    """Whether the shapes are equal but for the rounding of the sides.

    A side is never less than one pixel, whatever the shape, and others of its row make room for it:
    of a few pixels no shape is left. Of a part each side is rounded; of a box its width may be
    `off` pixels off, where a row is shared, and its height half a pixel.
    """
    half = Fraction(1, 2)
    least = (part.width - half) / (part.height + half)
    most = (part.width + half) / (part.height - half)
    return min(box.width, box.height, part.width, part.height) <= 3 or (
        least <= (box.width + off) / (box.height - half)
        and (box.width - off) / (box.height + half) <= most
    )


@given(ITEMS, ARRANGEMENTS, st.integers(1, 100), st.integers(1, 100))
def test_a_smaller_scale_never_makes_a_larger_canvas(
    pictures: list[Item], arrangement: Arrangement, one: int, other: int
) -> None:
    pictures = [replace(picture, caption="") for picture in pictures]
    try:
        small = plan(pictures, replace(arrangement, scale=min(one, other))).canvas
        large = plan(pictures, replace(arrangement, scale=max(one, other))).canvas
    except LayoutMistake:
        return  # lengths that round to nothing leave no room

    assert small.width <= large.width
    assert small.pixels <= large.pixels or arrangement.layout == "justified"


@given(ITEMS, ARRANGEMENTS, st.integers(1, 20_000))
def test_the_largest_scale_is_held(
    pictures: list[Item], arrangement: Arrangement, side: int
) -> None:
    def holds(made: Plan) -> bool:
        return made.canvas.side <= side

    found = largest_scale(pictures, arrangement, holds)

    if found is not None:
        scale, made = found
        assert 1 <= scale < arrangement.scale
        assert holds(made)
        assert made == plan(pictures, replace(arrangement, scale=scale))


def test_the_largest_scale_is_the_largest() -> None:
    arrangement = Arrangement(layout="vertical", gap=10)

    found = largest_scale(
        items((100, 100), (100, 100)), arrangement, lambda p: p.canvas.height < 99
    )

    assert found is not None
    assert (found[0], found[1].canvas.height) == (46, 97)
    assert plan(items((100, 100), (100, 100)), replace(arrangement, scale=47)).canvas.height == 99


def test_nothing_fits_where_there_are_too_many() -> None:
    arrangement = Arrangement(layout="vertical")

    assert largest_scale(items(*[(5, 5)] * 300), arrangement, lambda p: p.canvas.side < 200) is None


@pytest.mark.parametrize("layout", ["vertical", "justified"])
def test_half_the_scale_is_half_of_everything(layout: str) -> None:
    arrangement = Arrangement(
        layout=layout,  # type: ignore[arg-type]  # a parameter
        width=856,
        row_height=400,
        fit=400,
        gap=20,
        margin=10,
        border=4,
        radius=6,
        caption_size=20,
    )
    pictures = items((400, 300), (800, 600), caption="Words")
    assert scaled(replace(arrangement, scale=50)).radius == 3

    full, half = (plan(pictures, replace(arrangement, scale=scale)) for scale in (100, 50))

    assert (2 * half.canvas.width, 2 * half.canvas.height) == (
        full.canvas.width,
        full.canvas.height,
    )
    for small, large in zip(boxes(half), boxes(full), strict=True):
        assert Box(2 * small.left, 2 * small.top, 2 * small.width, 2 * small.height) == large


@given(ITEMS, ARRANGEMENTS)
def test_all_captions_have_letters_of_one_size(
    pictures: list[Item], arrangement: Arrangement
) -> None:
    """The size that was asked for, or one that is told; narrow pictures alone have smaller ones."""
    made = laid(pictures, arrangement)

    asked = scaled(arrangement).caption_size
    assert asked in {None, made.caption_size} or not made.places
    for item, place in zip(pictures, made.places, strict=False):
        if place.caption is not None and arrangement.layout != "template":
            written = made.caption_size
            assert place.caption.height == caption_height(item.caption, place.box.width, written)


@given(ITEMS, TABLES | JUSTIFIED)
def test_blurred_backgrounds_leave_nothing_of_the_canvas_bare(
    pictures: list[Item], arrangement: Arrangement
) -> None:
    """Not beside a last row either that has too few pictures for it."""
    made = laid(pictures, arrangement)

    if made.places:
        assert sum(place.tile.size.pixels for place in made.places) == made.canvas.pixels


WEIGHTS = st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=20)


@given(WEIGHTS, st.integers(0, 3000))
def test_a_length_is_shared_whole_and_everybody_gets_a_pixel(
    weights: list[float], more: int
) -> None:
    length = len(weights) + more

    parts = shared(length, weights)

    assert sum(parts) == length
    assert min(parts) >= 1


def test_a_length_is_shared_in_proportion() -> None:
    assert shared(100, [1.0, 2.0, 1.0]) == [25, 50, 25]
    assert shared(10, [1.0, 1.0, 1.0]) == [3, 4, 3]
    assert shared(4, [1e9, 1.0, 1.0, 1e9]) == [1, 1, 1, 1]
