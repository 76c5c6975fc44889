"""How every answer leaves: JSON in one form, and headers that keep browsers from guessing.

Owns: the encoding of answers and the security headers.
Never: decides what an answer says.
"""

from typing import Any

from pydantic import BaseModel, TypeAdapter

from web.asgi import Response

_ANY: TypeAdapter[Any] = TypeAdapter(Any)

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""For our own pages: everything from us, nothing inline, nobody frames us."""

CONTENT_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""For everything else, users' bytes above all: whatever a browser takes it for, it is inert."""

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def json_answer(value: object, status: int = 200) -> Response:
    """An answer with a JSON body: a model, or any value of plain data and models."""
    if isinstance(value, BaseModel):
        body = value.model_dump_json().encode()
    else:
        body = _ANY.dump_json(value)
    return Response(body, status=status, content_type="application/json")


def secure(answer: Response) -> Response:
    """Adds what every answer carries, errors and static files included."""
    for name, value in _HEADERS.items():
        answer.headers[name] = value
    answer.headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
    answer.headers.setdefault("Cache-Control", "private, no-store")
    return answer
