"""The words of tus 1.0.0 (tus.io/protocols/resumable-upload): what its headers say.

Owns: reading and writing of them. Pure.
Never: knows an upload.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Final

from actors.errors import MalformedRequest, Refusal

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,creation-with-upload,termination,expiration"
STRETCH: Final = "application/offset+octet-stream"
"""Media type of the bytes of a stretch."""

_NUMBER = re.compile("[0-9]{1,18}")
_KEY = re.compile("[!-+\\--~]{1,64}")  # visible ASCII without the comma
_MOST_PAIRS = 64


class WrongTusVersion(Refusal):
    code = "unsupported_tus_version"
    title = "This version of tus is not spoken here"
    status = 412


def refuse_other_versions(spoken: str | None) -> None:
    """Raises `WrongTusVersion` unless Tus-Resumable names the version that is spoken here."""
    if spoken != VERSION:
        raise WrongTusVersion(
            f"The request must say `Tus-Resumable: {VERSION}`; it says "
            f"{'nothing' if spoken is None else repr(spoken[:40])}."
        )


def number(name: str, value: str | None) -> int:
    """A header that counts bytes.

    Raises:
        MalformedRequest: it is not there, or no number of bytes.
    """
    if value is None or not _NUMBER.fullmatch(value):
        raise MalformedRequest(
            f"{name} must say a number of bytes in digits; it says "
            f"{'nothing' if value is None else repr(value[:40])}."
        )
    return int(value)


def metadata(value: str) -> Mapping[str, str]:
    """What Upload-Metadata holds: keys, each with a value in Base64 or none.

    What of a value is no UTF-8 is shown as such (U+FFFD); who reads one has to clean it.

    Raises:
        MalformedRequest: it has not that form, a key twice, or very many.
    """
    pairs = [pair.strip(" \t").partition(" ") for pair in value.split(",")] if value else []
    if len(pairs) > _MOST_PAIRS:
        raise MalformedRequest(
            f"Upload-Metadata has {len(pairs)} pairs; it may have {_MOST_PAIRS}."
        )
    found: dict[str, str] = {}
    for key, _, encoded in pairs:
        if not _KEY.fullmatch(key) or key in found:
            raise MalformedRequest(f"Upload-Metadata has an odd key, or one twice: {key[:40]!r}.")
        found[key] = _decoded(key, encoded)
    return found


def _decoded(key: str, encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode("utf-8", errors="replace")
    except (binascii.Error, ValueError):  # ValueError: characters beyond ASCII
        raise MalformedRequest(f"The value of {key!r} in Upload-Metadata is not Base64.") from None
