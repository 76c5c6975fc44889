"""What may be wrong with a data folder, in plain words; and the comparison that finds most of it.

Owns: the codes of findings, their sentences, and what to do about each. Pure.
Never: looks at a disk; it is given what is on record and what was seen.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

Place = tuple[str, str]
"""Where the bytes of a file or draft lie: the session's id, and its own."""


class Code(StrEnum):
    """What is wrong; for programs, so these words stay."""

    FOLDER = "no_data_folder"
    JOURNAL_MISSING = "journal_missing"
    JOURNAL_DAMAGED = "journal_damaged"
    REPAIR_UNFINISHED = "repair_unfinished"
    JOURNAL_NEWER = "journal_newer"
    JOURNAL_FOREIGN = "journal_foreign"
    JOURNAL_TAIL = "journal_tail"
    REFERENCE = "reference_broken"
    RECORD = "record_unreadable"
    FILE_MISSING = "file_missing"
    FILE_SIZE = "file_size"
    FILE_CONTENT = "file_content"
    FILE_UNRECORDED = "file_unrecorded"
    DRAFT_MISSING = "draft_missing"
    DRAFT_SIZE = "draft_size"
    DRAFT_UNRECORDED = "draft_unrecorded"
    KEYS = "keys_open"
    KEYS_MISSING = "keys_missing"
    KEYS_UNUSABLE = "keys_unusable"
    MANIFEST = "manifest_disagrees"


_FROM_BACKUP: Final = "Restore a backup (stitchery restore)"

ADVICE: Final[Mapping[Code, str]] = {
    Code.FOLDER: "Name the folder that the service has (--data, or data in the section storage).",
    Code.JOURNAL_MISSING: f"{_FROM_BACKUP}; or have a new one made of what is left, such as its "
    "log (stitchery repair): files that are then on no record are set aside in lost/.",
    Code.JOURNAL_DAMAGED: f"{_FROM_BACKUP}; or save what can be read (stitchery repair).",
    Code.REPAIR_UNFINISHED: "stitchery repair goes on with it; no service starts before.",
    Code.JOURNAL_NEWER: "Install the release that wrote it, or restore a backup of this one's.",
    Code.JOURNAL_FOREIGN: "It is no journal: move it away, or name another folder.",
    Code.JOURNAL_TAIL: "The next start goes on without them, and sets a damaged log aside; a "
    "backup made later than them has them.",
    Code.REFERENCE: "stitchery repair drops what refers to nothing.",
    Code.RECORD: "stitchery repair keeps all the others.",
    Code.FILE_MISSING: f"{_FROM_BACKUP} to have it again; without one, the next start takes it "
    "off the record.",
    Code.FILE_SIZE: f"{_FROM_BACKUP} to have it whole; its user can upload it anew.",
    Code.FILE_CONTENT: f"{_FROM_BACKUP} to have it whole, and look after the disk.",
    Code.FILE_UNRECORDED: "Nothing: the next start moves it to lost/, where it is kept as long as "
    "files are.",
    Code.DRAFT_MISSING: "Nothing: the next start forgets the upload, and its client begins anew.",
    Code.DRAFT_SIZE: "Its user should remove the upload and begin anew.",
    Code.DRAFT_UNRECORDED: "Nothing: the next start moves it to lost/.",
    Code.KEYS: "chmod 600 the file: whoever can read it can make tokens of any session.",
    Code.KEYS_MISSING: "Put the file back; otherwise the next start makes a new key, and everybody "
    "begins a new session.",
    Code.KEYS_UNUSABLE: "No service starts so. Make the file readable, or put it back from a "
    "backup; or move it away: the next start makes a new key, and everybody begins a new session.",
    Code.MANIFEST: "Trust it less than an untouched one: something was changed after the backup "
    "was made, perhaps by a service that was started on it.",
}
"""What to do, by code."""

