"""The real service for tests, and its users.

Owns: starting it (inside the test, or as a child process that can be killed), what a user does
over HTTP and websocket, and what can be seen of the service from outside: its processes, its disk.
Never: reaches into the tree; a test that needs to has its place under tests/actors.
"""

import io
import json
import os
import resource
import select
import signal
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import (
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
)
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx
import trio
from PIL import Image
from trio_websocket import WebSocketConnection, open_websocket_url

from actors.capabilities import discover
from actors.workers import processes
from actors.workers.processes import Process
from conf.load import load
from tests import pictures
from web.service import run_service

Json = dict[str, Any]
Section = Mapping[str, object]
T = TypeVar("T")

WAIT = 60.0
"""Seconds after which a wait has failed. Nothing takes so long unless it hangs."""

ENDS = frozenset({"succeeded", "failed", "cancelled", "expired", "timed_out"})

UNUSED_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients that speak plain HTTP: to load the authorities for each would cost 20 ms."""

HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}

QUICK: Mapping[str, Section] = {
    "server": {"port": 0, "grace": 0, "header_timeout": WAIT},
    "workers": {"warm": 1, "kill_grace": 0.05},
}
"""One worker, so that who stops it knows which job it had; no patience at the end of a test, and
much with connections that idle: a client may be about to use them again."""


def _configuration(data: Path, sections: Mapping[str, Section]) -> dict[str, dict[str, object]]:
    given = {**QUICK, "storage": {"data": str(data)}}
    return {
        name: {**given.get(name, {}), **sections.get(name, {})}
        for name in dict.fromkeys([*given, *sections])
    }


# --- the service, wherever it runs ----------------------------------------------------------------


@dataclass(frozen=True)
class Service:
    """A running service, seen from outside. Its users' connections are closed at its end.

    Attributes:
        pid: the process that it runs in.
        others: processes below that one which are not the service's, such as another service.
    """

    address: str
    data: Path
    pid: int
    others: frozenset[int]
    clients: AsyncExitStack

    async def user(self, token: str | None = None) -> "User":
        """A new user, or the one whose token this is."""
        http = httpx.AsyncClient(base_url=self.address, timeout=WAIT, verify=UNUSED_TLS)
        await self.clients.enter_async_context(http)
        token = token or told(await http.post("/api/v1/sessions"), 201)["token"]
        http.cookies.clear()  # it is a program's client: the token alone says who asks
        http.headers["Authorization"] = f"Bearer {token}"
        return User(http, token)

    def processes(self) -> set[Process]:
        """All processes below the service."""
        below = processes.descendants(self.pid)
        for other in self.others:
            below -= processes.descendants(other)
        return {child for child in below if child.pid not in self.others}

    def workers(self) -> set[Process]:
        """Those that do the work."""
        return {child for child in self.processes() if _name(child) == "stitchery-work"}

    @contextmanager
    def frozen(self) -> Iterator[set[Process]]:
        """The workers that are there stand still: a job that gets one runs and does not end.

        Whoever is killed meanwhile is replaced by one that does work.
        """
        workers = self.workers()
        assert workers
        processes.tell(workers, signal.SIGSTOP)
        try:
            yield workers
        finally:
            processes.tell(workers, signal.SIGCONT)

    def stored(self) -> set[Path]:
        """Every file on disk that is somebody's, or on its way to be."""
        return set(self.data.glob("files/*/*")) | self.parts()

    def parts(self) -> set[Path]:
        """Of these, those on their way."""
        return set(self.data.glob("parts/*"))


def _name(process: Process) -> str:
    try:
        return Path(f"/proc/{process.pid}/comm").read_text().strip()
    except FileNotFoundError:  # it ended while we looked
        return ""


@asynccontextmanager
async def open_service(data: Path, **sections: Section) -> AsyncIterator[Service]:
    """The service inside the test, configured by `sections`; stopped at the end of the block."""
    settings = load(
        environ={},
        sections={name: found.settings_type for name, found in discover().items()},
        overrides=_configuration(data, sections),
    )
    shutdown = trio.Event()
    others = frozenset(child.pid for child in processes.descendants(os.getpid()))
    async with trio.open_nursery() as nursery, AsyncExitStack() as clients:
        address = await nursery.start(partial(run_service, settings, shutdown=shutdown))
        yield Service(address, data, os.getpid(), others, clients)
        await clients.aclose()
        shutdown.set()


