"""A disk with too little room, as users see it: what is refused, and what goes on."""

from pathlib import Path

from tests.service import open_service, png, refused, told


async def test_below_the_floor_new_work_gets_507_and_the_rest_goes_on(tmp_path: Path) -> None:
    async with open_service(tmp_path) as service:
        user = await service.user()
        [file] = await user.upload(png())
        job = await user.stitch([file, file])
        await user.reaches(job, "succeeded")
    full = {"min_free_mb": 1 << 24, "data": str(tmp_path)}
    async with open_service(tmp_path, storage=full) as service:
        user = await service.user(user.token)
        refusals = [
            await user.ask([file, file]),
            await user.http.post(
                "/api/v1/jobs/stitch/preflight", json={"inputs": [{"file": file}] * 2}
            ),
            await user.put(png()),
            await user.http.post("/api/v1/files", files=[("file", ("a.png", png()))]),
            await user.http.post(
                "/api/v1/uploads/", headers={"Tus-Resumable": "1.0.0", "Upload-Length": "9"}
            ),
            await user.http.post("/api/v1/sessions"),
        ]
        for answer in refusals:
            problem = refused(answer, 507, "storage_full")
            assert problem["limit"] == "min_free_mb"
            assert int(answer.headers["Retry-After"]) > 0
            assert "16777216 are to stay" in problem["detail"]
        assert told(await user.http.get("/readyz")) == {"status": "full"}
        assert told(await user.http.get("/healthz")) == {"status": "alive"}
        assert (await user.job(job))["expires_at"] is not None
        assert await user.content(file) == png()
        assert (await user.http.delete(f"/api/v1/files/{file}")).status_code == 204
