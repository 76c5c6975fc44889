"""What a worker may say on standard error: whole lines, printable, none too long, not too many.

Owns: the cutting, escaping and counting of lines. Pure.
Never: logs, or knows what a line means. Decoders put names and tags of hostile files into their
warnings, and some warn once for each of a million broken tags.
"""

from typing import Final

LONGEST: Final = 16384
"""Bytes of a line that are kept; a traceback on one line fits."""

MOST: Final = 100
"""Lines kept until `renew`."""


class Lines:
    """Cuts a stream of bytes. Holds at most one line."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._kept = 0
        self._dropped = 0

    def feed(self, data: bytes) -> list[str]:
        """The lines that `data` completes."""
        *ended, rest = data.split(b"\n")
        lines = []
        for part in ended:
            self._append(part)
            lines += self._finish()
        self._append(rest)
        return lines

    def renew(self) -> list[str]:
        """Begins a new allowance, as for a new call; says how many lines the old one dropped."""
        dropped, self._dropped, self._kept = self._dropped, 0, 0
        return [f"({dropped} more lines were dropped)"] if dropped else []

    def close(self) -> list[str]:
        """What is left when the stream ended."""
        return (self._finish() if self._line else []) + self.renew()

    def _append(self, part: bytes) -> None:
        self._line += part[: LONGEST + 1 - len(self._line)]

    def _finish(self) -> list[str]:
        line = bytes(self._line)
        self._line.clear()
        if self._kept == MOST:
            self._dropped += 1
            return []
        self._kept += 1
        return [printable(line[:LONGEST]) + ("..." if len(line) > LONGEST else "")]


def printable(line: bytes) -> str:
    r"""Text that cannot move a terminal's cursor or forge a line: control characters as \x1b."""
    text = line.decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
