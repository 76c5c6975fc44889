"""Reads JSON so that no two readers can take it for two things.

Owns: what JSON is accepted (RFC 8259 with the doubts of I-JSON, RFC 7493, refused: a key twice,
half a character, NaN, a number without end), how deep and how manifold it may be, and the one
form in which equal documents have equal bytes.
Never: knows HTTP, a thread or what a document is for.
"""

import json
import math
from collections.abc import Iterable
from typing import Any, NoReturn

from actors.errors import MalformedRequest
from web.shown import shown

MOST_VALUES = 5_000
"""Values in a document. Ours have 1,500 at most. Counted by commas and brackets, those inside of
texts too.

What takes a reader's time is values, each of which becomes an object and may become a mistake, and
it is time in single calls into C, during which no other thread runs: that they are made on a thread
of their own does not help the others. The worst such call takes 6 ms with this many values; with as
many as a mebibyte holds, 300 ms.
"""

DEEPEST = 32
"""Levels of objects and lists within each other. Ours have five."""

MOST_DIGITS = 100
"""Characters of a number. A little too many are a mistake in a field; thousands are no value."""

_TOO_DEEP = f"The body is nested more than {DEEPEST} levels deep."


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object that `body` is; takes up to 15 ms a mebibyte.

    Raises:
        MalformedRequest: it is none, or one with a doubt; the text names the place or the value.
    """
    if sum(map(body.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise MalformedRequest(
            f"The body holds more than about {MOST_VALUES} values (commas and opening brackets "
            "are counted); split the request."
        )
    document = _parse(body)
    if not isinstance(document, dict):
        raise MalformedRequest("The body must be a JSON object: {...}.")
    _refuse_depth(document)
    return document


def normal(document: object) -> bytes:
    """The same bytes for the same content, however it was written down.

    Raises:
        MalformedRequest: there is half a character in a text.
    """
    try:
        return json.dumps(document, sort_keys=True, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise MalformedRequest("A text has half a character in it (a lone surrogate).") from None


# --- inside ---------------------------------------------------------------------------------------


def _parse(body: bytes) -> object:
    try:
        return json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_single,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_refuse_number,
        )
    except UnicodeDecodeError as error:
        raise MalformedRequest(f"The body is not UTF-8: see byte {error.start}.") from None
    except json.JSONDecodeError as error:
        raise MalformedRequest(
            f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    except RecursionError:
        raise MalformedRequest(_TOO_DEEP) from None


def _single(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise MalformedRequest(f"The key '{shown(key)}' is there twice in one object.")
            seen.add(key)
    return document


def _integer(text: str) -> int:
    _refuse_length(text)
    return int(text)


def _number(text: str) -> float:
    _refuse_length(text)
    value = float(text)
    if not math.isfinite(value):  # 1e999
        _refuse_number(text)
    return value


def _refuse_number(text: str) -> NoReturn:
    """NaN and Infinity come here too, which Python would read."""
    raise MalformedRequest(f"{text} is no number in JSON, or too large.")


def _refuse_length(text: str) -> None:
    if len(text) > MOST_DIGITS:
        raise MalformedRequest(
            f"A number has {len(text)} characters: {text[:20]}…; {MOST_DIGITS} are read."
        )


def _refuse_depth(document: object) -> None:
    """Walks down level by level, so that depth costs no stack."""
    level = [document]
    for _ in range(DEEPEST):
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return
    raise MalformedRequest(_TOO_DEEP)


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
