"""One job without a server: the command of each capability.

Owns: the way from files of the caller to files of the caller, and what is told on it.
Never: knows a particular capability: a new one has its command by being there.

The job takes the same way as in the service: through a tree of its own in a temporary folder, with
a journal in memory, since nothing needs to outlast the command.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import trio
from pydantic import ValidationError

from actors.capability import AnyCapability, Forecast, Request
from actors.errors import Problem, Reported, StitcheryError
from actors.ids import LENGTH
from actors.journal.memory import MemoryJournal
from actors.lifecycle import has_ended
from actors.messages import JobRecord, JobResult, JobView, Options, Progress, Snapshot
from actors.session import Session
from actors.tree import Stitchery, open_stitchery
from conf.settings import Settings
from web.bars import Bars
from web.consoles import err
from web.edge.rules import leaves_of
from web.fields import Wishes, fields_of
from web.mistakes import Mistake, mistakes_of
from web.options import (
    AS_JSON,
    FORECAST,
    OUTPUT,
    Subject,
    argument_of,
    flag_of,
    options_of,
    subject_of,
)
from web.outputs import Output, UnwritableError, write
from web.terminal import EXIT_FAILED, complain, run

_CHUNK = 1 << 20

_NO_FILE = "0" * LENGTH
"""Stands for a file's id while only the rest of a request is looked at."""


def command(
    capability: AnyCapability, settings: Callable[[], AbstractContextManager[Settings]]
) -> click.Command:
    """The command of a capability: its list or input field as arguments, the rest as options.

    `settings` opens those of one call, with a data folder of its own.
    """
    subject = subject_of(capability.request_type)
    fields = fields_of(capability.request_type, subject.field)
    formats = fields["format"].schema.get("enum", ()) if "format" in fields else ()

    def act(
        subjects: Any, output: Output, *, as_json: bool, forecast_only: bool, **values: Any
    ) -> None:
        given = tuple(subjects) if subject.many else (subjects,)
        try:
            wishes = Wishes.of(values, fields, len(given))
        except ValueError as error:
            raise click.UsageError(f"{error}.") from None
        named = _with_format(wishes.named, formats, output)
        order = _Order(
            capability, subject, given, replace(wishes, named=named), output, as_json, forecast_only
        )
        order.check()
        with settings() as found:
            _carry_out(order, found)

    return click.Command(
        capability.name,
        callback=act,
        params=[argument_of(subject), *options_of(fields), OUTPUT, FORECAST, AS_JSON],
        help=f"{capability.summary}\n\nRuns here and now, without a server.",
        short_help=capability.summary,
    )


def _with_format(
    wishes: Mapping[str, Any], formats: Sequence[str], output: Output
) -> Mapping[str, Any]:
    """The wishes with the format that the output's ending asks for, where there is one to choose.

    Raises:
        click.UsageError: the ending and --format, or all there are, do not agree.
    """
    if not formats:
        return wishes
    try:
        asked = output.format_among(formats)
    except UnwritableError as error:
        raise click.UsageError(str(error)) from None
    if asked is None:
        return wishes
    if wishes.get("format", asked) != asked:
        raise click.UsageError(
            f"--format {wishes['format']} does not go with {output.path.name}, a name for {asked}."
        )
    return {**wishes, "format": asked}


def _carry_out(order: "_Order", settings: Settings) -> None:
    """Runs the order; the end of the program when something of it came to nothing."""
    try:
        failures = run(order.run, settings)
    except* (StitcheryError, UnwritableError, OSError) as errors:
        failures = [told for error in leaves_of(errors) for told in order.told(error)]
    for failure in failures:
        complain(failure)
    if failures:
        sys.exit(EXIT_FAILED)


