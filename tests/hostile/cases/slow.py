# ruff: noqa: E501 -- a case a row reads better than broken rows
"""SLOW: clients that drip, idle, or do not read; with the defaults, unless a case says otherwise."""

import resource
import signal
import time
from functools import partial
from pathlib import Path

import trio

from tests import pictures
from tests.hostile.cases.case import add, case, expect
from tests.hostile.cases.kill import PREFACE, over_http2
from tests.hostile.cases.target import Target, statuses
from tests.hostile.cases.uploads import head, nothing_left
from tests.service import User, png, told
from tests.web.rawclient import Client, ask_for

DEFAULT_HEADERS = {"header_timeout": 5}


async def _closes(client: Client, within: float) -> bytes:
    """What comes until the server closes, which must be in time."""
    with trio.move_on_after(within):
        return await client.rest()
    raise AssertionError(f"not closed within {within:g} s")


async def drip(client: Client, data: bytes, every: float) -> None:
    """A byte at a time until the server has had enough."""
    try:
        for byte in data:
            await client.send(bytes([byte]))
            await trio.sleep(every)
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        return


async def _dripping(start: bytes, rest: bytes, every: float, within: float, target: Target) -> None:
    async with target.elsewhere(server=DEFAULT_HEADERS) as here:
        user = await here.user()
        client = await here.connect()
        await client.send(start.replace(b"TOKEN", user.token.encode()))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(drip, client, rest, every)
            got = await _closes(client, within)
            nursery.cancel_scope.cancel()
        expect(not got or statuses(got)[-1] in (400, 408, 413, 503), got)
        await nothing_left(user)


_AUTH = b"Host: here\r\nAuthorization: Bearer TOKEN\r\n"
_PUT = b"PUT /api/v1/files/a.png HTTP/1.1\r\n" + _AUTH
_POST = b"POST /api/v1/jobs/stitch HTTP/1.1\r\n" + _AUTH + b"Content-Type: application/json\r\n"
for _id, _line, _start, _rest, _every, _within in (
    ("01", "a header line a second", b"GET / HTTP/1.1\r\n", b"X: y\r\n" * 100, 0.2, 12),
    ("01b", "a byte of a request line a second", b"G", b"ET / HTTP/1.1" * 20, 1, 12),
    ("02", "nothing at all", b"", b"", 1, 12),
    ("02b", "one byte and nothing more", b"G", b"", 1, 12),
    ("02c", "an empty line and nothing more", b"\r\n", b"", 1, 12),
    ("03", "a body of 100,000 at a byte a second", _PUT + b"Content-Length: 100000\r\n\r\n", b"x" * 200, 1, 70),
    ("03b", "a JSON body at a byte a second", _POST + b"Content-Length: 1000\r\n\r\n", b" " * 200, 1, 70),
    ("03c", "a body that never begins", _PUT + b"Content-Length: 100000\r\n\r\n", b"", 1, 70),
    ("03d", "a body promised with Expect that never begins", _PUT + b"Expect: 100-continue\r\nContent-Length: 9999\r\n\r\n", b"", 1, 70),
    ("04", "chunks of a byte a second", _PUT + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 100, 0.2, 70),
    ("04b", "a chunk size at a byte a second", _PUT + b"Transfer-Encoding: chunked\r\n\r\n", b"0" * 200, 1, 70),
):  # fmt: skip
    add(
        f"SLOW-{_id}",
        f"{_line}: closed within {_within} s",
        partial(_dripping, _start, _rest, _every, _within),
        slow=True,
    )


@case("SLOW-05")
async def clients_that_do_not_close(target: Target) -> None:
    """100 GETs with Connection: close whose clients stay: the server closes each."""
    clients = [await target.connect() for _ in range(100)]
    for client in clients:
        await client.send(ask_for("/healthz", "GET", "Connection: close"))
    for client in clients:
        got = await _closes(client, 10)
        expect(statuses(got) == [200], got)


