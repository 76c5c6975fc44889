"""Seeded users, who do everything that users do, and write down what they were promised.

Owns: what they do, in which order, and how they live through a server that dies under them.
Never: judges what they find (audit.py), or ends a server.

    crowd = Crowd(seed, source)
    await crowd.come(service, 4)               # sessions, and two files for each
    async with crowd.busy():                   # they do this and that until the block ends
        await trio.sleep(chance.uniform(0, 2))
        await house.kill()
    await crowd.meet(await house.start())      # the same people, with the same tokens
"""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from random import Random
from typing import Final

import httpx
import trio
from trio_websocket import ConnectionClosed, HandshakeError

from tests import pictures
from tests.faults.notes import Asked, Notes
from tests.service import ENDS, Json, Service, User, jobs_in, png
from tests.webserver import Behaviour, Source, answer, hang, open_source, say

TUS: Final = {"Tus-Resumable": "1.0.0"}
GONE: Final = (
    httpx.TransportError, OSError, trio.BrokenResourceError, ConnectionClosed, HandshakeError
)  # fmt: skip
"""What a client sees of a server that dies."""

PAUSE: Final = 0.05
"""Seconds between two requests of a visitor, on average."""

LARGE: Final = pictures.encoded(pictures.noise(300, 300), "PNG")
"""Of 60 of these a job of about a second is made."""


def _slowly(content: bytes, seconds: float) -> Behaviour:
    """Ten pieces over so many seconds."""
    size = len(content) // 10 + 1

    async def behave(stream: trio.abc.Stream) -> None:
        whole = answer(content)
        head = whole[: len(whole) - len(content)]
        await stream.send_all(head)
        for at in range(0, len(content), size):
            await stream.send_all(content[at : at + size])
            await trio.sleep(seconds / 10)

    return behave


@asynccontextmanager
async def open_pages() -> AsyncIterator[Source]:
    """A source for fetch jobs: `/quick.png`, `/fair.png` (a fifth of a second), `/slow.png` (half
    a second), `/slower.png` (2 s), and `/never.png`, which hangs."""
    pages = {
        "/quick.png": say(answer(png())),
        "/fair.png": _slowly(png(30, 20), 0.2),
        "/slow.png": _slowly(png(40, 30), 0.5),
        "/slower.png": _slowly(png(50, 40), 2),
        "/never.png": hang(answer(png()[:40], length=5000)),
    }
    async with open_source(pages) as source:
        yield source


