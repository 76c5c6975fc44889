# ruff: noqa: E501 -- a case a row reads better than broken rows
"""WS: handshakes of strangers, frames against the rules, clients that flood or do not read."""

import json
import struct
import zlib
from functools import partial
from pathlib import Path

import trio

from tests.hostile.cases.case import add, case, expect
from tests.hostile.cases.kill import handshake
from tests.hostile.cases.target import Target, hanging
from tests.service import Json, User, png, told
from tests.web.rawclient import BINARY, CLOSE, PING, TEXT, Client, masked


async def open_socket(
    target: Target, user: User, *lines: bytes, path: bytes = b"/api/v1/progress"
) -> tuple[Client, bytes]:
    """A progress socket of the user's, and the head of the answer."""
    client = await target.connect()
    await client.send(handshake(b"Authorization: Bearer " + user.token.encode(), *lines, path=path))
    with hanging("the handshake"):
        return client, await client.until(b"\r\n\r\n")


async def _origin(headers: tuple[bytes, ...], target: Target) -> None:
    _, cookie = await target.browser()
    client = await target.connect()
    await client.send(handshake(b"Cookie: " + cookie.encode(), *headers))
    with hanging("an answer"):
        answer = await client.answer()
    expect(answer.status == 403, answer)


for _id, _headers in (
    ("WS-01", (b"Origin: https://evil.example",)),
    ("WS-01b", (b"Origin: null",)),
    ("WS-01c", ()),
    ("WS-01d", (b"Origin: http://127.0.0.1.evil.example",)),
    ("WS-01e", (b"Origin: https://evil.example", b"Sec-Fetch-Site: cross-site")),
    ("WS-01f", (b"Sec-Fetch-Site: same-site",)),
    ("WS-01g", (b"Origin: http://here/x",)),
    ("WS-01h", (b"Origin: ",)),
):
    add(
        _id,
        f"a handshake with the cookie and {b', '.join(_headers).decode() or 'no Origin'}: 403",
        partial(_origin, _headers),
    )


@case("WS-02")
async def without_credentials(target: Target) -> None:
    """Handshakes without a session, or a broken token in header or subprotocol: 401."""
    for lines in ((), (b"Authorization: Bearer x",), (b"Sec-WebSocket-Protocol: bearer.x",), (b"Sec-WebSocket-Protocol: bearer.",), (b"Sec-WebSocket-Protocol: bearer.a, bearer.b",)):  # fmt: skip
        client = await target.connect()
        await client.send(handshake(*lines))
        answer = await client.answer()
        target.witness(answer.status, answer.body)
        expect(answer.status == 401, answer)


@case("WS-03")
async def a_bomb_in_a_message(target: Target) -> None:
    """permessage-deflate asked for: not granted; a compressed bomb sent all the same fails."""
    user = await target.user()
    client, answer = await open_socket(
        target, user, b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
    )
    expect(b" 101" in answer and b"permessage" not in answer.lower(), answer)
    before = memory(target)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = packer.compress(bytes(64 << 20)) + packer.flush(zlib.Z_SYNC_FLUSH)
    frame = bytearray(masked(TEXT, bomb))
    frame[0] |= 0x40
    await target.pour(client, bytes(frame))
    expect(await client.goodbye() in (1002, 1007, 1009, None), "accepted")
    expect(memory(target) - before < 32 << 20, f"{memory(target) - before} bytes more")


def memory(target: Target) -> int:
    """Bytes that the server process holds; 0 of a foreign one."""
    if target.program is None:
        return 0
    status = Path(f"/proc/{target.service.pid}/statm").read_text()
    return int(status.split()[1]) * 4096


def _raw(first: int, second: int, *rest: bytes) -> bytes:
    return bytes([first, second]) + b"".join(rest)


