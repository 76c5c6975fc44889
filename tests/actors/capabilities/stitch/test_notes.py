"""What people might not expect of a result is told, and nothing else."""

from typing import Any

import pytest

from actors.capabilities.stitch.design import design
from actors.capabilities.stitch.notes import narrowed, notes, shortened
from actors.capabilities.stitch.order import Joined
from actors.capabilities.stitch.request import StitchRequest
from actors.capabilities.stitch.settings import StitchSettings
from tests.actors.capabilities.stitch.test_forecast import record

FILES = {
    "wide": record("wide", 4000, 3000),
    "other": record("other", 4000, 2000),
    "small": record("small", 200, 150),
    "tall": record("tall", 100, 4000),
}


def told(*names: str, captions: tuple[str, ...] = (), **fields: Any) -> tuple[str, ...]:
    inputs = [
        {"file": name, "caption": captions[place] if place < len(captions) else ""}
        for place, name in enumerate(names)
    ]
    request = StitchRequest.model_validate({"inputs": inputs, **fields})
    return notes(design(request, FILES, StitchSettings()))


def test_nothing_is_said_of_a_result_that_is_as_anybody_would_think() -> None:
    assert told("wide", "other", captions=("西湖 West Lake", "Plzeň"), watermark_text="©") == ()


def test_characters_that_cannot_be_drawn_are_told() -> None:
    assert told("wide", "wide", captions=("Beach 😀😀", "مم")) == (
        "The captions have characters that the font lacks, which are left out or replaced: 😀 م",
    )
    assert told("wide", "wide", watermark_text="🏖") == (
        "The watermark has characters that the font lacks, which are left out or replaced: 🏖",
    )


def test_of_very_many_characters_the_first_are_told() -> None:
    thai = "".join(map(chr, range(0xE01, 0xE01 + 20)))
    (note,) = told("wide", "wide", captions=(thai,))

    assert note.endswith("ก ข ฃ ค ฅ ฆ ง จ ฉ ช ซ ฌ and 8 more")


@pytest.mark.parametrize(
    ("names", "layout", "side"),
    [
        (["wide", "other", "small"], "vertical", "200 pixels wide"),
        (["wide", "other", "small"], "horizontal", "150 pixels high"),
        (["small", "wide"], "vertical", "200 pixels wide"),
        (["wide", "other", "tall"], "grid", "100 pixels wide"),
    ],
)
def test_a_small_picture_to_which_all_others_are_scaled_is_named(
    names: list[str], layout: str, side: str
) -> None:
    (note,) = told(*names, layout=layout)

    small = next(place for place, name in enumerate(names) if name in {"small", "tall"})
    assert note.startswith(f"Picture {small + 1} ({names[small]}.jpg) is {side}, and all others")
    assert "'largest'" in note


@pytest.mark.parametrize(
    ("names", "wishes"),
    [
        (["wide", "small"], {"fit": "largest"}),
        (["wide", "small"], {"fit": 900}),
        (["wide", "small"], {"layout": "justified"}),
        (["wide", "tall"], {"layout": "horizontal"}),
        (["small", "wide", "small", "wide"], {}),
        (["small", "small"], {}),
    ],
)
def test_nothing_is_said_where_no_single_picture_is_to_blame(
    names: list[str], wishes: dict[str, Any]
) -> None:
    assert told(*names, **wishes) == ()


def test_pictures_whose_colours_lose_their_fineness_are_named() -> None:
    names = ["wide", "other", "small", "wide", "wide"]
    request = StitchRequest.model_validate({"inputs": [{"file": name} for name in names]})
    made = design(request, FILES, StitchSettings())

    def said(*places: int) -> list[str]:
        joined = Joined(sizes=(1,), way="painted", why="", narrowed=places)
        return list(narrowed(made, joined))

    assert said() == []
    assert said(1) == ["The result has 8 bits a colour, and some pictures have 16: other.jpg"]
    assert said(0, 1, 2, 3, 4)[0].endswith(": wide.jpg, other.jpg, small.jpg and 2 more")


def test_captions_that_end_in_dots_are_named() -> None:
    names = ["wide", "other", "small"]
    request = StitchRequest.model_validate({"inputs": [{"file": name} for name in names]})
    made = design(request, FILES, StitchSettings())

    def said(*places: int) -> list[str]:
        return list(shortened(made, Joined(sizes=(1,), way="painted", why="", shortened=places)))

    assert said() == []
    assert said(1) == [
        "There was no room for all of a caption, which ends in dots: other.jpg",
    ]
