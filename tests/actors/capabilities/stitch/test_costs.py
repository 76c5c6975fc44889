"""What a design costs, and whether the bytes that are allowed are enough for it."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.capabilities.stitch.cutting.cuts import cuts, pieces
from actors.capabilities.stitch.errors import BytesTooFew
from actors.capabilities.stitch.request import StitchForecast
from tests.actors.capabilities.stitch.test_forecast import forecast, record

FILES = {
    "photo": replace(record("photo", 4000, 3000), size=2_000_000),
    "small": replace(record("small", 800, 600), size=100_000),
    "shot": replace(record("shot", 1080, 2400, "image/png"), size=1_000_000),
}


def told(*names: str, **wishes: Any) -> StitchForecast:
    return forecast(*names, files=FILES, **wishes)


# --- parts ----------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from([0.0, 3.0, 90.0]), min_size=1, max_size=400), st.integers(1, 60))
def test_as_many_pieces_are_cut_as_were_told_whatever_is_on_them(
    activity: list[float], most: int
) -> None:
    fewest, greatest = pieces(len(activity), most)

    assert fewest <= len(cuts(activity, most)) + 1 <= greatest


@pytest.mark.parametrize(
    ("wishes", "parts"),
    [
        ({}, (1, 1, 1)),
        ({"cut": 20_000}, (1, 1, 1)),
        ({"cut": 2_500}, (3, 3, 4)),
        ({"cut": 300}, (24, 24, 27)),
        ({"cut": 2_500, "overlap": "find"}, (1, 3, 4)),
    ],
)
def test_how_many_parts_there_may_be_is_told_in_numbers(
    wishes: dict[str, Any], parts: tuple[int, int, int]
) -> None:
    made = told("shot", "shot", "shot", format="pdf", **wishes)

    assert (made.parts_least, made.parts, made.parts_most) == parts


# --- bytes that are allowed -----------------------------------------------------------------------


@pytest.mark.parametrize("form", ["jpeg", "pdf"])
def test_a_size_that_no_quality_meets_is_refused_before_any_work(form: str) -> None:
    with pytest.raises(BytesTooFew) as caught:
        told("photo", format=form, max_bytes=10_000)

    assert caught.value.field == "/max_bytes"
    fits = caught.value.more["fits"]
    assert 1 <= fits["scale"] < 50
    assert f"cale {fits['scale']} " in caught.value.detail
    again = told("photo", format=form, max_bytes=10_000, scale=fits["scale"])
    assert (again.width, again.height) == (fits["width"], fits["height"])
    assert again.notes == []


def test_formats_that_would_do_are_offered_for_a_size_that_one_never_meets() -> None:
    with pytest.raises(BytesTooFew) as caught:
        told(*["photo"] * 4, max_bytes=700_000)

    for form in caught.value.more["fits"]["formats"]:
        assert told(*["photo"] * 4, max_bytes=700_000, format=form).notes == []
    assert "jpeg" not in caught.value.more["fits"]["formats"]


@pytest.mark.parametrize("form", ["jpeg", "webp", "avif"])
def test_a_size_that_is_hardly_met_is_warned_of_with_a_scale_that_would_do(form: str) -> None:
    most = {"jpeg": 210_000, "webp": 60_000, "avif": 20_000}[form]
    made = told("photo", format=form, max_bytes=most)

    (note,) = made.notes
    assert str(most) in note
    scale = int(note.partition("Scale ")[2].split()[0])
    assert told("photo", format=form, max_bytes=most, scale=scale).notes == []


def test_a_size_that_is_met_by_some_quality_is_not_warned_of() -> None:
    for form in ("jpeg", "webp", "avif", "pdf"):
        made = told("photo", format=form, max_bytes=600_000)

        assert (made.notes, made.bytes) == ([], 600_000)


def test_each_file_of_several_may_have_as_many_bytes() -> None:
    with pytest.raises(BytesTooFew):
        told(*["photo"] * 4, max_bytes=300_000)

    assert told(*["photo"] * 4, max_bytes=300_000, cut=3000).bytes == 1_200_000


# --- seconds --------------------------------------------------------------------------------------


def test_looking_and_searching_take_their_time() -> None:
    plain = told("shot", "shot", format="webp").seconds

    assert told("shot", "shot", format="webp", overlap="find").seconds > plain + 0.05
    assert told("shot", "shot", format="webp", cut=2400).seconds > plain + 0.05
    assert told("shot", "shot", format="webp", max_bytes=100_000).seconds > 2 * plain
