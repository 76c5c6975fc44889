"""A case: what is sent, what must happen, as one small coroutine; and the list of them all.

Owns: registering, the ids and areas, and `expect`, by which a case says what went wrong.
Never: runs one; `runner` does.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from tests.hostile.cases.target import Target

AREAS: Mapping[str, str] = {
    "KILL": "one-packet-kill",
    "SLOW": "slow-client",
    "HTTP": "http-parsing",
    "H2": "http2",
    "JSON": "json-and-numbers",
    "UPL": "uploads",
    "TUS": "resumable-uploads",
    "HDR": "headers-and-xss",
    "SES": "sessions-and-csrf",
    "KEY": "api-keys-and-admin",
    "IDOR": "cross-user",
    "PATH": "paths",
    "WS": "websocket",
    "RNG": "range-and-conditional",
    "RACE": "races-and-idempotency",
    "SSRF": "ssrf",
    "SRC": "hostile-source",
    "EXT": "image-host",
    "MED": "media",
    "LOG": "logs",
    "CFG": "config",
    "LIFE": "life-cycle",
}
"""The areas by the first word of an id, in the order in which they are run."""

Run = Callable[[Target], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Case:
    """One case.

    Attributes:
        line: what it sends and what must happen, in one line.
        slow: takes seconds; left out of the quick run.
        alone: no other case may run meanwhile: it counts what all share.
        errors: statuses from 500 up that are right here.
    """

    id: str
    line: str
    run: Run
    slow: bool
    alone: bool
    errors: frozenset[int]

    @property
    def area(self) -> str:
        """The area that the id belongs to."""
        return AREAS[self.id.partition("-")[0]]


CASES: dict[str, Case] = {}

SKIPPED: dict[str, str] = {}
"""Listed cases that are not run here, each with the reason."""


def add(
    id: str,
    line: str,
    run: Run,
    *,
    slow: bool = False,
    alone: bool = False,
    errors: tuple[int, ...] = (),
) -> None:
    """Lists a case. An id is listed once."""
    assert id not in CASES, id
    CASES[id] = Case(id, " ".join(line.split()), run, slow, alone, frozenset(errors))


def case(
    id: str, *, slow: bool = False, alone: bool = False, errors: tuple[int, ...] = ()
) -> Callable[[Run], Run]:
    """Lists the coroutine function as a case; its docstring is the case's line."""

    def listed(run: Run) -> Run:
        add(id, run.__doc__ or "", run, slow=slow, alone=alone, errors=errors)
        return run

    return listed


def expect(holds: object, told: object = "") -> None:
    """Ends the case as failed, with what was seen, unless the claim holds."""
    if not holds:
        raise AssertionError(f"{told}"[:600])
