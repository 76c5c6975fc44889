"""What open sockets cost, and how fast they are told goodbye: `python -m tests.benchmarks.sockets`.

Starts the real program for each number of websockets, opens them (20 a session) with idle
keep-alive connections and one reader that has stalled beside them, and says SIGTERM. Prints a
table, or JSON with `--json`. The machine's load is in every number of seconds.
"""

import argparse
import dataclasses
import http.client
import json
import resource
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table

COUNTS = (0, 1000, 10_000)
WATCHERS = 20  # sockets of a session: the default of limits.max_watchers_per_session
IDLE = 50  # keep-alive connections, beside any websockets
AT_ONCE = 100  # handshakes under way
WAIT = 120.0  # seconds after which something hangs

CONFIGURATION = {
    "server": {"port": 0, "grace": 10, "header_timeout": 300, "ping_interval": 600},
    "log": {"level": "warning"},
}
HANDSHAKE = (
    "GET /api/v1/progress HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
CLOSE = 0x88  # first byte of a close frame


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One run. Seconds count from the SIGTERM."""

    websockets: int
    opened_in: float
    kib_each: float | None
    codes: dict[str, int]
    last_goodbye: float
    ended: float
    status: int
    second_signal: float


@dataclasses.dataclass(slots=True)
class Socket:
    """One websocket of ours: what it received, and when the server closed it."""

    sock: socket.socket
    received: bytes = b""
    goodbye: float | None = None

    @property
    def opened(self) -> bool:
        return b"\r\n\r\n" in self.received

    @property
    def code(self) -> str:
        """The code of the close frame at the end of what came; "none" where there is none."""
        tail = self.received[-4:]
        found = len(tail) == 4 and tail[0] == CLOSE
        return str(int.from_bytes(tail[2:], "big")) if found else "none"


class Service:
    """`stitchery serve`, and the little that is asked of it."""

    def __init__(self, folder: Path) -> None:
        file = folder / "sockets.json"
        data = {"storage": {"data": str(folder / "data")}}
        file.write_text(json.dumps({**CONFIGURATION, **data}))
        self.process = subprocess.Popen(  # noqa: S603 -- our own program
            [sys.executable, "-m", "web", "serve", "--config", str(file)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        place = urlsplit(self.process.stdout.readline().split()[-1])
        self.place = (place.hostname or "", place.port or 0)
        self.host = place.netloc

    def tokens(self, count: int) -> list[str]:
        """Tokens of so many new sessions."""
        client = http.client.HTTPConnection(*self.place)
        found = []
        for _ in range(count):
            client.request("POST", "/api/v1/sessions")
            found.append(json.load(client.getresponse())["token"])
        client.close()
        return found

    def kib(self) -> int:
        """Memory that it holds."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
        return int(line.split()[1])

    def connect(self, receive_buffer: int | None = None) -> socket.socket:
        sock = socket.socket()
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.connect(self.place)
        return sock

    def idle(self) -> socket.socket:
        """A connection that was used once and is kept."""
        sock = self.connect()
        sock.sendall(f"GET /healthz HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode())
        sock.recv(4096)
        return sock

    def stalled(self) -> socket.socket:
        """A connection with more answers under way than its reader ever takes."""
        sock = self.connect(receive_buffer=4096)
        ask = f"GET /api/openapi.json HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode()
        sock.sendall(ask * 100)
        return sock


@contextmanager
def running() -> Iterator[Service]:
    """The program, gone at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="stitchery-sockets-") as folder:
        service = Service(Path(folder))
        try:
            yield service
        finally:
            service.process.kill()
            service.process.communicate()


def open_sockets(service: Service, tokens: list[str], count: int) -> list[Socket]:
    """So many websockets, handshake done and the first message received."""
    crowd: list[Socket] = []
    for start in range(0, count, AT_ONCE):
        batch = [Socket(service.connect()) for _ in range(min(AT_ONCE, count - start))]
        for place, each in enumerate(batch, start):
            token = tokens[place // WATCHERS]
            each.sock.sendall(HANDSHAKE.format(host=service.host, token=token).encode())
        listen(batch, until=lambda each: each.opened and each.received[-1:] == b"}")
        crowd += batch
    return crowd


def listen(crowd: list[Socket], until: Callable[[Socket], bool]) -> None:
    """Read until the condition holds for each, or the server has closed it."""
    deadline = time.monotonic() + WAIT
    with selectors.DefaultSelector() as selector:
        for each in crowd:
            selector.register(each.sock, selectors.EVENT_READ, each)
        while selector.get_map() and time.monotonic() < deadline:
            for key, _ in selector.select(1):
                each = key.data
                if take(each) or until(each):
                    selector.unregister(each.sock)


def take(each: Socket) -> bool:
    """Read once; whether the server has closed."""
    try:
        data = each.sock.recv(65536)
    except ConnectionResetError:
        data = b""
    each.received += data
    if each.goodbye is None and each.code != "none":
        each.goodbye = time.monotonic()
    return not data


def measure(count: int) -> Row:
    """One life of the program with so many websockets, and a second for the second signal."""
    with crowded(count) as (service, crowd, opened_in, kib_each):
        since = time.monotonic()
        service.process.send_signal(signal.SIGTERM)
        listen(crowd, until=lambda _: False)
        status = service.process.wait(WAIT)
        ended = time.monotonic() - since
        goodbyes = [each.goodbye - since for each in crowd if each.goodbye is not None]
        codes = dict(Counter(each.code for each in crowd))
    with crowded(count) as (service, crowd, _, _):
        service.process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        since = time.monotonic()
        service.process.send_signal(signal.SIGTERM)
        service.process.wait(WAIT)
        second = time.monotonic() - since
    return Row(count, opened_in, kib_each, codes, max(goodbyes, default=0), ended, status, second)


@contextmanager
def crowded(count: int) -> "Iterator[tuple[Service, list[Socket], float, float | None]]":
    """The program with its sockets; seconds to open them, KiB of memory for each."""
    with running() as service:
        tokens = service.tokens(-(-count // WATCHERS))
        before, since = service.kib(), time.monotonic()
        crowd = open_sockets(service, tokens, count)
        opened_in = time.monotonic() - since
        kib_each = (service.kib() - before) / count if count else None
        others = [service.idle() for _ in range(IDLE)] + [service.stalled()]
        yield service, crowd, opened_in, kib_each
        for sock in (*others, *(each.sock for each in crowd)):
            sock.close()


def shown(rows: list[Row]) -> Table:
    table = Table(title="SIGTERM with open sockets")
    for heading in (
        "websockets",
        "opened in",
        "memory each",
        "close codes",
        "last goodbye",
        "ended",
        "status",
        "second SIGTERM",
    ):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            f"{row.websockets:,}",
            f"{row.opened_in:.1f} s",
            "" if row.kib_each is None else f"{row.kib_each:.0f} KiB",
            ", ".join(f"{code}: {count:,}" for code, count in row.codes.items()),
            f"{row.last_goodbye:.2f} s",
            f"{row.ended:.2f} s",
            str(row.status),
            f"{row.second_signal:.2f} s",
        )
    return table


def main() -> None:
    reader = argparse.ArgumentParser(description="Shut down with many sockets open.")
    reader.add_argument("counts", nargs="*", type=int, default=COUNTS, help="websockets")
    reader.add_argument("--json", action="store_true", help="print JSON")
    wishes = reader.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    rows = [measure(count) for count in wishes.counts]
    if wishes.json:
        Console().print_json(json.dumps([dataclasses.asdict(row) for row in rows]))
    else:
        Console().print(shown(rows))


if __name__ == "__main__":
    main()
