"""One call of a capability's command: from files of the caller to files of the caller.

Owns: the way of the job, which is that in the service: through a tree of its own in a temporary
folder, with a journal in memory, since nothing needs to outlast the command.
Never: knows a particular capability; prints (report.py does), but for the bar of progress.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import trio

from actors.capability import AnyCapability, Request
from actors.errors import Problem, Reported, StitcheryError, UnreadableMedia
from actors.ids import LENGTH
from actors.journal.memory import MemoryJournal
from actors.lifecycle import has_ended
from actors.messages import JobRecord, JobResult, JobView, Options, Progress, Snapshot
from actors.session import Session
from actors.tree import Stitchery, open_stitchery
from conf.settings import Settings
from web.fields import Wishes
from web.options import Subject
from web.outputs import Output, write
from web.terminal import is_watched
from web.wording import renumbered

LONG: Final = 0.5
"""Seconds after which a job has a bar of progress: who waits less wants none."""

_PLACES: Final = ("place", "inputs", "left_out", "wordless")
"""Members of what is told that count arguments, from 0, or have such in them."""

_CHUNK: Final = 1 << 20

_NO_FILE: Final = "0" * LENGTH
"""Stands for a file's id while only the rest of a request is looked at."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an order.

    Attributes:
        files: written, in order.
        data: what the job tells of its result.
        forecast: what a job would make, where only that was asked for.
        left_out: why arguments were left out that cannot be used.
    """

    files: Sequence[Path] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    forecast: Mapping[str, Any] | None = None
    left_out: Sequence[Problem] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """One call of a command, as it was given."""

    capability: AnyCapability
    subject: Subject
    given: tuple[Any, ...]
    wishes: Wishes
    output: Output
    forecast_only: bool

    def check(self) -> None:
        """Looks at the options before anything is begun.

        Raises:
            pydantic.ValidationError: of what is not as it should be.
        """
        stand_ins = [_NO_FILE] * len(self.given) if self.subject.files else self.given
        self._request(list(stand_ins), dict.fromkeys(self.wishes.files, _NO_FILE))

    async def run(self, settings: Settings) -> Outcome:
        """Does the job, and puts what it made where the caller wants it.

        Raises:
            StitcheryError, UnwritableError, OSError: in groups; what came to nothing. Its field
                tells the place of the argument among all that were given.
        """
        only = {self.capability.name: self.capability}
        async with open_stitchery(
            settings, capabilities=only, journal=MemoryJournal()
        ) as stitchery:
            session = await stitchery.sessions.create()
            most = settings.limits.max_upload_mb << 20
            subjects, files, left_out = await self._brought(session, most)
            request = self._request(subjects, files)
            places = [place for place, id in enumerate(subjects) if id is not None]
            with self._naming(places):
                if self.forecast_only:
                    found, _ = session.preflight(self.capability.name, request, Options())
                    forecast = _renumbered(found.model_dump(mode="json"), places)
                    return Outcome(forecast=forecast, left_out=left_out)
                record = await self._live(session, request)
                if record.error is not None:
                    raise Reported(record.error)
            result = record.result or JobResult()
            written = self._write(stitchery, record.session, result)
            data = _renumbered(result.data, places)
            return Outcome(files=written, data=data, left_out=left_out)

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

    async def _brought(
        self, session: Session, most_bytes: int
    ) -> tuple[list[Any], dict[str, str], list[Problem]]:
        """The subjects, texts as they are and files by their ids; and the ids of the other files.

        A subject is None that cannot be used and is to be left out; the problems tell why.

        Raises:
            ExceptionGroup: of StitcheryErrors, one for each file that cannot be used.
        """
        subjects = self.given if self.subject.files else ()
        wanted = {f"{self.subject.field}/{place}": path for place, path in enumerate(subjects)}
        ids, errors = await self._taken(session, {**wanted, **self.wishes.files}, most_bytes)
        left_out = errors.keys() <= wanted.keys() and len(errors) < len(wanted)
        if errors and not (left_out and self._leaves_out()):
            raise ExceptionGroup("files that cannot be used", list(errors.values()))
        named = {name: ids[name] for name in self.wishes.files}
        brought = [ids.get(field) for field in wanted] or list(self.given)
        return brought, named, [error.problem() for error in errors.values()]

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
            for place, path in wanted.items():
                part = await parts.enter_async_context(session.receive_part(most_bytes))
                try:
                    async with await trio.open_file(path, "rb") as source:
                        while chunk := await source.read(_CHUNK):
                            await part.write(chunk)
                    taken[place] = (part, await session.examine(part, path.name))
                except (StitcheryError, OSError) as error:
                    errors[place] = _blamed(error, f"/{place}")
            if taken:
                await session.take_files(list(taken.values()))
        return {place: record.id for place, (_, record) in taken.items()}, errors

    @contextmanager
    def _naming(self, places: Sequence[int]) -> Iterator[None]:
        """Errors name subjects by their places among the given, not among these that are left."""
        try:
            yield
        except StitcheryError as error:
            error.field = self._place_among_all(error.field, places)
            error.detail = renumbered(error.detail, places)
            for picture in error.more.get("pictures", ()):
                picture["field"] = self._place_among_all(picture["field"], places)
                picture["detail"] = renumbered(picture["detail"], places)
            raise

    def _place_among_all(self, pointer: str | None, places: Sequence[int]) -> str | None:
        match (pointer or "").split("/"):
            case ["", self.subject.field, place, *rest] if place.isdigit():
                return "/".join(["", self.subject.field, str(places[int(place)]), *rest])
        return pointer

    async def _live(self, session: Session, request: Request) -> JobRecord:
        """The job as it ended."""
        with _drawn(self.capability.name) as show, session.watch() as watcher:
            view = await session.submit(self.capability.name, request, Options())
            show(view)
            while not has_ended(view.record.state):
                event = await watcher.next()
                if not isinstance(event, Snapshot):
                    view = event.view
                    show(view)
        return view.record

    def _write(self, stitchery: Stitchery, session: str, result: JobResult) -> list[Path]:
        written = list[Path]()
        for number, file in enumerate(result.files, start=1):
            target = self.output.place(file.name, number, len(result.files))
            write(stitchery.services.workspace.path(session, file.id), target)
            written.append(target)
        return written


def _blamed(error: StitcheryError | OSError, field: str) -> StitcheryError:
    """Why a file of the caller's cannot be taken, with where it stands in the request."""
    if isinstance(error, OSError):
        return UnreadableMedia(f"It cannot be read: {error.strerror or error}.", field=field)
    error.field = field
    return error


