"""Sizes and boxes: proportions that stay, shapes that are cut, sums by hand."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.stitch.geometry import (
    Box,
    Gravity,
    Size,
    covering,
    proportion,
    share,
    whole,
    within,
)

LENGTHS = st.integers(1, 5000)
SIZES = st.builds(Size, LENGTHS, LENGTHS)
PARTS = st.builds(Box, st.integers(0, 99), st.integers(0, 99), LENGTHS, LENGTHS)
GRAVITIES: tuple[Gravity, ...] = (
    "north_west", "north", "north_east", "west", "center", "east",
    "south_west", "south", "south_east",
)  # fmt: skip


def keeps_proportion(size: Size, scaled: Size) -> bool:
    """One side is exact, the other is off by rounding, or by being one pixel at least."""
    by_width = abs(Fraction(size.height * scaled.width, size.width) - scaled.height)
    by_height = abs(Fraction(size.width * scaled.height, size.height) - scaled.width)
    return min(by_width, by_height) <= Fraction(1, 2) or 1 in {scaled.width, scaled.height}


@given(LENGTHS, st.integers(0, 5000), LENGTHS)
def test_a_proportion_is_rounded_and_never_nothing(
    length: int, numerator: int, denominator: int
) -> None:
    exact = Fraction(length * numerator, denominator)

    found = proportion(length, numerator, denominator)

    assert found >= 1
    assert found == 1 or abs(found - exact) <= Fraction(1, 2)


def test_half_a_pixel_is_a_whole_one() -> None:
    assert [proportion(length, 1, 2) for length in (1, 2, 3, 5)] == [1, 1, 2, 3]


@given(SIZES, st.none() | LENGTHS, st.none() | LENGTHS)
def test_what_is_scaled_within_a_bound_touches_it_and_keeps_its_proportion(
    size: Size, width: int | None, height: int | None
) -> None:
    scaled = within(size, width, height)

    assert keeps_proportion(size, scaled)
    assert width is None or scaled.width <= width
    assert height is None or scaled.height <= height
    if width is None and height is None:
        assert scaled == size
    else:
        assert scaled.width == width or scaled.height == height


def test_numbers_beyond_any_picture_stay_exact() -> None:
    huge = Size(10**9 + 1, 10**9 - 1)

    assert within(huge, 10**12, None) == Size(10**12, 999_999_998_000)


@given(PARTS, SIZES, st.sampled_from(GRAVITIES))
def test_what_covers_has_the_shape_and_wastes_as_little_as_possible(
    part: Box, size: Size, gravity: Gravity
) -> None:
    cut = covering(part, size, gravity)

    assert part.left <= cut.left < cut.right <= part.right
    assert part.top <= cut.top < cut.bottom <= part.bottom
    assert cut.width == part.width or cut.height == part.height
    assert keeps_proportion(size, cut.size)


@pytest.mark.parametrize(
    ("gravity", "box"),
    [
        ("north", Box(0, 0, 20, 20)),
        ("center", Box(0, 10, 20, 20)),
        ("west", Box(0, 10, 20, 20)),
        ("south_east", Box(0, 20, 20, 20)),
    ],
)
def test_gravity_says_which_part_of_a_tall_picture_covers(gravity: Gravity, box: Box) -> None:
    assert covering(whole(Size(20, 40)), Size(7, 7), gravity) == box


@pytest.mark.parametrize(
    ("gravity", "before"),
    [("north_west", (0, 0)), ("center", (5, 5)), ("east", (11, 5)), ("south", (5, 11))],
)
def test_spare_room_lies_on_the_other_side(gravity: Gravity, before: tuple[int, int]) -> None:
    assert share(11, gravity) == before


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_turned_size_lies_or_stands(turn: int) -> None:
    turned = Size(3, 2).turned(turn)

    assert turned == (Size(2, 3) if turn in {90, 270} else Size(3, 2))
    assert (turned.pixels, turned.side) == (6, 3)


def test_a_box_is_moved_and_grown() -> None:
    box = Box(1, 2, 3, 4)

    assert (box.right, box.bottom, box.size) == (4, 6, Size(3, 4))
    assert box.moved(10, 20) == Box(11, 22, 3, 4)
    assert box.grown(1, 2, 3, 4) == Box(0, 0, 7, 10)
