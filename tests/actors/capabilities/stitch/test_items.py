"""Which pictures are joined, in which order, and what turn and crop leave of each."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.stitch.geometry import Box, Size
from actors.capabilities.stitch.items import natural, picks
from actors.capabilities.stitch.layouts.arrangement import LayoutMistake
from actors.capabilities.stitch.request import StitchRequest
from actors.messages import FileRecord, Media


def record(id: str, name: str, media: Media | None = None) -> FileRecord:
    return FileRecord(
        id=id,
        session="session",
        name=name,
        media=media or Media(media_type="image/png", width=40, height=20),
        size=1,
        sha256="",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def numbers(records: list[FileRecord], *wishes: dict[str, Any], **fields: Any) -> list[int]:
    """The places in the request, in joining order."""
    return [pick.number for pick in picked(records, *wishes, **fields)[0]]


def picked(records: list[FileRecord], *wishes: dict[str, Any], **fields: Any) -> Any:
    inputs = [
        {"file": each.id, **(wishes[place] if place < len(wishes) else {})}
        for place, each in enumerate(records)
    ]
    request = StitchRequest.model_validate({"inputs": inputs, **fields})
    return picks(request, {each.id: each for each in records})


def named(*names: str) -> list[FileRecord]:
    return [record(f"id{place}", name) for place, name in enumerate(names)]


# --- order ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names",
    [
        ["1.png", "2.png", "10.png"],
        ["IMG_9.jpg", "img_10.jpg", "IMG_11.jpg"],
        ["a1b2", "a1b10", "a2b1", "a10b1"],
        ["7.png", "page.png"],
        ["page.png", "page1.png", "page2.png", "pages.png"],
        ["scan 2026-1-2", "scan 2026-1-10", "scan 2026-10-1"],
        ["\u0661", "\u0662", "\u0661\u0660"],
        ["\u7b2c2\u9875", "\u7b2c10\u9875"],
        ["x\u00b2", "x\u00b3"],
    ],
)
def test_names_are_ordered_as_people_order_them(names: list[str]) -> None:
    assert sorted(set(names), key=natural) == names


@given(st.lists(st.text()))
def test_any_names_can_be_ordered(names: list[str]) -> None:
    ordered = sorted(names, key=natural)

    assert sorted(ordered, key=natural) == ordered


@given(st.lists(st.text(alphabet="0123456789\u0661\u00b2\u2460ab", max_size=60)))
def test_no_digits_break_the_order(names: list[str]) -> None:
    assert len(sorted(names, key=natural)) == len(names)


def test_a_number_longer_than_any_counter_is_a_text() -> None:
    assert sorted(["9" * 5000, "10"], key=natural) == ["10", "9" * 5000]


def test_as_given_by_name_and_by_time() -> None:
    records = [
        record("a", "10.png", taken("2026:01:02 10:00:00")),
        record("b", "9.png", taken(None)),
        record("c", "1.png", taken("2025:12:31 23:59:59")),
    ]

    assert numbers(records) == [0, 1, 2]
    assert numbers(records, order="name") == [2, 1, 0]
    assert numbers(records, order="time") == [2, 0, 1]


def taken(when: str | None) -> Media:
    return Media(media_type="image/jpeg", width=40, height=20, taken=when)


@pytest.mark.parametrize("order", ["name", "time"])
def test_equal_ones_stay_in_the_order_given(order: str) -> None:
    assert numbers(named("x", "x", "x"), order=order) == [0, 1, 2]


# --- what of each ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "part"),
    [
        ({}, Box(0, 0, 40, 20)),
        ({"turn": 90}, Box(0, 0, 20, 40)),
        ({"crop": {}}, Box(0, 0, 40, 20)),
        ({"crop": {"left": 1, "top": 2, "right": 3, "bottom": 4}}, Box(1, 2, 36, 14)),
        ({"crop": {"left": "10%", "bottom": "25%"}}, Box(4, 0, 36, 15)),
        # half a pixel is one, everywhere
        ({"crop": {"top": "12.5%"}}, Box(0, 3, 40, 17)),
        ({"turn": 270, "crop": {"left": "10%", "bottom": "25%"}}, Box(2, 0, 18, 30)),
        ({"crop": {"left": 39}}, Box(39, 0, 1, 20)),
    ],
)
def test_turn_comes_before_crop(wish: dict[str, Any], part: Box) -> None:
    good, _ = picked(named("a", "b"), wish)

    assert (good[0].size, good[0].part) == (Size(40, 20), part)


@pytest.mark.parametrize(
    "crop",
    [{"left": 40}, {"left": "100%"}, {"top": 10, "bottom": 10}, {"top": 100_000}, {"right": "99%"}],
)
def test_a_crop_that_leaves_nothing_is_told(crop: dict[str, Any]) -> None:
    with pytest.raises(LayoutMistake) as caught:
        picked(named("a", "b"), {}, {"crop": crop})

    field, sentence = caught.value.args
    assert field == "inputs/1/crop"
    assert "40 x 20" in sentence


def test_what_is_no_picture_is_told_beside_those_that_are() -> None:
    records = [
        record("a", "a", Media(media_type="video/mp4", width=640, height=480)),
        record("b", "b"),
        record("c", "c", Media(media_type="image/png")),
        record("d", "d", Media(media_type="image/png", width=0, height=5)),
    ]

    good, bad = picked(records)

    assert [pick.number for pick in good] == [1]
    assert sorted(bad) == [0, 2, 3]
    assert [bad[number].field for number in sorted(bad)] == ["/inputs/0", "/inputs/2", "/inputs/3"]
