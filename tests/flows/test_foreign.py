"""What is somebody's is nobody else's: not to be read, not to be changed, not to be guessed.

Every route with every kind of credentials: tests/web/test_access.py.
"""

import pytest

from tests.service import User, png, refused

PROGRAM = "narrow"


@pytest.mark.parametrize("id", ["x", "..", "..%2F..%2Fkeys", "%00", "A" * 5000])
async def test_an_id_that_is_none_leads_nowhere(ann: User, id: str) -> None:
    for path in (f"/api/v1/files/{id}", f"/api/v1/files/{id}/content", f"/api/v1/jobs/{id}"):
        assert (await ann.http.get(path)).status_code == 404


async def test_lists_show_only_what_is_mine(ann: User, ben: User) -> None:
    files = await ann.upload(png(), png())
    await ann.reaches(await ann.stitch(files), "succeeded")
    assert (await ben.get("/files"))["items"] == []
    assert (await ben.get("/jobs"))["items"] == []
    assert (await ben.get("/jobs", state="succeeded"))["items"] == []


async def test_a_job_cannot_be_made_from_anothers_files(ann: User, ben: User) -> None:
    foreign, own = await ann.upload(png()), await ben.upload(png())
    problem = refused(await ben.ask([*own, *foreign]), 422, "unknown_file")
    assert problem["field"] == "/inputs/1/file"
    nothing = refused(await ben.ask([*own, "0" * 34]), 422, "unknown_file")
    assert nothing["title"] == problem["title"]
    assert (await ben.get("/jobs"))["items"] == []
