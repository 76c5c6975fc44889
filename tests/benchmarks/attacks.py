"""What attacks cost the service and its other users: `python -m tests.benchmarks.attacks`.

A real `stitchery serve` is attacked in one way after the other. Meanwhile two other users, in a
process of their own, ask for the state of a session and send small pictures. For each attack: the
growth of the server's peak memory, what the others waited, and how the attack ended. The bars are
32 MiB and 250 ms at p99. Takes about three minutes; the machine's other work is in the numbers, so
the first row is the service without an attack.
"""

import dataclasses
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click
import trio
from rich.console import Console
from rich.table import Table
from trio_websocket import ConnectionClosed

from actors.estimate import quantile
from tests.hostile import bombs, broken
from tests.hostile.bomb import Bomb
from tests.hostile.memory import MEBIBYTE, peak_bytes, reset_peak
from tests.service import Service, User, open_program, png

LONGEST = 12.0
"""Seconds of one attack; what has not ended then is given up."""

SHORTEST = 2.5
"""Seconds; an attack that has ended sooner comes again."""

Outcome = Counter[str]
Attack = Callable[[Service, User, Outcome], Awaitable[None]]


@dataclasses.dataclass(frozen=True)
class Waits:
    """What one kind of request took, in milliseconds."""

    p50: float
    p99: float
    most: float

    def __str__(self) -> str:
        return f"{self.p50:.0f} / {self.p99:.0f} / {self.most:.0f}"


@dataclasses.dataclass(frozen=True)
class Measured:
    """One attack. `seconds` it took, and the peak memory of the server grew by `growth` MiB."""

    attack: str
    seconds: float
    growth: float
    get: Waits
    put: Waits
    outcome: dict[str, int]


# --- the attacks ----------------------------------------------------------------------------------


async def nothing(_service: Service, _user: User, _outcome: Outcome) -> None:
    """What the others wait without an attack."""
    await trio.sleep(SHORTEST)


async def send_each(
    kinds: Iterable[tuple[Bomb, bytes]], _service: Service, user: User, outcome: Outcome
) -> None:
    """Each bomb, and a stitch of each that is taken."""
    for bomb, content in kinds:
        answer = await user.put(content, f"{bomb.name}.jpg")
        told = answer.json()
        if answer.status_code != 201:
            outcome[told["code"]] += 1
            continue
        job = await user.end(await user.stitch([told["id"]] * 2, fit=16))
        outcome[f"job {(job.get('error') or {}).get('code', job['state'])}"] += 1


async def at_once(
    content: bytes, times: int, _service: Service, user: User, outcome: Outcome
) -> None:
    """One file so many times, each over its own connection."""

    async def one() -> None:
        answer = await user.put(content)
        outcome[answer.json().get("code", "taken")] += 1

    async with trio.open_nursery() as nursery:
        for _ in range(times):
            nursery.start_soon(one)


async def several_users(
    content: bytes, users: int, service: Service, _user: User, outcome: Outcome
) -> None:
    """One file, eight times from each of so many users."""
    async with trio.open_nursery() as nursery:
        for _ in range(users):
            nursery.start_soon(at_once, content, 8, service, await service.user(), outcome)


async def large_json(body: bytes, _service: Service, user: User, outcome: Outcome) -> None:
    """A request body of 15 MB, four at a time."""

    async def one() -> None:
        answer = await user.http.post(
            "/api/v1/jobs/stitch", content=body, headers={"Content-Type": "application/json"}
        )
        outcome[answer.json()["code"]] += 1

    for _ in range(3):
        async with trio.open_nursery() as nursery:
            for _ in range(4):
                nursery.start_soon(one)


