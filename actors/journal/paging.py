"""Cuts lists into pages; the same for every journal.

Owns: what a cursor is (the id of the last item shown; to callers it is opaque) and which are taken.
Never: reads records from anywhere.
"""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from actors.errors import Refusal
from actors.ids import is_id
from actors.journal.port import Page

_AFTER_EVERY_ID = "~"


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


ItemT = TypeVar("ItemT", bound=_HasId)


def ceiling(cursor: str | None) -> str:
    """The items of the page are those whose id is less than this.

    Raises:
        Refusal: `cursor` is none that a page gave.
    """
    if cursor is None:
        return _AFTER_EVERY_ID
    if not is_id(cursor):
        raise Refusal(
            f"cursor {cursor[:40]!r} is not one that a list gave as `next`; "
            "send that one, or leave it out to begin with the newest"
        )
    return cursor


def cut(found: Sequence[ItemT], limit: int) -> Page[ItemT]:
    """The page of `limit` items out of those found, newest first, up to one more than fit."""
    items = tuple(found[:limit])
    return Page(items, items[-1].id if len(found) > limit else None)