def _renumbered(told: Mapping[str, Any], places: Sequence[int]) -> dict[str, Any]:
    """What is told, with the places and numbers that arguments have among all."""
    return {name: _among_all(value, places, name) for name, value in told.items()}


def _among_all(told: Any, places: Sequence[int], name: str) -> Any:
    match told:
        case int() if name in _PLACES:
            return places[told]
        case str() if name == "notes":
            return renumbered(told, places)
        case list() | tuple():
            return [_among_all(one, places, name) for one in told]
        case dict():
            return _renumbered(told, places)
    return told


@contextmanager
def _drawn(label: str) -> Iterator[Callable[[JobView], None]]:
    """What shows where a job stands, to people at a terminal: after a while, if it goes on."""
    begun = trio.current_time()
    with ExitStack() as stack:
        draw: Callable[[JobView], None] | None = None

        def show(view: JobView) -> None:
            nonlocal draw
            if draw is None and is_watched() and trio.current_time() - begun >= LONG:
                draw = stack.enter_context(_bar(label))
            if draw is not None:
                draw(view)

        yield show


@contextmanager
def _bar(label: str) -> Iterator[Callable[[JobView], None]]:
    from web.bars import Bars  # noqa: PLC0415 -- rich, which nobody needs who does not look
    from web.consoles import err  # noqa: PLC0415

    with Bars(err) as bars:

        def show(view: JobView) -> None:
            progress = view.progress or Progress(fraction=0, step="")
            bars.show(label, view.record.state, progress.fraction, progress.step)

        yield show
