"""Below each other, beside each other, in a grid: order, edges, common lengths, sums by hand."""

from dataclasses import replace
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.stitch.geometry import Box, Gravity, Size
from actors.capabilities.stitch.layouts import plan
from actors.capabilities.stitch.layouts.arrangement import (
    Align,
    Arrangement,
    Fit,
    Item,
    LayoutMistake,
    Plan,
)
from tests.actors.capabilities.stitch.layouts.drawn import ALIGNS, FITS, ITEMS, TABLES, boxes, items

BARE = TABLES.map(lambda drawn: replace(drawn, margin=0, scale=100))


def extents(plan: Plan) -> list[Box]:
    return [place.extent for place in plan.places]


@given(ITEMS, BARE)
def test_without_margin_pictures_touch_all_sides(
    pictures: list[Item], arrangement: Arrangement
) -> None:
    made = plan(pictures, arrangement)

    assert len(made.places) == len(pictures)
    assert min(box.left for box in extents(made)) == 0
    assert min(box.top for box in extents(made)) == 0
    assert max(box.right for box in extents(made)) == made.canvas.width
    assert max(box.bottom for box in extents(made)) == made.canvas.height


@given(ITEMS, TABLES)
def test_pictures_follow_their_order(pictures: list[Item], arrangement: Arrangement) -> None:
    by_column = arrangement.layout == "grid" and arrangement.flow == "column"
    for one, other in pairwise(extents(plan(pictures, arrangement))):
        if by_column:
            assert other.top >= one.bottom or other.left >= one.right
        else:
            assert other.left >= one.right or other.top >= one.bottom


@given(ITEMS, BARE)
def test_neighbours_are_at_least_the_gap_apart(
    pictures: list[Item], arrangement: Arrangement
) -> None:
    for one, other in combinations(extents(plan(pictures, arrangement)), 2):
        across = max(one.left, other.left) - min(one.right, other.right)
        down = max(one.top, other.top) - min(one.bottom, other.bottom)
        assert max(across, down) >= arrangement.gap


@given(ITEMS, BARE)
def test_without_fit_every_picture_keeps_its_size(
    pictures: list[Item], arrangement: Arrangement
) -> None:
    made = plan(pictures, replace(arrangement, fit="none"))

    assert [box.size for box in boxes(made)] == [picture.part.size for picture in pictures]


@given(ITEMS, TABLES, st.integers(1, 3000), st.integers(1, 3000))
def test_a_smaller_fit_never_makes_a_larger_canvas(
    pictures: list[Item], arrangement: Arrangement, one: int, other: int
) -> None:
    pictures = [replace(picture, caption="") for picture in pictures]
    small = plan(pictures, replace(arrangement, fit=min(one, other))).canvas
    large = plan(pictures, replace(arrangement, fit=max(one, other))).canvas

    assert small.width <= large.width
    assert small.height <= large.height


@given(ITEMS, TABLES, ALIGNS)
def test_aligning_moves_pictures_but_not_the_canvas(
    pictures: list[Item], arrangement: Arrangement, align: Align
) -> None:
    aligned = replace(arrangement, align=align)

    assert plan(pictures, aligned).canvas == plan(pictures, arrangement).canvas


@given(ITEMS, FITS.filter(lambda fit: fit != "none"), st.integers(0, 50))
def test_below_each_other_all_have_exactly_the_common_width(
    pictures: list[Item], fit: Fit, gap: int
) -> None:
    made = plan(pictures, Arrangement(layout="vertical", fit=fit, gap=gap))

    least = {"smallest": min, "largest": max}
    common = fit if isinstance(fit, int) else least[fit](item.part.width for item in pictures)
    assert {box.width for box in boxes(made)} == {common}
    for above, below in pairwise(extents(made)):
        assert below.top - above.bottom == gap


@given(ITEMS, TABLES.filter(lambda drawn: drawn.scaling == "contain"))
def test_beside_each_other_is_below_each_other_with_the_axes_swapped(
    pictures: list[Item], arrangement: Arrangement
) -> None:
    pictures = [replace(picture, caption="") for picture in pictures]
    turned = [Item(number=0, part=swapped(picture.part)) for picture in pictures]

    down = plan(pictures, replace(arrangement, layout="vertical"))
    across = plan(turned, replace(arrangement, layout="horizontal"))

    assert across.canvas == Size(down.canvas.height, down.canvas.width)
    assert boxes(across) == [swapped(box) for box in boxes(down)]


def swapped(box: Box) -> Box:
    return Box(box.top, box.left, box.height, box.width)


