"""What the log tells of a request: one line, whatever became of it.

Owns: the facts of that line.
Never: tells a header but the addresses, a query or a body: secrets travel there. Escapes nothing,
logs.py does.
"""

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
        size: bytes of the answer's body.
        whole: whether the answer was sent to its end.
    """

    method: str
    path: str
    client: str
    peer: str
    since: float
    status: int | None = None
    size: int = 0
    whole: bool = False

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