async def many_parts(name: str, _service: Service, user: User, outcome: Outcome) -> None:
    """A form of 5,000 parts."""
    part = b'--x\r\nContent-Disposition: form-data; name="%b"; filename="a.png"\r\n\r\n%b\r\n'
    form = part % (name.encode(), png()) * 5000 + b"--x--\r\n"
    answer = await user.http.post(
        "/api/v1/files",
        content=form,
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    outcome[answer.json().get("code", "taken")] += 1


async def socket_flood(_service: Service, user: User, outcome: Outcome) -> None:
    """Twenty progress sockets that send messages as fast as they are taken."""

    async def one() -> None:
        try:
            async with user.watch() as watch:
                for _ in range(5000):
                    await watch.socket.send_message("x" * 4000)
        except* (ConnectionClosed, OSError) as closed:
            outcome[type(closed.exceptions[0]).__name__] += 1
        else:
            outcome["all sent"] += 1

    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(one)


async def slow_clients(service: Service, user: User, outcome: Outcome) -> None:
    """Five hundred uploads of which a byte comes now and then."""
    port = int(service.address.rpartition(":")[2])
    head = (
        f"PUT /api/v1/files/a.png HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {user.token}\r\n"
        "Content-Length: 1000000\r\n\r\n"
    )

    async def one() -> None:
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await stream.send_all(head.encode())
            try:
                while True:
                    await stream.send_all(b"x")
                    await trio.sleep(1)
            except trio.BrokenResourceError:
                outcome["closed"] += 1

    with trio.move_on_after(8):
        async with trio.open_nursery() as nursery:
            for _ in range(500):
                nursery.start_soon(one)


def made(kinds: Iterable[Bomb]) -> list[tuple[Bomb, bytes]]:
    """With their bytes, so that making them is not measured."""
    return [(bomb, bomb.make()) for bomb in kinds]


def attacks() -> dict[str, Attack]:
    """All of them, by name."""
    heavy = bombs.many_profiles()
    body = b'{"inputs": [' + b"{}," * 5_000_000 + b"{}]}"
    groups = {
        "more pixels": bombs.PIXELS,
        "more pieces": bombs.PIECES,
        "metadata": bombs.METADATA,
        "foreign and polyglot": broken.FOREIGN,
        "damaged": broken.DAMAGED,
    }
    return {
        "(none)": nothing,
        **{
            f"bombs: {name}": partial(send_each, made(bomb for bomb in kinds if not bomb.slow))
            for name, kinds in groups.items()
        },
        **{
            f"bomb: {bomb.name}": partial(send_each, made([bomb]))
            for bomb in bombs.BOMBS
            if bomb.slow and bomb.name != "zeros_100MB"
        },
        "50 uploads that take the processor": partial(at_once, heavy, 50),
        "the same, 8 each of 10 users": partial(several_users, heavy, 10),
        "JSON of 15 MB": partial(large_json, body),
        "form of 5,000 parts": partial(many_parts, "file"),
        "form of 5,000 wrong parts": partial(many_parts, "other"),
        "websocket flood": socket_flood,
        "500 slow clients": slow_clients,
    }


# --- the others -----------------------------------------------------------------------------------


@contextmanager
def others(address: str, waits: dict[str, list[float]]) -> Iterator[None]:
    """Two users ask in a process of their own; what they waited, in milliseconds."""
    with subprocess.Popen(  # noqa: S603 -- our own module
        [sys.executable, "-m", "tests.benchmarks.others", address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdout.readline()
        yield
        process.stdin.close()
        waits.update(json.loads(process.stdout.read()))


async def measure(service: Service, name: str, attack: Attack) -> Measured:
    """Attacks for a while, over and over if it is short."""
    hostile = await service.user()
    waits: dict[str, list[float]] = {}
    outcome = Outcome()
    reset_peak(service.pid)
    before = peak_bytes(service.pid)
    with others(service.address, waits):
        began = time.perf_counter()
        with trio.move_on_after(LONGEST) as scope:
            while time.perf_counter() - began < SHORTEST:
                await attack(service, hostile, outcome)
        seconds = time.perf_counter() - began
    if scope.cancelled_caught:
        outcome["given up"] += 1
    await hostile.http.delete("/api/v1/session")
    gets, puts = (
        Waits(quantile(waits[kind], 0.5), quantile(waits[kind], 0.99), max(waits[kind]))
        for kind in ("get", "put")
    )
    growth = (peak_bytes(service.pid) - before) / MEBIBYTE
    return Measured(name, seconds, growth, gets, puts, dict(outcome))


async def run(only: str, tell: Callable[[Measured], None]) -> None:
    """All attacks whose names contain a word, on one service."""
    with (
        tempfile.TemporaryDirectory() as folder,
        open_program(
            Path(folder) / "data",
            server={"port": 0, "grace": 0},
            workers={"warm": 2},
            identity={"new_sessions_per_minute": 100_000},
        ) as program,
    ):
        async with program.visit() as service:
            user = await service.user()
            await user.result(await user.stitch(await user.upload(png(), png())))
            for name, attack in attacks().items():
                if only in name or name == "(none)":
                    tell(await measure(service, name, attack))


def row(one: Measured) -> tuple[str, ...]:
    """As the table shows it."""
    return (
        one.attack,
        f"{one.seconds:.1f}",
        f"{one.growth:.1f}",
        str(one.get),
        str(one.put),
        ", ".join(f"{count} {what}" for what, count in one.outcome.items()),
    )


@click.command()
@click.option("--only", default="", help="Attacks whose names contain this.")
@click.option("--json", "as_json", is_flag=True, help="One object an attack instead of the table.")
def main(only: str, *, as_json: bool) -> None:
    """Prints what each attack cost."""
    if as_json:
        trio.run(run, only, lambda one: click.echo(json.dumps(dataclasses.asdict(one))))
        return
    table = Table("attack", "s", "+MiB", "GET p50/p99/max ms", "PUT p50/p99/max ms", "outcome")
    trio.run(run, only, lambda one: table.add_row(*row(one)))
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
