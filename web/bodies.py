"""Reads what a client sent: JSON bodies, options, headers and queries, into typed values.

Owns: the form of requests: their types, what an option may be, how a query is taken; and that a
large body is read beside the event loop.
Never: reads an upload (files.py streams those), judges JSON itself (strictjson.py), or asks the
tree anything.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import trio
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from actors.capability import AnyCapability, Request
from actors.errors import MalformedRequest, Refusal, UnsupportedMedia
from actors.messages import Idempotency, Options, Priority
from web.asgi import Request as HttpRequest
from web.asgi import Websocket
from web.errors import invalid
from web.mistakes import Known, Mistake, mistakes_of, pointer
from web.shown import shown
from web.strictjson import normal, read_object

LONGEST_KEY = 255
"""Characters of an Idempotency-Key; the length that Stripe's API takes too."""

_JSON = re.compile(
    r'application/json(?:[ \t]*;(?:[ \t]*charset=("?)utf-?8\1)?)*[ \t]*', re.IGNORECASE
)

LARGE = 8 * 1024
"""Bytes of a body from which it is read on a thread. Below it the worst takes 4 ms, a usual one a
tenth of that; the way to a thread and back takes 0.1 ms, and up to ten times that on a busy
machine."""

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
        None,
        gt=0,
        description="seconds from now by when it is to have ended: refused if even luck would miss "
        "it, expired if it passes while the job waits, timed_out while it runs",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A job request as it came: the capability's part, the options, and the digest of both."""

    request: Request
    options: Options
    digest: str


async def read_submission(http: HttpRequest, capability: AnyCapability) -> Submission:
    """Reads the body of a job request; a large one on a thread, one at a time.

    Cancelling waits for the thread, which is done after milliseconds whatever it reads.

    Raises:
        MalformedRequest, UnsupportedMedia, TooLarge: it is no JSON object within the limits.
        Refusal: naming every field that is not as it should be.
    """
    body = await _read_body(http)
    if len(body) < LARGE:
        return understand(body, capability)
    return await trio.to_thread.run_sync(understand, body, capability, limiter=_reader())


async def read_document(http: HttpRequest) -> dict[str, Any]:
    """Reads a body that is a JSON object, from somebody who is trusted with a little of our time.

    Raises:
        MalformedRequest, UnsupportedMedia, TooLarge: it is none within the limits.
    """
    return read_object(await _read_body(http))


def understand(body: bytes, capability: AnyCapability) -> Submission:
    """What a body asks of a capability. Plain computing, up to 30 ms a mebibyte.

    Raises:
        MalformedRequest: it is no JSON object as `strictjson` wants it.
        Refusal: naming every field that is not as it should be.
    """
    document = read_object(body)
    digest = hashlib.sha256(capability.name.encode() + b" " + normal(document)).hexdigest()
    mistakes: list[Mistake] = []
    fields, options_of = capability.request_type.model_fields, OptionsBody.model_fields
    known = {"": (*fields, "options"), "options": tuple(options_of)}
    options = _take(OptionsBody, document.pop("options", {}), "options", known, mistakes)
    request = _take(capability.request_type, document, "", known, mistakes)
    if options is None or request is None:
        raise invalid(mistakes)
    return Submission(request=request, options=Options(**options.model_dump()), digest=digest)


def refuse_coding(http: HttpRequest) -> None:
    """Refuses a body that is packed: unpacking is how a small one becomes a large one.

    Raises:
        UnsupportedMedia: it says a Content-Encoding.
    """
    coding = ", ".join(http.headers.getlist("Content-Encoding"))
    if coding and coding.lower() != "identity":
        raise UnsupportedMedia(
            f"The body has the Content-Encoding '{shown(coding)}'; send it as it is, without one."
        )


def read_idempotency(http: HttpRequest, submission: Submission) -> Idempotency | None:
    """The client's Idempotency-Key, if it sent one.

    Raises:
        MalformedRequest: it is empty, too long, there twice, or not printable ASCII.
    """
    keys = http.headers.getlist("Idempotency-Key")
    if not keys:
        return None
    key = keys[0]
    if not (1 <= len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()) or keys[1:]:
        raise MalformedRequest(
            f"Idempotency-Key must be 1 to {LONGEST_KEY} printable ASCII characters, said once."
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
            f"The parameter '{shown(repeated[0])}' is there more than once; say it once.",
            field=pointer((repeated[0],)),
        )
    try:
        return query_type.model_validate(http.args.to_dict())
    except ValidationError as error:
        raise invalid(mistakes_of(error, known={"": query_type.model_fields})) from None


# --- inside ---------------------------------------------------------------------------------------


_readers: trio.lowlevel.RunVar[trio.CapacityLimiter] = trio.lowlevel.RunVar("_readers")


def _reader() -> trio.CapacityLimiter:
    """One thread reads: two would take as long together, and each more turns from the rest of us.

    It is not of those by which others write their files.
    """
    try:
        return _readers.get()
    except LookupError:
        limiter = trio.CapacityLimiter(1)
        _readers.set(limiter)
        return limiter


async def _read_body(http: HttpRequest) -> bytes:
    _refuse_type(http)
    body: bytes = await http.get_data(cache=False, as_text=False, parse_form_data=False)
    return body


def _refuse_type(http: HttpRequest) -> None:
    """Refuses all but `application/json`, in the one encoding that JSON has (RFC 8259, 8.1).

    Read by the letter: of a type that is said twice, or with more to it, two readers could take
    two things.
    """
    said = ", ".join(http.headers.getlist("Content-Type"))
    if not _JSON.fullmatch(said):
        raise UnsupportedMedia(
            f"The body must be application/json, in UTF-8; the Content-Type says '{shown(said)}'."
            if said
            else "The body must be application/json; its Content-Type is missing."
        )


ModelT = TypeVar("ModelT", bound=BaseModel)


def _take(
    model: type[ModelT], document: object, section: str, known: Known, mistakes: list[Mistake]
) -> ModelT | None:
    """The document as the model; None after adding its mistakes to those of the request."""
    try:
        # through JSON, where a strict model takes the text of an enum for what it means
        return model.model_validate_json(json.dumps(document, ensure_ascii=False))
    except ValidationError as error:
        mistakes += mistakes_of(error, section, known)
        return None
