"""What is wrong with a request or a command, in our words. Pure.

Owns: the sentence and the place of every mistake that a check found.
Never: refuses (errors.py and the commands do).
"""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import ValidationError

from conf.mistakes import nearest
from web.shown import shown

MOST_TOLD = 50
"""Mistakes of one request that are told; who made more has to begin anew in any case."""

_LONGEST_SENTENCE = 300
"""Characters of what a check says of a mistake; one may repeat what it was given."""

_LONGEST_HINTED = 60
"""Characters of an unknown field that is looked for among the known ones."""

_PLAIN = {
    "missing": "it is missing",
    "extra_forbidden": "there is no such field",
    "too_short": "it has {actual_length} of them; at least {min_length} are needed",
    "too_long": "it has too many of them; at most {max_length} are accepted",
    "string_too_short": "it has too few characters; at least {min_length} are needed",
    "string_too_long": "it has too many characters; at most {max_length} are accepted",
    "string_type": "it must be a text",
    "int_type": "it must be a whole number",
    "int_from_float": "it must be a whole number",
    "float_type": "it must be a number",
    "bool_type": "it must be true or false",
    "list_type": "it must be a list",
    "model_type": "it must be an object",
    "model_attributes_type": "it must be an object",
    "dict_type": "it must be an object",
    "enum": "it must be {expected}",
    "literal_error": "it must be {expected}",
    "greater_than": "it must be more than {gt}",
    "greater_than_equal": "it must be {ge} or more",
    "less_than": "it must be less than {lt}",
    "less_than_equal": "it must be {le} or less",
}
"""What a check says of the commonest mistakes, by the name that pydantic has for them."""

Mistake = dict[str, str]
"""One thing to mend in a request: `field` (JSON pointer) and `detail`."""

Known = Mapping[str, Collection[str]]
"""The fields that a request may have at its top ("") and in each object there, by its name."""


def mistakes_of(
    error: ValidationError, section: str = "", known: Known | None = None
) -> list[Mistake]:
    """Every mistake that a check found.

    `section` names the object that was checked, "" the whole; among the `known` fields the one is
    looked for that an unknown one may have meant.
    """
    place = f"/{section}" if section else ""
    return [
        {
            "field": place + pointer(mistake["loc"]),
            "detail": _sentence(mistake) + _received(mistake) + _hint(mistake, section, known),
        }
        for mistake in error.errors(include_url=False)[:MOST_TOLD]
    ]


def pointer(location: tuple[int | str, ...]) -> str:
    """JSON pointer (RFC 6901) of a place in a document.

    A key is in it as far as it is recognised by: of a mebibyte of key, or one of direction marks,
    a pointer that can be read serves better than one that can be followed.
    """
    return "".join(
        "/" + shown(str(step)).replace("~", "~0").replace("/", "~1") for step in location
    )


def _sentence(mistake: Any) -> str:
    """What is wrong, in our words where we have some."""
    plain = _PLAIN.get(mistake["type"])
    if plain is None:
        return shown(mistake["msg"], _LONGEST_SENTENCE)
    return plain.format_map(mistake.get("ctx", {}))


def _hint(mistake: Any, section: str, known: Known | None) -> str:
    """The field that an unknown one may have meant, at its place."""
    *above, key = mistake["loc"] or ("",)
    if known is None or mistake["type"] != "extra_forbidden" or above:
        return ""
    if len(key) > _LONGEST_HINTED:
        return ""
    meant = nearest(section, key, known)
    return "" if meant is None else f"; did you mean /{meant.lstrip('.').replace('.', '/')}?"


def _received(mistake: Any) -> str:
    """The value that is to blame, where there is one of its own."""
    match mistake["input"]:
        case _ if mistake["type"] == "missing":
            return ""
        case dict() | list():
            return ""
        case str() as text:
            return f"; received '{shown(text)}'"
        case bool() as switch:
            return f"; received {str(switch).lower()}"
        case value:
            return f"; received {shown(repr(value))}"
