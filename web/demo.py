"""The demonstration: the real service, two users, live progress, a cancelled job and its receipt.

Owns: the story, told over HTTP and websocket like any client would.
Never: reaches into the service; it only starts it.
"""

import io
import itertools
import json
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import trio
from PIL import Image, ImageDraw, ImageFilter
from rich.console import Console
from trio_websocket import open_websocket_url

from conf.settings import Settings
from web.bars import Bars
from web.oneshot import unused
from web.service import run_service

DRAWN = 6
WIDTH, HEIGHT = 1600, 1200
HEAVY_INPUTS = 200
"""Pictures of the job that is cancelled: enough work for a minute, so that it surely runs."""

ENDED = frozenset({"succeeded", "failed", "cancelled", "expired", "timed_out"})


class DemoError(Exception):
    """The story took an unexpected turn; the text says which."""


@dataclass(slots=True)
class _User:
    """One user: a client with the user's token, and what the user's socket has told."""

    name: str
    http: httpx.AsyncClient
    token: str
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    news: trio.Event = field(default_factory=trio.Event)

    def hear(self, message: dict[str, Any]) -> None:
        """Takes in one message of the socket (api.md, Progress)."""
        match message:
            case {"type": "snapshot", "jobs": jobs}:
                self.jobs = {job["id"]: job for job in jobs}
            case {"type": "job", "job": job}:
                self.jobs[job["id"]] = job
            case {"type": "progress", "job": id, "progress": progress}:
                self.jobs[id]["progress"] = progress
        self.news.set()
        self.news = trio.Event()

    async def job(self, id: str, *states: str) -> dict[str, Any]:
        """Waits until the job is in one of the states."""
        while self.jobs.get(id, {}).get("state") not in states:
            await self.news.wait()
        return self.jobs[id]


async def run(settings: Settings, pictures: list[Path], target: Path, console: Console) -> None:
    """Tells the whole story; the stitched file lands in the folder `target`.

    Raises:
        DemoError: something did not happen that should have.
    """
    began = trio.current_time()
    with tempfile.TemporaryDirectory(prefix="stitchery-demo-") as folder:
        server = settings.server.model_copy(update={"host": "127.0.0.1", "port": 0})
        storage = settings.storage.model_copy(update={"data": Path(folder)})
        settings = settings.model_copy(update={"server": server, "storage": storage})
        shutdown = trio.Event()
        async with trio.open_nursery() as nursery:
            address = await nursery.start(_service, settings, shutdown)
            console.print(f"The service listens on {address}, its data lies in {folder}.")
            written = await _story(address, pictures, target, console)
            shutdown.set()
    console.print()
    console.print(f"Done in {trio.current_time() - began:.1f} s: two users uploaded pictures and")
    console.print("stitched at once, a third job was cancelled while it ran.")
    console.print(f"The stitched picture: [bold]{written}[/bold]")
    console.print("Start the service for good with: [bold]stitchery serve[/bold]")


async def _service(
    settings: Settings, shutdown: trio.Event, *, task_status: trio.TaskStatus[str]
) -> None:
    await run_service(settings, shutdown=shutdown, task_status=task_status)


async def _story(address: str, pictures: list[Path], target: Path, console: Console) -> Path:
    if pictures:
        sources = [(path.name, await trio.Path(path).read_bytes()) for path in pictures]
    else:
        console.print(f"Drawing {DRAWN} pictures, as you named none.")
        sources = await trio.to_thread.run_sync(_draw_all)
    async with trio.open_nursery() as nursery, httpx.AsyncClient(base_url=address) as http:
        with Bars(console) as bars:
            ann, ben = [await _enter(name, http, bars, nursery) for name in ("Ann", "Ben")]
            ann_files = await _upload(ann, sources)
            ben_files = await _upload(ben, sources[::-1])
            console.print(f"Ann and Ben uploaded {len(sources)} pictures each.")
            first = await _submit(ann, ann_files, layout="vertical", fit=1200)
            second = await _submit(ben, ben_files, layout="grid", fit=600)
            stitched = await ann.job(first, *ENDED)
            await ben.job(second, *ENDED)
            heavy = list(itertools.islice(itertools.cycle(ben_files), HEAVY_INPUTS))
            third = await _submit(ben, heavy, layout="grid", fit=600, format="png")
            while (await ben.job(third, "running", *ENDED))["progress"] is None:
                await ben.news.wait()
            receipt = await _cancel(ben, third)
        console.print("Ben cancelled his second job while it ran. The receipt:")
        console.print_json(json.dumps(receipt))
        written = await _download(ann, stitched, target)
        nursery.cancel_scope.cancel()
    return written


