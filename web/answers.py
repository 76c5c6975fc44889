"""How every answer leaves: JSON in one form, and headers that keep browsers from guessing.

Owns: the encoding of answers, and which of the security headers (headers.py) each gets.
Never: decides what an answer says.
"""

from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import TypeAdapter
from werkzeug.sansio.response import Response as AnyResponse

from web.asgi import Response
from web.headers import CONTENT_POLICY, PRIVATE, SECURITY

AnswerT = TypeVar("AnswerT", bound=AnyResponse)

_ANY: TypeAdapter[Any] = TypeAdapter(Any)

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""For our own pages: everything from us, nothing inline, nobody frames us."""

_BODILESS = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


def json_answer(value: object, status: int = 200) -> Response:
    """An answer with a JSON body: a model, or any value of plain data and models."""
    return Response(_ANY.dump_json(value), status=status, content_type="application/json")


def secure(answer: AnswerT) -> AnswerT:
    """Adds what every answer carries, errors and static files included.

    Where no body may be, nothing is said of one (RFC 9110, 8.6 and 15.4.5).
    """
    if answer.status_code in _BODILESS:
        answer.headers.pop("Content-Type", None)
        answer.headers.pop("Content-Length", None)
    for name, value in SECURITY.items():
        answer.headers[name] = value
    answer.headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
    answer.headers.setdefault("Cache-Control", PRIVATE)
    return answer
