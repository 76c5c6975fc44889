"""Resumable uploads meet what networks and servers do: stalls, breaks, takeovers, stops, kills.

The list is that of tusd's end-to-end tests.
"""

import hashlib
import shutil
import signal
import subprocess
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import TypeVar, TypeVarTuple
from urllib.parse import urlsplit

import pytest
import trio

from actors import looks
from actors.disk import CHUNK, Disk
from tests import pictures
from tests.service import WAIT, Service, User, open_program, open_service, refused, until
from tests.web.rawclient import Client

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

PROGRAM = "wide"

UPLOADS = "/api/v1/uploads/"
TUS = {"Tus-Resumable": "1.0.0"}
CONTENT = pictures.encoded(pictures.noise(600, 600), "BMP")
"""1.08 MB: four times what an upload collects before it goes to the disk."""

TUS_CLIENT = "tus-js-client@4.3.1"
HALF = 2 * CHUNK + 1000


async def begun(user: User, size: int = len(CONTENT)) -> str:
    answer = await user.http.post(UPLOADS, headers={**TUS, "Upload-Length": str(size)})
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


async def offset(user: User, at: str) -> int:
    answer = await user.http.head(at, headers=TUS)
    assert answer.status_code == 200
    return int(answer.headers["Upload-Offset"])