async def _enter(name: str, http: httpx.AsyncClient, bars: Bars, nursery: trio.Nursery) -> _User:
    """Begins a session and a task that follows its socket."""
    token = _ok(await http.post("/api/v1/sessions"))["token"]
    client = httpx.AsyncClient(
        base_url=http.base_url, headers={"Authorization": f"Bearer {token}"}, timeout=30
    )
    user = _User(name, client, token)
    await nursery.start(_follow, user, bars)
    return user


async def _follow(user: _User, bars: Bars, *, task_status: trio.TaskStatus[None]) -> None:
    url = str(user.http.base_url.join("/api/v1/progress")).replace("http", "ws", 1)
    headers = [(b"Authorization", f"Bearer {user.token}".encode())]
    async with open_websocket_url(url, extra_headers=headers) as socket, user.http:
        task_status.started()
        while True:
            user.hear(json.loads(await socket.get_message()))
            for number, job in enumerate(user.jobs.values(), start=1):
                _show(bars, f"{user.name}, job {number}", job)


def _show(bars: Bars, label: str, job: dict[str, Any]) -> None:
    progress = job["progress"] or {"fraction": 0.0, "step": ""}
    if job["state"] == "succeeded":
        bars.show(label, job["state"], 1.0)
    elif job["state"] in ENDED:
        bars.show(label, job["state"], progress["fraction"])
    else:
        bars.show(label, job["state"], progress["fraction"], progress["step"])


async def _upload(user: _User, sources: Sequence[tuple[str, bytes]]) -> list[str]:
    parts = [("file", (name, body)) for name, body in sources]
    files = _ok(await user.http.post("/api/v1/files", files=parts))["items"]
    return [file["id"] for file in files]


async def _submit(user: _User, files: Sequence[str], **wishes: Any) -> str:
    body = {"inputs": [{"file": file} for file in files], **wishes}
    job = _ok(await user.http.post("/api/v1/jobs/stitch", json=body))
    return str(job["id"])


async def _cancel(user: _User, job: str) -> dict[str, Any]:
    cancelled = _ok(await user.http.delete(f"/api/v1/jobs/{job}"))
    if cancelled["state"] != "cancelled":
        raise DemoError(f"the job should be cancelled and is {cancelled['state']}")
    return dict(cancelled["receipt"])


async def _download(user: _User, job: dict[str, Any], target: Path) -> Path:
    if job["state"] != "succeeded":
        raise DemoError(f"the job ended as {job['state']}: {(job['error'] or {}).get('detail')}")
    [file] = job["result"]["files"]
    answer = await user.http.get(file["links"]["content"])
    answer.raise_for_status()
    path = unused(target / file["name"])
    await trio.Path(path).write_bytes(answer.content)
    return path


def _ok(answer: httpx.Response) -> dict[str, Any]:
    body = answer.json()
    if answer.is_error:
        raise DemoError(f"{answer.request.method} {answer.request.url.path}: {body['detail']}")
    return dict(body)


# --- pictures to play with ----------------------------------------------------------------------


def _draw_all() -> list[tuple[str, bytes]]:
    """Photo-like pictures: a sky, hills, a sun, and the grain of a small sensor."""
    return [(f"hill-{number + 1}.jpg", _draw(number)) for number in range(DRAWN)]


def _draw(number: int) -> bytes:
    chance = random.Random(number)  # noqa: S311 -- for looks; the same pictures every time
    picture = Image.linear_gradient("L").resize((WIDTH, HEIGHT))
    warm = chance.randrange(120, 256)
    sky = Image.merge(
        "RGB",
        [
            picture.point(lambda value: warm - value // 3),
            picture.point(lambda value: 140 + value // 3),
            picture.point(lambda value: 235 - value // 4),
        ],
    )
    draw = ImageDraw.Draw(sky)
    sun = chance.randrange(100, WIDTH - 300)
    draw.ellipse((sun, 120, sun + 180, 300), fill=(255, 240, 190))
    for depth in range(4):
        ridge = HEIGHT // 2 + depth * HEIGHT // 9
        points = [(0, HEIGHT)]
        points += [(x, ridge + chance.randrange(-90, 90)) for x in range(0, WIDTH + 200, 200)]
        points += [(WIDTH, HEIGHT)]
        shade = 150 - depth * 32
        draw.polygon(points, fill=(shade // 2, shade, shade // 2 + 20))
    grain = Image.effect_noise((WIDTH, HEIGHT), 24).convert("RGB")
    photo = Image.blend(sky.filter(ImageFilter.GaussianBlur(1.2)), grain, 0.08)
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=92)
    return file.getvalue()
