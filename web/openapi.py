"""The contract as OpenAPI 3.1, drawn from the route table and the views.

Owns: the document.
Never: says anything that the table, the views, the capabilities or the errors do not say.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaValue, models_json_schema

from actors.capability import AnyCapability
from web.bodies import OptionsBody
from web.catalogue import catalogue
from web.identity import COOKIE
from web.principals import KEY_PREFIX
from web.routes import Access, Route
from web.views import JobMessage, Problem, ProgressMessage, SnapshotMessage

_REF = "#/components/schemas/{model}"
_VARIABLE = re.compile(r"<(\w+)>")
_EVERYWHERE = (400, 408, 413, 429, 500, 503)
"""Statuses that the edge may answer to any request."""

_REASONS = {
    206: "The bytes that Range asked for.",
    304: "Unchanged since the ETag in If-None-Match.",
    400: "The request cannot be read.",
    401: "No valid session.",
    403: "Not allowed, or caused by another site.",
    404: "Not there, or not yours.",
    408: "The body stopped coming.",
    409: "It does not fit the present state.",
    412: "Not what the request expects: the bytes of a file, or the version of tus.",
    413: "Too large.",
    415: "Of a kind that is not read here.",
    416: "There are no such bytes.",
    422: "Not valid; the fields are named.",
    426: "The request is no websocket handshake.",
    429: "A limit refuses; it is named, with the seconds after which to try again.",
    500: "A mistake of the service; the incident is in its log.",
    503: "Not now; try again after the told seconds.",
    507: "Too little room on the disk; what is here can be read and removed.",
}

_VARIABLES = {
    "file": "id of a file of mine; to PUT one, the name that it is to have",
    "job": "id of a job of mine",
    "upload": "id of an upload of mine",
    "name": "of a part of the web page",
}

_REQUEST_HEADERS = {
    "Idempotency-Key": "the same key with the same body makes one job, however often it is sent",
    "Range": "one range of bytes; several, or odd ones, get the whole file",
    "If-Range": "an ETag: Range counts only while it is still that of the file",
    "Tus-Resumable": "the version of tus, 1.0.0; any other is refused (412)",
    "Upload-Length": "bytes of the whole file",
    "Upload-Metadata": "pairs of a key and a value in Base64; `filename` is what to call the file",
    "Upload-Offset": "bytes that have come before",
    "If-Match": "ETags, or *: any other content is refused (412)",
    "If-None-Match": "ETags that the client has, or *",
}

_TOLD = {
    "Location": "address of the upload, a path",
    "Stitchery-File": "once it is complete: id of the file that the upload became",
    "Tus-Extension": "what of tus is spoken besides its core",
    "Tus-Max-Size": "bytes of the largest file",
    "Tus-Version": "the version of tus that is spoken",
    "Upload-Expires": "when it is given up, unless more has come (RFC 9110, 5.6.7)",
    "Upload-Length": "bytes of the whole file",
    "Upload-Offset": "bytes that have come",
}

_RETRY_AFTER = {"description": "seconds", "required": True, "schema": {"type": "integer"}}
_ANSWER_HEADERS: dict[int, dict[str, Any]] = {
    202: {"Location": {"description": "address of the job", "schema": {"type": "string"}}},
    429: {"Retry-After": _RETRY_AFTER},
    503: {"Retry-After": _RETRY_AFTER},
    507: {"Retry-After": _RETRY_AFTER},
}

_BYTES = "application/octet-stream"
_PROBLEM = {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}}

References = Mapping[Any, JsonSchemaValue]
"""By view and "serialization": how the document refers to it."""


def describe(
    routes: Iterable[Route],
    capabilities: Collection[AnyCapability],
    user_header: str | None = None,
) -> dict[str, Any]:
    """The OpenAPI document for these routes and capabilities.

    `user_header` is the one in which a proxy may name its user.
    """
    table = list(routes)
    references, schemas = _schemas(table, capabilities)
    schemes = _schemes(user_header)
    paths: dict[str, dict[str, Any]] = {}
    for route in table:
        for path, operation in _operations(route, capabilities, references):
            method = "get" if route.websocket else route.method.lower()
            paths.setdefault(path, {})[method] = operation
            if route.access is not Access.ANYBODY:
                operation["security"] = [{name: []} for name in _opened_by(route, schemes)]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Stitchery",
            "version": version("stitchery"),
            "summary": "A workshop for many: pictures fetched and joined, with live progress.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": schemes,
        },
        "x-problems": catalogue(),
    }


def _opened_by(route: Route, schemes: Iterable[str]) -> list[str]:
    """The ways that may do for a route: a cookie opens a session, and no session is an admin's."""
    return [name for name in schemes if route.access is Access.SESSION or name != "cookie"]


def _schemes(user_header: str | None) -> dict[str, Any]:
    """The ways to show who asks."""
    schemes: dict[str, Any] = {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": f"The token of a session, or an API key ({KEY_PREFIX}…).",
        },
        "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    }
    if user_header is not None:
        schemes["proxy"] = {
            "type": "apiKey",
            "in": "header",
            "name": user_header,
            "description": "The user's name, set by a proxy in front; believed from its address.",
        }
    return schemes


