"""What the head of a source's answer means for us.

Owns: the decision between a redirect, a body worth reading, and an error; how far declared sizes
and encodings are believed.
Never: reads a byte of a body; never repeats a source's words to a user, only its status.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from actors.capabilities.fetch.errors import (
    RedirectRefused,
    SourceBroken,
    SourceBusy,
    SourceRefused,
)
from actors.errors import TooLarge
from conf.settings import MEBIBYTE

FIELDS: Final = frozenset(
    {b"content-encoding", b"content-length", b"location", b"retry-after", b"transfer-encoding"}
)
"""The fields of a head that are read here."""

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})  # RFC 9110 15.4; for GET all mean the same
_LONGEST_RETRY: Final = 300  # seconds; a source shall not park our queue for a day


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Status and header fields, at least those of `FIELDS`; names are lower-case."""

    status: int
    fields: Sequence[tuple[bytes, bytes]]

    def values(self, name: bytes) -> list[bytes]:
        """The members of a list-valued field, over all its lines (RFC 9110 5.6.1)."""
        return [
            member.strip()
            for key, value in self.fields
            if key == name
            for member in value.split(b",")
            if member.strip()
        ]

    def only(self, name: bytes) -> bytes | None:
        """The value of a field that may come once; None when it is missing or ambiguous."""
        found = {value.strip() for key, value in self.fields if key == name}
        return found.pop() if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class Moved:
    """The picture is elsewhere; `location` is not checked yet."""

    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The picture follows: `length` bytes on the wire (None: not told), perhaps as gzip."""

    length: int | None
    gzipped: bool


def read_head(head: Head, host: str, most: int) -> Moved | Body:
    """Decides what comes next.

    Args:
        head: the answer's head.
        host: who answered, for the errors' text.
        most: bytes that a picture may have.

    Raises:
        RedirectRefused: a redirect without a single readable target.
        SourceBusy, SourceRefused: the status is not 200.
        SourceBroken: contradicting lengths, or an encoding that we do not read.
        TooLarge: the declared length is more than `most`.
    """
    if head.status in _REDIRECTS:
        return _moved(head, host)
    if (
        head.status == HTTPStatus.TOO_MANY_REQUESTS
        or head.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    ):
        raise SourceBusy(
            f"{host} answered with status {head.status}; try again later",
            retry_after=_retry_after(head),
            more={"source_status": head.status},
        )
    if head.status != HTTPStatus.OK:
        raise SourceRefused(
            f"{host} answered with status {head.status}, not with the picture; open the address "
            "in a browser to see why",
            more={"source_status": head.status},
        )
    return Body(length=_length(head, host, most), gzipped=_is_gzipped(head, host))


def too_large(host: str, most: int) -> TooLarge:
    """One sentence for a size that was declared and for one that was found while reading."""
    return TooLarge(
        f"What {host} sends is larger than {most / MEBIBYTE:g} MiB, the most for one picture",
        limit="fetch.max_file_mb",
    )


def _moved(head: Head, host: str) -> Moved:
    try:
        # Browsers read it as UTF-8, and so do the servers that send more than ASCII.
        location = (head.only(b"location") or b"").decode("utf-8")
    except UnicodeDecodeError:
        location = ""
    if not location:
        raise RedirectRefused(f"{host} redirects without telling one readable target")
    return Moved(location)


def _length(head: Head, host: str, most: int) -> int | None:
    declared = head.only(b"content-length")
    if declared is None:
        return None
    if head.values(b"transfer-encoding"):
        # RFC 9112 6.3: both together is how answers are smuggled past a reader.
        raise SourceBroken(f"{host} tells the length of its answer in two ways")
    if int(declared) > most:
        raise too_large(host, most)
    return int(declared)


def _is_gzipped(head: Head, host: str) -> bool:
    """We ask for identity; gzip is what some servers send all the same. Nothing nested."""
    match [value.lower() for value in head.values(b"content-encoding")]:
        case [] | [b"identity"]:
            return False
        case [b"gzip"] | [b"x-gzip"]:
            return True
        case _:
            raise SourceBroken(f"{host} sends the picture in an encoding that is not read here")


def _retry_after(head: Head) -> float | None:
    """Only the form in seconds; a date would need the source's clock to agree with ours."""
    value = head.only(b"retry-after")
    if value is None or not value.isdigit():
        return None
    return float(min(int(value[:9]), _LONGEST_RETRY))
