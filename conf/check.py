"""Judges what was given: each value by itself, then what stands together.

Owns: what counts as a mistake, and merging by the order in which things were given.
Never: reads files or the environment.

Every value is judged, also one that a later source replaces: it is wrong where it stands. Values
are JSON-shaped and judged strictly: "3" is no number, true is no number, 1.5 is no whole number.
"""

import itertools
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from conf.mistakes import Mistake, dotted, nearest, shown
from conf.schema import Sections, accepted, description, is_secret
from conf.sections import Clash, Clashes, Section

HIDDEN = "(not shown)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One section (`key` None) or one key of it, as one source gave it; `value` as in JSON."""

    where: str
    section: str
    key: str | None = None
    value: object = None


Merged = Mapping[str, Mapping[str, Given]]
"""By section and key, who had the last word."""


def judge(given: Given, sections: Sections) -> Iterator[Mistake]:
    """What is wrong with one given thing, seen alone."""
    kind = sections.get(given.section)
    if given.key is None:
        yield from _judge_section(given, sections)
    elif kind is None:
        return  # told once, for the section
    elif given.key not in kind.model_fields:
        yield Mistake(
            where=given.where,
            key=dotted(given.section, given.key),
            message="there is no such setting",
            hint=nearest(given.section, given.key, names(sections)),
        )
    else:
        yield from _judge_value(given, given.key, kind)


def fits(kind: type[Section], key: str, value: object) -> bool:
    """Whether a field takes this value as it is."""
    return not _faults(kind, key, value)


def merge(given: Iterable[Given]) -> Merged:
    """The last word on each key; `given` comes in rising rank."""
    merged: dict[str, dict[str, Given]] = {}
    for each in given:
        if each.key is not None:
            merged.setdefault(each.section, {})[each.key] = each
    return merged


def build(
    name: str, kind: type[Section], given: Mapping[str, Given], doubtful: Collection[str]
) -> Section | list[Mistake]:
    """The section of values that are right one by one, or how they do not fit together.

    `doubtful` are keys with mistakes of their own, "" when a source could not be read: nobody knows
    which value was meant there, so a clash with it is not told.
    """
    values = {key: each.value for key, each in given.items()}
    try:
        return kind.model_validate_json(_text(values), strict=True)
    except ValidationError as error:
        return _disagreements(name, given, error, doubtful)


def rebuild(
    name: str, section: Section, given: Mapping[str, Given], doubtful: Collection[str]
) -> Section | list[Mistake]:
    """The section with some values replaced by others that are right one by one; else as `build`.

    What nobody has set stays unset.
    """
    present = {key: getattr(section, key) for key in section.model_fields_set}
    values = {key: each.value for key, each in given.items()}
    try:
        return type(section).model_validate({**present, **values})
    except ValidationError as error:
        return _disagreements(name, given, error, doubtful)


# --- one value ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Fault:
    """What one value, or a part of it at `path`, is refused for.

    `final` says that `words` tell more than the form of the field could.
    """

    path: tuple[str | int, ...]
    value: object
    words: str
    final: bool


def _judge_section(given: Given, sections: Sections) -> Iterator[Mistake]:
    if given.section not in sections:
        yield Mistake(
            where=given.where,
            key=dotted(given.section),
            message=f"there is no such section; there are {', '.join(sections)}",
            hint=nearest(given.section, None, names(sections)),
        )
    elif not isinstance(given.value, Mapping):
        yield Mistake(
            where=given.where,
            key=given.section,
            value=shown(given.value),
            message="this is a section, so it holds keys with values",
        )


def _judge_value(given: Given, key: str, kind: type[Section]) -> Iterator[Mistake]:
    for path, faults in itertools.groupby(_faults(kind, key, given.value), lambda each: each.path):
        first, *others = faults
        words = accepted(kind, *path)
        # Several faults in one place are the several ways in which it could have been right.
        plain = words is not None and (others or not first.final)
        yield Mistake(
            where=given.where,
            key=dotted(given.section, *path),
            value=HIDDEN if is_secret(kind, key) else shown(first.value),
            message=f"accepted is {words} ({description(kind, key)})" if plain else first.words,
        )


def _faults(kind: type[Section], key: str, value: object) -> list[_Fault]:
    beyond = _Fault((key,), value, "this is too large, too deep, or not Unicode", final=True)
    try:
        kind.model_validate_json(_text({key: value}), strict=True)
    except ValidationError as error:
        found = error.errors(include_url=False)
        if any(told["type"] == "json_invalid" for told in found):
            return [beyond]
        # What no key is blamed for is a clash with defaults: build() judges the values that count.
        return [_fault(told, {key: value}) for told in found if told["loc"]]
    except (ValueError, RecursionError):
        return [beyond]
    return []


def _fault(told: ErrorDetails, values: object = None) -> _Fault:
    path = tuple(_steps(told["loc"], values))
    error = told.get("ctx", {}).get("error")
    if error is not None:
        return _Fault(path, told["input"], str(error), final=True)
    if told["type"] == "extra_forbidden":
        return _Fault(path, told["input"], "there is no such setting", final=True)
    if told["type"] == "missing":
        missing = (*path, *told["loc"][-1:])
        return _Fault(missing, told["input"], "this is needed and missing", final=True)
    words = told["msg"][:1].lower() + told["msg"][1:]
    return _Fault(path, told["input"], words, final=False)


def _steps(loc: tuple[str | int, ...], value: Any) -> Iterator[str | int]:
    """The steps of `loc` that lead into the value; pydantic mixes in which way it tried."""
    for step in loc:
        members = range(len(value)) if isinstance(value, list) else value
        if isinstance(members, Mapping | range) and step in members:
            value = value[step]
            yield step


def _text(values: object) -> str:
    # Dates (of TOML) and paths (of flags) are written as text, as they would be in JSON.
    return json.dumps(values, default=str)


def names(sections: Sections) -> dict[str, Collection[str]]:
    """The keys of each section."""
    return {name: kind.model_fields for name, kind in sections.items()}


# --- several values -------------------------------------------------------------------------------


def _disagreements(
    section: str, given: Mapping[str, Given], error: ValidationError, doubtful: Collection[str]
) -> list[Mistake]:
    clashes = [clash for told in error.errors(include_url=False) for clash in _clashes(told)]
    return [
        _disagreement(section, given, clash)
        for clash in clashes
        if not _in_doubt(section, clash, doubtful)
    ]


def _clashes(told: ErrorDetails) -> tuple[Clash, ...]:
    error = told.get("ctx", {}).get("error")
    if isinstance(error, Clashes):
        return error.found
    # A rule that a capability wrote as a plain validator does not tell which keys it looked at.
    return (Clash((), _fault(told).words),)


def _in_doubt(section: str, clash: Clash, doubtful: Collection[str]) -> bool:
    concerned = [f"{section}.{key}." for key in clash.keys] or [f"{section}."]
    return any(
        doubt in ("", section) or f"{doubt}.".startswith(own)
        for doubt in doubtful
        for own in concerned
    )


def _disagreement(section: str, given: Mapping[str, Given], clash: Clash) -> Mistake:
    sources = [given[key].where for key in clash.keys or given if key in given]
    return Mistake(
        where=" and ".join(dict.fromkeys(sources)),
        key=".".join((section, *clash.keys[:1])),
        message=clash.message,
    )
