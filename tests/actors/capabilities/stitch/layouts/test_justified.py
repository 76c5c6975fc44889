"""A collage: rows of one height that fill the width, broken where heights differ least."""

import math
from dataclasses import replace
from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.stitch.geometry import Box, Size, whole
from actors.capabilities.stitch.layouts import plan
from actors.capabilities.stitch.layouts.arrangement import (
    Align,
    Arrangement,
    Item,
    Layout,
    LayoutMistake,
    Plan,
)
from tests.actors.capabilities.stitch.layouts.drawn import boxes, items

PHOTOGRAPHS = st.lists(
    st.builds(
        lambda width, height: Item(number=0, part=whole(Size(width, height))),
        st.integers(300, 4000),
        st.integers(300, 4000),
    ),
    min_size=1,
    max_size=40,
)
ARRANGEMENTS = st.builds(
    Arrangement,
    layout=st.just("justified"),
    width=st.integers(1000, 5000),
    row_height=st.none() | st.integers(100, 1000),
    gap=st.integers(0, 20),
    margin=st.integers(0, 50),
    border=st.integers(0, 5),
)


def rows(plan: Plan) -> list[list[Box]]:
    """The extents, row by row."""
    found: dict[int, list[Box]] = {}
    for place in plan.places:
        found.setdefault(place.extent.top, []).append(place.extent)
    return list(found.values())


@given(PHOTOGRAPHS, ARRANGEMENTS)
def test_every_row_but_the_last_fills_the_width_exactly(
    pictures: list[Item], arrangement: Arrangement
) -> None:
    made = plan(pictures, arrangement)

    assert made.canvas.width == arrangement.width
    margin = arrangement.margin
    for row in rows(made)[:-1]:
        assert row[0].left == margin
        assert row[-1].right == made.canvas.width - margin
    for row in rows(made):
        assert row[-1].right <= made.canvas.width - margin
        assert {right.left - left.right for left, right in pairwise(row)} <= {arrangement.gap}
        assert len({extent.height for extent in row}) == 1


@given(PHOTOGRAPHS, ARRANGEMENTS)
def test_pictures_keep_their_order_and_rows_their_gap(
    pictures: list[Item], arrangement: Arrangement
) -> None:
    made = rows(plan(pictures, arrangement))

    assert sum(len(row) for row in made) == len(pictures)
    for above, below in pairwise(made):
        assert below[0].top - above[0].bottom == arrangement.gap


@given(PHOTOGRAPHS, ARRANGEMENTS)
def test_a_last_row_is_never_blown_up(pictures: list[Item], arrangement: Arrangement) -> None:
    """What fills the width is no more than half higher than wanted; else it is like the others."""
    made = rows(plan(pictures, arrangement))

    *others, last = [row[0].height - 2 * arrangement.border for row in made]
    room = arrangement.width - 2 * arrangement.margin if arrangement.width else 0
    shapes = sum(item.part.width / item.part.height for item in pictures)
    wanted = arrangement.row_height or round(room / math.sqrt(shapes))
    alike = sum(others) / len(others) if others else wanted
    assert last <= max(1.5 * wanted, alike) + 1


@given(PHOTOGRAPHS.filter(lambda pictures: len(pictures) > 1), st.integers(0, 20))
def test_an_undersized_last_row_lies_as_it_is_aligned(pictures: list[Item], gap: int) -> None:
    left, right = (
        rows(plan(pictures, Arrangement(layout="justified", width=2000, gap=gap, align=align)))[-1]
        for align in ("start", "end")
    )

    assert left[0].left == 0
    assert right[-1].right == 2000
    assert [box.size for box in left] == [box.size for box in right]


def badness(heights: list[float], wanted: int, shares: list[float]) -> float:
    """What is least: how far rows are off, twice as high as bad as half as high, and empty room.

    `shares` of the pictures lie in the rows up to each one's end: less height suits further down.
    """
    ratios = [
        height / wanted / (1.05 - share / 10) for height, share in zip(heights, shares, strict=True)
    ]
    empty = 1 - 1 / ratios[-1] if ratios[-1] > 1.5 else None
    filled = ratios if empty is None else ratios[:-1]
    return sum(ratio + 1 / ratio - 2 for ratio in filled) + (empty or 0)


