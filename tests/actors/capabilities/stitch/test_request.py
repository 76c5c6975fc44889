"""What a user may ask; every mistake names its field and is told in one sentence."""

import json
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it comes without types
import pytest
from pydantic import ValidationError

from actors.capabilities.stitch.request import StitchRequest

ROWS_OF_501_CELLS = [
    *(" ".join(f"{row}-{column}" for column in range(100)) for row in range(5)),
    " ".join(["more"] * 100),
]
TWO = {"inputs": [{"file": "one"}, {"file": "two"}]}


ALONE = {"inputs": [{"file": "alone"}]}


def test_one_picture_is_enough_of_a_request() -> None:
    request = StitchRequest.model_validate(ALONE)

    assert request.layout == "vertical"
    assert request.fit == "smallest"
    assert request.format == "jpeg"
    assert request.background == "#ffffff"


@pytest.mark.parametrize(
    "fields",
    [
        {"layout": "grid", "columns": 3, "fit": 400, "align": "end", "gap": 8},
        {"layout": "horizontal", "fit": "none", "format": "webp", "quality": 1},
        {"format": "png", "background": "transparent"},
        {"background": "transparent", "format": "webp"},
        {"background": "#00AAff"},
        {"columns": None},
        {"format": "png", "quality": 50},
        {"layout": "grid", "rows": 2, "flow": "column", "scaling": "cover", "gravity": "north"},
        {"layout": "justified", "width": 800, "row_height": 200},
        {"layout": "template", "areas": ["a b", "a ."], "column_weights": [2, 1.5]},
        {"overlap": "find", "on_no_overlap": "refuse", "cut": "limit"},
        {"band": "72%-96.5%", "cut": 5000},
        {"band": "auto", "on_bad_picture": "skip"},
        {"format": "webp", "lossless": True, "background": "blurred"},
        {"format": "webp", "lossless": False, "max_bytes": 9999},
        {"inputs": [{"file": "one", "caption": "x" * 500}] * 20},
        {"layout": "template", "areas": ROWS_OF_501_CELLS[:-1]},
        {"format": "jpeg", "progressive": True, "max_bytes": 2_000_000},
        {"format": "png", "colors": 16, "metadata": "keep", "profile": "keep"},
        {"format": "pdf", "cut": "limit", "dpi": 300},
        {"watermark_text": "draft", "watermark_opacity": 0.2},
        {"watermark_gravity": "north", "watermark": {"file": "logo"}},
        {
            "inputs": [
                {"file": "one", "turn": 270, "crop": {"left": "12.5%", "top": 3}},
                {"file": "two", "caption": "a text", "cell": "a"},
            ]
        },
    ],
)
def test_a_good_request_survives_its_normal_form(fields: dict[str, Any]) -> None:
    request = StitchRequest.model_validate_json(json.dumps({**TWO, **fields}))

    assert StitchRequest.model_validate_json(request.model_dump_json()) == request


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"inputs": []}, ("inputs",)),
        ({**ALONE, "overlap": "find"}, ("overlap",)),
        ({**ALONE, "band": "auto"}, ("band",)),
        ({**ALONE, "band": "72%-96%"}, ("band",)),
        ({"inputs": [{"file": "x"}] * 501}, ("inputs",)),
        ({"inputs": "one"}, ("inputs",)),
        ({"inputs": None}, ("inputs",)),
        ({"inputs": ["one", "two"]}, ("inputs", 0)),
        ({"inputs": [{"file": "one"}, {}]}, ("inputs", 1, "file")),
        ({"inputs": [{"file": "one"}, {"file": 2}]}, ("inputs", 1, "file")),
        ({"inputs": [{"file": "one"}, {"file": ""}]}, ("inputs", 1, "file")),
        ({"inputs": [{"file": "one"}, {"file": "two", "page": 1}]}, ("inputs", 1, "page")),
        ({"layout": "diagonal"}, ("layout",)),
        ({"layout": 1}, ("layout",)),
        ({"columns": 2}, ("columns",)),
        ({"layout": "horizontal", "columns": 2}, ("columns",)),
        ({"layout": "grid", "columns": 0}, ("columns",)),
        ({"layout": "grid", "columns": 2.0}, ("columns",)),
        ({"layout": "grid", "columns": True}, ("columns",)),
        ({"fit": "width"}, ("fit",)),
        ({"fit": "400"}, ("fit",)),
        ({"fit": 0}, ("fit",)),
        ({"fit": -1}, ("fit",)),
        ({"fit": 400.0}, ("fit",)),
        ({"fit": True}, ("fit",)),
        ({"fit": None}, ("fit",)),
        ({"fit": float("nan")}, ("fit",)),
        ({"fit": 10**400}, ("fit",)),
        ({"align": "middle"}, ("align",)),
        ({"gap": -1}, ("gap",)),
        ({"gap": float("nan")}, ("gap",)),
        ({"gap": float("inf")}, ("gap",)),
        ({"gap": 1.5}, ("gap",)),
        ({"gap": "8"}, ("gap",)),
        ({"gap": 10_001}, ("gap",)),
        ({"format": "gif"}, ("format",)),
        ({"format": "JPEG"}, ("format",)),
        ({"quality": 0}, ("quality",)),
        ({"quality": 101}, ("quality",)),
        ({"quality": False}, ("quality",)),
        ({"background": "white"}, ("background",)),
        ({"background": "#fff"}, ("background",)),
        ({"background": "#ffffff\n"}, ("background",)),
        ({"background": 0xFFFFFF}, ("background",)),
        ({"background": "transparent"}, ("background",)),
        ({"format": "jpeg", "background": "transparent"}, ("background",)),
        ({"colour": "red"}, ("colour",)),
        ({"layout": "justified", "rows": 2}, ("rows",)),
        ({"layout": "horizontal", "overlap": "find"}, ("overlap",)),
        ({"layout": "grid", "band": "auto"}, ("band",)),
        ({"overlap": "find", "band": "auto"}, ("band",)),
        ({"band": "50%"}, ("band",)),
        ({"band": "60%-50%"}, ("band",)),
        ({"band": "60%-101%"}, ("band",)),
        ({"band": 50}, ("band",)),
        ({"cut": 0}, ("cut",)),
        ({"cut": "often"}, ("cut",)),
        ({"cut": True}, ("cut",)),
        ({"scale": 0}, ("scale",)),
        ({"scale": 101}, ("scale",)),
        ({"width": 15}, ("width",)),
        ({"column_weights": [0]}, ("column_weights", 0)),
        ({"row_weights": [float("inf")]}, ("row_weights", 0)),
        ({"column_weights": [1001]}, ("column_weights", 0)),
        ({"areas": []}, ("areas",)),
        ({"layout": "template", "areas": ["a " * 101]}, ("areas",)),
        ({"layout": "template", "areas": ROWS_OF_501_CELLS}, ("areas",)),
        ({"format": "webp", "lossless": True, "max_bytes": 9999}, ("max_bytes",)),
        ({"band": "72-96"}, ("band",)),
        ({"band": " 72% - 96% "}, ("band",)),
        ({"inputs": [{"file": "one", "caption": "x" * 477}] * 21}, ("inputs",)),
        ({"areas": [""]}, ("areas", 0)),
        ({"border_color": "black"}, ("border_color",)),
        ({"watermark_opacity": 0}, ("watermark_opacity",)),
        ({"watermark": "logo"}, ("watermark",)),
        ({"format": "png", "lossless": True}, ("lossless",)),
        ({"format": "webp", "progressive": True}, ("progressive",)),
        ({"format": "jpeg", "colors": 16}, ("colors",)),
        ({"format": "png", "max_bytes": 10_000}, ("max_bytes",)),
        ({"max_bytes": 999}, ("max_bytes",)),
        ({"format": "pdf", "background": "transparent"}, ("background",)),
        ({"inputs": [{"file": "one", "turn": 45}, {"file": "two"}]}, ("inputs", 0, "turn")),
        (
            {"inputs": [{"file": "one", "caption": "x" * 501}, {"file": "two"}]},
            ("inputs", 0, "caption"),
        ),
        *(
            (
                {"inputs": [{"file": "one"}, {"file": "two", "crop": {"left": left}}]},
                ("inputs", 1, "crop", "left"),
            )
            for left in (-1, 1.0, True, False, "5", "5 %", "101%", "-1%", "\u0665%", None)
        ),
    ],
)
def test_each_mistake_names_its_field_once(
    fields: dict[str, Any], place: tuple[str | int, ...]
) -> None:
    body = {**TWO, **fields}
    with pytest.raises(ValidationError) as from_python:
        StitchRequest.model_validate(body)
    with pytest.raises(ValidationError) as from_json:
        StitchRequest.model_validate_json(json.dumps(body))

    for caught in (from_python.value, from_json.value):
        assert caught.errors()[0]["loc"] == place
        # a list may be wrong in several of its places
        assert caught.error_count() == 1 or place[0] == "inputs"


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        StitchRequest.model_validate({"inputs": [], "fit": -1, "gap": -1, "quality": 0, "x": 1})

    places = {error["loc"][0] for error in caught.value.errors()}
    assert places == {"inputs", "fit", "gap", "quality", "x"}


