"""Many at once: everybody gets their own, and nobody waits for a neighbour's pile."""

import hashlib
from functools import partial

from tests.pictures import Colour
from tests.service import Json, Service, User, at_once, opened, png, told

PROGRAM = "wide"


def colour(number: int) -> Colour:
    """No two numbers up to 255 have the same."""
    return (number, 255 - number, number * 7 % 256)


async def test_twelve_users_at_once_each_get_their_own_picture(service: Service) -> None:
    async def visit(number: int) -> None:
        user = await service.user()
        above, below = colour(number), colour(number + 100)
        files = await user.upload(png(10 + number, 5, above), png(10 + number, 7, below))
        job = await user.stitch(files, fit="none", format="png")
        picture = await user.result(job)
        assert picture.size == (10 + number, 12)
        assert {picture.getpixel((x, 4)) for x in range(10 + number)} == {above}
        assert {picture.getpixel((x, 5)) for x in range(10 + number)} == {below}
        assert [item["id"] for item in (await user.get("/jobs"))["items"]] == [job]
        assert len((await user.get("/files"))["items"]) == 3

    await at_once(*(partial(visit, number) for number in range(12)))


async def test_two_hundred_uploads_of_one_name_all_survive_with_their_own_bytes(
    service: Service, ann: User
) -> None:
    contents = [png(4, 4, (number, 1, 2)) for number in range(200)]
    devices = [await service.user(ann.token) for _ in range(20)]

    async def send(device: User, content: bytes) -> Json:
        return told(await device.put(content), 201)

    calls = zip(devices * 10, contents, strict=True)
    files = await at_once(*(partial(send, *call) for call in calls))
    assert len({file["id"] for file in files}) == 200
    assert {file["name"] for file in files} == {"picture.png"}
    for file, content in zip(files, contents, strict=True):
        assert file["sha256"] == hashlib.sha256(content).hexdigest()
    assert [await ann.content(file["id"]) for file in files] == contents


async def test_forty_stitches_at_once_each_give_a_file_of_their_own(ann: User) -> None:
    files = await ann.upload(*(png(6, 3, colour(number)) for number in range(8)))

    async def stitch(number: int) -> tuple[str, bytes]:
        inputs = [files[number % 8], files[number // 8]]
        job = await ann.end(await ann.stitch(inputs, fit=6, gap=number, format="png"))
        [file] = job["result"]["files"]
        return file["id"], await ann.content(file["id"])

    made = await at_once(*(partial(stitch, number) for number in range(40)))
    assert len({id for id, _ in made}) == 40
    for number, (_, content) in enumerate(made):
        picture = opened(content)
        assert picture.size == (6, 6 + number)
        assert picture.getpixel((0, 0)) == colour(number % 8)
        assert picture.getpixel((0, 5 + number)) == colour(number // 8)
