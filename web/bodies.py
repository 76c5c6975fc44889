"""Reads what a client sent: JSON bodies, options, headers and queries, into typed values.

Owns: the form of requests (what JSON is accepted, what an option may be).
Never: reads an upload (files.py streams those), or asks the tree anything.
"""

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from actors.capability import AnyCapability, Request
from actors.errors import MalformedRequest, Refusal, UnsupportedMedia
from actors.messages import Idempotency, Options, Priority
from web.asgi import Request as HttpRequest
from web.asgi import Websocket
from web.errors import Mistake, invalid, mistakes_of, pointer

LONGEST_KEY = 255
"""Characters of an Idempotency-Key; the length that Stripe's API takes too."""

MOST_VALUES = 5_000
"""Values in a JSON body. Reading one holds up everybody else: 50 ms here at the worst, when each is
a mistake. Ours have 1,500 at most. Counted by commas and brackets, those inside of texts too."""

DEEPEST = 32
"""Levels of objects and lists within each other. Ours have five."""

_TOO_DEEP = f"The body is nested more than {DEEPEST} levels deep."

_MOST_DIGITS = 100
"""Of a whole number. A little too many are a mistake in a field; thousands are no value at all."""

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
    document = await _read_object(http)
    digest = hashlib.sha256(capability.name.encode() + b" " + _normal(document)).hexdigest()
    mistakes: list[Mistake] = []
    options = _take(OptionsBody, document.pop("options", {}), "/options", mistakes)
    request = _take(capability.request_type, document, "", mistakes)
    if options is None or request is None:
        raise invalid(mistakes)
    return Submission(request=request, options=Options(**options.model_dump()), digest=digest)


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


def _digits(value: object) -> object:
    """Refuses what Python takes for a number and HTTP does not: signs, spaces, underscores."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit()):
        raise PydanticCustomError("digits", "Input should be a whole number, in digits")
    return value


Number = Annotated[int, BeforeValidator(_digits)]
"""A whole number in a query."""


class ListQuery(Query):
    """How a list is asked for."""

    limit: Number = Field(DEFAULT_LISTED, ge=1, le=MOST_LISTED, description="items of a page")
    cursor: str | None = Field(None, max_length=64, description="`next` of the page before")


class ContentQuery(Query):
    """How bytes are asked for."""

    download: Number = Field(0, ge=0, le=1, description="1: as an attachment")


QueryT = TypeVar("QueryT", bound=Query)


def read_query(http: HttpRequest | Websocket, query_type: type[QueryT]) -> QueryT:
    """The query of an address as a typed value; unknown and repeated parameters are refused."""
    repeated = [name for name, values in http.args.lists() if len(values) > 1]
    if repeated:
        raise Refusal(
            f"The parameter {repeated[0]!r} is there more than once.",
            field=pointer((repeated[0],)),
        )
    try:
        return query_type.model_validate(http.args.to_dict())
    except ValidationError as error:
        raise invalid(mistakes_of(error)) from None


# --- inside ---------------------------------------------------------------------------------------


async def _read_object(http: HttpRequest) -> dict[str, Any]:
    """The body as a JSON object; raises as `read_submission`.

    What readers of JSON take differently is refused: a key twice, NaN, a number without end.
    """
    if http.mimetype != "application/json":
        raise UnsupportedMedia(
            f"The body must be application/json, not {http.mimetype or 'untyped'}."
        )
    body: bytes = await http.get_data(cache=False, as_text=False, parse_form_data=False)
    if sum(map(body.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise MalformedRequest(f"The body holds more than about {MOST_VALUES} values.")
    document = _parse(body)
    if not isinstance(document, dict):
        raise MalformedRequest("The body must be a JSON object: {...}.")
    _refuse_depth(document)
    return document


ModelT = TypeVar("ModelT", bound=BaseModel)


def _take(
    model: type[ModelT], document: object, place: str, mistakes: list[Mistake]
) -> ModelT | None:
    """The document as the model; None after adding its mistakes to those of the request."""
    try:
        # through JSON, where a strict model takes the text of an enum for what it means
        return model.model_validate_json(json.dumps(document))
    except ValidationError as error:
        mistakes += mistakes_of(error, place)
        return None


def _parse(body: bytes) -> object:
    try:
        return json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_single,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_number,
        )
    except UnicodeDecodeError:
        raise MalformedRequest("The body is not UTF-8.") from None
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
                raise MalformedRequest(f"The key {key[:40]!r} is there twice in one object.")
            seen.add(key)
    return document


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > _MOST_DIGITS:
        raise MalformedRequest(f"A number has {len(text)} digits: {text[:20]}…")
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):  # NaN and Infinity, which Python reads, and 1e999
        raise MalformedRequest(f"{text[:40]} is no number in JSON, or too large.")
    return value


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


def _normal(document: object) -> bytes:
    """The same bytes for the same content, however it was written down."""
    try:
        return json.dumps(document, sort_keys=True, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise MalformedRequest("A text has half a character in it (a lone surrogate).") from None