@dataclass(frozen=True, kw_only=True)
class Launch:
    """How the child process is started: what to run with which options before our own, its
    environment besides this one's, and what it may use at most (limits of resource(3))."""

    command: tuple[str, ...] = (sys.executable, "-m", "web")
    environment: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[int, int] = field(default_factory=dict)


class Program:
    """`stitchery serve` as a child process."""

    def __init__(self, data: Path, launch: Launch | None = None, /, **sections: Section) -> None:
        launch = launch or Launch()
        self.data = data
        self._log = data.with_name(f"{data.name}.log")
        file = data.with_name(f"{data.name}.json")
        file.write_text(json.dumps(_configuration(data, sections)))
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 -- our own program
                [*launch.command, "serve", "--config", str(file)],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, **launch.environment},
            )
        for limit, most in launch.limits.items():
            resource.prlimit(self._process.pid, limit, (most, most))

    @cached_property
    def line(self) -> str:
        """The first line that it printed; waits for it. Empty when it ended without."""
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], WAIT)
        assert ready, self.log
        return self._process.stdout.readline()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def log(self) -> str:
        """What it has written on standard error."""
        return self._log.read_text()

    @asynccontextmanager
    async def visit(self) -> AsyncIterator[Service]:
        """The way in for users. Fails when it does not listen."""
        assert self.line.startswith("Listening on "), self.log
        address = self.line.split()[-1]
        async with AsyncExitStack() as clients:
            yield Service(address, self.data, self._process.pid, frozenset(), clients)

    def tell(self, what: signal.Signals) -> None:
        """Sends a signal."""
        self._process.send_signal(what)

    async def ended(self) -> int:
        """Waits for its end; the exit status, negative for the signal that ended it."""
        return await trio.to_thread.run_sync(self._process.wait, WAIT)

    def close(self) -> None:
        """Kills it if it lives, and closes its output."""
        assert self._process.stdout is not None
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


@contextmanager
def open_program(
    data: Path, launch: Launch | None = None, /, **sections: Section
) -> Iterator[Program]:
    """The service as a child process, gone at the end of the block."""
    program = Program(data, launch, **sections)
    try:
        assert program.line is not None  # it has started, or given up
        yield program
    finally:
        program.close()


# --- a user ---------------------------------------------------------------------------------------


