"""STITCHERY_SECTION__KEY: names, and values out of bare text."""

from typing import Literal

import pytest
from pydantic import Field

from conf.check import Given, judge
from conf.environment import read_environment, variable
from conf.mistakes import Mistake
from conf.schema import all_sections
from conf.settings import CapabilitySettings


class Paint(CapabilitySettings):
    colours: tuple[str, ...] = Field((), description="what there is to choose from")
    maker: str = Field("x", description="who mixed it")
    gloss: bool = Field(False, description="whether it shines")
    coats: int | None = Field(None, description="layers")
    surface: Literal["wall", "door"] = Field("wall", description="where it goes")


SECTIONS = all_sections({"paint": Paint})


def value(key: str, text: str) -> object:
    [given] = read_environment({variable("paint", key): text}, SECTIONS)
    assert isinstance(given, Given)
    return given.value


def test_the_name_is_section_and_key_in_capitals() -> None:
    assert variable("limits", "max_queue_size") == "STITCHERY_LIMITS__MAX_QUEUE_SIZE"


@pytest.mark.parametrize(
    ("key", "text", "meant"),
    [
        ("max_running", "3", 3),
        ("max_running", " 3 ", 3),
        ("run_timeout", "1.5", 1.5),
        ("run_timeout", "1e2", 100.0),
        ("gloss", "true", True),
        ("coats", "null", None),
        ("coats", "2", 2),
        ("surface", "door", "door"),
        ("surface", '"door"', "door"),
        ("maker", "8080", "8080"),
        ("maker", "true", "true"),
        ("maker", '"quoted"', "quoted"),
        ("maker", "{", "{"),
        ("maker", "", ""),
        ("colours", '["red", "blue"]', ["red", "blue"]),
    ],
)
def test_text_is_json_where_the_field_takes_that_and_else_text(
    key: str, text: str, meant: object
) -> None:
    assert value(key, text) == meant


@pytest.mark.parametrize("text", ["1.5", "true", "-1", "NaN", " ", "", "three", "[3]", "1_000"])
def test_text_that_is_no_whole_number_is_a_mistake_for_one(text: str) -> None:
    [given] = read_environment({"STITCHERY_PAINT__MAX_RUNNING": text}, SECTIONS)
    assert isinstance(given, Given)
    [mistake] = judge(given, SECTIONS)
    assert mistake.message.startswith("accepted is a whole number from 1 to 1,000")


@pytest.mark.parametrize(
    "name",
    ["STITCHERY_CONFIG", "STITCHERY_SERVER_PORT", "STITCHERY", "STITCHERYX__PORT", "PATH", "__"],
)
def test_other_peoples_variables_are_left_alone(name: str) -> None:
    assert list(read_environment({name: "x"}, SECTIONS)) == []


@pytest.mark.parametrize(
    ("name", "key", "hint"),
    [
        ("STITCHERY_LIMITS__MAX_QUEU_SIZE", "limits.max_queu_size", "limits.max_queue_size"),
        ("STITCHERY_limits__max_queue_size", "limits.max_queue_size", "limits.max_queue_size"),
        ("STITCHERY_LIMITS__PORT", "limits.port", "server.port"),
        ("STITCHERY_PAINT__MAX_RUNNING__X", "paint.max_running__x", "paint.max_running"),
        ("STITCHERY_DUB__HOST", "dub.host", "server.host"),
        ("STITCHERY___", '"".""', None),
    ],
)
def test_an_unknown_variable_is_told_without_its_value(
    name: str, key: str, hint: str | None
) -> None:
    [mistake] = read_environment({name: "secret"}, SECTIONS)
    assert isinstance(mistake, Mistake)
    assert mistake.where == f"environment {name}"
    assert (mistake.key, mistake.hint, mistake.value) == (key, hint, None)
