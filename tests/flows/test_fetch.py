"""Fetching: ten addresses, two of them broken, and the rest becomes one picture."""

from pathlib import Path

from tests.service import open_service, opened, png, refused, told
from tests.webserver import answer, hang, open_source, reset, say

LOOPBACK = {"open_networks": ["127.0.0.0/8"]}


async def test_of_ten_addresses_two_are_broken_and_the_rest_is_stitched(tmp_path: Path) -> None:
    pages = {f"/{number}.png": say(answer(png(8, 2, (number, 0, 200)))) for number in range(10)}
    pages["/3.png"] = say(answer(b"<h1>Not here</h1>", status=404))
    pages["/7.png"] = reset(answer(png()[:40], length=5000))
    async with open_source(pages) as source, open_service(tmp_path, fetch=LOOPBACK) as service:
        ann = await service.user()
        body = {"urls": [source.url(path) for path in pages]}
        asked = told(await ann.http.post("/api/v1/jobs/fetch", json=body), 202)
        fetched = await ann.reaches(asked["id"], "succeeded")
        outcomes = fetched["result"]["data"]["outcomes"]
        assert [outcome["url"] for outcome in outcomes] == body["urls"]
        broken = [place for place, outcome in enumerate(outcomes) if outcome["error"]]
        assert broken == [3, 7]
        assert len({outcomes[place]["error"]["code"] for place in broken}) == 2
        files = [outcome["file"] for outcome in outcomes if outcome["file"]]
        assert files == [file["id"] for file in fetched["result"]["files"]]
        picture = await ann.result(await ann.stitch(files, fit="none", format="png"))
        assert picture.size == (8, 16)
        rows = [picture.getpixel((0, 2 * place)) for place in range(8)]
        assert rows == [(number, 0, 200) for number in (0, 1, 2, 4, 5, 6, 8, 9)]


async def test_fetched_pictures_are_files_like_uploaded_ones(tmp_path: Path) -> None:
    pages = {"/a%20name.png": say(answer(png(5, 4)))}
    async with open_source(pages) as source, open_service(tmp_path, fetch=LOOPBACK) as service:
        ann = await service.user()
        body = {"urls": [source.url("/a%20name.png")]}
        asked = told(await ann.http.post("/api/v1/jobs/fetch", json=body), 202)
        [file] = (await ann.reaches(asked["id"], "succeeded"))["result"]["files"]
        assert (file["name"], file["width"], file["height"]) == ("a name.png", 5, 4)
        assert file["job"] == asked["id"]
        assert opened(await ann.content(file["id"])).size == (5, 4)
        assert (await ann.used())["session_files"] == 1


async def test_without_leave_the_loopback_is_not_fetched_from(tmp_path: Path) -> None:
    async with open_source({"/": say(answer(png()))}) as source, open_service(tmp_path) as service:
        ann = await service.user()
        answered = await ann.http.post("/api/v1/jobs/fetch", json={"urls": [source.url("/")]})
        assert refused(answered, 422, "address_not_allowed")["field"] == "/urls/0"
        assert source.connections == 0


async def test_cancelling_a_fetch_drops_its_connections_and_what_came(tmp_path: Path) -> None:
    head = answer(png()[:40], length=5000)
    pages = {"/quick.png": say(answer(png())), "/slow.png": hang(head)}
    async with open_source(pages) as source, open_service(tmp_path, fetch=LOOPBACK) as service:
        ann = await service.user()
        body = {"urls": [source.url(path) for path in pages]}
        asked = told(await ann.http.post("/api/v1/jobs/fetch", json=body), 202)
        async with ann.watch(job=asked["id"]) as watch:
            while ((await watch.next()).get("progress") or {}).get("done") != 1:
                pass
            job = told(await ann.cancel(asked["id"]))
        assert (job["state"], job["result"]) == ("cancelled", None)
        assert job["receipt"]["files_removed"] >= 1
        await source.gone.wait()
        assert service.stored() == set()
        assert (await ann.used())["session_files"] == 0