@given(PHOTOGRAPHS.map(lambda pictures: pictures[:7]), st.integers(200, 800))
def test_no_other_way_to_break_the_rows_is_better(pictures: list[Item], wanted: int) -> None:
    """All ways are tried that do not make a row of several lower than a quarter of the height."""
    shapes = [item.part.width / item.part.height for item in pictures]
    count = len(pictures)

    def heights(edges: list[int]) -> list[float]:
        return [2000 / sum(shapes[first:end]) for first, end in pairwise(edges)]

    def bad(edges: list[int]) -> float:
        return badness(heights(edges), wanted, [end / count for end in edges[1:]])

    def allowed(edges: list[int]) -> bool:
        return all(
            end - first == 1 or height >= wanted / 4 * (1.05 - end / count / 10)
            for (first, end), height in zip(pairwise(edges), heights(edges), strict=True)
        )

    ways = [
        [0, *inner, count] for size in range(count) for inner in combinations(range(1, count), size)
    ]
    best = min(bad(way) for way in ways if allowed(way))
    made = rows(plan(pictures, Arrangement(layout="justified", width=2000, row_height=wanted)))
    edges = [0]
    for row in made:
        edges.append(edges[-1] + len(row))
    assert math.isclose(bad(edges), best, abs_tol=1e-9)


LANDSCAPE, PORTRAIT, PANORAMA = (300, 200), (200, 300), (800, 200)


@pytest.mark.parametrize(
    ("shapes", "lengths"),
    [
        ([LANDSCAPE] * 3, [1, 2]),
        ([LANDSCAPE] * 4, [2, 2]),
        ([LANDSCAPE] * 5, [2, 3]),
        ([LANDSCAPE] * 7, [2, 2, 3]),
        ([LANDSCAPE] * 10, [2, 2, 3, 3]),
        ([PORTRAIT] * 3, [3]),
        ([LANDSCAPE] * 4 + [PORTRAIT], [2, 3]),
        ([LANDSCAPE, PORTRAIT, PANORAMA, PORTRAIT], [2, 2]),
    ],
)
def test_no_picture_is_left_alone_at_the_end(
    shapes: list[tuple[int, int]], lengths: list[int]
) -> None:
    """All rows are filled, and the larger pictures lie above."""
    made = rows(plan(items(*shapes), Arrangement(layout="justified")))

    assert [len(row) for row in made] == lengths
    assert all(row[-1].right == 1600 for row in made)


@pytest.mark.parametrize("align", ["start", "center", "end"])
@pytest.mark.parametrize("layout", ["justified", "horizontal"])
def test_pictures_beside_each_other_are_in_line_with_and_without_captions(
    layout: Layout, align: Align
) -> None:
    with_one, without = items((300, 200), caption="Words") + items((300, 200))
    made = plan(
        [with_one, without, with_one],
        Arrangement(layout=layout, row_height=300, fit=200, align=align),
    )

    assert len({box.top for box in boxes(made)}) == 1


@pytest.mark.parametrize(("align", "left"), [("start", 0), ("center", 650), ("end", 1300)])
def test_a_row_that_cannot_be_filled_has_the_height_asked_for(align: Align, left: int) -> None:
    made = plan(
        items((300, 200)),
        Arrangement(layout="justified", row_height=200, align=align),
    )

    assert boxes(made) == [Box(left, 0, 300, 200)]


def test_a_collage_by_hand() -> None:
    made = plan(
        items((200, 100), (100, 100), (300, 100), (100, 100)),
        Arrangement(layout="justified", width=300, row_height=100, align="start"),
    )

    assert made.canvas == Size(300, 175)
    assert boxes(made) == [
        Box(0, 0, 200, 100), Box(200, 0, 100, 100), Box(0, 100, 225, 75), Box(225, 100, 75, 75),
    ]  # fmt: skip


def test_without_a_row_height_the_result_is_about_square() -> None:
    made = plan(items(*[(300, 200)] * 24), Arrangement(layout="justified"))

    assert made.canvas.width == 1600
    assert 1200 < made.canvas.height < 2000


NARROW = Arrangement(layout="justified", width=100)


@pytest.mark.parametrize(
    "wishes", [{"margin": 50}, {"border": 50}, {"width": 7}, {"margin": 10_000}]
)
def test_no_room_is_said(wishes: dict[str, Any]) -> None:
    with pytest.raises(LayoutMistake) as caught:
        plan(items((5, 5)), replace(NARROW, **wishes))

    assert caught.value.args[0] == "width"


@pytest.mark.parametrize("shape", [(100_000, 1), (1, 100_000), (400, 300)])
def test_any_number_of_pictures_of_any_shape_is_laid_out(shape: tuple[int, int]) -> None:
    made = plan(items(*[shape] * 500), Arrangement(layout="justified", width=16, gap=1))

    assert made.canvas.width == 16
    assert all(place.box.width >= 1 and place.box.height >= 1 for place in made.places)
    assert all(place.extent.right <= 16 for place in made.places)