class Visitor:
    """One user. All that is acknowledged to them is in `notes`."""

    def __init__(self, name: str, chance: Random, source: Source, token: str | None = None) -> None:
        self.notes = Notes(name)
        self.chance = chance
        self._source = source
        self._count = 0
        self._user: User | None = None
        self._token = token
        self._drafts: list[tuple[str, bytes]] = []

    @property
    def user(self) -> User:
        """Their client in this life."""
        assert self._user is not None, "they have met no service"
        return self._user

    async def meet(self, service: Service) -> None:
        """Comes in, for the first time or again with the token of before."""
        self._user = await service.user(self._token)
        self._token = self._user.token

    # --- what they do -----------------------------------------------------------------------------

    async def live(self) -> None:
        """Does one thing after the other until the server is gone, or this is cancelled."""
        deeds: Sequence[tuple[Callable[[], Awaitable[object]], int]] = [
            (self.put, 5),
            (partial(self.stitch, large=False), 10),
            (partial(self.stitch, large=True), 2),
            (self.fetch, 6),
            (self.cancel, 5),
            (self.look, 8),
            (self.watch, 3),
            (self.remove, 2),
            (self.draft, 3),
            (self.repeat, 2),
        ]
        weights = [weight for _, weight in deeds]
        try:
            while True:
                [(deed, _)] = self.chance.choices(deeds, weights)
                await deed()
                await trio.sleep(self.chance.expovariate(1 / PAUSE))
        except GONE:
            return

    def _word(self) -> str:
        self._count += 1
        return f"{self.notes.name}-{self._count}"

    async def put(self, content: bytes | None = None) -> str | None:
        """Uploads a picture; its id, or None when that was refused."""
        width = self.chance.randint(4, 60)
        content = content or png(width, 6, (self.chance.randrange(256), width, 0))
        digest = hashlib.sha256(content).hexdigest()
        self.notes.maybe_files.append(digest)
        answered = await self.user.put(content, name=f"{self._word()}.png")
        self.notes.maybe_files.remove(digest)
        if answered.status_code != 201:
            self._refused(answered)
            return None
        self.notes.kept(answered.json(), content)
        return str(answered.json()["id"])

    async def draft(self) -> str | None:
        """Uploads a picture in two stretches (tus); its id once it is whole."""
        content = LARGE if self.chance.random() < 0.3 else png(self.chance.randint(4, 60), 9)
        begin = await self.user.http.post(
            "/api/v1/uploads/", headers={**TUS, "Upload-Length": str(len(content))}
        )
        if begin.status_code != 201:
            self._refused(begin)
            return None
        place, half = begin.headers["Location"], len(content) // 2
        digest = hashlib.sha256(content).hexdigest()
        self.notes.maybe_files.append(digest)
        for start, stretch in ((0, content[:half]), (half, content[half:])):
            answered = await self.user.http.patch(
                place,
                content=stretch,
                headers={
                    **TUS,
                    "Content-Type": "application/offset+octet-stream",
                    "Upload-Offset": str(start),
                },
            )
            if answered.status_code != 204:
                self._refused(answered)
                return None
        file = await self.user.get(f"/files/{answered.headers['Stitchery-File']}")
        self.notes.maybe_files.remove(digest)
        self.notes.kept(file, content)
        return str(file["id"])

    def own(self, most: int) -> list[str]:
        """Some of their files."""
        there = [id for id, file in self.notes.files.items() if not file.removal]
        return self.chance.sample(there, min(most, len(there)))

    async def stitch(self, *, large: bool = False) -> str | None:
        """Asks for a stitch of some of their files; the job's id, or None when it was refused."""
        files = self.own(self.chance.randint(2, 4))
        if len(files) < 2:
            await self.put()
            return None
        body: Json = {"inputs": [{"file": file} for file in files], "format": "png"}
        if large:
            # one strip of all: a grid is painted row by row, in little memory
            body |= {"inputs": 45 * body["inputs"], "fit": "none", "layout": "horizontal"}
        return await self.ask("stitch", body)

    async def fetch(self, *pages: str) -> str | None:
        """Asks for pictures from the source; the job's id, or None when it was refused."""
        pages = pages or tuple(
            self.chance.choices(("/quick.png", "/slow.png", "/slower.png"), (5, 3, 1), k=2)
        )
        return await self.ask("fetch", {"urls": [self._source.url(page) for page in pages]})

    async def ask(self, capability: str, body: Json) -> str | None:
        """Asks for a job under a key of its own; its id, or None when it was refused."""
        return await self._ask(self.asks(capability, body))

    def asks(self, capability: str, body: Json) -> Asked:
        """A request for a job, which is yet to be sent."""
        asked = Asked(self._word(), capability, body)
        self.notes.asked[asked.key] = asked
        return asked

    async def submits(self, asked: Asked) -> httpx.Response:
        """Sends a request for a job; the answer as it came."""
        return await self.user.http.post(
            f"/api/v1/jobs/{asked.capability}",
            json=asked.body,
            headers={"Idempotency-Key": asked.key},
        )

    async def _ask(self, asked: Asked) -> str | None:
        answered = await self.submits(asked)
        if answered.status_code != 202:
            if asked.job is not None:
                self.notes.breach(f"the key {asked.key} had a job, and now {answered.text}")
            self.notes.refused_jobs.add(asked.key)
            self._refused(answered)
            return None
        self.notes.accept(asked.key, answered.json())
        return asked.job

    async def repeat(self) -> None:
        """Asks again for what they have asked for, under the same key."""
        if self.notes.accepted:
            await self._ask(self.chance.choice(list(self.notes.accepted.values())))

    async def repeat_all(self) -> None:
        """As `repeat`, for every job that was accepted."""
        for asked in list(self.notes.accepted.values()):
            await self._ask(asked)

    async def cancel(self, id: str | None = None) -> None:
        """Cancels one of their jobs that may still live."""
        living = [job for job in self.notes.accepted if job not in self.notes.ended]
        if id is None and not living:
            return
        id = id or self.chance.choice(living)
        self.notes.accepted[id].cancel = True
        answered = await self.user.cancel(id)
        if answered.status_code == 200:
            self.notes.saw(answered.json())
        elif answered.status_code == 409:
            self.notes.saw(await self.user.job(id))
        else:
            self._refused(answered)

    async def look(self) -> None:
        """Reads one page of their jobs, or one job."""
        page = await self.user.get("/jobs", limit=50)
        for job in page["items"]:
            self.notes.saw(job)

    async def watch(self) -> None:
        """Watches their jobs for a moment."""
        async with self.user.watch() as watch:
            with trio.move_on_after(self.chance.uniform(0, 0.5)):
                while True:
                    for job in jobs_in(await watch.next()):
                        self.notes.saw(job)

    async def remove(self) -> None:
        """Removes one of their files, unless a job needs it."""
        for id in self.own(1):
            self.notes.files[id].removal = True
            answered = await self.user.http.delete(f"/api/v1/files/{id}")
            if answered.status_code in (204, 404):
                self.notes.files[id].gone = True
            else:  # a job has it: it stays
                self.notes.files[id].removal = False
                self._refused(answered)

    def _refused(self, answered: httpx.Response) -> None:
        """Notes a refusal. Each must be a documented one, whatever befalls the server."""
        told = answered.headers.get("Content-Type", "") == "application/problem+json"
        if not told or (answered.status_code == 500 and not self.notes.forgiving):
            self.notes.breach(
                f"{answered.request.url.path}: {answered.status_code} {answered.text}"
            )
            return
        self.notes.refuse(answered.json()["code"])

    # --- what they find ---------------------------------------------------------------------------

    async def jobs(self) -> list[Json]:
        """All their jobs, as they stand; each is held against what was told before."""
        jobs = await self._all("/jobs")
        for job in jobs:
            self.notes.saw(job)
        return jobs

    async def files(self) -> list[Json]:
        """All their files."""
        return await self._all("/files")

    async def _all(self, path: str) -> list[Json]:
        items: list[Json] = []
        more: dict[str, str] = {}
        while True:
            page = await self.user.get(path, limit=200, **more)
            items += page["items"]
            if page["next"] is None:
                return items
            more = {"cursor": page["next"]}

    async def ends(self, id: str) -> Json:
        """One of their jobs, once it has ended."""
        while True:
            job = await self.user.job(id)
            if job["state"] in ENDS:
                self.notes.saw(job)
                return job
            await trio.sleep(0.02)

    async def settled(self) -> list[Json]:
        """All their jobs, once every one of them has ended."""
        while True:
            jobs = await self.jobs()
            if all(job["state"] in ENDS for job in jobs):
                return jobs
            await trio.sleep(0.05)


