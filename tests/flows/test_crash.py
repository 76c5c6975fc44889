"""A worker dies: its job is tried again, but not for ever, and nobody else notices."""

import os
import signal
from collections.abc import Iterator

import pytest
import trio

from tests.service import Program, Service, User, open_program, png, until


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A service of its own: its one worker is known to have the one job."""
    data = tmp_path_factory.mktemp("crash") / "data"
    with open_program(data, concurrency={"max_global_jobs": 2}) as program:
        yield program


async def test_a_worker_killed_in_the_middle_costs_its_job_an_attempt_and_no_other_anything(
    service: Service, ann: User, ben: User
) -> None:
    ben_files = await ben.upload(png(), png())
    hit = await ann.long_stitch()
    before = service.stored() - service.parts()
    [worker] = service.workers()
    beside, behind = await ben.stitch(ben_files), await ben.stitch(ben_files)
    os.kill(worker.pid, signal.SIGKILL)
    made = [await ben.reaches(beside, "succeeded"), await ben.reaches(behind, "succeeded")]
    again = await ann.job(hit)
    assert (again["attempt"], again["state"]) in {(2, "queued"), (2, "running")}
    await ann.cancel(hit)
    results = {job["result"]["files"][0]["id"] for job in made}
    assert {path.name for path in service.stored() - before} == results


async def test_a_job_whose_workers_are_killed_again_and_again_fails_as_poison(
    service: Service, ann: User
) -> None:
    hit = await ann.long_stitch()
    before = service.stored() - service.parts()
    for attempt in (1, 2):
        while (job := await ann.job(hit))["attempt"] < attempt or not job["progress"]:  # noqa: ASYNC110 -- as clients poll
            await trio.sleep(0.01)
        for worker in service.workers():
            os.kill(worker.pid, signal.SIGKILL)
    job = await ann.reaches(hit, "failed")
    assert job["error"]["code"] == "poison"
    assert "SIGKILL" in job["error"]["detail"]
    assert (job["attempt"], job["result"], job["receipt"]) == (2, None, None)
    assert service.stored() - service.parts() == before


async def test_a_worker_killed_before_it_read_its_order_costs_its_job_nothing(
    service: Service, ann: User
) -> None:
    files = await ann.upload(png(), png())
    with service.frozen() as workers:
        job = await ann.stitch(files)
        await ann.reaches(job, "running")
        for worker in workers:
            os.kill(worker.pid, signal.SIGKILL)
        assert (await ann.reaches(job, "succeeded"))["attempt"] == 1


async def test_the_pool_recovers_from_the_death_of_all_its_workers(
    service: Service, ann: User
) -> None:
    files = await ann.upload(png(), png())
    killed = service.workers()
    for worker in killed:
        os.kill(worker.pid, signal.SIGKILL)
    await ann.reaches(await ann.stitch(files), "succeeded")
    await until(lambda: bool(service.workers()) and not killed & service.workers())