@given(ITEMS, TABLES.filter(lambda drawn: drawn.fit != "none"), st.sampled_from(["west", "south"]))
def test_pictures_that_cover_are_all_of_one_size(
    pictures: list[Item], arrangement: Arrangement, gravity: Gravity
) -> None:
    arrangement = replace(arrangement, layout="grid", scaling="cover", gravity=gravity)

    assert len({box.size for box in boxes(plan(pictures, arrangement))}) == 1


# --- by hand --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "columns"), [(1, 1), (2, 2), (3, 2), (4, 2), (5, 3), (9, 3), (10, 4), (100, 10)]
)
def test_a_grid_is_about_square_by_default(count: int, columns: int) -> None:
    made = plan(items(*[(10, 10)] * count), Arrangement(layout="grid"))

    assert made.canvas.width == 10 * columns


@pytest.mark.parametrize("flow", ["row", "column"])
@pytest.mark.parametrize(
    ("columns", "rows", "canvas"),
    [
        (9, None, Size(50, 10)),
        (None, 9, Size(10, 50)),
        (None, 2, Size(30, 20)),
        (2, None, Size(20, 30)),
        (2, 9, Size(20, 30)),
    ],
)
def test_a_grid_has_the_columns_or_rows_asked_for_and_no_empty_ones(
    columns: int | None, rows: int | None, canvas: Size, flow: str
) -> None:
    how = Arrangement(layout="grid", columns=columns, rows=rows, flow=flow)  # type: ignore[arg-type]  # a parameter

    assert plan(items(*[(10, 10)] * 5), how).canvas == canvas


def test_a_grid_is_filled_row_by_row_or_column_by_column() -> None:
    pictures = items(*[(10, 10)] * 5)

    by_row, by_column = (
        boxes(plan(pictures, Arrangement(layout="grid", columns=3, flow=flow)))
        for flow in ("row", "column")
    )

    assert [(box.left, box.top) for box in by_row] == [(0, 0), (10, 0), (20, 0), (0, 10), (10, 10)]
    assert [(box.left, box.top) for box in by_column] == [
        (0, 0), (0, 10), (10, 0), (10, 10), (20, 0),
    ]  # fmt: skip


def test_more_pictures_than_cells_are_told_of() -> None:
    with pytest.raises(LayoutMistake) as caught:
        plan(items(*[(10, 10)] * 7), Arrangement(layout="grid", columns=3, rows=2))

    field, sentence = caught.value.args
    assert field == "rows"
    assert "6 cells" in sentence
    assert "7 pictures" in sentence


def test_a_grid_by_hand() -> None:
    made = plan(
        items((10, 20), (30, 10), (6, 6)),
        Arrangement(layout="grid", columns=2, gap=2, align="end"),
    )

    assert made.canvas == Size(42, 28)
    assert boxes(made) == [Box(0, 0, 10, 20), Box(12, 10, 30, 10), Box(4, 22, 6, 6)]
    assert [place.tile for place in made.places] == [
        Box(0, 0, 11, 21), Box(11, 0, 31, 21), Box(0, 21, 42, 7),
    ]  # fmt: skip


def test_border_and_margin_by_hand() -> None:
    made = plan(items((10, 20), (10, 4)), Arrangement(layout="vertical", gap=3, margin=5, border=2))

    assert made.canvas == Size(5 + 14 + 5, 5 + 24 + 3 + 8 + 5)
    assert extents(made) == [Box(5, 5, 14, 24), Box(5, 32, 14, 8)]
    assert boxes(made) == [Box(7, 7, 10, 20), Box(7, 34, 10, 4)]
    assert [place.tile for place in made.places] == [Box(0, 0, 24, 31), Box(0, 31, 24, 14)]


def test_a_cover_is_cut_to_the_cells_shape() -> None:
    made = plan(
        items((40, 20), (10, 20)), Arrangement(layout="grid", columns=2, fit=10, scaling="cover")
    )

    assert boxes(made) == [Box(0, 0, 10, 10), Box(10, 0, 10, 10)]
    assert [place.part for place in made.places] == [Box(10, 0, 20, 20), Box(0, 5, 10, 10)]


@pytest.mark.parametrize(("align", "left"), [("start", 0), ("center", 5), ("end", 10)])
def test_a_narrow_picture_lies_where_it_is_asked_to(align: Align, left: int) -> None:
    made = plan(items((20, 5), (10, 5)), Arrangement(layout="vertical", align=align))

    assert boxes(made)[1] == Box(left, 5, 10, 5)
