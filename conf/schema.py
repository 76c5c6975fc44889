"""The form of the whole configuration: its sections, its JSON Schema, what a field accepts.

Owns: which sections there are, and saying in words what pydantic knows of a field.
Never: sees a value that somebody configured.
"""

import functools
import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import create_model

from conf.sections import Section
from conf.settings import CapabilitySettings, Settings

Sections = Mapping[str, type[Section]]


def all_sections(capabilities: Mapping[str, type[CapabilitySettings]]) -> dict[str, type[Section]]:
    """The sections that always are, then one for each capability.

    Raises:
        ValueError: a capability has the name of a section that is there already.
    """
    core: dict[str, type[Section]] = {
        name: field.annotation
        for name, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
    }
    if taken := core.keys() & capabilities.keys():
        raise ValueError(f"sections have these names already: {', '.join(sorted(taken))}")
    return {**core, **capabilities}


def schema(capabilities: Mapping[str, type[CapabilitySettings]]) -> dict[str, Any]:
    """JSON Schema (2020-12) of a configuration file, for editors and documentation."""
    sections: dict[str, Any] = {
        name: (kind, kind()) for name, kind in all_sections(capabilities).items()
    }
    whole = create_model("Configuration", __base__=Section, **sections)
    described = whole.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **described,
        "title": "Configuration of Stitchery",
        "description": "Every section and every key may be left out.",
    }


def description(kind: type[Section], key: str) -> str:
    """What the field is, with its unit."""
    return kind.model_fields[key].description or ""


def accepted(kind: type[Section], *path: str | int) -> str | None:
    """What a field, or a part inside its value, accepts: "a whole number from 1 to 1,000".

    None where the form is too rich for a phrase.
    """
    whole = schema_of(kind)
    told: _Told | None = whole
    for step in path:
        told = _inside(told, step, whole) if told else None
    return _words(told) if told else None


def is_secret(kind: type[Section], key: str) -> bool:
    """Whether the field's value, or some part of it, is not to be shown."""
    whole = schema_of(kind)
    field = json.dumps(whole["properties"][key])
    return "writeOnly" in field or ("$ref" in field and "writeOnly" in json.dumps(whole["$defs"]))


def is_number(kind: type[Section], key: str) -> bool:
    """Whether the field's value is a number, or may be unset."""
    field = schema_of(kind)["properties"][key]
    types = {way.get("type") for way in field.get("anyOf", [field])}
    return bool(types & {"integer", "number"}) and types <= {"integer", "number", "null"}


@functools.cache
def schema_of(kind: type[Section]) -> Mapping[str, Any]:
    """JSON Schema of one section, with its keys under `properties`."""
    return kind.model_json_schema()


_Told = Mapping[str, Any]


def _inside(told: _Told, step: str | int, whole: _Told) -> _Told | None:
    """The schema of one member of what `told` describes."""
    if "$ref" in told:
        told = whole["$defs"][told["$ref"].rpartition("/")[2]]
    if "anyOf" in told:
        return next(filter(None, (_inside(way, step, whole) for way in told["anyOf"])), None)
    if isinstance(step, int):
        member = told.get("items")
    else:
        member = told.get("properties", {}).get(step) or _values(told)
    return member if isinstance(member, dict) else None


def _values(told: _Told) -> _Told | None:
    """What describes the values of a table whose keys are free, or fit a pattern."""
    ways = [told.get("additionalProperties"), *told.get("patternProperties", {}).values()]
    return next((way for way in ways if isinstance(way, dict)), None)


_KINDS = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
    "string": "text",
    "path": "a path",
    "password": "text",
    "ipv4network": "an IPv4 network",
    "ipv6network": "an IPv6 network",
}


def _words(told: _Told) -> str | None:
    if "enum" in told:
        return either(json.dumps(option) for option in told["enum"])
    if "anyOf" in told:
        ways = [_words(way) for way in told["anyOf"]]
        return either(way for way in ways if way) if all(ways) else None
    if told.get("type") == "array" and "items" in told:
        return f"a list, each item {_words(told['items']) or 'a table'}"
    if values := _values(told):
        inside = _words(values)
        return None if inside is None else f"a table, each value {inside}"
    kind = _KINDS.get(told.get("format", told.get("type")))
    return None if kind is None else kind + _bounds(told)


def _bounds(told: _Told) -> str:
    if "pattern" in told:
        return f" that fits {told['pattern']}"
    if "minimum" in told and "maximum" in told:
        return f" from {told['minimum']:,} to {told['maximum']:,}"
    low = f" of at least {told['minimum']:,}" if "minimum" in told else ""
    low = f" above {told['exclusiveMinimum']:,}" if "exclusiveMinimum" in told else low
    high = f" up to {told['maximum']:,}" if "maximum" in told else ""
    return low + high


def either(words: Iterable[str]) -> str:
    """A list in words: "a, b or c"."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