class User:
    """One user: a session, and a client that carries its token."""

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        self.http = http
        self.token = token

    async def get(self, path: str, **query: Any) -> Json:
        """What lies at a path below /api/v1."""
        return told(await self.http.get(f"/api/v1{path}", params=query))

    async def used(self) -> Json:
        """What the session uses of its limits. Of sockets, one just closed may still be counted."""
        used: Json = (await self.get("/session"))["used"]
        del used["watchers"]
        return used

    async def upload(self, *contents: bytes, name: str = "picture.png") -> list[str]:
        """Sends files in one form, all under one name; their ids."""
        parts = [("file", (name, content)) for content in contents]
        answer = await self.http.post("/api/v1/files", files=parts)
        return [file["id"] for file in told(answer, 201)["items"]]

    async def put(self, content: bytes, name: str = "picture.png") -> httpx.Response:
        """Sends one file as it is; the answer as it came."""
        return await self.http.put(f"/api/v1/files/{name}", content=content)

    async def content(self, file: str) -> bytes:
        """The bytes of a file."""
        answer = await self.http.get(f"/api/v1/files/{file}/content")
        assert answer.status_code == 200
        return answer.content

    async def ask(self, files: list[str], key: str | None = None, **wishes: Any) -> httpx.Response:
        """Asks for a stitch; the answer as it came."""
        body = {"inputs": [{"file": file} for file in files], **wishes}
        headers = {} if key is None else {"Idempotency-Key": key}
        return await self.http.post("/api/v1/jobs/stitch", json=body, headers=headers)

    async def stitch(self, files: list[str], **wishes: Any) -> str:
        """The id of an accepted stitch."""
        return str(told(await self.ask(files, **wishes), 202)["id"])

    async def job(self, id: str) -> Json:
        """One job."""
        return await self.get(f"/jobs/{id}")

    async def cancel(self, id: str) -> httpx.Response:
        """Cancels a job; the answer as it came."""
        return await self.http.delete(f"/api/v1/jobs/{id}")

    async def reaches(self, id: str, *states: str) -> Json:
        """The job as soon as it is in one of the states. Fails when it ended in another."""
        async with self.watch(job=id) as watch:
            job = await watch.job(lambda job: job["state"] in ENDS.union(states))
        assert job["state"] in states, job
        return job

    async def end(self, id: str) -> Json:
        """The job as soon as it has ended, however."""
        return await self.reaches(id, *ENDS)

    async def long_stitch(self) -> str:
        """The id of a job that is being worked on, and will be for seconds."""
        [file] = await self.upload(pictures.encoded(pictures.noise(400, 400), "PNG"))
        job = await self.stitch([file] * 100, fit="none", layout="grid", format="png")
        async with self.watch(job=job) as watch:
            while not (await watch.next()).get("progress"):
                pass
        return job

    async def result(self, id: str) -> Image.Image:
        """The picture that a job made, once it has succeeded."""
        job = await self.reaches(id, "succeeded")
        [file] = job["result"]["files"]
        return opened(await self.content(file["id"]))

    async def knock(self, **query: Any) -> httpx.Response:
        """Asks for a progress socket that must be refused; the answer."""
        answer = await self.http.get("/api/v1/progress", params=query, headers=HANDSHAKE)
        assert answer.headers["Connection"] == "close"
        return answer

    @asynccontextmanager
    async def watch(self, **query: object) -> "AsyncIterator[Watch]":
        """A progress socket."""
        url = f"{self.http.base_url}/api/v1/progress?{urlencode(query)}".replace("http", "ws", 1)
        headers = [(b"Authorization", f"Bearer {self.token}".encode())]
        async with open_websocket_url(url, extra_headers=headers) as socket:
            yield Watch(socket)


class Watch:
    """What a progress socket tells."""

    def __init__(self, socket: WebSocketConnection) -> None:
        self.socket = socket

    async def next(self) -> Json:
        """The next message."""
        with trio.fail_after(WAIT):
            message: Json = json.loads(await self.socket.get_message())
        return message

    async def job(self, fits: Callable[[Json], bool]) -> Json:
        """The first job, of those that come along whole, that fits."""
        while True:
            for job in jobs_in(await self.next()):
                if fits(job):
                    return job


def jobs_in(message: Json) -> list[Json]:
    """The whole jobs that a message of a socket tells of."""
    match message:
        case {"type": "snapshot", "jobs": [*jobs]}:
            return jobs
        case {"type": "job", "job": job}:
            return [job]
    return []


# --- words for tests ------------------------------------------------------------------------------


def told(answer: httpx.Response, status: int = 200) -> Json:
    """The body of an answer that must have this status."""
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def refused(answer: httpx.Response, status: int, code: str) -> Json:
    """The problem of a refusal that must have this status and code."""
    problem = told(answer, status)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (problem["code"], problem["status"]) == (code, status)
    assert problem["title"]
    assert problem["detail"]
    return problem


async def at_once(*calls: Callable[[], Awaitable[T]]) -> list[T]:
    """Makes all calls at the same time; the results in their order."""
    results: dict[int, T] = {}

    async def keep(number: int, call: Callable[[], Awaitable[T]]) -> None:
        results[number] = await call()

    async with trio.open_nursery() as nursery:
        for number, call in enumerate(calls):
            nursery.start_soon(keep, number, call)
    return [results[number] for number in range(len(calls))]


async def until(happened: Callable[[], bool]) -> None:
    """Waits for what no event of ours tells: the end of a process, a line in a log."""
    with trio.fail_after(WAIT):
        while not happened():  # noqa: ASYNC110 -- see above
            await trio.sleep(0.005)


def png(width: int = 8, height: int = 6, colour: pictures.Colour = pictures.RED) -> bytes:
    """A small picture."""
    return pictures.encoded(pictures.plain(width, height, colour), "PNG")


def opened(content: bytes) -> Image.Image:
    """The picture that these bytes are."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image
