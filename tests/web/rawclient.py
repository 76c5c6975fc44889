"""A server of ours under test, and clients that say exactly which bytes they send.

Owns: `serving` (our edge on a free port, ended with the test), `Client` (a socket with an eye
for HTTP/1.1 answers and websocket frames), the small application that the edge's tests serve.
Never: asserts anything. What hangs is ended by the `timeout` mark of the test that uses it.

Claims about time are made on Trio's mock clock, which stands still while bytes travel over real
sockets and is moved by `pass_time`: no test sleeps through a deadline, and none fails on a busy
machine.
"""

import contextlib
import dataclasses
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Self

import h11
import trio
import trio.testing
from hypercorn.typing import ASGIFramework
from quart import Response, has_websocket_context, request, websocket

from actors.errors import StitcheryError
from conf.settings import Server
from web.asgi import Application
from web.server import serve

HANDSHAKE = (
    b"GET %b HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%b\r\n"
)


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclasses.dataclass
class Running:
    """A server under way. `shutdown` asks it to end, `ended` is set when `serve` returned."""

    address: str
    port: int
    shutdown: trio.Event
    ended: trio.Event
    cancel: Callable[[], None]
    clients: list["Client"] = dataclasses.field(default_factory=list)

    async def connect(
        self, *, receive_buffer: int | None = None, address: str = "127.0.0.1"
    ) -> "Client":
        """A new client of this address; `receive_buffer` bytes bound what the kernel takes."""
        sock = trio.socket.socket()
        await sock.bind((address, 0))
        if receive_buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client = Client(trio.SocketStream(sock))
        self.clients.append(client)
        await sock.connect(("127.0.0.1", self.port))
        return client

    async def ask(self, request: bytes) -> Answer:
        """Send bytes over a new connection and read one answer."""
        async with await self.connect() as client:
            await client.send(request)
            return await client.answer()


@contextlib.asynccontextmanager
async def serving(app: ASGIFramework, **options: Any) -> AsyncIterator[Running]:
    """Serve `app` on a free port, to the end of the block; its clients are closed then too."""
    shutdown, ended = trio.Event(), trio.Event()

    async def run(task_status: trio.TaskStatus[str]) -> None:
        try:
            await serve(app, Server(port=0, **options), shutdown=shutdown, task_status=task_status)
        finally:
            ended.set()

    async with trio.open_nursery() as nursery:
        address = await nursery.start(run)
        port = int(address.rpartition(":")[2])
        running = Running(address, port, shutdown, ended, nursery.cancel_scope.cancel)
        try:
            yield running
        finally:
            nursery.cancel_scope.cancel()
            for client in running.clients:
                client.close()


