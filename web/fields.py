"""From the JSON Schema of a request to what a command line can say of it.

Owns: which fields there are, what a text of the command line means for each.
Never: judges a value (the request's own type does), knows click or a particular capability.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from actors.capability import Request

_WORDS: Final = {"integer": "NUMBER", "number": "NUMBER", "string": "TEXT", "boolean": "true|false"}
_ONE_OF_MANY: Final = re.compile(r"(?P<number>\d{1,4})=(?P<text>.*)", re.DOTALL)
_FILE: Final = "file"


@dataclass(frozen=True, slots=True)
class Field:
    """A field that an option fills.

    Attributes:
        schema: of its values, with nothing left that only points elsewhere.
        each: whether every subject has one of its own.
    """

    name: str
    schema: Mapping[str, Any]
    each: bool = False

    @property
    def is_file(self) -> bool:
        """Whether it names a file."""
        return any(_names_a_file(variant) for variant in _variants(self.schema))

    @property
    def words(self) -> str:
        """What an option for it takes: its values, or what kind of value."""
        if self.is_file:
            return "PATH"
        taken = _words(self.schema)
        return f"[N=]{taken}" if self.each else taken

    def value(self, text: str) -> Any:
        """What a text means; see `value_of`."""
        return value_of(text, self.schema)

    def values(self, texts: Sequence[str], count: int) -> dict[int, Any]:
        """By the place of a subject, from 0: `2=90` is the second one's, `90` all's.

        Raises:
            ValueError: one names a subject that is not there; the sentence says so.
        """
        found: dict[int, Any] = {}
        for text in texts:
            match = _ONE_OF_MANY.fullmatch(text)
            if match is None:
                found = {**dict.fromkeys(range(count), self.value(text)), **found}
            elif 1 <= int(match["number"]) <= count:
                found[int(match["number"]) - 1] = self.value(match["text"])
            else:
                raise ValueError(f"{text!r} is for number {match['number']}, and {count} are given")
        return found


def fields_of(request_type: type[Request], subject: str) -> dict[str, Field]:
    """The fields of a request but for the subject, then those that each of many subjects has."""
    document = request_type.model_json_schema()
    definitions = document.get("$defs", {})
    properties = _resolved(document["properties"], definitions)
    own = {name: Field(name, schema) for name, schema in properties.items() if name != subject}
    item = properties[subject].get("items", {}).get("properties", {})
    each = {name: Field(name, schema, each=True) for name, schema in item.items() if name != _FILE}
    return {**own, **each}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the options say.

    Attributes:
        named: values by field.
        files: paths by field.
        each: values of each subject, by field and place.
    """

    named: Mapping[str, Any]
    files: Mapping[str, Path]
    each: Mapping[str, Mapping[int, Any]]

    @classmethod
    def of(cls, values: Mapping[str, Any], fields: Mapping[str, Field], count: int) -> Self:
        """What these options' texts mean, with so many subjects."""
        given = {name: value for name, value in values.items() if value not in {None, ()}}
        return cls(
            named={
                name: fields[name].value(text)
                for name, text in given.items()
                if not fields[name].each and not fields[name].is_file
            },
            files={name: path for name, path in given.items() if fields[name].is_file},
            each={
                name: fields[name].values(texts, count)
                for name, texts in given.items()
                if fields[name].each
            },
        )

    def of_one(self, place: int) -> dict[str, Any]:
        """What is wished for one subject."""
        return {name: values[place] for name, values in self.each.items() if place in values}


def value_of(text: str, schema: Mapping[str, Any]) -> Any:
    """What a text of the command line is in JSON.

    Itself where a text is wanted; else a number or a word; a list by commas (`2,1,1`), an object by
    colons and commas (`left:10%,top:20`); and any of them as JSON.
    """
    kinds = {variant.get("type"): variant for variant in _variants(schema)}
    if kinds.keys() == {"string"}:
        return text
    if "array" in kinds and not text.startswith("["):
        return [value_of(part.strip(), kinds["array"]["items"]) for part in text.split(",")]
    if "object" in kinds and not text.startswith("{"):
        return _object(text, kinds["object"])
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # no JSON, or numbers and depths beyond reason
        return text


def _object(text: str, schema: Mapping[str, Any]) -> Any:
    properties = schema.get("properties", {})
    found = {}
    for pair in text.split(","):
        name, colon, value = pair.partition(":")
        if not colon:
            return text
        found[name.strip()] = value_of(value.strip(), properties.get(name.strip(), {}))
    return found


def _words(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return "|".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    if "anyOf" in schema:
        return "|".join(dict.fromkeys(_words(part) for part in _variants(schema)))
    if schema.get("type") == "array":
        return f"{_words(schema['items'])},..."
    if schema.get("type") == "object":
        return ",".join(f"{name}:{_words(part)}" for name, part in schema["properties"].items())
    return _WORDS.get(schema.get("type", ""), "VALUE")


def _variants(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The kinds of value that it allows, but for none."""
    return [part for part in schema.get("anyOf", [schema]) if part.get("type") != "null"]


def _names_a_file(schema: Mapping[str, Any]) -> bool:
    return set(schema.get("properties", ())) == {_FILE}


def _resolved(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """The schema with what it points to in place of the pointers."""
    if isinstance(schema, list):
        return [_resolved(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        beside = {name: part for name, part in schema.items() if name != "$ref"}
        name = schema["$ref"].rpartition("/")[2]
        return {**_resolved(definitions[name], definitions), **beside}
    return {name: _resolved(part, definitions) for name, part in schema.items()}
