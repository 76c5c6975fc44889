"""Waiting: turns are shared, a wait has a limit, and whoever waits can see why."""

from tests.service import Service, User, png

PROGRAM = "narrow"


async def test_fifty_jobs_of_one_user_delay_anothers_first_by_one_turn_at_most(
    service: Service, ann: User, ben: User
) -> None:
    ann_files = await ann.upload(png(), png())
    ben_files = await ben.upload(png(), png())
    with service.frozen():
        many = [await ann.stitch(ann_files) for _ in range(50)]
        one = await ben.stitch(ben_files)
        assert (await ben.job(one))["position"] == 1
        assert (await ann.job(many[1]))["position"] == 2
    ended = [await ben.end(one), *[await ann.end(job) for job in many]]
    assert {job["state"] for job in ended} == {"succeeded"}
    turns = [job["id"] for job in sorted(ended, key=lambda job: str(job["started_at"]))]
    assert turns == [many[0], one, *many[1:]]


async def test_a_waiting_job_says_which_limit_holds_it(service: Service, ann: User) -> None:
    files = await ann.upload(png(), png())
    with service.frozen():
        running = await ann.stitch(files)
        waiting = await ann.stitch(files)
        job = await ann.job(waiting)
        assert (job["state"], job["position"]) == ("queued", 1)
        assert {"limit": "global_jobs", "used": 1, "max": 1} in job["waiting_for"]
        line = (await ann.get("/queue"))["capabilities"]["stitch"]
        assert (line["running"], line["queued"]) == (1, 1)
    assert (await ann.end(running))["state"] == (await ann.end(waiting))["state"] == "succeeded"


async def test_a_job_that_waits_longer_than_it_would_expires(service: Service, ann: User) -> None:
    files = await ann.upload(png(), png())
    with service.frozen():
        running = await ann.stitch(files)
        impatient = await ann.stitch(files, options={"queue_timeout": 0.05})
        job = await ann.reaches(impatient, "expired")
        assert job["error"]["code"] == "queue_timeout"
        assert job["error"]["limit"] == "queue_timeout"
        assert (job["started_at"], job["position"], job["result"]) == (None, None, None)
    await ann.reaches(running, "succeeded")
