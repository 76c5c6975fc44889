"""What texts of a command line mean, by the schema of the field that they are for."""

from typing import Any

import pytest
from pydantic import Field

from actors.capability import FileInput, Request
from web.fields import fields_of


class Crop(Request):
    left: int | str = 0
    top: int | str = 0


class Picture(FileInput):
    """A subject with wishes of its own."""

    turn: int = 0
    caption: str = ""
    crop: Crop | None = None


class Join(Request):
    pictures: list[Picture]
    language: str = "en"
    other: str | None = None
    speed: float = 1.0
    areas: list[str] | None = None
    weights: list[float] = Field(default_factory=list)
    logo: FileInput | None = None


FIELDS = fields_of(Join, "pictures")


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("language", "90", "90"),
        ("language", "null", "null"),
        ("speed", "90", 90),
        ("speed", "1.5", 1.5),
        ("speed", "fast", "fast"),
        ("speed", "[1", "[1"),
        ("speed", "[" * 100_000, "[" * 100_000),
        ("speed", "9" * 5000, "9" * 5000),
        ("other", "en", "en"),
        ("areas", "a a b, a a c", ["a a b", "a a c"]),
        ("areas", '["a", "b,c"]', ["a", "b,c"]),
        ("weights", "2,1.5", [2, 1.5]),
        ("crop", "left:10%,top:20", {"left": "10%", "top": 20}),
        ("crop", '{"left": 3}', {"left": 3}),
        ("crop", "ten", "ten"),
    ],
)
def test_a_text_is_what_the_field_takes(field: str, text: str, value: object) -> None:
    assert FIELDS[field].value(text) == value


def test_fields_of_the_request_come_first_then_those_of_each_subject() -> None:
    own = ["language", "other", "speed", "areas", "weights", "logo"]
    each = ["turn", "caption", "crop"]

    assert list(FIELDS) == own + each
    assert [name for name, field in FIELDS.items() if field.each] == each
    assert [name for name, field in FIELDS.items() if field.is_file] == ["logo"]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["90"], {0: 90, 1: 90}),
        (["2=90"], {1: 90}),
        (["2=90", "180"], {0: 180, 1: 90}),
        (["180", "2=90"], {0: 180, 1: 90}),
    ],
)
def test_a_wish_is_for_one_subject_or_for_all(texts: list[str], expected: dict[int, int]) -> None:
    assert FIELDS["turn"].values(texts, 2) == expected


def test_what_is_for_a_subject_that_is_not_there_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="'7=8' is for number 7, and 2 are given"):
        FIELDS["caption"].values(["7=8"], 2)


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("language", "TEXT"),
        ("speed", "NUMBER"),
        ("areas", "TEXT,..."),
        ("logo", "PATH"),
        ("turn", "[N=]NUMBER"),
        ("crop", "[N=]left:NUMBER|TEXT,top:NUMBER|TEXT"),
    ],
)
def test_a_field_says_what_it_takes(field: str, words: Any) -> None:
    assert FIELDS[field].words == words
