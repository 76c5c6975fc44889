"""What a backup says of itself, in its manifest.json.

Owns: the manifest's form, and what in a folder contradicts it. Pure.
Never: reads or writes a file, or looks at a clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from actors.safekeeping.findings import Code, Finding

NAME: Final = "manifest.json"

_FORMAT: Final = 1
"""Of the folder's layout; another number is another layout."""


class ManifestError(ValueError):
    """The text is no manifest of a backup that this release can read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup holds.

    Attributes:
        release: that made it.
        schema: version of the journal.
        made_at: when its record was true; UTC, as ISO 8601 has it.
        sessions, jobs, files, uploads: how many are on record, uploads the unfinished ones.
        bytes: of files and drafts.
        left_out: files and uploads that their users removed while it was made.
        damaged: what was wrong with the folder when it was made, in findings.
        journal_sha256: of the journal in the backup, in hexadecimal.
    """

    release: str
    schema: int
    made_at: str
    sessions: int
    jobs: int
    files: int
    uploads: int
    bytes: int
    left_out: int
    damaged: int
    journal_sha256: str
    format: int = _FORMAT


_decoder = msgspec.json.Decoder(Manifest)


def encode(manifest: Manifest) -> bytes:
    """The manifest as JSON text, for people too."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def decode(text: bytes) -> Manifest:
    """The manifest that the text is.

    Raises:
        ManifestError: it is none.
    """
    try:
        found = _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ManifestError(f"{NAME} is no manifest of a backup: {error}") from error
    if found.format != _FORMAT:
        raise ManifestError(
            f"{NAME} says format {found.format}; this release knows {_FORMAT} only."
        )
    return found


def disagreements(said: Manifest, seen: Manifest) -> Iterator[Finding]:
    """What a backup says of itself and is not so.

    Args:
        said: its manifest.
        seen: what was found, in the same words; what is not counted in a folder is as `said`.
    """
    for name in ("sessions", "jobs", "files", "uploads", "bytes"):
        was, now = getattr(said, name), getattr(seen, name)
        if was != now:
            yield Finding(Code.MANIFEST, f"The backup holds {now} {name}, its manifest says {was}.")
    if said.journal_sha256 != seen.journal_sha256:
        yield Finding(Code.MANIFEST, "The journal is not the one that the manifest is about.")
