"""What server and guard say to each other.

Owns: the two commands, the signal and the report.
Never: needs more than the standard library: the guard stays small.

The lifeline is a socket pair. When the server's end closes, however the server ended, the guard
kills all below it. The server may ask first or order the same; the guard answers once, at the end.
"""

import signal
import struct
from typing import Final, NamedTuple, Self

ASK: Final = b"a"
"""Send SIGTERM to all; the work may still end by itself."""

KILL: Final = b"k"
"""Send SIGKILL until nothing is left."""

DISPLACE: Final = signal.SIGUSR1
"""To the outer guard, when the lifeline is of no use: kill the guard, and do its duty. Not SIGTERM:
that may be sent to all processes of the service by who wants it to stop."""

_REPORT: Final = struct.Struct("!iI")

_UNKNOWN: Final = -1
"""In place of a wait status, which is never below 0."""


class Report(NamedTuple):
    """The guard's last words: nothing of the work is left.

    `status` is the worker's wait status (os.waitpid), None where it fell with its guard and the
    outer one tells; `ended` counts the processes that were alive when they were told to end, the
    worker among them.
    """

    status: int | None
    ended: int

    def pack(self) -> bytes:
        """As it is written."""
        return _REPORT.pack(_UNKNOWN if self.status is None else self.status, self.ended)

    @classmethod
    def parse(cls, data: bytes) -> Self | None:
        """As it was written; None when both guards died before it could say all."""
        if len(data) != _REPORT.size:
            return None
        status, ended = _REPORT.unpack(data)
        return cls(None if status == _UNKNOWN else status, ended)
