"""One job without a server: the command of each capability.

Owns: the translation from a request's JSON Schema to a command's arguments and options, and the
way from files of the caller to files of the caller.
Never: knows a particular capability: a new one has its command by being there.

The job takes the same way as in the service: through a tree of its own in a temporary folder, with
a journal in memory, since nothing needs to outlast the command.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import click
import trio
from pydantic import ValidationError

from actors.capability import AnyCapability, FileInput, Request
from actors.errors import Reported, StitcheryError
from actors.journal.memory import MemoryJournal
from actors.lifecycle import has_ended
from actors.messages import JobRecord, JobView, Options, Progress, Snapshot
from actors.session import Session
from actors.tree import Stitchery, open_stitchery
from conf.settings import Settings
from web.bars import Bars
from web.edge_rules import leaves_of
from web.errors import Mistake, mistakes_of
from web.outputs import Output, UnwritableError, write
from web.terminal import err, fail, run

_CHUNK = 1 << 20

_NO_FILE = "0" * 26
"""Stands for a file's id while only the rest of a request is looked at."""


@dataclass(frozen=True, slots=True)
class _Subject:
    """The one field that takes the command's arguments: files of the caller, or plain texts."""

    field: str
    many: bool
    files: bool

    @property
    def metavar(self) -> str:
        """What the arguments are called in the command's help."""
        return f"{self.field.upper()}{'...' if self.many else ''}"


class _OutputType(click.ParamType[Output]):
    """A file in a folder that is there, or a folder."""

    name = "path"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Output:
        output = value if isinstance(value, Output) else Output.of(value)
        if not (output.folder or output.path.parent.is_dir()):
            self.fail(f"there is no folder {output.path.parent}", param, ctx)
        return output


def command(
    capability: AnyCapability, settings: Callable[[], AbstractContextManager[Settings]]
) -> click.Command:
    """The command of a capability: its list or input field as arguments, the rest as options.

    `settings` opens those of one call, with a data folder of its own.
    """
    subject = _subject(capability.request_type)
    fields = capability.request_type.model_json_schema()["properties"]

    def act(subjects: Any, output: Output, *, as_json: bool, **values: str | None) -> None:
        given = tuple(subjects) if subject.many else (subjects,)
        wishes = {
            name: _value(text, fields[name]) for name, text in values.items() if text is not None
        }
        order = _Order(capability, subject, given, wishes, output, as_json)
        order.check()
        with settings() as found:
            _carry_out(order, found)

    return click.Command(
        capability.name,
        callback=act,
        params=[_argument(subject), *_options(fields, subject), _OUTPUT, _AS_JSON],
        help=f"{capability.summary}\n\nRuns here and now, without a server.",
        short_help=capability.summary,
    )


def _carry_out(order: "_Order", settings: Settings) -> None:
    """Runs the order; the end of the program when it fails."""
    try:
        run(order.run, settings)
    except* (StitcheryError, UnwritableError) as errors:
        fail("; ".join(map(order.told, leaves_of(errors))))