@case("SLOW-06")
async def the_old_protocol(target: Target) -> None:
    """HTTP/1.0, with and without keep-alive, whose clients stay: the server closes."""
    for lines in (b"", b"Connection: keep-alive\r\n"):
        client = await target.connect()
        await client.send(b"GET /healthz HTTP/1.0\r\nHost: here\r\n" + lines + b"\r\n")
        got = await _closes(client, 10)
        expect(b"alive" in got, got)


async def _unread(user: User, target: Target) -> Client:
    """A client that asks for megabytes and reads none of them."""
    [file] = await user.upload(_large())
    client = await target.connect(receive_buffer=4096)
    await client.send(head(user, "GET", f"/api/v1/files/{file}/content", "X: y"))
    await trio.sleep(1)
    return client


def _large() -> bytes:
    return pictures.encoded(pictures.noise(1800, 1800), "BMP")


@case("SLOW-07", slow=True)
async def a_reader_that_stalls_at_the_end(target: Target) -> None:
    """A download never read, then SIGTERM: an end with status 0 within the grace."""
    async with target.elsewhere(server={"grace": 3}) as here:
        assert here.program is not None
        await _unread(await here.user(), here)
        begun = time.monotonic()
        here.program.tell(signal.SIGTERM)
        with trio.move_on_after(15):
            expect(await here.program.ended() == 0, "another status")
            return
        raise AssertionError(f"not ended after {time.monotonic() - begun:.0f} s")


@case("SLOW-08", slow=True)
async def a_reader_that_stalls(target: Target) -> None:
    """A download never read: dropped after the send deadline, its descriptors given back."""
    async with target.elsewhere(server={"send_timeout": 1}) as here:
        user = await here.user()
        client = await _unread(user, here)
        await trio.sleep(4)
        got = b""
        with trio.move_on_after(5):
            got = await client.rest()
        expect(len(got) < len(_large()), "it came whole")


@case("SLOW-09")
async def a_window_of_zero(target: Target) -> None:
    """HTTP/2 with a window of zero: there is no HTTP/2 here; closed or 400."""
    request = over_http2((b":method", b"GET"), (b":path", b"/"), (b":scheme", b"http"))
    for packet in (request, PREFACE + bytes([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0])):
        got = await target.talk(packet)
        expect(not got or statuses(got)[0] in (400, 505), got)


@case("SLOW-10", slow=True)
async def five_hundred_idle(target: Target) -> None:
    """500 connections that say nothing: others are served, all are closed in time."""
    async with target.elsewhere(server=DEFAULT_HEADERS) as here:
        clients = [await here.connect() for _ in range(500)]
        user = await here.user()
        told(await user.http.put("/api/v1/files/a.png", content=png()), 201)
        for client in clients:
            await _closes(client, 20)


@case("SLOW-11", slow=True)
async def no_descriptors(target: Target) -> None:
    """RLIMIT_NOFILE 256 and 400 connections: no crash, no busy loop; served again afterwards."""
    async with target.elsewhere(server={"header_timeout": 60}) as here:
        user = await here.user()
        resource.prlimit(here.service.pid, resource.RLIMIT_NOFILE, (256, 256))
        clients = [await here.connect() for _ in range(400)]
        begun = _cpu(here.service.pid)
        await trio.sleep(3)
        spent = _cpu(here.service.pid) - begun
        expect(spent < 1.5, f"{spent:.1f} s of computing in 3 s of nothing")
        for client in clients:
            client.close()
        with trio.fail_after(15):
            told(await user.http.get("/api/v1/session"))


def _cpu(pid: int) -> float:
    """Seconds that a process has computed."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


@case("SLOW-12", slow=True)
async def too_many_of_one_address(target: Target) -> None:
    """More connections than an address may have: those above are refused, others served."""
    async with target.elsewhere(
        server={"uncounted": [], "max_connections_per_address": 10}
    ) as here:
        clients = [await here.connect() for _ in range(30)]
        await trio.sleep(1)
        refused = 0
        for client in clients:
            with trio.move_on_after(0.1):
                got = await client.rest()
                refused += not got or statuses(got)[0] in (429, 503)
        expect(refused >= 20, f"{refused} of 30 refused")
