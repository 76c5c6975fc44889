"""Error to answer: the one table of the edge.

Owns: how an error becomes `application/problem+json` (RFC 9457), and what reaches the log.
Never: tells the outside more than the error's public words; what is not ours becomes a 500 with an
incident number, under which the log has the rest.
"""

import dataclasses
import math
import secrets
from collections.abc import Collection, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from actors.errors import MalformedRequest, NotFound, Problem, Refusal, StitcheryError
from conf.mistakes import nearest
from web.answers import json_answer
from web.asgi import Response
from web.edge.rules import RETRY_AFTER
from web.shown import shown

log = structlog.get_logger("web")

PROBLEM_TYPE = "application/problem+json"

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

_TEMPORARY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
"""Statuses that always say when to come back."""

Mistake = dict[str, str]
"""One thing to mend in a request: `field` (JSON pointer) and `detail`."""

Known = Mapping[str, Collection[str]]
"""The fields that a request may have at its top ("") and in each object there, by its name."""


class WrongMethod(Refusal):
    code = "method_not_allowed"
    title = "This address does not take that method"
    status = 405


class NeedsWebsocket(Refusal):
    code = "upgrade_required"
    title = "This address speaks websocket"
    status = 426


def problem_document(problem: Problem) -> dict[str, Any]:
    """The problem as a JSON object: members of RFC 9457 and ours, without empty ones."""
    document: dict[str, Any] = {
        "type": f"/api/docs#{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
    }
    for member in ("field", "limit", "retry_after"):
        value = getattr(problem, member)
        if value is not None:
            document[member] = value
    return {**problem.more, **document}


def problem_answer(problem: Problem) -> Response:
    """The answer that tells a problem, with the headers that its status asks for."""
    if problem.status in _TEMPORARY and problem.retry_after is None:
        problem = dataclasses.replace(problem, retry_after=RETRY_AFTER)
    answer = json_answer(problem_document(problem), status=problem.status)
    answer.content_type = PROBLEM_TYPE
    if problem.retry_after is not None:
        answer.headers["Retry-After"] = str(max(1, math.ceil(problem.retry_after)))
    match problem.status:
        case HTTPStatus.UNAUTHORIZED:  # RFC 9110, 11.6.1: it names the scheme
            answer.headers["WWW-Authenticate"] = "Bearer"
        case HTTPStatus.UNSUPPORTED_MEDIA_TYPE:  # RFC 9110, 12.5.3: what would have been read
            answer.headers["Accept-Encoding"] = "identity"
        case HTTPStatus.UPGRADE_REQUIRED:  # RFC 9110, 15.5.22: it names the protocol
            answer.headers["Upgrade"] = "websocket"
    return answer


def to_problem(error: Exception) -> Problem:
    """What is told about any error; logs what an operator should hear of."""
    if isinstance(error, HTTPException):
        error = _of_routing(error)
    if not isinstance(error, StitcheryError) or _is_unexplained(error):
        return _incident(error)
    if error.report:
        log.warning("reported", code=error.code, detail=error.detail, more=error.more)
    return error.problem()


def _of_routing(error: HTTPException) -> Exception:
    """What the routing layer found, which refuses before any of our code runs, in our words."""
    match error.code:
        case HTTPStatus.NOT_FOUND:
            return NotFound("There is nothing at this address.")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return WrongMethod("See the Allow header for the methods that it takes.")
        case HTTPStatus.BAD_REQUEST:
            return MalformedRequest("The request makes no sense at this address.")
    return error


def _is_unexplained(error: StitcheryError) -> bool:
    """Whether it is ours, and its words are for the log: a 500 tells an incident number alone."""
    return error.status == HTTPStatus.INTERNAL_SERVER_ERROR and "incident" not in error.more


def _incident(error: Exception) -> Problem:
    incident = secrets.token_hex(8)
    log.error("request broke", incident=incident, exc_info=error)
    return Problem(
        code="internal_error",
        title="Something went wrong on our side",
        status=500,
        detail="It is in the log under this incident number. Trying again may help.",
        more={"incident": incident},
    )


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


def invalid(mistakes: Sequence[Mistake]) -> Refusal:
    """The refusal of a request for its mistakes; the first one names the answer's `field`."""
    first = mistakes[0]
    return Refusal(
        f"{first['field'] or 'The body'}: {first['detail']}",
        field=first["field"],
        more={"mistakes": mistakes[:MOST_TOLD]},
    )


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
        case value:
            return f"; received {shown(repr(value))}"