@dataclass(frozen=True, slots=True)
class _Order:
    """One call of a command, as it was given."""

    capability: AnyCapability
    subject: Subject
    given: tuple[Any, ...]
    wishes: Wishes
    output: Output
    as_json: bool
    forecast_only: bool

    def check(self) -> None:
        """Looks at the options before anything is begun.

        Raises:
            click.UsageError: naming every option that is not as it should be.
        """
        stand_ins = [_NO_FILE] * len(self.given) if self.subject.files else self.given
        try:
            self._request(list(stand_ins), dict.fromkeys(self.wishes.files, _NO_FILE))
        except ValidationError as error:
            told = "\n".join(map(self._option_and_mistake, mistakes_of(error)))
            raise click.UsageError(told) from None

    async def run(self, settings: Settings) -> list[str]:
        """Does the job, and reports what it made; the arguments that came to nothing, and why."""
        only = {self.capability.name: self.capability}
        async with open_stitchery(
            settings, capabilities=only, journal=MemoryJournal()
        ) as stitchery:
            session = await stitchery.sessions.create()
            most = settings.limits.max_upload_mb << 20
            subjects, files = await self._brought(session, most)
            request = self._request(subjects, files)
            with self._naming([place for place, id in enumerate(subjects) if id is not None]):
                if self.forecast_only:
                    self._tell(session.preflight(self.capability.name, request, Options())[0])
                    return []
                record = await self._live(session, request)
                if record.error is not None:
                    raise Reported(record.error)
            result = record.result or JobResult()
            self._report(result, self._write(stitchery, record.session, result))
            return list(self._causes(result.data))

    def told(self, error: BaseException) -> list[str]:
        """An error's words, with the argument's own name where one is to blame."""
        if not isinstance(error, StitcheryError):
            return [str(error)]
        problem = error.problem()
        match (problem.field or "").split("/"):
            case ["", self.subject.field, place, *_] if place.isdigit():
                told = [f"{self.given[int(place)]}: {problem.detail}"]
            case _:
                told = [problem.detail]
        return [*told, *self._others(problem), *self._causes(problem.more)]

    # --- inside -----------------------------------------------------------------------------------

    def _request(self, subjects: Sequence[Any], files: Mapping[str, str]) -> Request:
        """The request, of the subjects' texts or ids, and of the ids of what else are files.

        Subjects that are None are left out.
        """
        items = [
            {"file": subject, **self.wishes.of_one(place)} if self.subject.files else subject
            for place, subject in enumerate(subjects)
            if subject is not None
        ]
        document = {
            **self.wishes.named,
            **{name: {"file": id} for name, id in files.items()},
            self.subject.field: items if self.subject.many else items[0],
        }
        request_type: type[Request] = self.capability.request_type
        return request_type.model_validate_json(json.dumps(document))

    async def _brought(self, session: Session, most_bytes: int) -> tuple[list[Any], dict[str, str]]:
        """The subjects, texts as they are and files by their ids; and the ids of the other files.

        A subject is None that cannot be used and is to be left out; that is told.

        Raises:
            ExceptionGroup: of StitcheryErrors, one for each file that cannot be used.
        """
        subjects = self.given if self.subject.files else ()
        wanted = {f"{self.subject.field}/{place}": path for place, path in enumerate(subjects)}
        ids, errors = await self._taken(session, {**wanted, **self.wishes.files}, most_bytes)
        left_out = errors.keys() <= wanted.keys() and len(errors) < len(wanted)
        if errors and not (left_out and self._leaves_out()):
            raise ExceptionGroup("files that cannot be used", list(errors.values()))
        for error in errors.values():
            for sentence in self.told(error):
                err.print(f"left out: {sentence}", style="yellow", markup=False, soft_wrap=True)
        named = {name: ids[name] for name in self.wishes.files}
        return [ids.get(field) for field in wanted] or list(self.given), named

    def _leaves_out(self) -> bool:
        stand_ins = dict.fromkeys(self.wishes.files, _NO_FILE)
        return self.capability.leaves_out(self._request([_NO_FILE] * len(self.given), stand_ins))

    async def _taken(
        self, session: Session, wanted: Mapping[str, Path], most_bytes: int
    ) -> tuple[dict[str, str], dict[str, StitcheryError]]:
        """The ids by field of the caller's files, which the session has then; why not of others."""
        errors: dict[str, StitcheryError] = {}
        async with AsyncExitStack() as parts:
            taken = {}
            for field, path in wanted.items():
                part = await parts.enter_async_context(session.receive_part(most_bytes))
                try:
                    async with await trio.open_file(path, "rb") as source:
                        while chunk := await source.read(_CHUNK):
                            await part.write(chunk)
                    taken[field] = (part, await session.examine(part, path.name))
                except StitcheryError as error:
                    error.field = f"/{field}"
                    errors[field] = error
            if taken:
                await session.take_files(list(taken.values()))
        return {field: record.id for field, (_, record) in taken.items()}, errors

    @contextmanager
    def _naming(self, places: Sequence[int]) -> Iterator[None]:
        """Errors name subjects by their places among the given, not among these that are left."""
        try:
            yield
        except StitcheryError as error:
            error.field = self._place_among_all(error.field, places)
            for picture in error.more.get("pictures", ()):
                picture["field"] = self._place_among_all(picture["field"], places)
            raise

    def _place_among_all(self, field: str | None, places: Sequence[int]) -> str | None:
        match (field or "").split("/"):
            case ["", self.subject.field, place, *rest] if place.isdigit():
                return "/".join(["", self.subject.field, str(places[int(place)]), *rest])
        return field

    def _tell(self, forecast: Forecast) -> None:
        """What a job would make."""
        told = forecast.model_dump(mode="json")
        if self.as_json:
            click.echo(json.dumps({"forecast": told}))
            return
        for name, value in told.items():
            err.print(f"{name.replace('_', ' ')}: {value}", markup=False, soft_wrap=True)

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

    def _write(self, stitchery: Stitchery, session: str, result: JobResult) -> list[Path]:
        written = list[Path]()
        for number, file in enumerate(result.files, start=1):
            target = self.output.place(file.name, number, len(result.files))
            write(stitchery.services.workspace.path(session, file.id), target)
            written.append(target)
        return written

    def _report(self, result: JobResult, written: list[Path]) -> None:
        if self.as_json:
            told = {"files": [str(path) for path in written], "data": dict(result.data)}
            click.echo(json.dumps(told))
            return
        for note in result.data.get("notes", ()):
            err.print(note, style="yellow", markup=False, soft_wrap=True)
        for path in written:
            err.print(f"✓ {path}", style="green", markup=False, soft_wrap=True)

    def _others(self, problem: Problem) -> Iterator[str]:
        """What else is wrong, where an error tells of several subjects."""
        for picture in problem.more.get("pictures", ()):
            if picture["field"] != problem.field:
                place = picture["field"].split("/")[2]
                yield f"{self.given[int(place)]}: {picture['detail']}"

    def _causes(self, data: Mapping[str, Any]) -> Iterator[str]:
        """Why some arguments came to nothing, where others did not.

        Work that treats each of its subjects by itself tells its `outcomes`, in their order.
        """
        for given, outcome in zip(self.given, data.get("outcomes", ()), strict=False):
            if outcome["error"] is not None:
                yield f"{given}: {outcome['error']['detail']}"

    def _option_and_mistake(self, mistake: Mistake) -> str:
        _, name, *rest = mistake["field"].split("/")
        if name == self.subject.field and len(rest) > 1 and rest[1] in self.wishes.each:
            return f"{flag_of(rest[1])} of {self.given[int(rest[0])]}: {mistake['detail']}"
        called = self.subject.metavar if name == self.subject.field else flag_of(name)
        return f"{called}: {mistake['detail']}"
