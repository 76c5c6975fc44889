"""One job without a server: the command of each capability.

Owns: the way from files of the caller to files of the caller, and what is told on it.
Never: knows a particular capability: a new one has its command by being there.

The job takes the same way as in the service: through a tree of its own in a temporary folder, with
a journal in memory, since nothing needs to outlast the command.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import trio
from pydantic import ValidationError

from actors.capability import AnyCapability, Request
from actors.errors import Reported, StitcheryError
from actors.ids import LENGTH
from actors.journal.memory import MemoryJournal
from actors.lifecycle import has_ended
from actors.messages import JobRecord, JobResult, JobView, Options, Progress, Snapshot
from actors.session import Session
from actors.tree import Stitchery, open_stitchery
from conf.settings import Settings
from web.bars import Bars
from web.edge.rules import leaves_of
from web.errors import Mistake, mistakes_of
from web.options import (
    AS_JSON,
    OUTPUT,
    Subject,
    argument_of,
    flag_of,
    options_of,
    subject_of,
    value_of,
)
from web.outputs import Output, UnwritableError, write
from web.terminal import EXIT_FAILED, complain, err, run

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
    fields = capability.request_type.model_json_schema()["properties"]

    def act(subjects: Any, output: Output, *, as_json: bool, **values: str | None) -> None:
        given = tuple(subjects) if subject.many else (subjects,)
        named = {
            name: value_of(text, fields[name]) for name, text in values.items() if text is not None
        }
        wishes = _with_format(named, fields.get("format", {}).get("enum", ()), output)
        order = _Order(capability, subject, given, wishes, output, as_json)
        order.check()
        with settings() as found:
            _carry_out(order, found)

    return click.Command(
        capability.name,
        callback=act,
        params=[argument_of(subject), *options_of(fields, subject), OUTPUT, AS_JSON],
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

    async def run(self, settings: Settings) -> list[str]:
        """Does the job, and reports what it made; the arguments that came to nothing, and why."""
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
                return [f"{self.given[int(place)]}: {problem.detail}"]
        return [problem.detail, *self._causes(problem.more)]

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

    def _write(self, stitchery: Stitchery, session: str, result: JobResult) -> list[Path]:
        written = []
        for file in result.files:
            target = self.output.place(file.name, one_of_many=len(result.files) > 1)
            write(stitchery.services.workspace.path(session, file.id), target)
            written.append(target)
        return written

    def _report(self, result: JobResult, written: list[Path]) -> None:
        if self.as_json:
            told = {"files": [str(path) for path in written], "data": dict(result.data)}
            click.echo(json.dumps(told))
            return
        for path in written:
            err.print(f"✓ {path}", style="green", markup=False, soft_wrap=True)

    def _causes(self, data: Mapping[str, Any]) -> Iterator[str]:
        """Why some arguments came to nothing, where others did not.

        Work that treats each of its subjects by itself tells its `outcomes`, in their order.
        """
        for given, outcome in zip(self.given, data.get("outcomes", ()), strict=False):
            if outcome["error"] is not None:
                yield f"{given}: {outcome['error']['detail']}"

    def _option_and_mistake(self, mistake: Mistake) -> str:
        name = mistake["field"].split("/")[1]
        called = self.subject.metavar if name == self.subject.field else flag_of(name)
        return f"{called}: {mistake['detail']}"
