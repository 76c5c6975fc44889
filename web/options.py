"""The arguments and options of a command, from the fields of a request.

Owns: which field takes the arguments, what an option is called, what it says of itself.
Never: judges a value; the request's own type does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import click

from actors.capability import FileInput, Request
from web.fields import Field
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
FORECAST = click.Option(
    ["--forecast", "forecast_only"],
    is_flag=True,
    help="Tell what it would make, and make nothing.",
)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


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
    kind = FILE if subject.files else str
    return click.Argument(
        ["subjects"],
        metavar=subject.metavar,
        nargs=-1 if subject.many else 1,
        required=True,
        type=kind,
    )


def options_of(fields: Mapping[str, Field]) -> list[click.Option]:
    """An option for each field."""
    return [
        click.Option(
            [flag_of(name), name],
            metavar=field.brief,
            multiple=field.each,
            type=FILE if field.is_file else str,
            help=_help(field),
        )
        for name, field in fields.items()
    ]


def flag_of(field: str) -> str:
    """What the option of a field is called."""
    return f"--{field.replace('_', '-')}"


def _help(field: Field) -> str:
    description, default = field.schema.get("description", ""), field.schema.get("default")
    if field.each:
        return f"{description}; of all, or of the Nth: N={field.words.removeprefix('[N=]')}"
    if field.brief != field.words:
        description = f"{description}: {field.words.replace('|', ', ')}"
    return description if default is None else f"{description}  [{default}]"