_LACKS: Final = "Take another backup; what this one has can be had with stitchery restore --anyway."
_LEFT_BEHIND: Final = "Nothing: it is left behind when the backup is restored."
_SAVE: Final = "Take another backup; or save what can be read of this one's (stitchery repair)."

ADVICE_OF_BACKUP: Final[Mapping[Code, str]] = {
    **ADVICE,
    **dict.fromkeys((Code.JOURNAL_MISSING, Code.JOURNAL_DAMAGED), _SAVE),
    **dict.fromkeys((Code.JOURNAL_TAIL, Code.REFERENCE, Code.RECORD), _LACKS),
    **dict.fromkeys((Code.FILE_MISSING, Code.FILE_SIZE, Code.FILE_CONTENT), _LACKS),
    **dict.fromkeys((Code.DRAFT_MISSING, Code.DRAFT_SIZE), _LACKS),
    **dict.fromkeys((Code.FILE_UNRECORDED, Code.DRAFT_UNRECORDED), _LEFT_BEHIND),
}
"""What to do about what is wrong with a backup."""


def printable(value: object) -> str:
    """Its text as any terminal and JSON can take it, in one line that is not too long."""
    return ascii(str(value)[:200])[1:-1]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong. `session` and `id` say with what, where it is one file's."""

    code: Code
    text: str
    session: str = ""
    id: str = ""

    @property
    def advice(self) -> str:
        """What to do about it."""
        return ADVICE[self.code]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the record says of a whole file: bytes, and their sha256 in hexadecimal."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What a record names: its whole files, and its unfinished uploads with the size to be."""

    files: Mapping[Place, Recorded]
    uploads: Mapping[Place, int]


@dataclass(frozen=True, slots=True)
class Stored:
    """What lies on a disk, in bytes each: whole files, and drafts of uploads."""

    files: Mapping[Place, int]
    drafts: Mapping[Place, int]


def compare(contents: Contents, stored: Stored) -> frozenset[Finding]:
    """What the record and the disk do not agree in."""
    return frozenset(
        [
            *_files_amiss(contents, stored),
            *_files_unrecorded(contents, stored),
            *_uploads_amiss(contents, stored),
            *_drafts_unrecorded(contents, stored),
        ]
    )


def _files_amiss(contents: Contents, stored: Stored) -> Iterator[Finding]:
    for place, recorded in contents.files.items():
        size = stored.files.get(place)
        if size is None:
            yield Finding(Code.FILE_MISSING, f"files/{_path(place)} is not there.", *place)
        elif size != recorded.size:
            text = f"files/{_path(place)} has {size} bytes and should have {recorded.size}."
            yield Finding(Code.FILE_SIZE, text, *place)


def _files_unrecorded(contents: Contents, stored: Stored) -> Iterator[Finding]:
    for place in stored.files.keys() - contents.files.keys() - contents.uploads.keys():
        # an upload's, where it had become a file but not yet on record: the next start knows
        text = f"files/{_path(place)} is on no record."
        yield Finding(Code.FILE_UNRECORDED, text, *map(printable, place))


def _uploads_amiss(contents: Contents, stored: Stored) -> Iterator[Finding]:
    for place, size in contents.uploads.items():
        come = stored.drafts.get(place, stored.files.get(place))
        if come is None:
            text = f"What had come of the upload uploads/{_path(place)} is not there."
            yield Finding(Code.DRAFT_MISSING, text, *place)
        elif come > size:
            text = f"uploads/{_path(place)} has {come} bytes, more than the {size} it was to have."
            yield Finding(Code.DRAFT_SIZE, text, *place)


def _drafts_unrecorded(contents: Contents, stored: Stored) -> Iterator[Finding]:
    for place in stored.drafts.keys() - contents.uploads.keys():
        text = f"uploads/{_path(place)} is on no record."
        yield Finding(Code.DRAFT_UNRECORDED, text, *map(printable, place))


def _path(place: Place) -> str:
    return printable("/".join(place))
