"""The arguments and options of a command, from the fields of a request.

Owns: which field takes the arguments, what an option is called, what it says of itself and under
which heading.
Never: judges a value; the request's own type does.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, get_args, get_origin

import click

from actors.capability import FileInput, Request
from web.fields import Field
from web.outputs import Output
from web.shown import shown
from web.wording import MOST_OF_A_NAME, flag_of

_ROOM: Final = 20
"""Characters of what an option takes that still stand beside it; longer lists follow in words."""

_OTHERS: Final = "Besides"
"""The heading of fields that belong to no subject of their own."""


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
        with _looking_at(value, param, ctx):
            output = value if isinstance(value, Output) else Output.of(value)
            folder = output.path if output.folder else output.path.parent
            is_there = folder.is_dir()
        if not (output.folder or is_there):
            self.fail(f"there is no folder {folder}; make it first", param, ctx)
        if is_there and not os.access(folder, os.W_OK | os.X_OK):
            self.fail(f"nothing can be written into the folder {folder}", param, ctx)
        return output


class InputType(click.Path):
    """A file of the caller's that can be read."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Its path; what else it is, in words that tell the next step."""
        path, name = Path(value), shown(str(value), MOST_OF_A_NAME)
        with _looking_at(value, param, ctx):
            is_folder, is_there = path.is_dir(), path.exists()
        if is_folder:
            told = f"{name} is a folder; name the files in it, such as {name.rstrip('/')}/*"
            self.fail(told, param, ctx)
        if not is_there:
            self.fail(f"there is no file {name}{_of_a_pattern(name)}", param, ctx)
        if not os.access(path, os.R_OK):
            self.fail(f"you may not read {name}", param, ctx)
        return super().convert(value, param, ctx)


@contextmanager
def _looking_at(
    value: Any, param: click.Parameter | None, ctx: click.Context | None
) -> Iterator[None]:
    """Tells what cannot be looked at: its name is too long, or a folder above it is not ours.

    Raises:
        click.BadParameter: in place of what the system says.
    """
    try:
        yield
    except OSError as error:
        name = shown(str(value), MOST_OF_A_NAME)
        told = f"{name} cannot be looked at: {error.strerror}"
        raise click.BadParameter(told, ctx=ctx, param=param) from error


def _of_a_pattern(name: str) -> str:
    """A shell hands on a pattern that nothing fits, as if it were a name."""
    return ", nor any that fits this pattern" if set(name) & set("*?[") else ""


AS_JSON = click.Option(
    ["--json", "as_json"],
    is_flag=True,
    help="print the outcome, or what went wrong, as one JSON object",
)
FORECAST = click.Option(
    ["--forecast", "forecast_only"], is_flag=True, help="tell what it would make, and make nothing"
)
FILE = InputType()


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
    return click.Argument(
        ["subjects"],
        metavar=subject.metavar,
        nargs=-1 if subject.many else 1,
        required=True,
        type=FILE if subject.files else str,
    )


def output_option(*, names_format: bool) -> click.Option:
    """Where the result goes; `names_format`: the file's ending says of which format it is."""
    ending = ", whose ending says the format," if names_format else ""
    return click.Option(
        ["-o", "--output"],
        type=OutputType(),
        default=".",
        metavar="PATH",
        help=f"file to write{ending} or folder (for several, or with a / at its end); this folder "
        "if not given. Only a file that is named here is written over",
    )


def options_of(fields: Mapping[str, Field]) -> list[click.Option]:
    """An option for each field; one that is true or false is a flag, and its opposite."""
    return [
        click.Option(
            [_flags(field), name],
            metavar=None if _is_switch(field) else _metavar(field),
            multiple=field.each,
            type=bool if _is_switch(field) else FILE if field.is_file else str,
            default=None,
            help=_help(field),
        )
        for name, field in fields.items()
    ]


def headings_of(
    request_type: type[Request], subject: Subject, fields: Mapping[str, Field]
) -> dict[str, str]:
    """The heading of each field's option: what the class that declares the field says of itself."""
    bases = [part for part in request_type.__mro__[1:] if issubclass(part, Request)]
    declared: dict[str, str] = {}
    for part in reversed(bases):  # from the base down: who has a field first has declared it
        for name in part.model_fields:
            declared.setdefault(name, _heading(part))
    each = _items(request_type.model_fields[subject.field].annotation)
    of_each = _heading(each) if _is_file(each) else _OTHERS
    return {
        name: of_each if field.each else declared.get(name, _OTHERS)
        for name, field in fields.items()
    }


def texts_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Click's values of options as texts: a flag says `true` or `false`, as JSON does."""
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in values.items()
    }


def _heading(part: type) -> str:
    """The first sentence of a class, without its full stop."""
    return (part.__doc__ or _OTHERS).strip().splitlines()[0].rstrip(".")


def _is_switch(field: Field) -> bool:
    return field.schema.get("type") == "boolean" and not field.each


def _flags(field: Field) -> str:
    flag = flag_of(field.name)
    return f"{flag}/--no-{flag.removeprefix('--')}" if _is_switch(field) else flag


def _metavar(field: Field) -> str:
    """What an option takes, where that is short; else of what form it is."""
    if len(field.words) <= _ROOM:
        return field.words
    form = "NAME:VALUE,..." if _holds(field) else "WORD"
    return f"[N=]{form}" if field.each else form


def _help(field: Field) -> str:
    """What it is, the words that it takes if nothing said them yet, and what is so without it."""
    description, default = field.schema.get("description", ""), field.schema.get("default")
    described = f"{description}{_choices(field, description)}"
    if field.each:
        return f"{described}; N= for the Nth alone"
    if default is None or default is False or not str(default):
        return described
    return f"{described}  [{default}]"


def _choices(field: Field, description: str) -> str:
    if len(field.words) <= _ROOM:
        return ""
    taken = field.words.removeprefix("[N=]")
    words = (
        [part.partition(":")[0] for part in taken.split(",")]
        if _holds(field)
        else (taken.split("|"))
    )
    if all(word in description for word in words if word.islower()):
        return ""
    return f": {', '.join(words)}"


def _holds(field: Field) -> bool:
    """Whether it takes an object."""
    parts = field.schema.get("anyOf", [field.schema])
    return any(part.get("type") == "object" for part in parts)
