"""Takes rows for what they say, where they make sense, and passes over the others.

Owns: what makes sense: the ids in a row are ids, and its document is a record that bears them.
Never: raises over a row that makes none: a flipped bit in one must not keep all others away.

For what is read of everybody at a start and by the janitor. A passed row stays as it is:
`stitchery check` finds it, and `stitchery repair` leaves it out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from actors.ids import is_id
from actors.journal.records import RecordT, decode
from actors.messages import FileRecord

T = TypeVar("T")

Row = tuple[Any, Any, Any]
"""The session, the row's own id, and a document or a size. A damaged column may hold anything."""


@dataclass(frozen=True, slots=True)
class Sound(Generic[T]):
    """What was taken, and of each row that was passed over what it says it is."""

    taken: T
    passed: tuple[str, ...]


def records(kind: type[RecordT], rows: Iterable[Row]) -> Sound[tuple[RecordT, ...]]:
    """The records of rows; of a session its own id stands for the session's."""
    taken: list[RecordT] = []
    passed: list[str] = []
    for session, id, document in rows:
        record = _record(kind, session, id, document)
        if record is None:
            passed.append(_named(kind.__name__, session, id))
        else:
            taken.append(record)
    return Sound(tuple(taken), tuple(passed))


def sizes(rows: Iterable[Row]) -> Sound[Mapping[str, Mapping[str, int]]]:
    """Bytes by file id, by session."""
    taken: dict[str, dict[str, int]] = {}
    passed: list[str] = []
    for session, id, size in rows:
        known = session in taken or _is_id(session)
        if known and _is_id(id) and isinstance(size, int) and size >= 0:
            taken.setdefault(session, {})[id] = size
        else:
            passed.append(_named(FileRecord.__name__, session, id))
    return Sound(taken, tuple(passed))


def _record(kind: type[RecordT], session: object, id: object, document: object) -> RecordT | None:
    if not isinstance(document, str):
        return None
    try:
        record = decode(kind, document)
    except msgspec.DecodeError:
        return None
    theirs: str = getattr(record, "session", record.id)  # a session is its own
    agrees = (theirs, record.id) == (session, id)
    return record if agrees and is_id(theirs) and is_id(record.id) else None


def _is_id(value: object) -> bool:
    return isinstance(value, str) and is_id(value)


def _named(kind: str, session: object, id: object) -> str:
    return f"{kind} {str(id)[:40]!r} of session {str(session)[:40]!r}"
