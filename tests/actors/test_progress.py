"""Fan-out: changes are never dropped, progress is the newest, nobody waits for a reader."""

from datetime import UTC, datetime

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from actors.messages import Event, JobChanged, JobProgressed, JobRecord, JobView, Progress, Snapshot
from actors.progress import MOST_UNREAD, REPLAYABLE, Fanout, LaggedError, Numbers, Watcher

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def view(job: str, fraction: float = 0.0) -> JobView:
    record = JobRecord(
        id=job, session="s", capability="stitch", request="{}", inputs=(), created_at=NOW
    )
    return JobView(record=record, progress=Progress(fraction=fraction, step="join"))


def progress(fanout: Fanout, view: JobView) -> None:
    """The job has moved on, and looks like this."""
    fanout.progressed(view.record.id, lambda: view)


def read(watcher: Watcher) -> list[Event]:
    events: list[Event] = []
    while True:
        try:
            events.append(watcher.next_nowait())
        except trio.WouldBlock:
            return events


def fractions(events: list[Event]) -> list[float]:
    return [
        event.view.progress.fraction
        for event in events
        if not isinstance(event, Snapshot) and event.view.progress is not None
    ]


async def test_a_slow_watcher_gets_every_change_and_only_the_newest_progress() -> None:
    fanout = Fanout(Numbers())
    with fanout.watch() as watcher:
        fanout.changed(view("a"))
        for percent in range(100):
            progress(fanout, view("b", percent / 100))
        fanout.changed(view("c", 1.0))
        events = read(watcher)

    assert [type(event) for event in events] == [JobChanged, JobProgressed, JobChanged]
    assert fractions(events) == [0.0, 0.99, 1.0]


async def test_a_change_supersedes_the_progress_before_it() -> None:
    fanout = Fanout(Numbers())
    with fanout.watch() as watcher:
        progress(fanout, view("a", 0.5))
        fanout.changed(view("a", 1.0))

        assert fractions(read(watcher)) == [1.0]


async def test_a_job_is_looked_at_when_its_progress_is_read_and_not_before() -> None:
    fanout, looks = Fanout(Numbers()), list[float]()

    def look() -> JobView:
        looks.append(len(looks))
        return view("a")

    with fanout.watch() as watcher:
        for _ in range(100):
            fanout.progressed("a", look)
        assert not looks
        assert len(read(watcher)) == len(looks) == 1


async def test_who_comes_again_gets_just_what_was_missed() -> None:
    fanout = Fanout(Numbers())
    with fanout.watch() as watcher:
        fanout.changed(view("a"))
        seen = (read(watcher))[-1].seq
    fanout.changed(view("b"))
    fanout.changed(view("c"))
    with fanout.watch(since=seen) as watcher:
        events = read(watcher)

    assert watcher.replays
    assert [e.view.record.id for e in events if isinstance(e, JobChanged)] == ["b", "c"]


@pytest.mark.parametrize("since", [0, 10**9])
async def test_a_past_that_is_unknown_is_not_replayed(since: int) -> None:
    numbers = Numbers()
    numbers.follow(1)
    fanout = Fanout(numbers)
    for _ in range(REPLAYABLE + 5):
        fanout.changed(view("a"))
    with fanout.watch(since=since) as watcher:
        assert not watcher.replays
        assert read(watcher) == []


async def test_a_watcher_of_one_job_hears_of_no_other() -> None:
    fanout = Fanout(Numbers())
    with fanout.watch(job="a") as watcher:
        fanout.changed(view("b"))
        fanout.changed(view("a"))

        assert len(read(watcher)) == 1


async def test_who_never_reads_is_told_to_come_again_and_holds_no_more_memory() -> None:
    fanout = Fanout(Numbers())
    with fanout.watch() as watcher:
        for _ in range(MOST_UNREAD * 2):
            fanout.changed(view("a"))
        with pytest.raises(LaggedError):
            await watcher.next()

        assert len(watcher._changes) <= MOST_UNREAD + 1


async def test_a_reader_that_waits_is_woken_by_the_next_event(
    autojump_clock: trio.testing.MockClock,
) -> None:
    fanout = Fanout(Numbers())

    async def publish_later() -> None:
        await trio.sleep(5)
        fanout.changed(view("a"))

    async with trio.open_nursery() as nursery:
        with fanout.watch() as watcher:
            nursery.start_soon(publish_later)

            assert isinstance(await watcher.next(), JobChanged)


async def test_the_end_comes_after_what_was_waiting() -> None:
    fanout = Fanout(Numbers())
    with fanout.watch() as watcher:
        fanout.changed(view("a"))
        fanout.end()
        await watcher.next()
        with pytest.raises(EOFError):
            await watcher.next()


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abc"), st.booleans()), max_size=60))
def test_numbers_grow_and_each_jobs_last_word_arrives(
    story: list[tuple[bool, str, bool]],
) -> None:
    fanout = Fanout(Numbers())
    last: dict[str, int] = {}
    heard: list[Event] = []
    with fanout.watch() as watcher:
        for serial, (is_change, job, reads) in enumerate(story):
            now = view(job, serial / 1000)
            fanout.changed(now) if is_change else progress(fanout, now)
            last[job] = serial
            if reads:
                heard += read(watcher)
        heard += read(watcher)
    numbers = [event.seq for event in heard]
    assert numbers == sorted(set(numbers))
    final = {
        e.view.record.id: e.view.progress.fraction
        for e in heard
        if not isinstance(e, Snapshot) and e.view.progress is not None
    }
    assert final == {job: serial / 1000 for job, serial in last.items()}
    changes = sum(isinstance(event, JobChanged) for event in heard)
    assert changes == sum(is_change for is_change, _, _ in story)


def test_a_later_life_numbers_above_an_earlier_one() -> None:
    old, new = Numbers(), Numbers()
    old.follow(1)
    new.follow(2)
    last = max(old() for _ in range(1000))

    assert new() > last
    assert new.last < 2**53
