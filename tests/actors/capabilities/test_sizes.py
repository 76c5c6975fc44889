"""What capabilities tell of a request's size, and that only what computes borrows a processor."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from actors.capabilities.fetch.capability import CAPABILITY as FETCH
from actors.capabilities.fetch.request import FetchRequest
from actors.capabilities.stitch.capability import CAPABILITY as STITCH
from actors.capabilities.stitch.request import StitchRequest
from actors.capabilities.stitch.settings import StitchSettings
from actors.capability import AnswerT, OrderT, ProgressSink
from actors.errors import WorkFailed
from actors.messages import FileRecord, Media
from actors.workers.call import Call
from tests.actors.capabilities.fake_context import FakeContext


def picture(id: str, width: int, height: int) -> FileRecord:
    return FileRecord(
        id=id,
        session="session",
        name=id,
        media=Media(media_type="image/png", width=width, height=height),
        size=1000,
        sha256="",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


PICTURES = {"a": picture("a", 2000, 1000), "b": picture("b", 1000, 500)}
REQUEST = StitchRequest.model_validate({"inputs": [{"file": "a"}, {"file": "b"}, {"file": "a"}]})


def test_a_stitch_is_as_large_as_all_its_pictures_each_time_they_come() -> None:
    assert STITCH.size(REQUEST, PICTURES) == pytest.approx(4.5)


def test_a_fetch_is_as_large_as_the_number_of_its_addresses() -> None:
    request = FetchRequest(urls=["https://example.com/1.png", "https://example.com/2.png"])

    assert FETCH.size(request, {}) == 2


class Lending(FakeContext):
    """Tells what is borrowed when the work begins, and stops there."""

    async def work(
        self, call: Call[OrderT, AnswerT], order: OrderT, told: ProgressSink | None = None
    ) -> AnswerT:
        raise WorkFailed(f"borrowed: {self.borrowed}")


@pytest.mark.parametrize(("inputs", "slots"), [("bb", 1), ("aba", 3)])
async def test_a_stitch_computes_on_a_processor_slot_a_large_one_on_more(
    inputs: str, slots: int, tmp_path: Path
) -> None:
    request = StitchRequest.model_validate({"inputs": [{"file": file} for file in inputs]})
    with pytest.raises(WorkFailed, match=rf"borrowed: \[\('processor', {slots}\)\]"):
        await STITCH.run(request, StitchSettings(processors=3), Lending(tmp_path, PICTURES))