def _schemas(
    table: Iterable[Route], capabilities: Collection[AnyCapability]
) -> tuple[References, dict[str, Any]]:
    """Every shape that goes in or out, and what each view is called among them."""
    views: set[type[BaseModel]] = {Problem, JobMessage, ProgressMessage, SnapshotMessage}
    views |= {route.answer for route in table if route.answer is not None}
    references, answers = models_json_schema(
        [(view, "serialization") for view in sorted(views, key=lambda view: view.__name__)],
        ref_template=_REF,
    )
    _, requests = models_json_schema(
        [
            (OptionsBody, "validation"),
            *((capability.request_type, "validation") for capability in capabilities),
        ],
        ref_template=_REF,
    )
    schemas = {**requests["$defs"], **answers["$defs"]}
    for capability in capabilities:
        schemas[_submission_name(capability)] = _submission(capability, schemas)
    return references, schemas


def _submission_name(capability: AnyCapability) -> str:
    return f"{capability.request_type.__name__}Job"


def _submission(capability: AnyCapability, schemas: dict[str, Any]) -> dict[str, Any]:
    """The body of a job request: the capability's fields and the options."""
    request = schemas[capability.request_type.__name__]
    options = {"$ref": _REF.format(model=OptionsBody.__name__)}
    return {**request, "properties": {**request["properties"], "options": options}}


def _operations(
    route: Route, capabilities: Collection[AnyCapability], references: References
) -> Iterable[tuple[str, dict[str, Any]]]:
    """One operation, or one a capability where the path names it: each has a body of its own."""
    if "<capability>" not in route.path:
        yield _VARIABLE.sub(r"{\1}", route.path), _operation(route, references)
        return
    for capability in capabilities:
        body = {"$ref": _REF.format(model=_submission_name(capability))}
        operation = _operation(route, references, body=body)
        operation["summary"] = f"{capability.name}: {operation['summary']}"
        examples = {
            example.title: {"value": dict(example.request)} for example in capability.examples
        }
        if examples and route.body is not None:
            operation["requestBody"]["content"]["application/json"]["examples"] = examples
        yield route.path.replace("<capability>", capability.name), operation


def _operation(
    route: Route, references: References, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary,
        "parameters": [
            *_path_parameters(route),
            *_query_parameters(route),
            *_header_parameters(route),
        ],
        "responses": _responses(route, references),
    }
    if route.body is not None:
        schema = body or route.form or _body_schema(route.body)
        operation["requestBody"] = {
            "required": True,
            "content": {route.body: {} if schema is None else {"schema": schema}},
        }
    return operation


def _body_schema(media_type: str) -> dict[str, Any] | None:
    if media_type != "multipart/form-data":
        return None
    parts = {"type": "array", "items": {"type": "string", "contentMediaType": "image/*"}}
    return {"type": "object", "properties": {"file": parts}, "required": ["file"]}


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _VARIABLES[name],
            "schema": {"type": "string"},
        }
        for name in _VARIABLE.findall(route.path)
        if name != "capability"
    ]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = route.query.model_json_schema(ref_template=_REF)
    definitions = schema.get("$defs", {})
    return [
        {
            "name": name,
            "in": "query",
            "description": field.get("description", ""),
            "schema": _inlined(field, definitions),
        }
        for name, field in schema["properties"].items()
    ]


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    """A schema with its references replaced by what they name."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return definitions[schema["$ref"].rpartition("/")[2]]
        return {key: _inlined(value, definitions) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_inlined(value, definitions) for value in schema]
    return schema


def _header_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "header",
            "description": _REQUEST_HEADERS[name],
            "schema": {"type": "string"},
        }
        for name in route.headers
    ]


def _responses(route: Route, references: References) -> dict[str, Any]:
    problems = {*_EVERYWHERE, *route.problems}
    if route.access is not Access.ANYBODY:
        problems |= {401, 403}
    if route.access is Access.SESSION:
        problems.add(507)  # a principal's session is begun with the first request, whatever that is
    if route.websocket:
        problems.add(426)
    return {
        str(route.status.value): _success(route, references),
        **{str(status.value): _variant(route, status) for status in route.also},
        **{str(status): _refusal(status) for status in sorted(problems)},
    }


def _success(route: Route, references: References) -> dict[str, Any]:
    if route.websocket:
        kinds = " | ".join(m.__name__ for m in (SnapshotMessage, JobMessage, ProgressMessage))
        return {"description": f"A websocket; each message is one of {kinds}."}
    success: dict[str, Any] = {"description": route.summary}
    if route.answer is not None:
        schema = references[route.answer, "serialization"]
        success["content"] = {route.media_type: {"schema": schema}}
    elif route.media_type and route.status is not HTTPStatus.NO_CONTENT:
        success["content"] = _bytes_of(route)
    told = {
        name: {"description": _TOLD[name], "schema": {"type": "string"}} for name in route.tells
    }
    if headers := {**_ANSWER_HEADERS.get(route.status, {}), **told}:
        success["headers"] = headers
    return success


def _variant(route: Route, status: HTTPStatus) -> dict[str, Any]:
    """A further good answer: a part of the bytes, or none."""
    variant: dict[str, Any] = {"description": _REASONS[status]}
    if status is HTTPStatus.PARTIAL_CONTENT:
        variant["content"] = _bytes_of(route)
    return variant


def _bytes_of(route: Route) -> dict[str, Any]:
    """The type of what is no JSON; that of somebody's bytes is what they are."""
    media_type = route.media_type.partition(";")[0]
    return {media_type: {}, "*/*": {}} if media_type == _BYTES else {media_type: {}}


def _refusal(status: int) -> dict[str, Any]:
    refusal: dict[str, Any] = {"description": _REASONS[status], "content": _PROBLEM}
    if headers := _ANSWER_HEADERS.get(status):
        refusal["headers"] = headers
    return refusal
