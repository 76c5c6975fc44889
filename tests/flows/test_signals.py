"""Signals: the service leaves when it is told to, gives what runs its grace, leaves no process."""

import signal
from pathlib import Path

from actors.workers.processes import is_alive, tell
from tests.service import open_program, open_service, png, refused, until

PATIENT = {"server": {"grace": 600}}


async def test_a_running_job_ends_within_the_grace_and_no_new_one_begins(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with open_program(data, **PATIENT, concurrency={"max_global_jobs": 1}) as program:
        async with program.visit() as service:
            ann = await service.user()
            files = await ann.upload(png(), png())
            processes = service.processes()
            with service.frozen():
                running, waiting = await ann.stitch(files), await ann.stitch(files)
                await ann.reaches(running, "running")
                program.tell(signal.SIGTERM)
                await until(lambda: "stopping" in program.log)
                refused(await ann.http.get("/readyz"), 503, "not_ready")
                refused(await ann.ask(files), 503, "not_ready")
                refused(await ann.http.post("/api/v1/sessions"), 503, "not_ready")
                assert (await ann.job(running))["state"] == "running"
        assert await program.ended() == 0
        assert not any(map(is_alive, processes))
        assert "stopped" in program.log.splitlines()[-1]
        assert "jobs_ended=1 jobs_for_the_next_start=1" in program.log.splitlines()[-1]
    async with open_service(data) as service:
        ann = await service.user(ann.token)
        job = await ann.job(running)
        assert (job["state"], job["attempt"]) == ("succeeded", 1)
        assert (await ann.reaches(waiting, "succeeded"))["attempt"] == 1


async def test_a_job_that_outlasts_the_grace_does_not_hold_the_service(tmp_path: Path) -> None:
    with open_program(tmp_path / "data", server={"grace": 0.1}) as program:
        async with program.visit() as service:
            ann = await service.user()
            files = await ann.upload(png(), png())
            with service.frozen() as workers:
                await ann.reaches(await ann.stitch(files), "running")
                program.tell(signal.SIGINT)
                assert await program.ended() == 0
                assert not any(map(is_alive, workers))
        assert "jobs_ended=0 jobs_for_the_next_start=1" in program.log.splitlines()[-1]


async def test_the_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    with open_program(tmp_path / "data", **PATIENT) as program:
        async with program.visit() as service:
            ann = await service.user()
            files = await ann.upload(png(), png())
            processes = service.processes()
            with service.frozen():
                await ann.reaches(await ann.stitch(files), "running")
                program.tell(signal.SIGTERM)
                await until(lambda: "stopping" in program.log)
                program.tell(signal.SIGTERM)
                assert await program.ended() == -signal.SIGTERM
                await until(lambda: not any(map(is_alive, processes)))


async def test_a_stop_that_signals_every_process_costs_a_job_no_attempt(
    tmp_path: Path,
) -> None:
    """As service managers do; here the server hears of it last, which is the worst order."""
    data = tmp_path / "data"
    with open_program(data, **PATIENT) as program:
        async with program.visit() as service:
            ann = await service.user()
            job = await ann.long_stitch()
            processes = service.processes()
            tell(processes, signal.SIGTERM)
            program.tell(signal.SIGTERM)
            await until(lambda: "stopping" in program.log)
        assert await program.ended() == 0
        assert not any(map(is_alive, processes))
        assert "jobs_ended=0 jobs_for_the_next_start=1" in program.log.splitlines()[-1]
    async with open_service(data) as service:
        left = await (await service.user(ann.token)).job(job)
        assert (left["state"], left["attempt"]) in {("queued", 1), ("running", 1)}
