"""Cancelling: one act, whatever the job is doing, and nothing of it is left."""

import trio

from actors.workers.processes import is_alive
from tests.service import ENDS, Service, User, at_once, png, refused, told

PROGRAM = "narrow"


async def test_a_queued_job_is_cancelled_and_the_running_one_is_not_touched(
    service: Service, ann: User
) -> None:
    files = await ann.upload(png(), png())
    with service.frozen() as workers:
        running = await ann.stitch(files)
        queued = await ann.stitch(files)
        job = told(await ann.cancel(queued))
        assert (job["state"], job["started_at"], job["result"]) == ("cancelled", None, None)
        assert job["receipt"]["processes_ended"] == job["receipt"]["files_removed"] == 0
        assert all(map(is_alive, workers))
    await ann.reaches(running, "succeeded")


async def test_a_running_job_is_cancelled_with_its_processes_files_and_slot(
    service: Service, ann: User
) -> None:
    files = await ann.upload(png(), png())
    before = service.stored()
    with service.frozen() as workers:
        running = await ann.stitch(files)
        following = await ann.stitch(files)
        await ann.reaches(running, "running")
        job = told(await ann.cancel(running))
        assert job["state"] == "cancelled"
        assert job["receipt"]["processes_ended"] == 1
        assert job["receipt"]["files_removed"] == 1
        assert sum(map(is_alive, workers)) == len(workers) - 1
    ended = await ann.reaches(following, "succeeded")
    [result] = ended["result"]["files"]
    assert {path.name for path in service.stored() - before} == {result["id"]}


async def test_a_job_is_cancelled_in_the_middle_of_computing(service: Service, ann: User) -> None:
    job = await ann.long_stitch()
    cancelled = told(await ann.cancel(job))
    assert cancelled["receipt"]["processes_ended"] >= 1
    assert cancelled["receipt"]["files_removed"] == 1
    assert len((await ann.get("/files"))["items"]) == 1  # the one that it was made from
    assert service.parts() == set()


async def test_the_second_cancel_is_told_that_the_job_has_ended(
    service: Service, ann: User
) -> None:
    files = await ann.upload(png(), png())
    with service.frozen():
        job = await ann.stitch(files)
        first = told(await ann.cancel(job))
    refused(await ann.cancel(job), 409, "job_ended")
    assert await ann.job(job) == first


async def test_two_cancels_at_once_get_the_same_receipt(service: Service, ann: User) -> None:
    files = await ann.upload(png(), png())
    with service.frozen():
        job = await ann.stitch(files)
        await ann.reaches(job, "running")
        answers = await at_once(lambda: ann.cancel(job), lambda: ann.cancel(job))
    first, second = [told(answer) for answer in answers]
    assert first == second
    assert first["receipt"]["processes_ended"] == 1


async def test_a_job_that_has_succeeded_cannot_be_cancelled_any_more(ann: User) -> None:
    job = await ann.stitch(await ann.upload(png(), png()))
    await ann.reaches(job, "succeeded")
    before = await ann.job(job)
    refused(await ann.cancel(job), 409, "job_ended")
    assert await ann.job(job) == before


async def test_of_cancelling_and_finishing_exactly_one_wins(service: Service, ann: User) -> None:
    """Thirty times, at moments spread over the length of a run."""
    files = await ann.upload(png(), png())
    before = service.stored()
    began = trio.current_time()
    await ann.end(await ann.stitch(files))
    length = trio.current_time() - began

    async def race(moment: float) -> bool:
        job = await ann.stitch(files)
        await trio.sleep(moment)  # how else to be early, late and in between
        answer = await ann.cancel(job)
        ended = await ann.job(job)
        if answer.status_code == 200:
            assert ended["state"] == told(answer)["state"] == "cancelled"
            assert ended["receipt"] == told(answer)["receipt"]
            assert ended["result"] is None
            return False
        refused(answer, 409, "job_ended")
        assert ended["state"] == "succeeded"
        assert ended["receipt"] is None
        assert ended["result"]
        return True

    async with ann.watch() as watch:
        await watch.next()  # the snapshot
        finished = [await race(length * number / 30) for number in range(30)]
        ended = [(await watch.job(lambda job: job["state"] in ENDS))["id"] for _ in finished]
    assert len(set(ended)) == 30  # each ended once
    assert len(service.stored() - before) == 1 + sum(finished)
