"""What was recorded before a field was there is read as if the field had been left out."""

import json

from actors.journal.records import decode, encode
from actors.messages import FileRecord
from tests.actors.journal.makers import a_file


def test_a_file_from_before_anybody_asked_when_it_was_taken_is_read() -> None:
    record = a_file("s" * 34)
    text = json.loads(encode(record))
    del text["media"]["taken"]

    assert decode(FileRecord, json.dumps(text)) == record
