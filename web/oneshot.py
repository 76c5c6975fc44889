"""One job without a server: the command of each capability.

Owns: the translation from a request's JSON Schema to a command's arguments and options, and the
way from files of the caller to files of the caller.
Never: knows a particular capability: a new one has its command by being there.

The job takes the same way as in the service: through a tree of its own in a temporary folder, with
a journal in memory, since nothing needs to outlast the command.
"""

import itertools
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import click
import trio
from pydantic import ValidationError
from pydantic_core import PydanticUndefined
from rich.console import Console

from actors.capability import AnyCapability, FileInput, Request
from actors.errors import Problem, Reported, StitcheryError
from actors.journal.memory import MemoryJournal
from actors.lifecycle import State, has_ended
from actors.messages import JobRecord, JobView, Options, Snapshot
from actors.session import Session
from actors.tree import Stitchery, open_stitchery
from conf.load import load
from conf.settings import Limits
from web.bars import Bars
from web.errors import invalid

EXIT_FAILED = 1
"""The job failed; 2 is left to mistakes in the command itself."""


@dataclass(frozen=True, slots=True)
class _Subject:
    """The one field that takes the command's arguments: files of the caller, or plain texts."""

    field: str
    many: bool
    files: bool


def command(capability: AnyCapability, console: Console) -> click.Command:
    """The command of a capability: its list or input field as arguments, the rest as options."""
    subject = _subject(capability.request_type)
    kind = click.Path(exists=True, dir_okay=False, path_type=Path) if subject.files else str
    arguments: list[click.Parameter] = [
        click.Argument(
            ["subjects"],
            metavar=f"{subject.field.upper()}{'...' if subject.many else ''}",
            nargs=-1 if subject.many else 1,
            required=True,
            type=kind,
        )
    ]
    fields = capability.request_type.model_fields
    options = [
        click.Option(
            [f"--{name.replace('_', '-')}", name],
            help=_help(field.description, field.get_default()),
            metavar="VALUE",
        )
        for name, field in fields.items()
        if name != subject.field
    ]
    output = click.Option(
        ["-o", "--output"],
        type=click.Path(path_type=Path),
        default=Path(),
        help="File to write, or folder for several; this folder if not given.",
    )
    as_json = click.Option(["--json", "as_json"], is_flag=True, help="Print the outcome as JSON.")

    def run(
        subjects: tuple[Any, ...] | Any,
        output: Path,
        *,
        as_json: bool,
        **values: str | None,
    ) -> None:
        given = subjects if subject.many else (subjects,)
        order = _Order(capability, subject, tuple(given), values, output)
        sys.exit(trio.run(order.run, console, as_json))

    return click.Command(
        capability.name,
        callback=run,
        params=[*arguments, *options, output, as_json],
        help=f"{capability.summary}\n\nRuns here and now, without a server.",
        short_help=capability.summary,
    )


