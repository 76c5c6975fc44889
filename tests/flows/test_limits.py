"""Limits that an operator sets: each refuses by its name, leaves nothing behind, and ends."""

from pathlib import Path

from actors.workers.processes import is_alive
from tests.service import open_service, png, refused


async def test_a_job_that_runs_longer_than_it_may_is_timed_out_and_its_child_is_gone(
    tmp_path: Path,
) -> None:
    async with open_service(tmp_path, stitch={"run_timeout": 0.05}) as service:
        ann = await service.user()
        files = await ann.upload(png(), png())
        before = service.stored()
        with service.frozen() as workers:
            job = await ann.reaches(await ann.stitch(files), "timed_out")
            assert not any(map(is_alive, workers))
        assert job["error"]["code"] == "run_timeout"
        assert job["error"]["limit"] == "stitch.run_timeout"
        assert (job["result"], job["receipt"]) == (None, None)
        assert service.stored() == before


async def test_a_full_queue_refuses_with_its_limit_and_when_to_come_back(tmp_path: Path) -> None:
    limits = {"concurrency": {"max_global_jobs": 1}, "limits": {"max_queue_size": 1}}
    async with open_service(tmp_path, **limits) as service:
        ann, ben = await service.user(), await service.user()
        ann_files = await ann.upload(png(), png())
        ben_files = await ben.upload(png(), png())
        with service.frozen():
            accepted = [await ann.stitch(ann_files), await ann.stitch(ann_files)]
            answer = await ben.ask(ben_files)
            problem = refused(answer, 429, "queue_full")
            assert problem["limit"] == "queue_size"
            assert int(answer.headers["Retry-After"]) >= problem["retry_after"] > 0
            assert (await ben.get("/jobs"))["items"] == []
        for job in accepted:
            await ann.reaches(job, "succeeded")
        await ben.reaches(await ben.stitch(ben_files), "succeeded")


async def test_a_busy_user_is_refused_where_the_site_wants_it_so(tmp_path: Path) -> None:
    limits = {"max_global_jobs": 3, "max_jobs_per_user": 1, "when_user_busy": "refuse"}
    async with open_service(tmp_path, concurrency=limits) as service:
        ann, ben = await service.user(), await service.user()
        ann_files = await ann.upload(png(), png())
        ben_files = await ben.upload(png(), png())
        with service.frozen():
            first = await ann.stitch(ann_files)
            problem = refused(await ann.ask(ann_files), 409, "user_busy")
            assert problem["limit"] == "jobs_per_user"
            await ben.reaches(await ben.stitch(ben_files), "succeeded")
        await ann.reaches(first, "succeeded")
        await ann.reaches(await ann.stitch(ann_files), "succeeded")


async def test_jobs_beyond_a_sessions_number_are_refused(tmp_path: Path) -> None:
    limits = {"concurrency": {"max_global_jobs": 1}, "limits": {"max_session_jobs": 2}}
    async with open_service(tmp_path, **limits) as service:
        ann = await service.user()
        files = await ann.upload(png(), png())
        with service.frozen():
            accepted = [await ann.stitch(files), await ann.stitch(files)]
            assert refused(await ann.ask(files), 429, "queue_full")["limit"] == "session_jobs"
        for job in accepted:
            await ann.reaches(job, "succeeded")


async def test_more_files_than_a_session_may_hold_are_refused_as_a_whole(tmp_path: Path) -> None:
    async with open_service(tmp_path, limits={"max_session_files": 3}) as service:
        ann = await service.user()
        await ann.upload(png(), png())
        before = service.stored(), await ann.used()
        form = [("file", (f"{number}.png", png())) for number in range(2)]
        problem = refused(await ann.http.post("/api/v1/files", files=form), 413, "quota_exceeded")
        assert problem["limit"] == "session_files"
        assert (service.stored(), await ann.used()) == before