def test_a_mistake_in_the_layout_does_not_blame_the_columns_too() -> None:
    with pytest.raises(ValidationError) as caught:
        StitchRequest.model_validate({**TWO, "layout": "x", "columns": 2})

    assert [error["loc"] for error in caught.value.errors()] == [("layout",)]


def test_the_schema_that_users_see_agrees() -> None:
    validator = jsonschema.Draft202012Validator(StitchRequest.model_json_schema())
    good: list[dict[str, Any]] = [
        {},
        {"fit": 400, "background": "#a0b1c2"},
        {"fit": "largest", "background": "transparent"},
        {"band": "72%-96%", "cut": "limit"},
        {"band": "auto", "cut": 300},
        ALONE,
        {"inputs": [{"file": "one", "crop": {"left": "5%", "top": 7}}, {"file": "two"}]},
    ]
    bad: list[dict[str, Any]] = [
        {"fit": 0},
        {"fit": "widest"},
        {"background": "red"},
        {"inputs": []},
        {"unknown": 1},
        {"band": "72-96"},
        {"band": " 72% - 96% "},
        {"band": "72.1234%-96%"},
        {"band": "72%-101%"},
        {"cut": "often"},
        {"inputs": [{"file": "one", "crop": {"left": "5"}}, {"file": "two"}]},
    ]

    assert all(validator.is_valid({**TWO, **fields}) for fields in good)
    assert not any(validator.is_valid({**TWO, **fields}) for fields in bad)


def test_every_field_is_described() -> None:
    properties = StitchRequest.model_json_schema()["properties"]

    assert all(field["description"] for field in properties.values())


def test_a_watermark_is_a_text_or_a_picture() -> None:
    with pytest.raises(ValidationError, match="one of the two"):
        StitchRequest.model_validate(
            {
                "inputs": [{"file": "a"}, {"file": "b"}],
                "watermark_text": "Mine",
                "watermark": {"file": "c"},
            }
        )
