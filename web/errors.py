"""Error to answer: the one table of the edge.

Owns: how an error becomes an answer (`application/problem+json`, problems.py), and what reaches the
log.
Never: tells the outside more than the error's public words; what is not ours becomes a 500 with an
incident number, under which the log has the rest.
"""

import dataclasses
import math
import secrets
from collections.abc import Sequence
from http import HTTPStatus

import structlog
from werkzeug.exceptions import HTTPException

from actors.errors import MalformedRequest, NotFound, Problem, Refusal, StitcheryError
from web.answers import json_answer
from web.asgi import Response
from web.edge.rules import RETRY_AFTER
from web.mistakes import MOST_TOLD, Mistake
from web.problems import problem_document

log = structlog.get_logger("web")

PROBLEM_TYPE = "application/problem+json"

_TEMPORARY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
"""Statuses that always say when to come back."""


class WrongMethod(Refusal):
    code = "method_not_allowed"
    title = "This address does not take that method"
    status = 405


class NeedsWebsocket(Refusal):
    code = "upgrade_required"
    title = "This address speaks websocket"
    status = 426


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


def invalid(mistakes: Sequence[Mistake]) -> Refusal:
    """The refusal of a request for its mistakes; the first one names the answer's `field`."""
    first = mistakes[0]
    return Refusal(
        f"{first['field'] or 'The body'}: {first['detail']}",
        field=first["field"],
        more={"mistakes": mistakes[:MOST_TOLD]},
    )
