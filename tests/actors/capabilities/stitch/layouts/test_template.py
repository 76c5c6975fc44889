"""Named cells, as CSS's grid-template-areas has them."""

from typing import Any

import pytest

from actors.capabilities.stitch.decor.room import caption_height
from actors.capabilities.stitch.geometry import Box, Size, whole
from actors.capabilities.stitch.layouts import plan
from actors.capabilities.stitch.layouts.arrangement import (
    Arrangement,
    Item,
    LayoutMistake,
    Plan,
)
from tests.actors.capabilities.stitch.layouts.drawn import boxes, items


def laid(pictures: list[Item], *areas: str, **wishes: Any) -> Plan:
    given: dict[str, Any] = {"width": 300, "scaling": "cover", **wishes}
    return plan(pictures, Arrangement(layout="template", areas=areas, **given))


def named(*cells: str | None) -> list[Item]:
    return [
        Item(number=number, part=whole(Size(300, 300)), cell=cell)
        for number, cell in enumerate(cells)
    ]


def test_a_cell_spans_the_columns_and_rows_that_bear_its_name() -> None:
    made = laid(items(*[(9, 9)] * 3), "a a b", "a a c")

    assert made.canvas == Size(300, 200)
    assert boxes(made) == [Box(0, 0, 200, 200), Box(200, 0, 100, 100), Box(200, 100, 100, 100)]


def test_gaps_lie_between_columns_and_within_no_cell() -> None:
    """CSS: three columns of 1fr and 30px gaps in 300px are 80px each."""
    made = laid(items(*[(9, 9)] * 3), "a a b", "a a c", gap=30)

    assert made.canvas == Size(300, 190)
    assert boxes(made) == [Box(0, 0, 190, 190), Box(220, 0, 80, 80), Box(220, 110, 80, 80)]


def test_weights_share_what_gaps_leave() -> None:
    """CSS: grid-template-columns: 2fr 1fr; grid-template-rows: 1fr 3fr."""
    made = laid(
        items(*[(9, 9)] * 4),
        "a b",
        "c d",
        column_weights=(2.0, 1.0),
        row_weights=(1.0, 3.0),
        gap=30,
        height=430,
    )

    assert made.canvas == Size(300, 430)
    assert boxes(made) == [
        Box(0, 0, 180, 100), Box(210, 0, 90, 100), Box(0, 130, 180, 300), Box(210, 130, 90, 300),
    ]  # fmt: skip


def test_without_a_height_a_row_of_weight_one_is_as_high_as_such_a_column_is_wide() -> None:
    made = laid(items((9, 9), (9, 9)), "a", "b", row_weights=(1.0, 0.5))

    assert made.canvas == Size(300, 450)


def test_margin_is_a_part_of_the_width() -> None:
    made = laid(items((9, 9), (9, 9)), "a b", margin=20)

    assert made.canvas == Size(300, 170)
    assert boxes(made) == [Box(20, 20, 130, 130), Box(150, 20, 130, 130)]


def test_a_dot_stays_empty_and_names_may_be_words() -> None:
    made = laid(items((9, 9), (9, 9)), ". title", "photo photo")

    assert boxes(made) == [Box(150, 0, 150, 150), Box(0, 150, 300, 150)]


def test_pictures_get_the_cells_they_ask_for_and_the_others_the_rest_in_order() -> None:
    made = laid(named(None, "a", None), "a b c")

    assert [box.left for box in boxes(made)] == [100, 0, 200]


def test_fewer_pictures_leave_cells_empty() -> None:
    assert len(laid(named(None), "a b c").places) == 1


def test_what_covers_is_cut_and_what_is_contained_is_not() -> None:
    covering, contained = (
        laid(items((100, 100)), "a a", height=100, scaling=scaling).places[0]
        for scaling in ("cover", "contain")
    )

    assert (covering.part, covering.box) == (Box(0, 33, 100, 33), Box(0, 0, 300, 100))
    assert (contained.part, contained.box) == (Box(0, 0, 100, 100), Box(100, 0, 100, 100))


def test_border_and_caption_are_taken_from_the_cell() -> None:
    pictures = items((9, 9), caption="Words")
    place = laid(pictures, "a", height=300, border=10, caption_size=20).places[0]

    assert place.extent == Box(0, 0, 300, 300)
    assert place.caption is not None
    assert place.box == Box(10, 10, 280, 280 - place.caption.height)
    assert place.caption.bottom == 300


@pytest.mark.parametrize(
    ("areas", "wishes", "field"),
    [
        ((), {}, "areas"),
        (("",), {}, "areas"),
        (("a b", "a"), {}, "areas"),
        (("a b", "b a"), {}, "areas"),
        (("a a", "a b"), {}, "areas"),
        (("a b a",), {}, "areas"),
        ((". .",), {}, "areas"),
        (("a", "b"), {}, "areas"),
        (("a b c",), {"column_weights": (1.0, 2.0)}, "column_weights"),
        (("a b c",), {"row_weights": (1.0, 2.0)}, "row_weights"),
        (("a b c",), {"margin": 149}, "width"),
        (("a b c",), {"gap": 150}, "width"),
        (("a b c",), {"height": 10, "margin": 5}, "height"),
        (("a b c",), {"border": 50}, "areas"),
        (
            ("a b c",),
            {"column_weights": (1000.0, 1000.0, 0.001), "border": 1, "height": 99},
            "areas",
        ),
    ],
)
def test_what_fits_no_template_is_told_by_its_field(
    areas: tuple[str, ...], wishes: dict[str, Any], field: str
) -> None:
    with pytest.raises(LayoutMistake) as caught:
        laid(named(None, None, None), *areas, **wishes)

    found, sentence = caught.value.args
    assert found == field
    assert sentence.endswith(".")


@pytest.mark.parametrize(("cells", "place"), [(("x", None), 0), (("a", "a"), 1), ((None, "."), 1)])
def test_a_cell_that_is_taken_or_not_there_is_named(
    cells: tuple[str | None, ...], place: int
) -> None:
    with pytest.raises(LayoutMistake) as caught:
        laid(named(*cells), "a b .")

    field, sentence = caught.value.args
    assert field == f"inputs/{place}/cell"
    assert "a, b" in sentence


def test_the_blame_is_by_place_in_the_request_whatever_the_order() -> None:
    last, first = named(None, "x")

    with pytest.raises(LayoutMistake) as caught:
        laid([first, last], "a b")

    assert caught.value.args[0] == "inputs/1/cell"


def test_of_many_cells_ten_are_named_and_the_others_counted() -> None:
    with pytest.raises(LayoutMistake) as caught:
        laid(named("x"), " ".join(f"cell{number}" for number in range(50)))

    assert caught.value.args[1].endswith("cell8, cell9 and 40 more.")


def test_a_picture_without_a_caption_lies_in_the_middle_of_its_cell() -> None:
    made = plan(
        items((100, 50)), Arrangement(layout="template", areas=("a",), width=100, height=90)
    )

    assert boxes(made) == [Box(0, 20, 100, 50)]


def test_a_narrow_picture_has_room_for_its_caption_in_a_wide_cell() -> None:
    """A caption is as wide as its picture, which is lowered for the lines that it needs more."""
    text = "Evening at the old harbour"
    tall = plan(
        items((100, 900), caption=text),
        Arrangement(layout="template", areas=("a",), width=1200, height=900, caption_size=12),
    )

    place = tall.places[0]
    assert place.caption is not None
    assert place.caption.height == caption_height(text, place.box.width, 12)
    assert place.extent.height <= 900
