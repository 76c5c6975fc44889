"""One suite for every journal: whoever keeps the promises of the port passes it."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from actors.errors import NotFound, Problem, Refusal
from actors.journal.memory import MemoryJournal
from actors.journal.port import (
    Journal,
    JournalClosedError,
    KeyTakenError,
    Known,
    NotOnRecordError,
    OwnerTakenError,
    Usage,
)
from actors.journal.sqlite import SqliteJournal
from actors.lifecycle import State, has_ended
from actors.messages import Idempotency, JobResult, Options, Priority, Receipt
from tests.actors.journal.makers import (
    START,
    Wall,
    a_file,
    a_job,
    a_session,
    an_upload,
    new_id,
    opened,
)

Again = Callable[[], Journal]


@pytest.fixture
def wall() -> Wall:
    """The wall clock of every journal here."""
    return Wall()


@pytest.fixture(params=["sqlite", "memory"])
def again(request: pytest.FixtureRequest, tmp_path: Path, wall: Wall) -> Again:
    """Gives the journal of this test, as a server that starts (again) would find it."""
    if request.param == "sqlite":
        return lambda: SqliteJournal(tmp_path / "data", wall=wall)
    journal = MemoryJournal(wall=wall)
    return lambda: journal


@pytest.fixture
async def journal(again: Again) -> AsyncIterator[Journal]:
    async with opened(again()) as journal:
        yield journal


async def test_a_session_is_found_until_it_is_removed(journal: Journal) -> None:
    session = a_session()
    assert await journal.session(session.id) is None
    await journal.add_session(session)
    assert await journal.session(session.id) == session
    await journal.remove_session(session.id)
    assert await journal.session(session.id) is None
    await journal.remove_session(session.id)


async def test_every_field_of_a_job_comes_back_as_it_was(journal: Journal) -> None:
    session = a_session()
    await journal.add_session(session)
    made = a_file(session.id, name="Ünïcode \x00 \n 名.png", size=2**40)
    job = replace(
        a_job(session.id, request='{"gap": 3, "text": "\\u0000ß"}'),
        options=Options(priority=Priority.HIGH, queue_timeout=1.5, deadline=0.1),
        state=State.CANCELLED,
        attempt=3,
        started_at=START + timedelta(microseconds=1),
        ended_at=START + timedelta(days=400),
        result=JobResult(files=(made,), data={"width": 3, "scale": 0.1, "note": None, "l": [1]}),
        error=Problem(
            code="x", title="t", status=422, detail="d", field="/a~1b", limit="l", more={"k": [1]}
        ),
        receipt=Receipt(processes_ended=2, seconds=0.25, files_removed=1),
    )
    await journal.add_job(job)
    assert await journal.job(session.id, job.id) == job


async def test_every_field_of_a_file_comes_back_as_it_was(journal: Journal) -> None:
    session = a_session()
    await journal.add_session(session)
    file = a_file(session.id, name="a/../../b'\"; DROP TABLE files; --", size=0, job=new_id())
    await journal.add_files(file)
    assert await journal.file(session.id, file.id) == file


async def test_the_last_saved_state_of_a_job_stands(journal: Journal) -> None:
    session = a_session()
    await journal.add_session(session)
    job = a_job(session.id)
    await journal.add_job(job)
    await journal.save_job(replace(job, state=State.RUNNING))
    ended = replace(job, state=State.SUCCEEDED, ended_at=START)
    await journal.save_job(ended)
    assert await journal.job(session.id, job.id) == ended
    assert (await journal.jobs(session.id)).items == (ended,)


async def test_a_note_is_written_in_its_turn(journal: Journal) -> None:
    """Before what is saved after it, and after what was saved before it."""
    session = a_session()
    await journal.add_session(session)
    first, second = a_job(session.id), a_job(session.id)
    await journal.add_job(first)
    await journal.add_job(second)
    journal.note_job(replace(first, state=State.RUNNING))
    journal.note_job(replace(second, state=State.RUNNING))
    await journal.save_job(replace(first, state=State.FAILED))
    assert [job.state for job in (await journal.jobs(session.id)).items] == [
        State.RUNNING,
        State.FAILED,
    ]


async def test_the_files_of_a_job_are_recorded_with_it(journal: Journal) -> None:
    session = a_session()
    await journal.add_session(session)
    job = a_job(session.id)
    await journal.add_job(job)
    files = (a_file(session.id, job=job.id), a_file(session.id, job=job.id))
    ended = replace(job, state=State.SUCCEEDED, result=JobResult(files=files))
    await journal.save_job(ended, files)
    assert (await journal.files(session.id)).items == (files[1], files[0])
    assert await journal.job(session.id, job.id) == ended


async def test_a_write_may_be_repeated(journal: Journal) -> None:
    """As somebody does who was cancelled and does not know whether the first one counted."""
    session = a_session()
    job = a_job(session.id)
    file = a_file(session.id, job=job.id, size=5)
    key = Idempotency(key="k", digest="d")
    for _ in range(2):
        await journal.add_session(session)
        await journal.add_job(job, key)
        await journal.save_job(job, [file])
        await journal.add_files(file)
    assert (await journal.jobs(session.id)).items == (job,)
    assert await journal.usage(session.id) == Usage(files=1, size=5)
    assert await journal.known_job(session.id, "k") == Known(job=job, digest="d")


async def test_a_job_may_not_be_added_to_a_session_that_is_gone(journal: Journal) -> None:
    session = a_session()
    await journal.add_session(session)
    await journal.remove_session(session.id)
    with pytest.raises(NotOnRecordError) as caught:
        await journal.add_job(a_job(session.id), Idempotency(key="k", digest="d"))
    assert isinstance(caught.value, NotFound)
    with pytest.raises(NotOnRecordError):
        await journal.add_files(a_file(session.id))
    assert await journal.unfinished_jobs() == ()
    assert await journal.usage(session.id) == Usage(files=0, size=0)


async def test_a_job_that_is_gone_is_not_brought_back_by_saving_it(journal: Journal) -> None:
    session = a_session()
    await journal.add_session(session)
    job = a_job(session.id)
    await journal.add_job(job)
    await journal.remove_session(session.id)
    with pytest.raises(NotOnRecordError):
        await journal.save_job(job, [a_file(session.id)])
    journal.note_job(job)
    await journal.add_session(session)
    assert await journal.job(session.id, job.id) is None
    assert (await journal.files(session.id)).items == ()


async def test_a_taken_key_refuses_the_job_and_leaves_nothing(journal: Journal) -> None:
    session = a_session()
    await journal.add_session(session)
    first, second = a_job(session.id), a_job(session.id)
    await journal.add_job(first, Idempotency(key="k", digest="one"))
    with pytest.raises(KeyTakenError):
        await journal.add_job(second, Idempotency(key="k", digest="two"))
    assert await journal.job(session.id, second.id) is None
    assert await journal.unfinished_jobs() == (first,)
    assert await journal.known_job(session.id, "k") == Known(job=first, digest="one")


async def test_of_many_who_use_one_key_at_once_exactly_one_is_accepted(journal: Journal) -> None:
    session = a_session()
    await journal.add_session(session)
    outcomes: list[str] = []

    async def submit() -> None:
        job = a_job(session.id)
        try:
            await journal.add_job(job, Idempotency(key="k", digest="d"))
        except KeyTakenError:
            outcomes.append("taken")
        else:
            outcomes.append(job.id)

    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(submit)
    (accepted,) = [outcome for outcome in outcomes if outcome != "taken"]
    assert len(outcomes) == 20
    assert [job.id for job in (await journal.jobs(session.id)).items] == [accepted]


async def test_two_sessions_may_use_the_same_key(journal: Journal) -> None:
    one, other = a_session(), a_session()
    key = Idempotency(key="k", digest="d")
    for session in (one, other):
        await journal.add_session(session)
        await journal.add_job(a_job(session.id), key)
    known = await journal.known_job(other.id, "k")
    assert known is not None
    assert known.job.session == other.id
    assert await journal.known_job(one.id, "K") is None


async def test_what_belongs_to_somebody_else_is_not_there(journal: Journal) -> None:
    owner, stranger = a_session(), a_session()
    job, file = a_job(owner.id), a_file(owner.id)
    for session in (owner, stranger):
        await journal.add_session(session)
    await journal.add_job(job, Idempotency(key="k", digest="d"))
    await journal.add_files(file)
    assert await journal.job(stranger.id, job.id) is None
    assert await journal.file(stranger.id, file.id) is None
    assert await journal.known_job(stranger.id, "k") is None
    assert (await journal.jobs(stranger.id)).items == ()
    assert (await journal.files(stranger.id)).items == ()
    assert await journal.usage(stranger.id) == Usage(files=0, size=0)
    assert not await journal.remove_file(stranger.id, file.id)
    assert await journal.file(owner.id, file.id) == file


async def test_unfinished_jobs_are_those_of_all_sessions_oldest_first(journal: Journal) -> None:
    one, other = a_session(), a_session()
    for session in (one, other):
        await journal.add_session(session)
    jobs = [
        a_job(session.id, state=state)
        for state in State
        for session in (other, one)  # the session that is created later comes first
    ]
    for job in reversed(jobs):
        await journal.add_job(job)
    unfinished = [job for job in jobs if job.state in (State.QUEUED, State.RUNNING)]
    assert list(await journal.unfinished_jobs()) == unfinished
    await journal.save_job(replace(unfinished[0], state=State.EXPIRED))
    assert list(await journal.unfinished_jobs()) == unfinished[1:]


async def test_jobs_are_filtered_by_state_and_capability(journal: Journal) -> None:
    session = a_session()
    await journal.add_session(session)
    jobs = [
        a_job(session.id, capability=capability, state=state)
        for capability in ("fetch", "stitch")
        for state in (State.QUEUED, State.FAILED)
    ]
    for job in jobs:
        await journal.add_job(job)
    await journal.save_job(saved := replace(jobs[0], state=State.FAILED))

    async def listed(**wanted: Any) -> list[str]:
        return [job.id for job in (await journal.jobs(session.id, **wanted)).items]

    assert await listed(state=State.FAILED) == [jobs[3].id, jobs[1].id, saved.id]
    assert await listed(capability="fetch") == [jobs[1].id, saved.id]
    assert await listed(capability="stitch", state=State.QUEUED) == [jobs[2].id]
    assert await listed(capability="dub") == []
    page = await journal.jobs(session.id, state=State.FAILED, limit=2)
    rest = await journal.jobs(session.id, state=State.FAILED, limit=2, cursor=page.next)
    assert [job.id for job in rest.items] == [saved.id]
    assert rest.next is None


@pytest.mark.parametrize("limit", [1, 2, 5, 6])
async def test_pages_show_every_item_once_whatever_is_added_meanwhile(
    journal: Journal, limit: int
) -> None:
    session = a_session()
    await journal.add_session(session)
    files = [a_file(session.id, size=size) for size in range(5)]
    for file in files:
        await journal.add_files(file)
    shown: list[int] = []
    page = await journal.files(session.id, limit=limit)
    while True:
        assert len(page.items) <= limit
        shown += [file.size for file in page.items]
        if page.next is None:
            break
        await journal.add_files(a_file(session.id, size=99))
        page = await journal.files(session.id, limit=limit, cursor=page.next)
    assert shown == [4, 3, 2, 1, 0]


async def test_files_are_added_all_or_none(journal: Journal) -> None:
    session, gone = a_session(), a_session()
    await journal.add_session(session)
    files = [a_file(session.id), a_file(session.id)]
    with pytest.raises(NotOnRecordError):
        await journal.add_files(*files, a_file(gone.id))
    assert await journal.usage(session.id) == Usage(files=0, size=0)
    await journal.add_files(*files)
    assert (await journal.usage(session.id)).files == 2
    await journal.add_files()


async def test_a_removed_file_does_not_disturb_the_pages(journal: Journal) -> None:
    """Also when it is the one at which the next page begins."""
    session = a_session()
    await journal.add_session(session)
    files = [a_file(session.id) for _ in range(4)]
    for file in files:
        await journal.add_files(file)
    page = await journal.files(session.id, limit=2)
    assert await journal.remove_file(session.id, files[2].id)
    rest = await journal.files(session.id, limit=2, cursor=page.next)
    assert rest.items == (files[1], files[0])


@pytest.mark.parametrize("cursor", ["", "0", "' OR 1=1", "\udc80", "~" * 26])
async def test_a_cursor_that_no_page_gave_is_refused(journal: Journal, cursor: str) -> None:
    with pytest.raises(Refusal, match="leave it out"):
        await journal.jobs(new_id(), cursor=cursor)
    with pytest.raises(Refusal, match="leave it out"):
        await journal.files(new_id(), cursor=cursor)


async def test_usage_follows_the_files(journal: Journal) -> None:
    session = a_session()
    await journal.add_session(session)
    files = [a_file(session.id, size=size) for size in (1, 2**33, 0)]
    for file in files:
        await journal.add_files(file)
    assert await journal.usage(session.id) == Usage(files=3, size=2**33 + 1)
    assert await journal.remove_file(session.id, files[1].id)
    assert not await journal.remove_file(session.id, files[1].id)
    assert await journal.file(session.id, files[1].id) is None
    assert await journal.usage(session.id) == Usage(files=2, size=1)


async def test_a_removed_session_leaves_nothing_and_takes_nothing_else(journal: Journal) -> None:
    gone, other = a_session(), a_session()
    for session in (gone, other):
        await journal.add_session(session)
        await journal.add_job(a_job(session.id), Idempotency(key="k", digest="d"))
        await journal.add_files(a_file(session.id))
    await journal.remove_session(gone.id)
    await journal.add_session(gone)
    assert (await journal.jobs(gone.id)).items == ()
    assert (await journal.files(gone.id)).items == ()
    assert await journal.known_job(gone.id, "k") is None
    assert [job.session for job in await journal.unfinished_jobs()] == [other.id]
    assert await journal.known_job(other.id, "k") is not None
    assert (await journal.usage(other.id)).files == 1


async def test_everything_is_there_in_the_next_life(again: Again) -> None:
    session, job = a_session(), None
    async with opened(again()) as journal:
        assert journal.life == 1
        assert journal.last_id == ""
        await journal.add_session(session)
        job = a_job(session.id)
        await journal.add_job(job, Idempotency(key="k", digest="d"))
        file = a_file(session.id)
        await journal.add_files(file)
    async with opened(again()) as journal:
        assert journal.life == 2
        assert journal.last_id == file.id
        assert await journal.session(session.id) == session
        assert await journal.unfinished_jobs() == (job,)
        assert await journal.known_job(session.id, "k") == Known(job=job, digest="d")
        assert (await journal.files(session.id)).items == (file,)


async def test_a_journal_may_be_run_again_after_it_was_stopped(again: Again) -> None:
    """As the supervisor does with a child that fell."""
    journal = again()
    assert journal.life == 0
    for life in (1, 2, 3):
        async with opened(journal):
            assert journal.life == life
            await journal.add_session(a_session())


async def test_a_closed_journal_refuses_every_call(again: Again) -> None:
    journal = again()
    session = a_session()
    for _ in range(2):
        with pytest.raises(JournalClosedError):
            await journal.add_session(session)
        with pytest.raises(JournalClosedError):
            await journal.unfinished_jobs()
        with pytest.raises(JournalClosedError):
            await journal.usage(session.id)
        with pytest.raises(JournalClosedError):
            journal.note_job(a_job(session.id))
        with pytest.raises(JournalClosedError):
            journal.note_use(session.id)
        with pytest.raises(JournalClosedError):
            await journal.keep_age()
        async with opened(journal):
            pass


async def test_what_many_writers_write_at_once_is_all_there(again: Again) -> None:
    session = a_session()
    jobs = [a_job(session.id) for _ in range(200)]
    async with opened(again()) as journal:
        await journal.add_session(session)
        async with trio.open_nursery() as nursery:
            for job in jobs:
                nursery.start_soon(journal.add_job, job)
    async with opened(again()) as journal:
        assert set(await journal.unfinished_jobs()) == set(jobs)


async def test_a_write_whose_caller_is_cancelled_is_wholly_done_or_not_at_all(
    journal: Journal,
) -> None:
    session = a_session()
    await journal.add_session(session)
    job = a_job(session.id)
    await journal.add_job(job)
    files = [a_file(session.id) for _ in range(3)]
    with trio.CancelScope() as scope:
        scope.cancel()
        await journal.save_job(replace(job, state=State.SUCCEEDED), files)
    assert scope.cancelled_caught
    await journal.add_session(session)  # whatever was taken in before is on record after this
    found = await journal.job(session.id, job.id)
    assert found is not None
    assert (await journal.usage(session.id)).files == (3 if found.state is State.SUCCEEDED else 0)


async def test_a_record_without_a_form_on_disk_fails_for_its_sender_only(journal: Journal) -> None:
    session = a_session()
    await journal.add_session(session)
    job = a_job(session.id)
    await journal.add_job(job)
    with pytest.raises(TypeError):
        await journal.save_job(replace(job, result=JobResult(data={"x": object()})))
    with pytest.raises(UnicodeEncodeError):
        await journal.add_files(a_file(session.id, name="\udc80"))
    assert await journal.job(session.id, job.id) == job


# --- owners, uploads, everybody's jobs ------------------------------------------------------------


async def test_a_principal_has_one_session(journal: Journal) -> None:
    first, second = a_session("key:ci"), a_session("key:ci")
    assert await journal.session_of("key:ci") is None
    await journal.add_session(first)
    with pytest.raises(OwnerTakenError):
        await journal.add_session(second)
    await journal.add_session(first)  # once more: written once
    assert await journal.session_of("key:ci") == first
    assert await journal.session(second.id) is None


async def test_a_principal_may_begin_anew_when_its_session_has_ended(journal: Journal) -> None:
    first, second = a_session("user:ann"), a_session("user:ann")
    await journal.add_session(first)
    await journal.remove_session(first.id)
    assert await journal.session_of("user:ann") is None
    await journal.add_session(second)
    assert await journal.session_of("user:ann") == second


async def test_sessions_without_an_owner_are_nobodys(journal: Journal) -> None:
    for _ in range(2):
        await journal.add_session(a_session())
    assert await journal.session_of("") is None


async def test_the_owners_of_many_sessions_are_read_at_once(journal: Journal) -> None:
    owned, nobodys, other = a_session("key:ci"), a_session(), a_session("user:Zoë")
    for session in (owned, nobodys, other):
        await journal.add_session(session)
    asked = frozenset({owned.id, nobodys.id, new_id()})
    assert await journal.owners(asked) == {owned.id: "key:ci"}
    assert await journal.owners(frozenset()) == {}


async def test_an_upload_becomes_a_file_in_one_step(journal: Journal) -> None:
    session = a_session()
    await journal.add_session(session)
    upload, other = an_upload(session.id, name="\x00名 .png"), an_upload(session.id)
    await journal.add_upload(upload)
    await journal.add_upload(other)
    assert await journal.uploads(session.id) == (upload, other)
    file = a_file(session.id)
    await journal.finish_upload(replace(upload, file=file.id), file)
    assert await journal.uploads() == (replace(upload, file=file.id), other)
    assert await journal.file(session.id, file.id) == file
    assert await journal.remove_upload(session.id, upload.id)
    assert not await journal.remove_upload(session.id, upload.id)
    assert await journal.file(session.id, file.id) == file


async def test_an_upload_that_was_removed_makes_no_file(journal: Journal) -> None:
    session = a_session()
    await journal.add_session(session)
    upload, file = an_upload(session.id), a_file(session.id)
    with pytest.raises(NotOnRecordError):
        await journal.finish_upload(upload, file)
    assert await journal.file(session.id, file.id) is None
    with pytest.raises(NotOnRecordError):
        await journal.add_upload(an_upload(new_id()))


async def test_uploads_last_and_go_with_their_session(again: Again) -> None:
    session, other = a_session(), a_session()
    async with opened(again()) as journal:
        for owner in (session, other):
            await journal.add_session(owner)
            await journal.add_upload(an_upload(owner.id))
        await journal.remove_session(other.id)
    async with opened(again()) as journal:
        (left,) = await journal.uploads()
        assert left.session == session.id
        assert journal.last_id >= left.id


async def test_everybodys_jobs_are_listed_newest_first(journal: Journal) -> None:
    jobs = []
    for _ in range(3):
        session = a_session()
        await journal.add_session(session)
        for capability in ("stitch", "fetch"):
            jobs.append(a_job(session.id, capability))
            await journal.add_job(jobs[-1])
    page = await journal.all_jobs(limit=4)
    assert list(page.items) == jobs[:1:-1]
    rest = await journal.all_jobs(limit=4, cursor=page.next)
    assert (list(rest.items), rest.next) == (jobs[1::-1], None)
    stitches = await journal.all_jobs(capability="stitch", state=State.QUEUED)
    assert list(stitches.items) == jobs[-2::-2]
    assert (await journal.all_jobs(state=State.FAILED)).items == ()


async def test_a_job_is_found_whosever_it_is(journal: Journal) -> None:
    jobs = []
    for _ in range(2):
        session = a_session()
        await journal.add_session(session)
        jobs.append(a_job(session.id))
        await journal.add_job(jobs[-1])
    assert [await journal.find_job(job.id) for job in jobs] == jobs
    assert await journal.find_job(new_id()) is None
    await journal.remove_session(jobs[0].session)
    assert await journal.find_job(jobs[0].id) is None


# --- what grows old -------------------------------------------------------------------------------

DAY = 86400.0


async def test_the_age_is_the_time_for_which_the_record_was_open(
    again: Again, mock_clock: MockClock
) -> None:
    journal = again()
    assert journal.age() == 0
    async with opened(journal):
        mock_clock.jump(100)
        assert journal.age() == 100
    mock_clock.jump(7)
    assert journal.age() == 100  # it stands still


async def test_setting_the_wall_clock_ages_nothing(
    journal: Journal, wall: Wall, mock_clock: MockClock
) -> None:
    for now in (0.0, 4e9, wall.now + 7200, wall.now - 7200):
        wall.now = now
        await journal.keep_age()
        assert journal.age() == 0
    mock_clock.jump(1)
    assert journal.age() == 1


@pytest.mark.parametrize(
    ("gap", "counted"),
    [(0, 0), (60, 60), (31 * DAY, 31 * DAY), (32 * DAY, 0), (70 * 365 * DAY, 0), (-7200, 0)],
)
async def test_the_time_between_two_lives_counts_as_far_as_it_can_be_believed(
    again: Again, wall: Wall, mock_clock: MockClock, gap: float, counted: float
) -> None:
    async with opened(again()):
        mock_clock.jump(10)
    wall.now += gap
    journal = again()
    async with opened(journal):
        assert journal.age() == pytest.approx(10 + counted, abs=1e-5)
        assert journal.age() >= 10
        mock_clock.jump(5)
        assert journal.age() == pytest.approx(15 + counted, abs=1e-5)


async def test_an_age_that_was_kept_is_gone_on_from(
    again: Again, wall: Wall, mock_clock: MockClock
) -> None:
    """Many short lives: nothing of the age gets lost between them, and nothing is counted twice."""
    for _ in range(20):
        async with opened(again()) as journal:
            mock_clock.jump(3)
            wall.now += 3
            await journal.keep_age()
            mock_clock.jump(2)
            wall.now += 2
        wall.now += 1
    assert journal.age() == pytest.approx(20 * 6 - 1, abs=1e-3)


async def test_files_are_found_by_the_age_at_which_they_were_recorded(
    journal: Journal, mock_clock: MockClock
) -> None:
    session, other = a_session(), a_session()
    for owner in (session, other):
        await journal.add_session(owner)
    job, upload = a_job(session.id), an_upload(other.id)
    await journal.add_job(job)
    await journal.add_upload(upload)
    added, made, sent = a_file(session.id), a_file(session.id, job=job.id), a_file(other.id)
    mock_clock.jump(10)
    await journal.add_files(added)
    mock_clock.jump(10)
    await journal.save_job(replace(job, state=State.SUCCEEDED), [made])
    mock_clock.jump(10)
    await journal.finish_upload(replace(upload, file=sent.id), sent)
    await journal.add_files(added)  # once more: it is no younger for that
    assert await journal.files_before(10, limit=9) == ()
    assert await journal.files_before(10.5, limit=9) == (added,)
    assert await journal.files_before(99, limit=9) == (added, made, sent)
    assert await journal.files_before(99, limit=2) == (added, made)
    assert await journal.remove_file(session.id, added.id)
    await journal.remove_session(other.id)
    assert await journal.files_before(99, limit=9) == (made,)


async def test_jobs_are_found_by_the_age_at_which_they_ended(
    journal: Journal, mock_clock: MockClock
) -> None:
    """Saved again they are no younger; those that go on are not found at all."""
    session = a_session()
    await journal.add_session(session)
    waiting, slow, quick = (a_job(session.id) for _ in range(3))
    for job in (waiting, slow, quick):
        await journal.add_job(job)
        journal.note_job(replace(job, state=State.RUNNING))
    quick, slow = replace(quick, state=State.FAILED), replace(slow, state=State.CANCELLED)
    mock_clock.jump(10)
    await journal.save_job(quick)
    mock_clock.jump(10)
    await journal.save_job(slow)
    await journal.save_job(quick)
    assert await journal.jobs_before(10, limit=9) == ()
    assert await journal.jobs_before(10.5, limit=9) == (quick,)
    assert await journal.jobs_before(99, limit=9) == (quick, slow)
    assert await journal.jobs_before(99, limit=1) == (quick,)


async def test_every_end_of_a_job_is_stamped_and_nothing_else(journal: Journal) -> None:
    session = a_session()
    await journal.add_session(session)
    added, saved, noted = ([a_job(session.id, state=state) for state in State] for _ in range(3))
    for job in added:
        await journal.add_job(job)
    for job in saved:
        await journal.add_job(replace(job, state=State.RUNNING))
        await journal.save_job(job)
    for job in noted:
        await journal.add_job(replace(job, state=State.RUNNING))
        journal.note_job(job)
    await journal.keep_age()  # notes are written before what is written after them
    ended = [job.id for job in (*added, *saved, *noted) if has_ended(job.state)]
    assert sorted(job.id for job in await journal.jobs_before(1e9, limit=99)) == sorted(ended)


async def test_sessions_are_found_by_their_last_use_when_they_hold_nothing(
    journal: Journal, mock_clock: MockClock
) -> None:
    idle, used, full, working, sending = (a_session() for _ in range(5))
    for session in (idle, used, full, working, sending):
        await journal.add_session(session)
    file, job, upload = a_file(full.id), a_job(working.id), an_upload(sending.id)
    await journal.add_files(file)
    await journal.add_job(job)
    await journal.add_upload(upload)
    mock_clock.jump(10)
    journal.note_use(used.id)
    journal.note_use(new_id())  # gone meanwhile
    await journal.keep_age()  # notes are written before what is written after them
    assert await journal.sessions_before(0, limit=9) == ()
    assert await journal.sessions_before(10, limit=9) == (idle,)
    assert await journal.sessions_before(11, limit=9) == (idle, used)
    await journal.remove_file(full.id, file.id)
    await journal.save_job(replace(job, state=State.FAILED))
    await journal.remove_jobs(working.id, [job.id])
    await journal.remove_upload(sending.id, upload.id)
    assert await journal.sessions_before(10, limit=9) == (idle, full, working, sending)
    assert await journal.sessions_before(10, limit=2) == (idle, full)
    await journal.remove_session(idle.id)
    assert (await journal.sessions_before(99, limit=9))[0] == full


async def test_ended_jobs_are_forgotten_with_their_keys_and_without_their_files(
    journal: Journal,
) -> None:
    session, other = a_session(), a_session()
    for owner in (session, other):
        await journal.add_session(owner)
    ended, running, others = a_job(session.id), a_job(session.id), a_job(other.id)
    for job in (ended, running, others):
        await journal.add_job(job, Idempotency(key=job.id, digest="d"))
    made = a_file(session.id, job=ended.id)
    await journal.save_job(replace(ended, state=State.SUCCEEDED), [made])
    await journal.save_job(others := replace(others, state=State.SUCCEEDED))
    asked = [ended.id, running.id, others.id, new_id()]
    assert await journal.remove_jobs(session.id, asked) == 1
    assert await journal.remove_jobs(session.id, asked) == 0
    assert await journal.remove_jobs(session.id, []) == 0
    assert await journal.remove_jobs(new_id(), asked) == 0
    assert await journal.job(session.id, ended.id) is None
    assert await journal.known_job(session.id, ended.id) is None
    assert await journal.known_job(session.id, running.id) is not None
    assert await journal.file(session.id, made.id) == made
    assert await journal.jobs_before(99, limit=9) == (others,)
    await journal.add_job(a_job(session.id), Idempotency(key=ended.id, digest="e"))


async def test_all_files_are_told_with_their_sizes(journal: Journal) -> None:
    assert await journal.all_files() == {}
    one, other, empty = a_session(), a_session(), a_session()
    files = [a_file(one.id, size=3), a_file(one.id, size=0), a_file(other.id, size=2**40)]
    for session in (one, other, empty):
        await journal.add_session(session)
    await journal.add_files(*files)
    await journal.add_upload(an_upload(empty.id))
    assert await journal.all_files() == {
        one.id: {files[0].id: 3, files[1].id: 0},
        other.id: {files[2].id: 2**40},
    }


async def test_what_was_learnt_lasts_and_is_replaced(again: Again) -> None:
    async with opened(again()) as journal:
        assert await journal.learnt() == {}
        await journal.save_learnt("stitch", "[1]")
        await journal.save_learnt("Ünï", "{}")
        await journal.save_learnt("stitch", "[2]")
    async with opened(again()) as journal:
        assert await journal.learnt() == {"stitch": "[2]", "Ünï": "{}"}


async def test_stamps_last(again: Again, wall: Wall, mock_clock: MockClock) -> None:
    session = a_session()
    async with opened(again()) as journal:
        await journal.add_session(session)
        mock_clock.jump(10)
        await journal.add_files(old := a_file(session.id))
        await journal.add_job(done := a_job(session.id, state=State.FAILED))
    wall.now += 50
    async with opened(again()) as journal:
        await journal.add_files(a_file(session.id))
        assert await journal.files_before(60, limit=9) == (old,)
        assert await journal.jobs_before(60, limit=9) == (done,)


async def test_nothing_is_found_wrong_with_a_whole_record(again: Again) -> None:
    for _ in range(2):
        async with opened(again()) as journal:
            assert journal.findings == ()
