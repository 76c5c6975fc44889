"""Where pictures lie: the claims that hold for every layout, and some sums by hand."""

import itertools
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.stitch.geometry import (
    Align,
    Arrangement,
    Box,
    Fit,
    Layout,
    Plan,
    Size,
    largest_fit,
    plan,
)

lengths = st.integers(1, 5000)
sizes = st.lists(st.builds(Size, lengths, lengths), min_size=1, max_size=12)
fits: st.SearchStrategy[Fit] = st.one_of(
    st.sampled_from(["none", "smallest", "largest"]), st.integers(1, 3000)
)
arrangements = st.builds(
    Arrangement,
    layout=st.sampled_from(["vertical", "horizontal", "grid"]),
    columns=st.none() | st.integers(1, 15),
    fit=fits,
    align=st.sampled_from(["start", "center", "end"]),
    gap=st.integers(0, 50),
)


def overlap(one: Box, other: Box) -> bool:
    return (
        one.left < other.right
        and other.left < one.right
        and one.top < other.bottom
        and other.top < one.bottom
    )


# --- every layout -------------------------------------------------------------------------------


@given(sizes, arrangements)
def test_no_two_pictures_overlap(sizes: list[Size], arrangement: Arrangement) -> None:
    boxes = plan(sizes, arrangement).boxes

    assert not any(overlap(one, other) for one, other in itertools.combinations(boxes, 2))


@given(sizes, arrangements)
def test_the_canvas_is_the_least_that_holds_all_pictures(
    sizes: list[Size], arrangement: Arrangement
) -> None:
    made = plan(sizes, arrangement)

    assert len(made.boxes) == len(sizes)
    assert min(box.left for box in made.boxes) == 0
    assert min(box.top for box in made.boxes) == 0
    assert max(box.right for box in made.boxes) == made.canvas.width
    assert max(box.bottom for box in made.boxes) == made.canvas.height


@given(sizes, arrangements)
def test_pictures_follow_their_order(sizes: list[Size], arrangement: Arrangement) -> None:
    for one, other in itertools.pairwise(plan(sizes, arrangement).boxes):
        assert other.left >= one.right or other.top >= one.bottom


@given(sizes, arrangements)
def test_neighbours_are_at_least_the_gap_apart(sizes: list[Size], arrangement: Arrangement) -> None:
    for one, other in itertools.combinations(plan(sizes, arrangement).boxes, 2):
        across = max(one.left, other.left) - min(one.right, other.right)
        down = max(one.top, other.top) - min(one.bottom, other.bottom)
        assert max(across, down) >= arrangement.gap


@given(sizes, arrangements)
def test_without_fit_every_picture_keeps_its_size(
    sizes: list[Size], arrangement: Arrangement
) -> None:
    boxes = plan(sizes, replace(arrangement, fit="none")).boxes

    assert [Size(box.width, box.height) for box in boxes] == sizes


@given(sizes, arrangements)
def test_pictures_keep_their_proportions(sizes: list[Size], arrangement: Arrangement) -> None:
    for size, box in zip(sizes, plan(sizes, arrangement).boxes, strict=True):
        # one side is exact, the other is off by rounding, or by being one pixel at least
        by_width = abs(Fraction(size.height * box.width, size.width) - box.height)
        by_height = abs(Fraction(size.width * box.height, size.height) - box.width)
        assert min(by_width, by_height) <= Fraction(1, 2) or 1 in {box.width, box.height}


@given(sizes, arrangements, st.integers(1, 3000), st.integers(1, 3000))
def test_a_smaller_fit_never_makes_a_larger_canvas(
    sizes: list[Size], arrangement: Arrangement, one: int, other: int
) -> None:
    small = plan(sizes, replace(arrangement, fit=min(one, other))).canvas
    large = plan(sizes, replace(arrangement, fit=max(one, other))).canvas

    assert small.width <= large.width
    assert small.height <= large.height


@given(sizes, arrangements, st.sampled_from(["start", "center", "end"]))
def test_aligning_moves_pictures_but_not_the_canvas(
    sizes: list[Size], arrangement: Arrangement, align: Align
) -> None:
    aligned = replace(arrangement, align=align)

    assert plan(sizes, aligned).canvas == plan(sizes, arrangement).canvas


# --- one layout ---------------------------------------------------------------------------------


