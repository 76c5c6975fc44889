"""The service stops and starts on the same folder: what was accepted is there, and goes on."""

import signal
from pathlib import Path

from actors.workers.processes import is_alive
from tests.service import Json, Program, open_program, open_service, png, told, until

ONE = {"concurrency": {"max_global_jobs": 1}}


def without_progress(job: Json) -> Json:
    """A job as it is on record."""
    return job | {"progress": None}


async def test_files_jobs_token_and_keys_outlive_the_service(tmp_path: Path) -> None:
    async with open_service(tmp_path) as service:
        ann = await service.user()
        files = await ann.upload(png(), png())
        job = await ann.reaches(told(await ann.ask(files, key="one"), 202)["id"], "succeeded")
        used, listed = await ann.used(), await ann.get("/files")
        [result] = job["result"]["files"]
        content = await ann.content(result["id"])
    async with open_service(tmp_path) as service:
        ann = await service.user(ann.token)
        assert await ann.used() == used
        assert await ann.get("/files") == listed
        assert await ann.job(job["id"]) == without_progress(job)
        assert await ann.content(result["id"]) == content
        assert told(await ann.ask(files, key="one"), 202)["id"] == job["id"]
        assert len((await ann.get("/jobs"))["items"]) == 1
        await ann.reaches(await ann.stitch([*files, result["id"]]), "succeeded")


async def test_queued_jobs_run_in_their_old_order(tmp_path: Path) -> None:
    async with open_service(tmp_path, **ONE) as service:
        ann, ben = await service.user(), await service.user()
        ann_files, ben_files = await ann.upload(png(), png()), await ben.upload(png(), png())
        with service.frozen():
            first = await ann.stitch(ann_files)
            waiting = [await ann.stitch(ann_files) for _ in range(4)]
            other = await ben.stitch(ben_files)
    async with open_service(tmp_path, **ONE) as service:
        ann, ben = await service.user(ann.token), await service.user(ben.token)
        ended = [await ann.reaches(job, "succeeded") for job in (first, *waiting)]
        ended.append(await ben.reaches(other, "succeeded"))
        assert {job["attempt"] for job in ended} == {1}  # it was a stop in good order
        turns = [job["id"] for job in sorted(ended, key=lambda job: str(job["started_at"]))]
        assert [job for job in turns if job != other] == [first, *waiting]


async def test_a_killed_server_leaves_no_process_and_its_running_job_is_begun_again(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    with open_program(data, **ONE) as program:
        async with program.visit() as service:
            ann = await service.user()
            running = await ann.long_stitch()
            waiting = await ann.stitch(await ann.upload(png(), png()))
            kept = service.stored() - service.parts()
            assert service.parts()
            processes = service.processes()
            assert len(processes) >= 2
            program.tell(signal.SIGKILL)
            assert await program.ended() == -signal.SIGKILL
            await until(lambda: not any(map(is_alive, processes)))
    async with open_service(data, **ONE) as service:
        ann = await service.user(ann.token)
        assert (await ann.reaches(running, "running"))["attempt"] == 2
        assert (await ann.job(waiting))["state"] == "queued"
        told(await ann.cancel(running))
        [result] = (await ann.reaches(waiting, "succeeded"))["result"]["files"]
        assert {path.name for path in service.stored() - kept} == {result["id"]}


async def test_a_job_under_which_the_service_died_too_often_fails(tmp_path: Path) -> None:
    once = {**ONE, "stitch": {"max_attempts": 1}}
    with open_program(tmp_path, **once) as program:
        async with program.visit() as service:
            ann = await service.user()
            files = await ann.upload(png(), png())
            with service.frozen():
                running, waiting = await ann.stitch(files), await ann.stitch(files)
                await ann.reaches(running, "running")
                program.tell(signal.SIGKILL)
                await program.ended()
    async with open_service(tmp_path, **once) as service:
        ann = await service.user(ann.token)
        job = await ann.reaches(running, "failed")
        assert (job["error"]["code"], job["result"]) == ("interrupted", None)
        await ann.reaches(waiting, "succeeded")


async def test_a_second_server_on_the_same_folder_refuses_in_plain_words(
    narrow: Program,
) -> None:
    with open_program(narrow.data) as second:
        assert second.line == ""
        assert await second.ended() == 1
        assert "in use by another server" in second.log
        assert "--data" in second.log
        assert "Traceback" not in second.log
    async with narrow.visit() as service:  # which the attempt did not disturb
        ann = await service.user()
        await ann.upload(png())
