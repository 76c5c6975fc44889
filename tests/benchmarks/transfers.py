"""What 200 MB cost on their way in and out: each way in, each way out, and two peers beside them.

Run: python -m tests.benchmarks.transfers [--rounds N]

Ours is the real program. Beside it, in the same run and interleaved: `cat` (a socket into a file,
and a file into a socket, in one process that does nothing else) and `quart`, a plain Quart-Trio
application on plain hypercorn as its documentation shows it (`await request.files`, `send_file`).
Seconds are the client's, from its first byte to the answer: ours has flushed the file to the disk
and a child has looked at it by then. Processor time is that of the serving process alone; memory is
its peak above what it had before. Medians over the rounds; read the ratios, the machine is shared.
"""

import os
import secrets
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.table import Table

from tests.service import open_program

SIDE: Final = 5000
PIECE: Final = 8 << 20
SENT: Final = 1 << 18
_TICK: Final = os.sysconf("SC_CLK_TCK")

CAT = """
import socket, sys
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    peer, _ = listener.accept()
    with peer, peer.makefile("rb") as lines:
        first = lines.readline().split()
        if first[0] == b"OUT":
            with open(sys.argv[1], "rb") as file:
                peer.sendfile(file)
            continue
        left = int(first[1])
        with open(sys.argv[1], "wb") as file:
            while left:
                data = lines.read1(1 << 18)
                left -= len(data)
                file.write(data)
        peer.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n")
"""

QUART = """
import socket, sys
import hypercorn.config, hypercorn.trio, trio
from quart import request, send_file
from quart_trio import QuartTrio

app = QuartTrio("peer")
app.config["MAX_CONTENT_LENGTH"] = None
app.config["BODY_TIMEOUT"] = app.config["RESPONSE_TIMEOUT"] = None

@app.post("/")
async def upload():
    await (await request.files)["file"].save(sys.argv[1])
    return ""

@app.get("/")
async def download():
    return await send_file(sys.argv[1], mimetype="image/png")

listener = socket.create_server(("127.0.0.1", 0))
config = hypercorn.config.Config()
config.bind = [f"fd://{listener.fileno()}"]
config.errorlog = None
print(listener.getsockname()[1], flush=True)
trio.run(hypercorn.trio.serve, app, config)
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One transfer: seconds, processor seconds, and bytes of memory above what there was."""

    wall: float
    cpu: float
    memory: int


def picture() -> bytes:
    """A PNG of noise, four channels of 16 bits, stored without compression: 200 MB."""
    header = struct.pack("!IIBBBBB", SIDE, SIDE, 16, 6, 0, 0, 0)
    squeeze = zlib.compressobj(0)
    rows = b"".join(squeeze.compress(b"\0" + secrets.token_bytes(SIDE * 8)) for _ in range(SIDE))
    pixels = rows + squeeze.flush()
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    )


# --- a client that costs little -------------------------------------------------------------------


def ask(port: int, head: str, *body: bytes | memoryview, drain: bool = True) -> tuple[str, int]:
    """Sends a request over a new connection; the answer's head, and how long its body was."""
    with socket.create_connection(("127.0.0.1", port)) as peer:
        peer.sendall(head.encode())
        for piece in body:
            for begin in range(0, len(piece), SENT):
                peer.sendall(piece[begin : begin + SENT])
        data = b""
        while b"\r\n\r\n" not in data and (more := peer.recv(SENT)):
            data += more
        answer, _, rest = data.partition(b"\r\n\r\n")
        got, lengths = (
            len(rest),
            [
                int(line.split(b":")[1])
                for line in answer.split(b"\r\n")
                if line.lower().startswith(b"content-length")
            ],
        )
        room = memoryview(bytearray(SENT))
        while drain and got < sum(lengths) and (count := peer.recv_into(room)):
            got += count
    return answer.decode("latin-1"), got


def head(method: str, path: str, **lines: object) -> str:
    named = {"Host": "here", "Connection": "close", **lines}
    return (
        f"{method} {path} HTTP/1.1\r\n"
        + "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in named.items())
        + "\r\n"
    )


def told(answer: str, name: str) -> str:
    for line in answer.split("\r\n"):
        key, _, value = line.partition(": ")
        if key.lower() == name.lower():
            return value
    raise AssertionError(answer)


def good(answer: tuple[str, int]) -> str:
    assert answer[0].split()[1] in {"200", "201", "204", "206"}, answer[0]
    return answer[0]


FORM_BEGIN = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
FORM_END = b"\r\n--b--\r\n"
FORM = "multipart/form-data; boundary=b"


