"""JSON and TOML texts, read so that every key still knows its line.

Owns: both grammars' odd corners: broken syntax, keys given twice, where each key stands.
Never: opens files, knows which sections or keys exist, judges a value (NaN passes: no field of ours
takes it, and the field can say what it does take).

Neither standard reader tells lines, so each form is read twice: by the standard reader, whose word
on right and wrong is final, then once more for places alone, in a text known to be right.
"""

import json
import re
import tomllib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Form = Literal["json", "toml"]
KeyPath = tuple[str, ...]

DEPTH = 2
"""Keys get lines this deep: section, key."""

LONGEST_STATEMENT = 200
"""Lines of one TOML statement. Finding its end takes time by the square; from a longer one on,
keys stay without lines."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with the text itself; `path` is empty when nothing could be read."""

    message: str
    path: KeyPath = ()
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """What a text says; `lines` has a place for each path of at most `DEPTH` keys, where known."""

    values: Mapping[str, object] = field(default_factory=dict)
    lines: Mapping[KeyPath, int] = field(default_factory=dict)
    flaws: tuple[Flaw, ...] = ()


def form_of(suffix: str, text: str) -> Form:
    """By the suffix of the file's name; by the look of the text where that tells nothing."""
    if suffix.lower() == ".json":
        return "json"
    if suffix.lower() == ".toml":
        return "toml"
    return "json" if text.lstrip().startswith("{") else "toml"  # no TOML text begins with a brace


def parse(text: str, form: Form) -> Document:
    """Reads `text`; whatever it holds, the answer is a document, if need be with its flaws."""
    try:
        return _parse_json(text) if form == "json" else _parse_toml(text)
    except json.JSONDecodeError as error:
        return _unreadable(f"this is not JSON: {error.msg}", error.lineno, error.colno)
    except tomllib.TOMLDecodeError as error:
        message, line, column = _toml_place(str(error))
        return _unreadable(f"this is not TOML: {message}", line, column)
    except RecursionError:
        return _unreadable("this is nested too deep")
    except ValueError:  # what int() says of thousands of digits
        return _unreadable("this holds a number of too many digits")


def parse_value(text: str) -> object:
    """The one JSON value that `text` is.

    Raises:
        ValueError: it is no JSON, or holds a key twice, or is nested too deep.
    """
    try:
        json.loads(text)
        reader = _JsonReader(text)
        value, _ = reader.value(reader.skip(0), ("",) * DEPTH)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if reader.flaws:
        raise ValueError(reader.flaws[0].message)
    return value


def _unreadable(message: str, line: int | None = None, column: int | None = None) -> Document:
    return Document(flaws=(Flaw(message, (), line, column),))


def _document(values: object, lines: Mapping[KeyPath, int], flaws: tuple[Flaw, ...]) -> Document:
    if not isinstance(values, dict):
        return _unreadable('this is no object; write {"section": {"key": value}}', 1, 1)
    return Document(values, lines, flaws)


# --- JSON -----------------------------------------------------------------------------------------


def _parse_json(text: str) -> Document:
    json.loads(text)
    reader = _JsonReader(text)
    values, _ = reader.value(reader.skip(0), ())
    return _document(values, reader.lines, tuple(reader.flaws))


class _JsonReader:
    """Walks the two outer levels of a right JSON text itself, and leaves the rest to `json`."""

    _space = re.compile(r"[ \t\r\n]*")

    def __init__(self, text: str) -> None:
        self.lines: dict[KeyPath, int] = {}
        self.flaws: list[Flaw] = []
        self._text = text
        self._breaks = [match.start() for match in re.finditer("\n", text)]
        self._oddities: list[str] = []
        self._decoder = json.JSONDecoder(object_pairs_hook=self._pairs)

    def skip(self, at: int) -> int:
        """The next place that is not white."""
        match = self._space.match(self._text, at)
        return match.end() if match else at

    def value(self, at: int, path: KeyPath) -> tuple[object, int]:
        """The value that begins at `at`, and where it ends."""
        if self._text[at] == "{" and len(path) < DEPTH:
            return self._members(at, path)
        value, end = self._decoder.raw_decode(self._text, at)
        for oddity in self._oddities:
            self._flaw(oddity, path, at)
        self._oddities.clear()
        return value, end

    def _members(self, at: int, path: KeyPath) -> tuple[dict[str, object], int]:
        members: dict[str, object] = {}
        at = self.skip(at + 1)
        while self._text[at] != "}":
            key, end = self._decoder.raw_decode(self._text, at)
            here = (*path, key)
            if key in members:
                first = self.lines[here]
                self._flaw(f"this stands twice, first in line {first}; keep one", here, at)
            else:
                self.lines[here] = self._line(at)
            colon = self.skip(end)
            member, end = self.value(self.skip(colon + 1), here)
            members.setdefault(key, member)
            at = self.skip(end)
            if self._text[at] == ",":
                at = self.skip(at + 1)
        return members, at + 1

    def _line(self, at: int) -> int:
        return bisect_right(self._breaks, at) + 1

    def _flaw(self, message: str, path: KeyPath, at: int) -> None:
        self.flaws.append(Flaw(message, path, self._line(at)))

    def _pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        counts = Counter(key for key, _ in pairs)
        twice = [key for key, count in counts.items() if count > 1]
        self._oddities.extend(f"inside, the key {json.dumps(key)} stands twice" for key in twice)
        return dict(pairs)


# --- TOML -----------------------------------------------------------------------------------------


def _parse_toml(text: str) -> Document:
    values = tomllib.loads(text)
    lines: dict[KeyPath, int] = {}
    table: KeyPath = ()
    for line, statement, said in _statements(text):
        if statement.lstrip().startswith("["):  # a header: what follows belongs to its table
            table = _header(said)
            paths = [table]
        else:
            paths = [table + path for path in _paths(said)]
        for path in paths:
            for depth in range(1, DEPTH + 1):
                lines.setdefault(path[:depth], line)
    return _document(values, lines, ())


def _statements(text: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Each statement with its first line and what it says alone.

    A header or a `key = value` is a TOML text of its own, and no part of one that spans lines is:
    so the shortest run of lines that can be read is one statement.
    """
    first, statement = 1, ""
    for number, line in enumerate(text.split("\n"), start=1):
        statement += f"{line}\n"
        try:
            said = tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            if number - first >= LONGEST_STATEMENT:
                return
            continue
        yield first, statement, said
        first, statement = number + 1, ""


def _header(said: Mapping[str, Any]) -> KeyPath:
    path: KeyPath = ()
    inner: Any = said
    while inner:
        [(key, inner)] = inner.items()
        inner = inner[0] if isinstance(inner, list) else inner
        path = (*path, key)
    return path


def _paths(said: Mapping[str, Any], base: KeyPath = ()) -> Iterator[KeyPath]:
    for key, value in said.items():
        yield (*base, key)
        if isinstance(value, dict) and len(base) + 1 < DEPTH:
            yield from _paths(value, (*base, key))


_TOML_PLACE = re.compile(
    r"(?P<message>.*) \(at line (?P<line>\d+), column (?P<column>\d+)\)", re.DOTALL
)


def _toml_place(told: str) -> tuple[str, int | None, int | None]:
    # Python 3.11 to 3.13 tell the place in the text alone; where it is told otherwise, none is.
    match = _TOML_PLACE.fullmatch(told)
    if match is None:
        return told, None, None
    return match["message"], int(match["line"]), int(match["column"])
