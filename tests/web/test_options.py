from enum import StrEnum
from typing import Annotated

import click
import pytest
from click.testing import CliRunner
from pydantic import Field

from actors.capability import FileInput, Request
from web.fields import fields_of
from web.options import (
    Subject,
    argument_of,
    headings_of,
    options_of,
    output_option,
    subject_of,
    texts_of,
)
from web.wording import flag_of


class Size(StrEnum):
    SMALL = "small"


class Dub(Request):
    """One file, and what is wished."""

    input: FileInput
    target_language: str = Field(description="into which")
    source_language: str | None = Field(None, description="from which")
    speed: float = 1.0
    size: Size = Size.SMALL


class Notes(Request):
    """Texts of a bounded length."""

    quality: int = 3
    lines: list[Annotated[str, Field(max_length=9)]]


class Join(Request):
    """Several files, after texts that are no subject."""

    tags: list[str] = Field(default_factory=list)
    pictures: list[FileInput]


@pytest.mark.parametrize(
    ("request_type", "expected"),
    [
        (Dub, Subject("input", many=False, files=True)),
        (Notes, Subject("lines", many=True, files=False)),
        (Join, Subject("pictures", many=True, files=True)),
    ],
)
def test_the_arguments_are_the_files_or_the_texts_that_a_request_needs(
    request_type: type[Request], expected: Subject
) -> None:
    assert subject_of(request_type) == expected


def test_a_request_without_such_a_field_has_no_command() -> None:
    with pytest.raises(TypeError, match="Request"):
        subject_of(Request)


def test_every_other_field_is_an_option_that_says_what_it_takes() -> None:
    options = {option.name: option for option in options_of(fields_of(Dub, "input"))}
    assert list(options) == ["target_language", "source_language", "speed", "size"]
    assert options["target_language"].opts == [flag_of("target_language")] == ["--target-language"]
    assert [option.metavar for option in options.values()] == ["TEXT", "TEXT", "NUMBER", "small"]
    assert options["target_language"].help == "into which"
    assert "[1.0]" in str(options["speed"].help)


@pytest.mark.parametrize(("many", "given"), [(True, ["a", "b"]), (True, ["a"]), (False, ["a"])])
def test_one_or_many_arguments_as_the_field_is(many: bool, given: list[str]) -> None:  # noqa: FBT001 -- from parametrize
    seen: list[object] = []
    argument = argument_of(Subject("lines", many=many, files=False))
    command = click.Command(
        "x",
        params=[argument, output_option(names_format=False)],
        callback=lambda **how: seen.append(how),
    )
    assert CliRunner().invoke(command, given).exit_code == 0
    [how] = seen
    assert isinstance(how, dict)
    assert how["subjects"] == (tuple(given) if many else given[0])
    assert how["output"].folder is True, "this folder, if no other is named"
    assert CliRunner().invoke(command, []).exit_code == 2


class Drawn(Request):
    """How it is drawn."""

    fine: bool = Field(False, description="whether it is fine")
    corner: str = Field(
        "north", description="where", json_schema_extra={"enum": ["north", "north_east", "south"]}
    )


class Draw(Drawn):
    """A request of parts."""

    pictures: list[FileInput]
    last: str = ""


def test_what_is_true_or_false_is_a_flag_and_its_opposite() -> None:
    seen: list[object] = []
    options = options_of(fields_of(Draw, "pictures"))
    command = click.Command("x", params=list(options), callback=lambda **how: seen.append(how))
    for arguments in ([], ["--fine"], ["--no-fine"]):
        assert CliRunner().invoke(command, arguments).exit_code == 0
    assert [texts_of(how)["fine"] for how in seen if isinstance(how, dict)] == [
        None,
        "true",
        "false",
    ]
    assert CliRunner().invoke(command, ["--fine", "true"]).exit_code == 2


def test_long_lists_of_words_stand_in_the_description() -> None:
    options = {option.name: option for option in options_of(fields_of(Draw, "pictures"))}
    assert options["corner"].metavar == "WORD"
    assert options["corner"].help == "where: north, north_east, south  [north]"


def test_an_option_stands_under_what_the_class_of_its_field_says_of_itself() -> None:
    fields = fields_of(Draw, "pictures")
    headings = headings_of(Draw, subject_of(Draw), fields)
    assert headings == {"fine": "How it is drawn", "corner": "How it is drawn", "last": "Besides"}
