"""One job without a server: the command of each capability.

Owns: the command, from its help to its exit status.
Never: knows a particular capability: a new one has its command by being there. Nor does the work
(order.py does) or tells of it (report.py does).
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NoReturn

import click
from pydantic import ValidationError

from actors.capability import AnyCapability
from actors.errors import Problem, Refusal, StitcheryError
from conf.mistakes import ConfigurationError
from conf.settings import Settings
from web.edge.rules import leaves_of
from web.fields import Field, Wishes, fields_of
from web.mistakes import Mistake, mistakes_of
from web.options import (
    AS_JSON,
    FORECAST,
    Subject,
    argument_of,
    headings_of,
    options_of,
    output_option,
    subject_of,
    texts_of,
)
from web.order import Order
from web.outputs import Output, UnwritableError
from web.report import Report
from web.terminal import EXIT_FAILED, EXIT_MISTAKEN, run
from web.wording import MOST_OF_A_NAME, Wording, flag_of

_WIDEST: Final = 100
"""Columns of a help: longer lines are hard to read."""

_OPTION_COLUMNS: Final = 27
"""Columns of what stands left of an option's description."""

_OURS: Final = "This command"
"""The heading of options that are no fields."""

SettingsOf = Callable[[], AbstractContextManager[Settings]]
"""Opens the settings of one call, with a data folder of its own; may raise ConfigurationError."""


class Mistaken(click.UsageError):
    """A call that cannot be carried out as it is; `more` is for programs."""

    def __init__(self, message: str, **more: Any) -> None:
        super().__init__(message)
        self.more = more


