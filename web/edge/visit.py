"""What the log tells of a request: one line, whatever became of it.

Owns: the facts of that line.
Never: tells a header but the addresses, a query or a body: secrets travel there. Escapes nothing,
logs.py does.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import trio


@dataclass(slots=True)
class Visit:
    """One request, as far as it has come.

    Attributes:
        client: the address of who asked, be it through proxies of ours.
        peer: the address at the other end of the connection.
        since: when its head was read, on Trio's clock.
        status: of the answer; None while there is none.
        size: bytes of the answer's body, of those pieces that the socket took whole.
        due: bytes that its body was announced to have; None: its end is marked otherwise.
        whole: whether the socket took the answer to its end.
    """

    method: str
    path: str
    client: str
    peer: str
    since: float
    status: int | None = None
    size: int = 0
    due: int | None = None
    whole: bool = False

    def answers(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """The answer begins."""
        self.status = status
        length = next((value for name, value in headers if name == b"content-length"), None)
        self.due = None if length is None else int(length)

    def sent(self, size: int) -> None:
        """The socket took a piece of the body; with the last of those announced all is there."""
        self.size += size
        self.whole = self.size == self.due

    def facts(self) -> dict[str, object]:
        """The words of its line. `cut` says that the client, or we, left before the end."""
        facts: dict[str, object] = {
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "bytes": self.size,
            "seconds": round(trio.current_time() - self.since, 4),
            "client": self.client,
        }
        if self.peer != self.client:
            facts["via"] = self.peer
        if not self.whole and self.status != 101:  # noqa: PLR2004  # a websocket goes on
            facts["cut"] = True
        return facts