class Client:
    """One TCP connection."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self.buffer = b""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.stream.socket.close()

    def reset(self) -> None:
        """Leave with a RST, as a process that dies with unread bytes does."""
        now = struct.pack("ii", 1, 0)
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
        self.close()

    async def send(self, data: bytes) -> None:
        await self.stream.send_all(data)

    async def more(self) -> bytes:
        """Whatever comes next; nothing at the end, be it a FIN or a RST."""
        try:
            return bytes(await self.stream.receive_some(65536))
        except trio.BrokenResourceError:
            return b""

    async def rest(self) -> bytes:
        """Everything until the server closes."""
        data, self.buffer = self.buffer, b""
        while chunk := await self.more():
            data += chunk
        return data

    async def until(self, mark: bytes) -> bytes:
        """Everything up to and including `mark`; what there is, if the server closes before."""
        while mark not in self.buffer:
            chunk = await self.more()
            if not chunk:
                break
            self.buffer += chunk
        end = self.buffer.find(mark) + len(mark) if mark in self.buffer else len(self.buffer)
        data, self.buffer = self.buffer[:end], self.buffer[end:]
        return data

    async def answer(self, method: str = "GET") -> Answer:
        """One HTTP answer, read by h11 as a client; what follows stays in `buffer`."""
        reader = h11.Connection(h11.CLIENT)
        reader.send(h11.Request(method=method, target="/", headers=[("Host", "here")]))
        reader.send(h11.EndOfMessage())
        if self.buffer:  # h11 takes no bytes for the end
            reader.receive_data(self.buffer)
        answer = Answer(0, {}, b"")
        while not isinstance(event := reader.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                reader.receive_data(await self.more())
            elif isinstance(event, h11.Response):
                answer.status = event.status_code
                answer.headers = {name.decode(): value.decode() for name, value in event.headers}
            elif isinstance(event, h11.Data):
                answer.body += event.data
        self.buffer = reader.trailing_data[0]
        return answer

    # --- websocket ---

    async def upgrade(self, path: bytes = b"/echo", extra: bytes = b"") -> bytes:
        """Open a websocket by hand; the head of the answer."""
        await self.send(HANDSHAKE % (path, extra))
        return await self.until(b"\r\n\r\n")

    async def frame(self) -> tuple[int, bytes] | None:
        """Opcode and payload of the next frame from the server; None when it closed instead."""
        while len(self.buffer) < 2 or len(self.buffer) < _frame_size(self.buffer):
            chunk = await self.more()
            if not chunk:
                return None
            self.buffer += chunk
        size = _frame_size(self.buffer)
        start = size - _payload_size(self.buffer)
        opcode, payload = self.buffer[0] & 0x0F, self.buffer[start:size]
        self.buffer = self.buffer[size:]
        return opcode, payload

    async def goodbye(self) -> int | None:
        """The code with which the server closes, other frames passed over; None: none came."""
        while (found := await self.frame()) is not None:
            opcode, payload = found
            if opcode == CLOSE:
                return int.from_bytes(payload[:2], "big")
        return None


TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def masked(opcode: int, payload: bytes = b"", *, last: bool = True) -> bytes:
    """A frame as clients send it (RFC 6455 5.2), masked with zeros."""
    first = (0x80 if last else 0) | opcode
    if len(payload) < 126:
        head = struct.pack("!BB", first, 0x80 | len(payload))
    elif len(payload) < 1 << 16:
        head = struct.pack("!BBH", first, 0x80 | 126, len(payload))
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, len(payload))
    return head + bytes(4) + payload


def _payload_size(frame: bytes) -> int:
    short = frame[1] & 0x7F
    if short == 126:
        return int.from_bytes(frame[2:4], "big")
    return int.from_bytes(frame[2:10], "big") if short == 127 else short


def _frame_size(frame: bytes) -> int:
    extended = {126: 2, 127: 8}.get(frame[1] & 0x7F, 0)
    if len(frame) < 2 + extended:
        return 2 + extended
    return 2 + extended + _payload_size(frame)


async def push(client: Client, piece: bytes, most: int) -> int:
    """Send `piece` over and over until `most` bytes went or the server takes no more."""
    sent = 0
    data = piece * max(1, (1 << 16) // len(piece))
    while sent < most:
        part = 0
        with trio.move_on_after(0.3):  # too short on a busy machine makes `sent` only smaller
            part = await client.stream.socket.send(data)
        if not part:
            break
        data = data[part:] + data[:part]
        sent += part
    return sent


def ask_for(path: str = "/json", method: str = "GET", *lines: str, body: bytes = b"") -> bytes:
    """A request with correct framing; `lines` are further header lines."""
    length = [f"Content-Length: {len(body)}"] if body else []
    head = "\r\n".join([f"{method} {path} HTTP/1.1", "Host: here", *length, *lines, "", ""])
    return head.encode("latin-1") + body


class Scene:
    """A small application with one route for each way to treat a client well or badly.

    `gate` holds the handlers that wait; `entered` and `ended` name those that began and those
    that were ended from outside; `taken` counts the bytes or messages that handlers received.
    """

    def __init__(self, **options: Any) -> None:
        self.app = Application("scene", static_folder=None, options=Server(**options))
        self.gate = trio.Event()
        self.entered: list[str] = []
        self.ended: list[str] = []
        self.taken = 0
        routes: list[tuple[str, str, Callable[[], Awaitable[Any]]]] = [
            ("/json", "GET", self.answer),
            ("/json", "POST", self.parse),
            ("/upload", "PUT", self.upload),
            ("/ignore", "PUT", self.wait),
            ("/early", "PUT", self.answer),
            ("/wait", "GET", self.wait),
            ("/download", "GET", self.download),
            ("/boom", "GET", self.boom),
        ]
        for rule, method, view in routes:
            self.app.add_url_rule(rule, f"{method}{rule}", view, methods=[method])
        for rule, view in (
            ("/echo", self.echo),
            ("/talk", self.talk),
            ("/deaf", self.wait),
            ("/boom", self.accept_and_boom),
        ):
            self.app.add_websocket(rule, f"WS{rule}", view)
        self.app.register_error_handler(StitcheryError, self.explain)

    @contextlib.contextmanager
    def _noting(self, name: str) -> Iterator[None]:
        self.entered.append(name)
        try:
            yield
        except BaseException:  # cancelled, or a generator that is closed because its reader was
            self.ended.append(name)
            raise

    async def explain(self, error: StitcheryError) -> tuple[dict[str, str], int]:
        return {"code": error.code, "detail": error.detail}, error.status

    async def answer(self) -> dict[str, bool]:
        return {"well": True}

    async def parse(self) -> Any:
        return await request.get_json()

    async def upload(self) -> dict[str, int]:
        request.max_content_length = 8 << 20
        size = 0
        with self._noting("upload"):
            async for chunk in request.body:
                size += len(chunk)
                self.taken += len(chunk)
        return {"size": size}

    async def wait(self) -> dict[str, bool]:
        if has_websocket_context():
            await websocket.accept()
        with self._noting("wait"):
            await self.gate.wait()
        return {"well": True}

    async def download(self) -> Response:
        size = request.args.get("size", 1 << 20, int)

        async def pieces() -> AsyncIterator[bytes]:
            with self._noting("download"):
                for start in range(0, size, 1 << 16):
                    yield bytes(min(1 << 16, size - start))

        return Response(pieces(), headers={"Content-Length": str(size)})

    async def boom(self) -> None:
        raise ValueError("boom")

    async def accept_and_boom(self) -> None:
        await websocket.accept()
        raise ValueError("boom")

    async def echo(self) -> None:
        with self._noting("echo"):
            while True:
                message = await websocket.receive()
                self.taken += 1
                await websocket.send(message)

    async def talk(self) -> None:
        with self._noting("talk"):
            while True:
                await websocket.send("x" * 10_000)


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something that other tasks bring about holds; needs no clock."""
    while not holds():
        await trio.lowlevel.checkpoint()


async def settle() -> None:
    """Wait until every task waits and no byte is under way between them."""
    await trio.testing.wait_all_tasks_blocked(0.02)


async def pass_time(clock: trio.testing.MockClock, seconds: float, step: float = 0.25) -> None:
    """Move the clock on in steps, each of which everybody may react to."""
    await settle()
    end = trio.current_time() + seconds
    while (left := end - trio.current_time()) > 0:
        clock.jump(min(step, left))
        await settle()
