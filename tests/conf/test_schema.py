"""The JSON Schema agrees with the loader, and fields are told in words."""

import json
from importlib.resources import files

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest
from pydantic import Field, SecretStr

from conf.load import PRESETS
from conf.schema import accepted, all_sections, description, is_secret, schema
from conf.sections import Section
from conf.settings import CapabilitySettings


class Host(Section):
    port: int = Field(1, ge=1, description="number")
    key: SecretStr = SecretStr("")


class Paint(CapabilitySettings):
    least: int = Field(1, ge=1, description="number")
    above: float | None = Field(None, gt=0, description="number")
    most: float = Field(1, le=2_000_000, description="number")
    free: int = Field(1, description="number")
    hosts: dict[str, Host] = Field(default_factory=dict, description="where it is shown")
    plain: dict[str, int] | None = Field(None, description="anything")
    token: SecretStr = Field(SecretStr(""), description="opens the box")


SCHEMA = schema({"paint": Paint})


def test_it_is_a_json_schema_that_knows_every_section() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert list(SCHEMA["properties"]) == list(all_sections({"paint": Paint}))
    json.dumps(SCHEMA, allow_nan=False)


@pytest.mark.parametrize(
    ("content", "right"),
    [
        ({}, True),
        ({"limits": {"max_queue_size": 5}, "paint": {"least": 2}}, True),
        ({"limits": {"max_queue_size": -5}}, False),
        ({"limits": {"max_queue_siz": 5}}, False),
        ({"dub": {}}, False),
        ({"capabilities": {}}, False),
    ],
)
def test_an_editor_finds_what_the_loader_finds(content: object, right: bool) -> None:  # noqa: FBT001
    """`right` is a case's value, not a switch."""
    assert jsonschema.Draft202012Validator(SCHEMA).is_valid(content) == right


def test_presets_fit_the_schema() -> None:
    for name in PRESETS:
        text = files("conf").joinpath("presets", f"{name}.json").read_text()
        jsonschema.validate(json.loads(text), SCHEMA)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (("max_running",), "a whole number from 1 to 1,000"),
        (("least",), "a whole number of at least 1"),
        (("above",), "a number above 0 or null"),
        (("most",), "a number up to 2,000,000"),
        (("free",), "a whole number"),
        (("token",), "text"),
        (("hosts",), None),
        (("hosts", "a"), None),
        (("hosts", "a", "port"), "a whole number of at least 1"),
        (("hosts", "a", "port", "x"), None),
        (("plain", "x"), "a whole number"),
        (("plain", 1), None),
        (("plain",), "a table, each value a whole number or null"),
    ],
)
def test_what_a_field_accepts_is_told_in_words(path: tuple[str | int, ...], words: str) -> None:
    assert accepted(Paint, *path) == words


def test_words_for_our_own_sections_never_fail() -> None:
    for name, kind in all_sections({"paint": CapabilitySettings}).items():
        for key in kind.model_fields:
            assert accepted(kind, key), f"{name}.{key}"


def test_a_choice_lists_its_options() -> None:
    log = all_sections({})["log"]
    assert accepted(log, "level") == '"debug", "info", "warning" or "error"'


def test_a_secret_is_known_as_one_wherever_it_hides() -> None:
    secrets = {key for key in Paint.model_fields if is_secret(Paint, key)}
    assert secrets == {"token", "hosts"}


def test_a_description_is_the_fields_own() -> None:
    assert description(Paint, "hosts") == "where it is shown"


def test_a_list_is_told_with_its_items() -> None:
    class Lists(Section):
        names: tuple[str, ...] = Field((), description="x")

    assert accepted(Lists, "names") == "a list, each item text"
