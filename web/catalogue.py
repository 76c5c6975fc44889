"""Every problem that may be told: its code, title, statuses, and what to do about it.

Owns: the list, drawn from the error classes and from what the edge refuses, and the advice.
Never: makes an error, or answers one.
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from actors.errors import StitcheryError
from web.edge.rules import CODES

_BY_STATUS = {
    400: "Send the request in the form that its operation tells.",
    401: "Begin a session, or send a key that is valid.",
    403: "It stays so until the operator allows it; send other credentials if you have some.",
    404: "Look at the list again: it was removed, has expired, or never was yours.",
    405: "Use a method that the Allow header names.",
    408: "Send the body again, without such pauses.",
    409: "Read the present state, then decide.",
    412: "Read the present state, then send what fits it.",
    413: "Send less; the problem tells what is allowed.",
    414: "Send a shorter address.",
    415: "Send it as a type that the problem names.",
    416: "Ask for bytes that the file has.",
    421: "Use a name of the service that its operator told.",
    422: "Mend what the problem names, then send it again.",
    426: "Connect by websocket.",
    429: "Try again after the told seconds.",
    431: "Send fewer or shorter headers.",
    500: "Try again; if it stays so, tell the operator the incident.",
    502: "Look whether the address answers; the trouble is on its side, or on the way to it.",
    503: "Try again after the told seconds.",
    504: "Ask for less at once, or tell the operator that the time is too short.",
    507: "Try again later; the operator has to make room.",
}

_BY_CODE = {
    "deadline_missed": "Give a later deadline, or ask for less.",
    "deadline_passed": "Give a later deadline, or ask for less.",
    "file_in_use": "Wait until the job that uses it has ended, or cancel that job.",
    "idempotency_mismatch": "Use a new Idempotency-Key for a new request.",
    "job_ended": "Read the job: it has its result or its error.",
    "queue_timeout": "Submit it again when the queue is shorter, or with a longer queue_timeout.",
    "poison": "Send other input; if that ends so too, tell the operator.",
    "quota_exceeded": "Delete files that you no longer need.",
    "resource_missing": "Tell the operator; this service cannot do it as it is.",
    "storage_read_only": "Try again later; the operator has to make the disk writable.",
    "unknown_file": "Upload the file, then name it by the id that you were given.",
    "unreadable_media": "Send the file again; if it stays so, it is broken.",
    "user_busy": "Wait until one of your jobs has ended, or cancel one.",
}
"""What to do where the status alone does not tell."""


def catalogue() -> list[dict[str, Any]]:
    """Every problem of the classes that are loaded and of the edge, by code.

    Members: `code`, `title`, `statuses` (one code may have several) and `advice`.
    """
    found: dict[str, dict[str, Any]] = {}
    for code, title, status in (*_of_classes(StitcheryError), *_of_edge()):
        entry = found.setdefault(code, {"code": code, "title": title, "statuses": []})
        if status not in entry["statuses"]:
            entry["statuses"].append(status)
    for entry in found.values():
        entry["advice"] = _BY_CODE.get(entry["code"]) or _advice(entry["statuses"][0])
    return [found[code] for code in sorted(found)]


def _advice(status: int) -> str:
    """A status without a line of its own counts as the first of its class (RFC 9110, 15)."""
    return _BY_STATUS.get(status) or _BY_STATUS[status // 100 * 100]


def _of_classes(kind: type[StitcheryError]) -> Iterator[tuple[str, str, int]]:
    """A kind before its children: a code that they share has the title of the kind."""
    yield kind.code, kind.title, kind.status
    for child in kind.__subclasses__():
        yield from _of_classes(child)


def _of_edge() -> Iterator[tuple[str, str, int]]:
    for status, code in CODES.items():
        yield code, HTTPStatus(status).phrase, status