class Crowd:
    """Several visitors, of one seed."""

    def __init__(self, seed: int | str, source: Source) -> None:
        self.chance = Random(seed)
        self.visitors: list[Visitor] = []
        self._source = source

    async def come(self, service: Service, count: int, tokens: Sequence[str] = ()) -> None:
        """So many new ones, each with three files; the first with these tokens or API keys."""
        for number in range(count):
            visitor = Visitor(
                f"v{len(self.visitors)}",
                Random(self.chance.random()),
                self._source,
                tokens[number] if number < len(tokens) else None,
            )
            await visitor.meet(service)
            self.visitors.append(visitor)
            for content in (None, None, LARGE):
                await visitor.put(content)

    async def meet(self, service: Service) -> None:
        """All come back."""
        for visitor in self.visitors:
            await visitor.meet(service)

    @asynccontextmanager
    async def busy(self) -> AsyncIterator[None]:
        """All do this and that until the block ends, or the server dies."""
        async with trio.open_nursery() as nursery:
            for visitor in self.visitors:
                nursery.start_soon(visitor.live)
            yield
            nursery.cancel_scope.cancel()

    @property
    def accepted(self) -> int:
        """Jobs that were accepted, of all."""
        return sum(len(visitor.notes.accepted) for visitor in self.visitors)
