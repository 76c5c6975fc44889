"""The protocol fuzzer: changed conversations against a real server, while somebody else uses it.

Run: python -m tests.fuzz.wire [--seed N] [--first N] [--count N]

Each case is made from its seed and its number alone, so a finding is replayed with the command that
is printed beside it. What must hold: the process lives, another user is answered, every answer can
be read (h11) and is none from 500 on but 501, 503 and 505, the log has no traceback and no line
that is not the service's own, and in the end no connection is left open.

Owns: the sending, the listening and the invariants over the process.
Never: makes a change (mutate.py) or judges an answer (answers.py).
"""

import re
import secrets
import struct
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random
from socket import SO_LINGER, SOL_SOCKET
from tempfile import TemporaryDirectory

import click
import trio

from tests.fuzz.answers import flaws
from tests.fuzz.mutate import mutated, pieces
from tests.fuzz.seeds import Visitor, seeds
from tests.service import WAIT, Program, Service, User, open_program, png, until

AT_ONCE = 16
BATCH = 96
"""Cases after which the process is looked at."""

QUIET = 0.04
"""Seconds of silence after which the server is taken to wait for more. How much is seen depends on
it, never whether that is right."""

_PATIENCE = (0.0, QUIET, QUIET, QUIET)
_PAUSES = (0.0, 0.0, 0.0, 0.002)

ENOUGH = 20
"""Findings after which a run ends."""

SECTIONS = {"limits": {"max_upload_mb": 1, "max_session_files": 300}}
"""So that the disk stays small, and full sessions come along too."""

_LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


async def fuzz(program: Program, *, seed: int, first: int = 0, count: int) -> list[str]:
    """Runs the cases `first` to `first + count` of a seed; what was found, each with its replay."""
    async with program.visit() as service:
        visitor, other = await service.user(), await service.user()
        [file] = await visitor.upload(png())
        corpus = seeds(Visitor(visitor.token, file))
        await visitor.http.aclose()
        target = _Target(program, service, other)
        found: list[str] = []
        for begin in range(first, first + count, BATCH):
            found += await target.batch(
                corpus, seed, range(begin, min(begin + BATCH, first + count))
            )
            if len(found) >= ENOUGH:
                break
    return found


class _Target:
    """The process under fire, and a user who has nothing to do with it."""

    def __init__(self, program: Program, service: Service, other: User) -> None:
        self._program = program
        self._descriptors = Path(f"/proc/{service.pid}/fd")
        self._port = int(service.address.rpartition(":")[2])
        self._other = other
        self._base = self._open()
        self._read = len(program.log)

    async def batch(self, corpus: Sequence[bytes], seed: int, numbers: range) -> list[str]:
        """Plays some cases, AT_ONCE at a time, then looks at the process; what was found."""
        found: list[str] = []
        left = iter(numbers)

        async def play() -> None:
            for number in left:
                random = Random(f"{seed} {number}")
                data = mutated(corpus, random)
                flawed = await _converse(self._port, data, random)
                found.extend(_told(seed, number, 1, flaw) for flaw in flawed)

        async with trio.open_nursery() as meanwhile:
            meanwhile.start_soon(self._use)
            async with trio.open_nursery() as players:
                for _ in range(AT_ONCE):
                    players.start_soon(play)
            meanwhile.cancel_scope.cancel()
        process = await self._flaws()
        return found + [_told(seed, numbers.start, len(numbers), flaw) for flaw in process]

    async def _use(self) -> None:
        while True:
            await self._other.get("/session")
            await trio.sleep(QUIET)

    async def _flaws(self) -> list[str]:
        """What is wrong with the process, now that nobody talks to it but the other user."""
        await self._other.get("/session")
        found: list[str] = []
        try:
            await until(lambda: self._open() <= self._base)
        except trio.TooSlowError:
            found.append(f"{self._open()} connections and files are open; {self._base} were before")
        log = self._program.log
        lines, self._read = log[self._read :].splitlines(), len(log)
        odd = (line for line in lines if "Traceback" in line or not _LOG_LINE.match(line))
        return found + [f"in the log: {line[:2000]}" for line in odd]

    def _open(self) -> int:
        """Connections and files; not the ways to workers, of whom there may be more for a while."""
        table = (self._descriptors.parent / "net/tcp").read_text().splitlines()[1:]
        ours = {f"socket:[{line.split()[9]}]" for line in table}
        links = [_link(entry) for entry in self._descriptors.iterdir()]
        return sum(link in ours or link.startswith("/") for link in links)


def _link(entry: Path) -> str:
    try:
        return str(entry.readlink())
    except FileNotFoundError:  # closed while we looked
        return ""


def _told(seed: int, first: int, count: int, flaw: str) -> str:
    replay = f"python -m tests.fuzz.wire --seed {seed} --first {first} --count {count}"
    return f"{flaw}\n    again: {replay}"


async def _converse(port: int, data: bytes, random: Random) -> list[str]:
    """Sends the data over one connection and leaves; what was wrong with what came back."""
    patience = random.choice(_PATIENCE)
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    received = bytearray()
    ended = trio.Event()
    whole = False

    async def listen() -> None:
        nonlocal whole
        # a reset may take with it what was sent before: then the answers count as cut
        with suppress(trio.BrokenResourceError):
            async for chunk in stream:
                received.extend(chunk)
            whole = True
        ended.set()

    async with stream, trio.open_nursery() as nursery:
        nursery.start_soon(listen)
        with trio.move_on_after(WAIT) as waiting:
            with suppress(trio.BrokenResourceError):
                await _send(stream, data, random)
            await _silence(received, ended, patience)
            cut = not (ended.is_set() and whole)
            await _leave(stream, ended, random)
        nursery.cancel_scope.cancel()
    found = flaws(bytes(received), data, cut=cut or waiting.cancelled_caught)
    if waiting.cancelled_caught:
        found.append(f"the connection hangs after {data[:300]!r}")
    return found


async def _send(stream: trio.SocketStream, data: bytes, random: Random) -> None:
    for piece in pieces(data, random):
        await stream.send_all(piece)
        await trio.sleep(random.choice(_PAUSES))


async def _silence(received: bytearray, ended: trio.Event, patience: float) -> None:
    """Waits until nothing comes any more, or the server has closed."""
    known = -1
    while known < len(received) and not ended.is_set():
        known = len(received)
        with trio.move_on_after(patience):
            await ended.wait()


async def _leave(stream: trio.SocketStream, ended: trio.Event, random: Random) -> None:
    """Ends the connection with a RST, or politely: then the server has to end it too."""
    if random.randrange(20) == 0:
        stream.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        return
    with suppress(trio.BrokenResourceError):
        await stream.send_eof()
    await ended.wait()


@click.command()
@click.option("--seed", type=int, default=lambda: secrets.randbelow(1 << 32), help="by default any")
@click.option("--first", type=int, default=0, help="number of the first case")
@click.option("--count", type=int, default=20_000, show_default=True, help="cases to play")
def main(seed: int, first: int, count: int) -> None:
    """Plays changed conversations against a server of its own; fails when one finds something."""
    click.echo(f"seed {seed}, cases {first} to {first + count - 1}")
    with TemporaryDirectory() as folder, open_program(Path(folder) / "data", **SECTIONS) as program:
        found = trio.run(partial(fuzz, program, seed=seed, first=first, count=count))
    for flaw in found:
        click.echo(flaw)
    click.echo(f"{len(found)} findings")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