@dataclass(frozen=True, slots=True)
class _Order:
    """One call of a command, as it was given."""

    capability: AnyCapability
    subject: _Subject
    given: tuple[Any, ...]
    wishes: Mapping[str, Any]
    output: Output
    as_json: bool

    def check(self) -> None:
        """Looks at the options before anything is begun.

        Raises:
            click.UsageError: naming every option that is not as it should be.
        """
        stand_ins = [{"file": _NO_FILE}] * len(self.given) if self.subject.files else self.given
        try:
            self._request(list(stand_ins))
        except ValidationError as error:
            told = "\n".join(map(self._option_and_mistake, mistakes_of(error)))
            raise click.UsageError(told) from None

    async def run(self, settings: Settings) -> None:
        """Does the job, and reports what it made."""
        only = {self.capability.name: self.capability}
        async with open_stitchery(
            settings, capabilities=only, journal=MemoryJournal()
        ) as stitchery:
            session = await stitchery.sessions.create()
            most = settings.limits.max_upload_mb << 20
            request = self._request(await self._subjects(session, most))
            record = await self._live(session, request)
            if record.error is not None:
                raise Reported(record.error)
            self._report(record, self._write(stitchery, record))

    def told(self, error: BaseException) -> str:
        """An error's words, with the argument's own name where one is to blame."""
        if isinstance(error, StitcheryError):
            problem = error.problem()
            match (problem.field or "").split("/"):
                case ["", self.subject.field, place, *_] if place.isdigit():
                    return f"{self.given[int(place)]}: {problem.detail}"
        return str(error)

    # --- inside -----------------------------------------------------------------------------------

    def _request(self, subjects: list[Any]) -> Request:
        document = {
            **self.wishes,
            self.subject.field: subjects if self.subject.many else subjects[0],
        }
        request_type: type[Request] = self.capability.request_type
        return request_type.model_validate_json(json.dumps(document))

    async def _subjects(self, session: Session, most_bytes: int) -> list[Any]:
        """What stands in the request for the arguments: texts as they are, files by their ids."""
        if not self.subject.files:
            return list(self.given)
        async with AsyncExitStack() as parts:
            taken = []
            for place, path in enumerate(self.given):
                part = await parts.enter_async_context(session.receive_part(most_bytes))
                try:
                    async with await trio.open_file(path, "rb") as source:
                        while chunk := await source.read(_CHUNK):
                            await part.write(chunk)
                    taken.append((part, await session.examine(part, path.name)))
                except StitcheryError as error:
                    error.field = f"/{self.subject.field}/{place}"
                    raise
            await session.take_files(taken)
        return [{"file": record.id} for _, record in taken]

    async def _live(self, session: Session, request: Request) -> JobRecord:
        """The job as it ended."""
        with Bars(err) as bars, session.watch() as watcher:
            view = await session.submit(self.capability.name, request, Options())
            self._show(bars, view)
            while not has_ended(view.record.state):
                event = await watcher.next()
                if not isinstance(event, Snapshot):
                    view = event.view
                    self._show(bars, view)
        return view.record

    def _show(self, bars: Bars, view: JobView) -> None:
        progress = view.progress or Progress(fraction=0, step="")
        bars.show(self.capability.name, view.record.state, progress.fraction, progress.step)

    def _write(self, stitchery: Stitchery, record: JobRecord) -> list[Path]:
        files = () if record.result is None else record.result.files
        written = []
        for file in files:
            target = self.output.place(file.name, one_of_many=len(files) > 1)
            write(stitchery.services.workspace.path(record.session, file.id), target)
            written.append(target)
        return written

    def _report(self, record: JobRecord, written: list[Path]) -> None:
        data = {} if record.result is None else dict(record.result.data)
        if self.as_json:
            click.echo(json.dumps({"files": [str(path) for path in written], "data": data}))
            return
        for path in written:
            err.print(f"✓ {path}", style="green", markup=False, soft_wrap=True)

    def _option_and_mistake(self, mistake: Mistake) -> str:
        name = mistake["field"].split("/")[1]
        option = self.subject.metavar if name == self.subject.field else _option(name)
        return f"{option}: {mistake['detail']}"


# --- from a schema to a command line --------------------------------------------------------------

_OUTPUT = click.Option(
    ["-o", "--output"],
    type=_OutputType(),
    default=".",
    help="File to write, or folder (for several, or with a / at its end); this folder if not "
    "given. Only a file that is named here is written over.",
)
_AS_JSON = click.Option(["--json", "as_json"], is_flag=True, help="Print the outcome as JSON.")

_WORDS = {"integer": "NUMBER", "number": "NUMBER", "string": "TEXT", "boolean": "true|false"}


def _subject(request_type: type[Request]) -> _Subject:
    for name, field in request_type.model_fields.items():
        inner = _items(field.annotation)
        if inner is FileInput or field.annotation is FileInput:
            return _Subject(name, many=inner is not None, files=True)
        if inner is str and field.is_required():
            return _Subject(name, many=True, files=False)
    raise TypeError(f"{request_type.__name__} has no field that a command's arguments could fill")


def _items(annotation: Any) -> Any:
    """What a list is of, without its constraints; None when it is no list."""
    if get_origin(annotation) is not list:
        return None
    item = get_args(annotation)[0]
    return get_args(item)[0] if get_origin(item) is Annotated else item


def _argument(subject: _Subject) -> click.Argument:
    kind = click.Path(exists=True, dir_okay=False, path_type=Path) if subject.files else str
    return click.Argument(
        ["subjects"],
        metavar=subject.metavar,
        nargs=-1 if subject.many else 1,
        required=True,
        type=kind,
    )


def _options(fields: Mapping[str, Any], subject: _Subject) -> list[click.Option]:
    return [
        click.Option(
            [_option(name), name],
            metavar=_words(schema),
            help=_help(schema.get("description", ""), schema.get("default")),
        )
        for name, schema in fields.items()
        if name != subject.field
    ]


def _option(field: str) -> str:
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


def _value(text: str, schema: Mapping[str, Any]) -> Any:
    """What a text of the command line is in JSON: itself where a text is wanted, else `90`."""
    if schema.get("type") == "string":
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # no JSON, or numbers and depths beyond reason
        return text
