"""Idempotency-Key: asking again is not asking for more."""

from functools import partial

from tests.service import User, at_once, png, refused, told

PROGRAM = "narrow"


async def test_the_same_request_under_one_key_is_one_job(ann: User) -> None:
    files = await ann.upload(png(), png())
    first = told(await ann.ask(files, key="one"), 202)
    again = told(await ann.ask(files, key="one"), 202)
    assert again["id"] == first["id"]
    await ann.reaches(first["id"], "succeeded")
    later = told(await ann.ask(files, key="one"), 202)
    assert (later["id"], later["state"]) == (first["id"], "succeeded")
    assert len((await ann.get("/jobs"))["items"]) == 1


async def test_twenty_at_once_under_one_key_are_one_job(ann: User) -> None:
    files = await ann.upload(png(), png())
    answers = await at_once(*[partial(ann.ask, files, key="at once")] * 20)
    [job] = {told(answer, 202)["id"] for answer in answers}
    await ann.reaches(job, "succeeded")
    assert [item["id"] for item in (await ann.get("/jobs"))["items"]] == [job]


async def test_another_request_under_a_used_key_is_refused(ann: User) -> None:
    files = await ann.upload(png(), png())
    first = told(await ann.ask(files, key="one"), 202)
    refused(await ann.ask(files, key="one", gap=3), 422, "idempotency_mismatch")
    refused(
        await ann.ask(files, key="one", options={"priority": "high"}), 422, "idempotency_mismatch"
    )
    await ann.reaches(first["id"], "succeeded")
    assert len((await ann.get("/jobs"))["items"]) == 1


async def test_a_refused_request_leaves_its_key_unused(ann: User) -> None:
    files = await ann.upload(png(), png())
    refused(await ann.ask([*files, "0" * 34], key="one"), 422, "unknown_file")
    await ann.reaches(told(await ann.ask(files, key="one"), 202)["id"], "succeeded")


async def test_a_key_is_its_users_own(ann: User, ben: User) -> None:
    ann_files, ben_files = await ann.upload(png(), png()), await ben.upload(png(), png())
    one = told(await ann.ask(ann_files, key="one"), 202)["id"]
    other = told(await ben.ask(ben_files, key="one"), 202)["id"]
    assert one != other
    await ann.reaches(one, "succeeded")
    await ben.reaches(other, "succeeded")


async def test_a_key_that_cannot_be_one_is_refused(ann: User) -> None:
    files = await ann.upload(png(), png())
    for key in ("", "x" * 256):
        refused(await ann.ask(files, key=key), 400, "malformed_request")
