"""The demonstration: the real service, two users, live progress, a cancelled job and its receipt.

Owns: the story, told over HTTP and websocket like any client would.
Never: reaches into the service; it only starts it.
"""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import trio
from rich.console import Console
from rich.markup import escape
from trio_websocket import open_websocket_url

from conf.settings import Settings
from web.bars import Bars
from web.outputs import unused
from web.service import run_service
from web.sketches import draw

DRAWN = 6

HEAVY_INPUTS = 200
"""Pictures of the job that is cancelled: enough work for seconds, so that it surely runs."""

PATIENCE = 120
"""Seconds for the whole story, which takes a few; on a machine that needs more, something hangs."""

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

    async def begun(self, id: str) -> None:
        """Waits until the job has told of its progress, or has ended."""
        while (job := self.jobs.get(id)) is None or not (job["progress"] or job["state"] in ENDED):
            await self.news.wait()


async def run(settings: Settings, pictures: list[Path], target: Path, console: Console) -> None:
    """Tells the whole story; the stitched file lands in the folder `target`.

    Raises:
        DemoError: something did not happen that should have.
        OSError: a picture cannot be read, or the stitched one not written.
    """
    began = trio.current_time()
    shutdown = trio.Event()
    async with trio.open_nursery() as nursery:
        address = await nursery.start(partial(run_service, settings, shutdown=shutdown))
        console.print(
            f"The service listens on {address}, its data lies in {settings.storage.data}.",
            soft_wrap=True,
        )
        try:
            with trio.fail_after(PATIENCE):
                written = await _story(address, pictures, target, console)
        except trio.TooSlowError:
            raise DemoError(f"the story was not over after {PATIENCE} seconds") from None
        shutdown.set()
    seconds = trio.current_time() - began
    console.print(
        f"\nDone in {seconds:.1f} s: two users uploaded pictures and stitched them at the same "
        "time; a third job was cancelled while it ran, and nothing of it is left."
    )
    console.print(f"The stitched picture: [bold]{escape(str(written))}[/bold]", soft_wrap=True)
    console.print("Start the service for good with: [bold]stitchery serve[/bold]", soft_wrap=True)


async def _story(address: str, pictures: list[Path], target: Path, console: Console) -> Path:
    if pictures:
        sources = [(path.name, await trio.Path(path).read_bytes()) for path in pictures]
    else:
        console.print(f"Drawing {DRAWN} pictures, as you named none.")
        sources = await trio.to_thread.run_sync(draw, DRAWN)
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
            await ben.begun(third)
            receipt = await _cancel(ben, third)
            await ben.job(third, *ENDED)  # the socket tells it too, and the bar shows it
        console.print(f"Ben cancelled his second job while it ran: {_told(receipt)}.")
        written = await _download(ann, stitched, target)
        nursery.cancel_scope.cancel()
    return written


def _told(receipt: dict[str, Any]) -> str:
    """A receipt in words."""
    ended, removed = receipt["processes_ended"], receipt["files_removed"]
    processes = "1 process" if ended == 1 else f"{ended} processes"
    files = "1 file" if removed == 1 else f"{removed} files"
    return f"{processes} ended, {files} removed, within {receipt['seconds']:.2f} s"


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
                progress = job["progress"] or {"fraction": 0.0, "step": ""}
                label = f"{user.name}, job {number}"
                bars.show(label, job["state"], progress["fraction"], progress["step"])


async def _upload(user: _User, sources: Sequence[tuple[str, bytes]]) -> list[str]:
    parts = [("file", (name, body)) for name, body in sources]
    answer = await user.http.post("/api/v1/files", files=parts)
    match answer.json():
        case {"field": str(field), "detail": detail} if field.startswith("/file/"):
            name, _ = sources[int(field.rpartition("/")[2])]
            raise DemoError(f"{name}: {detail}")
    return [file["id"] for file in _ok(answer)["items"]]


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
    if answer.is_error:
        raise DemoError(f"the stitched picture could not be fetched: {answer.status_code}")
    path = unused(target / file["name"])
    await trio.Path(path).write_bytes(answer.content)
    return path


def _ok(answer: httpx.Response) -> dict[str, Any]:
    body = answer.json()
    if answer.is_error:
        raise DemoError(f"{answer.request.method} {answer.request.url.path}: {body['detail']}")
    return dict(body)