@dataclass(frozen=True, slots=True)
class _Order:
    """One call of a command, as it was given."""

    capability: AnyCapability
    subject: _Subject
    given: tuple[Any, ...]
    values: Mapping[str, str | None]
    output: Path

    async def run(self, console: Console, as_json: bool) -> int:  # noqa: FBT001 -- from trio.run
        """Does the job; the exit status."""
        with tempfile.TemporaryDirectory(prefix="stitchery-") as folder:
            settings = load(
                environ={},
                sections={self.capability.name: self.capability.settings_type},
                overrides={"storage": {"data": folder}},
            )
            try:
                async with open_stitchery(
                    settings,
                    capabilities={self.capability.name: self.capability},
                    journal=MemoryJournal(),
                ) as stitchery:
                    return await self._run(stitchery, console, as_json=as_json)
            except* StitcheryError as errors:
                for error in _leaves(errors):
                    console.print(f"✗ {self._told(error.problem())}", style="red", markup=False)
        return EXIT_FAILED

    async def _run(self, stitchery: Stitchery, console: Console, *, as_json: bool) -> int:
        session = await stitchery.sessions.create()
        request = self._request(await self._subjects(session, stitchery.services.settings.limits))
        with Bars(console) as bars, session.watch() as watcher:
            view = await session.submit(self.capability.name, request, Options())
            self._show(bars, view)
            while not has_ended(view.record.state):
                event = await watcher.next()
                if not isinstance(event, Snapshot):
                    view = event.view
                    self._show(bars, view)
        if view.record.error is not None:
            raise Reported(view.record.error)
        written = self._write(stitchery, view.record)
        self._report(view.record, written, console, as_json=as_json)
        return 0

    def _show(self, bars: Bars, view: JobView) -> None:
        ended = view.record.state is State.SUCCEEDED
        fraction = 1.0 if ended else view.progress.fraction if view.progress else 0.0
        step = "" if ended or view.progress is None else view.progress.step
        bars.show(self.capability.name, view.record.state, fraction, step)

    async def _subjects(self, session: Session, limits: Limits) -> list[Any]:
        """What stands in the request for the arguments: texts as they are, files by their ids."""
        if not self.subject.files:
            return list(self.given)
        inputs = []
        async with AsyncExitStack() as parts:
            taken = []
            most = limits.max_upload_mb << 20
            for index, path in enumerate(self.given):
                part = await parts.enter_async_context(session.receive_part(most))
                try:
                    async with await trio.open_file(path, "rb") as source:
                        while chunk := await source.read(_CHUNK):
                            await part.write(chunk)
                    taken.append((part, await session.examine(part, path.name)))
                except StitcheryError as error:
                    error.field = f"/{self.subject.field}/{index}"
                    raise
                inputs.append({"file": part.id})
            await session.take_files(taken)
        return inputs

    def _request(self, subjects: list[Any]) -> Request:
        document: dict[str, Any] = {
            name: _value(text) for name, text in self.values.items() if text is not None
        }
        document[self.subject.field] = subjects if self.subject.many else subjects[0]
        request_type: type[Request] = self.capability.request_type
        try:
            return request_type.model_validate_json(json.dumps(document))
        except ValidationError as error:
            raise invalid(error) from None

    def _write(self, stitchery: Stitchery, record: JobRecord) -> list[Path]:
        """Puts the results where they were asked for, each whole or not at all."""
        files = () if record.result is None else record.result.files
        folder = self.output.is_dir() or len(files) > 1
        if folder:
            self.output.mkdir(parents=True, exist_ok=True)
        written = []
        for file in files:
            source = stitchery.services.workspace.path(record.session, file.id)
            wanted = self.output / file.name if folder else self.output
            target = unused(wanted) if folder else wanted
            draft = target.with_name(f".{target.name}.{file.id}")
            shutil.copyfile(source, draft)
            draft.replace(target)
            written.append(target)
        return written

    def _report(
        self, record: JobRecord, written: list[Path], console: Console, *, as_json: bool
    ) -> None:
        data = {} if record.result is None else dict(record.result.data)
        if as_json:
            click.echo(json.dumps({"files": [str(path) for path in written], "data": data}))
            return
        for path in written:
            console.print(f"✓ {path}", style="green", markup=False)

    def _told(self, problem: Problem) -> str:
        """The problem's words, with the argument's own name where one is to blame."""
        steps = (problem.field or "").split("/")
        if steps[1:2] == [self.subject.field] and len(steps) > 2 and steps[2].isdigit():  # noqa: PLR2004 -- /field/index
            return f"{self.given[int(steps[2])]}: {problem.detail}"
        return problem.detail


_CHUNK = 1 << 20


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


def _help(description: str | None, default: object) -> str:
    known = default is not None and default is not PydanticUndefined
    return f"{description or ''}{f'  [{default}]' if known else ''}"


def _value(text: str) -> Any:
    """The JSON that a text is, or else the text: `--quality 90`, `--layout grid`."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def unused(path: Path) -> Path:
    """The path, or one with a number when there is such a file already."""
    candidates = (path.with_stem(f"{path.stem}-{number}") for number in itertools.count(2))
    return next(path for path in itertools.chain([path], candidates) if not path.exists())


def _leaves(group: BaseExceptionGroup[StitcheryError]) -> Iterator[StitcheryError]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