async def resumed(user: User, at: str) -> None:
    """Sends what is missing; the file has the bytes that were meant."""
    begin = await offset(user, at)
    answer = await user.http.patch(
        at,
        content=CONTENT[begin:],
        headers={**TUS, **stretch(begin)},
    )
    assert answer.status_code == 204, answer.text
    file = await user.get(f"/files/{answer.headers['Stitchery-File']}")
    assert file["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert await user.content(file["id"]) == CONTENT


def stretch(begin: int) -> dict[str, str]:
    return {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(begin)}


@asynccontextmanager
async def sending(service: Service, user: User, at: str, begin: int = 0) -> AsyncIterator[Client]:
    """A connection on which a half of the content has been sent, and is on the server's disk."""
    async with opened(service, user, "PATCH", at, stretch(begin), CONTENT[begin:]) as client:
        await until(lambda: on_disk(service, at) >= begin + CHUNK)
        yield client


@asynccontextmanager
async def opened(
    service: Service, user: User, method: str, at: str, more: dict[str, str], body: bytes
) -> AsyncIterator[Client]:
    """A connection on which a call has been begun, and no more than a half of its body sent."""
    place = urlsplit(service.address)
    assert place.hostname is not None
    assert place.port is not None
    async with Client(await trio.open_tcp_stream(place.hostname, place.port)) as client:
        lines = {
            "Host": "here",
            "Authorization": f"Bearer {user.token}",
            "Content-Length": str(len(body)),
            **TUS,
            **more,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        await client.send(f"{method} {at} HTTP/1.1\r\n{head}\r\n".encode())
        await client.send(body[:HALF])
        yield client


def stored(service: Service, at: str) -> list[Path]:
    return list(service.data.glob(f"uploads/*/{at.rpartition('/')[2]}"))


def sizes(service: Service) -> list[int]:
    return [path.stat().st_size for path in service.data.glob("uploads/*/*")]


def on_disk(service: Service, at: str) -> int:
    [path] = stored(service, at)
    return path.stat().st_size


async def test_a_client_that_stalls_is_given_up_and_what_came_stays(tmp_path: Path) -> None:
    async with open_service(tmp_path, server={"body_timeout": 0.2}) as service:
        ann = await service.user()
        at = await begun(ann)
        async with sending(service, ann, at) as client:
            assert (await client.answer()).status == 408
        assert await offset(ann, at) == HALF
        await resumed(ann, at)


@pytest.mark.parametrize("leave", [Client.close, Client.reset])
async def test_a_connection_that_breaks_loses_nothing_that_came(
    service: Service, ann: User, leave: Callable[[Client], None]
) -> None:
    at = await begun(ann)
    async with sending(service, ann, at) as client:
        leave(client)
    assert CHUNK <= await offset(ann, at) <= HALF
    await resumed(ann, at)


async def test_a_newer_request_takes_over_from_one_that_hangs(service: Service, ann: User) -> None:
    at = await begun(ann)
    async with sending(service, ann, at) as hanging:
        begin = await offset(ann, at)
        assert CHUNK <= begin <= HALF
        async with sending(service, ann, at, begin) as second:
            assert (await hanging.answer()).status == 409
            await resumed(ann, at)
            assert b"upload_taken_over" in await second.rest()


async def test_an_upload_is_stopped_while_it_is_being_sent(service: Service, ann: User) -> None:
    at = await begun(ann)
    async with sending(service, ann, at) as client:
        assert (await ann.http.delete(at, headers=TUS)).status_code == 204
        assert (await client.answer()).status == 409
    assert (await ann.http.head(at, headers=TUS)).status_code == 404
    assert stored(service, at) == []
    assert (await ann.used())["session_bytes"] == 0


async def test_an_upload_whose_address_nobody_was_told_does_not_stay(
    service: Service, ann: User
) -> None:
    """The first stretch comes with the creation, and the client leaves in the middle of it."""
    before = set(service.data.glob("uploads/*/*"))
    lines = {"Upload-Length": str(len(CONTENT)), **stretch(0)}
    async with opened(service, ann, "POST", UPLOADS, lines, CONTENT):
        await until(lambda: set(service.data.glob("uploads/*/*")) > before)
    await until(lambda: set(service.data.glob("uploads/*/*")) == before)


async def test_a_look_that_stands_still_holds_up_no_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client has left in the middle of it, and its upload is to be removed."""
    monkeypatch.setattr(looks, "PATIENCE", 10 * WAIT)
    lines = {"Upload-Length": str(len(CONTENT)), **stretch(0)}
    with trio.fail_after(WAIT), ExitStack() as until_the_end:
        async with open_service(tmp_path) as service:
            ann = await service.user()
            until_the_end.enter_context(service.frozen())
            async with opened(service, ann, "POST", UPLOADS, lines, CONTENT) as client:
                await client.send(CONTENT[HALF:])
                await until(lambda: sizes(service) == [len(CONTENT)])
                await ann.used()


async def test_an_ended_session_takes_its_uploads_along(service: Service, ann: User) -> None:
    at = await begun(ann)
    async with sending(service, ann, at):
        assert (await ann.http.delete("/api/v1/session")).status_code == 204
        assert stored(service, at) == []


async def test_an_upload_outlives_a_stop_in_the_middle_of_it(tmp_path: Path) -> None:
    async with open_service(tmp_path, server={"grace": 0.1}) as service:
        ann = await service.user()
        at = await begun(ann)
        await service.clients.enter_async_context(sending(service, ann, at))
    async with open_service(tmp_path) as service:
        ann = await service.user(ann.token)
        # on a busy machine, the last of it may not have been read when the stop's patience ended
        assert CHUNK <= await offset(ann, at) <= HALF
        await resumed(ann, at)


async def test_an_upload_outlives_the_death_of_the_server(tmp_path: Path) -> None:
    data = tmp_path / "data"
    limits = {"max_session_mb": 2}
    with open_program(data, limits=limits) as program:
        async with program.visit() as service:
            ann = await service.user()
            at = await begun(ann)
            async with sending(service, ann, at):
                program.tell(signal.SIGKILL)
                await program.ended()
    with open_program(data, limits=limits) as program:
        async with program.visit() as service:
            ann = await service.user(ann.token)
            assert await offset(ann, at) == on_disk(service, at) >= CHUNK
            # its room is still promised: a second of its size would be more than the session's
            answer = await ann.http.post(UPLOADS, headers={**TUS, "Upload-Length": str(1 << 20)})
            assert refused(answer, 413, "quota_exceeded")["limit"] == "session_bytes"
            await resumed(ann, at)


# --- a slow disk slows the client -----------------------------------------------------------------


class StuckDisk(Disk):
    """A disk whose writing threads wait until they may; what is held meanwhile is in memory."""

    stuck = threading.Event()

    async def __call__(self, act: Callable[[*Ts], T], *args: *Ts) -> T:
        if act.__name__ == "_flush":
            await trio.to_thread.run_sync(self.stuck.wait)
        return await super().__call__(act, *args)


async def head_of(ann: User, way: str, size: int) -> bytes:
    """What is sent before `size` bytes of a file, by one of the ways in."""
    lines = {"Host": "here", "Authorization": f"Bearer {ann.token}", "Content-Length": str(size)}
    start, first = "PUT /api/v1/files/a.png", ""
    if way == "form":
        start = "POST /api/v1/files"
        lines["Content-Type"] = "multipart/form-data; boundary=b"
        first = '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    if way == "tus":
        start = f"PATCH {await begun(ann, size)}"
        lines |= {**TUS, **stretch(0)}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{start} HTTP/1.1\r\n{head}\r\n{first}".encode()


async def test_a_disk_that_stands_still_stops_the_client_and_nothing_is_heaped_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 24 << 20
    monkeypatch.setattr("actors.workspace.Disk", StuckDisk)
    async with open_service(tmp_path) as service:
        ann = await service.user()
        place = urlsplit(service.address)
        for way in ("put", "form", "tus"):
            monkeypatch.setattr(StuckDisk, "stuck", threading.Event())
            stream = await trio.open_tcp_stream(place.hostname or "", place.port or 0)
            await stream.send_all(await head_of(ann, way, size))
            sent = [0]
            async with stream, trio.open_nursery() as nursery:
                nursery.start_soon(send, stream, size, sent)
                await quiet(sent)
                assert sent[0] < size // 2, "what the sockets between us hold, and no more"
                StuckDisk.stuck.set()  # and the nursery ends when all has been sent


async def send(stream: trio.SocketStream, size: int, sent: list[int]) -> None:
    while sent[0] < size:
        sent[0] += await stream.socket.send(bytes(min(1 << 16, size - sent[0])))


async def quiet(sent: list[int]) -> None:
    """Waits until the client has begun, and has not come on for 40 looks."""
    looks, before = 0, 0
    while looks < 40:
        await trio.sleep(0.005)
        looks = looks + 1 if sent[0] == before > 0 else 0
        before = sent[0]


# --- a client that others wrote -------------------------------------------------------------------

SCRIPT = """
const fs = require("fs");
const tus = require("tus-js-client");
const [, , endpoint, token, path] = process.argv;
const options = {
  endpoint,
  chunkSize: 300000,
  retryDelays: null,
  headers: { Authorization: `Bearer ${token}` },
  metadata: { filename: "from a real client.bmp" },
  urlStorage: new tus.FileUrlStorage(path + ".urls"),
};
const size = fs.statSync(path).size;
const fail = (error) => { console.error(String(error)); process.exit(1); };

const first = new tus.Upload(fs.createReadStream(path), {
  ...options,
  uploadSize: size,
  onError: fail,
  onChunkComplete: (_, sent) => {
    if (sent >= 600000) first.abort().then(() => resume(first.url, sent));
  },
});
first.start();

function resume(url, sent) {
  const second = new tus.Upload(fs.createReadStream(path), {
    ...options,
    uploadUrl: url,
    uploadSize: size,
    onError: fail,
    onAfterResponse: (request, response) => {
      if (response.getHeader("Stitchery-File")) file = response.getHeader("Stitchery-File");
    },
    onSuccess: () => console.log(JSON.stringify({ sent, file })),
  });
  second.start();
}
let file = null;
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("npm") is None, reason="there is no npm to get the client with")
async def test_the_client_of_the_protocols_authors_sends_aborts_and_resumes(
    tmp_path: Path,
) -> None:
    npm = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", TUS_CLIENT]
    await trio.run_process(npm, cwd=tmp_path, capture_stdout=True, capture_stderr=True)
    (tmp_path / "send.cjs").write_text(SCRIPT)
    (tmp_path / "picture.bmp").write_bytes(CONTENT)
    async with open_service(tmp_path / "data") as service:
        ann = await service.user()
        done: subprocess.CompletedProcess[bytes] = await trio.run_process(
            ["node", "send.cjs", service.address + UPLOADS, ann.token, "picture.bmp"],
            cwd=tmp_path,
            capture_stdout=True,
            capture_stderr=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        [file] = (await ann.get("/files"))["items"]
        assert b'"sent":600000' in done.stdout
        assert file["id"].encode() in done.stdout
        assert file["name"] == "from a real client.bmp"
        assert file["sha256"] == hashlib.sha256(CONTENT).hexdigest()
