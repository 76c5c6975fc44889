"""Ends on a disk that takes no record for a while, on virtual time."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
import trio
import trio.testing
from structlog.testing import capture_logs

from actors import scribe
from actors.errors import StorageFull
from actors.journal.memory import MemoryJournal
from actors.lifecycle import State
from actors.messages import FileRecord, JobRecord

Clock = trio.testing.MockClock

END = JobRecord(
    id="j",
    session="s",
    capability="nap",
    request="{}",
    inputs=(),
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    state=State.FAILED,
)


class FullJournal(MemoryJournal):
    """Has no room for the first so many records of jobs."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times
        self.saved: list[JobRecord] = []

    async def save_job(self, job: JobRecord, files: Sequence[FileRecord] = ()) -> None:
        if self.times:
            self.times -= 1
            raise StorageFull("full")
        self.saved.append(job)


async def test_an_end_is_tried_until_it_is_on_record(autojump_clock: Clock) -> None:
    journal = FullJournal(1000)
    await scribe.conclude(journal, END)
    assert journal.saved == [END]


async def test_that_an_end_is_not_on_record_is_told_once_and_then_each_minute(
    autojump_clock: Clock,
) -> None:
    with capture_logs() as logs:
        await scribe.conclude(FullJournal(100), END)
    assert [line["log_level"] for line in logs] == ["warning"] * 2


@pytest.mark.parametrize("times", [0, 1000])
async def test_who_stops_waits_for_the_write_under_way_and_not_for_room_on_the_disk(
    autojump_clock: Clock, times: int
) -> None:
    journal = FullJournal(times)
    with trio.CancelScope() as scope:
        scope.cancel()
        await scribe.conclude(journal, END)
    assert scope.cancelled_caught == bool(times)
    assert journal.saved == ([] if times else [END])