@given(sizes, st.integers(0, 50), fits.filter(lambda fit: fit != "none"))
def test_below_each_other_all_have_exactly_the_common_width(
    sizes: list[Size], gap: int, fit: Fit
) -> None:
    made = plan(sizes, Arrangement(layout="vertical", fit=fit, gap=gap))

    widths = {"smallest": min, "largest": max}
    common = fit if isinstance(fit, int) else widths[fit](size.width for size in sizes)
    assert {box.width for box in made.boxes} == {common}
    for above, below in itertools.pairwise(made.boxes):
        assert below.top - above.bottom == gap


@given(sizes, arrangements)
def test_beside_each_other_is_below_each_other_with_the_axes_swapped(
    sizes: list[Size], arrangement: Arrangement
) -> None:
    down = plan(sizes, replace(arrangement, layout="vertical"))
    turned = [Size(size.height, size.width) for size in sizes]
    across = plan(turned, replace(arrangement, layout="horizontal"))

    assert across.canvas == Size(down.canvas.height, down.canvas.width)
    assert across.boxes == tuple(
        Box(box.top, box.left, box.height, box.width) for box in down.boxes
    )


@given(sizes, arrangements.filter(lambda arrangement: arrangement.fit != "none"))
def test_a_grid_scales_no_picture_beyond_its_cell(
    sizes: list[Size], arrangement: Arrangement
) -> None:
    fit = arrangement.fit
    made = plan(sizes, replace(arrangement, layout="grid"))

    widest = {"smallest": min, "largest": max}
    width, height = (
        fit if isinstance(fit, int) else widest[fit](side) if fit != "none" else 0
        for side in ([s.width for s in sizes], [s.height for s in sizes])
    )
    for box in made.boxes:
        assert box.width <= width
        assert box.height <= height
        assert box.width == width or box.height == height


@pytest.mark.parametrize(
    ("count", "columns"), [(1, 1), (2, 2), (3, 2), (4, 2), (5, 3), (9, 3), (10, 4), (100, 10)]
)
def test_a_grid_is_about_square_by_default(count: int, columns: int) -> None:
    made = plan([Size(10, 10)] * count, Arrangement(layout="grid"))

    assert made.canvas.width == 10 * columns


def test_a_grid_has_no_columns_without_pictures() -> None:
    made = plan([Size(10, 10)] * 3, Arrangement(layout="grid", columns=9, gap=5))

    assert made.canvas == Size(40, 10)


def test_a_grid_by_hand() -> None:
    made = plan(
        [Size(10, 20), Size(30, 10), Size(6, 6)],
        Arrangement(layout="grid", columns=2, gap=2, align="end"),
    )

    assert made == Plan(Size(42, 28), (Box(0, 0, 10, 20), Box(12, 10, 30, 10), Box(4, 22, 6, 6)))


@pytest.mark.parametrize(("align", "left"), [("start", 0), ("center", 5), ("end", 10)])
def test_a_narrow_picture_lies_where_it_is_asked_to(align: Align, left: int) -> None:
    arrangement = Arrangement(layout="vertical", align=align)

    assert plan([Size(20, 5), Size(10, 5)], arrangement).boxes[1] == Box(left, 5, 10, 5)


# --- what would fit -----------------------------------------------------------------------------


@given(sizes, arrangements, st.integers(1, 20_000))
def test_the_largest_fit_is_the_largest_that_fits(
    sizes: list[Size], arrangement: Arrangement, side: int
) -> None:
    def holds(made: Plan) -> bool:
        return made.canvas.side <= side

    found = largest_fit(sizes, arrangement, 4000, holds)

    fit = 0
    if found is not None:
        fit, made = found
        assert holds(made)
        assert made == plan(sizes, replace(arrangement, fit=fit))
    assert fit == 4000 or not holds(plan(sizes, replace(arrangement, fit=fit + 1)))


def test_nothing_fits_where_the_gaps_alone_are_too_long() -> None:
    arrangement = Arrangement(layout="vertical", gap=100)

    assert largest_fit([Size(5, 5)] * 3, arrangement, 9, lambda p: p.canvas.side < 200) is None


@pytest.mark.parametrize("layout", ["vertical", "horizontal", "grid"])
def test_numbers_beyond_any_picture_stay_exact(layout: Layout) -> None:
    huge = Size(10**9 + 1, 10**9 - 1)
    made = plan([huge] * 4, Arrangement(layout=layout, fit=10**12))

    assert made.boxes[0].width == 10**12 or made.boxes[0].height == 10**12
    assert all(isinstance(side, int) for side in (made.canvas.width, made.canvas.height))
