"""Reads what a client sent: JSON bodies, options, headers and queries, into typed values.

Owns: the form of requests (what JSON is accepted, what an option may be).
Never: reads an upload (files.py streams those), or asks the tree anything.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from actors.capability import AnyCapability, Request
from actors.errors import MalformedRequest, Refusal, UnsupportedMedia
from actors.messages import Idempotency, Options, Priority
from web.asgi import Request as HttpRequest
from web.asgi import Websocket
from web.errors import invalid

LONGEST_KEY = 255
"""Characters of an Idempotency-Key; the length that Stripe's API takes too."""

MOST_LISTED = 200
DEFAULT_LISTED = 50
"""Items of a page; a client may ask for up to MOST_LISTED."""


class OptionsBody(BaseModel):
    """How a job wants to be treated, whatever its capability."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    priority: Priority = Field(Priority.NORMAL, description="shifts turns where that is enabled")
    queue_timeout: float | None = Field(
        None, gt=0, description="seconds it is willing to wait; never more than the limit"
    )
    deadline: float | None = Field(
        None, gt=0, description="seconds from now after which starting makes no more sense"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A job request as it came: the capability's part, the options, and the digest of both."""

    request: Request
    options: Options
    digest: str


async def read_submission(http: HttpRequest, capability: AnyCapability) -> Submission:
    """Reads the body of a job request.

    Raises:
        MalformedRequest, UnsupportedMedia, TooLarge: it is no JSON object within the limits.
        Refusal: naming every field that is not as it should be.
    """
    document = await read_object(http)
    normal = json.dumps(document, sort_keys=True, separators=(",", ":"))
    options = document.pop("options", {})
    try:
        treated = OptionsBody.model_validate_json(json.dumps(options))
    except ValidationError as error:
        raise invalid(error, "/options") from None
    try:
        request = capability.request_type.model_validate_json(json.dumps(document))
    except ValidationError as error:
        raise invalid(error) from None
    return Submission(
        request=request,
        options=Options(**treated.model_dump()),
        digest=hashlib.sha256(f"{capability.name} {normal}".encode()).hexdigest(),
    )


async def read_object(http: HttpRequest) -> dict[str, Any]:
    """The body as a JSON object.

    Raises:
        UnsupportedMedia: the content type is not JSON. TooLarge: over the limit of the edge.
        MalformedRequest: no JSON object in UTF-8, or one with doubtful parts (a key twice, NaN).
    """
    if http.mimetype != "application/json":
        raise UnsupportedMedia(
            f"The body must be application/json, not {http.mimetype or 'untyped'!r}."
        )
    body: bytes = await http.get_data(cache=True, as_text=False, parse_form_data=False)
    try:
        document = json.loads(
            body.decode("utf-8"), object_pairs_hook=_single, parse_constant=_no_constant
        )
    except UnicodeDecodeError:
        raise MalformedRequest("The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise MalformedRequest(
            f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    except (ValueError, RecursionError):
        # an integer beyond the interpreter's digits, or nesting beyond its stack
        raise MalformedRequest("The body has a number too long or is nested too deeply.") from None
    if not isinstance(document, dict):
        raise MalformedRequest("The body must be a JSON object: {...}.")
    return document


def read_idempotency(http: HttpRequest, submission: Submission) -> Idempotency | None:
    """The client's Idempotency-Key, if it sent one.

    Raises:
        MalformedRequest: it is empty, too long, or not printable ASCII.
    """
    key = http.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not (1 <= len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise MalformedRequest(
            f"Idempotency-Key must be 1 to {LONGEST_KEY} printable ASCII characters."
        )
    return Idempotency(key=key, digest=submission.digest)


class Query(BaseModel):
    """Base of typed queries; values come as text, so they are converted, not taken strictly."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ListQuery(Query):
    """How a list is asked for."""

    limit: int = Field(DEFAULT_LISTED, ge=1, le=MOST_LISTED, description="items of a page")
    cursor: str | None = Field(None, max_length=64, description="`next` of the page before")


class ContentQuery(Query):
    """How bytes are asked for."""

    download: int = Field(0, ge=0, le=1, description="1: as an attachment")


QueryT = TypeVar("QueryT", bound=Query)


def read_query(http: HttpRequest | Websocket, query_type: type[QueryT]) -> QueryT:
    """The query of an address as a typed value; unknown and repeated parameters are refused."""
    repeated = [name for name, values in http.args.lists() if len(values) > 1]
    if repeated:
        raise Refusal(f"The parameter {repeated[0]!r} is there more than once.", field=repeated[0])
    try:
        return query_type.model_validate(http.args.to_dict())
    except ValidationError as error:
        refusal = invalid(error)
        refusal.field = (refusal.field or "").removeprefix("/")
        raise refusal from None


def _single(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise MalformedRequest(f"The key {key!r} is there more than once in one object.")
            seen.add(key)
    return document


def _no_constant(name: str) -> NoReturn:
    raise MalformedRequest(f"{name} is no number in JSON.")