class Ours:
    """The real program, one session."""

    def __init__(self, port: int, pid: int, content: memoryview) -> None:
        self.port, self.pid, self._content = port, pid, content
        answer, _ = ask(port, head("POST", "/api/v1/sessions", Content_Length=0))
        cookie = told(answer, "set-cookie").partition(";")[0].partition("=")[2]
        self._proof = {"Authorization": f"Bearer {cookie}"}
        self._files: list[str] = []

    def put(self) -> None:
        start = head("PUT", "/api/v1/files/a.png", Content_Length=len(self._content), **self._proof)
        good(ask(self.port, start, self._content))

    def form(self) -> None:
        size = len(FORM_BEGIN) + len(self._content) + len(FORM_END)
        lines = {**self._proof, "Content_Type": FORM, "Content_Length": size}
        start = head("POST", "/api/v1/files", **lines)
        good(ask(self.port, start, FORM_BEGIN, self._content, FORM_END))

    def tus(self) -> None:
        proof = {**self._proof, "Tus_Resumable": "1.0.0"}
        lines = {**proof, "Content_Length": 0, "Upload_Length": len(self._content)}
        place = told(good(ask(self.port, head("POST", "/api/v1/uploads/", **lines))), "location")
        for offset in range(0, len(self._content), PIECE):
            piece = self._content[offset : offset + PIECE]
            lines = {
                **proof,
                "Content_Type": "application/offset+octet-stream",
                "Content_Length": len(piece),
                "Upload_Offset": offset,
            }
            answer = good(ask(self.port, head("PATCH", place, **lines), piece))
        self._files.append(told(answer, "stitchery-file"))

    def get(self) -> None:
        path = f"/api/v1/files/{self._files[-1]}/content"
        answer = ask(self.port, head("GET", path, **self._proof))
        assert answer[1] == len(self._content), good(answer)

    def ranges(self) -> None:
        path = f"/api/v1/files/{self._files[-1]}/content"
        for offset in range(0, len(self._content), PIECE):
            asked = f"bytes={offset}-{offset + PIECE - 1}"
            good(ask(self.port, head("GET", path, **self._proof, Range=asked)))


class Cat:
    """A socket into a file."""

    def __init__(self, port: int, pid: int, content: memoryview) -> None:
        self.port, self.pid, self._content = port, pid, content

    def put(self) -> None:
        good(ask(self.port, f"IN {len(self._content)}\n", self._content))

    def get(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as peer:
            peer.sendall(b"OUT\n")
            room = memoryview(bytearray(SENT))
            while peer.recv_into(room):
                pass


class Quart(Cat):
    """What the documentation shows."""

    def form(self) -> None:
        size = len(FORM_BEGIN) + len(self._content) + len(FORM_END)
        start = head("POST", "/", Content_Type=FORM, Content_Length=size)
        good(ask(self.port, start, FORM_BEGIN, self._content, FORM_END))

    def get(self) -> None:
        answer = ask(self.port, head("GET", "/"))
        assert answer[1] == len(self._content), good(answer)


# --- measuring ------------------------------------------------------------------------------------


def cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def memory_of(pid: int, word: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{word}:"):
            return int(line.split()[1]) << 10
    raise AssertionError(word)


def measured(pid: int, act: Callable[[], None]) -> Measured:
    Path(f"/proc/{pid}/clear_refs").write_text("5")  # forget the peak so far (proc(5))
    before, cpu, began = memory_of(pid, "VmRSS"), cpu_of(pid), time.perf_counter()
    act()
    wall = time.perf_counter() - began
    return Measured(wall, cpu_of(pid) - cpu, memory_of(pid, "VmHWM") - before)


@contextmanager
def peer(source: str, file: Path) -> Iterator[tuple[int, int]]:
    """A process that runs `source`; its port and its id."""
    process = subprocess.Popen(  # noqa: S603 -- our own text
        [sys.executable, "-c", source, str(file)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline()), process.pid
    finally:
        process.kill()
        process.communicate()


LIMITS = {"max_session_mb": 1 << 14, "max_upload_mb": 256}


def run(rounds: int) -> dict[str, list[Measured]]:
    content = memoryview(picture())
    found: dict[str, list[Measured]] = {}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        root = Path(folder)
        program = stack.enter_context(open_program(root / "data", limits=LIMITS))
        port = int(program.line.rpartition(":")[2])
        ours = Ours(port, program._process.pid, content)
        cat = Cat(*stack.enter_context(peer(CAT, root / "cat")), content)
        quart = Quart(*stack.enter_context(peer(QUART, root / "quart")), content)
        time.sleep(1)  # plain hypercorn says its port before it listens
        acts: list[tuple[str, int, Callable[[], None]]] = [
            ("in: ours, PUT", ours.pid, ours.put),
            ("in: ours, form", ours.pid, ours.form),
            ("in: ours, tus in 8 MiB", ours.pid, ours.tus),
            ("in: cat", cat.pid, cat.put),
            ("in: quart, form", quart.pid, quart.form),
            ("out: ours, whole", ours.pid, ours.get),
            ("out: ours, ranges of 8 MiB", ours.pid, ours.ranges),
            ("out: cat", cat.pid, cat.get),
            ("out: quart", quart.pid, quart.get),
        ]
        for _ in range(rounds):
            for name, pid, act in acts:
                found.setdefault(name, []).append(measured(pid, act))
    return found


@click.command()
@click.option("--rounds", default=3, show_default=True)
def main(rounds: int) -> None:
    """Prints what 200 MB cost on each way in and out."""
    found = run(rounds)
    size = SIDE * SIDE * 8 / 1e6

    def middle(name: str, field: str) -> float:
        return float(statistics.median(getattr(one, field) for one in found[name]))

    table = Table("way", "MB/s", "MB/s of cat's", "server cpu s", "peak MB above")
    for name in found:
        beside = f"{name.partition(':')[0]}: cat"
        table.add_row(
            name,
            f"{size / middle(name, 'wall'):.0f}",
            f"{middle(beside, 'wall') / middle(name, 'wall'):.2f}",
            f"{middle(name, 'cpu'):.2f}",
            f"{max(one.memory for one in found[name]) / 1e6:.1f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
