"""Turns records into JSON text and back, with their types checked on the way in.

Owns: the form of a record on disk. A field that is added with a default can be read from older
text; whatever else changes a record needs a migration.
Never: knows where the text is kept.
"""

from typing import TypeVar

import msgspec

from actors.messages import FileRecord, JobRecord, SessionRecord, UploadRecord

RecordT = TypeVar("RecordT", SessionRecord, FileRecord, JobRecord, UploadRecord)

_encoder = msgspec.json.Encoder()
_decoders = {
    kind: msgspec.json.Decoder(kind)
    for kind in (SessionRecord, FileRecord, JobRecord, UploadRecord)
}


def encode(record: SessionRecord | FileRecord | JobRecord | UploadRecord) -> str:
    """The record as JSON text.

    Raises:
        TypeError, ValueError: it holds something that JSON has no form for.
    """
    return _encoder.encode(record).decode()


def decode(kind: type[RecordT], text: str) -> RecordT:
    """The record of that kind.

    Raises:
        msgspec.DecodeError: the text is not that of such a record.
    """
    return _decoders[kind].decode(text)  # type: ignore[return-value]  # looked up by its own type
