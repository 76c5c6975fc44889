"""Problems as JSON (RFC 9457), the same over HTTP, in a job's record and on the command line.

Owns: the members and their order. Pure.
Never: decides what is told; knows a status line or a terminal.
"""

from typing import Any

from actors.errors import Problem


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