_HUGE = struct.pack("!BBQ", 0x81, 0xFF, 1 << 62) + bytes(2 << 20)
_BROKEN = {
    "07": ("an unmasked frame", _raw(0x81, 5, b"hello")),
    "07b": ("RSV1", _raw(0xC1, 0x81, bytes(5))),
    "07c": ("RSV2 and 3", _raw(0xB1, 0x81, bytes(5))),
    "07d": ("opcode 3", _raw(0x83, 0x80, bytes(4))),
    "07e": ("opcode 11", _raw(0x8B, 0x80, bytes(4))),
    "07f": ("a text that is no UTF-8", masked(TEXT, b"\xff\xfe")),
    "07g": ("a fragmented ping", masked(PING, b"x", last=False)),
    "07h": ("a ping of 126 bytes", masked(PING, bytes(126))),
    "07i": ("a continuation first", masked(0, b"x")),
    "07j": ("a text inside a text", masked(TEXT, b"a", last=False) + masked(TEXT, b"b")),
    "07k": ("close with one byte", masked(CLOSE, b"\x03")),
    "07l": ("close with 999", masked(CLOSE, struct.pack("!H", 999))),
    "07m": ("close with 1005", masked(CLOSE, struct.pack("!H", 1005))),
    "07n": ("close with 1006", masked(CLOSE, struct.pack("!H", 1006))),
    "07o": ("close with a reason that is no UTF-8", masked(CLOSE, b"\x03\xe8\xff\xff")),
    "07p": ("close with 65535", masked(CLOSE, struct.pack("!H", 65535))),
    "07q": ("a length of 2^62", _HUGE),
    "07r": ("a length of 2^63", struct.pack("!BBQ", 0x81, 0xFF, 1 << 63) + bytes(4)),
    "07s": ("a length written too long", struct.pack("!BBQ", 0x81, 0xFF, 1) + bytes(5)),
    "07t": ("half a surrogate", masked(TEXT, b"\xed\xa0\x80")),
    "07u": ("an HTTP request", b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"),
    "07v": ("a close of 200 bytes", masked(CLOSE, b"\x03\xe8" + bytes(200))),
}
_GOODBYES = (1002, 1007, 1009, 1003, 1008)


async def _frame(broken: bytes, target: Target) -> None:
    """After a frame against the rules comes a close with a fitting code, and the end."""
    user, other = await target.user(), await target.user()
    client, answer = await open_socket(target, user)
    expect(b" 101" in answer, answer)
    bystander, _ = await open_socket(target, other)
    await target.pour(client, broken)
    with hanging("the close"):
        code = await client.goodbye()
    expect(code in _GOODBYES, f"close code {code}")
    [file] = await other.upload(png())
    await other.stitch([file, file])
    with hanging("another's events"):
        while b'"type":"job"' not in ((await bystander.frame()) or (0, b'"type":"job"'))[1]:
            pass


for _id, (_line, _bytes) in _BROKEN.items():
    add(f"WS-{_id}", f"{_line}: closed by 1002, 1007 or the like", partial(_frame, _bytes))


@case("WS-04")
async def a_message_without_end(target: Target) -> None:
    """Fragments of one message, 8 MiB and more: closed with 1009 long before, memory flat."""
    user = await target.user()
    client, _ = await open_socket(target, user)
    before = memory(target)
    await target.pour(client, masked(BINARY, bytes(60_000), last=False))
    for _ in range(140):
        await target.pour(client, masked(0, bytes(60_000), last=False))
    expect(await client.goodbye() in (1009, 1008, 1002, None), "accepted")
    expect(memory(target) - before < 32 << 20, f"{memory(target) - before} bytes more")


@case("WS-05")
async def a_flood(target: Target) -> None:
    """20,000 one-byte messages at once: closed by a rate limit."""
    user = await target.user()
    client, _ = await open_socket(target, user)
    for _ in range(20):
        await target.pour(client, masked(TEXT, b"x") * 1000)
    with hanging("the close"):
        expect(await client.goodbye() in (1008, 1013, None), "borne")


@case("WS-06")
async def a_flood_of_pings(target: Target) -> None:
    """20,000 pings at once: closed or answered with bounds; others are served."""
    user = await target.user()
    client, _ = await open_socket(target, user)
    for _ in range(20):
        await target.pour(client, masked(PING, b"x" * 100) * 1000)
    client.reset()


@case("WS-08")
async def empty_fragments(target: Target) -> None:
    """50,000 empty fragments: closed by a rate limit, or borne without memory."""
    user = await target.user()
    client, _ = await open_socket(target, user)
    await target.pour(client, masked(TEXT, b"", last=False))
    for _ in range(50):
        await target.pour(client, masked(0, b"", last=False) * 1000)
    with hanging("the close"):
        expect(await client.goodbye() in (1008, 1013, 1002, None), "borne")


@case("WS-09")
async def words_that_are_no_commands(target: Target) -> None:
    """JSON of 1 MB, nested, NaN, unknown types: ignored or closed with a code, never an error."""
    user = await target.user()
    for word in (b'{"type":"x"}', b"[" * 10_000, b'{"a":NaN}', b"null", b'"' + b"a" * 1_000_000 + b'"'):  # fmt: skip
        client, _ = await open_socket(target, user)
        await target.pour(client, masked(TEXT, word) + masked(CLOSE, b"\x03\xe8"))
        with hanging("the close"):
            code = await client.goodbye()
        expect(code in (1000, 1008, 1009, 1003, 1007, None), code)
        client.close()


@case("WS-10")
async def odd_queries(target: Target) -> None:
    """since=-1, NaN, 10^30, twice, job of nobody: 4xx instead of 101, or a snapshot."""
    user = await target.user()
    for query in (b"since=-1", b"since=NaN", b"since=x", b"since=1&since=2", b"job=x", b"job=" + b"a" * 5000, b"job=%00", b"x=1", b"since=%D9%A3"):  # fmt: skip
        client, answer = await open_socket(target, user, path=b"/api/v1/progress?" + query)
        expect(answer.split()[1] in (b"404", b"422", b"400"), f"{query[:30]!r}: {answer!r}")
        client.close()
    for number in (b"999999999999", b"9" * 30):
        client, answer = await open_socket(target, user, path=b"/api/v1/progress?since=" + number)
        status = answer.split()[1]
        expect(status in (b"101", b"422"), answer)
        if status == b"101":
            frame = await client.frame()
            expect(frame and b"snapshot" in frame[1], frame)
        client.close()


@case("WS-11")
async def a_hundred_sockets(target: Target) -> None:
    """100 sockets of one user: those above the limit are refused with 429, the others live."""
    user = await target.user()
    heads = [(await open_socket(target, user))[1].split()[1] for _ in range(100)]
    expect(heads.count(b"101") == 20, heads)
    expect(set(heads) == {b"101", b"429"}, heads)


@case("WS-12")
async def a_socket_and_its_session(target: Target) -> None:
    """Sockets closed by their clients in every way are forgotten: the limit is free again."""
    user = await target.user()
    for number in range(60):
        client, answer = await open_socket(target, user)
        expect(b" 101" in answer, f"at the {number + 1}th: {answer!r}")
        if number % 3 == 0:
            client.reset()
        elif number % 3 == 1:
            client.close()
        else:
            await client.send(masked(CLOSE, b"\x03\xe8"))
            await client.goodbye()
            client.close()
        for _ in range(200):
            if (await user.get("/session"))["used"]["watchers"] == 0:
                break
            await trio.sleep(0.02)


async def events(client: Client, last: bytes) -> list[Json]:
    """What a socket tells until a message that has `last` in it."""
    found: list[Json] = []
    with hanging("events"):
        while True:
            frame = await client.frame()
            assert frame is not None, found
            if frame[0] == TEXT:
                found.append(json.loads(frame[1]))
                if last in frame[1]:
                    return found


@case("WS-13")
async def coming_back(target: Target) -> None:
    """Reconnecting with since=: no gap, no event twice; state changes in their order."""
    user = await target.user()
    files = await user.upload(png(), png())
    client, _ = await open_socket(target, user)
    job = await user.stitch(files)
    whole = await events(client, b'"succeeded"')
    changes = [event["seq"] for event in whole if event["type"] == "job"]
    first = changes[0]
    again, _ = await open_socket(target, user, path=f"/api/v1/progress?since={first}".encode())
    told_again = await events(again, b'"succeeded"')
    replayed = [event["seq"] for event in told_again if event["type"] == "job"]
    expect(replayed == changes[1:] or told_again[0]["type"] == "snapshot", f"{changes} {replayed}")
    expect(job in json.dumps(told_again), told_again)


@case("WS-15")
async def an_end_while_away(target: Target) -> None:
    """A job that ends while nobody watches: its end is told on return."""
    user = await target.user()
    client, _ = await open_socket(target, user)
    client.reset()
    job = await user.stitch(await user.upload(png(), png()))
    while (await user.job(job))["state"] != "succeeded":  # noqa: ASYNC110 -- nobody may watch
        await trio.sleep(0.05)
    for path in (b"/api/v1/progress", b"/api/v1/progress?since=0"):
        client, _ = await open_socket(target, user, path=path)
        expect(job in json.dumps(await events(client, b'"succeeded"')), "not told")


@case("WS-16")
async def the_token_as_protocol(target: Target) -> None:
    """bearer.TOKEN as subprotocol: 101 and confirmed; from another site's page too, it is no
    cookie.
    """
    user = await target.user()
    protocol = b"Sec-WebSocket-Protocol: other, bearer." + user.token.encode()
    client = await target.connect()
    await client.send(handshake(protocol))
    answer = await client.until(b"\r\n\r\n")
    expect(b" 101" in answer and user.token.encode() in answer, answer)


@case("WS-17", slow=True)
async def a_peer_that_is_gone(target: Target) -> None:
    """A client that answers no ping: dropped within two intervals."""
    async with target.elsewhere(server={"ping_interval": 0.5}) as quick:
        user = await quick.user()
        await open_socket(quick, user)
        expect((await user.get("/session"))["used"]["watchers"] == 1, "not there")
        await trio.sleep(2.5)
        expect((await user.get("/session"))["used"]["watchers"] == 0, "still held")


@case("WS-18", slow=True)
async def a_reader_that_does_not_read(target: Target) -> None:
    """A socket never read from while 150 jobs change state: the jobs go on, memory is bounded."""
    user = await target.user()
    await open_socket(target, user)
    files = await user.upload(png(), png())
    before = memory(target)
    jobs = [await user.stitch(files) for _ in range(150)]
    for job in jobs:
        await user.http.delete(f"/api/v1/jobs/{job}")
    expect(memory(target) - before < 48 << 20, f"{memory(target) - before} bytes more")
    told(await user.http.get("/api/v1/session"))


@case("WS-19")
async def beside_the_socket(target: Target) -> None:
    """A plain GET of the socket's address, and a handshake on others: 4xx with a problem."""
    user = await target.user()
    expect((await user.http.get("/api/v1/progress")).status_code in (400, 426), "no refusal")
    for path in (b"/", b"/api/v1/files", b"/static/app.js"):
        _, answer = await open_socket(target, user, path=path)
        expect(answer.split()[1] in (b"400", b"404", b"405", b"200"), answer)
