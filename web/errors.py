"""Error to answer: the one table of the edge.

Owns: how an error becomes `application/problem+json` (RFC 9457), and what reaches the log.
Never: tells the outside more than the error's public words; what is not ours becomes a 500 with an
incident number, under which the log has the rest.
"""

import math
import secrets
from typing import Any

import structlog
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from actors.errors import Problem, Refusal, StitcheryError
from web.answers import json_answer
from web.asgi import Response

log = structlog.get_logger("web")

PROBLEM_TYPE = "application/problem+json"

_HTTP_CODES = {
    400: "malformed_request",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "request_timeout",
    411: "length_required",
    412: "precondition_failed",
    413: "too_large",
    415: "unsupported_media",
    416: "range_not_satisfiable",
    429: "too_many_requests",
}
"""Codes for refusals that the routing layer makes by itself, before any of our code runs."""

_MOST_SHOWN = 80
"""Characters of a refused value that are shown again; enough to recognise it."""


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
    """The answer that tells a problem."""
    answer = json_answer(problem_document(problem), status=problem.status)
    answer.content_type = PROBLEM_TYPE
    if problem.retry_after is not None:
        answer.headers["Retry-After"] = str(max(1, math.ceil(problem.retry_after)))
    if problem.status == 401:  # noqa: PLR2004 -- RFC 9110, 11.6.1: a 401 names the scheme
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def to_problem(error: Exception) -> Problem:
    """What is told about any error; logs what an operator should hear of."""
    match error:
        case StitcheryError():
            if error.report:
                log.warning("reported", code=error.code, detail=error.detail, **error.more)
            return error.problem()
        case HTTPException(code=int(code)) if code < 500:  # noqa: PLR2004 -- the client's fault
            return Problem(
                code=_HTTP_CODES.get(code, "refused"),
                title=error.name,
                status=code,
                detail=_http_detail(error),
            )
        case ExceptionGroup(exceptions=[only]):
            return to_problem(only)
    incident = secrets.token_hex(8)
    log.error("request broke", incident=incident, exc_info=error)
    return Problem(
        code="internal_error",
        title="Something went wrong on our side",
        status=500,
        detail="It is in the log under this incident number. Trying again may help.",
        more={"incident": incident},
    )


def invalid(error: ValidationError, place: str = "") -> Refusal:
    """Every mistake of a request at once; the first one names the answer's `field`.

    `place` is the JSON pointer of what was checked within the body.
    """
    mistakes = [
        {
            "field": place + pointer(mistake["loc"]),
            "detail": f"{mistake['msg']}; received {_shown(mistake['input'])}",
        }
        for mistake in error.errors(include_url=False, include_context=False)
    ]
    first = mistakes[0]
    return Refusal(
        f"{first['field'] or 'The body'}: {first['detail']}",
        field=first["field"],
        more={"mistakes": mistakes},
    )


def pointer(location: tuple[int | str, ...]) -> str:
    """JSON pointer (RFC 6901) of a place in a document."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in location)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "…"


def _http_detail(error: HTTPException) -> str:
    match error.code:
        case 404:
            return "There is nothing at this address."
        case 405:
            return "This address does not take that method; see the Allow header."
    return error.description or error.name