class OneShot(click.Command):
    """A capability's command: what is wrong with a call is told in the form that it asks for."""

    def __init__(self, headings: Mapping[str, str], **how: Any) -> None:
        super().__init__(context_settings={"max_content_width": _WIDEST}, **how)
        self._headings = headings

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Reads the arguments."""
        given = list(args)
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            if isinstance(error, click.NoSuchOption):
                hint = _of_files_with_a_dash(given)
                error = click.UsageError(error.format_message() + hint, error.ctx)
            _refuse(error, as_json="--json" in given)

    def invoke(self, ctx: click.Context) -> Any:
        """Carries a call out."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            _refuse(error, as_json=ctx.params["as_json"])

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options, each under its heading."""
        options = [option for option in self.get_params(ctx) if isinstance(option, click.Option)]
        for heading, group in groupby(options, self._heading):
            rows = [row for option in group if (row := option.get_help_record(ctx))]
            # as wide as it may be, in all of them
            aligned = [(flags.ljust(_OPTION_COLUMNS), told) for flags, told in rows]
            with formatter.section(heading):
                formatter.write_dl(aligned, col_max=_OPTION_COLUMNS)

    def _heading(self, option: click.Option) -> str:
        return self._headings.get(option.name or "", _OURS)


def command(capability: AnyCapability, settings: SettingsOf) -> click.Command:
    """The command of a capability: its list or input field as arguments, the rest as options."""
    subject = subject_of(capability.request_type)
    fields = fields_of(capability.request_type, subject.field)
    headings = headings_of(capability.request_type, subject, fields)
    headings["output"] = headings.get("format", _OURS)
    options = [output_option(names_format="format" in fields), *options_of(fields)]

    def act(
        subjects: Any, output: Output, *, as_json: bool, forecast_only: bool, **values: Any
    ) -> None:
        given = tuple(subjects) if subject.many else (subjects,)
        wishes = _wishes(subject, given, texts_of(values), fields, output)
        order = Order(capability, subject, given, wishes, output, forecast_only)
        wording = _wording(order, fields)
        _check(order, wording)
        _carry_out(order, settings, Report(wording, as_json))

    return OneShot(
        headings,
        name=capability.name,
        callback=act,
        params=[argument_of(subject), *_sorted(options, headings)],
        help=f"{capability.summary}\n\n{_described(subject, capability)}"
        "Runs here and now, without a server.",
        short_help=capability.summary,
    )


def _described(subject: Subject, capability: AnyCapability) -> str:
    """A paragraph on the arguments; none, where the request says nothing of them."""
    told = capability.request_type.model_fields[subject.field].description
    return f"{subject.metavar.rstrip('.')}: {told.rstrip('.')}.\n\n" if told else ""


def _sorted(options: Sequence[click.Option], headings: Mapping[str, str]) -> list[click.Option]:
    """The options by heading, those of no field at last."""
    order = list(dict.fromkeys(headings.values()))
    by_heading = sorted(options, key=lambda option: order.index(headings[option.name or ""]))
    return [*by_heading, FORECAST, AS_JSON]


def _wishes(
    subject: Subject,
    given: Sequence[Any],
    values: Mapping[str, Any],
    fields: Mapping[str, Field],
    output: Output,
) -> Wishes:
    """What the options say, with the format that the output's ending asks for.

    Raises:
        Mistaken: they ask for what is not there, or disagree.
    """
    if subject.files and output.is_one_of(given):
        raise Mistaken(
            f"--output: {output.path} is one of the files to be read, and would be written over. "
            "Name another one."
        )
    for name, field in fields.items():
        if field.each:
            _check_numbers(name, field, values[name], len(given))
    formats = fields["format"].schema.get("enum", ()) if "format" in fields else ()
    wishes = Wishes.of(values, fields, len(given))
    try:
        asked = output.format_among(formats) if formats else None
    except UnwritableError as error:
        raise Mistaken(str(error)) from None
    if asked is None:
        return wishes
    if (named := wishes.named.get("format", asked)) != asked:
        raise Mistaken(f"--format {named} does not go with {output.path.name}, a name for {asked}.")
    return Wishes({**wishes.named, "format": asked}, wishes.files, wishes.each)


def _check_numbers(name: str, field: Field, texts: Sequence[str], count: int) -> None:
    """Passes wishes for arguments that are there.

    Raises:
        Mistaken: one is for another.
    """
    try:
        field.values(texts, count)
    except ValueError as error:
        raise Mistaken(f"{flag_of(name)}: {error}.") from None


def _wording(order: Order, fields: Mapping[str, Field]) -> Wording:
    output = order.output
    return Wording(
        fields=fields.keys(),
        subject=order.subject.field,
        given=tuple(map(str, order.given)),
        files=tuple((name, str(path)) for name, path in order.wishes.files.items()),
        output=None if output.folder or not output.path.suffix else output.path,
    )


def _check(order: Order, wording: Wording) -> None:
    """Looks at the options before anything is begun.

    Raises:
        Mistaken: naming every option that is not as it should be.
    """
    try:
        order.check()
    except ValidationError as error:
        mistakes = mistakes_of(error)
        said = [{**mistake, "detail": wording.said(mistake["detail"])} for mistake in mistakes]
        lines = [_option_and_mistake(mistake, order, wording) for mistake in said]
        raise Mistaken("\n".join(lines), field=mistakes[0]["field"], mistakes=said) from None


def _option_and_mistake(mistake: Mistake, order: Order, wording: Wording) -> str:
    _, name, *rest = mistake["field"].split("/")
    blamed = wording.blamed(mistake["field"])
    if blamed is None:
        blamed = order.subject.metavar if name == order.subject.field else flag_of(name)
        parts = [] if name == order.subject.field else rest
    else:
        parts = rest[2:]
    inside = [f"number {int(part) + 1}" if part.isdecimal() else part for part in parts]
    return ": ".join([blamed, *inside, mistake["detail"]])


def _carry_out(order: Order, settings: SettingsOf, report: Report) -> None:
    """Runs the order and tells what came of it."""
    problems: list[Problem] = []
    status = EXIT_FAILED
    try:
        with settings() as found:
            outcome = run(order.run, found)
    except* (StitcheryError, UnwritableError, OSError) as errors:
        problems = [_problem(error) for error in leaves_of(errors)]
    except* ConfigurationError as errors:
        problems = [_problem(error) for error in leaves_of(errors)]
        status = EXIT_MISTAKEN
    if problems:
        report.fail(problems, status)
    report.succeed(outcome)


def _problem(error: BaseException) -> Problem:
    if isinstance(error, StitcheryError):
        return error.problem()
    if isinstance(error, ConfigurationError):
        return _misconfigured(error)
    return Problem(
        code="unwritable", title="The result could not be written", status=507, detail=str(error)
    )


def _misconfigured(error: ConfigurationError) -> Problem:
    lines = list(map(str, error.mistakes))
    return Problem(
        code="misconfigured",
        title="The configuration has mistakes",
        status=500,
        detail="\n".join(lines),
        more={"mistakes": [{"key": each.key, "detail": str(each)} for each in error.mistakes]},
    )


def _refuse(error: click.UsageError, *, as_json: bool) -> NoReturn:
    """Ends a call that cannot be carried out: click tells people, we tell programs."""
    if not as_json:
        raise error
    problem = Problem(
        code=Refusal.code,
        title=Refusal.title,
        status=Refusal.status,
        detail=error.format_message(),
        more=error.more if isinstance(error, Mistaken) else {},
    )
    Report(Wording(()), as_json=True).fail([problem], EXIT_MISTAKEN)


def _of_files_with_a_dash(given: Sequence[str]) -> str:
    """What to do about files whose names look like options."""
    dashed = (text for text in given if text.startswith("-") and len(text) <= MOST_OF_A_NAME)
    named = next((text for text in dashed if Path(text).exists()), None)
    return "" if named is None else f" The file is named by ./{named}."
