"""From the JSON Schema of a request to the arguments and options of a command, and back.

Owns: which field takes the arguments, what an option is called, what it takes, what its text means.
Never: judges a value; the request's own type does.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import click

from actors.capability import FileInput, Request
from web.outputs import Output


@dataclass(frozen=True, slots=True)
class Subject:
    """The one field that takes the command's arguments: files of the caller, or plain texts."""

    field: str
    many: bool
    files: bool

    @property
    def metavar(self) -> str:
        """What the arguments are called in the command's help."""
        return f"{self.field.upper()}{'...' if self.many else ''}"


class OutputType(click.ParamType[Output]):
    """A file in a folder that is there, or a folder."""

    name = "path"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Output:
        """What the text says; refused before any work when it cannot be written there."""
        output = value if isinstance(value, Output) else Output.of(value)
        if not (output.folder or output.path.parent.is_dir()):
            self.fail(f"there is no folder {output.path.parent}", param, ctx)
        return output


OUTPUT = click.Option(
    ["-o", "--output"],
    type=OutputType(),
    default=".",
    help="File to write, or folder (for several, or with a / at its end); this folder if not "
    "given. Only a file that is named here is written over.",
)
AS_JSON = click.Option(["--json", "as_json"], is_flag=True, help="Print the outcome as JSON.")

_WORDS = {"integer": "NUMBER", "number": "NUMBER", "string": "TEXT", "boolean": "true|false"}


def subject_of(request_type: type[Request]) -> Subject:
    """The field for the arguments: the one that names files, else the first list of texts.

    Raises:
        TypeError: there is no such field.
    """
    for name, field in request_type.model_fields.items():
        inner = _items(field.annotation)
        if _is_file(inner) or _is_file(field.annotation):
            return Subject(name, many=inner is not None, files=True)
        if inner is str and field.is_required():
            return Subject(name, many=True, files=False)
    raise TypeError(f"{request_type.__name__} has no field that a command's arguments could fill")


def _items(annotation: Any) -> Any:
    """What a list is of, without its constraints; None when it is no list."""
    if get_origin(annotation) is not list:
        return None
    item = get_args(annotation)[0]
    return get_args(item)[0] if get_origin(item) is Annotated else item


def _is_file(annotation: Any) -> bool:
    """Whether it is an input, or one of a capability's own, which says more of the file."""
    return isinstance(annotation, type) and issubclass(annotation, FileInput)


def argument_of(subject: Subject) -> click.Argument:
    """The arguments that are the subject's."""
    kind = click.Path(exists=True, dir_okay=False, path_type=Path) if subject.files else str
    return click.Argument(
        ["subjects"],
        metavar=subject.metavar,
        nargs=-1 if subject.many else 1,
        required=True,
        type=kind,
    )


def options_of(fields: Mapping[str, Any], subject: Subject) -> list[click.Option]:
    """An option for each field but the subject's; `fields` are their JSON Schemas."""
    return [
        click.Option(
            [flag_of(name), name],
            metavar=_words(schema),
            help=_help(schema.get("description", ""), schema.get("default")),
        )
        for name, schema in fields.items()
        if name != subject.field
    ]


def flag_of(field: str) -> str:
    """What the option of a field is called."""
    return f"--{field.replace('_', '-')}"


def _words(schema: Mapping[str, Any]) -> str:
    """What an option takes: its values, or what kind of value."""
    if "anyOf" in schema:
        return "|".join(_words(part) for part in schema["anyOf"] if part.get("type") != "null")
    if "enum" in schema:
        return "|".join(map(str, schema["enum"]))
    return _WORDS.get(schema.get("type", ""), "VALUE")


def _help(description: str, default: object) -> str:
    return description if default is None else f"{description}  [{default}]"


def value_of(text: str, schema: Mapping[str, Any]) -> Any:
    """What a text of the command line is in JSON: itself where a text is wanted, else `90`."""
    if schema.get("type") == "string":
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # no JSON, or numbers and depths beyond reason
        return text
