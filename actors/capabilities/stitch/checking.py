"""What the server asks of a child that reads pictures to the end, to find all that are broken.

Owns: the values on both ends of the pipe, and the call that names the work.
Never: imports the work itself (`reading` does it): the server must not load a decoder.
"""

from dataclasses import dataclass
from typing import Final

from actors.capabilities.stitch.order import View
from actors.errors import Refusal, TooLarge, UnreadableMedia, UnsupportedMedia
from actors.workers.call import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOrder:
    """The pictures that are to be read; `threads` processors may be used."""

    views: tuple[View, ...]
    threads: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """A picture that cannot be read, and why: a refusal's code and what it says."""

    number: int
    code: str
    detail: str
    limit: str | None = None

    def refusal(self) -> Refusal:
        """As an error that names its field."""
        kind = _KINDS.get(self.code, UnreadableMedia)
        return kind(self.detail, field=f"/inputs/{self.number}", limit=self.limit)


_KINDS: Final[dict[str, type[Refusal]]] = {
    kind.code: kind for kind in (UnreadableMedia, UnsupportedMedia, TooLarge)
}
"""What reading a picture may be refused for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """All pictures that cannot be read, in the request's order."""

    bad: tuple[Bad, ...]


CHECK: Final = Call("actors.capabilities.stitch.reading:check", CheckOrder, Checked)
"""Reads every picture to its end. Memory and processor time are set as for the join."""
